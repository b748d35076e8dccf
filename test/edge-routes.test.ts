import { Duration } from 'cdk8s';
import {
  CorsPolicy, DirectResponse, ExistingGateway, ExposureOptions, GatewayServer, HeaderChanges, MeshGateway, MeshPort, MeshServiceProps, Redirect,
  RedirectedRequests, Rewrite, RouteMatch, StringMatch,
} from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'shop.example.com';
const WWW = 'www.example.com';
const SHOP = StringMatch.exactly(`https://${HOST}`);

function edgeIn(world: World): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([HOST, WWW, '*.example.org'])] });
}

/** What is written for one service that is exposed in these ways. */
function exposed(options: Partial<ExposureOptions>[], props: Partial<MeshServiceProps> = {}): Manifest[] {
  const world = new World();
  const edge = edgeIn(world);
  const orders = world.service('orders', props);
  options.forEach(each => edge.exposes(orders, { hosts: [HOST], ...each }));
  return synthesize(world.shop);
}

const routesOf = (manifests: Manifest[]) => find(manifests, 'VirtualService', 'orders-edge').spec.http;
const allowedBy = (manifests: Manifest[]) => find(manifests, 'AuthorizationPolicy', 'orders').spec.rules.map(({ to }: any) => to[0].operation);

describe('a rewrite', () => {
  /** As Envoy does it: whatever the pattern finds, in the path alone. */
  function rewritten({ uriRegexRewrite }: any, path: string): string {
    return path.replace(new RegExp(uriRegexRewrite.match, 'g'), uriRegexRewrite.rewrite.replace(/\\(\d)/g, '$$$1'));
  }

  test.each<[string, string[] | undefined, string, string[], { [path: string]: string }]>([
    ['nothing in its place', ['/api/orders/*'], '/', ['/*'], { '/api/orders/7': '/7', '/api/orders/': '/', '/api/orders/a/api/orders/b': '/a/api/orders/b' }],
    ['another in its place', ['/api/orders/*'], '/v2', ['/v2/*'], { '/api/orders/7': '/v2/7', '/api/orders/': '/v2/' }],
    ['another, with a slash at its end', ['/api/orders/*'], '/v2/', ['/v2/*'], { '/api/orders/7': '/v2/7' }],
    ['the segments alone', ['/api', '/api/*'], '/', ['/', '/*'], { '/api': '/', '/api/': '/', '/api/7': '/7' }],
    ['the segments alone, and another', ['/api', '/api/*'], '/v2', ['/v2', '/v2/*'], { '/api': '/v2', '/api/7': '/v2/7' }],
    ['the longer of two', ['/a/*', '/a/b/*'], '/c', ['/c/*'], { '/a/x': '/c/x', '/a/b/x': '/c/x' }],
    ['one put before all', undefined, '/v2', ['/v2/*'], { '/': '/v2/', '/orders/7': '/v2/orders/7' }],
    ['characters that mean something to a pattern', ['/a.b/*'], '/c', ['/c/*'], { '/a.b/7': '/c/7', '/axb/7': '/axb/7' }],
  ])('of a prefix, with %s', (_, paths, prefix, asked, cases) => {
    const manifests = exposed([{ paths, rewrite: Rewrite.prefix(prefix) }]);

    expect(Object.fromEntries(Object.keys(cases).map(path => [path, rewritten(routesOf(manifests)[0].rewrite, path)]))).toEqual(cases);
    expect(allowedBy(manifests)).toEqual([{ ports: ['8080'], paths: asked }]);
  });

  test('may leave one of several paths as it is', () => {
    expect(routesOf(exposed([{ paths: ['/status', '/healthz'], rewrite: Rewrite.path('/healthz') }]))[0].rewrite.uriRegexRewrite.rewrite).toBe('/healthz');
    expect(allowedBy(exposed([{ paths: ['/a/*', '/b/*'], rewrite: Rewrite.prefix('/b') }]))).toEqual([{ ports: ['8080'], paths: ['/b/*'] }]);
  });

  test('of the whole path, and of the name', () => {
    const manifests = exposed([{ paths: ['/status', '/a/{*}'], rewrite: Rewrite.path('/healthz').also(Rewrite.authority('orders.internal.example.com:8080')) }]);
    const [{ rewrite, match }] = routesOf(manifests);

    expect(match).toEqual([{ uri: { exact: '/status' } }, { uri: { regex: '/a/[^/]+' } }]);
    expect(rewrite).toEqual({ uriRegexRewrite: { match: '^/.*', rewrite: '/healthz' }, authority: 'orders.internal.example.com:8080' });
    expect(rewritten(rewrite, '/a/7')).toBe('/healthz');
    expect(allowedBy(manifests)).toEqual([{ ports: ['8080'], paths: ['/healthz'] }]);
  });

  test('by a pattern allows what is said to result', () => {
    const manifests = exposed([{ paths: ['/shops/{*}/orders'], rewrite: Rewrite.regex('^/shops/([^/]+)/orders$', '/orders/of/\\1', ['/orders/of/{*}']) }]);

    expect(rewritten(routesOf(manifests)[0].rewrite, '/shops/7/orders')).toBe('/orders/of/7');
    expect(allowedBy(manifests)[0].paths).toEqual(['/orders/of/{*}']);
  });

  test('of the name alone leaves the paths', () => {
    const manifests = exposed([{ paths: ['/a'], rewrite: Rewrite.authority('orders.example.com') }]);

    expect(routesOf(manifests)[0].rewrite).toEqual({ authority: 'orders.example.com' });
    expect(allowedBy(manifests)[0].paths).toEqual(['/a']);
  });

  test('holds for every version, and for its exposure alone', () => {
    const world = new World();
    const edge = edgeIn(world);
    const orders = world.service('orders');
    edge.exposes(orders, { hosts: [HOST], paths: ['/api/*'], rewrite: Rewrite.prefix('/') });
    edge.exposes(orders, { hosts: [HOST], paths: ['/plain'] });
    world.release(orders, { stage: 1, match: [RouteMatch.headerPresent('x-user')] });
    world.service('frontend').calls(orders, { paths: ['/mine'] });
    const manifests = synthesize(world.shop);

    expect(routesOf(manifests).map(({ name, rewrite }: any) => [name, rewrite?.uriRegexRewrite.rewrite])).toEqual([
      ['canary-match.edge.1', undefined], ['canary-match.edge.2', '/'], ['canary.edge.1', undefined], ['canary.edge.2', '/'],
    ]);
    expect(JSON.stringify(find(manifests, 'VirtualService', 'orders'))).not.toContain('rewrite');
  });
});

describe('a policy for pages of other origins', () => {
  const cors = CorsPolicy.allow({
    origins: [SHOP, StringMatch.prefix('http://localhost:'), StringMatch.regex('https://[a-z0-9-]+\\.example\\.com')],
    headers: ['Authorization', 'content-type'],
    exposeHeaders: ['x-total'],
    maxAge: Duration.hours(1),
    credentials: true,
  });

  test('is all of what it says', () => {
    expect(routesOf(exposed([{ cors }]))).toEqual([expect.objectContaining({
      corsPolicy: {
        allowOrigins: [{ exact: `https://${HOST}` }, { prefix: 'http://localhost:' }, { regex: 'https://[a-z0-9-]+\\.example\\.com' }],
        allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        allowHeaders: ['authorization', 'content-type'],
        exposeHeaders: ['x-total'],
        maxAge: '3600s',
        allowCredentials: true,
        unmatchedPreflights: 'IGNORE',
      },
    })]);
  });

  test('allows the methods that are exposed, and the question before them has a route, which the service does not', () => {
    const manifests = exposed([{ cors, methods: ['GET', 'PUT'], paths: ['/orders/*'] }]);
    const [request, preflight] = routesOf(manifests);

    expect(request).toMatchObject({ name: 'default.edge', corsPolicy: { allowMethods: ['GET', 'PUT'] } });
    expect(preflight).toMatchObject({
      name: 'default.edge.preflight',
      match: [{ uri: { prefix: '/orders/' }, method: { exact: 'OPTIONS' }, headers: { 'origin': { regex: '.+' }, 'access-control-request-method': { regex: 'GET|PUT' } } }],
      corsPolicy: request.corsPolicy,
    });
    expect(allowedBy(manifests)).toEqual([{ ports: ['8080'], methods: ['GET', 'PUT'], paths: ['/orders/*'] }]);
  });

  test('of two on one path answers each for its methods', () => {
    const routes = routesOf(exposed([
      { cors, methods: ['GET'], paths: ['/a'] }, { cors: CorsPolicy.allow({ origins: [StringMatch.exactly('https://admin.example.com')] }), methods: ['PUT'], paths: ['/a'] },
    ]));

    expect(routes.filter(({ name }: any) => name.endsWith('preflight')).map(({ match, corsPolicy }: any) => [match[0].headers['access-control-request-method'].regex, corsPolicy.allowMethods]))
      .toEqual([['GET', ['GET']], ['PUT', ['PUT']]]);
  });

  test('has one route for the question, whatever the versions', () => {
    const world = new World();
    const orders = world.service('orders');
    edgeIn(world).exposes(orders, { hosts: [HOST], methods: ['GET'], cors });
    world.release(orders, { stage: 1, match: [RouteMatch.headerPresent('x-user')] });

    expect(routesOf(synthesize(world.shop)).map(({ name }: any) => name)).toEqual(['canary-match.edge', 'canary.edge', 'canary.edge.preflight']);
  });

  test('is all that the route for the question says', () => {
    const headers = HeaderChanges.of({ request: { set: { 'x-a': '1' } } });
    const [, preflight] = routesOf(exposed([{ cors, methods: ['GET'], paths: ['/api/*'], headers, rewrite: Rewrite.prefix('/') }]));

    expect(preflight).toMatchObject({ name: 'default.edge.preflight', corsPolicy: { allowMethods: ['GET'] } });
    expect([preflight.headers, preflight.rewrite]).toEqual([undefined, undefined]);
  });

  test('needs no route for the question where OPTIONS is exposed', () => {
    expect(routesOf(exposed([{ cors, methods: ['GET', 'OPTIONS'] }])).map(({ name, corsPolicy }: any) => [name, corsPolicy.allowMethods])).toEqual([['default.edge', ['GET']]]);
    expect(routesOf(exposed([{ cors, methods: ['OPTIONS'] }]))[0].corsPolicy.allowMethods).toEqual(['OPTIONS']);
    expect(routesOf(exposed([{ cors, methods: ['POST', 'OPTIONS'], port: 'grpc-web' }], { ports: [MeshPort.grpcWeb(8081)] }))).toHaveLength(1);
  });

  test('holds for a day at most', () => {
    expect(routesOf(exposed([{ cors: CorsPolicy.allow({ origins: [SHOP], maxAge: Duration.hours(24) }) }]))[0].corsPolicy.maxAge).toBe('86400s');
  });

  test('may be missing where the other allows none of the methods, or takes them itself', () => {
    const narrow = CorsPolicy.allow({ origins: [SHOP], methods: ['GET'] });
    expect(() => exposed([{ methods: ['PUT'], paths: ['/a'] }, { cors: narrow }])).not.toThrow();
    expect(() => exposed([{ methods: ['PUT'], paths: ['/a/*'] }, { cors, paths: ['/a/b'] }])).not.toThrow();
  });
});

describe('changes of headers', () => {
  test('are those that are said, by small names', () => {
    const headers = HeaderChanges.of({
      request: { set: { 'X-Edge': 'public, 100%% %REQ(x-user)%' }, add: { via: '%PROTOCOL% edge' }, remove: ['x-debug', 'x-forwarded-client-cert'] },
      response: { set: { 'x-frame-options': 'DENY' }, remove: ['x-powered-by'] },
    });

    expect(routesOf(exposed([{ headers }]))[0].headers).toEqual({
      request: { set: { 'x-edge': 'public, 100%% %REQ(x-user)%' }, add: { via: '%PROTOCOL% edge' }, remove: ['x-debug', 'x-forwarded-client-cert'] },
      response: { set: { 'x-frame-options': 'DENY' }, remove: ['x-powered-by'] },
    });
  });
});

test.each(['x-envoy-attempt-count', 'access-control-allow-origin', 'x-real-ip'])('the header %s may be taken away, whatever proxies do with it', (name) => {
  const direction = name === 'x-real-ip' ? 'request' : 'response';
  const removed = { [direction]: { remove: [name] } };

  expect(routesOf(exposed([{ headers: HeaderChanges.of(removed) }]))[0].headers).toEqual(removed);
});

test('an answer of the gateway has the headers of answers that the exposure says, and not those for a server', () => {
  const world = new World();
  const orders = world.service('orders');
  orders.addRoute('gone', { match: [RouteMatch.path(StringMatch.exactly('/old'))], directResponse: DirectResponse.of(410) });
  edgeIn(world).exposes(orders, { hosts: [HOST], headers: HeaderChanges.of({ request: { set: { 'x-a': '1' } }, response: { set: { 'x-b': '2' } } }) });
  const [gone, rest] = routesOf(synthesize(world.shop));

  expect(gone).toMatchObject({ directResponse: { status: 410 } });
  expect(gone.headers).toEqual({ response: { set: { 'x-b': '2' } } });
  expect(rest.headers).toEqual({ request: { set: { 'x-a': '1' } }, response: { set: { 'x-b': '2' } } });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('has the code %d', (code) => {
    const world = new World();
    edgeIn(world).redirects([WWW], Redirect.to({ host: HOST, code }));

    expect(find(synthesize(world.shop), 'VirtualService', `edge-${WWW}`).spec.http[0].redirect).toEqual({ authority: HOST, redirectCode: code });
  });

  function redirecting(...all: [string[], Redirect, RedirectedRequests?][]): Manifest[] {
    const world = new World();
    const edge = new MeshGateway(world.chart('edge', 'edge'), 'edge', { servers: [GatewayServer.http([HOST, WWW, '*.example.org'])] });
    edge.exposes(world.service('frontend'), { hosts: [HOST] });
    all.forEach(each => edge.redirects(...each));
    return synthesize(edge.node.scope as any);
  }

  test('is a VirtualService for each host beside the gateway, which takes its routes from there', () => {
    const manifests = redirecting([[WWW, '*.example.org'], Redirect.to({ host: HOST, code: 308 })]);

    expect(inventory(manifests).filter(name => name.startsWith('VirtualService'))).toEqual(['VirtualService edge/edge-any.example.org', `VirtualService edge/edge-${WWW}`]);
    expect(find(manifests, 'VirtualService', `edge-${WWW}`).spec).toEqual({
      exportTo: ['.'], hosts: [WWW], gateways: ['edge/edge'], http: [{ name: 'redirect', redirect: { authority: HOST, redirectCode: 308 } }],
    });
    expect(find(manifests, 'Gateway', 'edge').spec.servers[0].hosts).toEqual([`shop/${HOST}`, `edge/${WWW}`, 'edge/*.example.org']);
  });

  test('of some paths leaves the rest to a service, the closest path first', () => {
    const manifests = redirecting(
      [[HOST], Redirect.to({ path: '/catalogue', scheme: 'http', port: 8080 }), { paths: ['/products/*'] }], [[HOST], Redirect.to({ path: '/best', code: 302 }), { paths: ['/products/best/*'] }],
    );

    expect(find(manifests, 'VirtualService', `edge-${HOST}`).spec.http).toEqual([
      { name: 'redirect', match: [{ uri: { prefix: '/products/best/' } }], redirect: { uri: '/best', redirectCode: 302 } },
      { name: 'redirect.2', match: [{ uri: { prefix: '/products/' } }], redirect: { uri: '/catalogue', scheme: 'http', port: 8080 } },
    ]);
    expect(find(manifests, 'Gateway', 'edge').spec.servers[0].hosts).toContain(`edge/${HOST}`);
  });

  test('of a gateway that exists stands beside its Gateway, and is for the namespace of its pods', () => {
    const world = new World();
    const ingress = new ExistingGateway(world.shop, 'public', {
      namespace: 'istio-system', serviceAccount: 'ingress', podLabels: { istio: 'ingressgateway' }, servers: [GatewayServer.http([HOST, WWW])],
    });
    ingress.redirects([WWW], Redirect.to({ host: HOST }));
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'VirtualService', `public-${WWW}`)).toMatchObject({
      metadata: { namespace: 'shop' },
      spec: { exportTo: ['istio-system'], hosts: [WWW], gateways: ['shop/public'], http: [{ redirect: { authority: HOST } }] },
    });
    expect(find(manifests, 'Gateway', 'public').spec.servers[0].hosts).toEqual([`./${HOST}`, `shop/${WWW}`]);
  });

  test('is told apart from a service\'s paths where no pattern begins like the other', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('orders'), { hosts: [HOST], paths: ['/shops/{*}/orders'] });
    edge.exposes(world.service('cart'), { hosts: [HOST], paths: ['/cart/{*}/items'] });
    edge.redirects([HOST], Redirect.to({ path: '/catalogue' }), { paths: ['/products/*', '/old/{**}'] });

    expect(() => world.synth()).not.toThrow();
  });

  test('to another host leaves a gateway of a port that is not that of its scheme', () => {
    const world = new World();
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([HOST, WWW], { port: 9000 })] });
    edge.redirects([HOST], Redirect.to({ host: WWW }));
    edge.redirects([WWW], Redirect.to({ host: HOST }));

    expect(() => world.synth()).not.toThrow();
  });

  test('may have the rest of a host, and lead to what a service has', () => {
    const world = new World();
    const edge = edgeIn(world);
    edge.exposes(world.service('frontend'), { hosts: [HOST], paths: ['/home', '/home/*'] });
    edge.redirects([HOST], Redirect.to({ path: '/home' }));

    expect(() => world.synth()).not.toThrow();
  });
});
