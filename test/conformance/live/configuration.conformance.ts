import { Chart } from 'cdk8s';
import { CanaryRelease, Configuration, ConfigurationUpdates, MeshService, PodException, Reload, RouteMatch, StringMatch } from '../../../src';
import { lost, underLoad } from '../support/load';
import { service, Stage } from '../support/stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

beforeEach(() => stage.clear());

afterAll(() => stage.cluster.disconnect());

/** The program is one that answers 404 on the paths of this variable. */
const missing = (path: string) => Configuration.variables({ ECHO_NOT_FOUND: path });

const statusOf = async (path: string) => (await stage.cluster.send('stage/client', [{ url: `http://orders.stage:8080${path}` }]))[0].status;

const mapsOf = async () => (await stage.cluster.list('v1', 'ConfigMap', 'stage')).map(({ metadata }) => metadata.name).filter(name => name.startsWith('orders-config-')).sort();

const show = (path: string, more: (chart: Chart, orders: MeshService) => void = () => undefined) => stage.show((chart, client) => {
  const orders = service(chart, 'orders', { replicas: 2, configuration: [missing(path), Configuration.files('/etc/orders', { 'orders.yaml': `missing: ${path}\n` })] });
  client.calls(orders);
  more(chart, orders);
});

test('new content rolls the pods, no request is lost, and a revert finds the old content again', async () => {
  await show('/one');
  expect([await statusOf('/one'), await statusOf('/two')]).toEqual([404, 200]);
  const [before, first] = [(await stage.cluster.pods('stage')).map(({ name }) => name), await mapsOf()];

  const results = await underLoad(stage.cluster, 'stage/client', { url: 'http://orders.stage:8080/' }, () => show('/two'));

  expect(lost(results)).toEqual([]);
  expect([await statusOf('/one'), await statusOf('/two')]).toEqual([200, 404]);
  expect((await stage.cluster.pods('stage')).filter(({ name, labels }) => labels.app === 'orders' && before.includes(name))).toEqual([]);

  await show('/one');

  expect(await statusOf('/one')).toBe(404);
  expect(await mapsOf()).toEqual(first);
});

test('the pods of a release have it too, but for what the release changes: configuration without another image', async () => {
  const testers = { 'x-user': 'qa' };
  const asked = async (path: string, headers = {}) => (await stage.cluster.send('stage/client', [{ url: `http://orders.stage:8080${path}`, headers }]))[0];
  await show('/one', (chart, orders) => {
    new CanaryRelease(chart, 'next', {
      service: orders,
      configuration: [missing('/two'), Configuration.files('/etc/orders', { 'orders.yaml': 'missing: /two\n' })],
      stages: [0, 0, 100],
      stage: 1,
      match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
    });
  });

  expect([(await asked('/one')).status, (await asked('/two')).status]).toEqual([404, 200]);
  expect([(await asked('/one', testers)).status, (await asked('/two', testers)).status]).toEqual([200, 404]);
  expect((await asked('/', testers)).echo).toMatchObject({ version: 'v2', image: 'registry.example/orders:1.0.0' });
});

test('a pod waits for its Secret, which somebody else writes', async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'orders-db', namespace: 'stage' }, stringData: { hidden: '/secret' } };
  const shown = stage.show((chart, client) => client.calls(service(chart, 'orders', {
    configuration: [Configuration.secret('orders-db', { variables: { ECHO_NOT_FOUND: 'hidden' } })],
  })));
  await new Promise(resolve => setTimeout(resolve, 4000));
  const running = (await stage.cluster.list('v1', 'Pod', 'stage')).filter(({ metadata, status }) => (
    metadata.labels.app === 'orders' && status?.conditions?.some(({ type, status: is }: { type: string; status: string }) => type === 'Ready' && is === 'True')));
  expect(running).toEqual([]);
  expect((await stage.cluster.apply([secret])).map(({ ok }) => ok)).toEqual([true]);
  await shown;

  expect(await statusOf('/secret')).toBe(404);
});

test('a request from within the pod, as the watcher sends it, needs no declared call', async () => {
  await stage.show((chart) => {
    service(chart, 'orders', {
      configuration: [Configuration.files('/etc/flags', { express: 'off' }, { updates: ConfigurationUpdates.LIVE, reload: Reload.request('POST', '/-/reload') })],
    });
  });
  const reload = { method: 'POST', timeoutMs: 10_000 };
  const [within] = await stage.cluster.send('stage/orders', [{ ...reload, url: 'http://127.0.0.1:8080/-/reload' }]);
  const [outside] = await stage.cluster.send('stage/client', [{ ...reload, url: 'http://orders.stage:8080/-/reload' }]);

  expect(within.status).toBe(200);
  expect(outside.status).not.toBe(200);
});

/** Images are not run here: test/reload-by-signal.test.ts runs what the watcher runs, with real processes. */
test('a pod whose containers share their processes for a signal is admitted under restricted, with its watcher behind the proxy, and answers', async () => {
  await stage.show((chart, client) => client.calls(service(chart, 'orders', {
    exceptions: [PodException.sharedProcesses()],
    configuration: [Configuration.files('/etc/flags', { express: 'off' }, { updates: ConfigurationUpdates.LIVE, reload: Reload.signal('HUP', { program: 'orders' }) })],
  })));
  const [{ spec, status }] = (await stage.cluster.list('v1', 'Pod', 'stage')).filter(({ metadata }) => metadata.labels.app === 'orders');
  const [, proxy, watcher] = spec.initContainers;

  expect(spec.shareProcessNamespace).toBe(true);
  expect(spec.initContainers.map(({ name }: any) => name)).toEqual(['istio-validation', 'istio-proxy', 'reload-0']);
  expect(watcher.securityContext.runAsUser).toBe(spec.containers[0].securityContext.runAsUser);
  expect(proxy.securityContext.runAsUser).not.toBe(watcher.securityContext.runAsUser);
  expect(status.initContainerStatuses.find(({ name }: any) => name === 'reload-0').started).toBe(true);
  expect(await statusOf('/')).toBe(200);
});
