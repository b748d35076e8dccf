import { Chart, Duration } from 'cdk8s';
import { CallOptions, ExistingWorkload, ExternalService, MeshPort, MeshServiceProps, Retries } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HTTP = { ports: [MeshPort.http(8080)] };
const GRPC = { ports: [MeshPort.grpc(50051)] };
const TCP = { ports: [MeshPort.tcp(6379)] };
const TWO = { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] };

export const wrongCalls: WrongInput[] = [
  {
    mistake: 'a DNS server, beside a host for which the proxy answers DNS',
    make: (world) => {
      const orders = world.service('orders');
      orders.calls(new ExternalService(world.shop, 'dns', { host: 'ns1.example.com', ports: [MeshPort.udp(53)] }));
      orders.calls(new ExternalService(world.shop, 'db', { host: 'db.example.com', ports: [MeshPort.tcp(5432)] }));
      world.synth();
    },
    code: 'InvalidPort',
    path: 'shop/orders',
    property: 'calls',
    received: '"shop/dns"',
    fix: ['addresses'],
  },
  {
    mistake: 'a call to oneself',
    make: (world) => {
      const orders = world.service('orders');
      orders.calls(orders);
    },
    code: 'CallToSelf',
    path: 'shop/orders',
    property: 'calls(orders)',
    received: '"shop/orders"',
    fix: ['peers', 'two'],
  },
  {
    mistake: 'a call to a service of another app',
    make: world => world.service('frontend').calls(new World().service('orders')),
    code: 'OtherApp',
    path: 'shop/frontend',
    property: 'calls(orders)',
    received: '"shop/orders"',
    fix: ['one app', 'ExistingWorkload', 'ExternalService'],
  },
  {
    mistake: 'a call of an existing workload to a service of another app',
    make: world => ingress(world).calls(new World().service('orders')),
    code: 'OtherApp',
    path: 'ingress',
    property: 'calls(orders)',
    received: '"shop/orders"',
    fix: ['one app'],
  },
  call('a port that the server does not have', HTTP, { port: 'grpc' }, 'UnknownPort', '.port', '"grpc"', 'Use one of http'),
  call('an empty port name in a call', HTTP, { port: '' }, 'UnknownPort', '.port', '""', 'Use one of http'),
  call('no port for a server of two', TWO, {}, 'AmbiguousPort', '.port', 'undefined', 'port: \'http\''),
  call('one method twice', HTTP, { methods: ['GET', 'HEAD', 'GET'] }, 'DuplicateCondition', '.methods[2]', '"GET"', 'once'),
  call('one path twice', HTTP, { paths: ['/a', '/a'] }, 'DuplicateCondition', '.paths[1]', '"/a"', 'once'),
  call('methods on TCP', TCP, { methods: ['GET'] }, 'NotHttp', '.methods', '["GET"]', 'MeshPort.http()'),
  call('paths on TCP', TCP, { paths: ['/a'] }, 'NotHttp', '.paths', '["/a"]', 'MeshPort.http()'),
  call('a timeout on TCP', TCP, { timeout: Duration.seconds(1) }, 'NotHttp', '.timeout', '"1 second"', 'Leave it out'),
  call('retries on TCP', TCP, { retries: Retries.none() }, 'NotHttp', '.retries', 'a Retries', 'Leave it out'),
  call('GET on gRPC', GRPC, { methods: ['POST', 'GET'] }, 'InvalidMethod', '.methods[1]', '"GET"', 'in paths'),
  call('GET on gRPC-Web', { ports: [MeshPort.grpcWeb(8081)] }, { methods: ['POST', 'OPTIONS', 'GET'] }, 'InvalidMethod', '.methods[2]', '"GET"', 'in paths'),
  call('OPTIONS on gRPC, which no browser speaks', GRPC, { methods: ['OPTIONS'] }, 'InvalidMethod', '.methods[0]', '"OPTIONS"', 'in paths'),
  call('a method in small letters', HTTP, { methods: ['get'] }, 'InvalidMethod', '.methods[0]', '"get"', 'GET'),
  call('a method that HTTP does not know', HTTP, { methods: ['GET', 'FETCH'] }, 'InvalidMethod', '.methods[1]', '"FETCH"', 'Use one of'),
  call('a method that no route takes', HTTP, { methods: ['CONNECT'] }, 'InvalidMethod', '.methods[0]', '"CONNECT"', 'Use one of'),
  call('a path of a value that is not set', HTTP, { paths: [`/orders/${undefined}`] }, 'UnsetValue', '.paths[0]', '"/orders/undefined"', 'put together'),
  call('a wildcard for methods', HTTP, { methods: ['*'] }, 'InvalidMethod', '.methods[0]', '"*"', 'Use one of'),
  call('no methods at all', HTTP, { methods: [] }, 'EmptyList', '.methods', '[]', 'Leave it out'),
  call('no paths at all', HTTP, { paths: [] }, 'EmptyList', '.paths', '[]', 'Leave it out'),
  ...([
    ['orders', 'in the request'],
    ['', 'in the request'],
    ['{*}/a', 'in the request'],
    ['/orders?id=1', 'leave out \'?\''],
    ['/orders#top', 'leave out \'?\''],
    ['/my orders', '%20'],
    ['/a*b', '{*}'],
    ['/a/*/b', '{*}'],
    ['*/a/*', '{*}'],
    ['**', '{*}'],
    ['/a/{id}', '{*}'],
    ['/a/x{*}', '{*}'],
    ['/{**}/a', '/files/{**}'],
    ['/a/{*}/b*', '{*}'],
    ['*/{*}', '{*}'],
    ['/a}', '{*}'],
    ['/orders/:id', '{*}'],
    ['/orders/<id>', '{*} for a segment'],
    ['/items/[0-9]+', '{*} for a segment'],
    ['/items/.*', '{*} for a segment'],
    ['/a$', '{*} for a segment'],
    ['/ü', 'encodeURI()'],
    ['/ü/{*}', 'encodeURI()'],
    ['/%zz', '%25'],
    ['/%41', 'letter by letter'],
    ['/%7e', 'letter by letter'],
    ['/%7E', 'letter by letter'],
    ['/%2d', 'letter by letter'],
    ['/%5F', 'letter by letter'],
    ['/a%2Eb', 'letter by letter'],
    ['/a%2db', 'letter by letter'],
    ['/a/../b', 'the path that results'],
    ['/a/./b', 'the path that results'],
    ['/a/%2e%2E/b', 'the path that results'],
    ['/a//b', 'one slash'],
    ['/a//{*}', 'one slash'],
  ] as const).map(([path, fix]) => call(`the path '${path}'`, HTTP, { paths: ['/ok', path] }, 'InvalidPath', '.paths[1]', JSON.stringify(path), fix)),
  ...(['/orders', '/api/orders/*', '/orders.v1.Orders', '/orders.v1.Orders/{*}', '*.html'] as const).map(path => call(
    `the gRPC path '${path}'`, GRPC, { paths: ['/orders.v1.Orders/Get', path] }, 'InvalidPath', '.paths[1]', JSON.stringify(path), '/orders.v1.Orders/*')),
  {
    mistake: 'calls to one host that is described twice',
    make: (world) => {
      const frontend = world.service('frontend');
      const stripe = (chart: Chart) => new ExternalService(chart, 'stripe', { host: 'api.stripe.com', ports: [MeshPort.tls(443)] });
      frontend.calls(stripe(world.shop));
      frontend.calls(stripe(world.chart('web', 'web')));
    },
    code: 'AmbiguousHost',
    path: 'shop/frontend',
    property: 'calls(stripe)',
    received: '"api.stripe.com"',
    fix: ['Call shop/stripe for both'],
  },
  call('a try that may take as long as the call', HTTP, { timeout: Duration.seconds(1), retries: Retries.upTo(2, { perTryTimeout: Duration.seconds(1) }) },
    'IneffectivePerTryTimeout', '.retries.perTryTimeout', '"1s"', 'shorten'),
  call('a timeout of nothing', HTTP, { timeout: Duration.seconds(0) }, 'InvalidDuration', '.timeout', '"0ms"', 'positive value'),
  call('a timeout of half a millisecond', HTTP, { timeout: Duration.millis(0.5) }, 'InvalidDuration', '.timeout', '"0.5ms"', 'Duration.millis()'),
  {
    mistake: 'one call declared twice',
    make: (world) => {
      const [frontend, orders] = [world.service('frontend'), world.service('orders')];
      frontend.calls(orders);
      frontend.calls(orders, { timeout: Duration.seconds(1) });
    },
    code: 'DuplicateCall',
    path: 'shop/frontend',
    property: 'calls(orders)',
    received: '"* *"',
    fix: ['Join both'],
  },
  {
    mistake: 'two calls that share a method and a path',
    make: (world) => {
      const [frontend, orders] = [world.service('frontend'), world.service('orders')];
      frontend.calls(orders, { methods: ['GET', 'PUT'], paths: ['/a', '/b'] });
      frontend.calls(orders, { methods: ['PUT', 'POST'], paths: ['/b', '/c'] });
    },
    code: 'DuplicateCall',
    path: 'shop/frontend',
    property: 'calls(orders)',
    received: '"PUT /b"',
    fix: ['Join both', 'paths or methods'],
  },
  {
    mistake: 'one call of an existing workload declared twice',
    make: (world) => {
      const [gateway, orders] = [ingress(world), world.service('orders')];
      gateway.calls(orders, { paths: ['/a'] });
      gateway.calls(orders, { paths: ['/a'] });
    },
    code: 'DuplicateCall',
    path: 'ingress',
    property: 'calls(orders)',
    received: '"* /a"',
    fix: ['Join both'],
  },
  {
    mistake: 'a call of an existing workload without the port',
    make: world => ingress(world).calls(world.service('orders', TWO)),
    code: 'AmbiguousPort',
    path: 'ingress',
    property: 'calls(orders).port',
    received: 'undefined',
    fix: ['port: \'http\''],
  },
];

function ingress(world: World): ExistingWorkload {
  return new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'istio-ingress', podLabels: { istio: 'ingress' } });
}

function call(
  mistake: string, server: Partial<MeshServiceProps>, options: CallOptions, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: world => world.service('frontend').calls(world.service('orders', server), options),
    code,
    path: 'shop/frontend',
    property: `calls(orders)${property}`,
    received,
    fix: [fix],
  };
}
