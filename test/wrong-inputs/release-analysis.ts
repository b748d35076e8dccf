import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AnalysisMetric, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, CanaryReleaseProps, ExistingWorkload, ExternalService, MeshPort, MeshService,
  ReleaseAlert,
  ReleaseGate, ReleaseTest,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

interface Cast { world: World; orders: MeshService; tester: MeshService; controller: ExistingWorkload }
type Props = (cast: Cast) => Partial<CanaryReleaseProps>;
type Options = CanaryAnalysisOptions | ((cast: Cast) => CanaryAnalysisOptions);

const RATE = AnalysisMetric.successRate({ atLeast: 99 });
const byFlagger = ({ controller }: Cast) => ({ stage: undefined, engine: CanaryEngine.flagger({ controller }) });
const byArgo = ({ controller }: Cast) => ({ stage: undefined, engine: CanaryEngine.argoRollouts({ controller }) });
const alone = (engine: CanaryEngine) => () => ({ stage: undefined, engine });
const byCommits = () => ({});

function wrong(
  mistake: string, options: Options, props: Props, code: ErrorCode, property: string, received: string, ...fix: string[]
): WrongInput {
  return at(60, mistake, options, props, code, property, received, ...fix);
}

/** The same at another interval. */
function at(
  seconds: number, mistake: string, options: Options, props: Props, code: ErrorCode, property: string, received: string, ...fix: string[]
): WrongInput {
  const make = (world: World) => {
    const tester = world.service('tester', { ports: [MeshPort.http(8080), MeshPort.grpc(50051, { name: 'grpc-api' })] });
    const orders = world.service('orders');
    tester.calls(orders);
    const cast = { world, orders, tester, controller: new ExistingWorkload(world.app, 'controller', { namespace: 'engine', serviceAccount: 'engine' }) };
    world.release(orders, { analysis: CanaryAnalysis.every(Duration.millis(seconds * 1000), typeof options === 'function' ? options(cast) : options), ...props(cast) });
    world.synth();
  };
  return { mistake, make, code, path: 'shop/orders-next', property: `analysis.${property}`, received, fix };
}

const metric = (mistake: string, value: AnalysisMetric, code: ErrorCode, property: string, received: string, ...fix: string[]) => (
  wrong(mistake, { metrics: [value] }, byFlagger, code, `metrics[0]${property}`, received, ...fix));
const test = (mistake: string, path: string, more: object, code: ErrorCode, property: string, received: string, ...fix: string[]) => (
  wrong(mistake, ({ tester }) => ({ tests: [ReleaseTest.acceptance(tester, { port: 'http', path, ...more })] }), byFlagger, code, `tests[0]${property}`, received, ...fix));
const gate = (
  mistake: string, value: (cast: Cast) => ReleaseGate, props: Props, code: ErrorCode, property: string, received: string, ...fix: string[]
) => (
  wrong(mistake, cast => ({ gates: [value(cast)] }), props, code, `gates[0]${property}`, received, ...fix));
const alert = (mistake: string, value: ReleaseAlert, props: Props, code: ErrorCode, property: string, received: string, ...fix: string[]) => (
  wrong(mistake, { metrics: [RATE], alerts: [value] }, props, code, `alerts[0]${property}`, received, ...fix));

const APPROVE = ({ tester }: Cast) => ReleaseGate.webhook(tester, { port: 'http', path: '/approve' });

export const wrongAnalyses: WrongInput[] = [
  ...[0, 1, 0.99, 101, NaN].map(atLeast => metric(`a success rate of ${atLeast}`, AnalysisMetric.successRate({ atLeast }), 'InvalidPercent', '.atLeast', String(atLeast), 'in percent')),
  ...[1, 100, NaN].map(percent => metric(`a latency of ${percent} percent`, AnalysisMetric.latency({ percent, within: Duration.millis(5) }),
    'InvalidPercent', '.percent', String(percent), 'in percent')),
  metric('a latency of no time', AnalysisMetric.latency({ percent: 99, within: Duration.millis(0) }), 'InvalidDuration', '.within', '"0 ms"', 'Duration.millis(500)'),
  metric('openings without a breaker', AnalysisMetric.breakerOpenings({ atMost: 0 }), 'MissingProperty', '', 'undefined', 'circuitBreaker'),
  metric('a query without a bound', AnalysisMetric.promQl('baskets', 'sum(baskets)', {}), 'MissingProperty', '.atLeast', 'undefined', 'atMost: 0.5'),
  metric('a query of nothing', AnalysisMetric.promQl('baskets', ' ', { atLeast: 1 }), 'UnsetValue', '.query', '" "', 'what Prometheus is asked'),
  metric('a query with crossed bounds', AnalysisMetric.promQl('baskets', 'sum(baskets)', { atLeast: 2, atMost: 1 }), 'InvalidThreshold', '.atLeast', '2', 'No value'),
  metric('a query without a name', AnalysisMetric.promQl('My Baskets', 'sum(baskets)', { atLeast: 2 }), 'InvalidName', '.name', '"My Baskets"', 'lower case letters'),
  wrong('a metric twice', { metrics: [RATE, RATE] }, byFlagger, 'DuplicateName', 'metrics[1]', '"success-rate"', 'once'),
  wrong('requests of nobody who calls', ({ world }) => ({ metrics: [AnalysisMetric.successRate({ atLeast: 99, of: world.service('silent') })] }), alone(CanaryEngine.flagger()),
    'UndeclaredCall', 'metrics[0].of', '"shop/silent"', 'tester'),
  ...[9, 3601, 10.5].map(seconds => at(seconds, `an analysis every ${seconds} s`, {}, alone(CanaryEngine.flagger()), 'InvalidDuration', 'interval', String(seconds), 'whole seconds')),
  ...[0, 1001, 1.5].map(iterations => wrong(`${iterations} iterations`, { iterations }, () => ({ stage: undefined, stages: [0, 100], engine: CanaryEngine.flagger() }),
    'InvalidThreshold', 'iterations', String(iterations), 'how many intervals')),
  ...[1001, 0.5].map(failureLimit => wrong(`${failureLimit} failures that are borne`, { failureLimit }, alone(CanaryEngine.flagger()), 'InvalidThreshold', 'failureLimit', String(failureLimit), 'how many failed')),
  metric('a query with a name of 41 letters', AnalysisMetric.promQl('b'.repeat(41), 'sum(baskets)', { atLeast: 2 }), 'NameTooLong', '.name', JSON.stringify('b'.repeat(41)), 'Shorten it by 1'),
  ...(['atLeast', 'atMost'] as const).flatMap(bound => [NaN, Infinity].map(value => (
    metric(`${bound} of ${value}`, AnalysisMetric.promQl('baskets', 'sum(baskets)', { [bound]: value }), 'InvalidThreshold', `.${bound}`, String(value), '0.5, 10, 1000')))),
  ...[-1, NaN].map(atMost => wrong(`${atMost} openings`, { metrics: [AnalysisMetric.breakerOpenings({ atMost })] }, alone(CanaryEngine.flagger()),
    'InvalidThreshold', 'metrics[0].atMost', String(atMost), 'how many are borne')),
  wrong('a negative failureLimit', { failureLimit: -1 }, byFlagger, 'InvalidThreshold', 'failureLimit', '-1', 'failed measurements'),

  ...[0, 3601, 1.5].map(seconds => wrong(`a warm-up of ${seconds} s`, { metrics: [RATE], warmUp: Duration.millis(seconds * 1000) }, alone(CanaryEngine.argoRollouts()),
    'InvalidDuration', 'warmUp', String(seconds), 'whole seconds')),
  wrong('a warm-up for nothing', { warmUp: Duration.minutes(1) }, alone(CanaryEngine.argoRollouts()), 'EmptyList', 'warmUp', '"1 minute"', 'name metrics'),
  wrong('a warm-up for Flagger', { metrics: [RATE], warmUp: Duration.minutes(1) }, alone(CanaryEngine.flagger()), 'UnsupportedByEngine', 'warmUp', '60', 'failureLimit'),
  wrong('a warm-up for commits', { metrics: [RATE], alerts: [ReleaseAlert.prometheus()], warmUp: Duration.minutes(1) }, byCommits, 'UnsupportedByEngine', 'warmUp', '60', 'failureLimit'),
  wrong('a webhook of no path', ({ tester }) => ({ metrics: [RATE], alerts: [ReleaseAlert.webhook(tester, { port: 'http', path: 'releases' })] }), byFlagger, 'InvalidPath', 'alerts[0].path', '"releases"'),
  wrong('a webhook by gRPC', ({ tester }) => ({ metrics: [RATE], alerts: [ReleaseAlert.webhook(tester, { port: 'grpc-api', path: '/releases' })] }), byFlagger, 'NotHttp', 'alerts[0].port', '"grpc-api"', 'MeshPort.http()'),
  wrong('a webhook of Argo Rollouts', ({ tester }) => ({ metrics: [RATE], alerts: [ReleaseAlert.webhook(tester, { port: 'http', path: '/releases' })] }), alone(CanaryEngine.argoRollouts()), 'UnsupportedByEngine', 'alerts[0]', '"webhook"', 'service.webhook'),
  wrong('a webhook by commits', ({ tester }) => ({ metrics: [RATE], alerts: [ReleaseAlert.webhook(tester, { port: 'http', path: '/releases' })] }), byCommits, 'UnsupportedByEngine', 'alerts[0]', '"webhook"', 'ReleaseAlert.prometheus()'),
  metric('a query of a variable that is not set', AnalysisMetric.promQl('baskets', `sum(baskets{v="${undefined}"})`, { atLeast: 1 }), 'UnsetValue', '.query', JSON.stringify('sum(baskets{v="undefined"})'), 'was empty'),
  metric('a query with a template of Flagger\'s', AnalysisMetric.promQl('baskets', 'sum(rate(baskets[{{ interval }}]))', { atLeast: 1 }), 'InvalidQuery', '.query', '"sum(rate(baskets[{{ interval }}]))"', '$pods'),
  metric('a query without options', AnalysisMetric.promQl('baskets', 'sum(baskets)'), 'MissingProperty', '.atLeast', 'undefined', 'atMost: 0.5'),
  ...['request-success-rate', 'request-duration'].map((name): WrongInput => ({
    ...metric(`a query named ${name} for Flagger`, AnalysisMetric.promQl(name, 'sum(baskets)', { atLeast: 1 }), 'UnsupportedByEngine', '.name', JSON.stringify(name), 'another name'),
  })),
  metric('a latency of two hours', AnalysisMetric.latency({ percent: 99, within: Duration.hours(2) }), 'InvalidDuration', '.within', '"7200000 ms"', 'shorter time'),
  {
    ...wrong('a success rate of connections', { metrics: [RATE] }, alone(CanaryEngine.argoRollouts()), 'NotHttp', 'metrics[0]', '["tcp"]', 'promQl'),
    make: (world) => {
      const redis = world.service('redis', { ports: [MeshPort.tcp(6379)] });
      const analysis = CanaryAnalysis.every(Duration.minutes(1), { metrics: [RATE] });
      world.release(redis, { stage: undefined, engine: CanaryEngine.argoRollouts(), analysis });
    },
  },
  {
    ...wrong('a success rate of a service that nobody calls', { metrics: [RATE] }, byCommits, 'UndeclaredCall', 'metrics[0]', '"shop/orders"', 'Declare the calls'),
    make: (world) => {
      world.release(world.service('orders'), { stage: undefined, engine: CanaryEngine.flagger(), analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics: [RATE] }) });
      world.synth();
    },
  },
  wrong('a test by somebody of another app who calls nobody', ({ world }) => ({
    tests: [ReleaseTest.load(new ExistingWorkload(world.app, 'loader', { namespace: 'load', serviceAccount: 'loader', ports: [MeshPort.http(80)] }), { path: '/' })],
  }), alone(CanaryEngine.flagger()), 'UndeclaredCall', 'tests[0]', '"loader"', 'tester.calls(orders)'),
  wrong('a person before each share, and before one', { gates: [ReleaseGate.manual({ before: 10 }), ReleaseGate.manual()] }, alone(CanaryEngine.argoRollouts()), 'DuplicateName', 'gates[1]', '"manual"', 'twice'),
  ...[2, 5].map(failureLimit => wrong(`${failureLimit} failures of two measurements`, { metrics: [RATE], failureLimit }, alone(CanaryEngine.argoRollouts()),
    'InvalidThreshold', 'failureLimit', String(failureLimit), 'Write 1 at most')),
  alert('a channel of a variable that is not set', ReleaseAlert.slack({ channel: `${undefined}` }), alone(CanaryEngine.argoRollouts()), 'UnsetValue', '.channel', '"undefined"', 'was empty'),
  test('a test of a pattern', '/tests/*', {}, 'InvalidPath', '.path', '"/tests/*"', '/approve'),
  test('a test of no path', 'tests', {}, 'InvalidPath', '.path', '"tests"'),
  test('a test of a port that is none', '/', { port: 'metrics' }, 'UnknownPort', '.port', '"metrics"', 'http'),
  test('a test by gRPC', '/', { port: 'grpc-api' }, 'NotHttp', '.port', '"grpc-api"', 'MeshPort.http()'),
  ...[0, 601].map(seconds => test(`a test of ${seconds} seconds`, '/', { timeout: Duration.seconds(seconds) }, 'InvalidDuration', '.timeout', `"${seconds} s"`, 'Duration.seconds(10)')),
  ...(['gates', 'alerts'] as const).map((property) => {
    const far = () => new ExistingWorkload(new World().app, 'far', { namespace: 'far', serviceAccount: 'far', ports: [MeshPort.http(80)] });
    const asks = { gates: () => ({ gates: [ReleaseGate.webhook(far(), { path: '/approve' })] }), alerts: () => ({ alerts: [ReleaseAlert.webhook(far(), { path: '/releases' })] }) };
    return wrong(`what another app describes among the ${property}`, asks[property], alone(CanaryEngine.flagger()), 'OtherApp', `${property}[0]`, '"far"', 'app that describes the release');
  }),
  wrong('a test by a service of another app', () => ({ tests: [ReleaseTest.acceptance(new World().service('far'), { path: '/' })] }), byFlagger, 'OtherApp', 'tests[0]', '"shop/far"', 'app that describes the release'),
  {
    ...wrong('a controller of another app', cast => ({ gates: [APPROVE(cast)] }), () => ({
      stage: undefined, engine: CanaryEngine.flagger({ controller: new ExistingWorkload(new World().app, 'controller', { namespace: 'engine', serviceAccount: 'engine' }) }),
    }), 'OtherApp', '', '"controller"', 'Describe the controller'),
    property: 'engine.controller',
  },
  test('a test of half a second', '/', { timeout: Duration.millis(500) }, 'InvalidDuration', '.timeout', '"0.5 s"', 'Duration.seconds(10)'),
  test('a test that says not which port', '/', { port: undefined }, 'AmbiguousPort', '.port', 'undefined', 'port: \'http\''),
  wrong('load tests that last longer than the interval', ({ tester }) => ({ tests: [ReleaseTest.load(tester, { port: 'http', path: '/', timeout: Duration.seconds(60) })] }), byFlagger,
    'InvalidDuration', 'tests', '"60 s"', 'less timeout'),
  wrong('two tests of a kind by one tester', ({ tester }) => ({ tests: ['/a', '/b'].map(path => ReleaseTest.acceptance(tester, { port: 'http', path })) }), byFlagger,
    'DuplicateName', 'tests[1]', '"acceptance-tester"', 'one test of a kind'),
  wrong('a test by one who may not ask the service', ({ world }) => ({ tests: [ReleaseTest.acceptance(world.service('idle'), { path: '/' })] }), byFlagger,
    'UndeclaredCall', 'tests[0]', '"shop/idle"', 'tester.calls(orders)'),
  wrong('a test from outside', ({ world }) => ({ tests: [ReleaseTest.acceptance(new ExternalService(world.shop, 'saas', { host: 'tests.example.com', ports: [MeshPort.http(80)] }), { path: '/' })] }),
    byFlagger, 'NotCallable', 'tests[0]', '"shop/saas"', 'MeshService'),
  wrong('a test for commits', ({ tester }) => ({ metrics: [RATE], tests: [ReleaseTest.acceptance(tester, { port: 'http', path: '/' })], alerts: [ReleaseAlert.prometheus()] }), byCommits,
    'UnsupportedByEngine', 'tests[0]', '"acceptance-tester"', 'before the commit'),

  gate('a gate before no stage', () => ReleaseGate.manual({ before: 42 }), byArgo, 'InvalidStage', '.before', '42', '10, 100'),
  gate('a gate before nothing', () => ReleaseGate.manual({ before: 0 }), byArgo, 'InvalidStage', '.before', '0', '10, 100'),
  gate('a person at Flagger\'s gate', () => ReleaseGate.manual(), byFlagger, 'UnsupportedByEngine', '', '"manual"', '/gate/check'),
  gate('a share at Flagger\'s gate', ({ tester }) => ReleaseGate.webhook(tester, { port: 'http', path: '/approve', before: 10 }), byFlagger,
    'UnsupportedByEngine', '.before', '10', 'Write 100'),
  gate('a gate of commits', () => ReleaseGate.manual(), byCommits, 'UnsupportedByEngine', '', '"gates"', 'review'),
  wrong('a person before a share twice', { gates: [ReleaseGate.manual({ before: 10 }), ReleaseGate.manual({ before: 10 })] }, alone(CanaryEngine.argoRollouts()), 'DuplicateName', 'gates[1]', '"manual 10"', 'once'),
  alert('a secret of an alert of Argo Rollouts', ReleaseAlert.slack({ channel: 'releases', secret: kplus.Secret.fromSecretName(new World().shop, 'slack', 'hook') }),
    alone(CanaryEngine.argoRollouts()), 'UnsupportedByEngine', '.secret', '"hook"', 'argo-rollouts-notification-configmap'),
  wrong('a gate twice', cast => ({ gates: [APPROVE(cast), APPROVE(cast)] }), byArgo, 'DuplicateName', 'gates[1]', '"gate-tester"', 'once'),

  alert('an alert to nobody', ReleaseAlert.slack({ channel: ' ' }), byArgo, 'UnsetValue', '.channel', '" "', 'who is told'),
  alert('an alert of Flagger without an address', ReleaseAlert.slack({ channel: 'releases' }), alone(CanaryEngine.flagger()), 'MissingProperty', '.secret', 'undefined', 'key address'),
  alert('rules beside Flagger', ReleaseAlert.prometheus(), alone(CanaryEngine.flagger()), 'UnsupportedByEngine', '', '"prometheus"', 'ReleaseAlert.slack()'),
  alert('rules beside Argo Rollouts', ReleaseAlert.prometheus(), alone(CanaryEngine.argoRollouts()), 'UnsupportedByEngine', '', '"prometheus"', 'ReleaseAlert.slack()'),
  alert('a channel of commits', ReleaseAlert.slack({ channel: 'releases' }), byCommits, 'UnsupportedByEngine', '', '"slack"', 'ReleaseAlert.prometheus()'),
  alert('a label of Kubernetes', ReleaseAlert.prometheus({ alertLabels: { 'acme.com/team': 'shop' } }), byCommits, 'InvalidLabels', '.alertLabels', '"acme.com/team"', 'no dots'),
  ...['severity', 'server', 'version', 'metric', 'alertname'].map(label => (
    alert(`a label ${label}, which alerts have`, ReleaseAlert.prometheus({ alertLabels: { [label]: 'x' } }), byCommits, 'ReservedMetadata', '.alertLabels', JSON.stringify(label), 'another name'))),
  alert('a label of a rule that is none', ReleaseAlert.prometheus({ labels: { release: 'a b' } }), byCommits, 'InvalidLabels', '.labels', '{"release":"a b"}', 'at most 63'),
  wrong('a channel twice', { alerts: [ReleaseAlert.slack({ channel: 'a' }), ReleaseAlert.slack({ channel: 'b' })] }, byArgo, 'DuplicateName', 'alerts[1]', '"slack"', 'one channel'),
  wrong('an analysis of commits that tells nobody', { metrics: [RATE] }, byCommits, 'UnsupportedByEngine', 'alerts', '[]', 'ReleaseAlert.prometheus()'),
  wrong('an analysis of commits of nothing', { alerts: [ReleaseAlert.prometheus()] }, byCommits, 'EmptyList', 'metrics', '[]', 'successRate'),
  wrong('iterations of commits', { metrics: [RATE], iterations: 3, alerts: [ReleaseAlert.prometheus()] }, byCommits, 'UnsupportedByEngine', 'iterations', '3', 'Leave it out'),

  ...([['flagger', (controller?: ExistingWorkload) => CanaryEngine.flagger({ controller })],
    ['argoRollouts', (controller?: ExistingWorkload) => CanaryEngine.argoRollouts({ controller })]] as const).flatMap(([name, engine]): WrongInput[] => [
    { ...wrong(`a gate of ${name} without a controller`, cast => ({ gates: [APPROVE(cast)] }), alone(engine()), 'MissingProperty', '', 'undefined', `CanaryEngine.${name}(`), property: 'engine.controller' },
    {
      ...wrong(`a controller of ${name} that asks nothing`, {}, ({ controller }) => ({ stage: undefined, engine: engine(controller) }),
        'IneffectiveController', '', '"controller"', 'Leave it out'),
      property: 'engine.controller',
    },
  ]),
];
