import { ExistingService, ExistingServiceProps, ExistingWorkload, MeshPort, RouteMatch, StringMatch } from '../src';
import { find, inventory, lookUp, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'reports-web.shop.svc.cluster.local';
const LABELS = { 'app.kubernetes.io/instance': 'reports' };

function reportsIn(world: World, props: Partial<ExistingServiceProps> = {}): ExistingService {
  return new ExistingService(world.shop, 'reports', {
    serviceAccount: 'reports-sa', podLabels: LABELS, service: 'reports-web', ports: [MeshPort.http(80, { targetPort: 8080 })], ...props,
  });
}

describe('a service that something else deploys', () => {
  test('becomes what the mesh has to know of it, and nothing that runs', () => {
    const world = new World();
    reportsIn(world);

    expect(inventory(synthesize(world.shop))).toEqual([
      'DestinationRule shop/reports', 'VirtualService shop/reports', 'Sidecar shop/reports', 'AuthorizationPolicy shop/reports', 'NetworkPolicy shop/reports',
    ]);
  });

  test('is told from another by one label of several', () => {
    const world = new World();
    reportsIn(world, { podLabels: { ...LABELS, component: 'web' } });
    new ExistingService(world.shop, 'database', {
      serviceAccount: 'reports-db', podLabels: { ...LABELS, component: 'db' }, service: 'reports-db', ports: [MeshPort.tcp(5432)],
    });

    expect(() => synthesize(world.shop)).not.toThrow();
  });

  test('is called by its own Service\'s name, and found by its own labels', () => {
    const world = new World();
    const reports = reportsIn(world);
    world.service('frontend').calls(reports, { methods: ['GET'], addressVariable: 'REPORTS_ADDR' });
    const manifests = synthesize(world.shop);

    expect(reports.host).toBe(HOST);
    expect(find(manifests, 'DestinationRule', 'reports').spec).toMatchObject({ host: HOST, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } });
    expect(find(manifests, 'DestinationRule', 'reports').spec.subsets).toBeUndefined();
    expect(find(manifests, 'VirtualService', 'reports').spec.hosts).toEqual([HOST]);
    expect(find(manifests, 'AuthorizationPolicy', 'reports').spec).toMatchObject({
      selector: { matchLabels: LABELS }, rules: [{ to: [{ operation: { ports: ['8080'], methods: ['GET'] } }] }],
    });
    expect(find(manifests, 'NetworkPolicy', 'frontend').spec.egress[0]).toMatchObject({ to: [{ podSelector: { matchLabels: LABELS } }], ports: [{ port: 8080 }] });
    expect(find(manifests, 'Sidecar', 'frontend').spec.egress[0].hosts).toContain(`shop/${HOST}`);
    expect(find(manifests, 'Deployment', 'frontend').spec.template.spec.containers[0].env).toEqual([{ name: 'REPORTS_ADDR', value: `${HOST}:80` }]);
  });

  test('calls as its own account', () => {
    const world = new World();
    reportsIn(world).calls(world.service('orders'));
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].from).toEqual([{ source: { principals: ['cluster.local/ns/shop/sa/reports-sa'] } }]);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].from[0].podSelector).toEqual({ matchLabels: LABELS });
    expect(find(manifests, 'Sidecar', 'reports').spec).toMatchObject({
      workloadSelector: { labels: LABELS }, egress: [{ hosts: ['shop/orders.shop.svc.cluster.local', 'istio-system/*'] }],
    });
  });

  test('has the versions that its labels tell apart, with their weights, and routes to them', () => {
    const world = new World();
    const reports = reportsIn(world, {
      versions: [{ name: 'stable', labels: { track: 'stable' }, weight: 90 }, { name: 'next', labels: { track: 'next' }, weight: 10 }],
    });
    reports.addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'next' });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'DestinationRule', 'reports').spec.subsets).toEqual([
      { name: 'stable', labels: { track: 'stable' } }, { name: 'next', labels: { track: 'next' } },
    ]);
    expect(find(manifests, 'VirtualService', 'reports').spec.http.map((route: any) => [route.name, route.route.map((to: any) => [to.destination.subset, to.weight])])).toEqual([
      ['qa', [['next', undefined]]], ['default', [['stable', 90], ['next', 10]]],
    ]);
  });

  test('without ports calls and is not called', () => {
    const world = new World();
    reportsIn(world, { ports: undefined });

    expect(inventory(synthesize(world.shop))).toEqual(['Sidecar shop/reports', 'AuthorizationPolicy shop/reports', 'NetworkPolicy shop/reports']);
  });
});

describe('a caller that this app does not describe', () => {
  const rulesOf = (props: ConstructorParameters<typeof ExistingWorkload>[2]) => {
    const world = new World();
    new ExistingWorkload(world.app, 'monitor', props).calls(world.service('orders'), { paths: ['/metrics'] });
    const manifests = synthesize(world.shop);
    return {
      from: find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].from[0].source,
      peers: find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].from,
    };
  };

  test('is known by account and labels', () => {
    expect(rulesOf({ namespace: 'monitoring', serviceAccount: 'prometheus.main', podLabels: { app: 'prometheus' } })).toEqual({
      from: { principals: ['cluster.local/ns/monitoring/sa/prometheus.main'] },
      peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } }, podSelector: { matchLabels: { app: 'prometheus' } } }],
    });
  });

  test('or by its namespace alone', () => {
    expect(rulesOf({ namespace: 'monitoring' })).toEqual({
      from: { namespaces: ['monitoring'] }, peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    });
  });

  test('or as anybody with an identity of the mesh', () => {
    expect(rulesOf({})).toEqual({ from: { principals: ['*'] }, peers: [{ namespaceSelector: {} }] });
  });
});

describe('a server that this app does not describe', () => {
  const KAFKA = { namespace: 'streams', podLabels: { cluster: 'main' }, service: 'main-bootstrap', ports: [MeshPort.tcp(9092)] };

  test('in the mesh is opened on the caller\'s side alone', () => {
    const world = new World();
    world.service('orders').calls(new ExistingWorkload(world.app, 'kafka', KAFKA), { addressVariable: 'KAFKA' });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toContain('streams/main-bootstrap.streams.svc.cluster.local');
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress[0]).toEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'streams' } }, podSelector: { matchLabels: { cluster: 'main' } } }],
      ports: [{ port: 9092, protocol: 'TCP' }],
    });
    expect(find(manifests, 'Deployment', 'orders').spec.template.spec.containers[0].env).toEqual([{ name: 'KAFKA', value: 'main-bootstrap.streams.svc.cluster.local:9092' }]);
    expect(lookUp(manifests, 'DestinationRule', 'kafka')).toBeUndefined();
  });

  test('without a proxy may be called around the caller\'s own', () => {
    const world = new World();
    world.service('orders', { proxy: { excludedOutboundPorts: [9092] } }).calls(new ExistingWorkload(world.app, 'kafka', { ...KAFKA, inMesh: false }));

    expect(() => synthesize(world.shop)).not.toThrow();
  });

  test('without a proxy is in the scope of the caller\'s as its routes are, too', () => {
    const world = new World();
    world.service('orders').calls(new ExistingWorkload(world.app, 'kafka', { ...KAFKA, inMesh: false }));

    expect(find(synthesize(world.shop), 'Sidecar', 'orders').spec.egress[0].hosts).toEqual([
      './main-bootstrap.streams.svc.cluster.local', 'streams/main-bootstrap.streams.svc.cluster.local', 'istio-system/*',
    ]);
  });

  test('without a proxy is spoken to in plain text, by its callers\' namespaces alone', () => {
    const world = new World();
    const kafka = new ExistingWorkload(world.app, 'kafka', { ...KAFKA, inMesh: false });
    ['orders', 'cart'].forEach(name => world.service(name).calls(kafka));
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'DestinationRule', 'kafka').spec).toEqual({
      host: 'main-bootstrap.streams.svc.cluster.local',
      exportTo: ['.'],
      trafficPolicy: { tls: { mode: 'DISABLE' }, loadBalancer: { localityLbSetting: { enabled: false } } },
    });
    expect(manifests.filter(({ metadata }) => metadata.name === 'kafka').map(({ kind }) => kind)).toEqual(['DestinationRule']);
  });

  test('without a proxy is guarded by its callers\' proxies over HTTP', () => {
    const world = new World();
    const search = new ExistingWorkload(world.app, 'search', { namespace: 'search', ports: [MeshPort.http(9200)], inMesh: false });
    world.service('orders').calls(search, { methods: ['GET'], paths: ['/orders/*'] });
    const { http, exportTo } = find(synthesize(world.shop), 'VirtualService', 'search').spec;

    expect(exportTo).toEqual(['.']);
    expect(http.map(({ name, match, directResponse }: any) => ({ name, uri: match?.[0].uri, directResponse }))).toEqual([
      { name: 'default.orders', uri: { prefix: '/orders/' }, directResponse: undefined },
      { name: 'undeclared', uri: undefined, directResponse: { status: 403 } },
    ]);
  });
});
