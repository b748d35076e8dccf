import { installLitmus } from '../../cluster/kinds/litmus';
import { EchoResult } from '../../cluster/programs/echo';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { PLAIN, STRANGER } from '../support/bystanders';
import { answered, violations } from '../support/matrix';
import { onlyWall, Wall } from '../support/objects';
import { CLIENTS, declared, declaredPort, declaredServer, PROBES, shop, shopNeighbours } from '../support/shop';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

async function run(wall?: Wall): Promise<void> {
  await cluster.reset();
  await installLitmus(cluster);
  const objects = [...wall ? onlyWall(shop(), wall) : shop(), ...shopNeighbours()];
  expect((await cluster.apply(objects)).filter(({ ok, object }) => !ok && !object.startsWith('Chaos'))).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
}

/** Without a proxy there is no identity: the connection ends before a request is read. */
const noPlaintext = (from: string, result: EchoResult) => (from === PLAIN ? result.status === 0 : true);

describe('examples/shop: a request is answered if and only if it was declared', () => {
  test('with all walls, by pair, port, method and path', async () => {
    await run();
    const { sent, allowed, wrong } = await violations(cluster, CLIENTS, PROBES, declared, noPlaintext);
    console.log(`${sent} requests, ${allowed} of them declared`);
    expect(wrong).toEqual([]);
    expect(allowed).toBeGreaterThanOrEqual(12);
  });

  test('something outside is reached by its caller alone', async () => {
    const outside = { protocol: 'https' as any, url: 'https://api.pay.example.com:443/v1/charge', timeoutMs: 3000 };
    const results = await Promise.all(CLIENTS.map(async from => ({ from, answered: answered((await cluster.send(from, [outside]))[0]) })));
    // Those that are no part of the shop are not bound by its declarations
    expect(results.filter(result => result.from.startsWith('shop/') && result.answered).map(({ from }) => from)).toEqual(['shop/payments']);
  });

  test('by the identity check alone, by pair, port, method and path', async () => {
    await run('identity');
    const { wrong } = await violations(cluster, CLIENTS, PROBES, declared, noPlaintext);
    expect(wrong).toEqual([]);
  });

  test('by the network alone, by pair and port', async () => {
    await run('network');
    const { wrong } = await violations(cluster, CLIENTS, PROBES, declaredPort);
    expect(wrong).toEqual([]);
  });

  test('by the network alone, nothing that is needed is cut: metrics for their collector, and for nobody else', async () => {
    // Probes, DNS and istiod are needed by every pod that is ready
    const pods = (await cluster.pods('shop')).filter(pod => pod.hasProxy);
    for (const pod of pods) {
      const metrics = [{ url: `http://${pod.ip}:15020/stats/prometheus`, timeoutMs: 3000 }, { url: `http://${pod.ip}:15090/stats/prometheus`, timeoutMs: 3000 }];
      const collected = await cluster.send('monitoring/collector', metrics);
      expect(collected.map(({ status }) => status)).toEqual([200, 200]);
      // A proxy takes port 15090 of any address for its own: only the agent's port is asked from a pod that has one
      const spied = [...await cluster.send(PLAIN, metrics), ...await cluster.send(STRANGER, metrics.slice(0, 1))];
      expect(spied.filter(({ status }) => status === 200)).toEqual([]);
    }
  });

  test('by the view of the client\'s proxy alone, by server', async () => {
    await run('scope');
    const ours = CLIENTS.filter(client => client.startsWith('shop/'));
    const { wrong } = await violations(cluster, ours, PROBES, declaredServer);
    expect(wrong).toEqual([]);
  });
});
