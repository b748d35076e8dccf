import { App, Chart, Cron, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshCronJob, MeshJob, MeshPort, MeshService, VolumeClaim, WorkloadKind, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';
import { namespace, neighbours, STRANGER } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';

let stage: Stage;
let cluster: ConnectedCluster;

beforeAll(async () => {
  stage = await Stage.open();
  cluster = stage.cluster;
});

beforeEach(() => stage.clear());

afterAll(() => cluster.disconnect());

const env = (words: { [name: string]: string }) => (
  Object.fromEntries(Object.entries(words).map(([name, value]) => [name, kplus.EnvValue.fromValue(value)])));

async function applied(build: (chart: Chart, app: App) => void, more: Manifest[] = []): Promise<Manifest[]> {
  const objects = synthesizeApp((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    build(chart, app);
  });
  expect((await cluster.apply([...objects, ...more])).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  expect(await cluster.analyze(objects)).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
  return objects;
}

async function statusOf(from: string, url: string): Promise<number> {
  return (await cluster.send(from, [{ url, timeoutMs: 10_000, newConnection: true }]))[0].status;
}

test('a worker calls what it declares, and nobody calls it', async () => {
  await applied((chart) => {
    const orders = service(chart, 'orders');
    const cart = service(chart, 'cart');
    const mailer = service(chart, 'mailer', { ports: undefined });
    mailer.calls(orders);
    cart.calls(orders);
  });

  expect(await statusOf('stage/mailer', 'http://orders:8080/')).toBe(200);
  expect(await statusOf('stage/mailer', 'http://cart:8080/')).not.toBe(200);
  expect(await cluster.list('v1', 'Service', 'stage').then(services => services.map(({ metadata }) => metadata.name).sort())).toEqual(['cart', 'orders']);
});

describe('a quorum', () => {
  const pods = async (name: string) => (await cluster.pods('stage')).filter(pod => pod.labels.app === name).map(pod => pod.name).sort();
  const peer = (of: number) => ({ protocol: 'tcp' as const, url: `ledger-${of}.ledger-headless.stage:7000`, body: 'vote', timeoutMs: 10_000, newConnection: true });

  test('of which each member reaches each by name, and nobody else does', async () => {
    await applied((chart) => {
      const ledger = new MeshService(chart, 'ledger', {
        image: 'registry.example/ledger:1.0.0',
        ports: [MeshPort.http(8080)],
        peers: [MeshPort.tcp(7000, { name: 'tcp-raft' })],
        kind: WorkloadKind.statefulSet({
          claims: [VolumeClaim.of('data', '/var/lib/ledger', Size.gibibytes(1))], podManagement: kplus.PodManagementPolicy.PARALLEL,
        }),
      });
      const other = service(chart, 'other');
      other.calls(ledger);
    }, neighbours());

    expect(await pods('ledger')).toEqual(['ledger-0', 'ledger-1', 'ledger-2']);
    for (const from of [0, 1, 2]) {
      const others = [0, 1, 2].filter(to => to !== from);
      const votes = await cluster.send(`stage/ledger-${from}`, others.map(peer));
      expect(votes.map(({ status, echo }) => ({ status, pod: echo?.pod }))).toEqual(others.map(to => ({ status: 200, pod: `ledger-${to}` })));
    }
    expect(await statusOf('stage/other', 'http://ledger:8080/')).toBe(200);
    for (const from of ['stage/other', STRANGER]) {
      const refused = await cluster.send(from, [0, 1, 2].map(peer));
      expect({ from, answers: refused.map(({ status }) => status) }).toEqual({ from, answers: [0, 0, 0] });
    }
  });

  test('whose members wait for each other, in order', async () => {
    await applied((chart) => {
      new MeshService(chart, 'ledger', {
        image: 'registry.example/ledger:1.0.0',
        ports: [MeshPort.http(8080)],
        replicas: 2,
        kind: WorkloadKind.statefulSet(),
        env: { ECHO_START_DELAY: kplus.EnvValue.fromValue('5s') },
      });
    });
    const created = (await cluster.list('v1', 'Pod', 'stage')).map(({ metadata }) => ({ name: metadata.name, at: Date.parse(metadata.creationTimestamp) }))
      .sort((a, b) => a.name < b.name ? -1 : 1);

    expect(created.map(({ name }) => name)).toEqual(['ledger-0', 'ledger-1']);
    // The first one is ready after five seconds; a pod's creation is told in whole ones
    expect(created[1].at - created[0].at).toBeGreaterThanOrEqual(4000);
  });
});

test('a service on every node answers', async () => {
  await applied((chart) => {
    const nodes = service(chart, 'nodes', { replicas: undefined, kind: WorkloadKind.daemonSet() });
    service(chart, 'client').calls(nodes);
  });

  expect(await statusOf('stage/client', 'http://nodes:8080/')).toBe(200);
});

describe('a job', () => {
  const jobs = () => cluster.list('batch/v1', 'Job', 'stage');
  const WORK = { ECHO_CALL_AT_START: 'http://orders:8080/work', ECHO_CALL_MUST_WORK: 'true' };

  test('calls what it declares, and is complete although it has a proxy', async () => {
    await applied((chart) => {
      const orders = service(chart, 'orders');
      new MeshJob(chart, 'migrate', { image: 'registry.example/migrate:1.0.0', env: env(WORK), activeDeadline: Duration.minutes(5) }).calls(orders);
    });
    const [job] = await eventually(jobs, ([only]) => only.status?.succeeded === 1, 180);

    expect(job.status).toMatchObject({ succeeded: 1 });
    // One that started before its server was there may have failed, and been followed by another
    const phases = () => cluster.list('v1', 'Pod', 'stage').then(pods => pods.filter(({ metadata }) => metadata.labels.app === 'migrate').map(({ status }) => status.phase));
    expect(await eventually(phases, found => found.includes('Succeeded'))).toContain('Succeeded');
    const asked = await cluster.requests('stage/orders');
    expect(asked.filter(({ path }) => path === '/work')).toHaveLength(1);
  });

  test('that asks what it has not declared fails', async () => {
    await applied((chart) => {
      service(chart, 'orders');
      new MeshJob(chart, 'migrate', { image: 'registry.example/migrate:1.0.0', env: env(WORK), backoffLimit: 0 });
    });
    const [job] = await eventually(jobs, ([only]) => only.status?.failed === 1, 180);

    expect(job.status).toMatchObject({ failed: 1 });
    expect(await cluster.requests('stage/orders')).toEqual([]);
  });

  test('of a schedule does the same', async () => {
    const objects = await applied((chart) => {
      const orders = service(chart, 'orders');
      new MeshCronJob(chart, 'report', { image: 'registry.example/report:1.0.0', schedule: Cron.schedule({ minute: '30', hour: '2' }), env: env(WORK) }).calls(orders);
    });
    // As `kubectl create job --from=cronjob/report` does
    const { spec } = objects.find(({ kind }) => kind === 'CronJob')!;
    await cluster.apply([{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'report-now', namespace: 'stage' }, ...spec.jobTemplate }]);
    const [job] = await eventually(jobs, ([only]) => only.status?.succeeded === 1, 180);

    expect(job.status).toMatchObject({ succeeded: 1 });
  });
});

test('the address that a program is told is the one that it may call', async () => {
  await applied((chart, app) => {
    new Mesh(app, 'mesh');
    const orders = service(chart, 'orders', { ports: [MeshPort.http(80, { targetPort: 8080 })] });
    service(chart, 'client').calls(orders, { addressVariable: 'ORDERS_ADDR' });
  }, [namespace('elsewhere', true)]);
  const [{ spec }] = (await cluster.list('v1', 'Pod', 'stage')).filter(({ metadata }) => metadata.labels.app === 'client');
  const address = spec.containers.find(({ name }: Manifest) => name === 'client').env.find(({ name }: Manifest) => name === 'ORDERS_ADDR').value;

  expect(address).toBe('orders.stage.svc.cluster.local:80');
  expect(await statusOf('stage/client', `http://${address}/`)).toBe(200);
});
