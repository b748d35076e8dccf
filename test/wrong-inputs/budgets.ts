import { Duration } from 'cdk8s';
import { Budgets, CallChain, CallOptions, ExternalService, GatewayServer, Mesh, MeshGateway, MeshPort, MeshServiceProps, Retries, RetryOn } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const TWICE = { retries: Retries.upTo(2) };
const seconds = (timeout: number): CallOptions => ({ timeout: Duration.seconds(timeout) });

export const wrongBudgets: WrongInput[] = [
  ...[0, -1, 1001, 1.5, NaN, Infinity].map(maxTries => budgets(`a limit of ${maxTries} tries`, () => Budgets.proven({ maxTries }), String(maxTries))),
  path('a timeout shorter than the next one', [seconds(1), seconds(2)], 'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"', ['CallChain.ends()']),
  path('a timeout shorter than the last one of a path', [seconds(1), {}, {}, seconds(2)], 'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"', ['Lengthen']),
  path('a timeout shorter than the last one, in the middle', [seconds(3), seconds(1), {}, seconds(2)], 'TimeoutTooShort', 'shop/b', 'calls(c).timeout', '"1s"', ['shorten']),
  path('a timeout shorter than the tries behind it',
    [seconds(1), { retries: Retries.upTo(2, { perTryTimeout: Duration.millis(400), on: [RetryOn.GATEWAY_ERROR] }) }],
    'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"', ['Lengthen']),
  path('a timeout shorter than the pauses behind it',
    [seconds(1), { retries: Retries.upTo(2, { perTryTimeout: Duration.millis(1), on: [RetryOn.GATEWAY_ERROR], backoff: Duration.millis(400) }) }],
    'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"', ['Lengthen']),
  path('a try shorter than what the server waits for',
    [{ ...seconds(9), retries: Retries.upTo(2, { perTryTimeout: Duration.seconds(1) }) }, seconds(2)],
    'TimeoutTooShort', 'shop/a', 'calls(b).retries.perTryTimeout', '"1s"', ['shorten']),
  path('a try shorter than what the server waits for, without a timeout of the call',
    [{ retries: Retries.upTo(2, { perTryTimeout: Duration.seconds(1) }) }, seconds(2)],
    'TimeoutTooShort', 'shop/a', 'calls(b).retries.perTryTimeout', '"1s"', ['CallChain.starts()']),
  path('a timeout shorter than that of what a second call starts',
    [seconds(1), { ...seconds(2), chain: CallChain.ends() }, seconds(4)], 'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"', ['CallChain.ends()']),
  path('three services of a path that retry', [TWICE, TWICE, TWICE], 'RetriesMultiply', 'shop/c', 'calls(d).retries', '27', ['one service', 'maxTries']),
  path('two services of a path that retry often', [{ retries: Retries.upTo(10) }, {}, { retries: Retries.upTo(1) }], 'RetriesMultiply', 'shop/c', 'calls(d).retries', '22', ['CallChain.ends()']),
  path('codes that multiply', [TWICE, { retries: Retries.upTo(9, { on: [RetryOn.CONNECT_FAILURE], codes: [429] }) }],
    'RetriesMultiply', 'shop/b', 'calls(c).retries', '30', ['leave retries out']),
  path('gRPC that multiplies', [TWICE, { retries: Retries.upTo(9, { on: [RetryOn.UNAVAILABLE] }) }],
    'RetriesMultiply', 'shop/b', 'calls(c).retries', '30', ['leave retries out'], { ports: [MeshPort.grpc(50051)] }),
  inMesh('one service that retries more often than the mesh allows', { maxTries: 3 }, (world) => {
    world.service('a').calls(world.service('b'), { retries: Retries.upTo(3) });
  }, 'RetriesMultiply', 'shop/a', 'calls(b).retries', '4', 'maxTries'),
  inMesh('any repetition of an answer where the mesh allows none', { maxTries: 1 }, (world) => {
    world.service('a').calls(world.service('b'), { retries: Retries.upTo(1) });
  }, 'RetriesMultiply', 'shop/a', 'calls(b).retries', '2', 'retries out'),
  inMesh('a call without a timeout where the mesh asks for one', { requiresTimeouts: true }, (world) => {
    world.service('a').calls(world.service('b'), TWICE);
  }, 'MissingProperty', 'shop/a', 'calls(b).timeout', 'undefined', 'of a stream'),
  inMesh('a call of something outside without a timeout where the mesh asks for one', { requiresTimeouts: true }, (world) => {
    world.service('a').calls(new ExternalService(world.shop, 'bank', { host: 'api.bank.example.com', ports: [MeshPort.http(80)] }));
  }, 'MissingProperty', 'shop/a', 'calls(bank).timeout', 'undefined', 'how long'),
  inMesh('an exposure without a timeout where the mesh asks for one', { requiresTimeouts: true }, (world) => {
    edge(world, {});
  }, 'MissingProperty', 'shop/edge', 'exposes(b).timeout', 'undefined', 'how long'),
  {
    mistake: 'an exposure\'s timeout that is shorter than what the service waits for',
    make: (world) => {
      edge(world, seconds(1)).calls(world.service('c'), seconds(2));
      world.synth();
    },
    code: 'TimeoutTooShort',
    path: 'shop/edge',
    property: 'exposes(b).timeout',
    received: '"1s"',
    fix: ['Lengthen', 'CallChain.ends()'],
  },
  {
    mistake: 'an exposure\'s retries that multiply with those of the services',
    make: (world) => {
      edge(world, TWICE).calls(world.service('c'), { retries: Retries.upTo(5) });
      world.synth();
    },
    code: 'RetriesMultiply',
    path: 'shop/b',
    property: 'calls(c).retries',
    received: '18',
    fix: ['one service'],
  },
  ...[CallChain.starts(), CallChain.alone()].map((chain, index) => ({
    mistake: `a gateway in the middle of a chain (${index})`,
    make: (world: World) => edge(world, { chain }),
    code: 'IneffectiveChain' as const,
    path: 'shop/edge',
    property: 'exposes(b).chain',
    received: '"starts"',
    fix: ['CallChain.ends()'],
  })),
  around('a timeout too short for what is behind a circle\'s detour', [['a', 'b', seconds(1)], ['b', 'd'], ['d', 'e'], ['b', 'c'], ['c', 'f'], ['f', 'e'], ['e', 'd', seconds(9)]],
    'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"'),
  around('a timeout too short for a circle that lies behind', [['a', 'b', seconds(1)], ['b', 'c'], ['c', 'd'], ['d', 'c', seconds(3)], ['c', 'e', seconds(2)]],
    'TimeoutTooShort', 'shop/a', 'calls(b).timeout', '"1s"'),
  around('retries that multiply behind the worst way of a circle', [
    ['c', 'b', { retries: Retries.upTo(3) }], ['a', 'b', { retries: Retries.upTo(1) }], ['b', 'c', { retries: Retries.upTo(3) }],
    ['c', 'd', { retries: Retries.upTo(1) }], ['d', 'e', { retries: Retries.upTo(1) }],
  ], 'RetriesMultiply', 'shop/d', 'calls(e).retries', '32'),
  around('retries that multiply around a circle', [['a', 'b', TWICE], ['b', 'c', TWICE], ['c', 'd', TWICE], ['d', 'b', { chain: CallChain.ends() }]], 'RetriesMultiply', 'shop/c', 'calls(d).retries', '27'),
  {
    mistake: 'a chain over UDP',
    make: world => world.service('a').calls(world.service('b', { ports: [MeshPort.udp(5353)] }), { chain: CallChain.ends() }),
    code: 'IneffectiveChain',
    path: 'shop/a',
    property: 'calls(b).chain',
    received: '"udp"',
    fix: ['Leave it out'],
  },
];

/** A path of services, each of which calls the next. */
function path(
  mistake: string, calls: CallOptions[], code: ErrorCode, where: string, property: string, received: string, fix: string[],
  props: Partial<MeshServiceProps> = {},
): WrongInput {
  const make = (world: World) => {
    const services = [...calls, {}].map((_, index) => world.service('abcdef'[index], index === 0 ? {} : index === calls.length ? props : {}));
    calls.forEach((options, index) => services[index].calls(services[index + 1], options));
    world.synth();
  };
  return { mistake, make, code, path: where, property, received, fix };
}

/** Services that call each other, in circles too. */
function around(
  mistake: string, calls: [string, string, CallOptions?][], code: ErrorCode, where: string, property: string, received: string,
): WrongInput {
  const make = (world: World) => {
    const services = new Map([...new Set(calls.flatMap(([from, to]) => [from, to]))].map(name => [name, world.service(name)]));
    calls.forEach(([from, to, options]) => services.get(from)!.calls(services.get(to)!, options));
    world.synth();
  };
  return { mistake, make, code, path: where, property, received, fix: ['CallChain'] };
}

function inMesh(
  mistake: string, options: { maxTries?: number; requiresTimeouts?: boolean }, call: (world: World) => void,
  code: ErrorCode, where: string, property: string, received: string, fix: string,
): WrongInput {
  const make = (world: World) => {
    new Mesh(world.app, 'mesh', { budgets: Budgets.proven(options) });
    call(world);
    world.synth();
  };
  return { mistake, make, code, path: where, property, received, fix: [fix] };
}

function budgets(mistake: string, value: () => Budgets, received: string): WrongInput {
  const make = (world: World) => new Mesh(world.app, 'mesh', { budgets: value() });
  return { mistake, make, code: 'InvalidRetries', path: 'mesh', property: 'budgets.maxTries', received, fix: ['Budgets.unproven()'] };
}

function edge(world: World, options: CallOptions) {
  const service = world.service('b');
  new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['example.com'])] }).exposes(service, { hosts: ['example.com'], ...options });
  return service;
}
