import { Duration } from 'cdk8s'; import {
  CanaryEngine, CanaryReleaseProps, CorsPolicy, DirectResponse, FaultInjection, GatewayServer, HeaderChanges,
  MeshGateway, MeshPort, MeshService, Percent, Redirect, Rewrite, RouteMatch, RouteMirror, RouteOptions, ServiceVersion, StringMatch,
} from '../src';
import { find, synthesize } from './support/manifests';
import { World } from './support/world';

const QA = RouteMatch.header('x-user', StringMatch.exactly('qa'));
const API = RouteMatch.path(StringMatch.prefix('/api/'));
const HEADERS = HeaderChanges.of({ request: { set: { 'x-a': '1' } }, response: { remove: ['server-timing'] } });
const HALF = { stages: [0, 50, 100], stage: undefined };
const SET = { request: { set: { 'x-a': '1' } }, response: { remove: ['server-timing'] } };

function described(describe: (orders: MeshService, world: World) => void): { http: any[]; rules: any[]; all: any[] } {
  const world = new World();
  const orders = world.service('orders');
  describe(orders, world);
  const all = synthesize(world.shop);
  return { http: find(all, 'VirtualService', 'orders').spec.http, rules: find(all, 'AuthorizationPolicy', 'orders').spec.rules ?? [], all };
}

function routed(options: Partial<RouteOptions>, more: (orders: MeshService, world: World) => void = () => {}) {
  return described((orders, world) => {
    orders.addRoute('some', { match: [QA], ...options });
    more(orders, world);
  }).http;
}

describe('a route', () => {
  test('answers by itself, whoever asks', () => {
    const directResponse = DirectResponse.of(410, { body: '{}', contentType: 'application/json' });
    const [answer, ...rest] = routed({ directResponse }, (orders, world) => (
      world.service('frontend').calls(orders, { timeout: Duration.seconds(1), faults: [FaultInjection.abort(500)] })));

    expect(answer).toEqual({
      name: 'some',
      match: [{ headers: { 'x-user': { exact: 'qa' } } }],
      directResponse: { status: 410, body: { string: '{}' } },
      headers: { response: { set: { 'content-type': 'application/json' } } },
    });
    expect(rest.map(({ name }) => name)).toEqual(['default.frontend', 'default']);
  });

  test.each([200, 599])('answers %d by itself', (status) => {
    const body = 'a'.repeat(100 * 1024);

    expect(routed({ directResponse: DirectResponse.of(status, { body }) })[0].directResponse).toEqual({ status, body: { string: body } });
  });

  test('answers by itself with a type, beside other headers of the answer', () => {
    const headers = HeaderChanges.of({ response: { set: { 'x-a': '1' }, add: { 'x-b': '2' }, remove: ['x-c'] } });
    const [answer] = routed({ directResponse: DirectResponse.of(410, { body: 'a', contentType: 'text/plain' }), headers });

    expect(answer.headers).toEqual({ response: { set: { 'x-a': '1', 'content-type': 'text/plain' }, add: { 'x-b': '2' }, remove: ['x-c'] } });
  });

  test('is for pages of other origins by their origin, the one header that browsers send with their question', () => {
    const origin = RouteMatch.header('origin', StringMatch.exactly('https://shop.example.com'));
    const [some] = routed({ match: [origin], cors: CorsPolicy.allow({ origins: [StringMatch.exactly('https://shop.example.com')] }) });

    expect(some).toMatchObject({ match: [{ headers: { origin: { exact: 'https://shop.example.com' } } }], corsPolicy: { allowMethods: ['*'] } });
  });

  test.each<[Redirect, object]>([
    [Redirect.to({ port: 8443 }), { port: 8443 }], [Redirect.to({ scheme: 'https' }), { scheme: 'https' }], [Redirect.to({ host: 'a.example.com' }), { authority: 'a.example.com' }],
  ])('redirects to another address of the same path: %#', (redirect, manifest) => {
    expect(routed({ redirect, match: [API] })[0].redirect).toEqual(manifest);
  });

  test('is for pages of other origins where they speak gRPC', () => {
    const cors = CorsPolicy.allow({ origins: [StringMatch.exactly('https://shop.example.com')] });
    const world = new World();
    world.service('orders', { ports: [MeshPort.grpcWeb(8080)] }).addRoute('some', { match: [RouteMatch.grpc('orders.v1.Orders')], cors });

    expect(find(synthesize(world.shop), 'VirtualService', 'orders').spec.http[0]).toMatchObject({ name: 'some', corsPolicy: { allowMethods: ['*'] } });
  });

  test('adds the headers of a client\'s call to its own', () => {
    const added = (name: string) => HeaderChanges.of({ request: { add: { [name]: '1' } } });
    const [own] = routed({ headers: added('x-a') }, (orders, world) => world.service('frontend').calls(orders, { headers: added('x-b') }));

    expect(own.headers.request.add).toEqual({ 'x-a': '1', 'x-b': '1' });
  });

  test('of requests that gRPC does not know is not written for a port of gRPC', () => {
    const world = new World();
    const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] });
    orders.addRoute('query', { match: [RouteMatch.queryParameter('beta', StringMatch.exactly('1'))], headers: HEADERS });
    orders.addRoute('put', { match: [RouteMatch.method(StringMatch.exactly('PUT')), QA], headers: HEADERS });
    orders.addRoute('pages', { match: [API], headers: HEADERS, cors: CorsPolicy.allow({ origins: [StringMatch.exactly('https://shop.example.com')] }) });
    const http: any[] = find(synthesize(world.shop), 'VirtualService', 'orders').spec.http;

    expect(http.map(({ name }) => name)).toEqual(['query.http', 'put.http', 'pages.http', 'default.http', 'put.grpc', 'pages.grpc', 'default.grpc']);
    expect(http.find(({ name }) => name === 'put.grpc').match).toEqual([{ port: 50051, headers: { 'x-user': { exact: 'qa' } } }]);
    expect(http.filter(({ corsPolicy }) => corsPolicy).map(({ name }) => name)).toEqual(['pages.http']);
  });

  test('redirects', () => {
    expect(routed({ redirect: Redirect.to({ path: '/v2', code: 308 }), match: [API] })[0]).toEqual({
      name: 'some', match: [{ uri: { prefix: '/api/' } }], redirect: { uri: '/v2', redirectCode: 308 },
    });
  });

  test('changes headers, and goes where all others go', () => {
    const [changed, rest] = routed({ headers: HEADERS });

    expect(changed).toMatchObject({ name: 'some', headers: SET, route: rest.route });
    expect(rest).not.toHaveProperty('headers');
  });

  test('goes where those of a release go, testers included', () => {
    const release = (orders: MeshService, world: World) => world.release(orders, { match: [RouteMatch.headerPresent('x-tester')] });
    const weightsOf = ({ route }: any) => route.map(({ weight }: any) => weight);
    const weights = routed({ headers: HEADERS }, release).map(each => [each.name, Boolean(each.headers), weightsOf(each)]);

    expect(weights).toEqual([
      ['some+canary-match', true, [0, 100]], ['some', true, [90, 10]], ['canary-match', false, [0, 100]], ['canary', false, [90, 10]],
    ]);
  });

  test.each<[string, Partial<RouteOptions>, Partial<CanaryReleaseProps>, [string, number][]]>([
    ['all requests', { match: [RouteMatch.path(StringMatch.prefix('/'))] }, {}, [['some', 10]]],
    ['all requests, testers among them', { match: [RouteMatch.path(StringMatch.prefix('/'))] }, { match: [QA] }, [['some+canary-match', 100], ['some', 10]]],
    ['those of all testers', { match: [API] }, { match: [RouteMatch.path(StringMatch.exactly('/api/x'))] }, [['some+canary-match', 100], ['some', 10], ['canary', 10]]],
    ['those of testers alone', {}, { match: [QA] }, [['some+canary-match', 100], ['canary', 10]]],
  ])('may take %s, and what a release says of them holds', (_, options, props, shares) => {
    const http = routed({ headers: HEADERS, ...options }, (orders, world) => world.release(orders, props));

    expect(http.map(({ name, route }: any) => [name, route.at(-1).weight])).toEqual(shares);
    expect(http.filter(({ headers }: any) => headers).map(({ name }: any) => name)).toEqual(shares.map(([name]) => name).filter(name => name.startsWith('some')));
  });

  test.each([CanaryEngine.flagger(), CanaryEngine.argoRollouts()])('may take all requests of a release that a controller moves', (engine) => {
    const all = { match: [RouteMatch.path(StringMatch.prefix('/'))], headers: HEADERS };
    const calling = (orders: MeshService, world: World) => world.service('frontend').calls(orders, { timeout: Duration.seconds(1) });
    const http = routed(all, (orders, world) => [calling(orders, world), world.release(orders, { ...HALF, engine })]);

    expect(http.map(({ name, timeout }: any) => [name, timeout])).toEqual([['some.frontend', '1s'], ['some', undefined]]);
  });

  test('keeps what a client asks for, and changes what the client\'s call leaves alone', () => {
    const headers = HeaderChanges.of({ request: { add: { 'x-b': '2' } } });
    const calling = (orders: MeshService, world: World) => world.service('frontend').calls(orders, { timeout: Duration.seconds(1), headers });
    const [own, all] = routed({ headers: HEADERS }, calling);

    expect(own).toMatchObject({ name: 'some.frontend', timeout: '1s', headers: { request: { set: { 'x-a': '1' }, add: { 'x-b': '2' } }, response: SET.response } });
    expect(all.headers).toEqual(SET);
  });

  test('shares its requests out among several versions', () => {
    const [some] = routed({ versions: { v1: 50, eu: 30, beta: 20 } }, (orders, world) => (
      ['eu', 'beta'].forEach(id => new ServiceVersion(world.shop, id, { service: orders }))));

    expect(some.route.map(({ destination: { subset }, weight }: any) => [subset, weight])).toEqual([['v1', 50], ['eu', 30], ['beta', 20]]);
  });

  test.each([[0, [['v1', 100], ['v2', 0]]], [1, [['v1', 75], ['v2', 25]]]])('and of a release at stage %s', (stage, shares) => {
    const [some] = routed({ versions: { v1: 75, v2: 25 } }, (orders, world) => world.release(orders, { stage }));

    expect(some.route.map(({ destination: { subset }, weight }: any) => [subset, weight])).toEqual(shares);
  });

  test('is delegated to Flagger, with what it changes', () => {
    const [some, canary] = routed({ headers: HEADERS }, (orders, world) => world.release(orders, { ...HALF, engine: CanaryEngine.flagger() }));

    expect(some).toMatchObject({ name: 'some', headers: SET, delegate: canary.delegate });
    expect(some).not.toHaveProperty('route');
  });

  test('leaves its weights alone where Argo Rollouts moves those of all others', () => {
    const [some, canary] = routed({ headers: HEADERS }, (orders, world) => world.release(orders, { ...HALF, engine: CanaryEngine.argoRollouts() }));

    expect(some.route).toEqual(canary.route);
  });
});

describe('copies of a route', () => {
  const TO_EU = RouteMirror.toVersion('eu', { share: Percent.of(20) });
  const europe = (orders: MeshService, world: World) => new ServiceVersion(world.shop, 'eu', { service: orders });
  const copiesOf = ({ mirror, mirrorPercentage, mirrors = mirror ? [{ destination: mirror, percentage: mirrorPercentage }] : [] }: any) => (
    mirrors.map(({ destination, percentage }: any) => [destination.subset ?? destination.host.split('.')[0], percentage.value]));

  test('go to a version beside the requests, whoever asks', () => {
    const http = routed({ version: 'v1', mirrors: [TO_EU] }, (orders, world) => {
      europe(orders, world);
      world.service('frontend').calls(orders, { timeout: Duration.seconds(1) });
    });

    expect(http.map(each => [each.name, copiesOf(each)])).toEqual([['some.frontend', [['eu', 20]]], ['some', [['eu', 20]]], ['default.frontend', []], ['default', []]]);
    expect(http[1]).toMatchObject({ mirror: { host: 'orders.shop.svc.cluster.local', subset: 'eu' }, mirrorPercentage: { value: 20 } });
  });

  test('go to several, all of the requests without a share', () => {
    const [some] = routed({ mirrors: [TO_EU, RouteMirror.toVersion('beta')] }, (orders, world) => {
      europe(orders, world);
      new ServiceVersion(world.shop, 'beta', { service: orders });
    });

    expect(copiesOf(some)).toEqual([['eu', 20], ['beta', 100]]);
    expect(some).not.toHaveProperty('mirror');
  });

  test.each([[0, 0, 0], [1, 100, 0], [2, 0, 0]])('to a tried version, at stage %s: none before its pods are there, nor of what it gets itself', (stage, of, ofTesters) => {
    const http = routed({ mirrors: [RouteMirror.toVersion('v2')] }, (orders, world) => (
      world.release(orders, { stage, match: [RouteMatch.headerPresent('x-tester')] })));

    expect(http.slice(0, 2).map(each => [each.name, copiesOf(each)])).toEqual([['some+canary-match', [['v2', ofTesters]]], ['some', [['v2', of]]]]);
  });

  test.each([[0, 0], [1, 100]])('of a tried version\'s requests to the service\'s own, at stage %s', (stage, percent) => {
    const [some] = routed({ version: 'v2', mirrors: [RouteMirror.toVersion('v1')] }, (orders, world) => world.release(orders, { stage }));

    expect(copiesOf(some)).toEqual([['v1', percent]]);
  });

  test('go beside those of a release', () => {
    const [some, canary] = routed({ mirrors: [TO_EU] }, (orders, world) => {
      europe(orders, world);
      world.release(orders, { mirror: Percent.of(5) });
    });

    expect([some, canary].map(copiesOf)).toEqual([[['v2', 5], ['eu', 20]], [['v2', 5]]]);
  });

  test('are something to try at a second stage of 0', () => {
    expect(() => routed({ version: 'v1', mirrors: [RouteMirror.toVersion('v2')] }, (orders, world) => world.release(orders, { stages: [0, 0, 100] }))).not.toThrow();
  });

  test('go to the stable pods of Argo Rollouts, or to another version', () => {
    const argo = (orders: MeshService, world: World) => {
      europe(orders, world);
      world.release(orders, { ...HALF, engine: CanaryEngine.argoRollouts() });
    };

    expect(copiesOf(routed({ version: 'eu', mirrors: [RouteMirror.toVersion('v1')] }, argo)[0])).toEqual([['orders-stable', 100]]);
    expect(copiesOf(routed({ mirrors: [TO_EU] }, argo)[0])).toEqual([['eu', 20]]);
  });
});

describe('a route\'s policy for pages of other origins', () => {
  const cors = CorsPolicy.allow({ origins: [StringMatch.exactly('https://a.example.com')], methods: ['PUT'] });
  const corsPolicy = { allowOrigins: [{ exact: 'https://a.example.com' }], allowMethods: ['PUT'], unmatchedPreflights: 'IGNORE' };

  test('is for whoever asks by whatever method, also where a client\'s call names some', () => {
    const http = routed({ match: [API], cors }, (orders, world) => (
      world.service('frontend').calls(orders, { methods: ['PUT'], timeout: Duration.seconds(1) })));

    expect(http.map(each => [each.name, each.match?.[0].method?.exact, each.corsPolicy])).toEqual([
      ['some.frontend', 'PUT', corsPolicy], ['some', undefined, corsPolicy], ['default.frontend', 'PUT', undefined], ['default', undefined, undefined],
    ]);
  });

  test('holds for what the proxy answers, for a release\'s versions and at a gateway', () => {
    const { all } = described((orders, world) => {
      orders.addRoute('some', { match: [API], cors });
      orders.addRoute('gone', { match: [RouteMatch.path(StringMatch.prefix('/gone/'))], cors, directResponse: DirectResponse.of(410) });
      world.release(orders);
      const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
      edge.exposes(orders, { hosts: ['shop.example.com'] });
    });

    for (const name of ['orders', 'orders-edge']) {
      const [some, gone, canary] = find(all, 'VirtualService', name).spec.http;
      expect([some.corsPolicy, gone.corsPolicy, canary.corsPolicy]).toEqual([corsPolicy, corsPolicy, undefined]);
      expect([some.route, gone.directResponse]).toEqual([canary.route, { status: 410 }]);
    }
  });

  test.each([['Flagger', CanaryEngine.flagger()], ['Argo Rollouts', CanaryEngine.argoRollouts()]])('holds beside %s', (_, engine) => {
    const [some] = routed({ match: [API], cors }, (orders, world) => world.release(orders, { ...HALF, engine }));

    expect(some.corsPolicy).toEqual(corsPolicy);
  });
});

describe('a rewrite', () => {
  const operations = (rules: any[]) => rules.flatMap(({ to }) => to.map(({ operation }: any) => operation.paths));

  test('of a route lets in what results, of those whose calls it takes', () => {
    const { http, rules } = described((orders, world) => {
      orders.addRoute('api', { match: [API], rewrite: Rewrite.prefix('/v2/') });
      world.service('frontend').calls(orders, { paths: ['/api/*', '/healthz'] });
      world.service('cart').calls(orders, { paths: ['/other'] });
    });

    expect(http[0]).toMatchObject({ name: 'api', rewrite: { uriRegexRewrite: { match: expect.any(String), rewrite: expect.any(String) } } });
    expect(operations(rules)).toEqual([['/other'], ['/healthz', '/api/*', '/v2/*']]);
  });

  test('of a call lets in what results, and nothing else', () => {
    const { http, rules } = described((orders, world) => {
      world.service('frontend').calls(orders, { paths: ['/api/*'], rewrite: Rewrite.prefix('/v2/') });
    });

    expect(http.map(({ name, rewrite }) => [name, Boolean(rewrite)])).toEqual([['default.frontend', true], ['default', false]]);
    expect(operations(rules)).toEqual([['/v2/*']]);
  });
});

test('a gateway keeps the actions of a route, and adds those of the exposure', () => {
  const { all } = described((orders, world) => {
    orders.addRoute('gone', { match: [API], directResponse: DirectResponse.of(410) });
    orders.addRoute('qa', { match: [QA], headers: HEADERS });
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
    edge.exposes(orders, { hosts: ['shop.example.com'], methods: ['GET'], cors: CorsPolicy.allow({ origins: [StringMatch.exactly('https://a.example.com')] }) });
  });
  const { http } = find(all, 'VirtualService', 'orders-edge').spec;
  const said = http.map(({ name, directResponse, ...rest }: any) => (
    [name, directResponse?.status, ...['headers', 'corsPolicy', 'retries'].map(field => rest[field] !== undefined)]));

  expect(said).toEqual([
    ['gone.edge', 410, false, true, false],
    ['qa.edge', undefined, true, true, true],
    ['default.edge', undefined, false, true, true],
    ['default.edge.preflight', undefined, false, true, true],
  ]);
});
