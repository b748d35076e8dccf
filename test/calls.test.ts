import { Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { CallOptions, ExistingWorkload, Mesh, MeshPort, MeshService, MeshServiceProps, Retries, RetryOn, RouteMatch, StringMatch } from '../src';
import { find, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const FRONTEND = { sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': 'frontend' } };
const HOST = 'orders.shop.svc.cluster.local';
const NOT_PROCESSED = 'connect-failure,refused-stream,reset-before-request';
const UNASKED = { attempts: 2, retryOn: NOT_PROCESSED };
const PLAIN = { name: 'default', retries: UNASKED, route: [{ destination: { host: HOST } }] };

/** The frontend's calls of the orders, which have one HTTP port unless the test says otherwise. */
function calling(options: CallOptions | CallOptions[], server: Partial<MeshServiceProps> = {}): Manifest[] {
  const world = new World();
  const [frontend, orders] = [world.service('frontend'), world.service('orders', server)];
  [options].flat().forEach(each => frontend.calls(orders, each));
  return synthesize(world.shop);
}

function peer(namespace: string, service: string) {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: { matchLabels: { 'service.istio.io/canonical-name': service } },
  };
}

const routesOf = (manifests: Manifest[]) => find(manifests, 'VirtualService', 'orders').spec.http;

describe('one call', () => {
  const manifests = calling({}, { ports: [MeshPort.http(80, { targetPort: 8080 })] });

  test('is allowed by the server to the client\'s identity, on the pod\'s port', () => {
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toEqual([{
      from: [{ source: { principals: ['cluster.local/ns/shop/sa/frontend'] } }],
      to: [{ operation: { ports: ['8080'] } }],
    }]);
  });

  test('is let through by the network on both sides, on the pod\'s port', () => {
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0]).toEqual({
      from: [peer('shop', 'frontend')], ports: [{ port: 8080, protocol: 'TCP' }],
    });
    expect(find(manifests, 'NetworkPolicy', 'frontend').spec.egress[0]).toEqual({
      to: [peer('shop', 'orders')], ports: [{ port: 8080, protocol: 'TCP' }],
    });
  });

  test('is known to the client\'s proxy', () => {
    expect(find(manifests, 'Sidecar', 'frontend').spec.egress).toEqual([{ hosts: [`shop/${HOST}`, 'istio-system/*'] }]);
  });

  test('opens nothing in the other direction', () => {
    expect(find(manifests, 'AuthorizationPolicy', 'frontend').spec.rules).toBeUndefined();
    expect(find(manifests, 'NetworkPolicy', 'frontend').spec.ingress).toHaveLength(1);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress).toHaveLength(2);
    expect(find(manifests, 'Sidecar', 'orders').spec.egress).toEqual([{ hosts: ['istio-system/*'] }]);
  });

  test('repeats only what was not begun: Istio\'s own route would repeat an answered gRPC call', () => {
    expect(routesOf(manifests)).toEqual([PLAIN]);
  });
});

test('a snapshot of a call with everything', () => {
  const manifests = calling({ methods: ['PUT', 'GET'], paths: ['/orders/*', '/orders'], timeout: Duration.seconds(2), retries: Retries.upTo(3) });

  expect([find(manifests, 'AuthorizationPolicy', 'orders'), find(manifests, 'VirtualService', 'orders')]).toMatchSnapshot();
});

test('a call from another namespace bears that namespace in identity, network and proxy', () => {
  const world = new World();
  const orders = world.service('orders');
  const web = new Chart(world.app, 'web', { namespace: 'web' });
  new MeshService(web, 'frontend', { image: 'ghcr.io/acme/frontend:1.0.0', ports: [MeshPort.http(8080)] }).calls(orders, { timeout: Duration.seconds(1) });
  const manifests = synthesizeApp(world.app);

  expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].from[0].source.principals).toEqual(['cluster.local/ns/web/sa/frontend']);
  expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].from).toEqual([peer('web', 'frontend')]);
  expect(find(manifests, 'NetworkPolicy', 'frontend').spec.egress[0].to).toEqual([peer('shop', 'orders')]);
  expect(find(manifests, 'Sidecar', 'frontend').spec.egress[0].hosts[0]).toBe(`shop/${HOST}`);
  expect(routesOf(manifests)[0].match).toEqual([{ ...FRONTEND, sourceNamespace: 'web' }]);
});

test('an existing workload is allowed by its own account and labels, and gets no object of its own', () => {
  const world = new World();
  const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })] });
  const ingress = new ExistingWorkload(world.app, 'edge', { namespace: 'istio-ingress', serviceAccount: 'gateway-sa', podLabels: { istio: 'ingress', tier: 'edge' } });
  ingress.calls(orders, { port: 'http', methods: ['GET'], paths: ['/orders/*'] });
  const manifests = synthesizeApp(world.app);

  expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toEqual([{
    from: [{ source: { principals: ['cluster.local/ns/istio-ingress/sa/gateway-sa'] } }],
    to: [{ operation: { ports: ['8080'], methods: ['GET'], paths: ['/orders/*'] } }],
  }]);
  expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0]).toEqual({
    from: [{
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-ingress' } },
      podSelector: { matchLabels: { istio: 'ingress', tier: 'edge' } },
    }],
    ports: [{ port: 8080, protocol: 'TCP' }],
  });
  expect(manifests.filter(({ metadata }) => metadata.name !== 'orders')).toEqual([]);
});

test('two accounts of one existing workload stand in a fixed order, whichever is described first', () => {
  const described = (accounts: string[]) => {
    const world = new World();
    const orders = world.service('orders');
    accounts.forEach(serviceAccount => new ExistingWorkload(world.chart(serviceAccount), 'edge', {
      namespace: 'istio-ingress', serviceAccount, podLabels: { istio: 'ingress' },
    }).calls(orders, { methods: ['GET'], paths: ['/a'] }));
    return JSON.stringify(synthesize(world.shop));
  };

  expect(described(['blue', 'green'])).toBe(described(['green', 'blue']));
});

describe('methods and paths', () => {
  test.each([
    '/v1/users:batchGet', '/a%20b', '/~me/$metadata', '/files/report.*', '/v1.*', '/a(b)', '/a,b;c=d/@me', '/orders+items', '/.well-known/*',
  ])('take the path %s', (path) => {
    expect(find(calling({ paths: [path] }), 'AuthorizationPolicy', 'orders').spec.rules[0].to[0].operation.paths).toEqual([path]);
  });

  test.each(['/orders.v1.Orders/Get', '/orders.v1.Orders/*', '/orders.v1.*', '/orders.v1.Orders/Get*', '/*', '*', '/Orders/Get'])('take the gRPC path %s', (path) => {
    const manifests = calling({ paths: [path] }, { ports: [MeshPort.grpc(50051)] });

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].to[0].operation.paths).toEqual([path]);
  });

  test('stand in the rule in a fixed order', () => {
    const [rule] = find(calling({ methods: ['PUT', 'GET'], paths: ['/a/*', '/b'] }), 'AuthorizationPolicy', 'orders').spec.rules;

    expect(rule.to).toEqual([{ operation: { ports: ['8080'], methods: ['GET', 'PUT'], paths: ['/b', '/a/*'] } }]);
  });

  test('of several calls make several rules, and one opening of the network', () => {
    const manifests = calling([{ methods: ['GET'], paths: ['/a'] }, { methods: ['POST'], paths: ['/b'] }]);

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules.map(({ to }: any) => to[0].operation)).toEqual([
      { ports: ['8080'], methods: ['GET'], paths: ['/a'] },
      { ports: ['8080'], methods: ['POST'], paths: ['/b'] },
    ]);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress.filter(({ ports }: any) => ports[0].port === 8080)).toHaveLength(1);
  });

  test('alone make no route of their own', () => {
    expect(routesOf(calling({ methods: ['GET'], paths: ['/a'] }))).toEqual([PLAIN]);
  });
});

describe('the address of what is called stands in a variable', () => {
  const variablesOf = (manifests: Manifest[], deployment = 'frontend') => find(manifests, 'Deployment', deployment).spec.template.spec.containers[0].env;

  test('if it is asked for: host and port of the Service', () => {
    expect(variablesOf(calling({ addressVariable: 'ORDERS_ADDR' }, { ports: [MeshPort.http(80, { targetPort: 8080 })] }))).toEqual([{ name: 'ORDERS_ADDR', value: `${HOST}:80` }]);
    expect(variablesOf(calling({}))).toBeUndefined();
  });

  test('for each port, in a fixed order', () => {
    const ports = [MeshPort.http(8080), MeshPort.grpc(50051)];

    expect(variablesOf(calling([{ port: 'http', addressVariable: 'WEB' }, { port: 'grpc', addressVariable: 'API' }], { ports }))).toEqual([
      { name: 'API', value: `${HOST}:50051` }, { name: 'WEB', value: `${HOST}:8080` },
    ]);
  });

  test('once, where two calls of one port name it', () => {
    expect(variablesOf(calling([{ paths: ['/a'], addressVariable: 'ORDERS' }, { paths: ['/b'], addressVariable: 'ORDERS' }]))).toEqual([{ name: 'ORDERS', value: `${HOST}:8080` }]);
  });

  test('beside the user\'s own, of every version, and in the domain of the mesh', () => {
    const world = new World();
    const frontend = world.service('frontend', { env: { MODE: kplus.EnvValue.fromValue('fast') } });
    world.release(frontend, { image: 'ghcr.io/acme/frontend:2.0.0' });
    frontend.calls(world.service('orders'), { addressVariable: '_orders1' });
    new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
    const manifests = synthesize(world.shop);
    // before the user's own, which may be made of it: $(_orders1)
    const expected = [{ name: '_orders1', value: 'orders.shop.svc.acme.internal:8080' }, { name: 'MODE', value: 'fast' }];

    expect(variablesOf(manifests)).toEqual(expected);
    expect(variablesOf(manifests, 'frontend-v2')).toEqual(expected);
  });

  test('of the client\'s own container, and of none that was added', () => {
    const world = new World();
    const frontend = world.service('frontend');
    frontend.deployment.addContainer({ name: 'side', image: 'side:1' });
    frontend.calls(world.service('orders'), { addressVariable: 'ORDERS' });
    const { containers } = find(synthesize(world.shop), 'Deployment', 'frontend').spec.template.spec;

    expect(containers.map(({ env }: any) => env?.length)).toEqual([1, undefined]);
  });
});

describe('several ports', () => {
  const ports = [MeshPort.http(80, { targetPort: 8080 }), MeshPort.grpc(50051), MeshPort.tcp(6379)];

  test('only the one that is called is open', () => {
    const manifests = calling({ port: 'grpc' }, { ports });

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].to[0].operation.ports).toEqual(['50051']);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].ports).toEqual([{ port: 50051, protocol: 'TCP' }]);
    expect(find(manifests, 'NetworkPolicy', 'frontend').spec.egress[0].ports).toEqual([{ port: 50051, protocol: 'TCP' }]);
  });

  test('of one client share an opening, by their numbers', () => {
    const manifests = calling([{ port: 'tcp' }, { port: 'http' }], { ports });

    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress[0].ports.map(({ port }: any) => port)).toEqual([6379, 8080]);
    expect(find(manifests, 'NetworkPolicy', 'frontend').spec.egress[0].ports.map(({ port }: any) => port)).toEqual([6379, 8080]);
  });

  test('each has its routes, which go to its own number', () => {
    const routes = routesOf(calling({ port: 'grpc', timeout: Duration.seconds(2) }, { ports }));

    expect(routes.map(({ match, timeout, route }: any) => ({ match, timeout, to: route[0].destination }))).toEqual([
      { match: [{ port: 80 }], timeout: undefined, to: { host: HOST, port: { number: 80 } } },
      { match: [{ port: 50051, ...FRONTEND }], timeout: '2s', to: { host: HOST, port: { number: 50051 } } },
      { match: [{ port: 50051 }], timeout: undefined, to: { host: HOST, port: { number: 50051 } } },
    ]);
  });
});

describe('a timeout', () => {
  test('holds for the client that asked for it, and for no other', () => {
    expect(routesOf(calling({ timeout: Duration.millis(1500) }))).toEqual([
      { name: expect.any(String), match: [FRONTEND], timeout: '1500ms', retries: UNASKED, route: [{ destination: { host: HOST } }] },
      PLAIN,
    ]);
  });

  test('is kept to the call\'s methods and paths', () => {
    const [route] = routesOf(calling({ timeout: Duration.minutes(1), methods: ['GET', 'PUT'], paths: ['/a', '/b/*', '*.html', '/c/{*}/d', '/e/{**}'] }));

    expect(route.timeout).toBe('60s');
    expect(route.match).toHaveLength(5);
    route.match.forEach((match: any) => expect(match).toMatchObject({ ...FRONTEND, method: { regex: 'GET|PUT' } }));
    expect(route.match.map(({ uri }: any) => uri)).toEqual(expect.arrayContaining([
      { exact: '/a' }, { prefix: '/b/' }, { regex: '.*\\.html' }, { regex: '/c/[^/]+/d' }, { regex: '/e/.*' },
    ]));
  });

  test('of each of several calls holds for the path that is named most closely', () => {
    const routes = routesOf(calling([
      { timeout: Duration.seconds(9) },
      { paths: ['/a/*', '/a/b'], timeout: Duration.seconds(5) },
      { paths: ['/a/b/*', '/a'], timeout: Duration.seconds(1) },
    ]));

    expect(routes.flatMap(({ match = [{}], timeout }: any) => match.map(({ uri }: any) => [uri, timeout]))).toEqual([
      [{ exact: '/a/b' }, '5s'], [{ exact: '/a' }, '1s'], [{ prefix: '/a/b/' }, '1s'], [{ prefix: '/a/' }, '5s'], [undefined, '9s'], [undefined, undefined],
    ]);
  });

  test('is written so that istiod does not warn of another client\'s longer prefix', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('aaa').calls(orders, { paths: ['/a/*'], timeout: Duration.seconds(1) });
    world.service('bbb').calls(orders, { paths: ['/a/b.c/*', '/b/*'], timeout: Duration.seconds(1) });
    const uris = routesOf(synthesize(world.shop)).flatMap(({ match = [] }: any) => match.map(({ uri }: any) => uri));

    expect(uris).toEqual([{ prefix: '/a/' }, { regex: '/a/b\\.c/.*' }, { prefix: '/b/' }]);
  });

  test('is written once where a template says the same', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('aaa').calls(orders, { paths: ['/a/*'], timeout: Duration.seconds(1) });
    world.service('bbb').calls(orders, { paths: ['/a/b/*', '/a/b/{**}'], timeout: Duration.seconds(1) });
    const uris = routesOf(synthesize(world.shop)).flatMap(({ match = [] }: any) => match.map(({ uri }: any) => uri));

    expect(uris).toEqual([{ prefix: '/a/' }, { regex: '/a/b/.*' }]);
  });

  test('does not reach the calls of the same client that asked for none', () => {
    const routes = routesOf(calling([{ paths: ['/a'] }, { timeout: Duration.seconds(9) }]));

    expect(routes[0]).toMatchObject({ match: [{ uri: { exact: '/a' } }] });
    expect(routes[0].timeout).toBeUndefined();
    expect(routes[1]).toMatchObject({ match: [FRONTEND], timeout: '9s' });
  });

  test('of a call of one method holds before that of a call of every method', () => {
    const routes = routesOf(calling([{ timeout: Duration.seconds(9) }, { methods: ['GET'], timeout: Duration.seconds(1) }]));

    expect(routes.map(({ timeout }: any) => timeout)).toEqual(['1s', '9s', undefined]);
    expect(routes[0].match).toEqual([{ ...FRONTEND, method: { exact: 'GET' } }]);
  });

  test.each([
    ['a segment and any number of them', '/a/{*}', '/a/{**}'],
    ['a named segment and any segment', '/a/{*}', '/{*}/{*}'],
    ['a prefix and any number of segments', '/a/b/*', '/{**}'],
    ['an ending and everything', '*.html', '/*'],
  ])('holds for the closer of %s', (_, close, wide) => {
    const routes = routesOf(calling([{ paths: [wide], timeout: Duration.seconds(9) }, { paths: [close], timeout: Duration.seconds(1) }]));

    expect(routes.map(({ timeout }: any) => timeout)).toEqual(['1s', '9s', undefined]);
  });
});

describe('the names of routes, by which metrics and access logs tell them apart, differ', () => {
  const second = { timeout: Duration.seconds(1) };

  function namesOf(describeIt: (world: World, orders: MeshService) => void, server: Partial<MeshServiceProps> = {}): string[] {
    const world = new World();
    describeIt(world, world.service('orders', server));
    return routesOf(synthesize(world.shop)).map(({ name }: { name: string }) => name);
  }

  test.each<[string, (world: World, orders: MeshService) => void]>([
    ['a client is called match', (world, orders) => {
      world.service('match').calls(orders, second);
      world.release(orders, { match: [RouteMatch.headerPresent('x-qa')] });
    }],
    ['a route is called like another one and a client', (world, orders) => {
      world.service('frontend').calls(orders, second);
      ['testers', 'testers-frontend'].forEach(name => orders.addRoute(name, { match: [RouteMatch.headerPresent(`x-${name}`)], version: 'v1' }));
    }],
    ['a client is called like another one and its first call', (world, orders) => {
      const frontend = world.service('frontend');
      ['/a', '/b'].forEach(path => frontend.calls(orders, { ...second, paths: [path] }));
      world.service('frontend-1').calls(orders, second);
    }],
    ['a client is called like another one and its safe methods', (world, orders) => {
      world.service('frontend').calls(orders, { retries: Retries.upTo(1) });
      world.service('frontend-safe').calls(orders, second);
    }],
    ['clients of two namespaces have one name, and a third has both', (world, orders) => {
      const web = world.chart('web', 'web');
      world.service('frontend').calls(orders, second);
      new MeshService(web, 'frontend', { image: 'ghcr.io/acme/frontend:1.0.0', ports: [MeshPort.http(8080)] }).calls(orders, second);
      world.service('web-frontend').calls(orders, second);
    }],
  ])('when %s', (_, describeIt) => {
    const names = namesOf(describeIt);

    expect(names.length).toBeGreaterThan(2);
    expect(names).toEqual([...new Set(names)]);
  });

  test('when a client is called like the end of a port', () => {
    const ports = [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })];
    const names = namesOf((world, orders) => world.service('admin').calls(orders, { ...second, port: 'http' }), { ports });

    expect(names).toEqual([...new Set(names)]);
  });
});

describe('retries', () => {
  test('over HTTP by default repeat what was not begun, and safe methods after a server\'s failure too', () => {
    const [safe, other, rest] = routesOf(calling({ retries: Retries.upTo(3, { perTryTimeout: Duration.millis(250) }) }));

    expect(safe).toMatchObject({
      match: [{ ...FRONTEND, method: { regex: 'GET|HEAD|OPTIONS' } }],
      retries: { attempts: 3, perTryTimeout: '250ms', retryOn: `${NOT_PROCESSED},gateway-error` },
    });
    expect(other.match).toEqual([FRONTEND]);
    expect(other.retries).toEqual({ attempts: 3, retryOn: NOT_PROCESSED });
    expect(rest.retries).toEqual(UNASKED);
    expect(rest.match).toBeUndefined();
  });

  test('of a POST never repeat what was begun', () => {
    expect(routesOf(calling({ methods: ['POST'], retries: Retries.upTo(3) }))[0]).toMatchObject({
      match: [{ ...FRONTEND, method: { exact: 'POST' } }], retries: { attempts: 3, retryOn: NOT_PROCESSED },
    });
  });

  test('of GET and POST are written for each', () => {
    const routes = routesOf(calling({ methods: ['POST', 'GET'], retries: Retries.upTo(1) }));

    expect(routes.map(({ match, retries }: any) => [match?.[0].method, retries?.retryOn])).toEqual([
      [{ exact: 'GET' }, `${NOT_PROCESSED},gateway-error`], [{ exact: 'POST' }, NOT_PROCESSED], [undefined, NOT_PROCESSED],
    ]);
  });

  test('of GET alone leave nothing for other methods', () => {
    expect(routesOf(calling({ methods: ['GET'], retries: Retries.upTo(1) }))).toHaveLength(2);
  });

  test('over gRPC by default repeat what was not begun', () => {
    const routes = routesOf(calling({ retries: Retries.upTo(2) }, { ports: [MeshPort.grpc(50051)] }));

    expect(routes[0]).toMatchObject({ match: [FRONTEND], retries: { attempts: 2, retryOn: NOT_PROCESSED } });
    expect(routes).toHaveLength(2);
  });

  test('of GET and POST may bound a try: it holds for GET', () => {
    const [get, post] = routesOf(calling({ methods: ['GET', 'POST'], retries: Retries.upTo(1, { perTryTimeout: Duration.seconds(1) }) }));

    expect([get.retries.perTryTimeout, post.retries.perTryTimeout]).toEqual(['1s', undefined]);
  });

  test('on chosen conditions hold for every method', () => {
    const retries = Retries.upTo(2, { on: [RetryOn.SERVER_ERROR, RetryOn.UNAVAILABLE], perTryTimeout: Duration.seconds(1) });
    const routes = routesOf(calling({ retries }));

    expect(routes[0].match).toEqual([FRONTEND]);
    expect(routes[0].retries).toEqual({ attempts: 2, perTryTimeout: '1s', retryOn: '5xx,unavailable' });
  });

  test('can be switched off, with the only field that Istio allows beside it', () => {
    expect(routesOf(calling({ retries: Retries.none() }))[0].retries).toEqual({ attempts: 0 });
  });
});

describe('a route of the user', () => {
  const split = (own: number, next: number) => [
    { destination: { host: HOST, subset: 'v1' }, weight: own }, { destination: { host: HOST, subset: 'v2' }, weight: next },
  ];

  function routed(matches: RouteMatch[], call?: CallOptions): any[] {
    const world = new World();
    const orders = world.service('orders');
    orders.addRoute('testers', { match: matches, version: 'v2' });
    if (call) {
      world.service('frontend').calls(orders, call);
    }
    world.release(orders);
    return routesOf(synthesize(world.shop));
  }

  test('stands before the release\'s and goes to its version alone', () => {
    expect(routed([RouteMatch.headerPresent('x-qa'), RouteMatch.path(StringMatch.exactly('/qa'))])).toEqual([
      { name: 'testers', match: [{ headers: { 'x-qa': {} } }, { uri: { exact: '/qa' } }], retries: UNASKED, route: split(0, 100) },
      { name: 'canary', retries: UNASKED, route: split(90, 10) },
    ]);
  });

  test('is written for a client with a timeout as well, with both conditions', () => {
    const [forFrontend, forAll] = routed([RouteMatch.headerPresent('x-qa')], { paths: ['/a'], timeout: Duration.seconds(1) });

    expect(forFrontend).toMatchObject({
      match: [{ ...FRONTEND, headers: { 'x-qa': {} }, uri: { exact: '/a' } }], timeout: '1s', route: split(0, 100),
    });
    expect(forAll).toMatchObject({ name: 'testers', match: [{ headers: { 'x-qa': {} } }] });
  });

  test.each([
    ['a path within the route\'s prefix', StringMatch.prefix('/a/'), '/a/b', { exact: '/a/b' }],
    ['a prefix around the route\'s path', StringMatch.exactly('/a/b'), '/a/*', { exact: '/a/b' }],
    ['a narrower prefix', StringMatch.prefix('/a/'), '/a/b/*', { prefix: '/a/b/' }],
    ['a wider prefix', StringMatch.prefix('/a/b/'), '/a/*', { prefix: '/a/b/' }],
    ['a path that fits the route\'s pattern', StringMatch.regex('/[a-z]+'), '/abc', { exact: '/abc' }],
  ])('meets a call of %s in what both accept', (_, route, path, both) => {
    expect(routed([RouteMatch.path(route)], { paths: [path], timeout: Duration.seconds(1) })[0]).toMatchObject({ match: [{ uri: both }], timeout: '1s' });
  });

  test('meets a call of the very same pattern in that pattern', () => {
    expect(routed([RouteMatch.path(StringMatch.regex('/a/[^/]+'))], { paths: ['/a/{*}'], timeout: Duration.seconds(1) })[0]).toMatchObject({
      match: [{ uri: { regex: '/a/[^/]+' } }], timeout: '1s',
    });
  });

  describe('that meets several patterns of a client\'s calls in one', () => {
    const meeting = (match: RouteMatch[], calls: CallOptions[]) => {
      const world = new World();
      const [frontend, orders] = [world.service('frontend'), world.service('orders')];
      orders.addRoute('testers', { match, version: 'v1' });
      calls.forEach(call => frontend.calls(orders, call));
      const mine = routesOf(synthesize(world.shop)).filter(({ name }: any) => name.startsWith('testers.'));
      return mine.flatMap((route: any) => route.match.map(({ uri, method, headers }: any) => ({ uri, method, headers, timeout: route.timeout })));
    };
    const WITHIN = { uri: { prefix: '/a/b/' }, timeout: '1s' };
    const timeout = Duration.seconds(1);

    test('makes one match of it', () => {
      expect(meeting([RouteMatch.path(StringMatch.prefix('/a/b/'))], [{ paths: ['/a/*', '/a/b/*'], timeout }])).toEqual([WITHIN]);
    });

    test('makes one match of it, for the closest call', () => {
      expect(meeting([RouteMatch.path(StringMatch.prefix('/a/b/'))], [{ paths: ['/a/*'], timeout: Duration.seconds(9) }, { paths: ['/a/b/*'], timeout }])).toEqual([WITHIN]);
    });

    test('makes none for a method of which the closest call has taken everything', () => {
      expect(meeting([RouteMatch.path(StringMatch.prefix('/a/b/'))], [
        { paths: ['/a/*'], methods: ['GET'], timeout: Duration.seconds(9) }, { paths: ['/a/b/*'], timeout },
      ])).toEqual([WITHIN]);
    });

    test('makes none for an alternative of which another has taken everything', () => {
      expect(meeting([RouteMatch.path(StringMatch.prefix('/a/')), RouteMatch.headerPresent('x-qa')], [{ paths: ['/a/b/*'], timeout }])).toEqual([WITHIN]);
    });
  });

  test('for any value of a header takes what a route for one value has left', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'v1' });
    orders.addRoute('users', { match: [RouteMatch.headerPresent('x-user')], version: 'v1' });

    expect(() => world.synth()).not.toThrow();
  });

  test('that can never meet a call is not written for it', () => {
    const names = (routes: any[]) => routes.filter(({ route }) => route[1].weight === 100).length;

    expect(names(routed([RouteMatch.path(StringMatch.prefix('/x/'))], { paths: ['/a'], timeout: Duration.seconds(1) }))).toBe(1);
    expect(names(routed([RouteMatch.method(StringMatch.exactly('PUT'))], { methods: ['GET'], timeout: Duration.seconds(1) }))).toBe(1);
  });

  test('with a method takes those of a call that fit', () => {
    expect(routed([RouteMatch.method(StringMatch.regex('P.*'))], { methods: ['GET', 'POST', 'PUT'], timeout: Duration.seconds(1) })[0]).toMatchObject({
      match: [{ method: { regex: 'POST|PUT' } }],
    });
  });
});
