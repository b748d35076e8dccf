import { App, Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { GrpcProbe, Mesh, MeshPort, MeshServiceProps, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { complaint, eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { service } from '../support/stage';

let cluster: ConnectedCluster;

const env = (words: { [name: string]: string }) => (
  Object.fromEntries(Object.entries(words).map(([name, value]) => [name, kplus.EnvValue.fromValue(value)])));

async function applied(build: (app: App) => void): Promise<void> {
  expect((await cluster.apply(synthesizeApp(build))).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
}

async function running(namespace: string, name: string): Promise<{ ready: boolean; restarts: number }> {
  const pods = (await cluster.list('v1', 'Pod', namespace)).filter(({ metadata }) => metadata.labels.app === name && !metadata.deletionTimestamp);
  const status = pods[0]?.status?.containerStatuses?.find((container: Manifest) => container.name === name);
  return { ready: status?.ready ?? false, restarts: status?.restartCount ?? 0 };
}

/** Programs in a namespace of their own: those of all tests run side by side, since most of their time is waiting. */
const programs = (namespace: string, services: [string, Partial<MeshServiceProps>][]) => applied((app) => {
  const chart = new Chart(app, namespace, { namespace });
  new ZeroTrustNamespace(chart, 'namespace');
  services.forEach(([name, props]) => service(chart, name, props));
});

/** They take 25 seconds to begin. */
const SLOW: [string, Partial<MeshServiceProps>][] = [
  ['http', { readinessPath: '/ready' }],
  ['grpc', { ports: [MeshPort.grpc(50051)], readiness: GrpcProbe.of() }],
  ['tcp', { ports: [MeshPort.tcp(6379)] }],
  ['hasty', { readinessPath: '/ready', startup: kplus.Probe.fromTcpSocket({ port: 8080, periodSeconds: Duration.seconds(2), failureThreshold: 3 }) }],
];

/** They are healthy, and answer 404 for /readyz. */
const SOUND: [string, Partial<MeshServiceProps>][] = [['silent', {}], ['asked', { readinessPath: '/healthz' }]];
const ASKED_IN_VAIN: [string, Partial<MeshServiceProps>][] = [['orders', { readinessPath: '/readyz' }]];

const withEnv = (words: { [name: string]: string }, services: [string, Partial<MeshServiceProps>][]) => (
  services.map(([name, props]): [string, Partial<MeshServiceProps>] => [name, { env: env(words), ...props }]));

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await programs('slow', withEnv({ ECHO_START_DELAY: '25s' }, SLOW));
});

afterAll(() => cluster.disconnect());

/** Without native sidecars a pod takes as long as it may to go. */
const QUICK = { terminationGracePeriod: Duration.seconds(10) };

const KINDS = ['native', 'beside'];

/** The two kinds of proxy at once, in a namespace of a test and a kind: a native sidecar, and a proxy beside the program. */
async function both<T>(test: string, work: (namespace: string) => Promise<T>): Promise<T[]> {
  return Promise.all(KINDS.map(kind => work(`${test}-${kind}`)));
}

const show = (test: string, orders: Partial<MeshServiceProps>, other: Partial<MeshServiceProps> = {}) => both(test, namespace => applied((app) => {
  new Mesh(app, 'mesh', { nativeSidecars: namespace.endsWith('native') });
  const chart = new Chart(app, namespace, { namespace });
  new ZeroTrustNamespace(chart, 'namespace');
  const server = service(chart, 'orders', orders);
  service(chart, 'client', other).calls(server);
}));

const ready = (test: string) => both(test, namespace => cluster.podsReady(namespace));

test('a request that is in flight when its pod is told to go is answered, by either kind of proxy', async () => {
  const program = (stamp: string) => ({ env: env({ STAMP: stamp, ECHO_STOP_DELAY: '20s' }) });
  /** Requests to the pods that are there, which are told to go meanwhile. */
  const replaced = async (stamp: string) => {
    await ready('flight');
    await cluster.settled();
    const before = await both('flight', async namespace => (await cluster.pods(namespace)).find(({ labels }) => labels.app === 'orders')!.name);
    let answered = false;
    const asked = both('flight', namespace => (
      cluster.send(`${namespace}/client`, [{ url: `http://orders.${namespace}:8080/long`, headers: { 'x-echo-delay': '15s' }, timeoutMs: 60_000 }])));
    void asked.then(() => { answered = true; });
    await new Promise(resolve => setTimeout(resolve, 1000));
    await show('flight', program(stamp));
    const told = await both('flight', namespace => eventually(
      async () => (await cluster.list('v1', 'Pod', namespace)).filter(({ metadata }) => before.includes(metadata.name) && metadata.deletionTimestamp),
      pods => pods.length > 0));
    return { inFlight: !answered, told, before, answers: await asked };
  };
  await show('flight', program('0'));
  let seen = await replaced('1');
  // Where the new pods took longer than the answers there was nothing to see
  for (let again = 2; again <= 3 && !seen.inFlight; again++) {
    seen = await replaced(String(again));
  }
  const { inFlight, told, before, answers } = seen;

  expect(told.map(pods => pods.length)).toEqual([1, 1]);
  expect(inFlight).toBe(true);
  expect(answers.map(([{ status, echo }]) => ({ status, pod: echo?.pod }))).toEqual(before.map(pod => ({ status: 200, pod })));
});

test('a program that calls another service before anything else is answered, at the first start, by either kind of proxy', async () => {
  await show('first', {}, QUICK);
  await ready('first');
  await cluster.settled();
  await show('first', {}, { ...QUICK, env: env({ ECHO_CALL_AT_START: 'http://orders:8080/', ECHO_CALL_MUST_WORK: 'true' }) });
  await ready('first');

  expect(await both('first', namespace => running(namespace, 'client'))).toEqual(Array(2).fill({ ready: true, restarts: 0 }));
});

test('a program that takes 25 seconds to begin is ready without a restart, and restarted when its own start-up probe is shorter', async () => {
  const states = () => Promise.all(['http', 'grpc', 'tcp', 'hasty'].map(name => running('slow', name)));
  const [http, grpc, tcp, hasty] = await eventually(states, ([a, b, c, own]) => a.ready && b.ready && c.ready && own.restarts > 0, 120);

  expect([http, grpc, tcp]).toEqual(Array(3).fill({ ready: true, restarts: 0 }));
  expect(hasty.ready).toBe(false);
  expect(hasty.restarts).toBeGreaterThan(0);
});

describe('a healthy program that answers 404 for /readyz', () => {
  beforeAll(async () => {
    await programs('sound', withEnv({ ECHO_NOT_FOUND: '/readyz' }, SOUND));
    await programs('vain', withEnv({ ECHO_NOT_FOUND: '/readyz' }, ASKED_IN_VAIN));
    await cluster.podsReady('sound');
  });

  test.each([['by default', 'silent'], ['when its own path is said', 'asked']])('is ready %s', async (_, name) => {
    expect(await running('sound', name)).toEqual({ ready: true, restarts: 0 });
  });

  test('is kept out when a path is said that it does not have, and told by name and reason', async () => {
    expect(await complaint(cluster, /^vain\/orders-\S+: .*answered 404/m)).toMatch(/^vain\/orders-\S+: .*answered 404/m);
    expect(await running('vain', 'orders')).toMatchObject({ ready: false });
  });
});
