import { ApiObject, JsonPatch } from 'cdk8s';
import {
  CircuitBreaker, ExistingWorkload, ExternalService, IpFamilies, LoadBalancing, Locality, MeshPort, MeshServiceProps, ServiceVersion, WorkloadKind,
} from '../src';
import { find, inventory, lookUp, Manifest, synthesize } from './support/manifests';
import { ordersWith, podOf, World } from './support/world';

const serviceOf = (props: Partial<MeshServiceProps>, name = 'orders') => find(ordersWith(props), 'Service', name).spec;

describe('the Kubernetes Service', () => {
  test('is headless when it is to be, and has an address otherwise', () => {
    expect(serviceOf({ headless: true }).clusterIP).toBe('None');
    expect(serviceOf({ headless: false }).clusterIP).toBeUndefined();
    // Pods that are not ready are for peers alone
    expect(serviceOf({ headless: true }).publishNotReadyAddresses).toBeFalsy();
  });

  test.each([
    ['ipv4', { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] }],
    ['ipv6', { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }],
    ['preferDualStack', { ipFamilyPolicy: 'PreferDualStack' }],
    ['requireDualStack', { ipFamilyPolicy: 'RequireDualStack' }],
  ] as const)('of %s says so, for its members too', (families, expected) => {
    const props = { ipFamilies: IpFamilies[families](), peers: [MeshPort.tcp(7000)], kind: WorkloadKind.statefulSet() };

    for (const name of ['orders', 'orders-headless']) {
      const { ipFamilyPolicy, ipFamilies } = serviceOf(props, name);
      expect({ ipFamilyPolicy, ipFamilies }).toEqual({ ipFamilies: undefined, ...expected });
    }
  });

  test('says nothing of what was not asked', () => {
    const spec = serviceOf({});

    expect(Object.keys(spec).filter(key => /ipFamil|trafficDistribution|clusterIP/.test(key) && spec[key] !== undefined)).toEqual([]);
    expect(spec.ports[0].appProtocol).toBeUndefined();
  });

  test.each([
    [Locality.preferSameZone(), 'PreferSameZone', undefined],
    [Locality.preferSameNode(), 'PreferSameNode', undefined],
    [Locality.off(), undefined, { enabled: false }],
  ])('or the DestinationRule says what pods are preferred, and never both', (locality, distribution, setting) => {
    const manifests = ordersWith({ loadBalancing: LoadBalancing.random({ locality }) });

    expect(find(manifests, 'Service', 'orders').spec.trafficDistribution).toBe(distribution);
    expect(find(manifests, 'DestinationRule', 'orders').spec.trafficPolicy.loadBalancer).toEqual({ simple: 'RANDOM', localityLbSetting: setting });
  });

  test('can be patched with what its class does not know', () => {
    const world = new World();
    ApiObject.of(world.service('orders', { headless: true }).service).addJsonPatch(JsonPatch.add('/spec/trafficDistribution', 'PreferSameZone'));

    expect(find(synthesize(world.shop), 'Service', 'orders').spec).toMatchObject({ clusterIP: 'None', trafficDistribution: 'PreferSameZone' });
  });
});

describe('the ports', () => {
  const PORTS = [
    MeshPort.udp(8125, { name: 'udp-statsd' }), MeshPort.grpcWeb(8081), MeshPort.mongo(27017), MeshPort.mysql(3306), MeshPort.redis(6379), MeshPort.tls(8443),
    MeshPort.http2(8080, { appProtocol: 'kubernetes.io/h2c' }),
  ];

  test('have the names by which Istio knows them', () => {
    expect(serviceOf({ ports: PORTS }).ports.map(({ name, port, protocol, appProtocol }: any) => [name, port, protocol ?? 'TCP', appProtocol])).toEqual([
      ['udp-statsd', 8125, 'UDP', undefined], ['grpc-web', 8081, 'TCP', undefined], ['mongo', 27017, 'TCP', undefined], ['mysql', 3306, 'TCP', undefined],
      ['redis', 6379, 'TCP', undefined], ['tls', 8443, 'TCP', undefined], ['http2', 8080, 'TCP', 'kubernetes.io/h2c'],
    ]);
  });

  test.each<[string, MeshPort[]]>([
    ['http', ['http', 'kubernetes.io/ws'].map(appProtocol => MeshPort.http(8080, { appProtocol }))],
    ['http2', ['http2', 'kubernetes.io/h2c'].map(appProtocol => MeshPort.http2(8080, { appProtocol }))],
    ['grpc', [MeshPort.grpc(50051, { appProtocol: 'grpc' })]],
    ['grpc-web', [MeshPort.grpcWeb(8081, { appProtocol: 'grpc-web' })]],
    ['tls', ['tls', 'https', 'kubernetes.io/wss'].map(appProtocol => MeshPort.tls(8443, { appProtocol }))],
    ['tcp', [MeshPort.tcp(9092, { appProtocol: 'tcp' }), MeshPort.mongo(27017, { appProtocol: 'mongo' })]],
    ['mysql or redis', [MeshPort.mysql(3306, { appProtocol: 'mysql' }), MeshPort.redis(6379, { appProtocol: 'redis' })]],
  ])('may say to others what means %s to Istio', (_, ports) => {
    for (const port of ports) {
      const [{ appProtocol }] = serviceOf({ ports: [port] }).ports;
      expect(appProtocol).toBe(port._appProtocol);
    }
  });

  test.each<[string, MeshPort]>([['tcp', MeshPort.tcp(9092)], ['mongo', MeshPort.mongo(27017)], ['mysql', MeshPort.mysql(3306)]])(
    'of %s are shared between versions by connections', (_, port) => {
      const world = new World();
      new ServiceVersion(world.shop, 'eu', { service: world.service('orders', { ports: [port] }), weight: 30 });
      const { tcp, http } = find(synthesize(world.shop), 'VirtualService', 'orders').spec;

      expect(http).toBeUndefined();
      expect(tcp).toMatchObject([{ match: [{ port: port.port }], route: [{ weight: 70 }, { weight: 30 }] }]);
    });

  test.each<[string, MeshPort[]]>([['redis', [MeshPort.redis(6379)]], ['tls', [MeshPort.tls(8443)]], ['udp', [MeshPort.http(8080), MeshPort.udp(8125)]]])(
    'of %s are not, wherever they stand among the others', (name, ports) => {
      for (const order of [ports, [MeshPort.grpc(50051), ...ports]]) {
        const world = new World();
        expect(() => new ServiceVersion(world.shop, 'eu', { service: world.service('orders', { ports: order }), weight: 30 })).toThrow(`cannot be kept on port ${name}`);
      }
    });

  test.each<[string, MeshPort]>([['mongo', MeshPort.mongo(27017)], ['mysql', MeshPort.mysql(3306)], ['redis', MeshPort.redis(6379)]])(
    'of %s outside bear no name of their host: the proxy answers DNS', (_, port) => {
      const world = new World();
      world.service('orders').calls(new ExternalService(world.shop, 'db', { host: 'db.example.com', ports: [port] }));
      const manifests = synthesize(world.shop);

      expect(find(manifests, 'Deployment', 'orders').spec.template.metadata.annotations['proxy.istio.io/config']).toContain('ISTIO_META_DNS_CAPTURE');
      expect(find(manifests, 'ServiceEntry', 'db').metadata.labels).toMatchObject({ 'networking.istio.io/enable-autoallocate-ip': 'true' });
    });

  test('the container opens all of them, and a probe asks the first that can be asked', () => {
    const { container } = podOf(ordersWith({ ports: PORTS }));

    expect(container.ports.map(({ name, containerPort, protocol }: any) => `${name} ${containerPort}/${protocol ?? 'TCP'}`).sort()).toEqual([
      'grpc-web 8081/TCP', 'http2 8080/TCP', 'mongo 27017/TCP', 'mysql 3306/TCP', 'redis 6379/TCP', 'tls 8443/TCP', 'udp-statsd 8125/UDP',
    ]);
    expect(container.startupProbe.tcpSocket.port).toBe(8081);
  });

  test('of HTTP alone are routed: Istio routes the rest by itself', () => {
    const { http, tcp } = find(ordersWith({ ports: PORTS }), 'VirtualService', 'orders').spec;

    expect(http.map(({ name }: any) => name)).toEqual(['default.grpc-web', 'default.http2']);
    expect(tcp).toBeUndefined();
  });

  test('a browser may ask a port of gRPC-Web first', () => {
    const world = new World();
    const web = world.service('web', { ports: [MeshPort.grpcWeb(8081)] });
    world.service('orders').calls(web, { methods: ['POST', 'OPTIONS'], paths: ['/orders.v1.Orders/Get'] });

    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'web').spec.rules[0].to[0].operation.methods).toEqual(['OPTIONS', 'POST']);
  });

  test('of TCP and UDP may have one number', () => {
    const { ports } = serviceOf({ ports: [MeshPort.tcp(5353, { name: 'tcp-dns' }), MeshPort.udp(5353, { name: 'udp-dns' })] });

    expect(ports.map(({ port, protocol }: any) => [port, protocol ?? 'TCP'])).toEqual([[5353, 'TCP'], [5353, 'UDP']]);
  });
});

describe('UDP passes the proxies by:', () => {
  /** A statsd that `orders` sends to, by UDP alone. */
  const sending = (more: (world: World) => void = () => undefined): Manifest[] => {
    const world = new World();
    const statsd = world.service('statsd', { ports: [MeshPort.udp(8125), MeshPort.http(8080)] });
    world.service('orders').calls(statsd, { port: 'udp', addressVariable: 'STATSD_ADDR' });
    more(world);
    return synthesize(world.shop);
  };

  test('the network alone lets it through, on both sides', () => {
    const manifests = sending();
    const ports = [{ port: 8125, protocol: 'UDP' }];

    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0].ports).toEqual(ports);
    expect(find(manifests, 'NetworkPolicy', 'statsd').spec.ingress[0].ports).toEqual(ports);
    expect(find(manifests, 'AuthorizationPolicy', 'statsd').spec.rules).toBeUndefined();
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['istio-system/*']);
    expect(podOf(manifests).container.env).toEqual([{ name: 'STATSD_ADDR', value: 'statsd.shop.svc.cluster.local:8125' }]);
  });

  test('one peer has its ports of TCP and of UDP in one rule', () => {
    const manifests = sending(world => (world.shop.node.findChild('orders') as any).calls(world.shop.node.findChild('statsd'), { port: 'http' }));

    expect(find(manifests, 'NetworkPolicy', 'statsd').spec.ingress[0].ports).toEqual([{ port: 8080, protocol: 'TCP' }, { port: 8125, protocol: 'UDP' }]);
  });

  test('a service of UDP alone has no routes and no rule for its clients\' proxies', () => {
    const manifests = ordersWith({ ports: [MeshPort.udp(8125)] });

    expect(inventory(manifests).map(object => object.split(' ')[0]).sort()).toEqual([
      'AuthorizationPolicy', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service', 'ServiceAccount', 'Sidecar',
    ]);
    // Nothing can be asked over UDP
    expect(podOf(manifests).container).not.toHaveProperty('startupProbe.tcpSocket');
  });

  test('peers are found by a headless Service that says so, and their proxies need no rule', () => {
    const gossip = ordersWith({ peers: [MeshPort.udp(7946, { name: 'udp-gossip' })] });
    const both = ordersWith({ peers: [MeshPort.udp(7946, { name: 'udp-gossip' }), MeshPort.tcp(7946, { name: 'tcp-gossip' })] });
    const portsIn = (manifests: Manifest[]) => find(manifests, 'Service', 'orders-headless').spec.ports.map(({ name, port, protocol }: any) => [name, port, protocol ?? 'TCP']);

    expect(portsIn(gossip)).toEqual([['udp-gossip', 7946, 'UDP']]);
    expect(lookUp(gossip, 'DestinationRule', 'orders-headless')).toBeUndefined();
    expect(find(gossip, 'NetworkPolicy', 'orders').spec.ingress[0].ports).toEqual([{ port: 7946, protocol: 'UDP' }]);
    expect(portsIn(both)).toEqual([['udp-gossip', 7946, 'UDP'], ['tcp-gossip', 7946, 'TCP']]);
    expect(find(both, 'DestinationRule', 'orders-headless').spec.host).toBe('orders-headless.shop.svc.cluster.local');
    expect(find(both, 'NetworkPolicy', 'orders').spec.ingress[0].ports).toEqual([{ port: 7946, protocol: 'TCP' }, { port: 7946, protocol: 'UDP' }]);
  });

  test('something outside is reached by the network alone, and the proxies know nothing of it', () => {
    const world = new World();
    const time = new ExternalService(world.shop, 'time', { host: 'ntp.example.com', ports: [MeshPort.udp(123)], cidrs: ['203.0.113.0/24'] });
    world.service('orders').calls(time);
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0]).toEqual({ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 123, protocol: 'UDP' }] });
    expect(manifests.filter(({ kind }) => kind === 'ServiceEntry')).toEqual([]);
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['istio-system/*']);
  });

  test('a number and an address of TCP may be another host\'s of UDP', () => {
    const world = new World();
    const orders = world.service('orders');
    [MeshPort.tcp(5353), MeshPort.udp(5353)].forEach((port, index) => orders.calls(
      new ExternalService(world.shop, `dns-${index}`, { host: `dns-${index}.example.com`, ports: [port], addresses: ['203.0.113.53'] })));

    expect(() => world.synth()).not.toThrow();
  });

  test('of a host with TCP too the proxies know the rest', () => {
    const world = new World();
    const dns = new ExternalService(world.shop, 'dns', { host: 'dns.example.com', ports: [MeshPort.udp(5353), MeshPort.tls(853)] });
    const orders = world.service('orders');
    orders.calls(dns, { port: 'udp' });
    orders.calls(dns, { port: 'tls' });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'ServiceEntry', 'dns').spec.ports.map(({ name }: any) => name)).toEqual(['tls']);
    // An allocated address would lead no datagram anywhere
    expect(find(manifests, 'ServiceEntry', 'dns').metadata.labels).toMatchObject({ 'networking.istio.io/enable-autoallocate-ip': 'false' });
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0].ports).toEqual([{ port: 853, protocol: 'TCP' }, { port: 5353, protocol: 'UDP' }]);
  });

  test('it asks for no proxy that the server or the client would have to have', () => {
    const world = new World();
    const statsd = world.service('statsd', {
      ports: [MeshPort.udp(8125), MeshPort.http(8080)],
      proxy: { excludedInboundPorts: [8125] },
      loadBalancing: LoadBalancing.random(),
      circuitBreaker: CircuitBreaker.consecutiveErrors(5),
    });
    world.service('orders', { proxy: { excludedOutboundPorts: [8125] } }).calls(statsd, { port: 'udp' });

    expect(() => world.synth()).not.toThrow();
  });

  test('a program without a proxy needs no rule for what is sent to it', () => {
    const world = new World();
    const agent = new ExistingWorkload(world.app, 'agent', { namespace: 'monitoring', podLabels: { app: 'agent' }, ports: [MeshPort.udp(8125)], inMesh: false });
    world.service('orders').calls(agent);
    const manifests = synthesize(world.shop);

    expect(manifests.filter(({ metadata }) => metadata.name === 'agent')).toEqual([]);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0].ports).toEqual([{ port: 8125, protocol: 'UDP' }]);
  });

  test('callers are let in who are known by their pods, or by their namespace', () => {
    const world = new World();
    const statsd = world.service('statsd', { ports: [MeshPort.udp(8125)] });
    new ExistingWorkload(world.app, 'web', { namespace: 'web', serviceAccount: 'web', podLabels: { app: 'web' } }).calls(statsd);
    new ExistingWorkload(world.app, 'batch', { namespace: 'batch' }).calls(statsd);
    const { ingress } = find(synthesize(world.shop), 'NetworkPolicy', 'statsd').spec;

    expect(ingress.slice(0, 2).map(({ from }: any) => from[0].podSelector?.matchLabels)).toEqual(expect.arrayContaining([{ app: 'web' }, undefined]));
  });
});

test('a probe asks what is spoken over TCP on a number that UDP has too, whichever is declared first', () => {
  const ports = [MeshPort.udp(5353, { name: 'udp-dns' }), MeshPort.http(5353)];

  for (const order of [ports, [...ports].reverse()]) {
    expect(podOf(ordersWith({ ports: order, readinessPath: '/readyz' })).container.readinessProbe.httpGet).toMatchObject({ path: '/readyz', port: 5353 });
  }
});

test('a probe of HTTPS asks a port of TLS', () => {
  const world = new World();
  const { deployment } = world.service('orders', { ports: [MeshPort.tls(8443)] });
  ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/readinessProbe', { httpGet: { path: '/healthz', port: 8443, scheme: 'HTTPS' } }));

  expect(() => world.synth()).not.toThrow();
});
