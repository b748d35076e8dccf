import { connect, ConnectedCluster } from '../../cluster/remote';
import { answered } from '../support/matrix';
import { Wall } from '../support/objects';
import { TEAM } from '../support/team';
import { judge, stand } from '../support/walls';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

describe('examples/team, with all walls', () => {
  beforeAll(async () => {
    await stand(cluster, TEAM);
  });

  test('every kind of workload asks every other one, and is answered if and only if it was declared', async () => {
    const { sent, allowed, wrong } = await judge(cluster, TEAM);
    console.log(`${sent} requests, ${allowed} of them declared`);

    expect(wrong).toEqual([]);
    expect(allowed).toBeGreaterThanOrEqual(20);
  });

  test('the database outside is reached by its caller alone', async () => {
    const database = { protocol: 'tcp' as const, url: 'orders.db.example.com:5432', body: 'select', timeoutMs: 10_000 };
    const own = TEAM.clients.filter(TEAM.own);
    const results = await Promise.all(own.map(async from => ({ from, answered: answered((await cluster.send(from, [database]))[0]) })));

    expect(results.filter(result => result.answered).map(({ from }) => from)).toEqual(['core/orders']);
  });

  test('a program is told where its servers are', async () => {
    const pods = await cluster.list('v1', 'Pod', 'core');
    const orders = pods.find(({ metadata }) => metadata.labels.app === 'orders')!.spec.containers.find(({ name }: { name: string }) => name === 'orders');

    expect(orders.env.filter(({ name }: { name: string }) => name.endsWith('_ADDR'))).toEqual([
      { name: 'DATABASE_ADDR', value: 'orders.db.example.com:5432' },
      { name: 'KAFKA_ADDR', value: 'main-kafka-bootstrap.streams.svc.cluster.local:9092' },
      { name: 'LEDGER_ADDR', value: 'ledger.core.svc.cluster.local:5000' },
    ]);
  });
});

test.each<[Wall, string]>([
  ['identity', 'pair, port, method and path'],
  ['network', 'pair and port'],
  ['scope', 'the servers that a client sees'],
])('examples/team, by the wall of %s alone: %s', async (wall) => {
  await stand(cluster, TEAM, wall);
  const { wrong, allowed } = await judge(cluster, TEAM, wall);

  expect(wrong).toEqual([]);
  expect(allowed).toBeGreaterThanOrEqual(17);
});
