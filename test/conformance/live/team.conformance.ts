import { EchoResult } from '../../cluster/programs/echo';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { PLAIN } from '../support/bystanders';
import { answered, violations } from '../support/matrix';
import { CLIENTS, declared, PROBES, team, teamNeighbours } from '../support/team';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  const refused = (await cluster.apply([...team(), ...teamNeighbours()])).filter(({ ok }) => !ok);
  expect(refused).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
}, 300_000);

afterAll(() => cluster.disconnect());

/** Without a proxy there is no identity: the connection ends before a request is read. */
const noPlaintext = (from: string, result: EchoResult) => (from === PLAIN ? result.status === 0 : true);

test('examples/team: every kind of workload asks every other one, and is answered if and only if it was declared', async () => {
  const { sent, allowed, wrong } = await violations(cluster, CLIENTS, PROBES, declared, noPlaintext);
  console.log(`${sent} requests, ${allowed} of them declared`);

  expect(wrong).toEqual([]);
  expect(allowed).toBeGreaterThanOrEqual(20);
}, 300_000);

test('the database outside is reached by its caller alone', async () => {
  const database = { protocol: 'tcp' as const, url: 'orders.db.example.com:5432', body: 'select', timeoutMs: 3000 };
  const own = CLIENTS.filter(client => /^(web|core|back)\//.test(client));
  const results = await Promise.all(own.map(async from => ({ from, answered: answered((await cluster.send(from, [database]))[0]) })));

  expect(results.filter(result => result.answered).map(({ from }) => from)).toEqual(['core/orders']);
}, 120_000);

test('a program is told where its servers are', async () => {
  const pods = await cluster.list('v1', 'Pod', 'core');
  const orders = pods.find(({ metadata }) => metadata.labels.app === 'orders')!.spec.containers.find(({ name }: { name: string }) => name === 'orders');

  expect(orders.env.filter(({ name }: { name: string }) => name.endsWith('_ADDR'))).toEqual([
    { name: 'DATABASE_ADDR', value: 'orders.db.example.com:5432' },
    { name: 'KAFKA_ADDR', value: 'main-kafka-bootstrap.streams.svc.cluster.local:9092' },
    { name: 'LEDGER_ADDR', value: 'ledger.core.svc.cluster.local:5000' },
  ]);
});
