import { Duration } from 'cdk8s';
import {
  CanaryEngine, ConnectionPool, ConnectionPoolOptions, ConnectionRouteOptions, ExistingWorkload, ExternalService, GatewayServer, LoadBalancing,
  MeshGateway, MeshPort, MeshService, ServiceVersion,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const PAY = 'pay.example.com';
const NAMED = MeshPort.tls(8443, { sniHosts: [PAY, '*.eu.example.com'] });
const TCP = MeshPort.tcp(5432);

/** What is said of connections, by their names and by who makes them. */
export const wrongConnectionRoutes: WrongInput[] = [
  ports('names of plain TCP', [MeshPort.tcp(5432, { sniHosts: [PAY] })], 'InvalidPort', `["${PAY}"]`, 'MeshPort.tls(5432)'),
  ports('names of requests', [MeshPort.http(8080, { sniHosts: [PAY] })], 'InvalidPort', `["${PAY}"]`, 'leave them out'),
  ports('no names', [MeshPort.tls(8443, { sniHosts: [] })], 'EmptyList', '[]', 'own host'),
  ports('a name of one label', [MeshPort.tls(8443, { sniHosts: ['pay'] })], 'InvalidHost', '"pay"', 'api.example.com', '[0]'),
  ports('every name', [MeshPort.tls(8443, { sniHosts: ['*'] })], 'InvalidHost', '"*"', 'api.example.com', '[0]'),
  ports('an address as a name', [MeshPort.tls(8443, { sniHosts: ['10.0.0.1'] })], 'InvalidHost', '"10.0.0.1"', 'address', '[0]'),
  ports('a name twice', [MeshPort.tls(8443, { sniHosts: [PAY, PAY] })], 'InvalidHost', `"${PAY}"`, 'once', '[1]'),
  ports('a name of another service', [MeshPort.tls(8443, { sniHosts: ['orders.shop.svc.cluster.local'] })], 'InvalidHost', '"orders.shop.svc.cluster.local"', 'ledger.shop.svc.cluster.local', '[0]'),
  ...['*.shop.svc', 'orders.shop.svc', 'orders.shop'].map(name => ({
    ...ports(`the names of other services without the cluster's domain: ${name}`, [], 'InvalidHost', `"${name}"`, 'ledger.shop.svc.cluster.local', '[0]'),
    make: (world: World) => {
      world.service('orders');
      world.service('ledger', { ports: [MeshPort.tls(8443, { sniHosts: [name] })] });
      world.synth();
    },
  })),
  ports('the names of all services', [MeshPort.tls(8443, { sniHosts: ['*.shop.svc.cluster.local'] })], 'InvalidHost', '"*.shop.svc.cluster.local"', 'outside of cluster.local', '[0]'),
  ports('the names of the cluster', [MeshPort.tls(8443, { sniHosts: ['*.cluster.local'] })], 'InvalidHost', '"*.cluster.local"', 'outside of cluster.local', '[0]'),
  ports('another name beside requests', [MeshPort.tls(8443, { sniHosts: [PAY] }), MeshPort.http(8080)], 'InvalidHost', `"${PAY}"`, 'service of its own', '[0]'),
  {
    mistake: 'names of a headless service',
    make: world => world.service('ledger', { ports: [NAMED], headless: true }),
    code: 'HeadlessService',
    path: 'shop/ledger',
    property: 'ports[0].sniHosts',
    received: '"ledger"',
    fix: ['Leave headless out'],
  },
  {
    mistake: 'names where the network picks the pod',
    make: world => world.service('ledger', { ports: [NAMED], loadBalancing: LoadBalancing.passthrough() }),
    code: 'InvalidLoadBalancing',
    path: 'shop/ledger',
    property: 'ports[0].sniHosts',
    received: '"ledger"',
    fix: ['another way'],
  },
  {
    mistake: 'names among peers',
    make: world => world.service('ledger', { ports: [TCP], peers: [MeshPort.tcp(7000, { name: 'tcp-raft', sniHosts: [PAY] })] }),
    code: 'InvalidPort',
    path: 'shop/ledger',
    property: 'peers[0].sniHosts',
    received: `["${PAY}"]`,
    fix: ['Leave them out'],
  },
  {
    mistake: 'names of something outside',
    make: world => new ExternalService(world.shop, 'bank', { host: 'api.bank.com', ports: [MeshPort.tls(443, { sniHosts: [PAY] })] }),
    code: 'InvalidPort',
    path: 'shop/bank',
    property: 'ports[0].sniHosts',
    received: `["${PAY}"]`,
    fix: ['Leave them out'],
  },
  ...[true, false].map((inMesh): WrongInput => ({
    mistake: `names of what another app routes, ${inMesh ? 'with' : 'without'} a proxy`,
    make: world => new ExistingWorkload(world.app, 'bank', { namespace: 'bank', podLabels: { app: 'bank' }, inMesh, ports: [MeshPort.tls(443, { sniHosts: [PAY] })] }),
    code: 'InvalidPort',
    path: 'bank',
    property: 'ports[0].sniHosts',
    received: `["${PAY}"]`,
    fix: ['Leave them out'],
  })),
  {
    mistake: 'the name of something outside',
    make: (world) => {
      new ExternalService(world.shop, 'bank', { host: 'de.eu.example.com', ports: [MeshPort.tls(443)] });
      world.service('ledger', { ports: [NAMED] });
      world.synth();
    },
    code: 'AmbiguousHost',
    path: 'shop/ledger',
    property: 'ports[0].sniHosts[1]',
    received: '"*.eu.example.com"',
    fix: ['names of its own'],
  },
  {
    mistake: 'a name of two services',
    make: (world) => {
      world.service('ledger', { ports: [NAMED] });
      world.service('bank', { ports: [MeshPort.tls(8443, { sniHosts: [PAY] })] });
      world.synth();
    },
    code: 'AmbiguousHost',
    path: 'shop/bank',
    property: 'ports[0].sniHosts[0]',
    received: `"${PAY}"`,
    fix: ['names of its own'],
  },
  {
    mistake: 'versions of TLS whose names nobody says',
    make: (world) => {
      new ServiceVersion(world.shop, 'replica', { service: world.service('ledger', { ports: [MeshPort.tls(8443)] }) });
    },
    code: 'NotReleasable',
    path: 'shop/replica',
    property: 'service',
    received: '"ledger"',
    fix: ['MeshPort.tcp(8443)', 'sniHosts'],
  },

  route('a route without a way', [TCP], ({ frontend }) => ({ clients: [frontend] }), 'InvalidRoute', '.version', 'undefined', 'version or versions'),
  route('a route of two ways', [TCP], ({ frontend }) => ({ clients: [frontend], version: 'v1', versions: { v1: 100 } }), 'InvalidRoute', '.versions', '["version","versions"]', 'Leave one of them out'),
  route('a route for all connections', [TCP], () => ({ version: 'v1' }), 'InvalidRoute', '.clients', 'undefined', 'Name the clients'),
  route('a route for all names', [NAMED], () => ({ version: 'v1' }), 'InvalidRoute', '.sniHosts', 'undefined', 'weight'),
  route('a route for nobody', [TCP], () => ({ clients: [], version: 'v1' }), 'EmptyList', '.clients', '[]', 'whoever calls'),
  route('a route for the service itself', [TCP], ({ ledger }) => ({ clients: [ledger], version: 'v1' }), 'CallToSelf', '.clients[0]', '"shop/ledger"', 'Leave it out here'),
  route('a route for no name', [NAMED], () => ({ sniHosts: [], version: 'v1' }), 'EmptyList', '.sniHosts', '[]', 'all names'),
  route('names in plain TCP', [TCP], () => ({ sniHosts: [PAY], version: 'v1' }), 'InvalidRoute', '.sniHosts', `["${PAY}"]`, 'MeshPort.tls(5432'),
  route('a name that is none', [NAMED], () => ({ sniHosts: ['https://pay'], version: 'v1' }), 'InvalidHost', '.sniHosts[0]', '"https://pay"', 'no scheme'),
  route('a name in a route twice', [NAMED], () => ({ sniHosts: [PAY, PAY], version: 'v1' }), 'InvalidHost', '.sniHosts[1]', `"${PAY}"`, 'once'),
  route('a name that the port does not have', [NAMED], () => ({ sniHosts: ['bank.example.com'], version: 'v1' }), 'InvalidHost', '.sniHosts[0]', '"bank.example.com"', 'sniHosts of the port'),
  route('a wildcard around a name of the port', [NAMED], () => ({ sniHosts: ['*.example.com'], version: 'v1' }), 'InvalidHost', '.sniHosts[0]', '"*.example.com"', PAY),
  route('a route of TLS whose names nobody says', [MeshPort.tls(8443)], ({ frontend }) => ({ clients: [frontend], version: 'v1' }), 'InvalidRoute', '.port', '"tls"', 'sniHosts: [...]'),
  route('a route of Redis', [MeshPort.redis(6379)], ({ frontend }) => ({ clients: [frontend], version: 'v1' }), 'InvalidRoute', '.port', '"redis"', 'MeshPort.tcp(6379)'),
  route('a route of connections that are requests', [MeshPort.http(8080)], ({ frontend }) => ({ clients: [frontend], version: 'v1' }), 'InvalidRoute', '.port', '["http"]', 'addRoute'),
  route('a route of UDP', [TCP, MeshPort.udp(8125)], ({ frontend }) => ({ port: 'udp', clients: [frontend], version: 'v1' }), 'InvalidRoute', '.port', '"udp"', 'passes no proxy', 'tcp'),
  route('a port that is not there', [TCP], ({ frontend }) => ({ port: 'mysql', clients: [frontend], version: 'v1' }), 'UnknownPort', '.port', '"mysql"', 'Use tcp'),
  route('one of two ports', [TCP, MeshPort.mysql(3306)], ({ frontend }) => ({ clients: [frontend], version: 'v1' }), 'AmbiguousPort', '.port', 'undefined', 'tcp or mysql', 'tcp'),
  route('a version that is not there', [TCP], ({ frontend }) => ({ clients: [frontend], version: 'v9' }), 'UnknownVersion', '.version', '"v9"', 'v1, replica'),
  route('a share for a version that is not there', [TCP], ({ frontend }) => ({ clients: [frontend], versions: { v1: 50, v9: 50 } }), 'UnknownVersion', '.versions', '"v9"', 'v1, replica'),
  route('half of the connections', [TCP], ({ frontend }) => ({ clients: [frontend], versions: { v1: 50 } }), 'InvalidWeights', '.versions', '[50]', 'make 50'),
  route('connections without shares', [TCP], ({ frontend }) => ({ clients: [frontend], versions: {} }), 'EmptyList', '.versions', '{}', 'share'),
  route('a client that does not call', [TCP], ({ world }) => ({ clients: [world.service('reports')], version: 'v1' }), 'UndeclaredCall', '.clients[0]', '"reports"', 'reports.calls'),
  route('a client of another port', [TCP, MeshPort.mysql(3306)], ({ frontend }) => ({ port: 'mysql', clients: [frontend], version: 'v1' }), 'UndeclaredCall', '.clients[0]', '"frontend"', 'mysql', 'tcp'),
  route('a client twice', [TCP], ({ frontend }) => ({ clients: [frontend, frontend], version: 'v1' }), 'InvalidRoute', '.clients[1]', '"shop/frontend"', 'Leave it out'),
  route('a client of another app', [TCP], () => ({ clients: [new World().service('stranger')], version: 'v1' }), 'OtherApp', '.clients[0]', '"shop/stranger"', 'this app'),
  route('a version that is nobody of its own', [TCP], ({ world, frontend }) => ({ clients: [new ServiceVersion(world.shop, 'beta', { service: frontend })], version: 'v1' }),
    'NotOurs', '.clients[0]', '"shop/beta"', 'ownIdentity'),
  route('a route of connections named badly', [TCP], ({ frontend }) => ({ clients: [frontend], version: 'v1' }), 'InvalidName', '.name', '"Readers!"', 'lower case', undefined, 'Readers!'),
  second('two routes of connections of one name', [TCP], ({ batch }) => ({ clients: [batch], version: 'v1' }), ['route', 'route'], 'DuplicateRoute', '.name', '"route"', 'another name'),
  second('a client of two routes', [TCP], ({ frontend }) => ({ clients: [frontend], version: 'v1' }), ['route', 'more'], 'UnreachableRoute', '', '"frontend"', 'narrower'),
  second('a name of two routes', [NAMED], () => ({ sniHosts: [PAY], version: 'v1' }), ['route', 'more'], 'UnreachableRoute', '', `"${PAY}"`, 'narrower', () => ({ sniHosts: [PAY], version: 'replica' })),
  second('a name of a client behind the same of all', [NAMED], ({ frontend }) => ({ sniHosts: [PAY], clients: [frontend], version: 'v1' }), ['route', 'more'], 'UnreachableRoute', '', `"${PAY} of frontend"`,
    'narrower', () => ({ sniHosts: [PAY], version: 'replica' })),
  {
    mistake: 'a route of connections to a worker',
    make: (world) => {
      const frontend = world.service('frontend');
      world.service('ledger', { ports: undefined }).addConnectionRoute('route', { clients: [frontend], version: 'v1' });
    },
    code: 'NotCallable',
    path: 'shop/ledger',
    property: 'addConnectionRoute(route)',
    received: '"ledger"',
    fix: ['ports'],
  },
  {
    mistake: 'a route of connections to pods that clients pick',
    make: (world) => {
      const frontend = world.service('frontend');
      world.service('ledger', { ports: [TCP], headless: true }).addConnectionRoute('route', { clients: [frontend], version: 'v1' });
    },
    code: 'HeadlessService',
    path: 'shop/ledger',
    property: 'addConnectionRoute(route)',
    received: '"ledger"',
    fix: ['Leave headless out'],
  },
  {
    mistake: 'plain TCP of a gateway to a port whose connections go by name',
    make: (world) => {
      const { ledger } = described(world, [NAMED]);
      new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.tcp(8443)] }).exposes(ledger, {});
      ledger.addConnectionRoute('route', { sniHosts: [PAY], version: 'replica' });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(ledger)',
    received: '"tls"',
    fix: ['tlsPassthrough()'],
  },
  argo('a client\'s connections beside Argo Rollouts', [TCP], frontend => ({ clients: [frontend], version: 'v1' }), 'addConnectionRoute(route).clients', '"route"', 'CanaryEngine.static()'),
  argo('all names beside Argo Rollouts', [NAMED], () => ({ sniHosts: [PAY, '*.eu.example.com', 'ledger.shop.svc.cluster.local'], version: 'v1' }), 'ports', '"tls"', 'Leave a name'),
  {
    mistake: 'a release of connections by Flagger',
    make: world => world.release(world.service('ledger', { ports: [NAMED] }), { engine: CanaryEngine.flagger(), image: undefined, stage: undefined, stages: [0, 50, 100] }),
    code: 'UnsupportedByEngine',
    path: 'shop/ledger',
    property: 'ports',
    received: '"tls"',
    fix: ['argoRollouts() or static()'],
  },

  pings('pings of no time', { interval: Duration.millis(0), timeout: Duration.seconds(1) }, 'InvalidDuration', '.interval', '"0ms"', 'positive'),
  pings('an answer of half a millisecond', { interval: Duration.seconds(30), timeout: Duration.millis(0.5) }, 'InvalidDuration', '.timeout', '"0.5ms"', 'positive'),
  pings('pings of HTTP/1.1', { interval: Duration.seconds(30), timeout: Duration.seconds(1) }, 'InvalidConnectionPool', '', '{"interval":"a Duration","timeout":"a Duration"}', 'UpstreamProtocol.HTTP2',
    [MeshPort.http(8080)]),
  pings('pings of TCP', { interval: Duration.seconds(30), timeout: Duration.seconds(1) }, 'NotHttp', '', '{"interval":"a Duration","timeout":"a Duration"}', 'tcpKeepalive', [TCP]),
];

interface Described {
  readonly world: World;
  readonly ledger: MeshService;
  readonly frontend: MeshService;
  readonly batch: MeshService;
}

/** A ledger of two versions, where its ports let it have them, and two clients. */
function described(world: World, all: MeshPort[], port?: string): Described {
  const [ledger, frontend, batch] = [world.service('ledger', { ports: all }), world.service('frontend'), world.service('batch')];
  if (all.every(each => each._whole === undefined)) {
    new ServiceVersion(world.shop, 'replica', { service: ledger });
  }
  [frontend, batch].forEach(client => client.calls(ledger, { port }));
  return { world, ledger, frontend, batch };
}

function ports(mistake: string, all: MeshPort[], code: ErrorCode, received: string, fix: string, more = ''): WrongInput {
  const make = (world: World) => {
    world.service('ledger', { ports: all });
    world.synth();
  };
  return { mistake, make, code, path: 'shop/ledger', property: `ports[0].sniHosts${more}`, received, fix: [fix] };
}

function route(
  mistake: string, all: MeshPort[], options: (described: Described) => ConnectionRouteOptions, code: ErrorCode, more: string, received: string,
  fix: string, port?: string, name = 'route',
): WrongInput {
  const make = (world: World) => {
    const one = described(world, all, port);
    one.ledger.addConnectionRoute(name, options(one));
    world.synth();
  };
  return { mistake, make, code, path: 'shop/ledger', property: `addConnectionRoute(${name})${more}`, received, fix: [fix] };
}

/** A route behind another one. */
function second(
  mistake: string, all: MeshPort[], options: (described: Described) => ConnectionRouteOptions, names: [string, string], code: ErrorCode, more: string,
  received: string, fix: string, before: (described: Described) => ConnectionRouteOptions = ({ frontend }) => ({ clients: [frontend], version: 'replica' }),
): WrongInput {
  const make = (world: World) => {
    const one = described(world, all);
    one.ledger.addConnectionRoute(names[0], before(one));
    one.ledger.addConnectionRoute(names[1], options(one));
    world.synth();
  };
  return { mistake, make, code, path: 'shop/ledger', property: `addConnectionRoute(${names[1]})${more}`, received, fix: [fix] };
}

function argo(
  mistake: string, all: MeshPort[], options: (frontend: MeshService) => ConnectionRouteOptions, property: string, received: string, fix: string,
): WrongInput {
  const make = (world: World) => {
    const [ledger, frontend] = [world.service('ledger', { ports: all }), world.service('frontend')];
    frontend.calls(ledger);
    ledger.addConnectionRoute('route', options(frontend));
    world.release(ledger, { engine: CanaryEngine.argoRollouts(), image: undefined, stage: undefined, stages: [0, 50, 100] });
    world.synth();
  };
  return { mistake, make, code: 'UnsupportedByEngine', path: 'shop/ledger', property, received, fix: [fix] };
}

function pings(
  mistake: string, http2Keepalive: ConnectionPoolOptions['http2Keepalive'], code: ErrorCode, more: string, received: string, fix: string,
  all = [MeshPort.grpc(50051)],
): WrongInput {
  const make = (world: World) => world.service('orders', { ports: all, connectionPool: ConnectionPool.of({ http2Keepalive }) });
  return { mistake, make, code, path: 'shop/orders', property: `connectionPool.http2Keepalive${more}`, received, fix: [fix] };
}
