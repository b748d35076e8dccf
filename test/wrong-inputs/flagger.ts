import {
  Autoscaling, CanaryEngine, CanaryReleaseProps, FlaggerOptions, IpFamilies, KedaTrigger, LoadBalancing, Locality, MeshPort, MeshService, MeshServiceProps, Percent, RouteMatch,
  ServiceVersion, StringMatch,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const QA = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];
const TESTED = { stages: [0, 0, 100], match: QA };

export const wrongFlagger: WrongInput[] = [
  released('a stage of Flagger\'s', { stage: 1 }, 'stage', '1', 'goes on by itself'),
  released('a version of Flagger\'s', { version: 'v2' }, 'version', '"v2"', 'told apart by their Service'),
  released('pods of Flagger\'s', { replicas: 2 }, 'replicas', '2', 'as many pods as the service'),
  released('testers beside shares of Flagger\'s', { match: QA }, 'match', '[0,10,100]', 'stages: [0, 0, 100]'),
  released('testers by path of Flagger\'s', { stages: [0, 100], match: [RouteMatch.path(StringMatch.prefix('/beta/'))] }, 'match[0].uri', '{"prefix":"/beta/"}', 'RouteMatch.header()'),
  released('testers by method of Flagger\'s', { stages: [0, 100], match: [QA[0], RouteMatch.method(StringMatch.exactly('GET'))] }, 'match[1].method', '{"exact":"GET"}', 'RouteMatch.header()'),
  released('testers by a header that is there', { stages: [0, 100], match: [RouteMatch.headerPresent('x-preview')] }, 'match[0]', '"x-preview"', 'RouteMatch.header(\'x-preview\'', 'StringMatch.regex'),
  released('copies beside shares of Flagger\'s', { mirror: Percent.of(5) }, 'mirror', '[0,10,100]', '[0,0,10,100]'),
  released('copies and testers of Flagger\'s', { ...TESTED, mirror: Percent.of(5) }, 'mirror', '5', 'Leave mirror or match out'),
  released('half a percent of copies of Flagger\'s', { stages: [0, 0, 100], mirror: Percent.of(0.5) }, 'mirror', '0.5', 'Percent.of(1)'),
  { ...released('a second 0 of Flagger\'s without anything to try', { stages: [0, 0, 100] }, 'stages', '[0,0,100]', 'match or mirror'), code: 'InvalidStages' },
  ofEngine('looks at rising shares', { iterations: 3 }, {}, 'UnsupportedByEngine', 'engine.iterations', '3', 'stages: [0, 100]'),
  ...[0, 1001, 2.5, NaN].map(iterations => ofEngine(`${iterations} looks`, { iterations }, { stages: [0, 100] }, 'InvalidStages', 'engine.iterations', String(iterations), 'how often')),
  ...[0, 101, 0.5].map(step => ofEngine(`a promotion in steps of ${step}`, { stepWeightPromotion: step }, {}, 'InvalidStages', 'engine.stepWeightPromotion', String(step), 'whole percents')),
  ofEngine('a promotion in steps after testers', { stepWeightPromotion: 10 }, TESTED, 'UnsupportedByEngine', 'engine.stepWeightPromotion', '10', 'Leave it out'),
  ofEngine('a release while the engine is prepared', { prepareOnly: true }, {}, 'UnsupportedByEngine', 'image', '"ghcr.io/acme/orders:2.0.0"', 'ghcr.io/acme/orders:1.0.0', 'without prepareOnly'),
  ofService('two ports with Flagger', { ports: [MeshPort.http(8080), MeshPort.grpc(9090)] }, 'service.ports', '["http","grpc"]', undefined, 'service of its own'),
  ofService('a TCP port with Flagger', { ports: [MeshPort.tcp(6379)] }, 'service.ports[0]', '"tcp"', undefined, 'MeshPort.http()'),
  ofService('peers with Flagger', { peers: [MeshPort.tcp(7000, { name: 'tcp-raft' })] }, 'service.peers', '["a MeshPort"]', undefined, 'CanaryEngine.static()'),
  ofService('addresses of two families with Flagger', { ipFamilies: IpFamilies.preferDualStack() } as any, 'service.ipFamilies', 'a IpFamilies', undefined, 'CanaryEngine.static()'),
  ofService('the same zone with Flagger', { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }) }, 'service.loadBalancing.locality', '"PreferSameZone"', undefined, 'CanaryEngine.static()'),
  ofService('a selector that was kept with Flagger', { adopts: { selector: { app: 'orders' } } } as any, 'service.adopts', '{"app":"orders"}', undefined, 'CanaryEngine.static()'),
  ofService('somebody else\'s autoscaler with Flagger', { autoscaling: Autoscaling.byOthers({ min: 2, max: 4 }) }, 'service.autoscaling', 'a ByOthers', undefined, 'Autoscaling.horizontal()'),
  ofService('KEDA with Flagger', { autoscaling: Autoscaling.keda({ min: 2, max: 4, triggers: [KedaTrigger.cpu(80)] }) }, 'service.autoscaling', 'a Keda', undefined, 'Autoscaling.horizontal()'),
  {
    mistake: 'a route beside a release of Flagger\'s',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('testers', { match: QA, version: 'v1' });
      flagger(world, orders);
      world.synth();
    },
    code: 'UnsupportedByEngine',
    path: 'shop/orders-next',
    property: 'service.addRoute',
    received: '["testers"]',
    fix: ['stages: [0, 0, 100]', 'CanaryEngine.static()'],
  },
  {
    mistake: 'a version beside a release of Flagger\'s',
    make: (world) => {
      const orders = world.service('orders');
      flagger(world, orders);
      new ServiceVersion(world.shop, 'eu', { service: orders, replicas: 1 });
      world.synth();
    },
    code: 'UnsupportedByEngine',
    path: 'shop/orders-next',
    property: 'service',
    received: '["eu"]',
    fix: ['services of their own'],
  },
  {
    mistake: 'testers of Flagger\'s among clients of one name',
    make: (world) => {
      const orders = world.service('orders');
      world.service('web').calls(orders);
      new MeshService(world.chart('other', 'other'), 'web', { image: 'ghcr.io/acme/web:1.0.0', ports: [MeshPort.http(8080)] }).calls(orders);
      flagger(world, orders, TESTED);
      world.synth();
    },
    code: 'UnsupportedByEngine',
    path: 'shop/orders-next',
    property: 'match',
    received: '["web"]',
    fix: ['other names'],
  },
  {
    mistake: 'an object with the name of Flagger\'s Service',
    make: (world) => {
      flagger(world, world.service('orders'));
      world.service('orders-release');
    },
    code: 'DuplicateName',
    path: 'shop/orders-release',
    property: 'name',
    received: '"orders-release"',
    fix: [],
  },
  {
    mistake: 'a second release of Flagger\'s',
    make: (world) => {
      const orders = world.service('orders');
      flagger(world, orders);
      flagger(world, orders, {}, 'again');
    },
    code: 'DuplicateRelease',
    path: 'shop/again',
    property: 'service',
    received: '"shop/orders"',
    fix: ['End it first'],
  },
  {
    mistake: 'a name that has no room for those of Flagger\'s Services',
    make: world => flagger(world, world.service('orders', { name: 'o'.repeat(48) })),
    code: 'NameTooLong',
    path: 'shop/orders-next',
    property: 'service',
    received: JSON.stringify(`${'o'.repeat(48)}-release-primary`),
    fix: ['Shorten it by 1'],
  },
];

function flagger(world: World, service: Parameters<World['release']>[0], props: Partial<CanaryReleaseProps> = {}, id?: string, options: FlaggerOptions = {}) {
  return world.release(service, { stage: undefined, engine: CanaryEngine.flagger(options), ...props }, id);
}

function released(mistake: string, props: Partial<CanaryReleaseProps>, property: string, received: string, ...fix: string[]): WrongInput {
  return ofEngine(mistake, {}, props, 'UnsupportedByEngine', property, received, ...fix);
}

function ofEngine(
  mistake: string, options: FlaggerOptions, props: Partial<CanaryReleaseProps>, code: ErrorCode, property: string, received: string, ...fix: string[]
): WrongInput {
  return { mistake, make: world => flagger(world, world.service('orders'), props, undefined, options), code, path: 'shop/orders-next', property, received, fix };
}

function ofService(mistake: string, service: Partial<MeshServiceProps>, property: string, received: string, code: ErrorCode = 'UnsupportedByEngine', ...fix: string[]): WrongInput {
  return { mistake, make: world => flagger(world, world.service('orders', service)), code, path: 'shop/orders-next', property, received, fix };
}
