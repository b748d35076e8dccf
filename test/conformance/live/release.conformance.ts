import { CanaryRelease, Percent, RouteMatch, StringMatch } from '../../../src';
import { Stage, service } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
});

afterAll(() => stage.cluster.disconnect());

const SERVER = 'http://orders.stage:8080';

/** The release at one of its stages, as one commit after the other. */
function at(index: number, options: { mirror?: Percent } = {}) {
  return stage.show((chart, client) => {
    const orders = service(chart, 'orders');
    client.calls(orders);
    new CanaryRelease(chart, 'release', {
      service: orders,
      image: 'registry.example/orders:2.0.0',
      stages: [0, 10, 50, 100],
      stage: index,
      match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
      ...options,
    });
  });
}

test.each([[0, 0], [1, 10], [2, 50], [3, 100]])('stage %i sends %i percent to the new version, and testers always', async (index, percent) => {
  await at(index);
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/split`, count: 1500, concurrency: 8 }]);
  expect(countBy(results, ({ status }) => String(status))).toEqual({ 200: 1500 });
  const canary = results.filter(({ echo }) => echo?.version === 'v2').length;
  expect({ canary, isShare: isShare(canary, 1500, percent) }).toEqual({ canary, isShare: true });

  const testers = await stage.cluster.send('stage/client', [{ url: `${SERVER}/split`, headers: { 'X-User': 'qa' }, count: 50 }]);
  expect(countBy(testers, ({ echo }) => echo?.version)).toEqual({ v2: 50 });
  const others = await stage.cluster.send('stage/client', [{ url: `${SERVER}/split`, headers: { 'x-user': 'qa2' }, count: 50 }]);
  expect(percent === 0 ? countBy(others, ({ echo }) => echo?.version) : { v1: 50 }).toEqual({ v1: 50 });
});

test('a mirror copies its share of the requests, and its answers are thrown away', async () => {
  await at(0, { mirror: Percent.of(30) });
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/copied`, count: 600, concurrency: 4 }]);
  expect(countBy(results, ({ echo }) => echo?.version)).toEqual({ v1: 600 });
  const copies = (await stage.arrived('orders', 'v2', '/copied')).length;
  expect({ copies, isShare: isShare(copies, 600, 30) }).toEqual({ copies, isShare: true });
  expect(await stage.arrived('orders', 'v1', '/copied')).toHaveLength(600);
});

test('the release ends: the service takes over and the new version goes', async () => {
  await at(3);
  await stage.show((chart, client) => client.calls(service(chart, 'orders', { image: 'registry.example/orders:2.0.0' })));
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/after`, count: 100 }]);
  expect(countBy(results, ({ status, echo }) => `${status} ${echo?.version}`)).toEqual({ '200 v1': 100 });
});
