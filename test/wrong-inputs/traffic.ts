import { Duration } from 'cdk8s';
import { CircuitBreaker, LoadBalancing, Locality, MeshPort, MeshServiceProps, Percent, Retries, RetryOn } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

const SECOND = { perTryTimeout: Duration.seconds(1) };

export const wrongTraffic: WrongInput[] = [
  ...[0, -1, 11, 2.5, NaN].map(attempts => retries(
    `${attempts} retries`, () => Retries.upTo(attempts), 'InvalidRetries', 'attempts', String(attempts), 'Retries.none()')),
  retries('gRPC codes on an HTTP port', () => Retries.upTo(2, { on: [RetryOn.UNAVAILABLE] }), 'InvalidRetries', 'on', '["unavailable"]', 'RetryOn.GATEWAY_ERROR'),
  retries('retries on nothing', () => Retries.upTo(2, { on: [] }), 'InvalidRetries', 'on', '[]', 'safe default'),
  retries('a try of no time', () => Retries.upTo(2, { perTryTimeout: Duration.millis(0) }), 'InvalidDuration', 'perTryTimeout', '"0ms"', 'positive'),
  retries('a limit for tries that are not repeated when they run out of time',
    () => Retries.upTo(2, { ...SECOND, on: [RetryOn.CONNECT_FAILURE, RetryOn.UNAVAILABLE] }),
    'IneffectivePerTryTimeout', 'perTryTimeout', '"1s"', 'Add RetryOn.GATEWAY_ERROR'),
  retries('a limit for tries of gRPC, which are never repeated for it', () => Retries.upTo(2, SECOND),
    'IneffectivePerTryTimeout', 'perTryTimeout', '"1s"', 'on: [RetryOn.GATEWAY_ERROR', { ports: [MeshPort.grpc(50051)] }),
  {
    mistake: 'a limit for tries of a POST, which are never repeated for it',
    make: world => world.service('frontend').calls(world.service('orders'), { methods: ['POST'], retries: Retries.upTo(2, SECOND) }),
    code: 'IneffectivePerTryTimeout',
    path: 'shop/frontend',
    property: 'calls(orders).retries.perTryTimeout',
    received: '"1s"',
    fix: ['RetryOn.GATEWAY_ERROR'],
  },
  ...[0, 1001, 1.5, NaN].map(count => breaker(
    `a breaker of ${count} errors`, () => CircuitBreaker.consecutiveErrors(count), 'InvalidCircuitBreaker', 'count', String(count), 'Leave circuitBreaker out')),
  breaker('a breaker that can leave out none of three pods', () => CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(33) }),
    'InvalidCircuitBreaker', 'maxEjection', '33', 'Percent.of(34)'),
  {
    mistake: 'pods picked by the header of a TCP connection',
    make: world => world.service('orders', { ports: [MeshPort.tcp(6379)], loadBalancing: LoadBalancing.byHeader('x-user') }),
    code: 'NotHttp',
    path: 'shop/orders',
    property: 'loadBalancing',
    received: '["tcp"]',
    fix: ['MeshPort.http()'],
  },
  breaker('a breaker of 0 gateway errors', () => CircuitBreaker.consecutiveGatewayErrors(0), 'InvalidCircuitBreaker', 'count', '0', 'Leave circuitBreaker out'),
  breaker('a breaker that leaves out no pod', () => CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(0) }),
    'InvalidCircuitBreaker', 'maxEjection', '0', 'never opens'),
  breaker('a breaker that leaves out half a percent', () => CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(0.5) }),
    'InvalidCircuitBreaker', 'maxEjection', '0.5', 'whole percentage'),
  ...[101, -1, NaN, Infinity].map(percent => breaker(
    `a breaker that leaves out ${percent} percent`, () => CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(percent) }),
    'InvalidPercent', 'maxEjection', String(percent), 'in percent')),
  breaker('a breaker that never looks', () => CircuitBreaker.consecutiveErrors(5, { interval: Duration.millis(0) }), 'InvalidDuration', 'interval', '"0ms"', 'positive'),
  breaker('a breaker that opens for no time', () => CircuitBreaker.consecutiveErrors(5, { ejectionTime: Duration.seconds(0) }),
    'InvalidDuration', 'ejectionTime', '"0ms"', 'positive'),
  ...['', 'x user', ':path', 'x_user'].map((name): WrongInput => ({
    mistake: `pods picked by the header '${name}'`,
    make: world => world.service('orders', { loadBalancing: LoadBalancing.byHeader(name) }),
    code: 'InvalidHeader',
    path: 'shop/orders',
    property: 'loadBalancing',
    received: JSON.stringify(name),
    fix: ['x-user'],
  })),
  {
    mistake: 'a preference for the zone without a breaker',
    make: world => world.service('orders', { loadBalancing: LoadBalancing.leastRequest({ locality: Locality.failover() }) }),
    code: 'IneffectiveLocality',
    path: 'shop/orders',
    property: 'loadBalancing.locality',
    received: '"failover"',
    fix: ['Add circuitBreaker'],
  },
];

function retries(
  mistake: string, value: () => Retries, code: ErrorCode, property: string, received: string, fix: string, server: Partial<MeshServiceProps> = {},
): WrongInput {
  return {
    mistake,
    make: world => world.service('frontend').calls(world.service('orders', server), { retries: value() }),
    code,
    path: 'shop/frontend',
    property: `calls(orders).retries.${property}`,
    received,
    fix: [fix],
  };
}

function breaker(mistake: string, value: () => CircuitBreaker, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: world => world.service('orders', { circuitBreaker: value() }),
    code,
    path: 'shop/orders',
    property: `circuitBreaker.${property}`,
    received,
    fix: [fix],
  };
}
