import { Duration } from 'cdk8s';
import { AnalysisMetric, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, Handover, Percent, ReleaseGate, RouteMatch, StringMatch } from '../../../src';
import { EchoResult } from '../../cluster/programs/echo';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { promote, rollout, untilRollout } from '../support/argo';
import { neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { lost } from '../support/load';
import { imagesOf, lostOf, newImage, ReleaseScenario, ReleaseStage, urlOf } from '../support/release-stage';
import { countBy } from '../support/statistics';

let cluster: ConnectedCluster;
let stage: ReleaseStage;

const successful = (more: CanaryAnalysisOptions = {}) => (
  CanaryAnalysis.every(Duration.seconds(10), { metrics: [AnalysisMetric.successRate({ atLeast: 99 })], ...more }));
// Late answers are asked for in the midst of it, and are to be borne
const IN_TIME = CanaryAnalysis.every(Duration.seconds(10), {
  metrics: [AnalysisMetric.latency({ percent: 99, within: Duration.seconds(10) })], failureLimit: 3, gates: [ReleaseGate.manual({ before: 100 })],
});

/** Before there are shares: until then it is looked at, however long that takes. */
const UNSHARED = ReleaseGate.manual({ before: 50 });

/** One service for each strategy. */
const SCENARIO: ReleaseScenario = {
  engine: handover => CanaryEngine.argoRollouts({ handover }),
  releases: {
    orders: { stages: [0, 50, 100], analysis: IN_TIME },
    broken: { stages: [0, 50, 100], analysis: successful() },
    tested: {
      stages: [0, 0, 50, 100],
      match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
      analysis: successful({ iterations: 1, failureLimit: 3, gates: [UNSHARED] }),
    },
    copied: { stages: [0, 0, 50, 100], mirror: Percent.of(100), analysis: successful({ iterations: 1, failureLimit: 1, gates: [UNSHARED] }) },
    swapped: { stages: [0, 100], analysis: CanaryAnalysis.every(Duration.seconds(10), { iterations: 1 }) },
  },
  loads: {
    broken: { 'x-echo-if-version': newImage('broken'), 'x-echo-status': '500' },
    tested: { 'x-user': 'qa' },
  },
};
const NAMES = Object.keys(SCENARIO.releases);

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.argoRollouts();
  await cluster.apply(neighbours());
  stage = new ReleaseStage(cluster, SCENARIO);
  await stage.commit({});
  await cluster.podsReady();
  await cluster.settled();
});

afterAll(() => cluster.disconnect());

const all = (phase: string) => Promise.all(NAMES.map(name => untilRollout(cluster, 'stage', name, phase)));

test('a service that runs is given to Argo Rollouts in two commits, and no request is lost', async () => {
  const results = await stage.underAllLoad(async () => {
    await stage.commit({ engine: SCENARIO.engine(Handover.BEGIN) });
    await all('Healthy');
    await cluster.settled();
    await stage.commit({ engine: SCENARIO.engine() });
    await all('Healthy');
    await eventually(() => cluster.list('apps/v1', 'Deployment', 'stage'), found => found.length === 2, 180);
    await cluster.settled();
  });

  expect(lostOf(results)).toEqual({});
  const after = await cluster.send('stage/client', NAMES.map(name => ({ url: urlOf(name), count: 20 })));
  expect(imagesOf(after)).toEqual(Object.fromEntries(NAMES.map(name => [`200 ${name} 1.0.0`, 20])));
});

describe('a release', () => {
  let results: { [client: string]: EchoResult[] };
  const seen: { [service: string]: string[] } = {};
  const midway: { [what: string]: EchoResult[] } = {};
  const waited = { weight: 0 };
  const copies = { before: 0 };

  beforeAll(async () => {
    results = await stage.underAllLoad(async () => {
      await stage.commit({ engine: SCENARIO.engine(), released: NAMES });
      await Promise.all([whileTested(), whileCopied(), midwayOfOrders(), ...NAMES.map(async (name) => {
        seen[name] = await untilRollout(cluster, 'stage', name, name === 'broken' ? 'Degraded' : 'Healthy');
      })]);
    });
    await cluster.settled();
  });

  const stepOf = async (name: string) => (await rollout(cluster, 'stage', name)).status;

  /** Lets one go on from the gate before its first share, which comes after the trial. */
  async function share(name: string): Promise<void> {
    await eventually(() => stepOf(name), ({ currentStepIndex: step, pauseConditions = [] }) => step === 2 && pauseConditions.length > 0, 300);
    await promote(cluster, 'stage', name);
  }

  /** Until it is tried, or waits at that gate already. */
  const tried = (name: string) => eventually(() => stepOf(name), ({ currentStepIndex: step, phase }) => (step === 1 || step === 2) && phase === 'Paused', 300);

  /** What holds while testers are all that the new version gets. */
  async function whileTested(): Promise<void> {
    await tried('tested');
    await cluster.settled();
    midway.testers = await cluster.send('stage/client', [{ url: urlOf('tested'), headers: { 'x-user': 'qa' }, count: 20 }, { url: urlOf('tested', '/others'), count: 20 }]);
    await share('tested');
  }

  /** The same of copies. */
  async function whileCopied(): Promise<void> {
    await tried('copied');
    const arrived = async () => {
      const pods = (await cluster.pods('stage')).filter(({ labels }) => labels['release.cdk8s-mesh.dev/canary-of'] === 'copied');
      return (await Promise.all(pods.map(({ name }) => cluster.requests(`stage/${name}`)))).flat().length;
    };
    copies.before = await eventually(arrived, count => count > 20, 300);
    await share('copied');
  }

  /** What holds while both versions get requests. */
  async function midwayOfOrders(): Promise<void> {
    await eventually(() => stepOf('orders'), ({ canary, phase }) => canary?.weights?.canary?.weight === 50 && phase === 'Paused', 300);
    [midway.late, midway.strangers, midway.plain] = await Promise.all([
      cluster.send('stage/client', [{ url: urlOf('orders', '/late'), headers: { 'x-echo-delay': '12s' }, count: 20, concurrency: 20, timeoutMs: 15_000 }]),
      cluster.send(STRANGER, [{ url: urlOf('orders', '/strange'), count: 20, concurrency: 2 }]),
      cluster.send(PLAIN, [{ url: urlOf('orders', '/plain'), count: 4, timeoutMs: 2000, concurrency: 4 }]),
    ]);
    // The gate is a step of its own, after the pause of the stage
    await eventually(() => stepOf('orders'), ({ currentStepIndex: step, phase }) => step === 2 && phase === 'Paused', 300);
    await new Promise(resolve => setTimeout(resolve, 12_000));
    waited.weight = (await stepOf('orders')).canary.weights.canary.weight;
    await promote(cluster, 'stage', 'orders');
  }

  test('of a good version goes to its end, and no request of a client or of the gateway is lost', () => {
    // Longer than any stage, until somebody promoted it
    expect(waited.weight).toBe(50);
    expect(seen.orders).toEqual(expect.arrayContaining(['Paused 50', 'Paused 100', expect.stringMatching(/^Healthy/)]));
    expect(lost(results.orders)).toEqual([]);
    expect(lost(results.gateway)).toEqual([]);
    expect(Object.keys(imagesOf(results.orders)).sort()).toEqual(['200 orders 1.0.0', '200 orders 2.0.0']);
    expect(Object.keys(imagesOf(results.gateway)).sort()).toEqual(['200 orders 1.0.0', '200 orders 2.0.0']);
  });

  test('of a version that fails is aborted, and none but its own answers fail', async () => {
    expect(seen.broken).toEqual(expect.arrayContaining(['Paused 50', 'Degraded 0']));
    expect(Object.keys(imagesOf(results.broken)).sort()).toEqual(['200 broken 1.0.0', '500 broken 2.0.0']);
    const after = await cluster.send('stage/client', [{ url: urlOf('broken'), count: 30 }]);
    expect(imagesOf(after)).toEqual({ '200 broken 1.0.0': 30 });
  });

  test('gives testers the new version, and nobody else before there are shares', () => {
    expect(imagesOf(midway.testers)).toEqual({ '200 tested 2.0.0': 20, '200 tested 1.0.0': 20 });
    expect(lost(results.tested)).toEqual([]);
    expect(seen.tested.at(-1)).toMatch(/^Healthy/);
  });

  test('swaps all at once', () => {
    expect(lost(results.swapped)).toEqual([]);
    expect(seen.swapped.filter(state => /^\w+ ([1-9]|[1-9]\d)$/.test(state))).toEqual([]);
    expect(Object.keys(imagesOf(results.swapped)).sort()).toEqual(['200 swapped 1.0.0', '200 swapped 2.0.0']);
  });

  test('copies requests, whose answers are thrown away', () => {
    expect(lost(results.copied)).toEqual([]);
    expect(copies.before).toBeGreaterThan(20);
  });

  test('keeps each client\'s timeout, and refuses whom nobody has declared', () => {
    expect(countBy(midway.late, ({ status }) => String(status))).toEqual({ 504: 20 });
    expect(midway.strangers.filter(({ status }) => status === 200)).toEqual([]);
    expect(midway.plain.filter(({ status }) => status === 200)).toEqual([]);
  });
});

test('a service is taken back in two commits, and no request is lost', async () => {
  const good = NAMES.filter(name => name !== 'broken');
  const results = await stage.underAllLoad(async () => {
    await stage.commit({ engine: SCENARIO.engine(Handover.END), promoted: good });
    await cluster.podsReady();
    await cluster.settled();
    await stage.commit({ promoted: good });
    await cluster.podsReady();
    await cluster.settled();
  });

  expect(lostOf(results)).toEqual({});
  expect((await cluster.list('apps/v1', 'Deployment', 'stage')).map(({ metadata }) => metadata.name).sort()).toEqual(['client', 'entrance', ...NAMES].sort());
});
