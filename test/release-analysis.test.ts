import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AnalysisMetric, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, CanaryReleaseProps, CircuitBreaker, ExistingWorkload, MeshService,
  Percent, ReleaseAlert, ReleaseGate, ReleaseSeverity, ReleaseTest, RouteMatch, StringMatch,
} from '../src';
import { find, Manifest, synthesizeApp } from './support/manifests';
import { World } from './support/world';

interface Cast { world: World; orders: MeshService; tester: MeshService; controller: ExistingWorkload }

function released(
  analysis: (cast: Cast) => CanaryAnalysisOptions, props: (cast: Cast) => Partial<CanaryReleaseProps>, again?: (cast: Cast) => void,
): Manifest[] {
  const world = new World();
  const orders = world.service('orders', { circuitBreaker: CircuitBreaker.consecutiveErrors(5), replicas: 4 });
  const tester = world.service('tester');
  tester.calls(orders);
  const controller = new ExistingWorkload(world.app, 'controller', { namespace: 'engine', serviceAccount: 'engine' });
  const cast = { world, orders, tester, controller };
  const asked = CanaryAnalysis.every(Duration.minutes(1), analysis(cast));
  world.release(orders, { stage: undefined, stages: [0, 5, 50, 100], analysis: asked, ...props(cast) });
  again?.(cast);
  return synthesizeApp(world.app);
}

const flagger = ({ controller }: Cast) => ({ engine: CanaryEngine.flagger({ controller }) });
const argo = ({ controller }: Cast) => ({ engine: CanaryEngine.argoRollouts({ controller }) });
const byCommits = () => ({ stage: 1 });

const HOOKS = ({ tester }: Cast): CanaryAnalysisOptions => ({
  metrics: [AnalysisMetric.successRate({ atLeast: 99 })],
  failureLimit: 2,
  gates: [ReleaseGate.webhook(tester, { path: '/approve' }), ReleaseGate.webhook(tester, { path: '/promote', before: 100 })],
  tests: [
    ReleaseTest.acceptance(tester, { path: '/accept' }),
    ReleaseTest.load(tester, { path: '/', metadata: { type: 'cmd', cmd: 'hey http://orders' }, timeout: Duration.seconds(9) }),
  ],
});
const ADDRESS = 'http://tester.shop.svc.cluster.local:8080';

/** The paths that the controller may ask of the tester. */
function askedPaths(manifests: Manifest[]): string[] {
  const { rules } = find(manifests, 'AuthorizationPolicy', 'tester').spec;
  return rules.filter(({ from }: any) => JSON.stringify(from).includes('ns/engine/sa/engine')).flatMap(({ to }: any) => to.flatMap(({ operation }: any) => operation.paths));
}

describe('Flagger', () => {
  const analysisOf = (manifests: Manifest[]) => find(manifests, 'Canary', 'orders').spec.analysis;

  test('asks at the gates and starts the tests, by webhooks', () => {
    const manifests = released(HOOKS, flagger);

    expect(analysisOf(manifests).webhooks).toEqual([
      { name: 'gate-tester', type: 'confirm-traffic-increase', url: `${ADDRESS}/approve`, timeout: '5s' },
      { name: 'gate-100-tester', type: 'confirm-promotion', url: `${ADDRESS}/promote`, timeout: '5s' },
      { name: 'acceptance-tester', type: 'pre-rollout', url: `${ADDRESS}/accept`, timeout: '60s' },
      { name: 'load-tester', type: 'rollout', url: `${ADDRESS}/`, timeout: '9s', metadata: { type: 'cmd', cmd: 'hey http://orders' } },
    ]);
  });

  test('waits before everybody gets the new version, not after', () => {
    expect(analysisOf(released(HOOKS, flagger)).stepWeights).toEqual([5, 50]);
    expect(analysisOf(released(() => ({}), () => ({ engine: CanaryEngine.flagger() }))).stepWeights).toEqual([5, 50, 100]);
  });

  test('waits before the promotion of a trial, where no share comes before', () => {
    const manifests = released(({ tester }) => ({ gates: [ReleaseGate.webhook(tester, { path: '/approve' })] }), cast => ({ ...flagger(cast), stages: [0, 100] }));

    expect(analysisOf(manifests).webhooks).toMatchObject([{ type: 'confirm-promotion' }]);
  });

  test('may ask no more than that', () => {
    expect(askedPaths(released(HOOKS, flagger)).sort()).toEqual(['/', '/accept', '/approve', '/promote']);
  });

  test('tells a channel by an AlertProvider, whose address is in a Secret', () => {
    const manifests = released(({ world }) => ({
      alerts: [ReleaseAlert.slack({ channel: 'releases', secret: kplus.Secret.fromSecretName(world.shop, 'slack', 'slack-hook'), severity: ReleaseSeverity.WARN })],
    }), () => ({ engine: CanaryEngine.flagger() }));

    expect(analysisOf(manifests).alerts).toEqual([{ name: 'slack', severity: 'warn', providerRef: { name: 'orders-slack', namespace: 'shop' } }]);
    expect(find(manifests, 'AlertProvider', 'orders-slack').spec).toEqual({ type: 'slack', channel: 'releases', secretRef: { name: 'slack-hook' } });
  });

  test('knows the new pods of a query by the name of their Deployment, and not those that serve', () => {
    const manifests = released(() => ({ metrics: [AnalysisMetric.promQl('baskets', 'sum(baskets{pod=~"$pods"})', { atLeast: 1 })] }), () => ({ engine: CanaryEngine.flagger() }));
    const [, pattern] = /pod=~"(.*)"/.exec(find(manifests, 'MetricTemplate', 'orders-baskets').spec.query)!;

    expect(['orders-65ffbb4b55-p9m24', 'orders-primary-65ffbb4b55-p9m24', 'orders-v2-65ffbb4b55-p9m24', 'my-orders-65ffbb4b55-p9m24']
      .map(pod => new RegExp(`^(${pattern})$`).test(pod))).toEqual([true, false, false, false]);
  });

  test('tells a service of each step, which its controller may', () => {
    const manifests = released(({ tester }) => ({ alerts: [ReleaseAlert.webhook(tester, { path: '/releases' })] }), flagger);

    expect(analysisOf(manifests).webhooks).toEqual([{ name: 'alert-tester', type: 'event', url: `${ADDRESS}/releases`, timeout: '5s' }]);
    expect(analysisOf(manifests)).not.toHaveProperty('alerts');
    expect(askedPaths(manifests)).toEqual(['/releases']);
  });

  test('has nothing of it where nothing is said', () => {
    const analysis = analysisOf(released(() => ({}), () => ({ engine: CanaryEngine.flagger() })));

    expect(Object.keys(analysis)).not.toEqual(expect.arrayContaining(['webhooks']));
    expect(Object.keys(analysis)).not.toEqual(expect.arrayContaining(['alerts']));
  });
});

describe('Argo Rollouts', () => {
  const strategyOf = (manifests: Manifest[]) => find(manifests, 'Rollout', 'orders').spec.strategy.canary;
  const template = (name: string) => ({ analysis: { templates: [{ templateName: `orders-${name}` }] } });

  test('takes the tests and gates as steps', () => {
    const { steps, analysis } = strategyOf(released(HOOKS, argo));

    expect(steps).toEqual([
      { setCanaryScale: { weight: 5 } }, template('acceptance-tester'),
      template('gate-tester'), { setWeight: 5 }, { pause: { duration: '60s' } }, { setCanaryScale: { matchTrafficWeight: true } },
      template('gate-tester'), { setWeight: 50 }, { pause: { duration: '60s' } },
      template('gate-tester'), template('gate-100-tester'), { setWeight: 100 }, { pause: { duration: '60s' } },
    ]);
    expect(steps[analysis.startingStep - 1]).toEqual({ setWeight: 5 });
  });

  test('asks at a gate for as long as it takes', () => {
    expect(find(released(HOOKS, argo), 'AnalysisTemplate', 'orders-gate-tester').spec.metrics).toEqual([{
      name: 'gate-tester',
      interval: '60s',
      count: 2147483647,
      failureLimit: -1,
      consecutiveErrorLimit: 2147483647,
      consecutiveSuccessLimit: 1,
      provider: { web: { url: `${ADDRESS}/approve`, method: 'POST', timeoutSeconds: 5, jsonBody: { name: 'orders', namespace: 'shop', phase: 'Progressing' } } },
    }]);
  });

  test('knows the new pods of a query by their hash', () => {
    const manifests = released(() => ({ metrics: [AnalysisMetric.promQl('baskets', 'sum(baskets{pod=~"$pods"})', { atLeast: 1 })] }), () => ({ engine: CanaryEngine.argoRollouts() }));
    const { args, metrics } = find(manifests, 'AnalysisTemplate', 'orders-release').spec;

    expect(args).toEqual([{ name: 'canary-hash' }]);
    expect(metrics[0].provider.prometheus.query).toBe('sum(baskets{pod=~"orders-{{args.canary-hash}}-[0-9a-z]{5}"})');
    expect(strategyOf(manifests).analysis.args).toEqual([{ name: 'canary-hash', valueFrom: { podTemplateHashValue: 'Latest' } }]);
  });

  test('measures after the warm-up, and stays at the first stage for as much longer', () => {
    const warm = (props: Partial<CanaryReleaseProps> = {}, warmUp: Duration | undefined = Duration.seconds(90)) => released(
      () => ({ metrics: [AnalysisMetric.successRate({ atLeast: 99 })], warmUp }), () => ({ engine: CanaryEngine.argoRollouts(), ...props }));
    const delayOf = (manifests: Manifest[]) => find(manifests, 'AnalysisTemplate', 'orders-release').spec.metrics[0].initialDelay;
    const pausesOf = (manifests: Manifest[]) => strategyOf(manifests).steps.flatMap(({ pause }: any) => pause ? [parseInt(pause.duration)] : []);
    const match = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];

    expect([delayOf(warm()), pausesOf(warm())]).toEqual(['150s', [162, 60, 60]]);
    expect([delayOf(warm({ stages: [0, 0, 5, 100], match })), pausesOf(warm({ stages: [0, 0, 5, 100], match }))]).toEqual(['150s', [402, 60, 60]]);
    const cold = released(() => ({ metrics: [AnalysisMetric.successRate({ atLeast: 99 })] }), () => ({ engine: CanaryEngine.argoRollouts() }));
    expect([delayOf(cold), pausesOf(cold)]).toEqual(['48s', [60, 60, 60]]);
  });

  test('bears as many failed acceptance tests as failed measurements', () => {
    const [metric] = find(released(HOOKS, argo), 'AnalysisTemplate', 'orders-acceptance-tester').spec.metrics;

    expect(metric).toMatchObject({ count: 3, failureLimit: 2, consecutiveErrorLimit: 2, consecutiveSuccessLimit: 1 });
  });

  test('starts the load beside the measurements, and bears errors for as long as failures', () => {
    const { metrics } = find(released(HOOKS, argo), 'AnalysisTemplate', 'orders-release').spec;

    expect(metrics.map(({ name, consecutiveErrorLimit, interval }: any) => [name, consecutiveErrorLimit, interval])).toEqual([['success-rate', 12, '60s'], ['load-tester', 12, '60s']]);
    expect(metrics[1].provider.web.jsonBody.metadata).toEqual({ type: 'cmd', cmd: 'hey http://orders' });
  });

  test('runs load without anything that is measured', () => {
    const manifests = released(({ tester }) => ({ tests: [ReleaseTest.load(tester, { path: '/' })] }), argo);

    expect(strategyOf(manifests).analysis.templates).toEqual([{ templateName: 'orders-release' }]);
  });

  test('waits for a person before a share', () => {
    const { steps } = strategyOf(released(() => ({ gates: [ReleaseGate.manual({ before: 50 })] }), () => ({ engine: CanaryEngine.argoRollouts() })));

    expect(steps.map((step: any) => step.setWeight ?? step.pause.duration ?? 'somebody')).toEqual([5, '60s', 'somebody', 50, '60s', 100, '60s']);
  });

  test('may ask no more than that', () => {
    expect(askedPaths(released(HOOKS, argo)).sort()).toEqual(['/', '/accept', '/approve', '/promote']);
  });

  test('tells a channel by annotations of the Rollout', () => {
    const annotations = (severity?: ReleaseSeverity): { [key: string]: string } => find(released(() => ({ alerts: [ReleaseAlert.msTeams({ channel: 'releases', severity })] }), () => ({
      engine: CanaryEngine.argoRollouts(),
    })), 'Rollout', 'orders').metadata.annotations!;

    expect(annotations()).toMatchObject({ 'notifications.argoproj.io/subscribe.on-rollout-aborted.teams': 'releases' });
    expect(Object.keys(annotations())).not.toContain('notifications.argoproj.io/subscribe.on-rollout-paused.teams');
    expect(Object.keys(annotations(ReleaseSeverity.WARN))).toContain('notifications.argoproj.io/subscribe.on-rollout-paused.teams');
  });
});

test('a tester of two releases is declared once', () => {
  const test = (tester: MeshService) => ({ analysis: CanaryAnalysis.every(Duration.minutes(1), { tests: [ReleaseTest.acceptance(tester, { path: '/accept' })] }) });
  const manifests = released(({ tester }) => ({ tests: [ReleaseTest.acceptance(tester, { path: '/accept' })] }), flagger, ({ world, tester, controller }) => {
    const ledger = world.service('ledger');
    tester.calls(ledger);
    world.release(ledger, { stage: undefined, ...test(tester), engine: CanaryEngine.flagger({ controller }) }, 'ledger-next');
  });

  expect(askedPaths(manifests)).toEqual(['/accept']);
});

test.each([['flagger', 'release-canary'], ['argoRollouts', 'canary']] as const)('%s counts the openings of the breakers of the new version alone', (engine, host) => {
  const world = new World();
  const orders = world.service('orders', { circuitBreaker: CircuitBreaker.consecutiveErrors(5) });
  world.service('frontend').calls(orders);
  world.release(orders, {
    stage: undefined,
    engine: CanaryEngine[engine](),
    analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics: [AnalysisMetric.breakerOpenings({ atMost: 0 })] }),
  });

  const queries = synthesizeApp(world.app).flatMap(({ kind, spec }) => (
    kind === 'MetricTemplate' ? [spec.query] : kind === 'AnalysisTemplate' ? spec.metrics.map(({ provider }: Manifest) => provider.prometheus.query) : []));
  const [, pattern] = /cluster_name=~"([^"]+)"/.exec(queries.join())!;
  const matches = (cluster: string) => new RegExp(`^(?:${pattern})$`).test(cluster);
  expect(matches(`outbound|80||orders-${host}.shop.svc.cluster.local`)).toBe(true);
  expect(matches(`outbound|8080||orders-${host}.shop.svc.cluster.local;`)).toBe(true);
  expect(matches('outbound|8080||orders.shop.svc.cluster.local')).toBe(false);
});

describe('commits', () => {
  const rules = { labels: { release: 'prometheus' }, alertLabels: { team: 'shop' } };
  const RULES = (): CanaryAnalysisOptions => ({
    metrics: [AnalysisMetric.successRate({ atLeast: 99 })], failureLimit: 2, alerts: [ReleaseAlert.prometheus(rules)],
  });
  const ruleOf = (manifests: Manifest[]) => find(manifests, 'PrometheusRule', 'orders-v2-release');

  test('get alerts that say when to go back', () => {
    const { metadata, spec: { groups: [group] } } = ruleOf(released(RULES, byCommits));

    expect(metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(group.interval).toBe('60s');
    const [fails, unmeasured] = group.rules;
    expect(fails).toMatchObject({ alert: 'ReleaseFails', for: '120s', labels: { team: 'shop', severity: 'critical', version: 'v2', metric: 'success-rate' } });
    expect(fails.expr).toContain('destination_version="v2"');
    expect(fails.expr).toMatch(/ < 99$/);
    expect(fails.annotations.description).toContain('shop/orders-next');
    expect(unmeasured).toMatchObject({ alert: 'ReleaseUnmeasured', for: '180s', labels: { severity: 'warning' } });
  });

  test('tell of the first failure where none is borne', () => {
    const { spec } = ruleOf(released(() => ({ ...RULES(), failureLimit: 0 }), byCommits));

    expect(Object.keys(spec.groups[0].rules[0])).not.toContain('for');
  });

  test('miss no measurement while nobody is sent to the new version', () => {
    const { spec } = ruleOf(released(RULES, () => ({ stage: 0 })));

    expect(spec.groups[0].rules.map(({ alert }: any) => alert)).toEqual(['ReleaseFails']);
  });

  test('count what copies get where they arrive', () => {
    const { spec } = ruleOf(released(RULES, () => ({ stage: 1, mirror: Percent.of(5) })));

    expect(spec.groups[0].rules[0].expr).toContain('reporter="destination"');
    expect(spec.groups[0].rules[0].expr).toContain('destination_workload="orders-v2"');
  });

  test('know the new version\'s clusters and both bounds', () => {
    const { spec } = ruleOf(released(() => ({
      ...RULES(), metrics: [AnalysisMetric.breakerOpenings({ atMost: 0 }), AnalysisMetric.promQl('baskets', 'sum(baskets)', { atLeast: 1, atMost: 9 })],
    }), byCommits));
    const [openings, , baskets] = spec.groups[0].rules;

    expect(openings.expr).toContain('cluster_name=~"outbound[|][0-9]+[|]v2[|]orders[.]shop[.].*"');
    expect(baskets.expr).toBe('(sum(baskets)) < 1 or (sum(baskets)) > 9');
  });
});
