import { Chart, Duration } from 'cdk8s';
import {
  Autoscaling, CaCertificates, EgressGateway, EgressGatewayProps, Endpoint, ExistingService, ExternalEgress, ExternalService, ExternalServiceProps,
  Mesh, MeshAlerts, MeshJob, MeshPort, MeshService, Retries, ScalingMetric, ServiceVersion, TlsOrigination, VirtualMachine, VirtualMachineService,
} from '../src';
import { find, inventory, lookUp, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const HOST = 'api.bank.example.com';
const GATEWAY = 'out.egress.svc.cluster.local';
const UNASKED = { attempts: 2, retryOn: 'connect-failure,refused-stream,reset-before-request' };
const TO_GATEWAY = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'egress' } }, podSelector: { matchLabels: { 'service.istio.io/canonical-name': 'out' } } }];
const http = MeshPort.http(80, { tls: TlsOrigination.simple() });

/** A gateway in a namespace of its own, and a service that calls through it. */
class Egress extends World {
  public readonly edge: Chart = this.chart('egress', 'egress');
  public readonly out: EgressGateway;

  constructor(props: EgressGatewayProps = {}) {
    super();
    this.out = new EgressGateway(this.edge, 'out', props);
  }

  public outside(props: Partial<ExternalServiceProps> = {}, id = 'bank', chart = this.shop): ExternalService {
    return new ExternalService(chart, id, { host: HOST, ports: [http], through: this.out, ...props });
  }

  public get manifests(): Manifest[] {
    return synthesizeApp(this.app);
  }

  /** Routes of the callers' proxies. */
  public towards(id = 'bank') {
    return find(this.manifests, 'VirtualService', id).spec;
  }

  /** Routes of the gateway. */
  public beyond(id = 'bank') {
    return find(this.manifests, 'VirtualService', `${id}-out`).spec;
  }

  public network(name: string) {
    return find(this.manifests, 'NetworkPolicy', name).spec;
  }
}

describe('the gateway', () => {
  test('is all that proxies need, under its name, and may read no Secret', () => {
    const world = new Egress();
    world.outside();

    expect(inventory(synthesize(world.edge))).toEqual([
      'ServiceAccount egress/out', 'Deployment egress/out', 'PodDisruptionBudget egress/out', 'Service egress/out', 'Gateway egress/out', 'DestinationRule egress/out',
      'AuthorizationPolicy egress/out', 'NetworkPolicy egress/out',
    ]);
    expect(find(world.manifests, 'Deployment', 'out').spec.template.metadata.annotations).toMatchObject({ 'inject.istio.io/templates': 'gateway' });
  });

  test('listens within the cluster alone, once for each number, where no privilege is needed', () => {
    const world = new Egress();
    world.outside({ ports: [http, MeshPort.tls(443)] });
    world.outside({ host: 'mail.example.com', ports: [MeshPort.tls(443), MeshPort.grpc(9000)] }, 'mail');

    expect(find(world.manifests, 'Service', 'out').spec).toEqual({
      type: 'ClusterIP',
      selector: { app: 'out' },
      ports: [
        { name: 'tls-80', port: 80, targetPort: 20080, protocol: 'TCP' },
        { name: 'tls-443', port: 443, targetPort: 20443, protocol: 'TCP' },
        { name: 'tls-9000', port: 9000, targetPort: 9000, protocol: 'TCP' },
      ],
    });
    expect(find(world.manifests, 'Deployment', 'out').spec.template.spec.containers[0].ports.map(({ containerPort }: { containerPort: number }) => containerPort)).toEqual([20080, 20443, 9000]);
  });

  test('has as many proxies as is said, or an autoscaler', () => {
    const world = new Egress({ autoscaling: Autoscaling.horizontal({ min: 2, max: 6, metrics: [ScalingMetric.cpu(70)] }) });
    world.outside();

    expect(find(world.manifests, 'HorizontalPodAutoscaler', 'out').spec).toMatchObject({ minReplicas: 2, maxReplicas: 6 });
    expect(find(world.manifests, 'Deployment', 'out').spec).not.toHaveProperty('replicas');
  });

  test('has a server for each port of each host, which takes the mesh\'s mutual TLS alone and routes from one namespace', () => {
    const world = new Egress();
    world.outside({ ports: [http, MeshPort.tls(443), MeshPort.tcp(5432)] });
    const { servers, selector } = find(world.manifests, 'Gateway', 'out').spec;
    const tls = { mode: 'ISTIO_MUTUAL' };

    expect(selector).toEqual({ 'service.istio.io/canonical-name': 'out', 'cdk8s-mesh/namespace': 'egress' });
    expect(servers).toEqual([
      { port: { number: 80, name: 'shop-bank-80', protocol: 'HTTPS' }, hosts: [`shop/${HOST}`], tls },
      { port: { number: 443, name: 'shop-bank-443', protocol: 'TLS' }, hosts: [`shop/${HOST}`], tls },
      { port: { number: 5432, name: 'shop-bank-5432', protocol: 'TLS' }, hosts: [`shop/${HOST}`], tls },
    ]);
  });

  test('says the name of each host by a subset, and keeps to the program\'s HTTP', () => {
    const world = new Egress();
    const bank = world.outside();
    world.outside({ host: 'db.example.com', ports: [MeshPort.tcp(5432)] }, 'db');
    world.service('orders').calls(bank);

    expect(find(world.manifests, 'DestinationRule', 'out').spec).toMatchObject({
      host: GATEWAY,
      exportTo: ['shop'],
      trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } },
      subsets: [
        { name: 'shop-bank', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL', sni: HOST }, connectionPool: { http: { useClientProtocol: true } } } },
        { name: 'shop-db', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL', sni: 'db.example.com' } } },
      ],
    });
  });

  test('lets nobody out as long as nothing is declared', () => {
    const world = new Egress();
    world.outside();

    expect(find(world.manifests, 'AuthorizationPolicy', 'out').spec).toEqual({ selector: { matchLabels: { 'service.istio.io/canonical-name': 'out' } }, action: 'ALLOW' });
    expect(world.network('out').ingress).toHaveLength(1); // metrics
    expect(world.network('out').egress).toHaveLength(2); // names and istiod
  });
});

describe('who may', () => {
  test('the declared identities: for the declared host, its methods and paths', () => {
    const world = new Egress();
    const bank = world.outside({ ports: [http, MeshPort.tls(443)] });
    world.service('orders').calls(bank, { port: 'http', methods: ['POST'], paths: ['/v1/*'] });
    world.service('audit').calls(bank, { port: 'tls' });

    const when = [{ key: 'connection.sni', values: [HOST] }];
    expect(find(world.manifests, 'AuthorizationPolicy', 'out').spec.rules).toEqual([
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/audit'] } }], to: [{ operation: { ports: ['20443'] } }], when },
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/orders'] } }],
        to: [{ operation: { hosts: [HOST, `${HOST}:*`], ports: ['20080'], methods: ['POST'], paths: ['/v1/*'] } }],
        when,
      },
    ]);
  });

  test('in an order that no statement changes', () => {
    const rules = (hosts: string[]) => {
      const world = new Egress();
      const orders = world.service('orders');
      hosts.map(id => world.outside({ host: `${id}.example.com` }, id)).forEach(each => orders.calls(each));
      return ['AuthorizationPolicy', 'Gateway', 'DestinationRule'].map(kind => find(world.manifests, kind, 'out'));
    };

    expect(rules(['a', 'b'])).toEqual(rules(['b', 'a']));
  });

  test('the network opens the outside to the gateway alone, and the gateway to the callers', () => {
    const world = new Egress();
    world.service('orders').calls(world.outside({ cidrs: ['203.0.113.0/24'] }));

    expect(world.network('orders').egress[0]).toEqual({ to: TO_GATEWAY, ports: [{ port: 20080, protocol: 'TCP' }] });
    expect(JSON.stringify(world.network('orders'))).not.toContain('ipBlock');
    expect(world.network('out').egress[0]).toEqual({ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }], ports: [{ port: 443, protocol: 'TCP' }] });
    expect(world.network('out').ingress[0]).toEqual({
      from: [{
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }, podSelector: { matchLabels: { 'service.istio.io/canonical-name': 'orders' } },
      }],
      ports: [{ port: 20080, protocol: 'TCP' }],
    });
  });

  test('where the network knows names, it knows those of the gateway', () => {
    const world = new Egress();
    new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() });
    world.service('orders').calls(world.outside());

    expect(find(world.manifests, 'CiliumNetworkPolicy', 'out').spec.egress[0]).toEqual({ toFQDNs: [{ matchName: HOST }], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] });
    expect(lookUp(world.manifests, 'CiliumNetworkPolicy', 'orders')).toBeUndefined();
    expect(JSON.stringify(world.network('out'))).not.toContain('0.0.0.0/0');
  });

  test('a host that no DNS knows is where its endpoints are, for the gateway; the callers\' proxies answer for its name', () => {
    const world = new Egress();
    const ledger = world.outside({ ports: [MeshPort.tcp(5432)], endpoints: [Endpoint.of('10.10.0.7')] });
    world.service('orders').calls(ledger, { addressVariable: 'LEDGER_ADDR' });
    const { metadata, spec } = find(world.manifests, 'Deployment', 'orders').spec.template;

    expect(world.network('out').egress[0]).toEqual({ to: [{ ipBlock: { cidr: '10.10.0.7/32' } }], ports: [{ port: 5432, protocol: 'TCP' }] });
    expect(world.network('orders').egress[0]).toEqual({ to: TO_GATEWAY, ports: [{ port: 5432, protocol: 'TCP' }] });
    expect(metadata.annotations['proxy.istio.io/config']).toContain('ISTIO_META_DNS_CAPTURE');
    expect(spec.containers[0].env).toContainEqual({ name: 'LEDGER_ADDR', value: `${HOST}:5432` });
  });

  test('a caller\'s proxy knows the host and the gateway', () => {
    const world = new Egress();
    const orders = world.service('orders');
    orders.calls(world.outside());
    orders.calls(world.outside({ host: 'mail.example.com' }, 'mail'));

    expect(find(world.manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual([`egress/${GATEWAY}`, `shop/${HOST}`, 'shop/mail.example.com', 'istio-system/*']);
  });
});

describe('the two steps', () => {
  test('of requests: the caller\'s has what the call says, the gateway\'s repeats what never left it', () => {
    const world = new Egress();
    world.service('orders').calls(world.outside(), { methods: ['GET'], timeout: Duration.seconds(2), retries: Retries.upTo(3) });

    expect(world.towards()).toEqual({
      hosts: [HOST],
      exportTo: ['.'],
      http: [
        {
          name: 'default.orders.safe',
          match: [{ sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': 'orders' }, method: { exact: 'GET' } }],
          timeout: '2s',
          retries: { attempts: 3, retryOn: 'connect-failure,refused-stream,reset-before-request,gateway-error' },
          route: [{ destination: { host: GATEWAY, subset: 'shop-bank', port: { number: 80 } } }],
        },
        { name: 'undeclared', directResponse: { status: 403 } },
      ],
    });
    expect(world.beyond()).toEqual({
      hosts: [HOST],
      gateways: ['egress/out'],
      exportTo: ['egress'],
      http: [{
        name: 'egress',
        retries: UNASKED,
        headers: {
          request: {
            remove: [
              'x-envoy-decorator-operation', 'x-envoy-external-address', 'x-envoy-peer-metadata', 'x-envoy-peer-metadata-id', 'x-forwarded-client-cert', 'x-forwarded-for',
            ],
          },
        },
        route: [{ destination: { host: HOST } }],
      }],
    });
  });

  test('of a call that is to be repeated never, the gateway repeats nothing', () => {
    const world = new Egress();
    const bank = world.outside({ ports: [http, MeshPort.http(8080, { name: 'http-more' })] });
    const orders = world.service('orders');
    orders.calls(bank, { port: 'http', retries: Retries.none() });
    orders.calls(bank, { port: 'http-more' });

    expect(world.beyond().http.map(({ retries }: { retries: object }) => retries)).toEqual([{ attempts: 0 }, UNASKED]);
  });

  test('of TLS by its name, and of TCP by its port', () => {
    const world = new Egress();
    const bank = world.outside({ ports: [MeshPort.tls(443), MeshPort.tcp(5432)] });
    world.service('orders').calls(bank, { port: 'tls' });
    const to = (number: number) => [{ destination: { host: GATEWAY, subset: 'shop-bank', port: { number } } }];
    const on = (number: number) => ({ match: [{ port: number }], route: [{ destination: { host: HOST, port: { number } } }] });

    expect(world.towards()).toEqual({
      hosts: [HOST],
      exportTo: ['.'],
      tls: [{ match: [{ port: 443, sniHosts: [HOST] }], route: to(443) }],
      tcp: [{ match: [{ port: 5432 }], route: to(5432) }],
    });
    expect(world.beyond()).toMatchObject({ tcp: [on(443), on(5432)] });
  });

  test('each is shown where it is gone, and nowhere else', () => {
    const world = new Egress();
    const bank = world.outside();
    new MeshService(world.chart('web', 'web'), 'frontend', { image: 'ghcr.io/acme/frontend:1', ports: [MeshPort.http(8080)] }).calls(bank);

    expect(world.towards().exportTo).toEqual(['web']);
    expect(world.beyond().exportTo).toEqual(['egress']);
    expect(find(world.manifests, 'ServiceEntry', 'bank').spec.exportTo).toEqual(['egress', 'web']);
    expect(find(world.manifests, 'DestinationRule', 'bank').spec.exportTo).toEqual(['egress']);
    expect(find(world.manifests, 'DestinationRule', 'out').spec.exportTo).toEqual(['web']);
  });

  test('a gateway in the namespace of what it leads to', () => {
    const world = new World();
    const bank = new ExternalService(world.shop, 'bank', { host: HOST, ports: [http], through: new EgressGateway(world.shop, 'out') });
    world.service('orders').calls(bank);
    const manifests = synthesize(world.shop);

    expect(['bank', 'bank-out'].map(name => find(manifests, 'VirtualService', name).spec.exportTo)).toEqual([['.'], ['.']]);
    expect(find(manifests, 'Gateway', 'out').spec.servers[0].hosts).toEqual([`shop/${HOST}`]);
  });
});

describe('TLS', () => {
  test('is spoken by the gateway, which has the files for it; the callers have none', () => {
    const world = new Egress();
    const orders = world.service('orders');
    orders.calls(world.outside({ ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('bank-client', { caCertificates: CaCertificates.fromConfigMap('bank-ca') }) })] }));
    const { spec } = find(world.manifests, 'Deployment', 'out').spec.template;

    expect(spec.containers[0].volumeMounts).toEqual([{ name: 'cdk8s-mesh', mountPath: '/etc/cdk8s-mesh', readOnly: true }]);
    expect(spec.volumes[0].projected.sources).toHaveLength(3);
    expect(find(world.manifests, 'Deployment', 'orders').spec.template.metadata.annotations).not.toHaveProperty(['sidecar.istio.io/userVolume']);
    expect(find(world.manifests, 'DestinationRule', 'bank').spec.trafficPolicy.portLevelSettings[0].tls).toMatchObject({ mode: 'MUTUAL', sni: HOST, subjectAltNames: [HOST] });
  });

  test('of the program\'s own goes on as it is', () => {
    const world = new Egress();
    world.service('orders').calls(world.outside({ ports: [MeshPort.tls(443)] }));

    expect(lookUp(world.manifests, 'DestinationRule', 'bank')).toBeUndefined();
  });
});

describe('callers of every kind', () => {
  test('a job, a version that is somebody of its own, and a service that something else deploys', () => {
    const world = new Egress();
    const bank = world.outside({ ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('bank-client') })] });
    new MeshJob(world.shop, 'nightly', { image: 'ghcr.io/acme/nightly:1' }).calls(bank);
    const eu = new ServiceVersion(world.shop, 'eu', { service: world.service('orders'), image: 'ghcr.io/acme/orders:2', ownIdentity: true });
    eu.calls(bank);
    // Its proxy needs no files of ours: the TLS is the gateway's
    new ExistingService(world.shop, 'legacy', { serviceAccount: 'legacy', podLabels: { app: 'legacy' } }).calls(bank);

    const principals = find(world.manifests, 'AuthorizationPolicy', 'out').spec.rules.map(({ from: [{ source }] }: { from: { source: { principals: string[] } }[] }) => source.principals[0]);
    expect(principals).toEqual(['legacy', 'nightly', 'orders-eu'].map(name => `cluster.local/ns/shop/sa/${name}`));
    expect(world.network('out').ingress.slice(0, -1)).toHaveLength(3);
  });

  test('machines, which the gateway\'s network knows by their addresses', () => {
    const world = new Egress();
    new VirtualMachineService(world.shop, 'ledger', { machines: [VirtualMachine.at('10.8.0.7')], ports: [MeshPort.http(8080)] }).calls(world.outside());

    expect(world.network('out').ingress[0].from).toEqual([{ ipBlock: { cidr: '10.8.0.7/32' } }]);
  });
});

test('alerts for a call count what the gateway has sent on: to the caller\'s proxy every host is the gateway', () => {
  const world = new Egress();
  world.service('orders').calls(world.outside());
  new MeshAlerts(world.shop, 'alerts');
  const rules = JSON.stringify(find(world.manifests, 'PrometheusRule', 'alerts.shop.orders').spec);

  expect(rules).toContain(`source_workload_namespace=\\"egress\\",source_canonical_service=\\"out\\",destination_service=\\"${HOST}\\"`);
  expect(rules).not.toContain(`source_canonical_service=\\"orders\\",destination_service=\\"${HOST}\\"`);
});

describe('many names that one host answers for', () => {
  function manifests(): Manifest[] {
    const world = new Egress();
    const wikipedia = world.outside({ host: '*.wikipedia.org', servedBy: 'www.wikipedia.org', ports: [MeshPort.http(80), MeshPort.tls(443)] }, 'wikipedia');
    const orders = world.service('orders');
    orders.calls(wikipedia, { port: 'http', methods: ['GET'] });
    orders.calls(wikipedia, { port: 'tls' });
    return world.manifests;
  }

  test('lead to the gateway, and from there to this host alone', () => {
    const all = manifests();

    expect(find(all, 'ServiceEntry', 'wikipedia').spec).toMatchObject({ resolution: 'DNS', endpoints: [{ address: 'www.wikipedia.org' }], exportTo: ['.', 'egress'] });
    expect(find(all, 'VirtualService', 'wikipedia').spec).toMatchObject({
      hosts: ['*.wikipedia.org'], tls: [{ match: [{ port: 443, sniHosts: ['*.wikipedia.org'] }], route: [{ destination: { host: GATEWAY, subset: 'shop-wikipedia', port: { number: 443 } } }] }],
    });
    expect(find(all, 'VirtualService', 'wikipedia-out').spec).toMatchObject({
      hosts: ['*.wikipedia.org'], tcp: [{ match: [{ port: 443 }], route: [{ destination: { host: '*.wikipedia.org', port: { number: 443 } } }] }],
    });
    expect(find(all, 'Gateway', 'out').spec.servers.map(({ hosts }: any) => hosts)).toEqual(Array(2).fill(['shop/*.wikipedia.org']));
  });

  test('are one to the gateway, by a name that no host has, and take no other in a request', () => {
    const all = manifests();
    const when = [{ key: 'connection.sni', values: ['_any.wikipedia.org'] }];

    expect(find(all, 'DestinationRule', 'out').spec.subsets[0].trafficPolicy.tls).toEqual({ mode: 'ISTIO_MUTUAL', sni: '_any.wikipedia.org' });
    expect(find(all, 'AuthorizationPolicy', 'out').spec.rules.map(({ to, when: on }: any) => ({ to, when: on }))).toEqual([
      { to: [{ operation: { hosts: ['*.wikipedia.org', '*.wikipedia.org:80'], methods: ['GET'], ports: ['20080'] } }], when },
      { to: [{ operation: { ports: ['20443'] } }], when },
    ]);
  });
});
