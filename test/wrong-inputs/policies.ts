import { Duration } from 'cdk8s';
import {
  CircuitBreaker, ConnectionPool, ConnectionPoolOptions, CookieLoadBalancingOptions, EgressGateway, Endpoint, ExistingService, ExternalService,
  ExternalServiceProps, FailoverOptions, HashAlgorithm, HeaderChanges, HostTrafficProps, LoadBalancing, Locality, LocalityShare, MeshPort,
  MeshServiceProps, Percent, RetryBudget, ServiceVersion, TlsOrigination, UpstreamProtocol, VirtualMachine, VirtualMachineService, WarmUp,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const NUMBERS = ['maxConnections', 'maxPendingRequests', 'maxRequests', 'maxRequestsPerConnection', 'maxRetries'] as const;
const BREAKER = CircuitBreaker.consecutiveErrors(5);

/** What holds for connections that are not HTTP is one for all of them. */
const LONG = ConnectionPool.of({ idleTimeout: Duration.minutes(30) });

export const wrongPolicies: WrongInput[] = [
  ...NUMBERS.flatMap(name => [0, -1, 1.5, NaN, 2 ** 31].map(value => pool(
    `${value} as ${name}`, { [name]: value }, 'InvalidConnectionPool', name, String(value), 'Leave it out for no bound'))),
  pool('more requests for a connection than Envoy counts', { maxRequestsPerConnection: 2 ** 29 + 1 }, 'InvalidConnectionPool', 'maxRequestsPerConnection', '536870913', '1 takes a new connection'),
  pool('a pool that says nothing', {}, 'InvalidConnectionPool', '', '{}', 'leave connectionPool out'),
  pool('a connection that has no time to be made', { connectTimeout: Duration.millis(0) }, 'InvalidDuration', 'connectTimeout', '"0ms"', 'positive'),
  pool('connections of no time', { maxConnectionDuration: Duration.millis(0) }, 'InvalidDuration', 'maxConnectionDuration', '"0ms"', 'positive'),
  pool('half a millisecond of quiet', { idleTimeout: Duration.millis(0.5) }, 'InvalidDuration', 'idleTimeout', '"0.5ms"', 'positive'),
  pool('probes by milliseconds', { tcpKeepalive: { time: Duration.millis(1500) } }, 'InvalidDuration', 'tcpKeepalive.time', '"1500ms"', 'Duration.seconds()'),
  pool('probes without a time between', { tcpKeepalive: { interval: Duration.seconds(0) } }, 'InvalidDuration', 'tcpKeepalive.interval', '"0ms"', 'positive'),
  ...(['time', 'interval'] as const).map(name => pool(`probes ${name === 'time' ? 'after' : 'every'} ten hours`, { tcpKeepalive: { [name]: Duration.hours(10) } },
    'InvalidDuration', `tcpKeepalive.${name}`, '"36000s"', 'every connection')),
  ...[0, 128].map(probes => pool(`${probes} probes`, { tcpKeepalive: { probes } }, 'InvalidConnectionPool', 'tcpKeepalive.probes', String(probes), 'up to 127')),
  pool('probes of which nothing is said', { tcpKeepalive: {} }, 'InvalidConnectionPool', 'tcpKeepalive', '{}', 'time, interval or probes'),
  pool('streams of HTTP/1.1', { maxConcurrentStreams: 5 }, 'InvalidConnectionPool', 'maxConcurrentStreams', '5', 'UpstreamProtocol.HTTP2'),
  pool('streams of what the client may speak', { maxConcurrentStreams: 5, protocol: UpstreamProtocol.AS_CLIENT }, 'InvalidConnectionPool', 'maxConcurrentStreams', '5', 'MeshPort.grpc()'),
  ...(['maxPendingRequests', 'maxRequests', 'maxRequestsPerConnection', 'maxRetries', 'maxConcurrentStreams'] as const).map(name => pool(
    `${name} of TCP`, { [name]: 5 }, 'NotHttp', name, '5', 'maxConnectionDuration', [MeshPort.tcp(6379)])),
  pool('HTTP/2 of TCP', { protocol: UpstreamProtocol.HTTP2 }, 'NotHttp', 'protocol', '"UPGRADE"', 'maxConnections', [MeshPort.tcp(6379)]),
  pool('HTTP/2 of TCP too', { protocol: UpstreamProtocol.HTTP2 }, 'NotHttp', 'protocol', '"UPGRADE"', 'Say it of the port', [MeshPort.http(8080), MeshPort.tcp(6379)]),
  pool('HTTP/2 of gRPC', { protocol: UpstreamProtocol.HTTP2 }, 'InvalidConnectionPool', 'protocol', '"UPGRADE"', 'Leave it out', [MeshPort.grpc(50051)]),
  server('pods by a query that gRPC does not have', { loadBalancing: LoadBalancing.byQueryParameter('user'), ports: [MeshPort.grpc(50051)] },
    'InvalidLoadBalancing', 'loadBalancing', '"byQueryParameter"', 'byHeader()'),
  server('pods by a cookie that clients of gRPC do not keep', { loadBalancing: LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }), ports: [MeshPort.grpc(50051), MeshPort.tcp(9000)] },
    'InvalidLoadBalancing', 'loadBalancing.ttl', '"byCookie"', 'Leave ttl out'),
  server('pods of one port by a cookie that clients of gRPC do not keep', {
    ports: [MeshPort.http(8080), MeshPort.grpc(50051, { loadBalancing: LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }) })],
  }, 'InvalidLoadBalancing', 'ports[1].loadBalancing.ttl', '"byCookie"', 'byHeader()'),
  server('pods of one port by a query that gRPC does not have', { ports: [MeshPort.http(8080), MeshPort.grpc(50051, { loadBalancing: LoadBalancing.byQueryParameter('user') })] },
    'InvalidLoadBalancing', 'ports[1].loadBalancing', '"byQueryParameter"', 'byHeader()'),
  server('a pool of UDP', { connectionPool: LONG, ports: [MeshPort.udp(8125)] }, 'NotHttp', 'connectionPool', '["udp"]', 'Leave it out'),
  {
    mistake: 'a pool of a worker',
    make: world => world.service('orders', { connectionPool: LONG, ports: undefined }),
    code: 'NotCallable',
    path: 'shop/orders',
    property: 'connectionPool',
    received: '"a ConnectionPool"',
    fix: ['give the service ports'],
  },

  ...[0, 5, 6, 1.5].map(gatewayErrors => breaker(
    `${gatewayErrors} gateway errors beside 5 of all`, CircuitBreaker.consecutiveErrors(5, { gatewayErrors }), 'gatewayErrors', String(gatewayErrors), 'write fewer')),
  ...[0, 1001, NaN].map(localOriginErrors => breaker(
    `${localOriginErrors} local errors`, CircuitBreaker.consecutiveErrors(5, { localOriginErrors }), 'localOriginErrors', String(localOriginErrors), 'count as answers do')),
  breaker('a breaker of 0 local errors', CircuitBreaker.consecutiveLocalOriginErrors(0), 'localOriginErrors', '0', 'Leave it out'),
  server('answers of a port whose answers nobody sees', { circuitBreaker: CircuitBreaker.consecutiveErrors(3, { localOriginErrors: 500 }), ports: [MeshPort.tcp(6379)] },
    'InvalidCircuitBreaker', 'circuitBreaker.localOriginErrors', '500', 'CircuitBreaker.consecutiveLocalOriginErrors(500)'),
  port('answers of one port whose answers nobody sees', MeshPort.tcp(6379, { circuitBreaker: CircuitBreaker.consecutiveGatewayErrors(3, { localOriginErrors: 5 }) }),
    'InvalidCircuitBreaker', 'circuitBreaker.localOriginErrors', '5', 'CircuitBreaker.consecutiveLocalOriginErrors(5)'),
  breaker('local errors said twice', CircuitBreaker.consecutiveLocalOriginErrors(3, { localOriginErrors: 5 }), 'localOriginErrors', '5', 'Leave the option out'),
  ...[0, 0.5].map(percent => breaker(
    `a breaker with ${percent} percent well`, CircuitBreaker.consecutiveErrors(5, { minHealth: Percent.of(percent) }), 'minHealth', String(percent), 'whole percentage')),
  server('a table too small for its pods', { loadBalancing: LoadBalancing.bySourceAddress({ algorithm: HashAlgorithm.maglev(2039) }), replicas: 21 },
    'InvalidLoadBalancing', 'loadBalancing.algorithm.tableSize', '2039', '65537'),
  server('a table of one port too small for its pods', {
    ports: [MeshPort.http(8080, { loadBalancing: LoadBalancing.byHeader('x-user', { algorithm: HashAlgorithm.maglev(101) }) }), MeshPort.grpc(50051)], replicas: 2,
  }, 'InvalidLoadBalancing', 'ports[0].loadBalancing.algorithm.tableSize', '101', '65537'),
  server('a breaker that looks every eleven years', { circuitBreaker: CircuitBreaker.consecutiveErrors(5, { interval: Duration.days(4015) }) },
    'InvalidDuration', 'circuitBreaker.interval', '"346896000s"', 'Duration.hours(1)'),
  breaker('a breaker with a threshold that Envoy never looks at', CircuitBreaker.consecutiveErrors(5, { minHealth: Percent.of(72) }), 'minHealth', '72', 'whole percentage'),
  breaker('a breaker that ends with the first of three pods', CircuitBreaker.consecutiveErrors(5, { minHealth: Percent.of(67) }), 'minHealth', '67', 'Percent.of(66)'),

  ...[0, -1, 2.5, 4294967296].map(minConcurrency => budget(
    `a budget of ${minConcurrency} retries`, RetryBudget.of(Percent.of(20), { minConcurrency }), 'InvalidRetries', '.minConcurrency', String(minConcurrency), 'Retries.none()')),
  budget('a budget of 101 percent', RetryBudget.of(Percent.of(101)), 'InvalidPercent', '.share', '101', 'in percent'),
  budget('a budget of no time', RetryBudget.of(Percent.of(1), { interval: Duration.millis(0) }), 'InvalidDuration', '.interval', '"0ms"', 'positive'),
  budget('a budget of TCP', RetryBudget.of(Percent.of(1)), 'NotHttp', '', '["tcp"]', 'MeshPort.http()', { ports: [MeshPort.tcp(6379)] }),
  budget('a budget beside a bound', RetryBudget.of(Percent.of(1)), 'InvalidRetries', '', '3', 'Leave one of the two out', { connectionPool: ConnectionPool.of({ maxRetries: 3 }) }),
  budget('a budget beside settings of a port', RetryBudget.of(Percent.of(1)), 'InvalidRetries', '', '"a RetryBudget"', 'maxRetries of a ConnectionPool', {
    ports: [MeshPort.http(8080, { circuitBreaker: BREAKER }), MeshPort.grpc(50051)],
  }),

  ...['', 'a b', 'a=b', 'a;b'].map(name => balance(`the cookie '${name}'`, LoadBalancing.byCookie(name), 'InvalidLoadBalancing', 'name', JSON.stringify(name), 'session')),
  cookie('a path of no cookie', { path: '/' }, 'InvalidLoadBalancing', 'path', '"/"', 'Add ttl'),
  cookie('attributes of no cookie', { attributes: { Secure: '' } }, 'InvalidLoadBalancing', 'attributes', '{"Secure":""}', 'Add ttl'),
  cookie('a cookie by milliseconds', { ttl: Duration.millis(1500) }, 'InvalidDuration', 'ttl', '"1.5s"', 'Duration.seconds()'),
  cookie('a path of two attributes', { ttl: Duration.seconds(0), path: '/; Secure' }, 'InvalidPath', 'path', '"/; Secure"', '/cart'),
  cookie('no attributes', { ttl: Duration.seconds(0), attributes: {} }, 'EmptyList', 'attributes', '{}', 'Leave it out'),
  cookie('a cookie of other sites that is not secure', { ttl: Duration.seconds(0), attributes: { samesite: 'None' } }, 'InvalidLoadBalancing', 'attributes.samesite', '"None"', 'Add Secure'),
  cookie('a cookie of a site that is none', { ttl: Duration.seconds(0), attributes: { SameSite: 'Same' } }, 'InvalidLoadBalancing', 'attributes.SameSite', '"Same"', 'Lax'),
  cookie('an attribute that the proxy adds', { ttl: Duration.seconds(0), attributes: { HttpOnly: '' } }, 'InvalidLoadBalancing', 'attributes.HttpOnly', '""', 'Leave it out'),
  ...([
    ['__Secure-a', { attributes: { SameSite: 'Lax' } }, 'Secure'],
    ['__Host-a', { path: '/' }, 'Secure'],
    ['__Host-b', { attributes: { Secure: '' } }, 'path: \'/\''],
    ['__Host-c', { path: '/', attributes: { Secure: '', Domain: 'example.com' } }, 'Domain'],
  ] as [string, CookieLoadBalancingOptions, string][]).map(([name, options, fix]) => balance(
    `the cookie '${name}' that no browser keeps`, LoadBalancing.byCookie(name, { ttl: Duration.hours(1), ...options }), 'InvalidLoadBalancing', 'name', `"${name}"`, fix)),
  {
    mistake: 'pods picked by a cookie that a call takes from the answers',
    make: (world) => {
      const orders = world.service('orders', { loadBalancing: LoadBalancing.byCookie('session', { ttl: Duration.hours(1) }) });
      world.service('frontend').calls(orders, { headers: HeaderChanges.of({ response: { remove: ['Set-Cookie'] } }) });
      world.synth();
    },
    code: 'InvalidLoadBalancing',
    path: 'shop/orders',
    property: 'loadBalancing',
    received: '"session"',
    fix: ['add to set-cookie', 'LoadBalancing.byHeader()'],
  },
  cookie('an attribute of two', { ttl: Duration.seconds(0), attributes: { SameSite: 'Lax; Secure' } }, 'InvalidLoadBalancing', 'attributes.SameSite', '"Lax; Secure"', 'SameSite: \'Lax\''),
  cookie('an end among the attributes', { ttl: Duration.seconds(0), attributes: { Expires: 'never' } }, 'InvalidLoadBalancing', 'attributes.Expires', '"never"', 'Use path and ttl'),
  cookie('an age among the attributes', { ttl: Duration.seconds(0), attributes: { 'Max-Age': '1' } }, 'InvalidLoadBalancing', 'attributes.Max-Age', '"1"', 'Use path and ttl'),
  cookie('an attribute twice', { ttl: Duration.seconds(0), attributes: { SameSite: 'Lax', samesite: 'Strict' } }, 'InvalidLoadBalancing', 'attributes.samesite', '"Strict"', 'SameSite: \'Lax\''),
  cookie('a path among the attributes', { ttl: Duration.seconds(0), attributes: { Path: '/' } }, 'InvalidLoadBalancing', 'attributes.Path', '"/"', 'Use path and ttl'),
  ...['', 'a=b', 'a b', '?a'].map(name => balance(`the parameter '${name}'`, LoadBalancing.byQueryParameter(name), 'InvalidLoadBalancing', '', JSON.stringify(name), 'user')),
  ...[0, 8388609].map(size => balance(`a ring of ${size}`, LoadBalancing.bySourceAddress({ algorithm: HashAlgorithm.ring(size) }), 'InvalidLoadBalancing', 'algorithm.minimumSize', String(size), '1024')),
  ...[1, 4, 25, 4999696, 5000011, 65536, 65535].map(size => balance(
    `a table of ${size}`, LoadBalancing.bySourceAddress({ algorithm: HashAlgorithm.maglev(size) }), 'InvalidLoadBalancing', 'algorithm.tableSize', String(size), '65537')),
  ...[0, -1, NaN, Infinity].map(aggression => balance(
    `an aggression of ${aggression}`, LoadBalancing.roundRobin({ warmUp: WarmUp.over(Duration.minutes(1), { aggression }) }), 'InvalidLoadBalancing', 'warmUp.aggression', String(aggression), 'for 1')),
  balance('no time to warm up', LoadBalancing.leastRequest({ warmUp: WarmUp.over(Duration.seconds(0)) }), 'InvalidDuration', 'warmUp.duration', '"0ms"', 'positive'),
  balance('101 percent from the first moment', LoadBalancing.leastRequest({ warmUp: WarmUp.over(Duration.seconds(1), { minimum: Percent.of(101) }) }), 'InvalidPercent', 'warmUp.minimum', '101', 'in percent'),
  ...(['byCookie', 'byQueryParameter'] as const).map(factory => balance(
    `${factory} of TCP`, LoadBalancing[factory]('user'), 'NotHttp', '', '["tcp"]', 'MeshPort.http()', { ports: [MeshPort.tcp(6379)] })),
  ...([['circuitBreaker', BREAKER, 'InvalidCircuitBreaker'], ['loadBalancing', LoadBalancing.byHeader('x-a'), 'InvalidLoadBalancing']] as const).map(([property, value, code]) => server(
    `${property} of a port where nobody chooses`, { ports: [MeshPort.http(8080, { [property]: value }), MeshPort.http(9090, { name: 'http-b' })], loadBalancing: LoadBalancing.passthrough() },
    code, `ports[0].${property}`, '"passthrough"', 'another way')),
  server('a breaker where nobody chooses', { loadBalancing: LoadBalancing.passthrough(), circuitBreaker: BREAKER }, 'InvalidCircuitBreaker', 'circuitBreaker', '"passthrough"', 'another way'),
  {
    mistake: 'versions where nobody chooses',
    make: world => new ServiceVersion(world.shop, 'eu', { service: world.service('orders', { loadBalancing: LoadBalancing.passthrough() }) }),
    code: 'InvalidLoadBalancing',
    path: 'shop/eu',
    property: 'service',
    received: '"orders"',
    fix: ['another way'],
  },
  {
    mistake: 'machines that nobody chooses',
    make: world => new VirtualMachineService(world.shop, 'billing', {
      ports: [MeshPort.http(8080)], machines: [VirtualMachine.at('10.8.0.7')], loadBalancing: LoadBalancing.passthrough(),
    }),
    code: 'InvalidLoadBalancing',
    path: 'shop/billing',
    property: 'loadBalancing',
    received: '"passthrough"',
    fix: ['another way'],
  },
  {
    mistake: 'a machine of no place among shares of places',
    make: world => new VirtualMachineService(world.shop, 'billing', {
      ports: [MeshPort.http(8080)], machines: [VirtualMachine.at('10.8.0.7')], loadBalancing: LoadBalancing.random({ locality: Locality.distribution([{ from: '*', to: { a: 100 } }]) }),
    }),
    code: 'MissingProperty',
    path: 'shop/billing',
    property: 'machines[0].locality',
    received: 'undefined',
    fix: ['where the machine is'],
  },

  distribution('no shares', [], 'EmptyList', '', '[]', 'leave the locality out'),
  distribution('shares of nobody', [{ from: 'a', to: {} }], 'EmptyList', '[0].to', '{}', 'Name the places'),
  distribution('shares of 90 percent', [{ from: 'a', to: { a: 80, b: 10 } }], 'InvalidWeights', '[0].to', '{"a":80,"b":10}', 'They make 90'),
  distribution('a share of 0', [{ from: 'a', to: { a: 100, b: 0 } }], 'InvalidWeights', '[0].to.b', '0', 'leave a place out'),
  ...['', '/', 'a/', 'a//b', '*/b', 'a/*/b', 'a/b/c/d', 'a/b/c/*', 'eu*'].map(from => distribution(
    `the place '${from}'`, [{ from, to: { a: 100 } }], 'InvalidLocality', '[0].from', JSON.stringify(from), 'eu-1/eu-1a/rack-7')),
  ...[['a', 'a/b'], ['a/b/c', 'a/*'], ['a/b', 'a/b/*'], ['*', 'a'], ['a', '*'], ['a', 'a']].map(([first, second]) => distribution(
    `shares of ${first} and ${second}`, [{ from: first, to: { a: 100 } }, { from: second, to: { a: 100 } }], 'InvalidLocality', '[1].from', JSON.stringify(second), 'nothing in common')),
  distribution('places that overlap', [{ from: 'a', to: { 'a': 50, 'a/b': 50 } }], 'InvalidLocality', '[0].to.a/b', '"a/b"', 'nothing in common'),
  failover('no regions', { regions: {} }, 'EmptyList', 'regions', '{}', 'alike'),
  failover('the own region', { regions: { a: 'a' } }, 'InvalidLocality', 'regions.a', '"a"', 'comes first anyway'),
  failover('a zone among regions', { regions: { a: 'b/c' } }, 'InvalidLocality', 'regions.a', '"b/c"', 'without a zone'),
  failover('every region', { regions: { '*': 'b' } }, 'InvalidLocality', 'regions.*', '"*"', 'without wildcards'),
  failover('no labels', { labels: [] }, 'EmptyList', 'labels', '[]', 'for the zone'),
  failover('a label of two words', { labels: ['a b'] }, 'InvalidLabels', 'labels[0]', '"a b"', 'version=v1'),
  failover('a label of two values', { labels: ['a', 'a=b'] }, 'InvalidLabels', 'labels[1]', '"a"', 'once'),
  ...['topology.kubernetes.io/zone', 'topology.istio.io/subzone'].map(label => failover(
    `regions, and ${label}`, { regions: { a: 'b' }, labels: ['tier', label] }, 'InvalidLocality', 'labels[1]', JSON.stringify(label), 'one of the two')),
  failover('regions in two ways', { regions: { a: 'b' }, labels: ['topology.kubernetes.io/region'] }, 'InvalidLocality', 'labels[0]', '"topology.kubernetes.io/region"', 'one of the two'),
  server('a region to go to, and nobody who says when', { loadBalancing: LoadBalancing.random({ locality: Locality.failover({ regions: { a: 'b' } }) }) },
    'IneffectiveLocality', 'loadBalancing.locality', '"failover"', 'Add circuitBreaker'),

  port('a time of one port of TCP', MeshPort.tcp(6379, { connectionPool: LONG }), 'InvalidConnectionPool', 'connectionPool.idleTimeout', '"30 minutes"', 'Say it of the service'),
  port('an age of one port of TCP', MeshPort.tcp(6379, { connectionPool: ConnectionPool.of({ maxConnectionDuration: Duration.hours(1) }) }),
    'InvalidConnectionPool', 'connectionPool.maxConnectionDuration', '"60 minutes"', 'Say it of the service'),
  port('a hash of one port of TCP', MeshPort.tcp(6379, { loadBalancing: LoadBalancing.bySourceAddress() }), 'InvalidLoadBalancing', 'loadBalancing', '"bySourceAddress"', 'Say it of the service'),
  port('requests of one port of TCP', MeshPort.tcp(6379, { connectionPool: ConnectionPool.of({ maxRequests: 1 }) }), 'NotHttp', 'connectionPool.maxRequests', '1', 'Leave it out'),
  port('a header of one port of TCP', MeshPort.tcp(6379, { loadBalancing: LoadBalancing.byHeader('x-user') }), 'NotHttp', 'loadBalancing', '["tcp"]', 'MeshPort.http()'),
  port('settings of UDP', MeshPort.udp(8125, { circuitBreaker: BREAKER }), 'NotHttp', 'circuitBreaker', '["udp"]', 'passes no proxy'),
  port('nobody who chooses for one port', MeshPort.grpc(50051, { loadBalancing: LoadBalancing.passthrough() }), 'InvalidLoadBalancing', 'loadBalancing', '"passthrough"', 'Say it of the service'),
  port('near pods of one port, as Kubernetes has it', MeshPort.grpc(50051, { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }) }),
    'IneffectiveLocality', 'loadBalancing.locality', '"PreferSameZone"', 'Say it of the service'),
  port('a zone of one port, and nobody who says what is well', MeshPort.grpc(50051, { loadBalancing: LoadBalancing.random({ locality: Locality.failover() }) }),
    'IneffectiveLocality', 'loadBalancing.locality', '"failover"', 'Add circuitBreaker'),
  {
    mistake: 'a breaker of one port that opens for none of three pods',
    make: world => world.service('orders', { ports: [MeshPort.http(8080), MeshPort.grpc(50051, { circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(10) }) })] }),
    code: 'InvalidCircuitBreaker',
    path: 'shop/orders',
    property: 'ports[1].circuitBreaker.maxEjection',
    received: '10',
    fix: ['Percent.of(34)'],
  },
  {
    mistake: 'the balance of a port of a headless service',
    make: world => world.service('orders', { headless: true, ports: [MeshPort.http(8080, { loadBalancing: LoadBalancing.random() })] }),
    code: 'HeadlessService',
    path: 'shop/orders',
    property: 'ports[0].loadBalancing',
    received: '"a LoadBalancing"',
    fix: ['Leave it out'],
  },
  {
    mistake: 'settings of peers',
    make: world => world.service('orders', { peers: [MeshPort.tcp(7000, { name: 'tcp-raft', connectionPool: LONG })] }),
    code: 'HeadlessService',
    path: 'shop/orders',
    property: 'peers[0].connectionPool',
    received: '7000',
    fix: ['Leave it out'],
  },

  version('a time of one version of TCP', { connectionPool: LONG }, 'InvalidConnectionPool', 'connectionPool.idleTimeout', '"30 minutes"', 'Say it of the service', [MeshPort.http(8080), MeshPort.tcp(6379)]),
  version('an age of one version of TCP', { connectionPool: ConnectionPool.of({ maxConnectionDuration: Duration.hours(1) }) },
    'InvalidConnectionPool', 'connectionPool.maxConnectionDuration', '"60 minutes"', 'Say it of the service', [MeshPort.tcp(6379)]),
  {
    mistake: 'a bound of a version beside a budget of the service',
    make: world => new ServiceVersion(world.shop, 'eu', {
      service: world.service('orders', { retryBudget: RetryBudget.of(Percent.of(20)) }), connectionPool: ConnectionPool.of({ maxRetries: 3 }),
    }),
    code: 'InvalidRetries',
    path: 'shop/eu',
    property: 'retryBudget',
    received: '3',
    fix: ['Leave one of the two out'],
  },
  version('a hash of one version of TCP', { loadBalancing: LoadBalancing.bySourceAddress() }, 'InvalidLoadBalancing', 'loadBalancing', '"bySourceAddress"', 'Say it of the service', [MeshPort.tcp(6379)]),
  version('near pods of one version, as Kubernetes has it', { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }) },
    'IneffectiveLocality', 'loadBalancing.locality', '"PreferSameZone"', 'Say it of the service'),
  version('nobody who chooses for one version', { loadBalancing: LoadBalancing.passthrough() }, 'InvalidLoadBalancing', 'loadBalancing', '"passthrough"', 'Say it of the service'),
  version('a budget of a version beside settings of a port', { retryBudget: RetryBudget.of(Percent.of(20)) }, 'InvalidRetries', 'retryBudget', '"a RetryBudget"', 'maxRetries', [
    MeshPort.http(8080, { connectionPool: ConnectionPool.of({ maxConnections: 5 }) }), MeshPort.http(9090, { name: 'http-b' }),
  ]),
  version('a budget of a version of TCP', { retryBudget: RetryBudget.of(Percent.of(20)) }, 'NotHttp', 'retryBudget', '["tcp"]', 'MeshPort.http()', [MeshPort.tcp(6379)]),
  version('a breaker of a version that opens for none of three pods', { circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(10) }) },
    'InvalidCircuitBreaker', 'replicas.circuitBreaker.maxEjection', '10', 'Percent.of(34)'),
  {
    mistake: 'a pool of a version of an existing service that says nothing',
    make: world => new ExistingService(world.shop, 'reports', {
      serviceAccount: 'reports', podLabels: { app: 'reports' }, ports: [MeshPort.http(80)], versions: [{ name: 'blue', labels: { color: 'blue' }, connectionPool: ConnectionPool.of({}) }],
    }),
    code: 'InvalidConnectionPool',
    path: 'shop/reports',
    property: 'versions[0].connectionPool',
    received: '{}',
    fix: ['leave connectionPool out'],
  },

  outside('the balance of what a program chose', { host: '*.s3.amazonaws.com', ports: [MeshPort.tls(443)], loadBalancing: LoadBalancing.random() },
    'IneffectiveEgress', 'loadBalancing', '"a LoadBalancing"', 'one host'),
  outside('the breaker of what a program chose', { ports: [MeshPort.tcp(5432, { circuitBreaker: BREAKER })], addresses: ['10.8.0.0/16'] },
    'IneffectiveEgress', 'ports[0].circuitBreaker', '"a CircuitBreaker"', 'one host'),
  outside('a zone outside', { loadBalancing: LoadBalancing.random({ locality: Locality.failover() }), circuitBreaker: BREAKER },
    'IneffectiveLocality', 'loadBalancing.locality', '"of the callers"', 'Leave it out'),
  ...[Duration.hours(2), Duration.seconds(0)].map(idleTimeout => ({
    mistake: `a quiet connection to a gateway, for ${idleTimeout.toHumanString()}`,
    make: (world: World) => new ExternalService(world.shop, 'bank', {
      host: 'db.bank.example.com', ports: [MeshPort.tcp(5432)], through: new EgressGateway(world.shop, 'egress'), connectionPool: ConnectionPool.of({ idleTimeout }),
    }),
    code: 'InvalidConnectionPool' as const,
    path: 'shop/bank',
    property: 'connectionPool.idleTimeout',
    received: JSON.stringify(idleTimeout.toHumanString()),
    fix: ['Duration.hours(1)'],
  })),
  outside('an upgrade to what has no proxy', { connectionPool: ConnectionPool.of({ protocol: UpstreamProtocol.HTTP2 }) },
    'InvalidConnectionPool', 'connectionPool.protocol', '"UPGRADE"', 'MeshPort.http2(80)'),
  outside('an upgrade of one port to what has no proxy', {
    ports: [MeshPort.tls(443), MeshPort.http(80, { connectionPool: ConnectionPool.of({ protocol: UpstreamProtocol.HTTP2 }) })],
  }, 'InvalidConnectionPool', 'ports[1].connectionPool.protocol', '"UPGRADE"', 'MeshPort.http2(80)'),
  outside('a breaker that opens for no one address', { endpoints: [Endpoint.of('203.0.113.7')], circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(50) }) },
    'InvalidCircuitBreaker', 'circuitBreaker.maxEjection', '50', 'Percent.of(100) at least, name more endpoints'),
  outside('nobody who chooses outside', { loadBalancing: LoadBalancing.passthrough() }, 'InvalidLoadBalancing', 'loadBalancing', '"passthrough"', 'another way'),
  outside('a budget beside TLS of one port', { ports: [MeshPort.http(80, { tls: TlsOrigination.simple() }), MeshPort.http(8080, { name: 'http-b' })], retryBudget: RetryBudget.of(Percent.of(20)) },
    'InvalidRetries', 'retryBudget', '"a RetryBudget"', 'maxRetries of a ConnectionPool'),
];

function server(mistake: string, props: Partial<MeshServiceProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => world.service('orders', props), code, path: 'shop/orders', property, received, fix: [fix] };
}

function under(property: string, rest: string): string {
  return rest === '' || rest.startsWith('[') ? `${property}${rest}` : `${property}.${rest}`;
}

function pool(
  mistake: string, options: ConnectionPoolOptions, code: ErrorCode, property: string, received: string, fix: string, ports = [MeshPort.http(8080)],
): WrongInput {
  return server(mistake, { connectionPool: ConnectionPool.of(options), ports }, code, under('connectionPool', property), received, fix);
}

function breaker(mistake: string, circuitBreaker: CircuitBreaker, property: string, received: string, fix: string): WrongInput {
  return server(mistake, { circuitBreaker }, 'InvalidCircuitBreaker', under('circuitBreaker', property), received, fix);
}

function budget(
  mistake: string, retryBudget: RetryBudget, code: ErrorCode, property: string, received: string, fix: string, props: Partial<MeshServiceProps> = {},
): WrongInput {
  return server(mistake, { ...props, retryBudget }, code, `retryBudget${property}`, received, fix);
}

function balance(
  mistake: string, loadBalancing: LoadBalancing, code: ErrorCode, property: string, received: string, fix: string,
  props: Partial<MeshServiceProps> = {},
): WrongInput {
  return server(mistake, { ...props, loadBalancing }, code, under('loadBalancing', property), received, fix);
}

function cookie(mistake: string, options: CookieLoadBalancingOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return balance(mistake, LoadBalancing.byCookie('session', options), code, property, received, fix);
}

function distribution(mistake: string, shares: LocalityShare[], code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return balance(mistake, LoadBalancing.random({ locality: Locality.distribution(shares) }), code, `locality.distribution${property}`, received, fix);
}

function failover(mistake: string, options: FailoverOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return balance(mistake, LoadBalancing.random({ locality: Locality.failover(options) }), code, `locality.${property}`, received, fix, { circuitBreaker: BREAKER });
}

/** Of the second port, beside one of HTTP. */
function port(mistake: string, second: MeshPort, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return server(mistake, { ports: [MeshPort.http(8080), second] }, code, `ports[1].${property}`, received, fix);
}

function version(
  mistake: string, props: HostTrafficProps, code: ErrorCode, property: string, received: string, fix: string, ports = [MeshPort.http(8080)],
): WrongInput {
  return {
    mistake, make: world => new ServiceVersion(world.shop, 'eu', { service: world.service('orders', { ports }), ...props }), code, path: 'shop/eu', property, received, fix: [fix],
  };
}

function outside(
  mistake: string, props: Partial<ExternalServiceProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: world => new ExternalService(world.shop, 'bank', { host: 'api.bank.example.com', ports: [MeshPort.http(80)], ...props }),
    code,
    path: 'shop/bank',
    property,
    received,
    fix: [fix],
  };
}
