import { CanaryRelease, CanaryReleaseProps, CircuitBreaker, MeshPort, Percent, RouteMatch, StringMatch } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const LONG = 'a'.repeat(61);

export const wrongReleases: WrongInput[] = [
  ...([
    [[50, 25], '[0, 25, 50, 100]'],
    [[0, 50, 25, 100], '[0, 25, 50, 100]'],
    [[0, 5, 25, 50], '[0, 5, 25, 50, 100]'],
    [[5, 25, 100], '[0, 5, 25, 100]'],
    [[0, 5, 5, 100], '[0, 5, 100]'],
    [[0, 5, 100, 100], '[0, 5, 100]'],
    [[0, 0, 0, 100], '[0, 100]'],
    [[100], '[0, 100]'],
    [[], '[0, 100]'],
  ] as [number[], string][]).map(([stages, sorted]) => release(
    `the stages [${stages.join(', ')}]`, { stages, stage: 0 }, 'InvalidStages', 'stages', JSON.stringify(stages), 'At 0 the new pods start', sorted)),
  {
    mistake: 'a second 0 without anything to try',
    make: (world) => {
      world.release(world.service('orders'), { stages: [0, 0, 100] });
      world.synth();
    },
    code: 'InvalidStages',
    path: 'shop/orders-next',
    property: 'stages',
    received: '[0,0,100]',
    fix: ['Leave one 0 out', 'match or mirror'],
  },
  ...[101, -5, 12.5, NaN].map(stage => release(
    `a stage of ${stage} percent`, { stages: [0, stage, 100] }, 'InvalidStages', 'stages[1]', String(stage), 'whole percents')),
  ...[-1, 3, 1.5, NaN].map(stage => release(
    `the stage ${stage} of three`, { stages: [0, 25, 100], stage }, 'InvalidStage', 'stage', String(stage), 'index into stages', '0 is 0 percent')),
  release('a release of the service\'s own version', { version: 'v1' }, 'DuplicateVersion', 'version', '"v1"', 'another version'),
  release('a release with a dot in its version', { version: '1.5' }, 'InvalidName', 'version', '"1.5"', 'lower case letters'),
  release('a release of nothing', { image: undefined }, 'NothingReleased', 'image', 'undefined', 'its configuration'),
  release('a release of latest', { image: 'ghcr.io/acme/orders:latest' }, 'UnpinnedImage', 'image', '"ghcr.io/acme/orders:latest"', 'tag other than latest'),
  release('a release of no pod', { replicas: 0 }, 'InvalidReplicas', 'replicas', '0', 'Leave it out'),
  ...[101, 100.1, -1, 0.00001, NaN].map(percent => release(
    `a mirror of ${percent} percent`, { mirror: Percent.of(percent) }, 'InvalidPercent', 'mirror', String(percent), 'Percent.of(5)')),
  release('a mirror to a version that gets all', { stages: [0, 100], stage: 1, mirror: Percent.of(5) }, 'IneffectiveMirror', 'mirror', '5', 'Leave mirror out'),
  {
    mistake: 'a lone pod of a release that a breaker can never leave out',
    make: world => world.release(world.service('orders', { circuitBreaker: CircuitBreaker.consecutiveErrors(5) }), { replicas: 1 }),
    code: 'InvalidCircuitBreaker',
    path: 'shop/orders-next',
    property: 'replicas.circuitBreaker.maxEjection',
    received: '50',
    fix: ['Percent.of(100)'],
  },
  release('a mirror of nothing', { mirror: Percent.of(0) }, 'InvalidPercent', 'mirror', '0', 'Leave mirror out'),
  release('a release for an empty list of matches', { match: [] }, 'EmptyList', 'match', '[]', 'at least one RouteMatch'),
  release('a release for a header without a value', { match: [RouteMatch.header('x-user', StringMatch.exactly(''))] },
    'EmptyMatch', 'match[0].header(x-user)', '""', 'RouteMatch.headerPresent()'),
  {
    mistake: 'a mirror on TCP',
    make: world => world.release(world.service('orders', { ports: [MeshPort.tcp(6379)] }), { mirror: Percent.of(5) }),
    code: 'NotHttp',
    path: 'shop/orders-next',
    property: 'mirror',
    received: '["tcp"]',
    fix: ['MeshPort.http()'],
  },
  {
    mistake: 'a header match on TCP',
    make: world => world.release(world.service('orders', { ports: [MeshPort.tcp(6379)] }), { match: [RouteMatch.headerPresent('x-preview')] }),
    code: 'NotHttp',
    path: 'shop/orders-next',
    property: 'match',
    received: '["tcp"]',
    fix: ['leave this out'],
  },
  {
    mistake: 'a release of a service of another app',
    make: world => world.release(new World().service('orders')),
    code: 'OtherApp',
    path: 'shop/orders-next',
    property: 'service',
    received: '"shop/orders"',
    fix: ['app that describes the service'],
  },
  {
    mistake: 'a release in another namespace',
    make: world => new CanaryRelease(world.chart('releases', 'releases'), 'orders-next', {
      service: world.service('orders'), image: 'ghcr.io/acme/orders:2.0.0', stages: [0, 100],
    }),
    code: 'OtherNamespace',
    path: 'releases/orders-next',
    property: 'service',
    received: '"shop/orders"',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'a Deployment name of 64 characters',
    make: world => world.release(world.service('orders', { name: LONG })),
    code: 'NameTooLong',
    path: 'shop/orders-next',
    property: 'version',
    received: JSON.stringify(`${LONG}-v2`),
    fix: ['Shorten it by 1'],
  },
];

function release(
  mistake: string, props: Partial<CanaryReleaseProps>, code: ErrorCode, property: string, received: string, ...fix: string[]
): WrongInput {
  return { mistake, make: world => world.release(world.service('orders'), props), code, path: 'shop/orders-next', property, received, fix };
}
