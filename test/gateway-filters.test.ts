import {
  ExtensionFilter, ExtensionPhase, ExternalService, ExternalTrafficPolicy, GatewayServer, GlobalRateLimit, LimitKey, LocalRateLimit, MeshGateway,
  MeshGatewayProps, MeshPort, Rate, RateLimit, RateLimitDomain, RouteMatch, ServerCertificate, StringMatch, TrafficExtension, TrafficMatch,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const SHOP = 'shop.example.com';
const RATE = Rate.perSecond(10);
const ALL = [RateLimit.of(RATE)];

function shop(props: Partial<MeshGatewayProps> = {}) {
  const world = new World();
  const orders = world.service('orders');
  const edge = new MeshGateway(world.shop, 'edge', {
    servers: [
      GatewayServer.https([SHOP], { certificate: ServerCertificate.fromSecret('shop-tls') }), GatewayServer.http([SHOP], { redirectToHttps: true }),
      GatewayServer.http([SHOP, '*.test.example.com'], { port: 8088 }), GatewayServer.tcp(5432),
    ],
    ...props,
  });
  edge.exposes(orders, { hosts: [SHOP] });
  return Object.assign(world, { orders, edge, limiter: world.service('limiter', { ports: [MeshPort.grpc(8081)] }) });
}

function conditionOf(limit: RateLimit, world = shop()): any {
  new LocalRateLimit(world.shop, 'limit', { gateway: world.edge, limits: [limit] });
  const [{ actions }] = find(synthesize(world.shop), 'EnvoyFilter', 'limit').spec.configPatches[0].patch.value.typed_config.rate_limits;
  return actions[0].extension?.typed_config.text ?? actions.slice(1);
}

/** Where a filter stands. */
const placesOf = ({ spec }: Manifest) => spec.configPatches.map(({ match: { context, listener } }: any) => [context, listener.portNumber]);

describe('a limit at a gateway', () => {
  test('stands on every port that takes requests and does not send them to HTTPS, by the number on which the pods listen', () => {
    const world = shop();
    new LocalRateLimit(world.shop, 'limit', { gateway: world.edge, limits: ALL });
    const filter = find(synthesize(world.shop), 'EnvoyFilter', 'limit');
    expect(placesOf(filter)).toEqual([['GATEWAY', 8443], ['GATEWAY', 8088]]);
    expect(filter.metadata.namespace).toBe('shop');
    expect(filter.spec.workloadSelector).toEqual({ labels: { 'service.istio.io/canonical-name': 'edge' } });
    expect(filter.spec.configPatches[0].patch.value.typed_config.rate_limited_as_resource_exhausted).toBe(true);
  });

  test('stands on the one port that is named, beside another one\'s', () => {
    const world = shop();
    new LocalRateLimit(world.shop, 'one', { gateway: world.edge, limits: ALL, gatewayPort: 443 });
    new LocalRateLimit(world.shop, 'two', { gateway: world.edge, limits: ALL, gatewayPort: 8088 });
    const manifests = synthesize(world.shop);
    expect(['one', 'two'].map(name => placesOf(find(manifests, 'EnvoyFilter', name)))).toEqual([[['GATEWAY', 8443]], [['GATEWAY', 8088]]]);
  });

  test('changes nothing else', () => {
    const world = shop();
    new LocalRateLimit(world.shop, 'limit', { gateway: world.edge, limits: ALL });
    expect(synthesize(world.shop).filter(({ kind }) => kind !== 'EnvoyFilter')).toEqual(synthesize(shop().shop));
  });

  test.each<[string, RateLimit, string]>([
    ['a host in any letter case, with and without a port', RateLimit.of(RATE, { hosts: [SHOP] }), 'request.host.matches("(?i)^(?:shop\\\\.example\\\\.com)(?::[0-9]+)?$")'],
    ['all names below a wildcard', RateLimit.of(RATE, { hosts: ['*.test.example.com', SHOP] }),
      'request.host.matches("(?i)^(?:.+\\\\.test\\\\.example\\\\.com|shop\\\\.example\\\\.com)(?::[0-9]+)?$")'],
    ['a host and any of two matches', RateLimit.of(RATE, { hosts: [SHOP], match: ['/a', '/b'].map(path => RouteMatch.path(StringMatch.exactly(path))) }),
      'request.host.matches("(?i)^(?:shop\\\\.example\\\\.com)(?::[0-9]+)?$") && ((request.url_path == "/a") || (request.url_path == "/b"))'],
    ['the scheme of clients', RateLimit.of(RATE, { match: [RouteMatch.scheme('https')] }), 'request.scheme == "https"'],
    ['a query parameter', RateLimit.of(RATE, { match: [RouteMatch.queryParameter('a.b', StringMatch.exactly('c d'.replace(' ', '+')))] }), 'request.query.matches("(?:^|&)a\\\\.b=c\\\\+d(?:&|$)")'],
    ['a query parameter that begins so', RateLimit.of(RATE, { match: [RouteMatch.queryParameter('a', StringMatch.prefix('b'))] }), 'request.query.matches("(?:^|&)a=b")'],
    ['a query parameter of a pattern', RateLimit.of(RATE, { match: [RouteMatch.queryParameter('a', StringMatch.regex('b|[^&]c'))] }), 'request.query.matches("(?:^|&)a=(?:b|[^&]c)(?:&|$)")'],
    ['a query parameter that is there', RateLimit.of(RATE, { match: [RouteMatch.queryParameterPresent('a')] }), 'request.query.matches("(?:^|&)a(?:[=&]|$)")'],
  ])('is for %s', (_, limit, condition) => {
    const world = shop();
    world.edge.exposes(world.service('tests'), { hosts: ['*.test.example.com'] });
    expect(conditionOf(limit, world)).toBe(condition);
  });

  test('has a bucket for each client, and for each value of a query parameter', () => {
    const believing = () => shop({ trustedProxies: 2 });
    const masked = (v4: number, v6: number) => [{ masked_remote_address: { v4_prefix_mask_len: v4, v6_prefix_mask_len: v6 } }];
    expect(conditionOf(RateLimit.of(RATE, { per: LimitKey.clientAddress() }), believing())).toEqual(masked(32, 64));
    expect(conditionOf(RateLimit.of(RATE, { per: LimitKey.clientAddress({ ipv4Prefix: 24, ipv6Prefix: 48 }) }), believing())).toEqual(masked(24, 48));
    expect(conditionOf(RateLimit.of(RATE, { per: LimitKey.queryParameter('tenant') }))).toEqual([{ query_parameters: { query_parameter_name: 'tenant', descriptor_key: 'tenant' } }]);
  });

  test('of clients\' addresses lets the gateway believe no proxies but those that it is told of', () => {
    const believed = (per: LimitKey, props: Partial<MeshGatewayProps>) => {
      const world = shop(props);
      new LocalRateLimit(world.shop, 'limit', { gateway: world.edge, limits: [RateLimit.of(RATE, { per })] });
      return /numTrustedProxies"?: ?(\d+)/.exec(JSON.stringify(find(synthesize(world.shop), 'Deployment', 'edge')).replace(/\\/g, ''))?.[1];
    };
    const local = { externalTrafficPolicy: ExternalTrafficPolicy.LOCAL };
    expect([believed(LimitKey.clientAddress(), local), believed(LimitKey.clientAddress(), { trustedProxies: 2 }), believed(LimitKey.header('x'), local)]).toEqual(['0', '2', undefined]);
  });
});

test('a limit of a service sees query parameters, too', () => {
  const world = new World();
  new LocalRateLimit(world.shop, 'limit', {
    service: world.service('orders'), limits: [RateLimit.of(RATE, { match: [RouteMatch.queryParameter('a', StringMatch.exactly('b'))], per: LimitKey.queryParameter('c') })],
  });
  const [{ actions }] = find(synthesize(world.shop), 'EnvoyFilter', 'limit').spec.configPatches[0].patch.value.typed_config.rate_limits;
  expect(actions).toEqual([
    { extension: expect.objectContaining({ typed_config: expect.objectContaining({ text: 'request.query.matches("(?:^|&)a=b(?:&|$)")' }) }) },
    { query_parameters: { query_parameter_name: 'c', descriptor_key: 'c' } },
  ]);
});

describe('a limit of all pods of a gateway', () => {
  const limited = () => {
    const world = shop({ trustedProxies: 1 });
    const domain = RateLimitDomain.of('edge', { host: RateLimit.of(RATE, { hosts: [SHOP] }), client: RateLimit.of(RATE, { per: LimitKey.clientAddress() }) });
    new GlobalRateLimit(world.shop, 'limits', { gateway: world.edge, domain, rateLimitService: world.limiter });
    return { manifests: synthesize(world.shop), domain };
  };

  test('asks who counts by the gateway\'s own way, which is open to its pods and to nobody else', () => {
    const { manifests } = limited();
    const { configPatches, priority } = find(manifests, 'EnvoyFilter', 'limits').spec;
    expect(priority).toBe(20);
    expect(configPatches[0].patch.value.typed_config.rate_limit_service.grpc_service.envoy_grpc.cluster_name).toBe('outbound|8081||limiter.shop.svc.cluster.local');
    expect(find(manifests, 'AuthorizationPolicy', 'limiter').spec.rules).toEqual([
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/edge'] } }], to: [{ operation: expect.objectContaining({ ports: ['8081'] }) }] },
    ]);
    const opened = (name: string) => JSON.stringify(find(manifests, 'NetworkPolicy', name).spec.egress ?? []).includes('8081');
    expect([opened('edge'), opened('orders')]).toEqual([true, false]);
    expect(find(manifests, 'NetworkPolicy', 'limiter').spec.ingress[0].from).toMatchObject([{ podSelector: { matchLabels: { 'service.istio.io/canonical-name': 'edge' } } }]);
  });

  test('names a host\'s limit as any, and tells the file of addresses by Envoy\'s name for them', () => {
    const { manifests, domain } = limited();
    expect(find(manifests, 'EnvoyFilter', 'limits').spec.configPatches[0].patch.value.typed_config.rate_limits[0].actions[0].extension.typed_config.text)
      .toBe('(request.host.matches("(?i)^(?:shop\\\\.example\\\\.com)(?::[0-9]+)?$")) ? "host" : request.headers[":none"]');
    expect(domain.configuration).toContain(['    value: client', '    descriptors:', '      - key: masked_remote_address'].join('\n'));
  });
});

test('a limit is for a host with a port, and for queries where something beside gRPC is asked', () => {
  const world = shop();
  world.edge.exposes(world.service('ledger', { ports: [MeshPort.grpc(50051)] }), { hosts: ['a.test.example.com'] });
  const match = [
    RouteMatch.authority(StringMatch.exactly('a.test.example.com:8088')), RouteMatch.authority(StringMatch.prefix('www.')),
    RouteMatch.queryParameter('q', StringMatch.exactly('a')),
  ];
  expect(conditionOf(RateLimit.of(RATE, { match }), world)).toContain('request.query');
});

describe('an extension of a gateway', () => {
  const SCRIPT = ExtensionFilter.lua('function envoy_on_request(handle) end');
  const specOf = (match?: TrafficMatch[]) => {
    const world = shop();
    new TrafficExtension(world.shop, 'audit', { gateway: world.edge, filter: SCRIPT, phase: ExtensionPhase.BEFORE_AUTHENTICATION, match });
    return find(synthesize(world.shop), 'TrafficExtension', 'audit').spec;
  };

  test('runs for all that comes in, which Istio has on a gateway\'s client side', () => {
    expect(specOf()).toEqual({ selector: { matchLabels: { 'service.istio.io/canonical-name': 'edge' } }, phase: 'AUTHN', match: [{ mode: 'CLIENT' }], lua: { inlineCode: expect.any(String) } });
  });

  test('runs for one port, by the number on which the pods listen', () => {
    expect(specOf([TrafficMatch.gatewayPort(443), TrafficMatch.gatewayPort(8088)]).match).toEqual([{ mode: 'CLIENT', ports: [{ number: 8443 }] }, { mode: 'CLIENT', ports: [{ number: 8088 }] }]);
  });

  test('of a module opens the way to where it is fetched from, for the gateway\'s pods alone', () => {
    const world = shop();
    const registry = new ExternalService(world.shop, 'registry', { host: 'registry.example.com', ports: [MeshPort.tls(4443)] });
    new TrafficExtension(world.shop, 'waf', { gateway: world.edge, filter: ExtensionFilter.wasm('oci://registry.example.com:4443/acme/waf:1.2.0', { fetchedFrom: [registry] }) });
    const manifests = synthesize(world.shop);
    const opened = (name: string) => JSON.stringify(find(manifests, 'NetworkPolicy', name).spec.egress ?? []).includes('4443');
    expect([opened('edge'), opened('orders')]).toEqual([true, false]);
  });
});
