import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { eventually } from '../support/eventually';
import { canary, untilPhase } from '../support/flagger';
import { lost, underLoad } from '../support/load';
import { countBy } from '../support/statistics';

/** That Flagger, Prometheus and Istio's request metrics are there for a suite that asks for them: by hand, without a line of ours. */
let cluster: ConnectedCluster;

const NAMESPACE = 'shop';
const SERVER = 'http://checkout.shop:8080';

function deployment(name: string, version: string): Manifest {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, version } },
        spec: {
          containers: [{
            name: 'app',
            image: `registry.example/${name}:${version}`,
            ports: [{ name: 'http', containerPort: 8080 }],
            lifecycle: { preStop: { sleep: { seconds: 3 } } }, // until every client's proxy knows that it goes
          }],
        },
      },
    },
  };
}

const CANARY: Manifest = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'checkout', namespace: NAMESPACE },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
    service: { port: 8080, portName: 'http' },
    analysis: {
      interval: '10s',
      threshold: 3,
      stepWeights: [50],
      metrics: [
        { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '5s' },
        { name: 'request-duration', thresholdRange: { max: 2000 }, interval: '5s' },
      ],
      webhooks: [{ name: 'seen', type: 'event', url: 'http://receiver.shop:8080/events' }],
    },
  },
};

async function apply(...objects: Manifest[]) {
  expect((await cluster.apply(objects)).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
}

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.flagger();
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'istio-injection': 'enabled' } } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'receiver', namespace: NAMESPACE },
      spec: { selector: { app: 'receiver' }, ports: [{ name: 'http', port: 8080 }] },
    },
    deployment('client', 'v1'), deployment('receiver', 'v1'), deployment('checkout', 'v1'), CANARY,
  );
  await cluster.podsReady();
  await untilPhase(cluster, NAMESPACE, 'checkout', 'Initialized', 1000);
  await cluster.podsReady();
  await cluster.settled();
}, 180_000);

afterAll(() => cluster.disconnect());

/** The requests of the client, as Prometheus knows them once it knows so many. */
async function counted(by: string[], path: string, atLeast: number) {
  const read = () => cluster.query(`sum by (${by.join(', ')}) (${path})`);
  const samples = await eventually(read, now => now.reduce((sum, { value }) => sum + value, 0) >= atLeast, 10);
  return samples.map(({ labels, value }) => ({ ...labels, value }));
}

test('every request is counted once at each side, with its workloads, its Service and its code', async () => {
  const results = await cluster.send('shop/client', [
    { url: `${SERVER}/counted`, count: 70, concurrency: 2 },
    { url: `${SERVER}/counted`, count: 30, headers: { 'x-echo-status': '404' } },
  ]);
  expect(countBy(results, ({ status }) => String(status))).toEqual({ 200: 70, 404: 30 });
  const common = {
    destination_service: 'checkout-primary.shop.svc.cluster.local',
    destination_service_name: 'checkout-primary',
    destination_service_namespace: 'shop',
    source_workload: 'client',
    source_workload_namespace: 'shop',
    source_principal: 'spiffe://cluster.local/ns/shop/sa/default',
    destination_workload: 'checkout-primary',
    destination_workload_namespace: 'shop',
    destination_version: 'v1',
    destination_canonical_service: 'checkout-primary',
    destination_canonical_revision: 'v1',
    request_protocol: 'http',
    response_flags: '-',
  };
  const expected = [['destination', 'mutual_tls'], ['source', 'unknown']].flatMap(([reporter, policy]) => [[200, 70], [404, 30]].map(([code, value]) => (
    { ...common, reporter, connection_security_policy: policy, response_code: String(code), value })));
  const samples = await counted(Object.keys(expected[0]).filter(label => label !== 'value'), 'istio_requests_total{source_workload="client"}', 200);
  expect(samples).toHaveLength(4);
  expect(samples).toEqual(expect.arrayContaining(expected));

  const DURATION = 'istio_request_duration_milliseconds';
  const both = expect.arrayContaining([{ reporter: 'source', value: 100 }, { reporter: 'destination', value: 100 }]);
  expect(await counted(['reporter'], `${DURATION}_count{source_workload="client"}`, 200)).toEqual(both);
  expect(await counted(['reporter'], `${DURATION}_bucket{source_workload="client",le="10000"}`, 200)).toEqual(both);
});

test('a good version is promoted under load, and loses no request', async () => {
  const results = await underLoad(cluster, 'shop/client', { url: `${SERVER}/good` }, async () => {
    await apply(deployment('checkout', 'v2'));
    const phases = await untilPhase(cluster, NAMESPACE, 'checkout', 'Succeeded');
    expect(phases).toEqual(expect.arrayContaining(['Progressing 50', 'Succeeded 0']));
  });
  expect(lost(results)).toEqual([]);
  expect(Object.keys(countBy(results, ({ echo }) => `${echo?.workload} ${echo?.version}`)).sort())
    .toEqual(['checkout v2', 'checkout-primary v1', 'checkout-primary v2']);
  expect(events(await cluster.requests('shop/receiver'))).toContain('Promotion completed! Scaling down checkout.shop');
});

test('a version that fails half of its requests is rolled back', async () => {
  const good = { url: `${SERVER}/good` };
  const bad = { url: `${SERVER}/bad`, headers: { 'x-echo-if-version': 'v3', 'x-echo-status': '500' } };
  await underLoad(cluster, 'shop/client', good, () => underLoad(cluster, 'shop/client', bad, async () => {
    await apply(deployment('checkout', 'v3'));
    expect(await untilPhase(cluster, NAMESPACE, 'checkout', 'Failed')).toContain('Progressing 50');
  }));
  await cluster.settled();
  const after = await cluster.send('shop/client', [{ ...good, count: 50 }, { ...bad, count: 50 }]);
  expect(countBy(after, ({ status, echo }) => `${status} ${echo?.workload} ${echo?.version}`)).toEqual({ '200 checkout-primary v2': 100 });
  const halts = events(await cluster.requests('shop/receiver')).filter(message => message.startsWith('Halt'));
  expect(halts).toEqual(expect.arrayContaining([expect.stringMatching(/^Halt checkout.shop advancement success rate [3-6]\d[.]\d\d% < 99%$/)]));
});

/** What a receiver of webhooks was told. */
function events(requests: Manifest[]): string[] {
  return requests.filter(({ path }) => path === '/events').map(({ body }) => JSON.parse(body).metadata.eventMessage);
}

test('the reset ends Flagger and Prometheus, also with a Canary that would wait for its controller', async () => {
  await apply({ ...CANARY, spec: { ...CANARY.spec, revertOnDeletion: true } });
  await eventually(() => canary(cluster, NAMESPACE, 'checkout'), ({ metadata }) => metadata.finalizers !== undefined);
  await cluster.reset();
  expect((await cluster.list('v1', 'Pod', 'istio-system')).map(({ metadata }) => metadata.name)).toEqual(['istiod-0']);
  expect(await cluster.get('v1', 'Namespace', NAMESPACE)).toBeUndefined();
  await expect(cluster.query('up')).rejects.toThrow('Prometheus does not run: a suite that asks it calls prometheus() or flagger() first');
});
