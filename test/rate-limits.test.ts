import { Duration } from 'cdk8s';
import {
  DirectResponse, ExistingWorkload, HeaderChanges, LimitKey, LocalRateLimit, LocalRateLimitProps, Mesh, MeshPort, Rate, RateLimit, Rewrite,
  RouteMatch, RouteMirror, ServiceVersion, StringMatch,
} from '../src';
import { find, synthesize } from './support/manifests';
import { World } from './support/world';

/** What the proxy of `orders` is told, of a frontend that calls it. */
function filterOf(limits: (world: ReturnType<typeof shop>) => RateLimit[], props: Partial<LocalRateLimitProps> = {}, world = shop()): any {
  new LocalRateLimit(world.shop, 'limit', { service: world.orders, limits: limits(world), ...props });
  return find(synthesize(world.shop), 'EnvoyFilter', 'limit').spec;
}

function shop(ports = [MeshPort.http(80, { targetPort: 8080 })]) {
  const world = new World();
  const orders = world.service('orders', { ports });
  const frontend = world.service('frontend');
  ports.forEach(({ name }) => frontend.calls(orders, { port: name }));
  return Object.assign(world, { orders, frontend });
}

function valueOf(spec: any): any {
  return spec.configPatches[0].patch.value.typed_config;
}

/** The expressions of each limit, in the order of the limits. */
function expressions(spec: any): string[] {
  return valueOf(spec).rate_limits.map(({ actions }: any) => actions.map(({ extension, request_headers, generic_key }: any) => (
    extension?.typed_config.text ?? request_headers?.header_name ?? generic_key.descriptor_key)).join(' | '));
}

const ALL = () => [RateLimit.of(Rate.perSecond(10))];

test('limits of the same requests stand beside each other where each has an effect', () => {
  const limits = [
    Rate.perSecond(10), Rate.perMinute(100), Rate.perSecond(5, { burst: 50 }),
  ].flatMap(rate => [RateLimit.of(rate), RateLimit.of(rate, { per: LimitKey.caller() }), RateLimit.of(rate, { per: LimitKey.header('x-c') })]);
  expect(valueOf(filterOf(() => limits)).rate_limits).toHaveLength(9);
});

test('a limit is for what results from a call, and for a part of what it may ask', () => {
  const world = new World();
  const orders = world.service('orders');
  const ledger = world.service('ledger');
  const frontend = world.service('frontend');
  frontend.calls(orders, { paths: ['/api/*'], methods: ['GET', 'POST'], rewrite: Rewrite.prefix('/v2') });
  frontend.calls(ledger, { paths: ['/old'] });
  ledger.addRoute('old', { match: [RouteMatch.path(StringMatch.exactly('/old'))], rewrite: Rewrite.path('/new') });
  const of = (match: RouteMatch) => RateLimit.of(Rate.perSecond(1), { match: [match] });
  new LocalRateLimit(world.shop, 'limit', {
    service: orders,
    limits: [
      of(RouteMatch.path(StringMatch.prefix('/v2/reports/'))), of(RouteMatch.path(StringMatch.regex('/v2/.*x'))), of(RouteMatch.method(StringMatch.regex('GET|PUT'))),
      of(RouteMatch.header('x-a', StringMatch.exactly('b'))),
    ],
  });
  new LocalRateLimit(world.shop, 'ledger-limit', { service: ledger, limits: [of(RouteMatch.path(StringMatch.exactly('/new')))] });
  expect(valueOf(find(synthesize(world.shop), 'EnvoyFilter', 'limit').spec).rate_limits).toHaveLength(4);
});

test('a limit is for a sender of copies, too', () => {
  const world = new World();
  const frontend = world.service('frontend');
  const orders = world.service('orders');
  const audit = world.service('audit');
  const ledger = world.service('ledger');
  frontend.calls(orders, { paths: ['/a/*'] });
  frontend.calls(audit, { paths: ['/q'] });
  orders.addRoute('copied', { match: [RouteMatch.path(StringMatch.prefix('/a/'))], mirrors: [RouteMirror.to(audit), RouteMirror.to(ledger)] });
  new LocalRateLimit(world.shop, 'audit-limit', {
    service: audit, limits: ['/a/', '/q'].map(path => RateLimit.of(Rate.perSecond(1), { from: frontend, match: [RouteMatch.path(StringMatch.prefix(path))] })),
  });
  new LocalRateLimit(world.shop, 'ledger-limit', { service: ledger, limits: [RateLimit.of(Rate.perSecond(1), { from: frontend })] });
  expect(() => world.synth()).not.toThrow();
});

describe('a limit of what a route answers', () => {
  const GONE = { match: [RouteMatch.path(StringMatch.prefix('/gone/'))], directResponse: DirectResponse.of(410) };

  test.each<[string, string, (world: ReturnType<typeof shop>) => void]>([
    ['is for others too', '/', () => {}],
    ['is for what an earlier route leads to the service', '/gone/', ({ orders }) => orders.addRoute('testers', { match: [RouteMatch.headerPresent('x-qa')], version: 'v1' })],
    ['is for what another route rewrites', '/gone/', ({ orders }) => (
      orders.addRoute('old', { match: [RouteMatch.path(StringMatch.prefix('/old/'))], rewrite: Rewrite.prefix('/gone') }))],
    ['is for what a proxy without routes asks', '/gone/', ({ app, orders }) => (
      new ExistingWorkload(app, 'ingress', { namespace: 'ingress', podLabels: { app: 'ingress' }, keepsRoutes: false }).calls(orders))],
    ['is for copies', '/gone/', (world) => {
      const audited = world.service('audited');
      world.frontend.calls(audited);
      audited.addRoute('copied', { match: [RouteMatch.path(StringMatch.prefix('/gone/'))], mirrors: [RouteMirror.to(world.orders)] });
    }],
  ])('%s', (_, path, more) => {
    const world = shop();
    more(world);
    world.orders.addRoute('gone', GONE);
    const limits = () => [RateLimit.of(Rate.perSecond(1), { match: [RouteMatch.path(StringMatch.prefix(path))] })];
    expect(valueOf(filterOf(limits, {}, world)).rate_limits).toHaveLength(1);
  });
});

test.each<[string, HeaderChanges, boolean]>([
  ['one of two calls removes', HeaderChanges.of({ request: { remove: ['x-user'] } }), true],
  ['the only call sets', HeaderChanges.of({ request: { set: { 'x-user': 'a' } } }), false],
  ['only the answers have no more', HeaderChanges.of({ response: { remove: ['x-user'] } }), false],
])('a limit by a header that %s', (_, headers, isOther) => {
  const world = new World();
  const service = world.service('orders');
  world.service('frontend').calls(service, { headers });
  isOther && world.service('web').calls(service);
  const match = [RouteMatch.headerPresent('x-user')];
  new LocalRateLimit(world.shop, 'limit', { service, limits: [RateLimit.of(Rate.perSecond(1), { match, per: LimitKey.header('x-user') })] });
  expect(() => world.synth()).not.toThrow();
});

test('a port of HTTP beside one of gRPC has queries', () => {
  const world = shop([MeshPort.http(8080), MeshPort.grpc(50051)]);
  expect(valueOf(filterOf(() => [RateLimit.of(Rate.perSecond(1), { per: LimitKey.queryParameter('q') })], { port: 'http' }, world)).rate_limits).toHaveLength(1);
});

test('a refusal of gRPC says when to ask again', () => {
  const spec = filterOf(ALL, { answerHeaders: { 'grpc-retry-pushback-ms': '500' } }, shop([MeshPort.grpc(50051)]));
  expect(valueOf(spec).response_headers_to_add[0].header).toEqual({ key: 'grpc-retry-pushback-ms', value: '500' });
});

describe('the filter', () => {
  test('stands before the router of the one port, by the number on which the container listens, in the proxies of the service', () => {
    const { workloadSelector, priority, configPatches } = filterOf(ALL);
    expect({ workloadSelector, priority }).toEqual({ workloadSelector: { labels: { 'service.istio.io/canonical-name': 'orders' } }, priority: 10 });
    expect(configPatches).toHaveLength(1);
    expect(configPatches[0].match).toEqual({
      context: 'SIDECAR_INBOUND',
      listener: { portNumber: 8080, filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager', subFilter: { name: 'envoy.filters.http.router' } } } },
    });
    expect(configPatches[0].patch).toMatchObject({ operation: 'INSERT_BEFORE', value: { name: 'envoy.filters.http.local_ratelimit' } });
  });

  test('is on and enforces, and limits nothing that no limit is for', () => {
    expect(valueOf(filterOf(ALL))).toEqual({
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      'stat_prefix': 'http_local_rate_limiter',
      'always_consume_default_token_bucket': false,
      'rate_limits': [{ actions: [{ generic_key: { descriptor_key: 'limit-0', descriptor_value: 'true' } }] }],
      'descriptors': [{ entries: [{ key: 'limit-0', value: 'true' }], token_bucket: { max_tokens: 10, tokens_per_fill: 10, fill_interval: '1s' } }],
      'filter_enabled': { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      'filter_enforced': { default_value: { numerator: 100, denominator: 'HUNDRED' } },
    });
  });

  test('is for the only port with requests, or for the one that is named', () => {
    const portOf = (world: ReturnType<typeof shop>, port?: string) => filterOf(ALL, { port }, world).configPatches[0].match.listener.portNumber;
    expect(portOf(shop([MeshPort.tcp(9000), MeshPort.grpc(50051)]))).toBe(50051);
    expect(portOf(shop([MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })]), 'http-admin')).toBe(9090);
  });

  test('answers gRPC in its own words', () => {
    expect(valueOf(filterOf(ALL, {}, shop([MeshPort.grpc(50051)]))).rate_limited_as_resource_exhausted).toBe(true);
  });

  test('says what is left, and what its user has it say', () => {
    const value = valueOf(filterOf(ALL, { tellsWhatIsLeft: true, answerHeaders: { 'Retry-After': '1' } }));
    expect(value).toMatchObject({
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      response_headers_to_add: [{ header: { key: 'retry-after', value: '1' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }],
    });
  });

  test('only counts in a dry run, and tells the program', () => {
    const value = valueOf(filterOf(ALL, { dryRun: true }));
    expect(value.filter_enabled.default_value.numerator).toBe(100);
    expect(value.filter_enforced.default_value.numerator).toBe(0);
    expect(value.request_headers_to_add_when_not_enforced[0].header).toEqual({ key: 'x-over-rate-limit', value: 'true' });
  });

  test('two ports of a service have a limit each', () => {
    const world = shop([MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })]);
    new LocalRateLimit(world.shop, 'one', { service: world.orders, limits: ALL(), port: 'http' });
    new LocalRateLimit(world.shop, 'two', { service: world.orders, limits: ALL(), port: 'http-admin' });
    expect(synthesize(world.shop).filter(({ kind }) => kind === 'EnvoyFilter')).toHaveLength(2);
  });

  test('is for a version with an identity of its own, too', () => {
    const world = shop();
    const eu = new ServiceVersion(world.shop, 'eu', { service: world.orders, ownIdentity: true });
    expect(eu).toBeDefined();
    expect(filterOf(ALL, {}, world).workloadSelector.labels).toEqual({ app: 'orders' });
    const pods = synthesize(world.shop).filter(({ kind }) => kind === 'Deployment').filter(({ spec }) => spec.template.metadata.labels.app === 'orders');
    expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(['orders', 'orders-eu']);
  });
});

describe('rates', () => {
  test.each<[Rate, object]>([
    [Rate.perSecond(10), { max_tokens: 10, tokens_per_fill: 10, fill_interval: '1s' }],
    [Rate.perSecond(10, { burst: 20 }), { max_tokens: 20, tokens_per_fill: 10, fill_interval: '1s' }],
    [Rate.perSecond(10, { burst: 1 }), { max_tokens: 1, tokens_per_fill: 10, fill_interval: '1s' }],
    [Rate.perMinute(30), { max_tokens: 30, tokens_per_fill: 30, fill_interval: '60s' }],
    [Rate.perMinute(30, { burst: 60 }), { max_tokens: 60, tokens_per_fill: 30, fill_interval: '60s' }],
    [Rate.every(Duration.millis(50), 1), { max_tokens: 1, tokens_per_fill: 1, fill_interval: '50ms' }],
    [Rate.every(Duration.hours(1), 500, { burst: 4294967295 }), { max_tokens: 4294967295, tokens_per_fill: 500, fill_interval: '3600s' }],
  ])('%#', (rate, bucket) => {
    expect(valueOf(filterOf(() => [RateLimit.of(rate)])).descriptors[0].token_bucket).toEqual(bucket);
  });
});

describe('what a limit is for', () => {
  const RATE = Rate.perSecond(1);

  test('a caller is known by its certificate, in whatever trust domain', () => {
    expect(expressions(filterOf(({ frontend }) => [RateLimit.of(RATE, { from: frontend })]))).toEqual([
      'connection.uri_san_peer_certificate.endsWith("/ns/shop/sa/frontend")',
    ]);
  });

  test('in a trust domain that is known, by the whole identity, wherever the Mesh stands', () => {
    const world = shop();
    new LocalRateLimit(world.shop, 'limit', { service: world.orders, limits: [RateLimit.of(RATE, { from: world.frontend })] });
    new Mesh(world.app, 'mesh', { trustDomain: 'acme.example' });
    expect(expressions(find(synthesize(world.shop), 'EnvoyFilter', 'limit').spec)).toEqual([
      'connection.uri_san_peer_certificate == "spiffe://acme.example/ns/shop/sa/frontend"',
    ]);
  });

  test('a caller that this app does not describe', () => {
    const world = shop();
    const ingress = new ExistingWorkload(world.app, 'ingress', { namespace: 'edge', serviceAccount: 'gate', keepsRoutes: false });
    ingress.calls(world.orders);
    expect(expressions(filterOf(() => [RateLimit.of(RATE, { from: ingress })], {}, world))).toEqual(['connection.uri_san_peer_certificate.endsWith("/ns/edge/sa/gate")']);
  });

  test.each<[RouteMatch, string]>([
    [RouteMatch.path(StringMatch.exactly('/a')), 'request.url_path == "/a"'],
    [RouteMatch.path(StringMatch.prefix('/a/')), 'request.url_path.startsWith("/a/")'],
    [RouteMatch.path(StringMatch.regex('/a/[^/]+\\.x')), 'request.url_path.matches("^(?:/a/[^/]+\\\\.x)$")'],
    [RouteMatch.method(StringMatch.exactly('GET')), 'request.method == "GET"'],
    [RouteMatch.header('X-Tier', StringMatch.exactly('fr"ee')), 'request.headers["x-tier"] == "fr\\"ee"'],
    [RouteMatch.path(StringMatch.exactly('/a.b'), { ignoreCase: true }), 'request.url_path.matches("(?i)^/a\\\\.b$")'],
    [RouteMatch.path(StringMatch.prefix('/a/'), { ignoreCase: true }), 'request.url_path.matches("(?i)^/a/")'],
    [RouteMatch.path(StringMatch.exactly('/a+(b)'), { ignoreCase: true }), 'request.url_path.matches("(?i)^/a\\\\+\\\\(b\\\\)$")'],
    [RouteMatch.grpc('orders.v1.Orders', 'Get'), 'request.url_path == "/orders.v1.Orders/Get"'],
    [RouteMatch.authority(StringMatch.exactly('beta.example.com')), 'request.host == "beta.example.com"'],
    [RouteMatch.withoutHeader('x-tier'), '!("x-tier" in request.headers)'],
    [RouteMatch.withoutHeader('x-tier', StringMatch.exactly('gold')), '!("x-tier" in request.headers && request.headers["x-tier"] == "gold")'],
    [RouteMatch.headerPresent('x-tier'), '"x-tier" in request.headers'],
    [RouteMatch.method(StringMatch.exactly('GET')).also(RouteMatch.path(StringMatch.prefix('/a'))), 'request.url_path.startsWith("/a") && request.method == "GET"'],
  ])('%#', (match, expression) => {
    expect(expressions(filterOf(() => [RateLimit.of(RATE, { match: [match] })]))).toEqual([expression]);
  });

  test('of several matches any, of one caller', () => {
    const match = ['/a', '/b'].map(path => RouteMatch.path(StringMatch.exactly(path)));
    expect(expressions(filterOf(({ frontend }) => [RateLimit.of(RATE, { from: frontend, match })]))).toEqual([
      'connection.uri_san_peer_certificate.endsWith("/ns/shop/sa/frontend") && ((request.url_path == "/a") || (request.url_path == "/b"))',
    ]);
  });

  test('a bucket for each caller, and for each value of a header', () => {
    const match = [RouteMatch.path(StringMatch.prefix('/a'))];
    const spec = filterOf(() => [RateLimit.of(RATE, { per: LimitKey.caller() }), RateLimit.of(RATE, { per: LimitKey.header('X-Customer'), match })]);
    expect(expressions(spec)).toEqual(['limit-0 | connection.mtls ? connection.uri_san_peer_certificate : "nobody"', 'request.url_path.startsWith("/a") | x-customer']);
    expect(valueOf(spec).descriptors.map(({ entries }: any) => entries)).toEqual([
      [{ key: 'limit-0', value: 'true' }, { key: 'caller' }],
      [{ key: 'limit-1', value: 'true' }, { key: 'x-customer' }],
    ]);
    expect(valueOf(spec).max_dynamic_descriptors).toBe(1000);
    for (const rememberedValues of [5, 4294967295]) {
      const limits = () => [RateLimit.of(RATE, { per: LimitKey.caller() })];
      expect(valueOf(filterOf(limits, { rememberedValues })).max_dynamic_descriptors).toBe(rememberedValues);
    }
  });

  test('stays what it was given, whatever becomes of the list', () => {
    const match = [RouteMatch.method(StringMatch.exactly('GET'))];
    const limit = RateLimit.of(RATE, { match });
    match.push(RouteMatch.method(StringMatch.exactly('PUT')));

    expect(expressions(filterOf(() => [limit]))).toEqual(['request.method == "GET"']);
  });

  test('each limit has a descriptor that its requests alone have', () => {
    const { rate_limits, descriptors } = valueOf(filterOf(({ frontend }) => [
      ...ALL(), RateLimit.of(RATE, { from: frontend }), RateLimit.of(RATE, { match: [RouteMatch.headerPresent('x')] }),
    ]));
    const keys = rate_limits.map(({ actions: [{ extension, generic_key }] }: any) => (extension?.typed_config ?? generic_key).descriptor_key);
    expect(keys).toEqual(['limit-0', 'limit-1', 'limit-2']);
    expect(descriptors.map(({ entries }: any) => entries[0].key)).toEqual(keys);
  });
});
