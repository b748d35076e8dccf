import { connect, ConnectedCluster } from '../../cluster/remote';
import { PLAIN, STRANGER } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { answered } from '../support/matrix';
import { fromOutside, SHOP } from '../support/shop';
import { judge, stand } from '../support/walls';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

describe('examples/shop: a request is answered if and only if it was declared', () => {
  test('with all walls, by pair, port, method and path', async () => {
    await stand(cluster, SHOP);
    const { sent, allowed, wrong } = await judge(cluster, SHOP);
    console.log(`${sent} requests, ${allowed} of them declared`);
    expect(wrong).toEqual([]);
    expect(allowed).toBe(11);
  });

  test('from outside through the gateway, over HTTPS, and not past it', async () => {
    const https = { url: 'https://shop.example.com/checkout', protocol: 'https' as const, method: 'POST' };
    const [answer, other, plain] = await fromOutside(cluster, [https, { ...https, headers: { host: 'orders.shop.svc.cluster.local:50051' } }, { url: 'http://shop.example.com/checkout' }]);

    expect(answer).toMatchObject({ status: 200, echo: { workload: 'frontend', path: '/checkout' } });
    expect(other.status).toBe(404);
    expect(plain).toMatchObject({ status: 301, headers: { location: 'https://shop.example.com/checkout' } });
  });

  test('and some of it is traced: its spans arrive behind the collector', async () => {
    // Whoever asks has decided that it is traced: 5 percent of a few requests may be none
    const traced = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await cluster.send('shop/frontend', [{ url: 'http://inventory.shop:8080/items', headers: traced, count: 5 }]);
    const told = await eventually(() => cluster.requests('monitoring/tempo'), requests => requests.length > 0, 60);
    expect(told.map(({ path }) => path)).toContain('/opentelemetry.proto.collector.trace.v1.TraceService/Export');
  });

  test('something outside is reached by its caller alone', async () => {
    const outside = { protocol: 'https' as any, url: 'https://api.pay.example.com:443/v1/charge', timeoutMs: 10_000 };
    const results = await Promise.all(SHOP.clients.map(async from => ({ from, answered: answered((await cluster.send(from, [outside]))[0]) })));
    // Those that are no part of the shop are not bound by its declarations
    expect(results.filter(result => SHOP.own(result.from) && result.answered).map(({ from }) => from)).toEqual(['shop/payments']);
  });

  test('by the identity check alone, by pair, port, method and path', async () => {
    await stand(cluster, SHOP, 'identity');
    expect((await judge(cluster, SHOP, 'identity')).wrong).toEqual([]);
  });

  test('by the network alone, by pair and port', async () => {
    await stand(cluster, SHOP, 'network');
    expect((await judge(cluster, SHOP, 'network')).wrong).toEqual([]);
  });

  test('by the network alone, nothing that is needed is cut: metrics for their collector, and for nobody else', async () => {
    // Probes, DNS and istiod are needed by every pod that is ready
    const pods = (await cluster.pods('shop')).filter(pod => pod.hasProxy);
    for (const pod of pods) {
      const metrics = [{ url: `http://${pod.ip}:15020/stats/prometheus`, timeoutMs: 10_000 }, { url: `http://${pod.ip}:15090/stats/prometheus`, timeoutMs: 10_000 }];
      const collected = await cluster.send('monitoring/collector', metrics);
      expect(collected.map(({ status }) => status)).toEqual([200, 200]);
      // A proxy takes port 15090 of any address for its own: only the agent's port is asked from a pod that has one
      const spied = [...await cluster.send(PLAIN, metrics), ...await cluster.send(STRANGER, metrics.slice(0, 1))];
      expect(spied.filter(({ status }) => status === 200)).toEqual([]);
    }
  });

  test('by the view of the client\'s proxy alone, by server', async () => {
    await stand(cluster, SHOP, 'scope');
    expect((await judge(cluster, SHOP, 'scope')).wrong).toEqual([]);
  });
});
