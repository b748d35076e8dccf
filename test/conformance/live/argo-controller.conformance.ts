import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { abort, promote, promoteFull, retry, rollout, untilHealthy, untilPaused, untilRollout } from '../support/argo';
import { lost, underLoad } from '../support/load';
import { countBy, isShare } from '../support/statistics';

/** That Argo Rollouts is there for a suite that asks for it, and what an engine may rely on: by hand, without a line of ours. */
let cluster: ConnectedCluster;

const NAMESPACE = 'shop';
const URL = 'http://checkout.shop:8080/good';
const NAME = [NAMESPACE, 'checkout'] as const;

function template(name: string, version: string): Manifest {
  return {
    metadata: { labels: { app: name, version } },
    spec: {
      containers: [{
        name: 'app',
        image: `registry.example/${name}:${version}`,
        ports: [{ name: 'http', containerPort: 8080 }],
        lifecycle: { preStop: { sleep: { seconds: 3 } } }, // until every client's proxy knows that it goes
      }],
    },
  };
}

const CLIENT: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'client', namespace: NAMESPACE },
  spec: { selector: { matchLabels: { app: 'client' } }, template: template('client', 'v1') },
};

function service(name: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: { selector: { app: 'checkout' }, ports: [{ name: 'http', port: 8080 }] },
  };
}

const destination = (host: string, weight: number) => ({ destination: { host, port: { number: 8080 } }, weight });

const VIRTUAL_SERVICE: Manifest = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'checkout', namespace: NAMESPACE },
  spec: {
    hosts: ['checkout'],
    http: ['client', 'others'].map((name, i) => ({
      name,
      match: i === 0 ? [{ sourceLabels: { app: 'client' } }] : undefined,
      route: [destination('checkout-stable', 100), destination('checkout-canary', 0)],
      timeout: `${i + 5}s`,
    })),
  },
};

const AT_HALF = 1;

const release = (version: string): Manifest => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'checkout', namespace: NAMESPACE },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'checkout' } },
    template: template('checkout', version),
    strategy: {
      canary: {
        stableService: 'checkout-stable',
        canaryService: 'checkout-canary',
        trafficRouting: { istio: { virtualService: { name: 'checkout', routes: ['client', 'others'] } } },
        steps: [{ setWeight: 50 }, { pause: {} }],
      },
    },
  },
});

async function apply(...objects: Manifest[]) {
  expect((await cluster.apply(objects)).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
}

/** Which versions answer so many requests, when every proxy knows what the controller has written. */
async function versions(count: number) {
  await cluster.settled();
  return countBy(await cluster.send('shop/client', [{ url: URL, count, concurrency: 2 }]), ({ status, echo }) => `${status} ${echo?.version}`);
}

async function routes() {
  const { spec } = (await cluster.get('networking.istio.io/v1', 'VirtualService', 'checkout', NAMESPACE))!;
  return spec.http.map(({ name, timeout, route }: Manifest) => [name, timeout, ...route.map(({ weight }: Manifest) => weight ?? 0)]);
}

/** Which version's pods a Service selects. */
async function selected(name: string) {
  const { spec } = (await cluster.get('v1', 'Service', name, NAMESPACE))!;
  const sets = await cluster.list('apps/v1', 'ReplicaSet', NAMESPACE);
  const set = sets.find(({ metadata }) => metadata.labels['rollouts-pod-template-hash'] === spec.selector['rollouts-pod-template-hash']);
  return set?.spec.template.metadata.labels.version;
}

const services = async () => [await selected('checkout-stable'), await selected('checkout-canary')];

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.argoRollouts();
  await apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'istio-injection': 'enabled' } } },
    CLIENT, service('checkout'), service('checkout-stable'), service('checkout-canary'), VIRTUAL_SERVICE, release('v1'),
  );
  await untilHealthy(cluster, ...NAME);
  await cluster.podsReady();
}, 180_000);

afterAll(() => cluster.disconnect());

test('the first version runs no step, and both Services select its pods', async () => {
  expect(await routes()).toEqual([['client', '5s', 100, 0], ['others', '6s', 100, 0]]);
  expect(await versions(10)).toEqual({ '200 v1': 10 });
  expect(await services()).toEqual(['v1', 'v1']);
});

test('a good version has its share of every route that is named, and is promoted under load without a request lost', async () => {
  const results = await underLoad(cluster, 'shop/client', { url: URL }, async () => {
    await apply(release('v2'));
    await untilPaused(cluster, ...NAME, AT_HALF);
    expect(await routes()).toEqual([['client', '5s', 50, 50], ['others', '6s', 50, 50]]);
    expect(await services()).toEqual(['v1', 'v2']);
    expect(isShare((await versions(200))['200 v2'] ?? 0, 200, 50)).toBe(true);

    await promote(cluster, ...NAME);
    await untilHealthy(cluster, ...NAME);
    expect(await routes()).toEqual([['client', '5s', 100, 0], ['others', '6s', 100, 0]]);
    expect(await services()).toEqual(['v2', 'v2']);
    expect(await versions(20)).toEqual({ '200 v2': 20 });
  });
  expect(lost(results)).toEqual([]);
});

test('an abort leads back to the stable version, a retry begins anew, and a full promotion passes the pause', async () => {
  const results = await underLoad(cluster, 'shop/client', { url: URL }, async () => {
    await apply(release('v3'));
    await untilPaused(cluster, ...NAME, AT_HALF);
    await abort(cluster, ...NAME);
    await untilRollout(cluster, ...NAME, 'Degraded');
    expect((await rollout(cluster, ...NAME)).status.abort).toBe(true);
    expect(await routes()).toEqual([['client', '5s', 100, 0], ['others', '6s', 100, 0]]);
    // Not which pods the canary Service selects: the controller switches it to and fro until the aborted pods go (argo-rollouts issue 3078)
    expect(await selected('checkout-stable')).toBe('v2');
    expect(await versions(20)).toEqual({ '200 v2': 20 });

    await retry(cluster, ...NAME);
    await untilPaused(cluster, ...NAME, AT_HALF);
    await promoteFull(cluster, ...NAME);
    await untilHealthy(cluster, ...NAME);
    expect(await versions(20)).toEqual({ '200 v3': 20 });
  });
  expect(lost(results)).toEqual([]);
});

test('the reset ends Argo Rollouts, and nothing of it is left', async () => {
  await cluster.reset();
  expect((await cluster.list('v1', 'Pod', 'istio-system')).map(({ metadata }) => metadata.name)).toEqual(['istiod-0']);
  expect(await cluster.list('apps/v1', 'ReplicaSet')).toEqual([]);
  for (const kind of ['Rollout', 'AnalysisRun', 'Experiment']) {
    await expect(cluster.list('argoproj.io/v1alpha1', kind)).rejects.toThrow();
  }
});

test('a later suite starts it anew, and knows nothing of the requests of this one', async () => {
  await cluster.argoRollouts();
  expect(await cluster.query('istio_requests_total')).toEqual([]);
});
