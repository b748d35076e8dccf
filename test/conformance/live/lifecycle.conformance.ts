import { App, Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { GrpcProbe, Mesh, MeshPort, MeshServiceProps, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

beforeEach(() => stage.clear());

afterAll(() => stage.cluster.disconnect());

const env = (words: { [name: string]: string }) => (
  Object.fromEntries(Object.entries(words).map(([name, value]) => [name, kplus.EnvValue.fromValue(value)])));

async function applied(build: (app: App) => void): Promise<void> {
  expect((await stage.cluster.apply(synthesizeApp(build))).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
}

async function running(name: string): Promise<{ ready: boolean; restarts: number }> {
  const pods = (await stage.cluster.list('v1', 'Pod', 'stage')).filter(({ metadata }) => metadata.labels.app === name && !metadata.deletionTimestamp);
  const status = pods[0]?.status?.containerStatuses?.find((container: Manifest) => container.name === name);
  return { ready: status?.ready ?? false, restarts: status?.restartCount ?? 0 };
}

async function eventually(check: () => Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !await check();) {
    if (Date.now() > end) {
      throw new Error(`not within ${seconds} s: ${JSON.stringify(await stage.cluster.problems())}`);
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** Without native sidecars a pod takes as long as it may to go. */
const QUICK = { terminationGracePeriod: Duration.seconds(10) };

describe.each([['a native sidecar', true], ['a proxy beside the program', false]])('with %s', (_, nativeSidecars) => {
  const show = (orders: Partial<MeshServiceProps>, other: Partial<MeshServiceProps> = {}) => applied((app) => {
    new Mesh(app, 'mesh', { nativeSidecars });
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const server = service(chart, 'orders', orders);
    service(chart, 'client', other).calls(server);
  });

  test('a request that is in flight when its pod is told to go is answered', async () => {
    const program = (stamp: string) => ({ env: env({ STAMP: stamp, ECHO_STOP_DELAY: '20s' }) });
    await show(program('one'));
    await stage.cluster.podsReady();
    await stage.cluster.settled();
    const [{ name }] = (await stage.cluster.pods('stage')).filter(({ labels }) => labels.app === 'orders');
    const asked = stage.cluster.send('stage/client', [{ url: 'http://orders.stage:8080/long', headers: { 'x-echo-delay': '15s' }, timeoutMs: 40_000 }]);
    await new Promise(resolve => setTimeout(resolve, 1000));
    await show(program('two'));
    await eventually(async () => (await stage.cluster.list('v1', 'Pod', 'stage')).some(({ metadata }) => metadata.name === name && metadata.deletionTimestamp));
    const [{ status, echo }] = await asked;

    expect({ status, pod: echo?.pod }).toEqual({ status: 200, pod: name });
  }, 120_000);

  test('a program that calls another service before anything else is answered, at the first start', async () => {
    await show({}, QUICK);
    await stage.cluster.podsReady();
    await stage.cluster.settled();
    await show({}, { ...QUICK, env: env({ ECHO_CALL_AT_START: 'http://orders:8080/', ECHO_CALL_MUST_WORK: 'true' }) });
    await stage.cluster.podsReady();

    expect(await running('client')).toEqual({ ready: true, restarts: 0 });
  }, 120_000);
});

describe('a program that takes 25 seconds to begin', () => {
  const PROGRAMS: [string, Partial<MeshServiceProps>][] = [
    ['http', { readinessPath: '/ready' }],
    ['grpc', { ports: [MeshPort.grpc(50051)], readiness: GrpcProbe.of() }],
    ['tcp', { ports: [MeshPort.tcp(6379)] }],
    ['hasty', { readinessPath: '/ready', startup: kplus.Probe.fromTcpSocket({ port: 8080, periodSeconds: Duration.seconds(2), failureThreshold: 3 }) }],
  ];

  test('is ready without a restart, and restarted when its own start-up probe is shorter', async () => {
    await applied((app) => {
      const chart = new Chart(app, 'stage', { namespace: 'stage' });
      new ZeroTrustNamespace(chart, 'namespace');
      PROGRAMS.forEach(([name, props]) => service(chart, name, { env: env({ ECHO_START_DELAY: '25s' }), ...props }));
    });
    await eventually(async () => (await running('hasty')).restarts > 0);
    await eventually(async () => (await Promise.all(['http', 'grpc', 'tcp'].map(running))).every(({ ready }) => ready));

    expect(await Promise.all(['http', 'grpc', 'tcp'].map(running))).toEqual(Array(3).fill({ ready: true, restarts: 0 }));
    expect((await running('hasty')).ready).toBe(false);
  }, 120_000);
});

describe('a healthy program that answers 404 for /readyz', () => {
  const asked = (props: Partial<MeshServiceProps>) => applied((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    service(chart, 'orders', { env: env({ ECHO_NOT_FOUND: '/readyz' }), ...props });
  });

  test.each([['by default', {}], ['when its own path is said', { readinessPath: '/healthz' }]])('is ready %s', async (__, props) => {
    await asked(props);
    await stage.cluster.podsReady();

    expect(await running('orders')).toEqual({ ready: true, restarts: 0 });
  });

  test('is kept out when a path is said that it does not have, and told by name and reason', async () => {
    await asked({ readinessPath: '/readyz' });
    await eventually(async () => (await stage.cluster.problems()).some(({ reason }) => reason.includes('answered 404')));

    expect(await running('orders')).toMatchObject({ ready: false });
  });
});
