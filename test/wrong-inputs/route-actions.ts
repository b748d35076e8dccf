import { Duration } from 'cdk8s';
import {
  CallOptions, CanaryEngine, CorsPolicy, DirectResponse, EgressGateway, EndUsers, ExistingWorkload, ExposureOptions, ExternalService,
  FaultInjection, GatewayServer, HeaderChanges, MeshGateway, MeshPort, MeshService, MeshServiceProps, Percent, Redirect, Rewrite,
  RouteMatch, RouteMirror, RouteOptions, ServiceVersion, SessionAffinity, StringMatch, TokenIssuer,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const QA = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];
const API = [RouteMatch.path(StringMatch.prefix('/api/'))];
const GONE = DirectResponse.of(410);
const SET = HeaderChanges.of({ request: { set: { 'x-a': '1' } } });
const MOVED = Redirect.to({ path: '/v2' });
const CORS = CorsPolicy.allow({ origins: [StringMatch.exactly('https://shop.example.com')] });
const TO_EU = RouteMirror.toVersion('eu');

export const wrongRouteActions: WrongInput[] = [
  routed('a route that does nothing', {}, 'InvalidRoute', '', '["match"]', 'Give version'),
  routed('a route to a version and an answer', { version: 'v1', directResponse: GONE }, 'InvalidRoute', '.directResponse', '["version","directResponse"]', 'Leave one of them out'),
  routed('a route to one version and several', { version: 'v1', versions: { v1: 100 } }, 'InvalidRoute', '.versions', '["version","versions"]', 'Leave one of them out'),
  routed('a route to two addresses', { redirect: MOVED, directResponse: GONE }, 'InvalidRoute', '.directResponse', '["redirect","directResponse"]', 'Leave one of them out'),
  routed('a rewrite of what no server is asked', { directResponse: GONE, rewrite: Rewrite.path('/a') }, 'InvalidRoute', '.rewrite', '"directResponse"', 'Leave out rewrite, for no server is asked, or leave out directResponse.'),
  routed('a prefix that takes the place of what is not known', { match: [...API, ...QA], version: 'v1', rewrite: Rewrite.prefix('/v2') },
    'InvalidRewrite', '.match[1]', '{"headers":{"x-user":{"exact":"qa"}}}', 'a route of its own'),
  routed('a prefix for a path in any letter case', { match: [RouteMatch.path(StringMatch.prefix('/api/'), { ignoreCase: true })], version: 'v1', rewrite: Rewrite.prefix('/v2') },
    'InvalidRewrite', '.match[0]', '{"uri":{"prefix":"/api/"},"ignoreUriCase":true}', 'Rewrite.regex()'),
  routed('a fault of what no server is asked', { match: API, redirect: MOVED, faults: [FaultInjection.abort(503)] }, 'InvalidRoute', '.faults', '"redirect"', 'Leave out faults, for no server is asked, or leave out redirect.'),
  ...([['all requests', FaultInjection.abort(503)], ['all that the route is for', FaultInjection.abort(503, { match: [RouteMatch.path(StringMatch.prefix('/'))] })]] as const)
    .map(([what, fault]) => routed(`copies of requests of which the proxy aborts ${what}`, { match: API, mirrors: [TO_EU], faults: [fault] }, 'IneffectiveMirror', '.mirrors', '1', 'a share or a match')),
  routed('headers for a server that is not asked', { directResponse: GONE, headers: SET }, 'InvalidRoute', '.headers.request', '{"set":{"x-a":"1"}}', 'the answer alone'),
  ...[0, 100, 199, 600].map(status => routed(`a direct response of status ${status}`, { directResponse: DirectResponse.of(status) },
    'InvalidResponse', '.directResponse.status', String(status), 'such as 503')),
  ...[301, 302, 303, 307, 308].map(status => routed(`a direct response of status ${status} that leads nowhere`, { directResponse: DirectResponse.of(status) },
    'InvalidResponse', '.directResponse.status', String(status), 'Redirect.to(')),
  ...[200, 204, 299].map(status => routed(`a direct response of status ${status} to gRPC alone`, { directResponse: DirectResponse.of(status) },
    'InvalidResponse', '.directResponse.status', String(status), '503 for UNAVAILABLE', { ports: [MeshPort.grpc(50051)] })),
  routed('a direct response of an empty body', { directResponse: DirectResponse.of(410, { body: '' }) }, 'InvalidResponse', '.directResponse.body', '"0 bytes"', 'Leave it out'),
  routed('a direct response of a byte beyond 100 KiB', { directResponse: DirectResponse.of(410, { body: 'a'.repeat(100 * 1024 + 1) }) },
    'InvalidResponse', '.directResponse.body', '"102401 bytes"', 'let a server'),
  routed('a direct response of letters that are two bytes each', { directResponse: DirectResponse.of(410, { body: 'ä'.repeat(51201) }) },
    'InvalidResponse', '.directResponse.body', '"102402 bytes"', 'let a server'),
  routed('a direct response of 101 KiB', { directResponse: DirectResponse.of(410, { body: 'a'.repeat(101 * 1024) }) },
    'InvalidResponse', '.directResponse.body', '"103424 bytes"', 'let a server'),
  routed('a body of no content', { directResponse: DirectResponse.of(204, { body: 'a' }) }, 'InvalidResponse', '.directResponse.body', '"a"', 'another status'),
  routed('a body of what has not changed', { directResponse: DirectResponse.of(304, { body: 'a' }) }, 'InvalidResponse', '.directResponse.body', '"a"', 'another status'),
  routed('a type of no body', { directResponse: DirectResponse.of(410, { contentType: 'text/html' }) }, 'InvalidResponse', '.directResponse.contentType', '"text/html"', 'Give a body'),
  routed('a type that is none', { directResponse: DirectResponse.of(410, { body: 'a', contentType: 'json' }) }, 'InvalidResponse', '.directResponse.contentType', '"json"', 'application/json'),
  routed('a type that is said twice', {
    directResponse: DirectResponse.of(410, { body: 'a', contentType: 'text/html' }), headers: HeaderChanges.of({ response: { set: { 'content-type': 'text/plain' } } }),
  }, 'InvalidHeader', '.headers.response', '"content-type"', 'one of the two'),
  ...([['remove', ['Content-Type']], ['add', { 'Content-Type': 'text/plain' }]] as const).map(([change, said]) => routed(`a type that is said, and for ${change}`, {
    directResponse: DirectResponse.of(410, { body: 'a', contentType: 'text/html' }), headers: HeaderChanges.of({ response: { [change]: said } }),
  }, 'InvalidHeader', '.headers.response', '"content-type"', 'one of the two')),
  ...[
    { set: { Location: '/a' } }, { add: { location: '/a' } }, { remove: ['location'] },
  ].flatMap(response => [
    { redirect: MOVED }, { directResponse: DirectResponse.of(300) }, { directResponse: DirectResponse.of(399) },
  ].map((answer, index) => routed(`where a client is sent by ${['a redirect', 'status 300', 'status 399'][index]}, as a header to ${Object.keys(response)[0]}`, {
    match: API, ...answer, headers: HeaderChanges.of({ response }),
  }, 'InvalidHeader', '.headers.response', '"location"', 'redirect: Redirect.to('))),
  routed('a redirect that a direct response makes', { directResponse: DirectResponse.of(302), headers: HeaderChanges.of({ response: { set: { location: '/v2' } } }) },
    'InvalidResponse', '.directResponse.status', '302', 'redirect: Redirect.to('),
  routed('a redirect of gRPC alone', { redirect: MOVED }, 'InvalidRedirect', '.redirect', '{"uri":"/v2"}', 'rewrite the path', { ports: [MeshPort.grpc(50051)] }),
  routed('a redirect to what is redirected', { match: API, redirect: Redirect.to({ path: '/api/v2' }) }, 'InvalidRedirect', '.redirect', '"/api/v2"', 'does not match'),
  routed('a redirect of all that testers ask', { redirect: MOVED }, 'InvalidRedirect', '.redirect', '"/v2"', 'does not match'),
  routed('copies of less than a millionth\'s step', { mirrors: [RouteMirror.toVersion('eu', { share: Percent.of(0.00016) })] },
    'InvalidPercent', '.mirrors[0].share', '0.00016', 'Percent.of(0.0002)'),
  routed('a fault of a share that is counted in no millionths', { faults: [FaultInjection.abort(503, { share: Percent.of(33.33333) })] },
    'InvalidPercent', '.faults[0].share', '33.33333', 'Percent.of(33.3333)'),
  routed('a rewrite of gRPC to a path that is none', { rewrite: Rewrite.path('/orders') }, 'InvalidPath', '.rewrite', '"/orders"', '/orders.v1.Orders', { ports: [MeshPort.grpc(50051)] }),
  routed('a prefix of paths that end anywhere', { match: [RouteMatch.path(StringMatch.prefix('/api'))], rewrite: Rewrite.prefix('/v2') },
    'InvalidRewrite', '.rewrite.prefix', '"/api*"', 'StringMatch.prefix(\'/api/\')'),
  routed('a header value of 16385 characters', { headers: HeaderChanges.of({ request: { set: { 'x-a': 'a'.repeat(16385) } } }) },
    'InvalidHeader', '.headers.request.set.x-a', '"16385 characters"', '8192'),
  routed('a header name of 16385 characters', { headers: HeaderChanges.of({ response: { remove: ['a'.repeat(16385)] } }) },
    'InvalidHeader', '.headers.response.remove[0]', '"16385 characters"', 'x-frame-options'),
  routed('a rewrite by characters that Envoy sees as bytes', { rewrite: Rewrite.regex('^/ä', '/a', ['/a']) }, 'InvalidRegex', '.rewrite.regex.pattern', '"^/ä"', 'the bytes of UTF-8'),
  ...(['request', 'response'] as const).flatMap(direction => ['content-type', ...(direction === 'request' ? ['Grpc-Encoding'] : ['grpc-status', 'grpc-message'])].flatMap(name => [
    routed(`a ${direction} of gRPC whose ${name} is set`, { headers: HeaderChanges.of({ [direction]: { set: { [name]: 'a' } } }) },
      'InvalidHeader', `.headers.${direction}.set`, JSON.stringify(name), 'each call would fail', { ports: [MeshPort.grpc(50051)] }),
    called(`a ${direction} of a gRPC call whose ${name} is taken away`, { headers: HeaderChanges.of({ [direction]: { remove: ['x-a', name] } }) },
      'InvalidHeader', `.headers.${direction}.remove[1]`, JSON.stringify(name), 'each call would fail', { ports: [MeshPort.grpc(50051)] }),
  ])),
  routed('a pattern of headers that are taken away', { headers: HeaderChanges.of({ response: { remove: ['x-internal-*'] } }) },
    'InvalidHeader', '.headers.response.remove[0]', '"x-internal-*"', 'no patterns'),
  routed('a pattern of headers that are set', { headers: HeaderChanges.of({ request: { set: { '*': 'a' } } }) }, 'InvalidHeader', '.headers.request.set', '"*"', 'no patterns'),
  ...['%REQ(x?y)%', '%START_TIME(%s)%', '%RESPONSE_CODE%', '%UPSTREAM_HOST%'].map(value => routed(`a header by ${value}, which is not on the list`,
    { headers: HeaderChanges.of({ request: { set: { 'x-a': value } } }) }, 'InvalidHeader', '.headers.request.set.x-a', JSON.stringify(value), 'one of the list')),
  routed('a direct response of gRPC with a type', { directResponse: DirectResponse.of(410, { body: '{}', contentType: 'application/json' }) },
    'InvalidResponse', '.directResponse.contentType', '"application/json"', 'the message of the status', { ports: [MeshPort.grpc(50051)] }),
  routed('an authority in capitals', { rewrite: Rewrite.authority('Orders.example.com:8080') }, 'InvalidHost', '.rewrite.authority', '"Orders.example.com"', 'small letters: orders.example.com'),
  routed('a substitution of two lines', { rewrite: Rewrite.regex('^/a', '/b\n/c', ['/b']) }, 'InvalidPath', '.rewrite.regex.substitution', '"/b\\n/c"', '%20'),
  synthesized('a route of a name that a version\'s affinity has taken', (world) => {
    const orders = world.service('orders');
    new ServiceVersion(world.shop, 'eu', { service: orders, weight: 50, sessionAffinity: SessionAffinity.byCookie('v') });
    orders.addRoute('kept-eu', { match: QA, version: 'eu' });
  }, 'DuplicateRoute', 'shop/orders', 'addRoute(kept-eu).name', '"kept-eu"', 'another name'),
  routed('a route\'s header of the connection', { headers: HeaderChanges.of({ request: { remove: ['connection'] } }) }, 'InvalidHeader', '.headers.request.remove[0]', '"connection"', 'Each proxy'),
  routed('shares that make no whole', { versions: { v1: 50, eu: 40 } }, 'InvalidWeights', '.versions', '[50,40]', 'They make 90'),
  routed('a share of half a percent', { versions: { v1: 99.5, eu: 0.5 } }, 'InvalidWeights', '.versions.v1', '99.5', 'whole percentage'),
  routed('shares of no version', { versions: {} }, 'EmptyList', '.versions', '{}', 'each version'),
  routed('copies of what no server is asked', { directResponse: GONE, mirrors: [TO_EU] }, 'InvalidRoute', '.mirrors', '"directResponse"', 'no server is asked'),
  routed('no copies', { mirrors: [] }, 'EmptyList', '.mirrors', '[]', 'Leave it out'),
  routed('copies of none', { mirrors: [RouteMirror.toVersion('eu', { share: Percent.of(0) })] }, 'InvalidPercent', '.mirrors[0].share', '0', 'to copy nothing'),
  routed('copies of more than all', { mirrors: [RouteMirror.toVersion('eu', { share: Percent.of(101) })] }, 'InvalidPercent', '.mirrors[0].share', '101', 'in percent'),
  routed('two copies for one version', { mirrors: [TO_EU, TO_EU] }, 'IneffectiveMirror', '.mirrors[1]', '"eu"', 'greater share'),
  routed('copies to the version of the requests', { version: 'eu', mirrors: [TO_EU] }, 'IneffectiveMirror', '.mirrors[0]', '"eu"', 'happen twice'),
  routed('copies to the one version with a share', { versions: { eu: 100, v1: 0 }, mirrors: [TO_EU] }, 'IneffectiveMirror', '.mirrors[0]', '"eu"', 'happen twice'),
  routed('pages of other origins for testers by a header', { cors: CORS }, 'InvalidCors', '.match[0]', '"x-user"', 'Match by path'),
  routed('pages of other origins for those without a header, as every question before a request is', { match: [API[0].also(RouteMatch.withoutHeader('x-user'))], cors: CORS },
    'InvalidCors', '.match[0]', '"x-user"', 'Match by path'),
  routed('pages of other origins for one method', { match: [API[0].also(RouteMatch.method(StringMatch.exactly('PUT')))], cors: CORS },
    'InvalidCors', '.match[0]', '{"exact":"PUT"}', 'methods in the CorsPolicy'),
  routed('pages of other origins for gRPC', { match: [RouteMatch.grpc('orders.v1.Orders')], cors: CORS }, 'InvalidCors', '.cors', '["grpc"]', 'MeshPort.grpcWeb()', { ports: [MeshPort.grpc(50051)] }),
  routed('a route\'s policy for pages of nobody', { match: API, cors: CorsPolicy.allow({ origins: [] }) }, 'EmptyList', '.cors.origins', '[]', 'StringMatch.exactly'),
  synthesized('copies to a version that there is not', (world) => {
    world.service('orders').addRoute('some', { match: QA, mirrors: [TO_EU] });
  }, 'UnknownVersion', 'shop/orders', 'addRoute(some).mirrors[0]', '"eu"', 'Use one of v1'),
  synthesized('copies to the only version', (world) => {
    world.service('orders').addRoute('some', { match: QA, mirrors: [RouteMirror.toVersion('v1')] });
  }, 'IneffectiveMirror', 'shop/orders', 'addRoute(some).mirrors[0]', '"v1"', 'give the route a version'),
  synthesized('copies to the version that has all shares', (world) => {
    const orders = world.service('orders');
    new ServiceVersion(world.shop, 'eu', { service: orders, weight: 100 });
    orders.addRoute('some', { match: QA, mirrors: [TO_EU] });
  }, 'IneffectiveMirror', 'shop/orders', 'addRoute(some).mirrors[0]', '"eu"', 'give the route a version'),
  synthesized('copies to the version to which a release copies', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: QA, mirrors: [RouteMirror.toVersion('v2')] });
    world.release(orders, { mirror: Percent.of(10) });
  }, 'IneffectiveMirror', 'shop/orders', 'addRoute(some).mirrors[0]', '"v2"', 'give the route a version'),
  synthesized('copies to the stable pods of Argo Rollouts, which have the requests', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: QA, mirrors: [RouteMirror.toVersion('v1')] });
    world.release(orders, { stage: undefined, stages: [0, 50, 100], engine: CanaryEngine.argoRollouts() });
  }, 'IneffectiveMirror', 'shop/orders', 'addRoute(some).mirrors[0]', '"v1"', 'give the route a version'),
  synthesized('copies beside Flagger', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: QA, mirrors: [RouteMirror.toVersion('v1')] });
    world.release(orders, { stage: undefined, stages: [0, 50, 100], engine: CanaryEngine.flagger() });
  }, 'UnsupportedByEngine', 'shop/orders', 'addRoute(some).mirrors', '"some"', 'Leave the mirrors out'),
  synthesized('a policy for pages of a route and an exposure', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: API, cors: CORS });
    exposed(world, orders, { paths: ['/api/*'], cors: CORS });
  }, 'TreatedTwice', 'shop/edge', 'exposes(orders)', '"cors"', 'one of the two places'),
  synthesized('a policy for pages of a route and an exposure of one method', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: API, cors: CORS });
    exposed(world, orders, { paths: ['/api/*'], methods: ['GET'], cors: CORS });
  }, 'TreatedTwice', 'shop/edge', 'exposes(orders)', '"cors"', 'one of the two places'),
  synthesized('a policy for pages of a route that is exposed without OPTIONS', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: API, cors: CORS });
    exposed(world, orders, { paths: ['/api/*'], methods: ['GET'] });
  }, 'InvalidCors', 'shop/edge', 'exposes(orders)', '["GET"]', 'Give the exposure cors'),
  synthesized('shares of a version that there is not', (world) => {
    world.service('orders').addRoute('some', { match: QA, versions: { v1: 50, eu: 50 } });
  }, 'UnknownVersion', 'shop/orders', 'addRoute(some).versions', '"eu"', 'Use one of v1'),
  synthesized('a route of open end whose pattern overlaps with one of testers', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: [RouteMatch.header('x-user', StringMatch.prefix('q'))], headers: SET });
    world.release(orders, { match: [RouteMatch.header('x-user', StringMatch.regex('[a-z]a'))] });
  }, 'UnresolvedOverlap', 'shop/orders', 'addRoute(some).match', '[{"headers":{"x-user":{"prefix":"q"}}},{"headers":{"x-user":{"regex":"[a-z]a"}}}]', 'give the route a version'),
  synthesized('a header that a route and a call change', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: QA, headers: SET });
    world.service('frontend').calls(orders, { headers: HeaderChanges.of({ request: { remove: ['X-A'] } }) });
  }, 'TreatedTwice', 'shop/orders', 'route some', '"header x-a"', 'one of the two places'),
  synthesized('a path that a route and an exposure rewrite', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: QA, rewrite: Rewrite.path('/a') });
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
    edge.exposes(orders, { hosts: ['shop.example.com'], paths: ['/b'], rewrite: Rewrite.path('/c') });
  }, 'TreatedTwice', 'shop/edge', 'exposes(orders)', '"rewrite"', 'one of the two places'),
  synthesized('a route by the path of a call that rewrites it', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: [RouteMatch.path(StringMatch.exactly('/v2/a'))], version: 'v1' });
    world.service('frontend').calls(orders, { paths: ['/api/*'], rewrite: Rewrite.prefix('/v2') });
  }, 'UnresolvedOverlap', 'shop/orders', 'route some', '{"exact":"/v2/a"}', 'by a header'),
  synthesized('a route that rewrites what is asked for a token', (world) => {
    const orders = world.service('orders');
    orders.addRoute('some', { match: API, rewrite: Rewrite.prefix('/v2') });
    world.service('frontend').calls(orders, { paths: ['/v2/*'], endUsers: EndUsers.required(TokenIssuer.of('https://login.example.com', { audiences: ['shop'] })) });
  }, 'UnboundDemand', 'shop/orders', 'addRoute(some).rewrite', '"some"', 'the path that results'),
  called('a call\'s headers of connections', { headers: SET }, 'NotHttp', '.headers', '"a HeaderChanges"', 'MeshPort.http()', { ports: [MeshPort.tcp(6379)] }),
  called('a call\'s rewrite of connections', { rewrite: Rewrite.path('/a') }, 'NotHttp', '.rewrite', '"a Rewrite"', 'MeshPort.http()', { ports: [MeshPort.tcp(6379)] }),
  called('a rewrite of a call to the paths that it has', { paths: ['/a/*'], rewrite: Rewrite.prefix('/a') }, 'InvalidRewrite', '.rewrite.prefix', '"/a"', 'change nothing'),
  called('a call\'s header that the proxies write', { headers: HeaderChanges.of({ request: { set: { host: 'a' } } }) },
    'InvalidHeader', '.headers.request.set', '"host"', 'Rewrite.authority()'),
  ...([
    ['headers', { headers: SET }, '{"request":{"set":{"x-a":"1"}}}'], ['timeout', { timeout: Duration.seconds(1) }, '"1s"'],
  ] as const).map(([property, call, received]): WrongInput => ({
    mistake: `${property} of a call to what another app routes`,
    make: (world) => {
      const cart = new ExistingWorkload(world.shop, 'cart', { namespace: 'cart', serviceAccount: 'cart', service: 'cart', ports: [MeshPort.http(8080)] });
      world.service('frontend').calls(cart, call);
    },
    code: 'NotOurs',
    path: 'shop/frontend',
    property: `calls(cart).${property}`,
    received,
    fix: ['Leave it out'],
  })),
  {
    mistake: 'a rewrite of what goes through a gateway out of the mesh',
    make: (world) => {
      const through = new EgressGateway(world.shop, 'exit');
      const pay = new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.http(80)], through });
      world.service('frontend').calls(pay, { rewrite: Rewrite.path('/a') });
    },
    code: 'InvalidRewrite',
    path: 'shop/frontend',
    property: 'calls(pay).rewrite',
    received: '"exit"',
    fix: ['have the program ask so'],
  },
];

function exposed(world: World, orders: MeshService, options: Partial<ExposureOptions>): void {
  const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
  edge.exposes(orders, { hosts: ['shop.example.com'], ...options });
}

function routed(
  mistake: string, options: Partial<RouteOptions>, code: ErrorCode, property: string, received: string, fix: string,
  server: Partial<MeshServiceProps> = {},
): WrongInput {
  const make = (world: World) => {
    const orders = world.service('orders', server);
    new ServiceVersion(world.shop, 'eu', { service: orders });
    orders.addRoute('some', { match: QA, ...options });
  };
  return { mistake, make, code, path: 'shop/orders', property: `addRoute(some)${property}`, received, fix: [fix] };
}

function called(
  mistake: string, call: CallOptions, code: ErrorCode, property: string, received: string, fix: string, server: Partial<MeshServiceProps> = {},
): WrongInput {
  const make = (world: World) => world.service('frontend').calls(world.service('orders', server), call);
  return { mistake, make, code, path: 'shop/frontend', property: `calls(orders)${property}`, received, fix: [fix] };
}

function synthesized(
  mistake: string, describe: (world: World) => void, code: ErrorCode, path: string, property: string, received: string, fix: string,
): WrongInput {
  const make = (world: World) => {
    describe(world);
    world.synth();
  };
  return { mistake, make, code, path, property, received, fix: [fix] };
}
