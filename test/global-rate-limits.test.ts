import { Duration } from 'cdk8s';
import {
  Configuration, ExistingWorkload, GlobalRateLimit, GlobalRateLimitProps, LimitKey, LocalRateLimit, Mesh, MeshPort, Rate, RateLimit, RateLimitDomain,
  RouteMatch, StringMatch,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const ALL = RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(10)) });

function shop(port = MeshPort.http(80, { targetPort: 8080 })) {
  const world = new World();
  const orders = world.service('orders', { ports: [port] });
  const frontend = world.service('frontend');
  frontend.calls(orders);
  return Object.assign(world, { orders, frontend, limiter: world.service('limiter', { ports: [MeshPort.grpc(8081)] }) });
}

function limited(props: (world: ReturnType<typeof shop>) => Partial<GlobalRateLimitProps> = () => ({}), world = shop()): Manifest[] {
  new GlobalRateLimit(world.shop, 'limit', { service: world.orders, rateLimitService: world.limiter, domain: ALL, ...props(world) });
  return synthesize(world.shop);
}

const patchOf = (manifests: Manifest[]) => find(manifests, 'EnvoyFilter', 'limit').spec.configPatches[0];
const valueOf = (...args: Parameters<typeof limited>) => patchOf(limited(...args)).patch.value.typed_config;

test('who counts may have the file of the domain, those of others, and one that is written by hand', () => {
  const files = { 'a.yaml': ALL.configuration, 'b.yaml': RateLimitDomain.of('cart', { all: RateLimit.of(Rate.perSecond(1)) }).configuration };
  for (const held of [files, { 'own.yaml': ALL.configuration.replace('10', '20') }]) {
    const world = new World();
    const rateLimitService = world.service('limiter', { ports: [MeshPort.grpc(8081)], configuration: [Configuration.files('/data/ratelimit/config', held)] });
    new GlobalRateLimit(world.shop, 'limit', { service: world.service('orders'), rateLimitService, domain: ALL });
    expect(() => world.synth()).not.toThrow();
  }
});

test('the proxies ask who counts, by their own way to it', () => {
  expect(valueOf()).toEqual({
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit',
    'domain': 'orders',
    'rate_limits': [{ actions: [{ generic_key: { descriptor_key: 'limit', descriptor_value: 'all' } }] }],
    'rate_limit_service': {
      grpc_service: { envoy_grpc: { cluster_name: 'outbound|8081||limiter.shop.svc.cluster.local', authority: 'limiter.shop.svc.cluster.local' } },
      transport_api_version: 'V3',
    },
    'timeout': '20ms',
    'failure_mode_deny': false,
  });
});

test('the way is open to the proxies of the service alone, and who counts lets them', () => {
  const manifests = limited();
  const scope = (name: string) => find(manifests, 'Sidecar', name).spec.egress[0].hosts.includes('shop/limiter.shop.svc.cluster.local');
  expect([scope('orders'), scope('frontend')]).toEqual([true, false]);
  expect(find(manifests, 'AuthorizationPolicy', 'limiter').spec.rules).toEqual([{
    from: [{ source: { principals: ['cluster.local/ns/shop/sa/orders'] } }],
    to: [{ operation: { ports: ['8081'], methods: ['POST'], paths: ['/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'] } }],
  }]);
  expect(find(manifests, 'NetworkPolicy', 'limiter').spec.ingress[0]).toMatchObject({
    from: [{ podSelector: { matchLabels: { 'service.istio.io/canonical-name': 'orders' } } }], ports: [{ port: 8081, protocol: 'TCP' }],
  });
});

test('who counts lets all proxies ask for everything where the mesh says so, and two limits ask once', () => {
  const world = shop();
  new GlobalRateLimit(world.shop, 'frontend-limit', { service: world.frontend, rateLimitService: world.limiter, domain: ALL });
  const rules = () => find(limited(() => ({}), world), 'AuthorizationPolicy', 'limiter').spec.rules.map(({ from, to }: any) => [from[0].source.principals[0], to[0].operation.paths]);
  const paths = ['/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'];
  new GlobalRateLimit(world.shop, 'more', { service: world.service('two', { ports: [MeshPort.http(8080), MeshPort.http(8081, { name: 'http-b' })] }), port: 'http', rateLimitService: world.limiter, domain: ALL });
  new GlobalRateLimit(world.shop, 'most', { service: world.shop.node.findChild('two') as any, port: 'http-b', rateLimitService: world.limiter, domain: ALL });
  expect(rules()).toEqual(['frontend', 'orders', 'two'].map(name => [`cluster.local/ns/shop/sa/${name}`, paths]));

  const open = shop();
  new Mesh(open.app, 'mesh').proxiesCall(open.limiter);
  expect(find(limited(() => ({}), open), 'AuthorizationPolicy', 'limiter').spec.rules.map(({ to }: any) => to)).toEqual(Array(2).fill([{ operation: { ports: ['8081'] } }]));
});

test('whatever the cluster\'s domain is', () => {
  const world = shop();
  new Mesh(world.app, 'mesh', { clusterDomain: 'acme.example' });
  expect(valueOf(() => ({}), world).rate_limit_service.grpc_service.envoy_grpc.cluster_name).toBe('outbound|8081||limiter.shop.svc.acme.example');
});

test('a condition makes a descriptor or none, and what has a bucket of its own is an entry more', () => {
  const value = valueOf(({ frontend }) => ({
    domain: RateLimitDomain.of('orders', {
      frontend: RateLimit.of(Rate.perMinute(5), { from: frontend, match: [RouteMatch.path(StringMatch.exactly('/a'))] }),
      customer: RateLimit.of(Rate.perMinute(5), { per: LimitKey.header('X-Customer') }),
    }),
  }));
  expect(value.rate_limits[0].actions[0].extension.typed_config).toEqual({
    '@type': 'type.googleapis.com/envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor',
    'descriptor_key': 'limit',
    'text': '(connection.uri_san_peer_certificate.endsWith("/ns/shop/sa/frontend") && request.url_path == "/a") ? "frontend" : request.headers[":none"]',
  });
  expect(value.rate_limits[1].actions).toEqual([
    { generic_key: { descriptor_key: 'limit', descriptor_value: 'customer' } }, { request_headers: { header_name: 'x-customer', descriptor_key: 'x-customer' } },
  ]);
});

test('says what it is told to say, and waits as long as it is told', () => {
  expect(valueOf(() => ({ timeout: Duration.millis(100), failClosed: true, tellsWhatIsLeft: true, answerHeaders: { 'retry-after': '60' } }))).toMatchObject({
    timeout: '100ms', failure_mode_deny: true, enable_x_ratelimit_headers: 'DRAFT_VERSION_03', response_headers_to_add: [{ header: { key: 'retry-after', value: '60' } }],
  });
  expect(valueOf(() => ({}), shop(MeshPort.grpc(50051))).rate_limited_as_resource_exhausted).toBe(true);
});

test('comes after the limits of each pod, in the proxies of the service', () => {
  const world = shop();
  new LocalRateLimit(world.shop, 'local', { service: world.orders, limits: [RateLimit.of(Rate.perSecond(1))] });
  const manifests = limited(() => ({}), world);
  expect(['local', 'limit'].map(name => find(manifests, 'EnvoyFilter', name).spec.priority)).toEqual([10, 20]);
  expect(find(manifests, 'EnvoyFilter', 'limit').spec.workloadSelector).toEqual({ labels: { 'service.istio.io/canonical-name': 'orders' } });
  expect(patchOf(manifests).match).toEqual(find(manifests, 'EnvoyFilter', 'local').spec.configPatches[0].match);
});

test('who counts may be another team\'s, of several ports', () => {
  const value = valueOf(world => ({
    rateLimitService: new ExistingWorkload(world.app, 'ratelimit', {
      namespace: 'limits', podLabels: { app: 'ratelimit' }, ports: [MeshPort.http(8080), MeshPort.grpc(8081)], inMesh: false,
    }),
    rateLimitPort: 'grpc',
  }));
  expect(value.rate_limit_service.grpc_service.envoy_grpc.cluster_name).toBe('outbound|8081||ratelimit.limits.svc.cluster.local');
});

test('the limits are a file of the service that counts', () => {
  expect(RateLimitDomain.of('orders', {
    all: RateLimit.of(Rate.perSecond(500)),
    customer: RateLimit.of(Rate.every(Duration.hours(24), 1000), { per: LimitKey.header('x-customer') }),
    caller: RateLimit.of(Rate.every(Duration.minutes(60), 30), { per: LimitKey.caller() }),
    search: RateLimit.of(Rate.perMinute(7)),
  }).configuration).toBe(`domain: orders
descriptors:
  - key: limit
    value: all
    rate_limit:
      unit: second
      requests_per_unit: 500
  - key: limit
    value: customer
    descriptors:
      - key: x-customer
        rate_limit:
          unit: day
          requests_per_unit: 1000
  - key: limit
    value: caller
    descriptors:
      - key: caller
        rate_limit:
          unit: hour
          requests_per_unit: 30
  - key: limit
    value: search
    rate_limit:
      unit: minute
      requests_per_unit: 7
`);
});

test('a domain keeps the limits that it was given, whatever becomes of them', () => {
  const limits: { [name: string]: RateLimit } = { all: RateLimit.of(Rate.perSecond(1)) };
  const domain = RateLimitDomain.of('orders', limits);
  delete limits.all;

  expect(domain.configuration).toContain('value: all');
});
