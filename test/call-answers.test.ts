import { Duration } from 'cdk8s';
import {
  AnalysisMetric, Budgets, CanaryAnalysis, CanaryEngine, DirectResponse, EgressGateway, ExternalEgress, ExternalService, FaultInjection,
  HeaderChanges, Mesh, MeshPort, MeshService, Redirect, RouteMatch, StringMatch,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';

const API = RouteMatch.path(StringMatch.prefix('/api/'));
const NONE = DirectResponse.of(200, { body: '[]', contentType: 'application/json' });
const HALF = { stages: [0, 50, 100], stage: undefined };

function described(describe: (world: World, orders: MeshService, frontend: MeshService) => void): Manifest[] {
  const world = new World();
  const [orders, frontend] = ['orders', 'frontend'].map(id => world.service(id));
  describe(world, orders, frontend);
  return synthesize(world.shop);
}

const httpOf = (all: Manifest[], name = 'orders') => find(all, 'VirtualService', name).spec.http;
const saidBy = ({ name, directResponse, redirect, route, delegate }: any) => [name, directResponse?.status ?? redirect?.uri ?? (route ?? delegate ? 'asked' : undefined)];

test('a client\'s own proxy answers it, and nobody else', () => {
  const [own, rest] = httpOf(described((world, orders, frontend) => {
    frontend.calls(orders, { directResponse: NONE });
    world.service('cart').calls(orders);
  }));

  expect(own).toEqual({
    name: 'default.frontend',
    match: [{ sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': 'frontend' } }],
    directResponse: { status: 200, body: { string: '[]' } },
    headers: { response: { set: { 'content-type': 'application/json' } } },
  });
  expect(saidBy(rest)).toEqual(['default', 'asked']);
  expect(rest).not.toHaveProperty('match');
});

test('a client is sent elsewhere, with headers of the answer', () => {
  const [own] = httpOf(described((_, orders, frontend) => {
    frontend.calls(orders, { paths: ['/old'], redirect: Redirect.to({ path: '/new', code: 308 }), headers: HeaderChanges.of({ response: { set: { 'x-moved': '1' } } }) });
  }));

  expect(own).toMatchObject({ match: [{ uri: { exact: '/old' } }], redirect: { uri: '/new', redirectCode: 308 }, headers: { response: { set: { 'x-moved': '1' } } } });
  expect(own).not.toHaveProperty('retries');
});

test('the server and the networks are not opened for what its client\'s proxy answers, which finds the name', () => {
  const all = described((_, orders, frontend) => frontend.calls(orders, { directResponse: NONE }));

  expect(find(all, 'AuthorizationPolicy', 'orders').spec).not.toHaveProperty('rules');
  expect(JSON.stringify(find(all, 'NetworkPolicy', 'orders').spec.ingress)).not.toContain('frontend');
  expect(JSON.stringify(find(all, 'NetworkPolicy', 'frontend').spec.egress)).not.toContain('orders');
  expect(find(all, 'Sidecar', 'frontend').spec.egress[0].hosts).toContain('shop/orders.shop.svc.cluster.local');
});

test('other calls of the client go to the server, whichever names its paths more closely', () => {
  const all = described((_, orders, frontend) => {
    frontend.calls(orders, { paths: ['/api/*'], directResponse: NONE });
    frontend.calls(orders, { paths: ['/api/carts', '/other'], timeout: Duration.seconds(1) });
  });

  expect(httpOf(all).map(saidBy)).toEqual([['default.frontend.1', 'asked'], ['default.frontend.2', 200], ['default', 'asked']]);
  expect(find(all, 'AuthorizationPolicy', 'orders').spec.rules[0].to[0].operation.paths).toEqual(['/api/carts', '/other']);
});

test('it comes before routes of the server: those that lead somewhere, and those that answer', () => {
  const http = httpOf(described((world, orders, frontend) => {
    orders.addRoute('gone', { match: [API], directResponse: DirectResponse.of(410, { body: 'a', contentType: 'text/html' }) });
    orders.addRoute('qa', { match: [RouteMatch.headerPresent('x-qa')], faults: [FaultInjection.abort(503)] });
    frontend.calls(orders, { directResponse: NONE });
    frontend.calls(orders, { paths: ['/api/closer'] });
    world.service('cart').calls(orders);
  }));

  expect(http.map(saidBy)).toEqual([
    ['gone.frontend.1', 410], ['gone.frontend.2', 200], ['gone', 410], ['qa.frontend.2', 200], ['qa', 'asked'], ['default.frontend.2', 200], ['default', 'asked'],
  ]);
  expect(http[1].headers.response.set['content-type']).toBe('application/json');
  expect(http[3]).not.toHaveProperty('fault');
});

test('what a call changes of answers is changed of a route\'s, too', () => {
  const headers = HeaderChanges.of({ request: { set: { 'x-a': '1' } }, response: { set: { 'x-b': '2' } } });
  const http = httpOf(described((_, orders, frontend) => {
    orders.addRoute('gone', { match: [API], directResponse: DirectResponse.of(410) });
    frontend.calls(orders, { headers });
  }));

  expect(http.map(({ name, headers: changed }: any) => [name, changed])).toEqual([
    ['gone.frontend', { response: { set: { 'x-b': '2' } } }], ['gone', undefined], ['default.frontend', { request: { set: { 'x-a': '1' } }, response: { set: { 'x-b': '2' } } }], ['default', undefined],
  ]);
});

test.each([['Flagger', CanaryEngine.flagger()], ['Argo Rollouts', CanaryEngine.argoRollouts()]])('holds beside %s', (_, engine) => {
  const all = described((world, orders, frontend) => {
    frontend.calls(orders, { paths: ['/a'], directResponse: NONE });
    world.service('cart').calls(orders, { timeout: Duration.seconds(1) });
    world.release(orders, { ...HALF, engine });
  });

  expect(httpOf(all).map(saidBy)).toEqual([['canary.cart', 'asked'], ['canary.frontend', 200], ['canary', 'asked']]);
  const moved = all.find(({ kind }) => kind === 'Rollout')?.spec.strategy.canary.trafficRouting.istio.virtualServices[0].routes;
  expect(moved).toEqual(moved && ['canary.cart', 'canary']);
});

test.each([
  ['a failure of gRPC', MeshPort.grpc(50051), { directResponse: DirectResponse.of(503) }],
  ['what a browser asks before a call', MeshPort.grpcWeb(8080), { methods: ['OPTIONS'], directResponse: DirectResponse.of(204) }],
  ['what is created, and where', MeshPort.http(8080), {
    directResponse: DirectResponse.of(201), headers: HeaderChanges.of({ response: { set: { Location: '../list' } } }),
  }],
  ['what has not changed', MeshPort.http(8080), { directResponse: DirectResponse.of(304) }],
])('%s is answered', (_, port, options) => {
  const world = new World();
  world.service('frontend').calls(world.service('orders', { ports: [port] }), options);
  const [answer] = find(synthesize(world.shop), 'VirtualService', 'orders').spec.http;
  expect(answer.directResponse).toEqual({ status: options.directResponse._toManifest(Site.named('', '')).status });
});

describe('what is outside', () => {
  const pay = (world: World, props = {}) => new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.http(80)], ...props });

  test('is stubbed for one client, whose network stays closed', () => {
    const all = described((world, orders, frontend) => {
      new Mesh(world.app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() });
      frontend.calls(pay(world), { methods: ['POST'], directResponse: NONE });
      orders.calls(world.shop.node.findChild('pay') as ExternalService);
    });

    expect(httpOf(all, 'pay').map(saidBy)).toEqual([['default.frontend', 200], ['default.orders', 'asked'], ['undeclared', 403]]);
    expect(all.filter(({ kind }) => kind === 'CiliumNetworkPolicy').map(({ metadata }) => metadata.name)).toEqual(['orders']);
  });

  test('is stubbed before a gateway, which lets nothing of it out', () => {
    const all = described((world, orders, frontend) => {
      const through = new EgressGateway(world.shop, 'exit');
      frontend.calls(pay(world, { through }), { directResponse: NONE });
      orders.calls(world.shop.node.findChild('pay') as ExternalService);
    });
    const [stub] = httpOf(all, 'pay');

    expect(stub).toMatchObject({ name: 'default.frontend', directResponse: { status: 200 } });
    expect(JSON.stringify(find(all, 'AuthorizationPolicy', 'exit').spec.rules)).not.toContain('frontend');
  });
});

test('nobody waits for it: no budget asks for its timeout, and none is measured by it', () => {
  const synth = (timeout?: Duration) => described((world, orders, frontend) => {
    new Mesh(world.app, 'mesh', { budgets: Budgets.proven({ requiresTimeouts: true }) });
    frontend.calls(orders, { directResponse: NONE });
    world.service('cart').calls(orders, { timeout });
  });
  const measured = () => described((world, orders, frontend) => {
    frontend.calls(orders, { directResponse: NONE });
    world.release(orders, {
      ...HALF,
      engine: CanaryEngine.argoRollouts(),
      analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics: [AnalysisMetric.successRate({ atLeast: 99 })] }),
    });
  });

  expect(() => synth(Duration.seconds(1))).not.toThrow();
  expect(() => synth()).toThrow('MissingProperty');
  expect(measured).toThrow('UndeclaredCall');
});
