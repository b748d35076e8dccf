import { Duration } from 'cdk8s';
import {
  CanaryEngine, DirectResponse, ExistingService, ExistingWorkload, GatewayServer, HeaderChanges, Mesh, MeshGateway, MeshPort, MeshService, Percent,
  Rewrite, RouteMatch, RouteMirror, RouteOptions, ServiceVersion, StringMatch, VirtualMachine, VirtualMachineService,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const API = RouteMatch.path(StringMatch.prefix('/api/'));
const AUDIT = 'audit.shop.svc.cluster.local';

type Described = (world: World, orders: MeshService, audit: MeshService, frontend: MeshService) => void;

/** A service `orders` that copies what begins with `/api/` to `audit`, and a frontend that calls it. */
function mirrored(
  options: Partial<RouteOptions>, more: Described = (_world, orders, _audit, frontend) => frontend.calls(orders),
): Manifest[] {
  const world = new World();
  const [orders, audit, frontend] = ['orders', 'audit', 'frontend'].map(id => world.service(id));
  orders.addRoute('some', { match: [API], mirrors: [RouteMirror.to(audit, { share: Percent.of(20) })], ...options });
  more(world, orders, audit, frontend);
  return synthesize(world.shop);
}

const httpOf = (all: Manifest[], name = 'orders') => find(all, 'VirtualService', name).spec.http;
const rulesOf = (all: Manifest[], name = 'audit') => find(all, 'AuthorizationPolicy', name).spec.rules ?? [];
const opened = (all: Manifest[]) => rulesOf(all).map(({ from: [{ source }], to }: any) => [
  source.principals?.[0].split('/').at(-1), ...to.map(({ operation: { ports, methods, paths } }: any) => [ports, methods, paths]),
]);

test('copies go to another service, beside the requests and by whoever asks', () => {
  const [some, rest] = httpOf(mirrored({}));

  expect(some).toMatchObject({ name: 'some', mirror: { host: AUDIT, port: { number: 8080 } }, mirrorPercentage: { value: 20 }, route: rest.route });
  expect(rest).not.toHaveProperty('mirror');
});

test('who may ask for the requests is let in by the other service, for these alone', () => {
  const all = mirrored({ match: [API, RouteMatch.path(StringMatch.exactly('/orders')).also(RouteMatch.method(StringMatch.exactly('POST')))] }, (_, orders, _audit, frontend) => {
    frontend.calls(orders, { methods: ['GET', 'POST'], paths: ['/api/carts/*', '/orders', '/other'] });
  });

  expect(opened(all)).toEqual([
    ['frontend', [['8080'], ['POST'], ['/orders']]], ['frontend', [['8080'], ['GET', 'POST'], ['/api/carts/*']]],
  ]);
});

test.each<[string, Partial<RouteOptions>, string[] | undefined, string[] | undefined]>([
  ['a route of a path', {}, undefined, ['/api/*']],
  ['a narrower path of the call', {}, ['/api/carts'], ['/api/carts']],
  ['a pattern that only the call can say', {}, ['/api/{*}/items'], ['/api/{*}/items']],
  ['a header', { match: [RouteMatch.headerPresent('x-audit')] }, ['/carts', '/orders'], ['/orders', '/carts']],
  ['letters of any case', { match: [RouteMatch.path(StringMatch.prefix('/api/'), { ignoreCase: true })] }, ['/api/*'], ['/api/*']],
  ['a pattern of nobody\'s paths', { match: [RouteMatch.path(StringMatch.regex('/api/[0-9]+'))] }, undefined, undefined],
  ['a path that the route rewrites', { rewrite: Rewrite.prefix('/v2/') }, undefined, ['/v2/*']],
])('the other service opens the paths of %s', (_, options, paths, expected) => {
  const all = mirrored(options, (_world, orders, _audit, frontend) => frontend.calls(orders, { paths }));

  expect(opened(all)).toEqual([['frontend', [['8080'], undefined, expected]]]);
});

test('the copies of what a call rewrites have the paths that result', () => {
  const all = mirrored({ match: [RouteMatch.headerPresent('x-audit')] }, (_, orders, _audit, frontend) => frontend.calls(orders, { paths: ['/a/*'], rewrite: Rewrite.prefix('/b') }));

  expect(opened(all)).toEqual([['frontend', [['8080'], undefined, ['/b/*']]]]);
});

test('nobody is let in who asks for other requests, or whose proxy answers by itself', () => {
  const all = mirrored({}, (world, orders, _audit, frontend) => {
    frontend.calls(orders, { paths: ['/other'] });
    world.service('stubbed').calls(orders, { directResponse: DirectResponse.of(200) });
  });

  expect(opened(all)).toEqual([]);
});

test('both networks and the proxy of the client know the way', () => {
  const all = mirrored({});
  const egress = find(all, 'NetworkPolicy', 'frontend').spec.egress.map(({ to: [{ podSelector }] }: any) => podSelector?.matchLabels['service.istio.io/canonical-name']);
  const [{ from: [ingress] }] = find(all, 'NetworkPolicy', 'audit').spec.ingress;

  expect(egress).toContain('audit');
  expect(ingress.podSelector.matchLabels).toEqual({ 'service.istio.io/canonical-name': 'frontend' });
  expect(find(all, 'Sidecar', 'frontend').spec.egress[0].hosts).toContain(`shop/${AUDIT}`);
  expect(find(all, 'Sidecar', 'orders').spec.egress[0].hosts).not.toContain(`shop/${AUDIT}`);
});

test('whichever is said first', () => {
  const world = new World();
  const [orders, audit, frontend] = ['orders', 'audit', 'frontend'].map(id => world.service(id));
  frontend.calls(orders);
  orders.addRoute('some', { match: [API], mirrors: [RouteMirror.to(audit)] });

  expect(opened(synthesize(world.shop))).toEqual([['frontend', [['8080'], undefined, ['/api/*']]]]);
});

test('a gateway that exposes the requests copies them too', () => {
  const all = mirrored({}, (world, orders) => {
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
    edge.exposes(orders, { hosts: ['shop.example.com'], paths: ['/api/*', '/other'], methods: ['GET'] });
  });
  const egress = find(all, 'NetworkPolicy', 'edge').spec.egress.map(({ to: [{ podSelector }] }: any) => podSelector?.matchLabels['service.istio.io/canonical-name']);

  expect(httpOf(all, 'orders-edge')[0]).toMatchObject({ mirror: { host: AUDIT, port: { number: 8080 } }, mirrorPercentage: { value: 20 } });
  expect(opened(all)).toEqual([['edge', [['8080'], ['GET'], ['/api/*']]]]);
  expect(egress).toContain('audit');
});

test.each([[true, ['ingress']], [false, []], [undefined, ['ingress']]])('a caller of another app whose proxy keeps routes (%s) is let in', (keepsRoutes, expected) => {
  const all = mirrored({}, (world, orders) => {
    new ExistingWorkload(world.shop, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress', podLabels: { istio: 'ingress' }, keepsRoutes }).calls(orders);
  });

  expect(opened(all).map(([who]: any) => who)).toEqual(expected);
});

test('goes beside copies for versions, and to several services', () => {
  const [some] = httpOf(mirrored({}, (world, orders, audit) => {
    new ServiceVersion(world.shop, 'eu', { service: orders });
    orders.addRoute('all', { match: [RouteMatch.headerPresent('x-all')], mirrors: [RouteMirror.to(audit), RouteMirror.toVersion('eu', { share: Percent.of(5) }), RouteMirror.to(world.service('stats'))] });
  })).filter(({ name }: any) => name === 'all');

  expect(some.mirrors.map(({ destination: { host, subset }, percentage }: any) => [host.split('.')[0], subset, percentage.value])).toEqual([
    ['orders', 'eu', 5], ['audit', undefined, 100], ['stats', undefined, 100],
  ]);
});

test('each port copies to the one of its name, or to the only one that speaks HTTP', () => {
  const world = new World();
  const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.http(8081, { name: 'http-admin' })] });
  const [same, one] = [
    world.service('same', { ports: [MeshPort.http(80, { targetPort: 9080 }), MeshPort.http(81, { name: 'http-admin', targetPort: 9081 })] }),
    world.service('one', { ports: [MeshPort.tcp(7000), MeshPort.http2(7001)] }),
  ];
  orders.addRoute('some', { match: [API], mirrors: [RouteMirror.to(same), RouteMirror.to(one)] });
  orders.addRoute('named', { match: [RouteMatch.headerPresent('x-a')], mirrors: [RouteMirror.to(same, { port: 'http-admin' })] });
  const ports = httpOf(synthesize(world.shop)).map(({ name, mirror, mirrors = [] }: any) => [
    name, ...mirrors.map(({ destination }: any) => destination.port.number), ...mirror ? [mirror.port.number] : [],
  ]);

  expect(ports).toEqual([
    ['some.http', 80, 7001], ['named.http', 81], ['default.http'], ['some.http-admin', 81, 7001], ['named.http-admin', 81], ['default.http-admin'],
  ]);
});

describe('the pods that get the copies are', () => {
  const targetOf = (more: (world: World, audit: MeshService) => void) => {
    const [some] = httpOf(mirrored({}, (world, _, audit) => more(world, audit)));
    const { mirror, mirrors = [{ destination: mirror, percentage: { value: 20 } }] } = some;
    const [{ destination: { host, subset } }, ...others] = mirrors.filter(({ percentage }: any) => percentage.value > 0);
    expect(others).toEqual([]);
    return [host.split('.')[0], subset];
  };

  test.each([[0, 'v1'], [1, 'v1'], [2, 'v2']])('of a static release at stage %s those of %s', (stage, version) => {
    expect(targetOf((world, audit) => world.release(audit, { stage, stages: [0, 90, 100] }))).toEqual(['audit', version]);
  });

  test('of Argo Rollouts the stable ones', () => {
    expect(targetOf((world, audit) => world.release(audit, { stages: [0, 50, 100], stage: undefined, engine: CanaryEngine.argoRollouts() }))).toEqual(['audit-stable', undefined]);
  });

  test('of Flagger those that it has promoted: the service\'s own name is for those that it tries, too', () => {
    expect(targetOf((world, audit) => world.release(audit, { stages: [0, 50, 100], stage: undefined, engine: CanaryEngine.flagger() }))).toEqual(['audit-release-primary', undefined]);
  });

  test('of versions that stay the service\'s own', () => {
    expect(targetOf((world, audit) => new ServiceVersion(world.shop, 'eu', { service: audit, weight: 90 }))).toEqual(['audit', 'v1']);
    expect(targetOf((world, audit) => new ServiceVersion(world.shop, 'eu', { service: audit, weight: 100 }))).toEqual(['audit', 'eu']);
  });
});

test('a client with a version of an identity of its own, and a target with one', () => {
  const all = mirrored({}, (world, orders, audit, frontend) => {
    new ServiceVersion(world.shop, 'eu', { service: frontend, ownIdentity: true }).calls(orders);
    new ServiceVersion(world.shop, 'us', { service: audit, ownIdentity: true });
  });

  expect(opened(all).map(([who]: any) => who)).toEqual(['frontend-eu']);
  expect(rulesOf(all, 'audit-us')).toEqual(rulesOf(all));
});

test('a service and its copies keep what is declared of both, and a mirror of a mirror adds nothing', () => {
  const all = mirrored({}, (world, orders, audit, frontend) => {
    frontend.calls(orders, { timeout: Duration.seconds(1), headers: HeaderChanges.of({ request: { set: { 'x-a': '1' } } }) });
    frontend.calls(audit, { paths: ['/reports'] });
    audit.addRoute('back', { match: [API], mirrors: [RouteMirror.to(orders), RouteMirror.to(world.service('third'))] });
  });

  expect(opened(all)).toEqual([['frontend', [['8080'], undefined, ['/reports']]], ['frontend', [['8080'], undefined, ['/api/*']]]]);
  expect(rulesOf(all, 'third')).toEqual([]);
  expect(httpOf(all).map(({ name, mirror }: any) => [name, mirror?.host])).toEqual([['some.frontend', AUDIT], ['some', AUDIT], ['default.frontend', undefined], ['default', undefined]]);
});

test('services that something else runs, and machines, get them too', () => {
  const world = new World();
  const orders = world.service('orders');
  const reports = new ExistingService(world.shop, 'reports', { serviceAccount: 'web', podLabels: { app: 'reports' }, service: 'reports-web', ports: [MeshPort.http(80)] });
  const ledger = new VirtualMachineService(world.shop, 'ledger', { machines: [VirtualMachine.at('10.0.0.7')], ports: [MeshPort.http(80)] });
  orders.addRoute('some', { match: [API], mirrors: [RouteMirror.to(reports), RouteMirror.to(ledger)] });
  const [{ mirrors }] = httpOf(synthesize(world.shop));

  expect(mirrors.map(({ destination }: any) => destination.host.split('.')[0])).toEqual(['reports-web', 'ledger']);
});

test('a Mesh that comes later names the hosts', () => {
  const world = new World();
  const [orders, audit] = ['orders', 'audit'].map(id => world.service(id));
  orders.addRoute('some', { match: [API], mirrors: [RouteMirror.to(audit)] });
  new Mesh(world.app, 'mesh', { clusterDomain: 'acme.example' });

  expect(httpOf(synthesize(world.shop))[0].mirror.host).toBe('audit.shop.svc.acme.example');
});
