import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { promote, rollout, untilRollout } from '../support/argo';
import { eventually } from '../support/eventually';
import { Midway, untilPhase } from '../support/flagger';
import { fromOutside, SHOP, shopReleasedBy } from '../support/shop';
import { applyChange } from '../support/stage';
import { countBy } from '../support/statistics';
import { judge, stand, WalledApp } from '../support/walls';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

const SERVICE = 'orders.shop:50051';

/** Which versions of the orders answer the frontend: so many are asked that none with a tenth of them is missed by chance. */
async function answering(): Promise<{ [image: string]: number }> {
  const results = await cluster.send('shop/frontend', [{ protocol: 'grpc', url: SERVICE, path: '/orders.v1.Orders/Get', count: 300, concurrency: 4 }]);
  return countBy(results, ({ status, grpcStatus, echo }) => `${status} ${grpcStatus} ${echo?.image?.split(':')[1]}`);
}

/** The shop while it is released, as its reader understands it: the pods of both versions are the orders. */
function during(objects: Manifest[], orders: string[]): WalledApp {
  const others = orders.filter(name => name !== 'shop/orders');
  return {
    ...SHOP,
    objects: () => objects,
    clients: [...SHOP.clients, ...others],
    calls: [...SHOP.calls, ...others.flatMap(name => SHOP.calls.filter(([client]) => client === 'shop/orders').map((call): typeof call => [name, call[1], call[2], call[3]]))],
    probes: SHOP.probes,
  };
}

async function checkMatrix(app: WalledApp): Promise<void> {
  await cluster.settled();
  const { sent, allowed, wrong } = await judge(cluster, app);
  console.log(`${sent} requests, ${allowed} of them declared`);
  expect(wrong).toEqual([]);
  expect(allowed).toBeGreaterThanOrEqual(11);
  const [{ status }] = await fromOutside(cluster, [{ url: 'https://shop.example.com/', protocol: 'https' }]);
  expect(status).toBe(200);
}

test('Flagger releases the shop, and in the midst of it a request is answered if and only if it was declared', async () => {
  const before = shopReleasedBy('CanaryEngine.flagger()', false);
  const after = shopReleasedBy('CanaryEngine.flagger()', true);
  await stand(cluster, { ...SHOP, objects: () => before, install: async (to) => { await SHOP.install!(to); await to.flagger(); } });
  await untilPhase(cluster, 'shop', 'orders', 'Initialized', { stepMs: 1000 });
  await cluster.podsReady();
  expect(Object.keys(await answering())).toEqual(['200 0 1.4.2']);

  await applyChange(cluster, before, after);
  const midway: Midway = {
    at: ({ canaryWeight }) => canaryWeight === 10,
    look: async () => {
      await checkMatrix(during(after, ['shop/orders', 'shop/orders-primary']));
      expect(Object.keys(await answering()).sort()).toEqual(['200 0 1.4.2', '200 0 1.5.0']);
    },
  };
  await untilPhase(cluster, 'shop', 'orders', 'Succeeded', { stepMs: 1000, midway });
  await cluster.settled();
  expect(await answering()).toEqual({ '200 0 1.5.0': 300 });
});

test('Argo Rollouts releases the shop, and in the midst of it a request is answered if and only if it was declared', async () => {
  const before = shopReleasedBy('CanaryEngine.argoRollouts()', false);
  const after = shopReleasedBy('CanaryEngine.argoRollouts()', true);
  await stand(cluster, { ...SHOP, objects: () => before, install: async (to) => { await SHOP.install!(to); await to.argoRollouts(); } });
  await untilRollout(cluster, 'shop', 'orders', 'Healthy');
  expect(Object.keys(await answering())).toEqual(['200 0 1.4.2']);

  await applyChange(cluster, before, after);
  await eventually(async () => (await rollout(cluster, 'shop', 'orders')).status, ({ canary: of, phase }) => of?.weights?.canary?.weight === 10 && phase === 'Paused', 300);
  await checkMatrix(during(after, ['shop/orders']));
  expect(Object.keys(await answering()).sort()).toEqual(['200 0 1.4.2', '200 0 1.5.0']);

  await eventually(async () => {
    await promote(cluster, 'shop', 'orders').catch(() => undefined); // Between two pauses there is nothing to promote
    return (await rollout(cluster, 'shop', 'orders')).status;
  }, ({ phase }) => phase === 'Healthy', 300);
  await cluster.settled();
  expect(await answering()).toEqual({ '200 0 1.5.0': 300 });
});
