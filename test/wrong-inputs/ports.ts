import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  CircuitBreaker, ExistingService, ExistingWorkload, IpFamilies, LoadBalancing, Locality, Mesh, MeshPort, MeshServiceProps, RouteMatch,
  TlsOrigination,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

export const wrongPorts: WrongInput[] = [
  ports('an empty list of ports', () => [], 'MissingPorts', 'ports', '[]', 'MeshPort.http(8080)'),
  ...[0, -80, 65536, 1.5, NaN].map(port => ports(
    `the port ${port}`, () => [MeshPort.http(port)], 'InvalidPort', 'ports[0].port', String(port), 'to which the clients connect')),
  ports('a low port without a target', () => [MeshPort.http(80)], 'InvalidPort', 'ports[0].targetPort', '80', 'MeshPort.http(80, { targetPort: 8080 })'),
  ports('a low target port', () => [MeshPort.grpc(50051, { targetPort: 1023 })], 'InvalidPort', 'ports[0].targetPort', '1023', 'below 1024'),
  ports('a target port over 65535', () => [MeshPort.http(80, { targetPort: 70000 })], 'InvalidPort', 'ports[0].targetPort', '70000', 'targetPort: 8080'),
  ...[15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090].map(port => ports(
    `the proxy's own port ${port}`, () => [MeshPort.http(80, { targetPort: port })], 'InvalidPort', 'ports[0].targetPort', String(port), 'Choose one other than')),
  ports('the name of gRPC-Web on a port of gRPC', () => [MeshPort.grpc(8080, { name: 'grpc-web' })], 'InvalidPortName', 'ports[0].name', '"grpc-web"', 'MeshPort.grpcWeb()'),
  ports('a name of gRPC-Web\'s on a port of gRPC', () => [MeshPort.grpc(8080, { name: 'grpc-web-shop' })], 'InvalidPortName', 'ports[0].name', '"grpc-web-shop"', 'MeshPort.grpcWeb()'),
  ports('two ports of UDP of one number', () => [MeshPort.udp(53053), MeshPort.udp(53053, { name: 'udp-b' })], 'DuplicatePort', 'ports[1]', '"53053/udp"', 'number'),
  ports('a low port of UDP', () => [MeshPort.udp(53)], 'InvalidPort', 'ports[0].targetPort', '53', 'MeshPort.udp(53, { targetPort: 8080 })'),
  ports('a low port of gRPC-Web', () => [MeshPort.grpcWeb(80)], 'InvalidPort', 'ports[0].targetPort', '80', 'MeshPort.grpcWeb(80'),
  ...([
    ['http', 'kubernetes.io/h2c'], ['http', 'grpc'], ['http', ''], ['http2', 'kubernetes.io/ws'], ['grpc', 'kubernetes.io/h2c'], ['tcp', 'redis'], ['tls', 'http'], ['udp', 'udp'],
  ] as const).map(([protocol, appProtocol]) => ports(
    `the appProtocol ${appProtocol || 'of no letters'} on a port of ${protocol}`, () => [MeshPort[protocol](8080, { appProtocol })], 'InvalidPort', 'ports[0].appProtocol', JSON.stringify(appProtocol),
    'eave it out')),
  ...(['loadBalancing', 'circuitBreaker'] as const).map((property): WrongInput => ({
    mistake: `${property} of a service of UDP alone`,
    make: world => world.service('statsd', {
      ports: [MeshPort.udp(8125)], ...(property === 'loadBalancing' ? { loadBalancing: LoadBalancing.random() } : { circuitBreaker: CircuitBreaker.consecutiveErrors(5) }),
    }),
    code: 'NotHttp',
    path: 'shop/statsd',
    property,
    received: '["udp"]',
    fix: ['UDP passes no proxy'],
  })),
  ...([
    ['loadBalancing', { loadBalancing: LoadBalancing.random() }], ['circuitBreaker', { circuitBreaker: CircuitBreaker.consecutiveErrors(5) }],
  ] as [string, Partial<MeshServiceProps>][]).map(([property, props]): WrongInput => ({
    mistake: `${property} of a headless service`,
    make: world => world.service('orders', { headless: true, ...props }),
    code: 'HeadlessService',
    path: 'shop/orders',
    property,
    received: JSON.stringify(`a ${property[0].toUpperCase()}${property.slice(1)}`),
    fix: ['or headless'],
  })),
  {
    mistake: 'another target port of a headless service',
    make: world => world.service('orders', { headless: true, ports: [MeshPort.tcp(9090), MeshPort.http(80, { targetPort: 8080 })] }),
    code: 'HeadlessService',
    path: 'shop/orders',
    property: 'ports[1].targetPort',
    received: '8080',
    fix: ['on which the container listens', '8080'],
  },
  {
    mistake: 'a route of a headless service',
    make: world => world.service('orders', { headless: true }).addRoute('testers', { match: [RouteMatch.headerPresent('x-user')], version: 'v1' }),
    code: 'HeadlessService',
    path: 'shop/orders',
    property: 'addRoute(testers)',
    received: '"orders"',
    fix: ['Leave headless out'],
  },
  ...(['headless', 'ipFamilies'] as const).map((property): WrongInput => ({
    mistake: `${property} of a worker`,
    make: world => world.service('worker', { ports: undefined, ...(property === 'headless' ? { headless: true } : { ipFamilies: IpFamilies.ipv6() }) }),
    code: 'NotCallable',
    path: 'shop/worker',
    property,
    received: property === 'headless' ? 'true' : '"a IpFamilies"',
    fix: ['give the service ports'],
  })),
  {
    mistake: 'the Kubernetes Service of a chart that is to prefer a zone',
    make: world => new ExistingService(world.shop, 'reports', {
      serviceAccount: 'reports', podLabels: { app: 'reports' }, ports: [MeshPort.http(8080)], loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }),
    }),
    code: 'NotOurs',
    path: 'shop/reports',
    property: 'loadBalancing.locality',
    received: '"PreferSameZone"',
    fix: ['Locality.failover()'],
  },
  {
    mistake: 'appProtocol of a Service that a chart writes',
    make: world => new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' }, ports: [MeshPort.http(8080, { appProtocol: 'http' })] }),
    code: 'InvalidPort',
    path: 'shop/reports',
    property: 'ports[0].appProtocol',
    received: '"http"',
    fix: ['Leave it out'],
  },
  {
    mistake: 'HTTP among peers',
    make: world => world.service('ledger', { peers: [MeshPort.mongo(27017)] }),
    code: 'InvalidPort',
    path: 'shop/ledger',
    property: 'peers[0]',
    received: '27017',
    fix: ['MeshPort.tcp(27017)'],
  },
  {
    mistake: 'the proxies calling over UDP',
    make: (world) => {
      const statsd = world.service('statsd', { ports: [MeshPort.udp(8125)] });
      new Mesh(world.app, 'mesh').proxiesCall(statsd);
    },
    code: 'InvalidPort',
    path: 'mesh',
    property: 'proxiesCall(statsd).port',
    received: '"udp"',
    fix: ['HTTP or gRPC'],
  },
  ...([
    ['anybody of the mesh', {}], ['an account alone', { namespace: 'web', serviceAccount: 'web' }],
  ] as [string, object][]).map(([who, props]): WrongInput => ({
    mistake: `UDP from ${who}`,
    make: world => new ExistingWorkload(world.app, 'web', props).calls(world.service('statsd', { ports: [MeshPort.udp(8125)] })),
    code: 'NoIdentity',
    path: 'web',
    property: 'calls(statsd)',
    received: '"web"',
    fix: ['podLabels'],
  })),
  {
    mistake: 'a timeout over UDP',
    make: world => world.service('orders').calls(world.service('statsd', { ports: [MeshPort.udp(8125)] }), { timeout: Duration.seconds(1) }),
    code: 'NotHttp',
    path: 'shop/orders',
    property: 'calls(statsd).timeout',
    received: '"1 second"',
    fix: ['Leave it out'],
  },
  {
    mistake: 'a TCP probe of a port of UDP',
    make: (world) => {
      world.service('statsd', { ports: [MeshPort.udp(8125)], readiness: kplus.Probe.fromTcpSocket({ port: 8125 }) });
      world.synth();
    },
    code: 'InvalidProbe',
    path: 'shop/statsd',
    property: 'pod.containers[0].readinessProbe.tcpSocket.port',
    received: '8125',
    fix: ['fromCommand()'],
  },
  {
    mistake: 'a plain HTTP probe of a port of TLS',
    make: (world) => {
      world.service('vault', { ports: [MeshPort.tls(8200)], readiness: kplus.Probe.fromHttpGet('/v1/sys/health', { port: 8200 }) });
      world.synth();
    },
    code: 'InvalidProbe',
    path: 'shop/vault',
    property: 'pod.containers[0].readinessProbe.httpGet.port',
    received: '8200',
    fix: ['scheme'],
  },
  ports('TLS of the proxy within the mesh', () => [MeshPort.http(8080, { tls: TlsOrigination.simple() })], 'InvalidPort', 'ports[0].tls', '8080', 'encrypt between themselves'),
  ports('two ports of one name', () => [MeshPort.http(8080), MeshPort.http(9090)], 'DuplicatePort', 'ports[1]', '"http"', 'Name each port'),
  ports('two ports of one number', () => [MeshPort.http(8080), MeshPort.grpc(8080, { targetPort: 9090 })], 'DuplicatePort', 'ports[1]', '"8080"', 'number'),
  ports('two ports of one target', () => [MeshPort.http(80, { targetPort: 8080 }), MeshPort.grpc(8080)], 'DuplicatePort', 'ports[1]', '"8080"', 'on which the container listens'),
  ports('a port name of another protocol', () => [MeshPort.http(8080, { name: 'web' })], 'InvalidPortName', 'ports[0].name', '"web"', 'http-web'),
  ports('a port name that only looks like the protocol', () => [MeshPort.http(8080, { name: 'httpx' })], 'InvalidPortName', 'ports[0].name', '"httpx"', 'http-httpx'),
  ports('the name http2 on an HTTP/1.1 port', () => [MeshPort.http(8080, { name: 'http2' })], 'InvalidPortName', 'ports[0].name', '"http2"', 'http-http2'),
  ports('a port name in capitals', () => [MeshPort.http(8080, { name: 'http-Admin' })], 'InvalidName', 'ports[0].name', '"http-Admin"', 'lower case'),
  ports('an empty port name', () => [MeshPort.http(8080, { name: '' })], 'InvalidName', 'ports[0].name', '""', 'lower case'),
  ports('a port name of two dashes in a row', () => [MeshPort.http(8080, { name: 'http--admin' })], 'InvalidName', 'ports[0].name', '"http--admin"', 'one dash'),
  ports('a port name over 15 characters', () => [MeshPort.http(8080, { name: 'http-administration' })], 'NameTooLong', 'ports[0].name', '"http-administration"', 'Shorten it by 4'),
];

function ports(mistake: string, list: () => MeshPort[] | undefined, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => world.service('orders', { ports: list() as MeshPort[] }), code, path: 'shop/orders', property, received, fix: [fix] };
}
