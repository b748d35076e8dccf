import { Manifest } from '../api/client';
import { connect, ConnectedCluster } from '../remote';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
});

afterAll(async () => {
  await cluster.reset();
  await cluster.disconnect();
});

const NAMESPACE: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } };
const DEPLOYMENT: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'orders' } },
    template: {
      metadata: { labels: { app: 'orders' } },
      spec: { containers: [{ name: 'orders', image: 'example.com/orders:v1', ports: [{ containerPort: 8080 }] }] },
    },
  },
};

test('several may wait at the same time', async () => {
  await cluster.apply([NAMESPACE, DEPLOYMENT]);
  await cluster.podsReady();
  await Promise.all([0, 20, 100, 500].map(async (ms) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    await cluster.settled(20_000);
  }));
});
