import { Duration } from 'cdk8s';
import { CanaryEngine, CanaryReleaseProps, MeshPort, ReleaseGroup, ReleaseGroupProps, RouteMatch, ServiceVersion, SessionAffinity, StringMatch } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { Site } from '../../src/diagnostics/site';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const NAMES = ['pods', 'tenth', 'all'];
const QA = RouteMatch.header('x-user', StringMatch.exactly('qa'));

export const wrongStaticReleases: WrongInput[] = [
  release('a stage by its number and by its name', { stage: 1, stageNames: NAMES, stageName: 'tenth' }, 'InvalidStage', 'stageName', '"tenth"', 'Leave one out', 'stage is 1'),
  release('the name of a stage without names', { stage: undefined, stageName: 'tenth' }, 'InvalidStage', 'stageName', '"tenth"', 'stageNames: [\'pods\', \'stage-1\', \'stage-2\']'),
  release('a misspelt name of a stage', { stage: undefined, stageNames: NAMES, stageName: 'tenht' }, 'InvalidStage', 'stageName', '"tenht"', 'Did you mean tenth?', 'pods, tenth, all'),
  release('a name too few', { stageNames: ['pods', 'all'] }, 'InvalidStages', 'stageNames', '["pods","all"]', '0, 10, 100 percent'),
  release('a name too many', { stageNames: [...NAMES, 'more'] }, 'InvalidStages', 'stageNames', '["pods","tenth","all","more"]', '0, 10, 100 percent'),
  release('no names of stages', { stageNames: [] }, 'InvalidStages', 'stageNames', '[]', '0, 10, 100 percent'),
  release('two stages of one name', { stageNames: ['pods', 'pods', 'all'] }, 'InvalidStages', 'stageNames[1]', '"pods"', 'Name each stage once'),
  release('a stage\'s name in capitals', { stageNames: ['Pods', 'tenth', 'all'] }, 'InvalidName', 'stageNames[0]', '"Pods"', 'lower case letters'),
  release('an empty name of a stage', { stageNames: ['pods', '', 'all'] }, 'InvalidName', 'stageNames[1]', '""', 'lower case letters'),
  release('a cookie of two words', { sessionAffinity: SessionAffinity.byCookie('orders version') }, 'InvalidName', 'sessionAffinity.name', '"orders version"', 'orders-version'),
  ...['__Host-orders', '__secure-orders'].map(name => release(`the cookie ${name}`, { sessionAffinity: SessionAffinity.byCookie(name) }, 'InvalidName', 'sessionAffinity.name', `"${name}"`, 'another name')),
  release('a cookie without a name', { sessionAffinity: SessionAffinity.byCookie('') }, 'InvalidName', 'sessionAffinity.name', '""', 'orders-version'),
  release('a cookie of a variable that is not set', { sessionAffinity: SessionAffinity.byCookie(`orders-${undefined}`) }, 'UnsetValue', 'sessionAffinity.name', '"orders-undefined"', 'was empty'),
  ...[Duration.millis(1500), Duration.days(401)].map(maxAge => release(`a cookie for ${maxAge.toHumanString()}`, { sessionAffinity: SessionAffinity.byCookie('orders', { maxAge }) },
    'InvalidDuration', 'sessionAffinity.maxAge', maxAge.toMilliseconds() === 1500 ? '"1500ms"' : '"34646400s"', 'Duration.days(1)')),
  release('a cookie for no time', { sessionAffinity: SessionAffinity.byCookie('orders', { maxAge: Duration.seconds(0) }) }, 'InvalidDuration', 'sessionAffinity.maxAge', '"0ms"', 'positive value'),
  release('a cookie of a release without shares', { stages: [0, 100], sessionAffinity: SessionAffinity.byCookie('orders') }, 'IneffectiveAffinity', 'sessionAffinity', '[0,100]', 'Add a stage'),
  release('a cookie as a text', { sessionAffinity: 'orders' as any }, 'WrongType', 'sessionAffinity', '"orders"', 'SessionAffinity'),
  {
    mistake: 'a cookie for clients of gRPC',
    make: (world) => {
      world.release(world.service('orders', { ports: [MeshPort.grpc(50051), MeshPort.tcp(6379)] }), { sessionAffinity: SessionAffinity.byCookie('orders') });
    },
    code: 'NotHttp',
    path: 'shop/orders-next',
    property: 'sessionAffinity',
    received: '["grpc","tcp"]',
    fix: ['clients of gRPC'],
  },
  release('aborted as a word', { aborted: 'yes' as any }, 'WrongType', 'aborted', '"yes"', 'Give a boolean'),
  {
    mistake: 'a second release of one version',
    make: (world) => {
      const orders = world.service('orders');
      world.release(orders, { version: 'v3' });
      world.release(orders, { version: 'v3' }, 'again');
    },
    code: 'DuplicateVersion',
    path: 'shop/again',
    property: 'version',
    received: '"v3"',
    fix: ['There are v1, v3'],
  },
  {
    mistake: 'a second release without a version of its own',
    make: (world) => {
      const orders = world.service('orders');
      world.release(orders);
      world.release(orders, {}, 'again');
    },
    code: 'DuplicateVersion',
    path: 'shop/again',
    property: 'version',
    received: '"v2"',
    fix: ['There are v1, v2'],
  },
  {
    mistake: 'releases that have more than everything together',
    make: (world) => {
      const orders = world.service('orders');
      world.release(orders, { stages: [0, 60, 100] });
      world.release(orders, { stages: [0, 41, 100], version: 'v3' }, 'again');
    },
    code: 'InvalidWeights',
    path: 'shop/again',
    property: 'stage',
    received: '41',
    fix: ['v2 60 percent is taken', 'a stage of 40 at most'],
  },
  {
    mistake: 'releases that have more than everything together, by a stage\'s name',
    make: (world) => {
      const orders = world.service('orders');
      world.release(orders, { stages: [0, 60, 100] });
      world.release(orders, { stages: [0, 41, 100], version: 'v3', stage: undefined, stageNames: NAMES, stageName: 'tenth' }, 'again');
    },
    code: 'InvalidWeights',
    path: 'shop/again',
    property: 'stageName',
    received: '41',
    fix: ['a stage of 40 at most'],
  },
  {
    mistake: 'a release that goes to 100 beside a version that stays with a share',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service, weight: 1 });
      world.release(service, { stage: 2 });
    },
    code: 'InvalidWeights',
    path: 'shop/orders-next',
    property: 'stage',
    received: '100',
    fix: ['eu 1 percent is taken', '99 at most'],
  },
  {
    mistake: 'a version that stays with a share that a release has',
    make: (world) => {
      const service = world.service('orders');
      world.release(service, { stages: [0, 60, 100] });
      new ServiceVersion(world.shop, 'eu', { service, weight: 41 });
    },
    code: 'InvalidWeights',
    path: 'shop/eu',
    property: 'weight',
    received: '41',
    fix: ['101 together'],
  },
  {
    mistake: 'the same testers of two releases',
    make: (world) => {
      const orders = world.service('orders');
      world.release(orders, { match: [QA] });
      world.release(orders, { match: [QA], version: 'v3' }, 'again');
      world.synth();
    },
    code: 'UnreachableRoute',
    path: 'shop/orders',
    property: 'route canary-match-v3',
    received: '{"headers":{"x-user":{"exact":"qa"}}}',
    fix: ['Add the narrower route first'],
  },
  {
    mistake: 'a route with the name of the testers of one of two releases',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('canary-match-v3', { match: [RouteMatch.headerPresent('x-beta')], version: 'v1' });
      world.release(orders);
      world.release(orders, { match: [QA], version: 'v3' }, 'again');
      world.synth();
    },
    code: 'DuplicateRoute',
    path: 'shop/orders',
    property: 'addRoute(canary-match-v3).name',
    received: '"canary-match-v3"',
    fix: ['another name'],
  },
  {
    mistake: 'a controller\'s release beside one by commits',
    make: (world) => {
      const orders = world.service('orders');
      world.release(orders);
      moved(orders);
    },
    code: 'DuplicateRelease',
    path: 'shop/orders',
    property: 'service',
    received: '"shop/orders"',
    fix: ['End those first'],
  },
  {
    mistake: 'a release by commits beside a controller\'s',
    make: (world) => {
      const orders = world.service('orders');
      moved(orders);
      world.release(orders);
    },
    code: 'DuplicateRelease',
    path: 'shop/orders-next',
    property: 'service',
    received: '"shop/orders"',
    fix: ['End it first'],
  },
  {
    mistake: 'a controller\'s release beside a version that has a share',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service, weight: 1 });
      moved(service);
      world.synth();
    },
    code: 'NotReleasable',
    path: 'shop/orders',
    property: 'release',
    received: '"shop/by-controller"',
    fix: ['weight: 0'],
  },
  group('a group of no service', [], {}, 'EmptyList', 'shop/checkout-2', 'releases', '[]', 'List the services'),
  group('a group that releases a service twice', ['orders', 'orders'], {}, 'DuplicateRelease', 'shop/checkout-2', 'releases[1].service', '"shop/orders"', 'each service once'),
  group('a group at a stage that there is not', ['orders'], { stage: 3 }, 'InvalidStage', 'shop/checkout-2/orders', 'stage', '3', 'index into stages'),
  group('a group with copies', ['orders'], { mirror: {} } as any, 'UnknownProperty', 'shop/checkout-2', 'mirror', '{}', 'match'),
  group('a group at a stage by number and name', ['orders', 'cart'], { stage: 1, stageNames: NAMES, stageName: 'all' }, 'InvalidStage', 'shop/checkout-2/orders', 'stageName', '"all"', 'stage is 1'),
  {
    mistake: 'a group with a service of another namespace',
    make: world => new ReleaseGroup(world.chart('web', 'web'), 'checkout-2', { releases: [{ service: world.service('orders'), image: 'ghcr.io/acme/orders:2.0.0' }], stages: [0, 100] }),
    code: 'OtherNamespace',
    path: 'web/checkout-2/orders',
    property: 'service',
    received: '"shop/orders"',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'testers of a group on TCP',
    make: world => new ReleaseGroup(world.shop, 'checkout-2', {
      releases: [{ service: world.service('redis', { ports: [MeshPort.tcp(6379)] }), image: 'ghcr.io/acme/redis:2.0.0' }], stages: [0, 100], match: [QA],
    }),
    code: 'NotHttp',
    path: 'shop/checkout-2/redis',
    property: 'match',
    received: '["tcp"]',
    fix: ['leave this out'],
  },
  release('an abort of Argo Rollouts by a commit', { engine: CanaryEngine.argoRollouts(), stage: undefined, aborted: true }, 'UnsupportedByEngine', 'aborted', 'true', 'kubectl argo rollouts abort orders'),
  ...([['Flagger', CanaryEngine.flagger()], ['Argo Rollouts', CanaryEngine.argoRollouts()]] as const).flatMap(([name, engine]) => [
    release(`a name of a stage for ${name}`, { engine, stage: undefined, stageName: 'all' }, 'UnsupportedByEngine', 'stageName', '"all"', 'Leave it out'),
    release(`names of stages for ${name}`, { engine, stage: undefined, stageNames: NAMES }, 'UnsupportedByEngine', 'stageNames', JSON.stringify(NAMES), 'Leave it out'),
  ]),
];

/** What an engine contributes whose controller moves the routes. */
function moved(orders: ReturnType<World['service']>): void {
  const site = Site.of(orders, 'service');
  orders._reach(site).addRelease(site, { path: 'shop/by-controller', splitOf: () => undefined, routes: [{ name: 'canary', split: [{ subset: 'v1', weight: 100 }] }] });
}

function group(
  mistake: string, names: string[], props: Partial<ReleaseGroupProps>, code: ErrorCode, path: string, property: string, received: string, fix: string,
): WrongInput {
  const make = (world: World) => {
    const services = new Map([...new Set(names)].map(name => [name, world.service(name)]));
    return new ReleaseGroup(world.shop, 'checkout-2', {
      releases: names.map(name => ({ service: services.get(name)!, image: `ghcr.io/acme/${name}:2.0.0` })), stages: [0, 10, 100], ...props,
    });
  };
  return { mistake, make, code, path, property, received, fix: [fix] };
}

function release(
  mistake: string, props: Partial<CanaryReleaseProps>, code: ErrorCode, property: string, received: string, ...fix: string[]
): WrongInput {
  return { mistake, make: world => world.release(world.service('orders'), props), code, path: 'shop/orders-next', property, received, fix };
}
