import { Duration } from 'cdk8s';
import {
  CallOptions, ExistingWorkload, ExternalService, FaultInjection, FaultInjectionOptions, GrpcStatus, MeshPort, MeshServiceProps, Percent, RouteMatch,
  StringMatch,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

const QA = RouteMatch.header('x-user', StringMatch.exactly('qa'));
const PATTERN = RouteMatch.path(StringMatch.regex('/[a-z]+'));

export const wrongFaultInjections: WrongInput[] = [
  ...[0, 200, 399, 600, 503.5].map(status => called(
    `an abort with status ${status}`, () => FaultInjection.abort(status), 'InvalidFault', 'faults[0].status', String(status), 'such as 503')),
  called('a delay of no time', () => FaultInjection.delay(Duration.millis(0)), 'InvalidDuration', 'faults[0].duration', '"0ms"', 'positive'),
  called('a fault of no request', () => FaultInjection.abort(503, { share: Percent.of(0) }), 'IneffectiveFault', 'faults[0].share', '0', 'Leave the fault out'),
  called('a fault of more than all requests', () => FaultInjection.abort(503, { share: Percent.of(101) }), 'InvalidPercent', 'faults[0].share', '101', 'in percent'),
  called('a fault without a match in its list', () => FaultInjection.abort(503, { match: [] }), 'EmptyList', 'faults[0].match', '[]', 'at least one RouteMatch'),
  called('a fault by a header of no value', () => FaultInjection.abort(503, { match: [RouteMatch.header('x-user', StringMatch.exactly(''))] }),
    'EmptyMatch', 'faults[0].match[0].header(x-user)', '""', 'Give the value'),
  called('a fault by a path that no gRPC call has', () => FaultInjection.abort(503, { match: [RouteMatch.path(StringMatch.exactly('/orders'))] }),
    'InvalidPath', 'faults[0].match[0].uri', '"/orders"', '/orders.v1.Orders', {}, { ports: [MeshPort.grpc(50051)] }),
  called('a gRPC status where requests are of HTTP', () => FaultInjection.abortGrpc(GrpcStatus.NOT_FOUND), 'InvalidFault', 'faults[0].status', '"NOT_FOUND"', 'FaultInjection.abort(503)'),
  called('a fault of another method than the call\'s', () => FaultInjection.abort(503, { match: [RouteMatch.method(StringMatch.exactly('PUT'))] }),
    'IneffectiveFault', 'faults[0].match[0]', '{"method":{"exact":"PUT"}}', 'what the call', { methods: ['GET'] }),
  called('a fault of another path than the call\'s', () => FaultInjection.abort(503, { match: [RouteMatch.path(StringMatch.exactly('/b'))] }),
    'IneffectiveFault', 'faults[0].match[0]', '{"uri":{"exact":"/b"}}', 'what the call', { paths: ['/a/*'] }),
  called('a fault whose pattern overlaps with one of its call\'s', () => FaultInjection.abort(503, { match: [PATTERN] }),
    'UnresolvedOverlap', 'faults[0].match[0]', '[{"uri":{"prefix":"/a"}},{"uri":{"regex":"/[a-z]+"}}]', 'by a header', { paths: ['/a*'] }),
  faults('no faults in a list of them', () => [], 'EmptyList', 'faults', '[]', 'no faults'),
  faults('two aborts of all requests', () => [FaultInjection.abort(503), FaultInjection.abort(500)], 'IneffectiveFault', 'faults[1]', '{}', 'the first that are for it'),
  faults('an abort of testers behind one of all', () => [FaultInjection.abort(503), FaultInjection.abort(500, { match: [QA] })],
    'IneffectiveFault', 'faults[1]', '[{"headers":{"x-user":{"exact":"qa"}}}]', 'the narrower first'),
  faults('two delays for the same testers', () => [1, 2].map(seconds => FaultInjection.delay(Duration.seconds(seconds), { match: [QA] })),
    'IneffectiveFault', 'faults[1]', '[{"headers":{"x-user":{"exact":"qa"}}}]', 'let their matches differ'),
  faults('a delay and an abort by two patterns', () => [
    FaultInjection.delay(Duration.seconds(1), { match: [PATTERN] }), FaultInjection.abort(500, { match: [RouteMatch.path(StringMatch.prefix('/a'))] }),
  ],
  'UnresolvedOverlap', 'faults', '[[{"uri":{"regex":"/[a-z]+"}}],[{"uri":{"prefix":"/a"}}]]', 'the same match'),
  ...(['shop/orders', 'shop/pay'] as const).map((path): WrongInput => ({
    mistake: `faults that multiply to more routes than can be stored, of ${path}`,
    make: (world) => {
      const server = path === 'shop/orders' ? world.service('orders') : new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.http(80)] });
      const each = (make: (options: FaultInjectionOptions) => FaultInjection, header: string) => Array.from({ length: 20 }, (_, index) => (
        make({ match: [RouteMatch.header(header, StringMatch.exactly(`${'long'.repeat(400)}-${index}`))] })));
      world.service('frontend').calls(server, {
        faults: [...each(options => FaultInjection.abort(503, options), 'x-abort'), ...each(options => FaultInjection.delay(Duration.seconds(1), options), 'x-delay')],
      });
      world.synth();
    },
    code: 'ObjectTooLarge',
    path,
    property: 'faults',
    received: '442',
    fix: ['fewer faults'],
  })),
  {
    mistake: 'faults of connections',
    make: world => world.service('frontend').calls(world.service('orders', { ports: [MeshPort.tcp(6379)] }), { faults: [FaultInjection.abort(503)] }),
    code: 'NotHttp',
    path: 'shop/frontend',
    property: 'calls(orders).faults',
    received: '["a FaultInjection"]',
    fix: ['MeshPort.http()'],
  },
  {
    mistake: 'faults of TLS that is a host\'s own',
    make: world => world.service('frontend').calls(new ExternalService(world.shop, 'pay', { host: 'pay.example.com', ports: [MeshPort.tls(443)] }), { faults: [FaultInjection.abort(503)] }),
    code: 'NotHttp',
    path: 'shop/frontend',
    property: 'calls(pay).faults',
    received: '["a FaultInjection"]',
    fix: ['MeshPort.http()'],
  },
  {
    mistake: 'faults of what another app routes',
    make: (world) => {
      const cart = new ExistingWorkload(world.shop, 'cart', { namespace: 'cart', serviceAccount: 'cart', service: 'cart', ports: [MeshPort.http(8080)] });
      world.service('frontend').calls(cart, { faults: [FaultInjection.abort(503)] });
    },
    code: 'NotOurs',
    path: 'shop/frontend',
    property: 'calls(cart).faults',
    received: '[{"abort":{"percentage":{"value":100},"httpStatus":503}}]',
    fix: ['Leave it out'],
  },
  {
    mistake: 'a route\'s fault of other requests than its own',
    make: world => world.service('orders').addRoute('qa', {
      match: [QA],
      version: 'v1',
      faults: [FaultInjection.abort(503, {
        match: [RouteMatch.header('x-user', StringMatch.exactly('ann'))],
      })],
    }),
    code: 'IneffectiveFault',
    path: 'shop/orders',
    property: 'addRoute(qa).faults[0].match[0]',
    received: '{"headers":{"x-user":{"exact":"ann"}}}',
    fix: ['the route'],
  },
  {
    mistake: 'a route\'s fault of gRPC where some requests are of HTTP',
    make: world => world.service('orders', { ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.grpc(50051)] })
      .addRoute('qa', { match: [QA], version: 'v1', faults: [FaultInjection.abortGrpc(GrpcStatus.INTERNAL)] }),
    code: 'InvalidFault',
    path: 'shop/orders',
    property: 'addRoute(qa).faults[0].status',
    received: '"INTERNAL"',
    fix: ['FaultInjection.abort(503)'],
  },
  {
    mistake: 'a call\'s fault by a pattern that overlaps with one of a route',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('html', { match: [RouteMatch.path(StringMatch.prefix('/shop/'))], version: 'v1' });
      world.service('frontend').calls(orders, { faults: [FaultInjection.abort(503, { match: [RouteMatch.path(StringMatch.regex('/[a-z]+/x'))] })] });
      world.synth();
    },
    code: 'UnresolvedOverlap',
    path: 'shop/orders',
    property: 'route html',
    received: '[{"uri":{"prefix":"/shop/"}},{"uri":{"regex":"/[a-z]+/x"}}]',
    fix: ['exact values'],
  },
];

function called(
  mistake: string, fault: () => FaultInjection, code: ErrorCode, property: string, received: string, fix: string,
  call: CallOptions = {}, server: Partial<MeshServiceProps> = {},
): WrongInput {
  return faults(mistake, () => [fault()], code, property, received, fix, call, server);
}

function faults(
  mistake: string, values: () => FaultInjection[], code: ErrorCode, property: string, received: string, fix: string,
  call: CallOptions = {}, server: Partial<MeshServiceProps> = {},
): WrongInput {
  return {
    mistake,
    make: world => world.service('frontend').calls(world.service('orders', server), { ...call, faults: values() }),
    code,
    path: 'shop/frontend',
    property: `calls(orders).${property}`,
    received,
    fix: [fix],
  };
}
