import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AnalysisMetric, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, CanaryReleaseProps, CircuitBreaker, ExistingService, ExistingWorkload, Mesh,
  MeshPort, MeshService, Percent, ReleaseAlert, ReleaseGate, ReleaseSeverity, ReleaseTest, RouteMatch, StringMatch,
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

describe.each([['Flagger', flagger], ['Argo Rollouts', argo]])('the controller of %s', (_, engine) => {
  test('may ask the tester by POST, at its port, for these paths, and nothing else', () => {
    const { rules } = find(released(HOOKS, engine), 'AuthorizationPolicy', 'tester').spec;

    expect(rules).toEqual(['/approve', '/promote', '/accept', '/'].map(path => ({
      from: [{ source: { principals: ['cluster.local/ns/engine/sa/engine'] } }], to: [{ operation: { ports: ['8080'], methods: ['POST'], paths: [path] } }],
    })));
  });

  test('asks the port of the Service, and may ask the one of the pods', () => {
    const world = new World();
    const orders = world.service('orders');
    const tester = world.service('tester', { ports: [MeshPort.http(80, { targetPort: 8080 }), MeshPort.http(81, { name: 'http-admin', targetPort: 8081 })] });
    const controller = new ExistingWorkload(world.app, 'controller', { namespace: 'engine', serviceAccount: 'engine' });
    const gates = [ReleaseGate.webhook(tester, { path: '/approve', port: 'http' })];
    const analysis = CanaryAnalysis.every(Duration.minutes(1), { gates });
    world.release(orders, { stage: undefined, analysis, ...engine({ world, orders, tester, controller }) });
    const manifests = synthesizeApp(world.app);

    expect(JSON.stringify(manifests)).toContain('"http://tester.shop.svc.cluster.local:80/approve"');
    expect(find(manifests, 'AuthorizationPolicy', 'tester').spec.rules.map(({ to }: Manifest) => to[0].operation.ports)).toEqual([['8080']]);
  });
});

type Engine = 'flagger' | 'argoRollouts' | 'static';

interface Asked { query: string; well: unknown; address?: string; interval: string }

/** What Prometheus is asked of the new version, and which answers are well. */
function askedBy(
  engine: Engine, metrics: (world: World) => AnalysisMetric[], seconds = 60, settle: (world: World) => void = () => undefined,
): Asked[] {
  const world = new World();
  settle(world);
  const orders = world.service('orders');
  const options = { metrics: metrics(world), ...engine === 'static' ? { alerts: [ReleaseAlert.prometheus()] } : {} };
  ['frontend', 'reports'].forEach(client => (world.shop.node.tryFindChild(client) as MeshService | undefined ?? world.service(client)).calls(orders));
  const stage = engine === 'static' ? 1 : undefined;
  world.release(orders, { stage, engine: CanaryEngine[engine](), analysis: CanaryAnalysis.every(Duration.seconds(seconds), options) });
  return synthesizeApp(world.app).flatMap(({ kind, spec, metadata }): Asked[] => {
    switch (kind) {
      case 'MetricTemplate': return [{ query: spec.query, address: spec.provider.address, ...boundsOf(synthesizeApp(world.app), metadata.name) }];
      case 'AnalysisTemplate': return spec.metrics.map(({ provider: { prometheus: { query, address } }, successCondition: well, interval }: Manifest) => ({ query, address, well, interval }));
      case 'PrometheusRule': return spec.groups[0].rules.filter(({ alert }: Manifest) => alert === 'ReleaseFails').map(({ expr }: Manifest) => {
        const [, query, outside] = /^\((.*)\) ([<>] [0-9.]+)$/.exec(expr)!;
        return { query, well: outside, interval: spec.groups[0].interval };
      });
      default: return [];
    }
  });
}

function boundsOf(manifests: Manifest[], template: string): { well: unknown; interval: string } {
  const { thresholdRange, interval } = find(manifests, 'Canary', 'orders').spec.analysis.metrics.find(({ templateRef }: Manifest) => templateRef.name === template);
  return { well: thresholdRange, interval };
}

describe.each<[Engine, string, (bound: string, value: number) => unknown]>([
  ['flagger', 'reporter="source",destination_service="orders-release-canary.shop.svc.cluster.local"', (bound, value) => ({ [bound]: value })],
  ['argoRollouts', 'reporter="source",destination_service="orders-canary.shop.svc.cluster.local"', (bound, value) => `len(result) == 1 && result[0] ${bound === 'min' ? '>=' : '<='} ${value}`],
  ['static', 'reporter="source",destination_service="orders.shop.svc.cluster.local",destination_version="v2"', (bound, value) => `${bound === 'min' ? '<' : '>'} ${value}`],
])('asked by %s', (engine, labels, within) => {
  const WELL = 'grpc_response_status!~"2|4|13|14|15"';
  const rateOf = (of: string) => {
    const [all, well] = [`{${of}}`, `{${of},response_code!~"0|5..",${WELL}}`].map(selector => `sum(rate(istio_requests_total${selector}[240s]))`);
    // 100 - 100 * (all - well) / all: without a failure 100, and of failures alone 0, since 0 * all stands where no series is well
    return `100 - 100 * (${all} - (${well} or 0 * ${all})) / ${all}`;
  };

  test('successRate is the share of what has not failed', () => {
    expect(askedBy(engine, () => [AnalysisMetric.successRate({ atLeast: 99.5 })])).toMatchObject([{ query: rateOf(labels), well: within('min', 99.5) }]);
  });

  test('latency is a quantile in milliseconds', () => {
    expect(askedBy(engine, () => [AnalysisMetric.latency({ percent: 99, within: Duration.seconds(2) })])).toMatchObject([{
      query: `histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{${labels},response_code!~"101|0|5..",${WELL}}[240s])))`,
      well: within('max', 2000),
    }]);
  });

  test('a client\'s requests are told by its names', () => {
    const ofFrontend = askedBy(engine, world => [AnalysisMetric.successRate({ atLeast: 99, of: world.service('frontend') })]);

    expect(ofFrontend).toMatchObject([{ query: rateOf(`${labels},source_workload_namespace="shop",source_canonical_service="frontend"`) }]);
  });

  test('a client\'s requests are told by its certificate, where its canonical name is not known', () => {
    const of = (world: World) => new ExistingService(world.shop, 'reports', { serviceAccount: 'reports.old', podLabels: { app: 'reports' } });

    expect(askedBy(engine, world => [AnalysisMetric.successRate({ atLeast: 99, of: of(world) })])).toMatchObject([
      { query: rateOf(`${labels},source_principal=~"spiffe://[^/]+/ns/shop/sa/reports[.]old"`) },
    ]);
  });

  test.each([[20, 30, '120s'], [60, 5, '60s'], [60, 15, '60s'], [60, 16, '64s']])('every %i s, of proxies that are read every %i s, it is about %s', (seconds, scrape, window) => {
    const [{ query, interval, address }] = askedBy(engine, () => [AnalysisMetric.successRate({ atLeast: 99 })], seconds, world => new Mesh(world.app, 'mesh', {
      clusterDomain: 'corp.local', prometheusUrl: 'http://metrics.example:9091', scrapeInterval: Duration.seconds(scrape),
    }));

    expect(query).toBe(rateOf(labels.replace('cluster.local', 'corp.local')).replaceAll('[240s]', `[${window}]`));
    expect(interval).toBe(`${seconds}s`);
    expect(address).toBe(engine === 'static' ? undefined : 'http://metrics.example:9091');
  });
});

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

    expect(metrics.map(({ name, failureLimit, consecutiveErrorLimit, interval }: any) => [name, failureLimit, consecutiveErrorLimit, interval]))
      .toEqual([['success-rate', 2, 12, '60s'], ['load-tester', 2, 12, '60s']]);
    expect(metrics[1].provider.web.jsonBody.metadata).toEqual({ type: 'cmd', cmd: 'hey http://orders' });
  });

  test('runs load without anything that is measured', () => {
    const manifests = released(({ tester }) => ({ tests: [ReleaseTest.load(tester, { path: '/' })] }), argo);

    expect(strategyOf(manifests).analysis.templates).toEqual([{ templateName: 'orders-release' }]);
  });

  const MIRRORED: Partial<CanaryReleaseProps> = { stages: [0, 50, 100], mirror: Percent.of(10) };
  const TRIED: Partial<CanaryReleaseProps> = { stages: [0, 0, 50, 100], match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))] };
  const pausing = (seconds: number) => ({ pause: { duration: `${seconds}s` } });

  test('tries the new version before testers do, and measures what testers ask', () => {
    const { steps, analysis } = strategyOf(released(cast => ({ ...HOOKS(cast), gates: [] }), cast => ({ ...argo(cast), ...TRIED })));

    expect(steps).toEqual([
      { setCanaryScale: { weight: 50 } }, template('acceptance-tester'), pausing(300),
      { setWeight: 50 }, pausing(60), { setCanaryScale: { matchTrafficWeight: true } }, { setWeight: 100 }, pausing(60),
    ]);
    expect(steps[analysis.startingStep]).toEqual(pausing(300));
  });

  test('waits at a gate before there are pods for the share and its copies', () => {
    const { steps } = strategyOf(released(cast => ({ gates: HOOKS(cast).gates!.slice(0, 1) }), cast => ({ ...argo(cast), ...MIRRORED })));

    expect(steps).toEqual([
      template('gate-tester'), { setCanaryScale: { weight: 60 } }, { setWeight: 50 }, pausing(60),
      template('gate-tester'), { setCanaryScale: { weight: 100 } }, { setWeight: 100 }, pausing(60),
    ]);
  });

  test('waits for a person before a share', () => {
    const { steps } = strategyOf(released(() => ({ gates: [ReleaseGate.manual({ before: 50 })] }), () => ({ engine: CanaryEngine.argoRollouts() })));

    expect(steps.map((step: any) => step.setWeight ?? step.pause.duration ?? 'somebody')).toEqual([5, '60s', 'somebody', 50, '60s', 100, '60s']);
  });

  test('may ask no more than that', () => {
    expect(askedPaths(released(HOOKS, argo)).sort()).toEqual(['/', '/accept', '/approve', '/promote']);
  });

  const { msTeams, slack, googleChat } = ReleaseAlert;
  const GOES_BACK = ['on-rollout-aborted', 'on-analysis-run-failed', 'on-analysis-run-error'];
  const TOLD: [ReleaseSeverity | undefined, string[]][] = [
    [undefined, GOES_BACK],
    [ReleaseSeverity.ERROR, GOES_BACK],
    [ReleaseSeverity.WARN, [...GOES_BACK, 'on-rollout-paused']],
    [ReleaseSeverity.INFO, [...GOES_BACK, 'on-rollout-paused', 'on-rollout-step-completed', 'on-rollout-completed']],
  ];
  const CHANNELS = [['slack', slack], ['teams', msTeams], ['googlechat', googleChat]] as const;
  test.each(CHANNELS.flatMap(([service, alert]) => TOLD.map(([severity, triggers]) => ({ service, alert, severity, triggers }))))(
    'tells $service of what is $severity by annotations of the Rollout, beside its own', ({ service, alert, severity, triggers }) => {
      const manifests = released(() => ({ alerts: [alert({ channel: 'releases', severity })] }), () => ({ engine: CanaryEngine.argoRollouts() }), ({ orders }) => (
        ApiObject.of(orders.deployment).addJsonPatch(JsonPatch.add('/metadata/annotations', { 'acme.example/note': 'yes' }))));

      expect(find(manifests, 'Rollout', 'orders').metadata.annotations).toEqual({
        'acme.example/note': 'yes', ...Object.fromEntries(triggers.map(trigger => [`notifications.argoproj.io/subscribe.${trigger}.${service}`, 'releases'])),
      });
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

test('the breaker of one port is one to count', () => {
  const world = new World();
  const ports = [MeshPort.http(8080, { circuitBreaker: CircuitBreaker.consecutiveErrors(5) }), MeshPort.http(8081, { name: 'http-b' })];
  const orders = world.service('orders', { ports });
  world.service('frontend').calls(orders, { port: 'http' });
  world.release(orders, {
    analysis: CanaryAnalysis.every(Duration.minutes(1), {
      metrics: [AnalysisMetric.breakerOpenings({ atMost: 0 })], alerts: [ReleaseAlert.prometheus({ labels: { release: 'prometheus' } })],
    }),
  });

  expect(JSON.stringify(synthesizeApp(world.app))).toContain('outlier_detection_ejections_enforced_total{cluster_name=~');
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

  test.each<[string, Partial<CanaryReleaseProps>, boolean]>([
    ['nobody is sent to the new version', { stage: 0 }, false],
    ['a share is', { stage: 1 }, true],
    ['testers alone are', { stages: [0, 0, 100], stage: 1, match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))] }, true],
    ['copies alone are', { stages: [0, 0, 100], stage: 1, mirror: Percent.of(5) }, true],
    ['the release is aborted', { stage: 1, aborted: true }, false],
    ['testers of an aborted release went back', { stage: 1, aborted: true, match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))] }, false],
  ])('miss a measurement where somebody asks: while %s', (_, props, missed) => {
    const { spec } = ruleOf(released(RULES, () => props));

    expect(spec.groups[0].rules.map(({ alert }: any) => alert)).toEqual(missed ? ['ReleaseFails', 'ReleaseUnmeasured'] : ['ReleaseFails']);
  });

  test('miss what is no request even while nobody asks', () => {
    const { spec } = ruleOf(released(() => ({ ...RULES(), metrics: [AnalysisMetric.promQl('baskets', 'sum(baskets)', { atLeast: 1 })] }), () => ({ stage: 0 })));

    expect(spec.groups[0].rules.map(({ alert, expr }: any) => [alert, expr])).toEqual([
      ['ReleaseFails', '(sum(baskets)) < 1'],
      // No series, or one that is no number: 0/0 is not equal to itself
      ['ReleaseUnmeasured', 'absent(sum(baskets)) or ((sum(baskets)) != (sum(baskets)))'],
    ]);
  });

  test('have the labels of theirs, and name whom they are about', () => {
    const { spec: { groups: [{ name, rules: all }] } } = ruleOf(released(RULES, byCommits));
    const about = { team: 'shop', server: 'orders.shop.svc.cluster.local', version: 'v2', metric: 'success-rate' };

    expect(name).toBe('shop/orders v2');
    expect(all.map(({ labels }: Manifest) => labels)).toEqual([{ ...about, severity: 'critical' }, { ...about, severity: 'warning' }]);
    expect(all.map(({ annotations }: Manifest) => annotations.summary)).toEqual([
      'success-rate of v2 of shop/orders is {{ $value }}, and should be at least 99.', 'success-rate of v2 of shop/orders could not be measured.',
    ]);
  });

  test('count what copies get where they arrive', () => {
    const { spec } = ruleOf(released(RULES, () => ({ stage: 1, mirror: Percent.of(5) })));

    expect(spec.groups[0].rules[0].expr).toContain('{reporter="destination",destination_workload_namespace="shop",destination_workload="orders-v2"}');
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
