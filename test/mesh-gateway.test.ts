import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, ExistingWorkload, ExternalEgress, ExternalService, ExternalTrafficPolicy, GatewayServer,
  Mesh, MeshGateway, MeshGatewayProps, MeshPort, MeshService,
  Percent, Redirect, Retries, RouteMatch, ScalingMetric, ServerCertificate, StringMatch, ZeroTrustNamespace,
} from '../src';
import { find, inventory, lookUp, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'shop.example.com';
const CERTIFICATE = ServerCertificate.fromSecret('shop-tls');

function edgeIn(world: World, props: Partial<MeshGatewayProps> = {}): MeshGateway {
  return new MeshGateway(world.shop, 'edge', {
    servers: [GatewayServer.https([HOST], { certificate: CERTIFICATE }), GatewayServer.http([HOST], { redirectToHttps: true })], ...props,
  });
}

function withEdge(props: Partial<MeshGatewayProps> = {}): Manifest[] {
  const world = new World();
  edgeIn(world, props);
  return synthesize(world.shop);
}

describe('what it becomes', () => {
  test('all that a gateway needs, under its name', () => {
    expect(inventory(withEdge())).toEqual([
      'ServiceAccount shop/edge', 'Role shop/edge', 'RoleBinding shop/edge', 'Deployment shop/edge', 'PodDisruptionBudget shop/edge', 'Service shop/edge',
      'Gateway shop/edge', 'AuthorizationPolicy shop/edge', 'NetworkPolicy shop/edge',
    ]);
  });

  test('pods that Istio completes, hardened, on ports that need no privilege', () => {
    const { spec } = find(withEdge(), 'Deployment', 'edge');

    expect(spec.replicas).toBe(3);
    expect(spec.template.metadata).toMatchObject({
      labels: { 'sidecar.istio.io/inject': 'true', 'service.istio.io/canonical-name': 'edge', 'cdk8s-mesh/namespace': 'shop' }, annotations: { 'inject.istio.io/templates': 'gateway' },
    });
    expect(spec.template.spec).toMatchObject({
      serviceAccountName: 'edge',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{
        name: 'istio-proxy',
        image: 'auto',
        ports: [{ containerPort: 8443 }, { containerPort: 8080 }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      }],
    });
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
  });

  test('pods of which none is missing while they are replaced, apart from each other', () => {
    const { spec } = find(withEdge(), 'Deployment', 'edge');
    const { topologySpreadConstraints, terminationGracePeriodSeconds, containers: [{ securityContext }] } = spec.template.spec;

    expect(spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    expect(topologySpreadConstraints.map(({ topologyKey, labelSelector }: any) => [topologyKey, labelSelector.matchLabels])).toEqual(
      ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map(key => [key, spec.selector.matchLabels]));
    // The agent would end the proxy after five seconds, whatever is under way
    expect(JSON.parse(spec.template.metadata.annotations['proxy.istio.io/config'])).toEqual({ proxyMetadata: { EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: '15s' } });
    expect(terminationGracePeriodSeconds).toBe(75);
    expect(securityContext).toMatchObject({ privileged: false, runAsNonRoot: true });
    expect(find(withEdge(), 'PodDisruptionBudget', 'edge').spec).toMatchObject({ maxUnavailable: 1, selector: { matchLabels: { 'service.istio.io/canonical-name': 'edge' } } });
  });

  test.each([[80, 8080], [1023, 9023], [1024, 1024], [9000, 9000]])('a port %i of clients that the pod can open without privilege: %i', (port, targetPort) => {
    const manifests = withEdge({ servers: [GatewayServer.http([HOST], { port })] });

    expect(find(manifests, 'Service', 'edge').spec.ports).toMatchObject([{ port, targetPort }]);
    expect(find(manifests, 'Deployment', 'edge').spec.template.spec.containers[0].ports).toMatchObject([{ containerPort: targetPort }]);
    expect(find(manifests, 'NetworkPolicy', 'edge').spec.ingress[0].ports).toEqual([{ port: targetPort, protocol: 'TCP' }]);
    expect(find(manifests, 'Gateway', 'edge').spec.servers[0].port.number).toBe(port);
  });

  test('the revision of the mesh', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { revision: 'canary' });
    edgeIn(world);

    expect(find(synthesize(world.shop), 'Deployment', 'edge').spec.template.metadata.labels['istio.io/rev']).toBe('canary');
  });

  test('a load balancer, or what is said', () => {
    expect(find(withEdge(), 'Service', 'edge').spec).toEqual({
      type: 'LoadBalancer',
      selector: { app: 'edge' },
      ports: [{ name: 'https-443', port: 443, targetPort: 8443, protocol: 'TCP' }, { name: 'http-80', port: 80, targetPort: 8080, protocol: 'TCP' }],
    });
    const own = find(withEdge({ serviceType: kplus.ServiceType.NODE_PORT, serviceAnnotations: { a: 'b' } }), 'Service', 'edge');
    expect(own).toMatchObject({ metadata: { annotations: { a: 'b' } }, spec: { type: 'NodePort' } });
  });

  test('its account may list Secrets if it has certificates, and is bound to nothing else', () => {
    const manifests = withEdge();
    expect(find(manifests, 'Role', 'edge').rules).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }]);
    expect(find(manifests, 'RoleBinding', 'edge').subjects).toEqual([{ kind: 'ServiceAccount', name: 'edge', namespace: 'shop' }]);
    expect(lookUp(withEdge({ servers: [GatewayServer.http([HOST])] }), 'Role', 'edge')).toBeUndefined();
  });

  test('an autoscaler in the place of a number', () => {
    const manifests = withEdge({ autoscaling: Autoscaling.horizontal({ min: 2, max: 9, metrics: [ScalingMetric.cpu(60)] }) });

    expect(find(manifests, 'Deployment', 'edge').spec).not.toHaveProperty('replicas');
    expect(find(manifests, 'HorizontalPodAutoscaler', 'edge').spec).toMatchObject({
      minReplicas: 2, maxReplicas: 9, metrics: [{ containerResource: { name: 'cpu', container: 'istio-proxy' } }],
    });
  });

  test('a zero-trust namespace lets its own entrances in and no other', () => {
    const quota = (serviceType?: kplus.ServiceType) => {
      const world = new World();
      new ZeroTrustNamespace(world.shop, 'namespace');
      edgeIn(world, { serviceType });
      new MeshGateway(world.chart('web', 'web'), 'web', { servers: [GatewayServer.http(['web.example.com'])] });
      return find(synthesize(world.shop), 'ResourceQuota', 'quota').spec.hard;
    };
    expect(quota()).toMatchObject({ 'services.loadbalancers': '1', 'services.nodeports': '2' });
    expect(quota(kplus.ServiceType.NODE_PORT)).toMatchObject({ 'services.loadbalancers': '0', 'services.nodeports': '2' });
    expect(quota(kplus.ServiceType.CLUSTER_IP)).toMatchObject({ 'services.loadbalancers': '0', 'services.nodeports': '0' });
  });

  test('counts as one container in the quota: nothing is beside it', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { requestsCpu: kplus.Cpu.millis(600), pods: 6 } });
    edgeIn(world);

    expect(() => world.synth()).not.toThrow();
  });
});

test('a namespace of gateways alone has the limits of their own containers: no proxy stands beside them', () => {
  const limited = (units: number) => () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { limits: { maxCpu: kplus.Cpu.units(1) } });
    edgeIn(world, { resources: { cpu: { request: kplus.Cpu.millis(100), limit: kplus.Cpu.units(units) } } });
    world.synth();
  };

  expect(limited(1)).not.toThrow();
  expect(limited(2)).toThrow('LimitTooLow');
});

describe('servers', () => {
  test('TLS of one or of both sides, and a redirect', () => {
    const { spec } = find(withEdge({
      servers: [
        GatewayServer.https([HOST], { certificate: CERTIFICATE }),
        GatewayServer.https(['*.partners.example.com'], { certificate: ServerCertificate.fromSecret('partners'), mutual: true }),
        GatewayServer.http([HOST], { redirectToHttps: true }),
        GatewayServer.http(['plain.example.com']),
        GatewayServer.http(['admin.example.com'], { port: 9000 }),
      ],
    }), 'Gateway', 'edge');

    expect(spec.selector).toEqual({ 'service.istio.io/canonical-name': 'edge', 'cdk8s-mesh/namespace': 'shop' });
    expect(spec.servers).toEqual([
      { port: { number: 443, name: 'https-443', protocol: 'HTTPS' }, hosts: [`./${HOST}`], tls: { mode: 'SIMPLE', credentialName: 'shop-tls' } },
      { port: { number: 443, name: 'https-443-2', protocol: 'HTTPS' }, hosts: ['./*.partners.example.com'], tls: { mode: 'MUTUAL', credentialName: 'partners' } },
      { port: { number: 80, name: 'http-80', protocol: 'HTTP' }, hosts: [`./${HOST}`], tls: { httpsRedirect: true } },
      { port: { number: 80, name: 'http-80-2', protocol: 'HTTP' }, hosts: ['./plain.example.com'] },
      { port: { number: 9000, name: 'http-9000', protocol: 'HTTP' }, hosts: ['./admin.example.com'] },
    ]);
  });

  test('that share a port are one port of the Service, of the pods and of the policies', () => {
    const manifests = withEdge({ servers: [GatewayServer.http([HOST]), GatewayServer.http(['api.example.com'])] });

    expect(find(manifests, 'Service', 'edge').spec.ports).toHaveLength(1);
    expect(find(manifests, 'Deployment', 'edge').spec.template.spec.containers[0].ports).toHaveLength(1);
    expect(find(manifests, 'AuthorizationPolicy', 'edge').spec.rules[0].to[0].operation.ports).toEqual(['8080']);
    // Beside those who come in, Prometheus alone
    expect(find(manifests, 'NetworkPolicy', 'edge').spec.ingress).toEqual([
      { ports: [{ port: 8080, protocol: 'TCP' }] },
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } } }],
        ports: [{ port: 15020, protocol: 'TCP' }, { port: 15090, protocol: 'TCP' }],
      },
    ]);
  });

  test('take routes from the namespaces of what is exposed there, and from no other', () => {
    const world = new World();
    const edge = new MeshGateway(world.chart('edge', 'edge'), 'edge', { servers: [GatewayServer.http(['*.example.com']), GatewayServer.http(['else.example.org'])] });
    edge.exposes(world.service('orders'), { hosts: [HOST] });
    const { servers } = find(synthesize(edge.node.scope as any), 'Gateway', 'edge').spec;

    expect(servers.map(({ hosts }: any) => hosts)).toEqual([['shop/*.example.com'], ['./else.example.org']]);
    // Each namespace once, in an order of their own
    const audit = new MeshService(world.chart('audit', 'audit'), 'audit', { image: 'audit:1', ports: [MeshPort.http(8080)] });
    edge.exposes(world.service('cart'), { hosts: ['cart.example.com'] });
    edge.exposes(audit, { hosts: ['audit.example.com'] });
    expect(find(synthesize(edge.node.scope as any), 'Gateway', 'edge').spec.servers[0].hosts).toEqual(['audit/*.example.com', 'shop/*.example.com']);
    expect(find(synthesize(world.shop), 'VirtualService', 'orders-edge').spec).toMatchObject({ hosts: [HOST], gateways: ['edge/edge'], exportTo: ['edge'] });
  });
});

describe('an exposure', () => {
  test('lets the gateway in, for what it says', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('orders', { ports: [MeshPort.http(80, { targetPort: 8080 })] }), { hosts: [HOST], methods: ['GET'], paths: ['/orders/*'] });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toEqual([{
      from: [{ source: { principals: ['cluster.local/ns/shop/sa/edge'] } }], to: [{ operation: { ports: ['8080'], methods: ['GET'], paths: ['/orders/*'] } }],
    }]);
    const peer = (name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }, podSelector: { matchLabels: { 'service.istio.io/canonical-name': name } },
    });
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0]).toEqual({ from: [peer('edge')], ports: [{ port: 8080, protocol: 'TCP' }] });
    expect(find(manifests, 'NetworkPolicy', 'edge').spec.egress[0]).toEqual({ to: [peer('orders')], ports: [{ port: 8080, protocol: 'TCP' }] });
    expect(find(manifests, 'NetworkPolicy', 'edge').spec.ingress[0]).toEqual({ ports: [{ port: 8443, protocol: 'TCP' }, { port: 8080, protocol: 'TCP' }] });
    expect(find(manifests, 'AuthorizationPolicy', 'edge').spec.rules).toEqual([{ to: [{ operation: { ports: ['8443', '8080'] } }] }]);
  });

  test('has routes of its own, without labels of a source, and none for the rest', () => {
    const world = new World();
    const edge = edgeIn(world);
    const orders = world.service('orders');
    edge.exposes(orders, { hosts: [HOST], paths: ['/slow'], timeout: Duration.seconds(9) });
    edge.exposes(orders, { hosts: [HOST], methods: ['GET'], paths: ['/orders/*'], retries: Retries.none() });
    const manifests = synthesize(world.shop);
    const { http } = find(manifests, 'VirtualService', 'orders-edge').spec;

    expect(http).toEqual([
      expect.objectContaining({ name: 'default.edge.1', match: [{ uri: { exact: '/slow' } }], timeout: '9s', retries: { attempts: 2, retryOn: expect.any(String) } }),
      expect.objectContaining({ name: 'default.edge.2', match: [{ uri: { prefix: '/orders/' }, method: { exact: 'GET' } }], retries: { attempts: 0 } }),
    ]);
    // The mesh's own are as they were
    expect(find(manifests, 'VirtualService', 'orders').spec.http.map(({ name }: any) => name)).toEqual(['default']);
  });

  test('of everything is one route without a match', () => {
    const world = new World();
    edgeIn(world).exposes(world.service('orders'), { hosts: [HOST] });

    expect(find(synthesize(world.shop), 'VirtualService', 'orders-edge').spec.http).toEqual([
      { name: 'default.edge', timeout: undefined, retries: expect.anything(), route: [{ destination: { host: 'orders.shop.svc.cluster.local' } }] },
    ].map(({ timeout, ...route }) => route));
  });

  test('of one of several ports goes to that port, whatever the gateway\'s own is', () => {
    const world = new World();
    const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' }), MeshPort.tcp(7000)] });
    edgeIn(world).exposes(orders, { hosts: [HOST], port: 'http-admin', paths: ['/admin/*'] });
    const { http, tcp } = find(synthesize(world.shop), 'VirtualService', 'orders-edge').spec;

    expect(tcp).toBeUndefined();
    expect(http).toMatchObject([{ match: [{ uri: { prefix: '/admin/' } }], route: [{ destination: { port: { number: 9090 } } }] }]);
    expect(http[0].match[0]).not.toHaveProperty('port');
  });

  test.each([0, 1, 2])('has the shares, the match and the mirror of a release at stage %i', (stage) => {
    const world = new World();
    const orders = world.service('orders');
    edgeIn(world).exposes(orders, { hosts: [HOST], paths: ['/orders/*'] });
    world.release(orders, { stage, match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], ...(stage < 2 ? { mirror: Percent.of(5) } : {}) });
    const manifests = synthesize(world.shop);
    const routes = (name: string) => find(manifests, 'VirtualService', name).spec.http.map(({ route, mirror, mirrorPercentage }: any) => ({ route, mirror, mirrorPercentage }));

    expect(routes('orders-edge')).toEqual(routes('orders'));
    expect(find(manifests, 'VirtualService', 'orders-edge').spec.http.map(({ match }: any) => match)).toEqual([
      [{ uri: { prefix: '/orders/' }, headers: { 'x-user': { exact: 'qa' } } }], [{ uri: { prefix: '/orders/' } }],
    ]);
  });

  test('has the user\'s routes, as far as they are for what is exposed', () => {
    const world = new World();
    const orders = world.service('orders');
    edgeIn(world).exposes(orders, { hosts: [HOST], paths: ['/orders/*'] });
    orders.addRoute('old', { match: [RouteMatch.path(StringMatch.prefix('/orders/old/'))], version: 'v1' });
    orders.addRoute('inner', { match: [RouteMatch.path(StringMatch.prefix('/inner/'))], version: 'v1' });

    expect(find(synthesize(world.shop), 'VirtualService', 'orders-edge').spec.http.map(({ name, match }: any) => [name, match])).toEqual([
      ['old.edge', [{ uri: { prefix: '/orders/old/' } }]], ['default.edge', [{ uri: { prefix: '/orders/' } }]],
    ]);
  });

  test('is of the same hosts in whatever order they are named, and of narrower paths before wider ones', () => {
    const world = new World();
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['*.example.com'])] });
    const orders = world.service('orders');
    edge.exposes(orders, { hosts: ['b.example.com', 'a.example.com'], paths: ['/orders/*'] });
    edge.exposes(orders, { hosts: ['a.example.com', 'b.example.com'], paths: ['/orders/slow'], timeout: Duration.seconds(9) });
    const { hosts, http } = find(synthesize(world.shop), 'VirtualService', 'orders-edge').spec;

    expect(hosts).toEqual(['a.example.com', 'b.example.com']);
    expect(http.map(({ match, timeout }: any) => [match, timeout])).toEqual([[[{ uri: { exact: '/orders/slow' } }], '9s'], [[{ uri: { prefix: '/orders/' } }], undefined]]);
  });

  test('has a host together with another service, each with paths of its own', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('cart'), { hosts: [HOST], paths: ['/cart/*'] });
    edge.exposes(world.service('orders'), { hosts: [HOST], paths: ['/orders/*'] });

    expect(() => world.synth()).not.toThrow();
  });

  test('may take the rest of a host beside another service', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('frontend'), { hosts: [HOST] });
    edge.exposes(world.service('orders'), { hosts: [HOST], paths: ['/orders/*'] });

    expect(() => world.synth()).not.toThrow();
  });
});

test('a collector that all proxies call is called by the gateway too', () => {
  const world = new World();
  const mesh = new Mesh(world.app, 'mesh');
  mesh.proxiesCall(new ExistingWorkload(world.app, 'otel', { namespace: 'monitoring', podLabels: { app: 'otel' }, ports: [MeshPort.grpc(4317)], inMesh: false }));
  edgeIn(world);
  const manifests = synthesize(world.shop);

  expect(JSON.stringify(find(manifests, 'NetworkPolicy', 'edge').spec.egress)).toContain('"app":"otel"');
});

test('a collector outside that all proxies call is open to the gateway by its name, whichever comes first', () => {
  const world = new World();
  edgeIn(world);
  const vendor = new ExternalService(world.shop, 'vendor', { host: 'otel.example.com', ports: [MeshPort.grpc(4317)] });
  new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() }).proxiesCall(vendor);
  const manifests = synthesize(world.shop);
  const { endpointSelector, egress } = find(manifests, 'CiliumNetworkPolicy', 'edge').spec;

  expect(endpointSelector).toEqual(find(manifests, 'NetworkPolicy', 'edge').spec.podSelector);
  expect(egress[0].toFQDNs).toEqual([{ matchName: 'otel.example.com' }]);
  expect(JSON.stringify(find(manifests, 'NetworkPolicy', 'edge').spec.egress)).not.toContain('0.0.0.0/0');
});

describe('a caller that this app does not describe', () => {
  const keeping = (keepsRoutes?: boolean) => () => {
    const world = new World();
    const orders = world.service('orders');
    new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress', keepsRoutes }).calls(orders);
    world.release(orders);
    world.synth();
  };

  test('holds up a release until it is said whether it keeps the shares', () => {
    expect(keeping()).toThrow('UnkeptStages');
    expect(keeping(true)).not.toThrow();
    expect(keeping(false)).not.toThrow();
  });
});

describe('a server for whatever clients ask for', () => {
  const ANY = [GatewayServer.http(['*'], { redirectToHttps: true }), GatewayServer.https(['*'], { certificate: CERTIFICATE })];

  test('takes routes of the namespaces of what is exposed', () => {
    const world = new World();
    edgeIn(world, { servers: ANY }).exposes(world.service('orders'), { hosts: ['*'], paths: ['/status'] });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Gateway', 'edge').spec.servers.map(({ hosts, tls }: any) => [hosts, tls])).toEqual([
      [['shop/*'], { httpsRedirect: true }], [['shop/*'], { mode: 'SIMPLE', credentialName: 'shop-tls' }],
    ]);
    expect(find(manifests, 'VirtualService', 'orders-edge').spec).toMatchObject({ hosts: ['*'], gateways: ['shop/edge'], http: [{ match: [{ uri: { exact: '/status' } }] }] });
  });

  test('leaves to a host what is exposed under its name', () => {
    const world = new World();
    const edge = edgeIn(world, { servers: ANY });
    edge.exposes(world.service('orders'), { hosts: ['*'] });
    edge.exposes(world.service('frontend'), { hosts: [HOST] });
    const manifests = synthesize(world.shop);

    expect(['orders-edge', 'frontend-edge'].map(name => find(manifests, 'VirtualService', name).spec.hosts)).toEqual([['*'], [HOST]]);
  });

  test('asks every host but those with a name, however their port is spelled', () => {
    const world = new World();
    const edge = edgeIn(world, { servers: [GatewayServer.http(['*'])], externalTrafficPolicy: ExternalTrafficPolicy.LOCAL });
    edge.exposes(world.service('orders'), { hosts: ['*'], fromCidrs: ['203.0.113.0/24'] });
    edge.exposes(world.service('frontend'), { hosts: [HOST] });

    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'edge-deny').spec.rules).toEqual([{
      from: [{ source: { notRemoteIpBlocks: ['203.0.113.0/24'] } }], to: [{ operation: { notHosts: [HOST, `${HOST}:80`], ports: ['8080'] } }],
    }]);
  });

  test('may be sent elsewhere, out of itself', () => {
    const world = new World();
    const edge = edgeIn(world, { servers: [GatewayServer.http(['*'])] });
    edge.redirects(['*'], Redirect.to({ host: HOST, scheme: 'https' }));

    expect(find(synthesize(world.shop), 'VirtualService', 'edge-any').spec).toMatchObject({ hosts: ['*'], http: [{ redirect: { authority: HOST, scheme: 'https' } }] });
  });

  test('has certificates that somebody else brings, under the closest name', () => {
    const world = new World();
    const own = GatewayServer.https([HOST], { certificate: ServerCertificate.fromSecret('own') });
    edgeIn(world, { servers: [...ANY, own] }).exposes(world.service('orders'), { hosts: [HOST] });

    expect(find(synthesize(world.shop), 'Gateway', 'edge').spec.servers.map(({ hosts }: any) => hosts)).toEqual([['shop/*'], ['./*'], [`shop/${HOST}`]]);
  });
});
