import { Duration } from 'cdk8s';
import {
  AnalysisMetric, Autoscaling, CanaryAnalysis, CanaryEngine, CanaryReleaseProps, Configuration, ConfigurationUpdates, FlaggerOptions,
  Handover, HeaderChanges, IpFamilies, KedaTrigger, LoadBalancing, Locality, MeshPort, MeshService, MeshServiceProps, Percent, RouteMatch,
  RouteMirror, ServiceVersion, SessionAffinity, StringMatch,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const QA = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];
const TESTED = { stages: [0, 0, 100], match: QA };
const COOKIE = SessionAffinity.byCookie('orders');
const HEADERS = HeaderChanges.of({ request: { remove: ['x-old'] } });
const ANY_CASE = [RouteMatch.path(StringMatch.prefix('/old'), { ignoreCase: true })];

export const wrongFlagger: WrongInput[] = [
  released('a stage of Flagger\'s', { stage: 1 }, 'stage', '1', 'Leave it out'),
  released('a version of Flagger\'s', { version: 'v2' }, 'version', '"v2"', 'by the label app'),
  released('pods of Flagger\'s', { replicas: 2 }, 'replicas', '2', 'Say it of the service'),
  released('testers beside shares of Flagger\'s', { match: QA }, 'stages', '[0,10,100]', 'stages: [0, 100]'),
  released('testers by path of Flagger\'s', { stages: [0, 100], match: [RouteMatch.path(StringMatch.prefix('/beta/'))] }, 'match[0]', '{"uri":{"prefix":"/beta/"}}', 'Match a header'),
  released('testers by method of Flagger\'s', { stages: [0, 100], match: [QA[0], RouteMatch.method(StringMatch.exactly('GET'))] }, 'match[1]', '{"method":{"exact":"GET"}}', 'Match a header'),
  released('testers by a header that is there', { stages: [0, 100], match: [RouteMatch.headerPresent('x-preview')] }, 'match[0]', '"x-preview"', 'RouteMatch.header(\'x-preview\'', 'StringMatch.regex'),
  released('copies beside shares of Flagger\'s', { mirror: Percent.of(5) }, 'mirror', '[0,10,100]', '[0, 0, 10, 100]'),
  released('copies and testers of Flagger\'s', { ...TESTED, mirror: Percent.of(5) }, 'mirror', '5', 'Leave out match or mirror'),
  released('copies beside a cookie of Flagger\'s', { stages: [0, 0, 50, 100], mirror: Percent.of(5), sessionAffinity: SessionAffinity.byCookie('orders') }, 'sessionAffinity', '5', 'sessionAffinity or mirror'),
  released('half a percent of copies of Flagger\'s', { stages: [0, 0, 100], mirror: Percent.of(0.5) }, 'mirror', '0.5', 'whole percentage'),
  { ...released('a second 0 of Flagger\'s without anything to try', { stages: [0, 0, 100] }, 'stages', '[0,0,100]', 'match or mirror'), code: 'InvalidStages' },
  ...[0, 101, 0.5].map(step => ofEngine(`a promotion in steps of ${step}`, { stepWeightPromotion: step }, {}, 'InvalidStages', 'engine.stepWeightPromotion', String(step), 'whole percents')),
  ofEngine('a promotion in steps after testers', { stepWeightPromotion: 10 }, TESTED, 'UnsupportedByEngine', 'engine.stepWeightPromotion', '10', 'Leave it out'),
  ofEngine('a release while the service is handed over', { handover: Handover.BEGIN }, {}, 'UnsupportedByEngine', 'engine.handover', '"begin"', 'Release nothing in this commit'),
  ofEngine('a release while the service is taken back', { handover: Handover.END }, {}, 'UnsupportedByEngine', 'engine.handover', '"end"', 'Give the service itself what was promoted'),
  ofService('a file that changes in place with Flagger', { configuration: [Configuration.files('/etc/flags', { 'flags.json': '{}' }, { updates: ConfigurationUpdates.LIVE })] }, 'configuration[0]', '"/etc/flags"', 'Leave updates out'),
  ofService('a Deployment of another name with Flagger', { adopts: { workload: 'orders-deploy' } } as any, 'adopts.workload', '"orders-deploy"', 'argoRollouts()'),
  released('a service\'s own change aborted with Flagger', { image: undefined, aborted: true }, 'aborted', 'true', 'podAnnotations'),
  released('intervals of a trial beside shares of Flagger\'s', { analysis: CanaryAnalysis.every(Duration.minutes(1), { iterations: 3 }) }, 'analysis.iterations', '3', 'stages: [0, 100]'),
  {
    mistake: 'two Secrets of which one has the name of Flagger\'s copy of the other',
    make: (world) => {
      flagger(world, world.service('orders', { configuration: ['orders-db', 'orders-db-primary'].map(name => Configuration.secret(name, { mountPath: `/etc/${name}` })) }));
      world.synth();
    },
    code: 'DuplicateName',
    path: 'shop/orders-next',
    property: 'service',
    received: '"orders-db-primary"',
    fix: ['another name'],
  },
  ofService('two ports with Flagger', { ports: [MeshPort.http(8080), MeshPort.grpc(9090)] }, 'ports', '["http","grpc"]', 'service of its own'),
  ofService('a TCP port with Flagger', { ports: [MeshPort.tcp(6379)] }, 'ports', '"tcp"', 'static()'),
  ofService('peers with Flagger', { peers: [MeshPort.tcp(7000, { name: 'tcp-raft' })] }, 'peers', '"shop/orders"', 'static()'),
  ofService('addresses of two families with Flagger', { ipFamilies: IpFamilies.preferDualStack() } as any, 'ipFamilies', '"shop/orders"', 'static()'),
  ofService('the same zone with Flagger', { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }) }, 'loadBalancing', '"shop/orders"', 'static()'),
  ofService('a selector that was kept with Flagger', { adopts: { selector: { app: 'orders' } } } as any, 'adopts.selector', '{"app":"orders"}', 'argoRollouts()'),
  ofService('somebody else\'s autoscaler with Flagger', { autoscaling: Autoscaling.byOthers({ min: 2, max: 4 }) }, 'autoscaling', '"byOthers"', 'Autoscaling.horizontal()'),
  ofService('KEDA with Flagger', { autoscaling: Autoscaling.keda({ min: 2, max: 4, triggers: [KedaTrigger.cpu(80)] }) }, 'autoscaling', '"keda"', 'Autoscaling.horizontal()'),
  {
    ...ofEngine('fewer failures than none', {}, {
      analysis: CanaryAnalysis.every(Duration.minutes(1), { failureLimit: -1 }),
    }, 'InvalidThreshold', 'analysis.failureLimit', '-1', 'how many failed'),
  },
  {
    mistake: 'a measurement of the requests of one who makes none',
    make: (world) => {
      const orders = world.service('orders');
      world.service('web').calls(orders);
      const metrics = [AnalysisMetric.successRate({ atLeast: 99, of: world.service('reports') })];
      flagger(world, orders, { analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics }) });
      world.synth();
    },
    code: 'UndeclaredCall',
    path: 'shop/orders-next',
    property: 'analysis.metrics[0].of',
    received: '"shop/reports"',
    fix: ['requests of web'],
  },
  {
    mistake: 'a route beside a release of Flagger\'s',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('testers', { match: QA, version: 'v1' });
      flagger(world, orders);
      world.synth();
    },
    code: 'UnsupportedByEngine',
    path: 'shop/orders',
    property: 'addRoute(testers)',
    received: '"testers"',
    fix: ['static()'],
  },
  beside('a route to the new version of Flagger\'s', orders => orders.addRoute('testers', { match: QA, version: 'v2' }), {}, 'shop/orders', 'addRoute(testers)', '"testers"',
    'Leave the version out, or the route where it says nothing else, or release by CanaryEngine.static()'),
  beside('copies to the new version of Flagger\'s', orders => orders.addRoute('some', { match: QA, mirrors: [RouteMirror.toVersion('v2')] }), {}, 'shop/orders', 'addRoute(some).mirrors', '"some"',
    'Leave the mirrors out, or the route where it says nothing else, or release by CanaryEngine.static()'),
  beside('a route by the cookie of Flagger\'s', orders => orders.addRoute('old', { match: [RouteMatch.header('cookie', StringMatch.exactly('a=b'))], headers: HEADERS }), { sessionAffinity: COOKIE },
    'shop/orders-next', 'sessionAffinity', '"cookie"', 'Let the route match by another header, or leave sessionAffinity out'),
  beside('a route in any letters beside a cookie of Flagger\'s', orders => orders.addRoute('old', { match: ANY_CASE, headers: HEADERS }), { sessionAffinity: COOKIE },
    'shop/orders-next', 'sessionAffinity', '"ignoreCase"', '(?i), or leave sessionAffinity out'),
  beside('a route in any letters beside testers of Flagger\'s', orders => orders.addRoute('old', { match: ANY_CASE, headers: HEADERS }), { stages: [0, 100], match: QA },
    'shop/orders-next', 'match', '"ignoreCase"', '(?i), or leave match out'),
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
    received: '"eu"',
    fix: ['service of their own'],
  },
  {
    mistake: 'a version that was there before a release of Flagger\'s',
    make: (world) => {
      const orders = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service: orders, replicas: 1 });
      flagger(world, orders);
      world.synth();
    },
    code: 'UnsupportedByEngine',
    path: 'shop/orders-next',
    property: 'service',
    received: '"eu"',
    fix: ['service of their own'],
  },
  {
    mistake: 'a measurement of requests that nobody makes before all do',
    make: (world) => {
      const orders = world.service('orders');
      world.service('web').calls(orders);
      const metrics = [AnalysisMetric.promQl('baskets', 'sum(baskets)', { atLeast: 1 }), AnalysisMetric.successRate({ atLeast: 99 })];
      flagger(world, orders, { stages: [0, 100], analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics }) });
    },
    code: 'UnsupportedByEngine',
    path: 'shop/orders-next',
    property: 'analysis.metrics[1]',
    received: '[0,100]',
    fix: ['Add match or mirror'],
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

function beside(
  mistake: string, say: (orders: MeshService) => void, props: Partial<CanaryReleaseProps>, path: string, property: string, received: string,
  fix: string,
): WrongInput {
  const make = (world: World) => {
    const orders = world.service('orders');
    say(orders);
    flagger(world, orders, props);
    world.synth();
  };
  return { mistake, make, code: 'UnsupportedByEngine', path, property, received, fix: [fix] };
}

function ofService(mistake: string, service: Partial<MeshServiceProps>, property: string, received: string, ...fix: string[]): WrongInput {
  const make = (world: World) => flagger(world, world.service('orders', service));
  return { mistake, make, code: 'UnsupportedByEngine', path: 'shop/orders', property, received, fix };
}
