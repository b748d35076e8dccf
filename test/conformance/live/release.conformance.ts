import { CanaryRelease, CanaryReleaseProps, MeshServiceProps, Percent, RouteMatch, SessionAffinity, StringMatch } from '../../../src';
import { EchoResult } from '../../cluster/programs/echo';
import { lost, underLoad } from '../support/load';
import { applyChange, Stage, service } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
});

afterAll(() => stage.cluster.disconnect());

const SERVER = 'http://orders.stage:8080';

/** Pods alone, then testers, then everybody. */
const STAGES = [0, 0, 10, 50, 100];
const LAST = STAGES.length - 1;

/** The release at one of its stages, as one commit after the other. */
function at(index: number, options: Partial<CanaryReleaseProps> = {}, own: Partial<MeshServiceProps> = {}, apply = applyChange) {
  return stage.show((chart, client) => {
    const orders = service(chart, 'orders', own);
    client.calls(orders);
    new CanaryRelease(chart, 'release', {
      service: orders,
      image: 'registry.example/orders:2.0.0',
      stages: STAGES,
      stage: index,
      match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
      ...options,
    });
  }, apply);
}

/** The least lucky order of a commit: routes know a version before its pods and its subset are there, and after they are gone. */
const routesAlone: typeof applyChange = async (cluster, before, after) => {
  const isRoute = ({ kind }: { [key: string]: any }) => kind === 'VirtualService';
  const begins = after.length > before.length;
  const between = begins
    ? [...before.filter(object => !isRoute(object)), ...after.filter(isRoute)]
    : [...after.filter(object => !isRoute(object)), ...before.filter(isRoute)];
  await applyChange(cluster, before, between);
  await cluster.settled();
  await applyChange(cluster, between, after);
};

/** The count when it has not grown for two seconds, in which it was read again: a machine that stands still lets none arrive. */
async function settledCount(count: () => Promise<number>): Promise<number> {
  for (let last = -1, reads = 0; ;) {
    const now = await count();
    reads = now === last ? reads + 1 : 1;
    if (reads === 5) {
      return now;
    }
    last = now;
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

test.each(STAGES.map((percent, index) => [index, percent]))('stage %i sends %i percent to the new version, and testers after the first', async (index, percent) => {
  await at(index);
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/split`, count: 1500, concurrency: 8 }]);
  expect(countBy(results, ({ status }) => String(status))).toEqual({ 200: 1500 });
  const canary = results.filter(({ echo }) => echo?.version === 'v2').length;
  expect({ canary, isShare: isShare(canary, 1500, percent) }).toEqual({ canary, isShare: true });

  const testers = await stage.cluster.send('stage/client', [{ url: `${SERVER}/split`, headers: { 'X-User': 'qa' }, count: 50 }]);
  expect(countBy(testers, ({ echo }) => echo?.version)).toEqual(index === 0 ? { v1: 50 } : { v2: 50 });
  const others = await stage.cluster.send('stage/client', [{ url: `${SERVER}/split`, headers: { 'x-user': 'qa2' }, count: 50 }]);
  expect(percent === 0 ? countBy(others, ({ echo }) => echo?.version) : { v1: 50 }).toEqual({ v1: 50 });
});

test('a mirror copies its share of the requests, and its answers are thrown away', async () => {
  await at(1, { mirror: Percent.of(30) });
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/copied`, count: 600, concurrency: 4 }]);
  expect(countBy(results, ({ echo }) => echo?.version)).toEqual({ v1: 600 });
  // Nobody waits for a copy: the last ones arrive after the last answer
  const copies = await settledCount(async () => (await stage.arrived('orders', 'v2', '/copied')).length);
  expect({ copies, isShare: isShare(copies, 600, 30) }).toEqual({ copies, isShare: true });
  expect(await stage.arrived('orders', 'v1', '/copied')).toHaveLength(600);
});

test('who was given the new version keeps it while its share grows, and until it is taken back', async () => {
  const kept = { match: undefined, stages: [0, 50, 60, 100], sessionAffinity: SessionAffinity.byCookie('orders-version') };
  const ask = (headers: { [name: string]: string } = {}, count = 60) => stage.cluster.send('stage/client', [{ url: `${SERVER}/kept`, headers, count }]);
  const cookieOf = ({ headers = {} }: EchoResult) => headers['set-cookie'];
  const versions = (results: EchoResult[]) => countBy(results, ({ echo }) => echo?.version);
  await at(0, kept);
  expect(versions(await ask({ cookie: 'orders-version=v2.0' }))).toEqual({ v1: 60 });
  await at(1, kept);
  const drawn = await ask();
  expect(Object.keys(versions(drawn)).sort()).toEqual(['v1', 'v2']);
  expect(drawn.filter(result => (result.echo?.version === 'v2') !== (cookieOf(result) !== undefined))).toEqual([]);

  const cookie = cookieOf(drawn.find(({ echo }) => echo?.version === 'v2')!)!.split(';')[0];
  for (const index of [1, 2]) {
    await at(index, kept);
    expect(versions(await ask({ cookie: `theme=dark; ${cookie}; last=1` }))).toEqual({ v2: 60 });
  }
  expect(Object.keys(versions(await ask({ cookie: `${cookie}0` }))).sort()).toEqual(['v1', 'v2']);
  await at(2, { ...kept, aborted: true });
  expect(versions(await ask({ cookie }))).toEqual({ v1: 60 });
});

test('a release that begins, and goes on to its testers, loses no request of theirs or of others', async () => {
  await stage.clear();
  await stage.show((chart, client) => client.calls(service(chart, 'orders')));
  const under = (headers: { [name: string]: string }, work: () => Promise<unknown>) => underLoad(stage.cluster, 'stage/client', { url: `${SERVER}/begin`, headers }, work);
  const testers: EchoResult[] = [];
  const others = await under({}, async () => {
    testers.push(...await under({ 'x-user': 'qa' }, async () => {
      await at(0);
      await at(1);
    }));
  });

  expect(lost(others)).toEqual([]);
  expect(countBy(others, ({ echo }) => echo?.version)).toEqual({ v1: others.length });
  expect(lost(testers)).toEqual([]);
  expect(Object.keys(countBy(testers, ({ echo }) => echo?.version)).sort()).toEqual(['v1', 'v2']);
});

test('several versions have their shares, testers and copies, each its own', async () => {
  const tried = [{ version: 'v2', percent: 20, copied: 30 }, { version: 'v3', percent: 30, copied: 60 }];
  await stage.show((chart, client) => {
    const orders = service(chart, 'orders');
    client.calls(orders);
    for (const { version, percent, copied } of tried) {
      new CanaryRelease(chart, version, {
        service: orders,
        version,
        image: 'registry.example/orders:2.0.0',
        stages: [0, percent, 100],
        stage: 1,
        match: [RouteMatch.header('x-try', StringMatch.exactly(version))],
        mirror: Percent.of(copied),
      });
    }
  });
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/several`, count: 1500, concurrency: 8 }]);
  expect(lost(results)).toEqual([]);
  for (const { version, percent, copied } of tried) {
    const direct = results.filter(({ echo }) => echo?.version === version).length;
    const copies = await settledCount(async () => (await stage.arrived('orders', version, '/several')).length) - direct;
    expect({ version, direct, copies, areShares: [isShare(direct, 1500, percent), isShare(copies, 1500, copied)] })
      .toEqual({ version, direct, copies, areShares: [true, true] });
    const testers = await stage.cluster.send('stage/client', [{ url: `${SERVER}/testers`, headers: { 'x-try': version }, count: 20 }]);
    expect(countBy(testers, ({ echo }) => echo?.version)).toEqual({ [version]: 20 });
  }
});

test('a whole release with an abort in its midst loses no request, in whatever order it is applied, and the aborted version gets none', async () => {
  const NEW = { image: 'registry.example/orders:2.0.0' };
  const versions = async (headers = {}) => {
    const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/now`, headers, count: 60 }]);
    return countBy(results, ({ echo }) => echo?.version);
  };
  const plain = (own: Partial<MeshServiceProps> = {}, apply = applyChange) => stage.show((chart, client) => client.calls(service(chart, 'orders', own)), apply);
  await plain();
  const results = await underLoad(stage.cluster, 'stage/client', { url: `${SERVER}/whole` }, async () => {
    await at(0, {}, {}, routesAlone);
    for (let index = 1; index < LAST; index += 1) {
      await at(index);
    }
    await at(LAST - 1, { aborted: true });
    expect([await versions(), await versions({ 'x-user': 'qa' })]).toEqual([{ v1: 60 }, { v1: 60 }]);
    await at(LAST - 1);
    await at(LAST);
    expect(await versions()).toEqual({ v2: 60 });
    await at(LAST, {}, NEW);
    await at(0, {}, NEW);
    await plain(NEW, routesAlone);
  });

  expect(lost(results)).toEqual([]);
  expect(Object.keys(countBy(results, ({ echo }) => echo?.version)).sort()).toEqual(['v1', 'v2']);
  expect(await versions()).toEqual({ v1: 60 });
});
