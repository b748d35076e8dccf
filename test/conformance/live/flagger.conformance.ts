import { Duration } from 'cdk8s';
import { AnalysisMetric, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, Handover, Percent, RouteMatch, StringMatch } from '../../../src';
import { EchoResult } from '../../cluster/programs/echo';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { canary, Clock, Midway, untilPhase } from '../support/flagger';
import { lost } from '../support/load';
import { imagesOf, lostOf, newImage, ReleaseScenario, ReleaseStage, urlOf } from '../support/release-stage';
import { countBy } from '../support/statistics';

let cluster: ConnectedCluster;
let stage: ReleaseStage;

const successful = (more: CanaryAnalysisOptions = {}) => CanaryAnalysis.every(Duration.seconds(10), {
  metrics: [AnalysisMetric.successRate({ atLeast: 99 }), AnalysisMetric.latency({ percent: 99, within: Duration.seconds(10) })],
  ...more,
});

/** What a good version is allowed: the suite goes on faster than an interval, and a look may be too early to find any requests. */
const BORNE = 5;
const IN_TIME = CanaryAnalysis.every(Duration.seconds(10), {
  metrics: [AnalysisMetric.latency({ percent: 99, within: Duration.seconds(10) })], failureLimit: BORNE,
});

/** One service for each strategy. */
const SCENARIO: ReleaseScenario = {
  engine: handover => CanaryEngine.flagger({ handover }),
  releases: {
    // Late answers are asked for in the midst of it, and are to be borne
    orders: { stages: [0, 50, 100], analysis: IN_TIME },
    broken: { stages: [0, 50, 100], analysis: successful({ failureLimit: 1 }) },
    tested: { stages: [0, 100], match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], analysis: successful({ iterations: 2, failureLimit: BORNE }) },
    copied: { stages: [0, 0, 50, 100], mirror: Percent.of(100), analysis: successful({ failureLimit: BORNE }) },
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
  await cluster.flagger();
  await cluster.apply(neighbours());
  stage = new ReleaseStage(cluster, SCENARIO);
  await stage.commit({});
  await cluster.podsReady();
  await cluster.settled();
});

afterAll(() => cluster.disconnect());

const all = (phase: string, stepMs?: number) => Promise.all(NAMES.map(name => untilPhase(cluster, 'stage', name, phase, { stepMs })));

describe('a service that runs', () => {
  test('is given to Flagger in two commits, and no request is lost', async () => {
    const results = await stage.underAllLoad(async () => {
      await stage.commit({ engine: SCENARIO.engine(Handover.BEGIN) });
      await all('Initialized', 1000);
      await stage.commit({ engine: SCENARIO.engine() });
      await cluster.settled();
    });

    expect(lostOf(results)).toEqual({});
    const after = await cluster.send('stage/client', NAMES.map(name => ({ url: urlOf(name), count: 20 })));
    expect(imagesOf(after)).toEqual(Object.fromEntries(NAMES.map(name => [`200 ${name}-primary 1.0.0`, 20])));
  });
});

describe('a release', () => {
  let results: { [client: string]: EchoResult[] };
  const seen: { [service: string]: string[] } = {};
  const midway: { [what: string]: EchoResult[] } = {};

  beforeAll(async () => {
    results = await stage.underAllLoad(async () => {
      await stage.commit({ engine: SCENARIO.engine(), released: NAMES });
      await Promise.all(NAMES.map(async (name) => {
        seen[name] = await untilPhase(cluster, 'stage', name, name === 'broken' ? 'Failed' : 'Succeeded', { midway: MIDWAY[name] });
      }));
    });
    await cluster.settled();
  });

  const MIDWAY: { [service: string]: Midway } = {
    /** What holds while both versions get requests. */
    orders: {
      at: ({ canaryWeight }) => canaryWeight === 50,
      look: async () => {
        [midway.late, midway.strangers, midway.plain] = await Promise.all([
          cluster.send('stage/client', [{ url: urlOf('orders', '/late'), headers: { 'x-echo-delay': '12s' }, count: 10, concurrency: 10, timeoutMs: 15_000 }]),
          cluster.send(STRANGER, [{ url: urlOf('orders', '/strange'), count: 20, concurrency: 2 }]),
          cluster.send(PLAIN, [{ url: urlOf('orders', '/plain'), count: 4, timeoutMs: 2000, concurrency: 4 }]),
        ]);
      },
    },
    /** What holds while testers alone get the new version. */
    tested: {
      at: ({ phase, iterations }) => phase === 'Progressing' && iterations > 0,
      look: async () => {
        midway.testers = await cluster.send('stage/client', [
          { url: urlOf('tested'), headers: { 'x-user': 'qa' }, count: 20 }, { url: urlOf('tested'), count: 20 },
        ]);
      },
    },
  };

  test('of a good version is promoted, and no request of a client or of the gateway is lost', () => {
    expect(seen.orders).toEqual(expect.arrayContaining(['Progressing 50', 'Succeeded 0']));
    expect(lost(results.orders)).toEqual([]);
    expect(lost(results.gateway)).toEqual([]);
    const answering = ['200 orders 2.0.0', '200 orders-primary 1.0.0', '200 orders-primary 2.0.0'];
    expect(Object.keys(imagesOf(results.orders)).sort()).toEqual(answering);
    expect(Object.keys(imagesOf(results.gateway)).sort()).toEqual(answering);
  });

  test('of a version that fails is rolled back, and none but its own answers fail', async () => {
    expect(seen.broken).toEqual(expect.arrayContaining(['Progressing 50', 'Failed 0']));
    expect(Object.keys(imagesOf(results.broken)).sort()).toEqual(['200 broken-primary 1.0.0', '500 broken 2.0.0']);
    const after = await cluster.send('stage/client', [{ url: urlOf('broken'), count: 30 }]);
    expect(imagesOf(after)).toEqual({ '200 broken-primary 1.0.0': 30 });
  });

  test('gives testers the new version, and nobody else before its end', () => {
    expect(imagesOf(midway.testers)).toEqual({ '200 tested 2.0.0': 20, '200 tested-primary 1.0.0': 20 });
    expect(lost(results.tested)).toEqual([]);
    expect(seen.tested).toContain('Succeeded 0');
  });

  test('swaps all at once', () => {
    expect(lost(results.swapped)).toEqual([]);
    expect(seen.swapped).toContain('Succeeded 0');
    expect(Object.keys(imagesOf(results.swapped))).toContain('200 swapped-primary 2.0.0');
  });

  test('copies requests before there are shares, and the answers of copies are thrown away', async () => {
    expect(lost(results.copied)).toEqual([]);
    expect(seen.copied).toContain('Succeeded 0');
    const pods = (await cluster.pods('stage')).filter(({ labels }) => labels.app === 'copied');
    const arrived = (await Promise.all(pods.map(({ name }) => cluster.requests(`stage/${name}`)))).flat();
    const answered = results.copied.filter(({ echo }) => echo?.workload === 'copied').length;
    expect(pods.length === 0 || arrived.length > answered).toBe(true);
  });

  test('keeps each client\'s timeout, and refuses whom nobody has declared', () => {
    expect(countBy(midway.late, ({ status }) => String(status))).toEqual({ 504: 10 });
    expect(midway.strangers.filter(({ status }) => status === 200)).toEqual([]);
    expect(midway.plain.filter(({ status }) => status === 200)).toEqual([]);
  });
});

const GOOD = NAMES.filter(name => name !== 'broken');

test('a release that is aborted gives everything back at the next interval, and nothing of it is tried again', async () => {
  const results = await stage.underAllLoad(async () => {
    await stage.commit({ engine: SCENARIO.engine(), promoted: GOOD, again: 'orders' });
    await untilWeight(50);
    await stage.commit({ engine: SCENARIO.engine(), promoted: GOOD, again: 'orders', aborted: 'orders' });
    await untilWeight(0);
    await cluster.settled();
    const back = await cluster.send('stage/client', [{ url: urlOf('orders'), count: 40 }]);
    expect(imagesOf(back)).toEqual({ '200 orders-primary 2.0.0': 40 });
    await untilPhase(cluster, 'stage', 'orders', 'Succeeded');
  });

  expect(lost(results.orders)).toEqual([]);
  expect(Object.keys(imagesOf(results.orders)).filter(answer => answer.includes('3.0.0'))).toEqual(['200 orders 3.0.0']);
});

/** Lets Flagger go on until the new version of the orders has this share. */
async function untilWeight(percent: number): Promise<void> {
  const clock = new Clock(cluster, 'stage', 'orders');
  const weight = async () => {
    const { status } = await canary(cluster, 'stage', 'orders');
    await clock.tick(status);
    return status.canaryWeight ?? 0;
  };
  expect(await eventually(weight, found => found === percent, 300)).toBe(percent);
}

test('a service is taken back in two commits, and no request is lost', async () => {
  const results = await stage.underAllLoad(async () => {
    await stage.commit({ engine: SCENARIO.engine(Handover.END), promoted: GOOD });
    // Those that serve until now go with the release, however long these take
    await cluster.podsReady();
    await cluster.settled();
    await stage.commit({ promoted: GOOD });
    await eventually(() => cluster.list('apps/v1', 'Deployment', 'stage'), found => found.length === NAMES.length + 2, 180);
    await cluster.podsReady();
    await cluster.settled();
  });

  expect(lostOf(results)).toEqual({});
  expect((await cluster.list('apps/v1', 'Deployment', 'stage')).map(({ metadata }) => metadata.name).sort()).toEqual(['client', 'entrance', ...NAMES].sort());
});
