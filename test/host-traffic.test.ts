import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import {
  CircuitBreaker, ConnectionPool, ConnectionPoolOptions, ExistingService, ExternalService, HashAlgorithm, HostTrafficProps, LoadBalancing,
  Locality, MeshPort, MeshServiceProps, Percent, Retries, RetryBudget, RetryOn, RouteMatch, ServiceVersion, StringMatch, TlsOrigination,
  UpstreamProtocol, WarmUp,
} from '../src';
import { find, synthesize } from './support/manifests';
import { ordersWith, World } from './support/world';

const OFF = { localityLbSetting: { enabled: false } };
const MUTUAL = { mode: 'ISTIO_MUTUAL' };

const ruleOf = (props: Partial<MeshServiceProps>) => find(ordersWith(props), 'DestinationRule', 'orders').spec;
const policyOf = (props: Partial<MeshServiceProps>) => ruleOf(props).trafficPolicy;
const poolOf = (options: ConnectionPoolOptions, ports = [MeshPort.http(8080)]) => (
  policyOf({ ports, connectionPool: ConnectionPool.of(options) }).connectionPool);

describe('a connection pool', () => {
  test('says what it names, and nothing else', () => {
    expect(poolOf({ maxConnections: 1 })).toEqual({ tcp: { maxConnections: 1 } });
    expect(poolOf({ maxRequests: 7 })).toEqual({ http: { http2MaxRequests: 7 } });
  });

  test('with everything', () => {
    expect(poolOf({
      maxConnections: 2 ** 31 - 1,
      connectTimeout: Duration.millis(250),
      tcpKeepalive: { time: Duration.minutes(5), interval: Duration.seconds(30), probes: 3 },
      idleTimeout: Duration.minutes(10),
      maxConnectionDuration: Duration.hours(1),
      maxPendingRequests: 1,
      maxRequests: 2,
      maxRequestsPerConnection: 3,
      maxRetries: 4,
      maxConcurrentStreams: 5,
      protocol: UpstreamProtocol.HTTP2,
    })).toEqual({
      tcp: {
        maxConnections: 2147483647,
        connectTimeout: '250ms',
        tcpKeepalive: { time: '300s', interval: '30s', probes: 3 },
        idleTimeout: '600s',
        maxConnectionDuration: '3600s',
      },
      http: {
        http1MaxPendingRequests: 1, http2MaxRequests: 2, maxRequestsPerConnection: 3, maxRetries: 4, maxConcurrentStreams: 5, h2UpgradePolicy: 'UPGRADE',
      },
    });
  });

  test.each([
    [UpstreamProtocol.HTTP1, { h2UpgradePolicy: 'DO_NOT_UPGRADE' }],
    [UpstreamProtocol.HTTP2, { h2UpgradePolicy: 'UPGRADE' }],
    [UpstreamProtocol.AS_CLIENT, { useClientProtocol: true }],
  ])('speaks %s', (protocol, http) => expect(poolOf({ protocol })).toEqual({ http }));

  test('keeps connections for ever', () => expect(poolOf({ idleTimeout: Duration.seconds(0) })).toEqual({ tcp: { idleTimeout: '0s' } }));

  test('of TCP', () => expect(poolOf({ maxConnections: 3, idleTimeout: Duration.seconds(5) }, [MeshPort.tcp(6379)])).toEqual({ tcp: { maxConnections: 3, idleTimeout: '5s' } }));

  test('bounds the streams of gRPC', () => expect(poolOf({ maxConcurrentStreams: 9 }, [MeshPort.grpc(50051)])).toEqual({ http: { maxConcurrentStreams: 9 } }));

  test('keeps what it was given, whatever becomes of it', () => {
    const options = { maxConnections: 1, tcpKeepalive: { probes: 3 } };
    const connectionPool = ConnectionPool.of(options);
    options.maxConnections = 2;
    options.tcpKeepalive.probes = 9;

    expect(policyOf({ connectionPool }).connectionPool).toEqual({ tcp: { maxConnections: 1, tcpKeepalive: { probes: 3 } } });
  });
});

describe('a circuit breaker', () => {
  const REST = { interval: '10s', baseEjectionTime: '30s', maxEjectionPercent: 50 };

  test.each([
    ['of gateway errors too', CircuitBreaker.consecutiveErrors(5, { gatewayErrors: 4 }), { consecutive5xxErrors: 5, consecutiveGatewayErrors: 4 }],
    [
      'that tells local errors apart', CircuitBreaker.consecutiveErrors(5, { localOriginErrors: 3 }),
      { consecutive5xxErrors: 5, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3 },
    ],
    [
      'of local errors alone', CircuitBreaker.consecutiveLocalOriginErrors(3),
      { consecutive5xxErrors: 0, splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3 },
    ],
    ['that ends when too few are well', CircuitBreaker.consecutiveErrors(5, { minHealth: Percent.of(66) }), { consecutive5xxErrors: 5, minHealthPercent: 66 }],
  ])('%s', (_, circuitBreaker, fields) => expect(policyOf({ circuitBreaker, replicas: 3 }).outlierDetection).toEqual({ ...REST, ...fields }));
});

test('a retry budget counts as far as Envoy does', () => {
  const retryBudget = RetryBudget.of(Percent.of(1), { minConcurrency: 4294967295 });

  expect(policyOf({ retryBudget }).retryBudget).toEqual({ percent: 1, minRetryConcurrency: 4294967295 });
});

test('other zones are for retries of what is kept to its zone: by the service, a port or a version', () => {
  const near = LoadBalancing.random({ locality: Locality.preferSameZone() });
  const failover = LoadBalancing.random({ locality: Locality.failover() });
  const circuitBreaker = CircuitBreaker.consecutiveErrors(5);
  const retried = (props: Partial<MeshServiceProps>, version?: HostTrafficProps) => {
    const world = new World();
    const service = world.service('orders', props);
    if (version) {
      new ServiceVersion(world.shop, 'eu', { service, weight: 10, ...version });
    }
    world.service('frontend').calls(service, { port: 'http', retries: Retries.upTo(2, { remoteLocalities: true }) });
    return find(synthesize(world.shop), 'VirtualService', 'orders').spec.http[0].retries.retryRemoteLocalities;
  };

  expect(retried({ loadBalancing: near })).toBe(true);
  expect(retried({ ports: [MeshPort.http(8080, { loadBalancing: failover, circuitBreaker }), MeshPort.grpc(50051)] })).toBe(true);
  expect(retried({ circuitBreaker }, { loadBalancing: failover })).toBe(true);
});

test('a retry budget stands beside the rest', () => {
  const retryBudget = RetryBudget.of(Percent.of(12.5), { minConcurrency: 5, interval: Duration.millis(500) });

  expect(policyOf({ retryBudget })).toEqual({ tls: MUTUAL, loadBalancer: OFF, retryBudget: { percent: 12.5, minRetryConcurrency: 5, budgetInterval: '500ms' } });
  expect(policyOf({ retryBudget: RetryBudget.of(Percent.of(0)) }).retryBudget).toEqual({ percent: 0 });
});

describe('load balancing', () => {
  test.each([
    ['a cookie of the program', LoadBalancing.byCookie('session'), { consistentHash: { httpCookie: { name: 'session' } } }],
    [
      'a cookie that the proxy sets', LoadBalancing.byCookie('session', { ttl: Duration.hours(1), path: '/', attributes: { SameSite: 'Lax', Secure: '' } }),
      { consistentHash: { httpCookie: { name: 'session', ttl: '3600s', path: '/', attributes: [{ name: 'SameSite', value: 'Lax' }, { name: 'Secure' }] } } },
    ],
    ['until the client ends', LoadBalancing.byCookie('session', { ttl: Duration.seconds(0) }), { consistentHash: { httpCookie: { name: 'session', ttl: '0s' } } }],
    ['where a connection comes from', LoadBalancing.bySourceAddress(), { consistentHash: { useSourceIp: true } }],
    ['a query parameter', LoadBalancing.byQueryParameter('user'), { consistentHash: { httpQueryParameterName: 'user' } }],
    ['a larger ring', LoadBalancing.byHeader('x-user', { algorithm: HashAlgorithm.ring(4096) }), { consistentHash: { httpHeaderName: 'x-user', ringHash: { minimumRingSize: 4096 } } }],
    ['a table', LoadBalancing.bySourceAddress({ algorithm: HashAlgorithm.maglev() }), { consistentHash: { useSourceIp: true, maglev: { tableSize: 65537 } } }],
    ['a prime table', LoadBalancing.bySourceAddress({ algorithm: HashAlgorithm.maglev(4999999) }), { consistentHash: { useSourceIp: true, maglev: { tableSize: 4999999 } } }],
    [
      'warmed up', LoadBalancing.roundRobin({ warmUp: WarmUp.over(Duration.minutes(2), { minimum: Percent.of(0.5), aggression: 0.2 }) }),
      { simple: 'ROUND_ROBIN', warmup: { duration: '120s', minimumPercent: 0.5, aggression: 0.2 } },
    ],
  ])('by %s', (_, loadBalancing, fields) => expect(policyOf({ loadBalancing }).loadBalancer).toEqual({ ...fields, ...OFF }));

  test('by nobody', () => expect(policyOf({ loadBalancing: LoadBalancing.passthrough() }).loadBalancer).toEqual({ simple: 'PASSTHROUGH' }));

  test.each([
    ['by weight', Locality.distribution([{ from: 'eu-1/eu-1a/*', to: { 'eu-1/eu-1a': 80, 'eu-1/eu-1b/*': 20 } }, { from: 'us-1', to: { '*': 100 } }]), {
      enabled: true, distribute: [{ from: 'eu-1/eu-1a/*', to: { 'eu-1/eu-1a': 80, 'eu-1/eu-1b/*': 20 } }, { from: 'us-1', to: { '*': 100 } }],
    }],
    ['to another region', Locality.failover({ regions: { 'eu-1': 'eu-2', 'us-1': 'us-2' } }), { enabled: true, failover: [{ from: 'eu-1', to: 'eu-2' }, { from: 'us-1', to: 'us-2' }] }],
    ['by labels', Locality.failover({ labels: ['topology.kubernetes.io/region', 'version=v1'] }), { enabled: true, failoverPriority: ['topology.kubernetes.io/region', 'version=v1'] }],
    ['to a region, and by other labels', Locality.failover({ regions: { a: 'b' }, labels: ['tier'] }), { enabled: true, failover: [{ from: 'a', to: 'b' }], failoverPriority: ['tier'] }],
  ])('near pods first, %s', (_, locality, setting) => {
    const loadBalancing = LoadBalancing.leastRequest({ locality });

    expect(policyOf({ loadBalancing, circuitBreaker: CircuitBreaker.consecutiveErrors(5) }).loadBalancer.localityLbSetting).toEqual(setting);
  });

  test('by weight keeps the shares that it was given, whatever becomes of them', () => {
    const to: { [place: string]: number } = { a: 100 };
    const locality = Locality.distribution([{ from: '*', to }]);
    to.b = 50;

    expect(policyOf({ loadBalancing: LoadBalancing.random({ locality }) }).loadBalancer.localityLbSetting.distribute).toEqual([{ from: '*', to: { a: 100 } }]);
  });

  test('by weight needs no circuit breaker', () => {
    expect(policyOf({ loadBalancing: LoadBalancing.random({ locality: Locality.distribution([{ from: '*', to: { a: 100 } }]) }) }).outlierDetection).toBeUndefined();
  });
});

describe('settings of one port', () => {
  const HTTP = { connectionPool: ConnectionPool.of({ maxRequests: 5, idleTimeout: Duration.seconds(9) }) };
  const host: Partial<MeshServiceProps> = {
    connectionPool: ConnectionPool.of({ maxConnections: 100, maxRequests: 50 }),
    circuitBreaker: CircuitBreaker.consecutiveErrors(5),
    loadBalancing: LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }),
  };
  const hash = { consistentHash: { httpCookie: { name: 'session', ttl: '3600s' } }, ...OFF };
  const outlierDetection = { consecutive5xxErrors: 5, interval: '10s', baseEjectionTime: '30s', maxEjectionPercent: 50 };

  test('are the host\'s with its own instead, for each port in full', () => {
    const ports = [MeshPort.http(8080, HTTP), MeshPort.grpc(50051, { loadBalancing: LoadBalancing.random() }), MeshPort.tcp(6379)];

    expect(policyOf({ ...host, ports })).toEqual({
      tls: MUTUAL,
      // A hash here would have the routes of a port without one set cookies
      loadBalancer: OFF,
      connectionPool: { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 50 } },
      outlierDetection,
      portLevelSettings: [
        {
          port: { number: 8080 },
          tls: MUTUAL,
          loadBalancer: hash,
          outlierDetection,
          connectionPool: { tcp: { maxConnections: 100, idleTimeout: '9s' }, http: { http2MaxRequests: 5 } },
        },
        {
          port: { number: 50051 },
          tls: MUTUAL,
          loadBalancer: { simple: 'RANDOM', ...OFF },
          outlierDetection,
          connectionPool: { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 50 } },
        },
        { port: { number: 6379 }, tls: MUTUAL, loadBalancer: hash, outlierDetection, connectionPool: { tcp: { maxConnections: 100 } } },
      ],
    });
  });

  test('of the only one are the host\'s', () => {
    expect(policyOf({ ...host, ports: [MeshPort.http(8080, HTTP), MeshPort.udp(8125)] })).toEqual({
      tls: MUTUAL, loadBalancer: hash, outlierDetection, connectionPool: { tcp: { maxConnections: 100, idleTimeout: '9s' }, http: { http2MaxRequests: 5 } },
    });
    const stream = { loadBalancing: LoadBalancing.bySourceAddress(), connectionPool: ConnectionPool.of({ idleTimeout: Duration.seconds(9) }) };
    expect(policyOf({ ports: [MeshPort.tcp(6379, stream)] })).toEqual({
      tls: MUTUAL, loadBalancer: { consistentHash: { useSourceIp: true }, ...OFF }, connectionPool: { tcp: { idleTimeout: '9s' } },
    });
  });

  test('of the only one may say what the Kubernetes Service has', () => {
    const loadBalancing = LoadBalancing.random({ locality: Locality.preferSameZone() });

    expect(find(ordersWith({ ports: [MeshPort.http(8080, { loadBalancing })] }), 'DestinationRule', 'orders').spec.trafficPolicy.loadBalancer).toMatchObject({ simple: 'RANDOM' });
  });

  test('change nothing where there are none', () => {
    expect(policyOf({ ...host, ports: [MeshPort.http(8080), MeshPort.grpc(50051)] }).portLevelSettings).toBeUndefined();
  });
});

test.each<[string, LoadBalancing, MeshPort[]]>([
  ['that a program of gRPC sends', LoadBalancing.byCookie('session'), [MeshPort.grpc(50051)]],
  ['that a browser keeps which speaks gRPC-Web', LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }), [MeshPort.grpcWeb(8080)]],
  ['that clients of another port keep', LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }), [MeshPort.grpc(50051), MeshPort.http(8080)]],
])('a cookie %s', (_, loadBalancing, ports) => {
  expect(policyOf({ ports, loadBalancing }).loadBalancer.consistentHash.httpCookie.name).toBe('session');
});

describe('bounds of requests beside connections of which the proxy sees none', () => {
  const connectionPool = ConnectionPool.of({ maxConnections: 100, maxRequests: 50 });
  const ports = [MeshPort.http(8080), MeshPort.tcp(6379), MeshPort.udp(8125)];
  const pool = { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 50 } };
  const stream = { port: { number: 6379 }, tls: MUTUAL, loadBalancer: OFF, connectionPool: { tcp: { maxConnections: 100 } } };

  test('are not for these, and leave the others what only the whole has', () => {
    expect(policyOf({ ports, connectionPool, retryBudget: RetryBudget.of(Percent.of(10)) })).toEqual({
      tls: MUTUAL, loadBalancer: OFF, connectionPool: pool, retryBudget: { percent: 10 }, portLevelSettings: [stream],
    });
    const loadBalancing = LoadBalancing.byCookie('session', { ttl: Duration.hours(1) });
    expect(policyOf({ ports, connectionPool, loadBalancing }).loadBalancer.consistentHash).toEqual({ httpCookie: { name: 'session', ttl: '3600s' } });
  });

  test.each<[string, Partial<MeshServiceProps>]>([
    ['bounds of connections alone', { ports, connectionPool: ConnectionPool.of({ maxConnections: 100 }) }],
    ['ports of HTTP alone', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)], connectionPool }],
    ['one port', { ports: [MeshPort.http(8080), MeshPort.udp(8125)], connectionPool }],
  ])('need nothing of ports with %s', (_, props) => expect(policyOf(props).portLevelSettings).toBeUndefined());

  test('of a version are not for these either', () => {
    const world = new World();
    const service = world.service('orders', { ports: ports.slice(0, 2), connectionPool: ConnectionPool.of({ maxConnections: 100 }) });
    new ServiceVersion(world.shop, 'eu', { service, connectionPool: ConnectionPool.of({ maxRequests: 50 }), retryBudget: RetryBudget.of(Percent.of(10)) });
    new ServiceVersion(world.shop, 'us', { service, loadBalancing: LoadBalancing.random() });
    const { trafficPolicy, subsets } = find(synthesize(world.shop), 'DestinationRule', 'orders').spec;

    expect(trafficPolicy.portLevelSettings).toBeUndefined();
    expect(subsets.map((subset: any) => subset.trafficPolicy)).toEqual([
      undefined, { connectionPool: pool, retryBudget: { percent: 10 }, portLevelSettings: [stream] }, { loadBalancer: { simple: 'RANDOM', ...OFF } },
    ]);
  });

  test('of the service stay away from them in versions with something else of their own', () => {
    const world = new World();
    const service = world.service('orders', { ports: ports.slice(0, 2), connectionPool });
    new ServiceVersion(world.shop, 'us', { service, loadBalancing: LoadBalancing.random() });
    const { trafficPolicy, subsets } = find(synthesize(world.shop), 'DestinationRule', 'orders').spec;

    // Istio lays what a version says over what its port says
    expect(trafficPolicy.portLevelSettings).toEqual([stream]);
    expect(subsets[1].trafficPolicy).toEqual({ loadBalancer: { simple: 'RANDOM', ...OFF } });
  });
});

describe('a quiet connection that is not HTTP', () => {
  const configOf = (props: Partial<MeshServiceProps>) => JSON.parse(podTemplate(props).metadata.annotations['proxy.istio.io/config'] ?? '{}');
  const podTemplate = (props: Partial<MeshServiceProps>) => find(ordersWith(props), 'Deployment', 'orders').spec.template;
  const idle = (idleTimeout: Duration) => ConnectionPool.of({ idleTimeout });

  const QUIET = { ports: [MeshPort.tcp(5432)], connectionPool: idle(Duration.seconds(0)) };

  test.each([
    ['for ever', Duration.seconds(0), '0s'], ['for longer than an hour', Duration.minutes(61), '3660s'],
  ])('is kept %s by the server\'s own proxy too', (_, time, told) => {
    const proxyMetadata = { ISTIO_META_IDLE_TIMEOUT: told };
    expect(configOf({ ports: [MeshPort.tcp(5432)], connectionPool: idle(time) })).toEqual({ proxyMetadata });
    expect(configOf({ ports: [MeshPort.tcp(5432, { connectionPool: idle(time) })] })).toEqual({ proxyMetadata });
    const ports = [MeshPort.http(8080), MeshPort.tls(8443)];
    expect(configOf({ ports, connectionPool: idle(time), proxy: { concurrency: 2 } })).toEqual({ concurrency: 2, proxyMetadata });
  });

  test.each<[string, Partial<MeshServiceProps>]>([
    ['an hour', { ports: [MeshPort.tcp(5432)], connectionPool: idle(Duration.hours(1)) }],
    ['HTTP', { connectionPool: idle(Duration.hours(2)) }],
    ['nothing', { ports: [MeshPort.tcp(5432)], connectionPool: ConnectionPool.of({ maxConnections: 3 }) }],
  ])('of %s is told nothing', (_, props) => expect(configOf(props)).toEqual({}));

  test('is told to the pods of every version, and an annotation that would take the place of it is refused', () => {
    const world = new World();
    const service = world.service('orders', QUIET);
    new ServiceVersion(world.shop, 'eu', { service });
    expect(find(synthesize(world.shop), 'Deployment', 'orders-eu').spec.template.metadata.annotations['proxy.istio.io/config']).toContain('ISTIO_META_IDLE_TIMEOUT');

    const other = new World();
    ApiObject.of(other.service('orders', QUIET).deployment).addJsonPatch(JsonPatch.replace('/spec/template/metadata/annotations/proxy.istio.io~1config', '{}'));
    expect(() => other.synth()).toThrow(/annotations.proxy.istio.io\/config must have ISTIO_META_IDLE_TIMEOUT, got "{}".*MembershipLost/);
  });
});

describe('retries where a hash picks the pod', () => {
  /** Of each route to versions what its retries say of the pod that has failed. */
  const saidOf = (props: Partial<MeshServiceProps>, ofVersion?: HostTrafficProps, weight = 20) => {
    const world = new World();
    const service = world.service('orders', props);
    world.service('frontend').calls(service, { retries: Retries.upTo(2, { on: [RetryOn.GATEWAY_ERROR] }) });
    if (ofVersion) {
      new ServiceVersion(world.shop, 'eu', { service, weight, ...ofVersion });
      service.addRoute('europeans', { match: [RouteMatch.header('x-region', StringMatch.exactly('eu'))], version: 'eu' });
    }
    const { http } = find(synthesize(world.shop), 'VirtualService', 'orders').spec;
    return Object.fromEntries(http.map(({ name, retries }: any) => [name, retries.retryIgnorePreviousHosts]));
  };
  const hash = LoadBalancing.byHeader('x-user');

  test('stay with it, whoever else has a share', () => {
    expect(saidOf({ loadBalancing: hash })).toEqual({ 'default.frontend': false, 'default': false });
    expect(saidOf({ loadBalancing: hash }, {})).toEqual({
      'europeans.frontend': false, 'europeans': false, 'default.frontend': false, 'default': false,
    });
  });

  test('leave it where a version has another way', () => {
    const random = { loadBalancing: LoadBalancing.random() };
    expect(saidOf({ loadBalancing: hash }, random)).toEqual({ 'europeans.frontend': true, 'europeans': true, 'default.frontend': true, 'default': true });
    expect(saidOf({ loadBalancing: hash }, random, 0)).toMatchObject({ 'europeans.frontend': true, 'default.frontend': false });
  });

  test('leave it on a port that has another way', () => {
    const ports = [MeshPort.http(8080), MeshPort.grpc(50051, { loadBalancing: LoadBalancing.random() })];
    const world = new World();
    const service = world.service('orders', { ports, loadBalancing: LoadBalancing.bySourceAddress() });
    ports.forEach(({ name }) => world.service(`of-${name}`).calls(service, { port: name, retries: Retries.upTo(2) }));
    const { http } = find(synthesize(world.shop), 'VirtualService', 'orders').spec;
    expect(Object.fromEntries(http.map(({ name, retries }: any) => [name, retries.retryIgnorePreviousHosts]))).toEqual({
      'default.http.of-http.safe': false, 'default.http.of-http': false, 'default.http': false, 'default.grpc.of-grpc': true, 'default.grpc': true,
    });
  });

  test('go where the call says, and nothing is said where there is no hash', () => {
    const world = new World();
    const service = world.service('orders', { loadBalancing: hash });
    world.service('frontend').calls(service, { retries: Retries.upTo(2, { on: [RetryOn.GATEWAY_ERROR], ignorePreviousHosts: true }) });
    world.service('cart').calls(service, { retries: Retries.none() });
    const { http } = find(synthesize(world.shop), 'VirtualService', 'orders').spec;
    expect(http.map(({ name, retries }: any) => [name, retries.retryIgnorePreviousHosts])).toEqual([['default.cart', undefined], ['default.frontend', true], ['default', false]]);
    expect(saidOf({})).toEqual({ 'default.frontend': undefined, 'default': undefined });
  });
});

describe('versions that share requests', () => {
  const versions = (weight: number, ...props: HostTrafficProps[]) => {
    const world = new World();
    const service = world.service('orders', { loadBalancing: LoadBalancing.byHeader('x-user') });
    props.forEach((own, index) => new ServiceVersion(world.shop, `v${index + 2}`, { service, weight, ...own }));
    return () => world.synth();
  };

  test('go by one key', () => {
    const other = { loadBalancing: LoadBalancing.byHeader('x-tenant') };
    expect(versions(20, other)).toThrow(/loadBalancing must go by one key .*v1 and v2.*x-user.*x-tenant.*InvalidLoadBalancing/);
    expect(versions(50, other, other)).not.toThrow();
    expect(versions(0, other)).not.toThrow();
    expect(versions(20, { loadBalancing: LoadBalancing.random() })).not.toThrow();
    expect(versions(20, { loadBalancing: LoadBalancing.byHeader('x-user', { algorithm: HashAlgorithm.maglev() }) })).not.toThrow();
  });
});

describe('a zone that the Kubernetes Service prefers', () => {
  const zonal = LoadBalancing.leastRequest({ locality: Locality.preferSameZone() });
  const hash = LoadBalancing.byHeader('x-user');
  const CONSISTENT = { consistentHash: { httpHeaderName: 'x-user' } };

  test('stays preferred where a port or a version picks pods in another way', () => {
    const world = new World();
    const service = world.service('orders', { loadBalancing: zonal, ports: [MeshPort.http(8080, { loadBalancing: hash }), MeshPort.http(8081, { name: 'http-b' })] });
    new ServiceVersion(world.shop, 'eu', { service, loadBalancing: LoadBalancing.random() });
    const { trafficPolicy, subsets } = find(synthesize(world.shop), 'DestinationRule', 'orders').spec;
    const balances = (policy: any) => policy.portLevelSettings.map(({ loadBalancer }: any) => loadBalancer);

    expect(balances(trafficPolicy)).toEqual([CONSISTENT, { simple: 'LEAST_REQUEST' }]);
    expect(balances(subsets[1].trafficPolicy)).toEqual([{ simple: 'RANDOM' }, { simple: 'RANDOM' }]);
  });

  test('stays preferred where the only port picks pods in another way', () => {
    expect(policyOf({ loadBalancing: zonal, ports: [MeshPort.http(8080, { loadBalancing: hash })] }).loadBalancer).toEqual(CONSISTENT);
  });

  test('does not count where the port says so', () => {
    const off = LoadBalancing.byHeader('x-user', { locality: Locality.off() });
    const ports = [MeshPort.http(8080, { loadBalancing: off }), MeshPort.tcp(6379)];
    const [{ loadBalancer }] = policyOf({ loadBalancing: zonal, ports }).portLevelSettings;
    expect(loadBalancer).toEqual({ ...CONSISTENT, ...OFF });
  });
});

describe('settings of one version', () => {
  const subsetsOf = (version: HostTrafficProps, orders: Partial<MeshServiceProps> = {}) => {
    const world = new World();
    const service = world.service('orders', orders);
    new ServiceVersion(world.shop, 'eu', { service, ...version });
    service.addRoute('eu', { match: [RouteMatch.header('x-region', StringMatch.exactly('eu'))], version: 'eu' });
    return find(synthesize(world.shop), 'DestinationRule', 'orders').spec.subsets;
  };
  const host = { connectionPool: ConnectionPool.of({ maxConnections: 100, maxRequests: 50 }), circuitBreaker: CircuitBreaker.consecutiveErrors(5) };

  test('are the host\'s with its own instead', () => {
    expect(subsetsOf({ connectionPool: ConnectionPool.of({ maxRequests: 5 }), retryBudget: RetryBudget.of(Percent.of(10)) }, host)).toEqual([
      { name: 'v1', labels: { version: 'v1' } },
      {
        name: 'eu',
        labels: { version: 'eu' },
        trafficPolicy: { connectionPool: { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 5 } }, retryBudget: { percent: 10 } },
      },
    ]);
  });

  test('say each port in full where one has settings', () => {
    const ports = [MeshPort.http(8080), MeshPort.grpc(50051, { connectionPool: ConnectionPool.of({ maxConcurrentStreams: 7 }) })];
    const [, { trafficPolicy }] = subsetsOf({ loadBalancing: LoadBalancing.random() }, { ...host, ports });
    const rest = { tls: MUTUAL, loadBalancer: { simple: 'RANDOM', ...OFF }, outlierDetection: expect.objectContaining({ consecutive5xxErrors: 5 }) };

    expect(trafficPolicy).toEqual({
      portLevelSettings: [
        { port: { number: 8080 }, ...rest, connectionPool: { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 50 } } },
        {
          port: { number: 50051 }, ...rest, connectionPool: { tcp: { maxConnections: 100 }, http: { http2MaxRequests: 50, maxConcurrentStreams: 7 } },
        },
      ],
    });
  });

  test('change nothing where there are none', () => {
    expect(subsetsOf({}, host)).toEqual([{ name: 'v1', labels: { version: 'v1' } }, { name: 'eu', labels: { version: 'eu' } }]);
  });

  test('stand before those of a port, which stand before the host\'s', () => {
    const ports = [MeshPort.http(8080, { connectionPool: ConnectionPool.of({ maxConnections: 7, maxRequests: 70 }) }), MeshPort.grpc(50051)];
    const [, { trafficPolicy }] = subsetsOf({ connectionPool: ConnectionPool.of({ maxConnections: 5 }) }, { ...host, ports });

    expect(trafficPolicy.portLevelSettings.map(({ connectionPool }: any) => connectionPool)).toEqual([
      { tcp: { maxConnections: 5 }, http: { http2MaxRequests: 70 } }, { tcp: { maxConnections: 5 }, http: { http2MaxRequests: 50 } },
    ]);
  });

  test('leave to the host what they do not say, or name without a value', () => {
    const connectionPool = ConnectionPool.of({ maxConnections: undefined, maxRequests: 5 });

    const [, { trafficPolicy }] = subsetsOf({ connectionPool }, host);

    expect(trafficPolicy.connectionPool).toEqual({ tcp: { maxConnections: 100 }, http: { http2MaxRequests: 5 } });
  });

  test('may need what the host says', () => {
    const [, breaker] = subsetsOf({ loadBalancing: LoadBalancing.random({ locality: Locality.failover() }) }, host);
    expect(breaker.trafficPolicy.loadBalancer).toEqual({ simple: 'RANDOM', localityLbSetting: { enabled: true } });
    const pooled = (options: ConnectionPoolOptions) => ({ connectionPool: ConnectionPool.of(options) });
    const [, streams] = subsetsOf(pooled({ maxConcurrentStreams: 5 }), pooled({ protocol: UpstreamProtocol.HTTP2 }));
    expect(streams.trafficPolicy.connectionPool.http).toEqual({ h2UpgradePolicy: 'UPGRADE', maxConcurrentStreams: 5 });
  });

  test('of an existing service', () => {
    const world = new World();
    new ExistingService(world.shop, 'reports', {
      serviceAccount: 'reports',
      podLabels: { app: 'reports' },
      ports: [MeshPort.http(80)],
      connectionPool: ConnectionPool.of({ maxConnections: 9 }),
      versions: [{ name: 'blue', labels: { color: 'blue' }, circuitBreaker: CircuitBreaker.consecutiveErrors(1) }, { name: 'green', labels: { color: 'green' } }],
    });
    const { trafficPolicy, subsets } = find(synthesize(world.shop), 'DestinationRule', 'reports').spec;

    expect(trafficPolicy.connectionPool).toEqual({ tcp: { maxConnections: 9 } });
    expect(subsets.map((subset: any) => subset.trafficPolicy?.outlierDetection.consecutive5xxErrors)).toEqual([1, undefined]);
  });
});

describe('something outside', () => {
  const outside = (props: object, ports = [MeshPort.http(80, { tls: TlsOrigination.simple() })]) => {
    const world = new World();
    const bank = new ExternalService(world.shop, 'bank', { host: 'api.bank.example.com', ports, ...props });
    world.service('orders').calls(bank, ports.length > 1 ? { port: ports[0].name } : {});
    return find(synthesize(world.shop), 'DestinationRule', 'bank').spec;
  };
  const tls = expect.objectContaining({ mode: 'SIMPLE', sni: 'api.bank.example.com' });
  const connectionPool = ConnectionPool.of({ maxConnections: 10, connectTimeout: Duration.seconds(2) });
  const pool = { tcp: { maxConnections: 10, connectTimeout: '2s' } };

  test('has bounds beside the TLS of its only port', () => {
    expect(outside({ connectionPool, circuitBreaker: CircuitBreaker.consecutiveErrors(5), retryBudget: RetryBudget.of(Percent.of(10)) })).toEqual({
      host: 'api.bank.example.com',
      exportTo: ['.'],
      trafficPolicy: {
        tls,
        loadBalancer: OFF,
        connectionPool: pool,
        outlierDetection: expect.objectContaining({ consecutive5xxErrors: 5 }),
        retryBudget: { percent: 10 },
      },
    });
  });

  test('has them for its ports with TLS in full', () => {
    const ports = [MeshPort.http(80, { tls: TlsOrigination.simple() }), MeshPort.tls(443)];

    expect(outside({ connectionPool }, ports).trafficPolicy).toEqual({
      loadBalancer: OFF, connectionPool: pool, portLevelSettings: [{ port: { number: 80 }, tls, loadBalancer: OFF, connectionPool: pool }],
    });
  });

  test('has bounds of requests for its ports of HTTP alone', () => {
    const ports = [MeshPort.http(80, { tls: TlsOrigination.simple() }), MeshPort.tls(443)];
    const bounded = { connectionPool: ConnectionPool.of({ maxConnections: 10, maxRequests: 5 }) };
    const requests = { tcp: { maxConnections: 10 }, http: { http2MaxRequests: 5 } };

    expect(outside(bounded, ports).trafficPolicy).toEqual({
      loadBalancer: OFF,
      connectionPool: requests,
      portLevelSettings: [
        { port: { number: 80 }, tls, loadBalancer: OFF, connectionPool: requests },
        { port: { number: 443 }, loadBalancer: OFF, connectionPool: { tcp: { maxConnections: 10 } } },
      ],
    });
  });

  test('has those of one port, and the TLS of another', () => {
    const own = { connectionPool: ConnectionPool.of({ maxConnections: 3 }) };
    const ports = [MeshPort.http(80, { tls: TlsOrigination.simple() }), MeshPort.tls(443, own)];

    expect(outside({}, ports).trafficPolicy).toEqual({
      loadBalancer: OFF,
      portLevelSettings: [
        { port: { number: 80 }, tls, loadBalancer: OFF },
        { port: { number: 443 }, loadBalancer: OFF, connectionPool: { tcp: { maxConnections: 3 } } },
      ],
    });
  });
});
