import { App, Chart, Duration } from 'cdk8s';
import {
  AnalysisMetric, CanaryAnalysis, CanaryEngine, CanaryRelease, CanaryReleaseProps, FlaggerOptions, GatewayServer, Mesh, MeshGateway,
  MeshService, Percent, Retries, RouteMatch, StringMatch, ZeroTrustNamespace,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { canary, untilPhase } from '../support/flagger';
import { lost, underLoad } from '../support/load';
import { synthesizeApp } from '../support/objects';
import { applyChange, service } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let cluster: ConnectedCluster;
let shown: Manifest[] = [];

const HOST = 'shop.example.com';
const OLD = (name: string) => `registry.example/${name}:1.0.0`;
const NEW = (name: string) => `registry.example/${name}:2.0.0`;
const url = (name: string, path = '/load') => `http://${name}.stage:8080${path}`;

const SUCCESSFUL = CanaryAnalysis.every(Duration.seconds(10), {
  metrics: [AnalysisMetric.successRate({ atLeast: 99 }), AnalysisMetric.latency({ percent: 99, within: Duration.seconds(5) })],
  failureLimit: 1,
  iterations: 2,
});

/** One service for each strategy. */
const RELEASES: { [service: string]: Partial<CanaryReleaseProps> } = {
  orders: { stages: [0, 50, 100] },
  broken: { stages: [0, 50, 100] },
  tested: { stages: [0, 100], match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))] },
  copied: { stages: [0, 0, 50, 100], mirror: Percent.of(100) },
  swapped: { stages: [0, 100], analysis: CanaryAnalysis.every(Duration.seconds(10), { iterations: 1 }) },
};
const NAMES = Object.keys(RELEASES);

/** A commit: what is under the care of the engine, and what is new. */
async function commit(releases: { engine?: FlaggerOptions; images?: boolean; folded?: boolean }): Promise<void> {
  const objects = synthesizeApp((app: App) => {
    new Mesh(app, 'mesh', { scrapeInterval: Duration.seconds(1) });
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const client = service(chart, 'client');
    const services = NAMES.map(name => service(chart, name, { replicas: 2, image: releases.folded && name !== 'broken' ? NEW(name) : OLD(name) }));
    services.forEach((each: MeshService) => client.calls(each, { timeout: Duration.millis(900), retries: Retries.none() }));
    const gateway = new MeshGateway(chart, 'entrance', { servers: [GatewayServer.http([HOST])], replicas: 1 });
    gateway.exposes(services[0], { hosts: [HOST], timeout: Duration.seconds(3) });
    services.forEach((each: MeshService) => releases.engine && new CanaryRelease(chart, `${each.name}-release`, {
      service: each,
      stages: [0, 100],
      image: releases.images ? NEW(each.name) : undefined,
      analysis: SUCCESSFUL,
      engine: CanaryEngine.flagger(releases.engine),
      ...RELEASES[each.name],
    }));
  });
  await applyChange(cluster, shown, objects);
  shown = objects;
}

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.flagger();
  await cluster.apply(neighbours());
  await commit({});
  await cluster.podsReady();
  await cluster.settled();
}, 180_000);

afterAll(() => cluster.disconnect());

const all = (phase: string, stepMs?: number) => Promise.all(NAMES.map(name => untilPhase(cluster, 'stage', name, phase, stepMs)));

/** Somebody outside of the cluster, at the gateway. */
async function outside(): Promise<EchoRequest> {
  const { spec } = (await cluster.get('v1', 'Service', 'entrance', 'stage'))!;
  return { url: `http://${HOST}/load`, address: `${spec.clusterIP}:80`, timeoutMs: 5000 };
}

/** The answers to all clients of all services while something happens. */
async function underAllLoad(work: () => Promise<unknown>): Promise<{ [client: string]: EchoResult[] }> {
  const results: { [client: string]: EchoResult[] } = {};
  const loads = NAMES.reduce((inner, name) => async () => {
    const headers: { [name: string]: string } = name === 'broken' ? { 'x-echo-if-version': NEW('broken'), 'x-echo-status': '500' } : {};
    results[name] = await underLoad(cluster, 'stage/client', { url: url(name), count: 20, concurrency: 1, headers }, inner);
  }, work);
  results.gateway = await underLoad(cluster, PLAIN, { ...await outside(), count: 20, concurrency: 1 }, loads);
  return results;
}

const imagesOf = (results: EchoResult[]) => countBy(results, ({ status, echo }) => `${status} ${echo?.workload} ${echo?.image?.split(':')[1]}`);

describe('a service that runs', () => {
  test('is given to Flagger in two commits, and no request is lost', async () => {
    const results = await underAllLoad(async () => {
      await commit({ engine: { prepareOnly: true } });
      await all('Initialized', 1000);
      await commit({ engine: {} });
      await cluster.settled();
    });

    for (const [client, answers] of Object.entries(results)) {
      expect({ client, lost: lost(answers) }).toEqual({ client, lost: [] });
    }
    const after = await cluster.send('stage/client', NAMES.map(name => ({ url: url(name), count: 20 })));
    expect(imagesOf(after)).toEqual(Object.fromEntries(NAMES.map(name => [`200 ${name}-primary 1.0.0`, 20])));
  });
});

describe('a release', () => {
  let results: { [client: string]: EchoResult[] };
  const seen: { [service: string]: string[] } = {};
  const midway: { [who: string]: EchoResult[] } = { late: [], strangers: [], testers: [], plain: [] };

  beforeAll(async () => {
    results = await underAllLoad(async () => {
      await commit({ engine: {}, images: true });
      const midway50 = untilMidway();
      await Promise.all([midway50, ...NAMES.map(async (name) => {
        seen[name] = await untilPhase(cluster, 'stage', name, name === 'broken' ? 'Failed' : 'Succeeded');
      })]);
    });
    await cluster.settled();
  }, 180_000);

  /** What holds while both versions get requests. */
  async function untilMidway(): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const { status } = await canary(cluster, 'stage', 'orders');
      const { status: tested } = await canary(cluster, 'stage', 'tested');
      if (status.canaryWeight === 50 && tested.phase === 'Progressing' && tested.iterations > 0) {
        break;
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const [late, strangers, testers, plain] = await Promise.all([
      cluster.send('stage/client', [{ url: url('orders', '/late'), headers: { 'x-echo-delay': '1500ms' }, count: 10, concurrency: 10 }]),
      cluster.send(STRANGER, [{ url: url('orders', '/strange'), count: 20, concurrency: 2 }]),
      cluster.send('stage/client', [{ url: url('tested'), headers: { 'x-user': 'qa' }, count: 20, concurrency: 2 }]),
      cluster.send(PLAIN, [{ url: url('orders', '/plain'), count: 4, timeoutMs: 2000, concurrency: 4 }]),
    ]);
    Object.assign(midway, { late, strangers, testers, plain });
  }

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
    const after = await cluster.send('stage/client', [{ url: url('broken'), count: 30 }]);
    expect(imagesOf(after)).toEqual({ '200 broken-primary 1.0.0': 30 });
  });

  test('gives testers the new version, and nobody else before its end', () => {
    expect(imagesOf(midway.testers)).toEqual({ '200 tested 2.0.0': 20 });
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
    expect(countBy(midway.strangers, ({ status }) => String(status))).toEqual({ 403: 20 });
    expect(countBy(midway.plain, ({ status }) => String(status))).toEqual({ 0: 4 });
  });

  test('shares the requests as the weight says', () => {
    const ofRelease = results.orders.filter(({ echo }) => echo?.image);
    expect(ofRelease.length).toBeGreaterThan(100);
    expect(isShare(0, 0, 0)).toBe(true);
  });
});

test('a service is taken back in two commits, and no request is lost', async () => {
  const results = await underAllLoad(async () => {
    await commit({ engine: { prepareOnly: true }, folded: true });
    await cluster.podsReady();
    await cluster.settled();
    await commit({ folded: true });
    await cluster.settled();
    await cluster.podsReady();
  });

  for (const [client, answers] of Object.entries(results)) {
    expect({ client, lost: lost(answers) }).toEqual({ client, lost: [] });
  }
  expect((await cluster.list('apps/v1', 'Deployment', 'stage')).map(({ metadata }) => metadata.name).sort()).toEqual(['client', 'entrance', ...NAMES].sort());
});
