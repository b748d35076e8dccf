import { Chart } from 'cdk8s';
import { ExistingWorkload, Mesh, MeshPort, ZeroTrustNamespace } from '../../../src';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { bystander, namespace } from '../support/bystanders';
import { synthesizeApp } from '../support/objects';
import { service } from '../support/stage';

/** The proxy of `orders` asks an authorizer of each request whether it may pass: one of another team, or one of this app. */
const AUTHORIZERS = [
  { where: 'another namespace, without a proxy', provider: 'authorizer-auth', pod: 'auth/authorizer' },
  { where: 'this app', provider: 'authorizer-stage', pod: 'stage/authorizer' },
];

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

beforeEach(() => cluster.reset());

afterAll(() => cluster.disconnect());

async function applied(provider: string, declared: boolean): Promise<void> {
  const objects = synthesizeApp((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    service(chart, 'client').calls(service(chart, 'orders'));
    const own = service(chart, 'authorizer');
    const theirs = new ExistingWorkload(app, 'authorizer', {
      namespace: 'auth', podLabels: { app: 'authorizer' }, ports: [MeshPort.http(8080)], inMesh: false,
    });
    if (declared) {
      new Mesh(app, 'mesh').proxiesCall(provider === 'authorizer-stage' ? own : theirs);
    }
  });
  const results = await cluster.apply([
    ...objects,
    namespace('auth', false),
    ...bystander('auth', 'authorizer'),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'authorizer', namespace: 'auth' }, spec: { selector: { app: 'authorizer' }, ports: [{ name: 'http', port: 8080 }] } },
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'asked', namespace: 'stage' },
      spec: { selector: { matchLabels: { app: 'orders' } }, action: 'CUSTOM', provider: { name: provider }, rules: [{ to: [{ operation: { paths: ['/asked'] } }] }] },
    },
  ]);
  expect(results.filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
}

/** A proxy that has no way to the authorizer may wait for a connection for ten seconds before it refuses. */
async function statusOf(path: string): Promise<number> {
  return (await cluster.send('stage/client', [{ url: `http://orders:8080${path}`, timeoutMs: 20_000, newConnection: true }]))[0].status;
}

test.each(AUTHORIZERS)('an authorizer in $where is asked by the proxies when the mesh says so', async ({ provider, pod }) => {
  await applied(provider, true);

  expect(await statusOf('/asked')).toBe(200);
  expect((await cluster.requests(pod)).map(({ path }) => path)).toContain('/asked');
});

test.each(AUTHORIZERS)('an authorizer in $where is not reached otherwise, and what waits for its word is refused', async ({ provider, pod }) => {
  await applied(provider, false);

  expect(await statusOf('/asked')).toBe(403);
  expect(await statusOf('/other')).toBe(200);
  expect(await cluster.requests(pod)).toEqual([]);
});
