import { Manifest } from '../api/client';
import { connect, ConnectedCluster } from '../remote';

/** What the pod runner does in the kubelet's place, shown with programs that are not well, with a proxy beside them and without. */
let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
});

afterAll(() => cluster.disconnect());

const http = (path: string, rest: Manifest = {}) => ({ httpGet: { path, port: 8080 }, periodSeconds: 1, ...rest });
const liveness = http('/livez', { failureThreshold: 2 });
/** Of programs that are well for long: a busy machine may be slow to answer now and then. */
const patient = http('/livez', { failureThreshold: 4 });

/** Each is a Deployment of one pod; the words of the environment are those of the echo server. */
const PROGRAMS: { [name: string]: { env?: { [name: string]: string }; container?: Manifest; annotations?: { [name: string]: string } } } = {
  'well': { container: { livenessProbe: patient, readinessProbe: http('/readyz') } },
  'slow': { env: { ECHO_START_DELAY: '8s' }, container: { livenessProbe: liveness, readinessProbe: http('/readyz') } },
  'slow-with-startup': {
    env: { ECHO_START_DELAY: '8s' },
    container: { startupProbe: http('/livez', { failureThreshold: 30 }), livenessProbe: patient, readinessProbe: http('/readyz') },
  },
  'never-starts': { env: { ECHO_START_DELAY: '60s' }, container: { startupProbe: http('/livez', { failureThreshold: 3 }) } },
  'wrong-path': { env: { ECHO_NOT_FOUND: '/readyz,/x' }, container: { readinessProbe: http('/readyz') } },
  'elsewhere': { env: { ECHO_LISTEN: '9999' }, container: { readinessProbe: http('/readyz') } },
  'loopback': { env: { ECHO_LOOPBACK: 'true' }, container: { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } } },
  'no-health': { env: { ECHO_NO_HEALTH: 'true' }, container: { ports: [{ name: 'grpc', containerPort: 8080 }], readinessProbe: { grpc: { port: 8080 }, periodSeconds: 1 } } },
  'health': { container: { ports: [{ name: 'grpc', containerPort: 8080 }], readinessProbe: { grpc: { port: 8080 }, periodSeconds: 1 } } },
  'crashes': { env: { ECHO_CALL_AT_START: 'http://127.0.0.1:1/', ECHO_CALL_MUST_WORK: 'true' } },
  'late': { container: { readinessProbe: http('/readyz', { initialDelaySeconds: 6, successThreshold: 2 }) } },
};

describe.each([['without a proxy', 'plain', {}], ['with a proxy', 'meshed', { 'istio-injection': 'enabled' }]])('%s', (_, namespace, labels) => {
  beforeAll(async () => {
    await cluster.reset();
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
      ...Object.entries(PROGRAMS).map(([name, { env, container, annotations }]) => deployment(namespace, name, env, container, annotations)),
    ];
    expect((await cluster.apply(objects)).filter(({ ok }) => !ok)).toEqual([]);
    await eventually(async () => (await restarts('well')) === 0 && (await status('well')).ready);
  });

  afterAll(() => cluster.reset());

  const status = async (name: string): Promise<Manifest> => {
    const pod = (await cluster.list('v1', 'Pod', namespace)).find(({ metadata }) => metadata.labels.app === name);
    return pod?.status?.containerStatuses?.find((container: Manifest) => container.name === name) ?? {};
  };
  const restarts = async (name: string) => (await status(name)).restartCount;
  const reasonOf = async (name: string) => (await cluster.problems(namespace)).find(({ what }) => new RegExp(`^${namespace}/${name}-[^-]+-[^-]+$`).test(what))?.reason;

  test('a program that is slower than its liveness probe is restarted again and again', async () => {
    await eventually(async () => (await restarts('slow')) >= 3);
    const { ready, started, lastState } = await status('slow');
    expect({ ready, reason: lastState.terminated.reason, message: lastState.terminated.message })
      .toEqual({ ready: false, reason: expect.stringMatching(/Error|Completed/), message: expect.stringMatching(/^killed by its liveness probe: GET :\d+\/\S+ (failed: ECONNREFUSED|answered 500)$/) });
    expect(typeof started).toBe('boolean');
  });

  test('with a startup probe it is not', async () => {
    await eventually(async () => (await status('slow-with-startup')).ready);
    expect(await restarts('slow-with-startup')).toBe(0);
  });

  test('a startup probe that never passes restarts the program', async () => {
    await eventually(async () => (await restarts('never-starts')) >= 1);
    expect((await status('never-starts')).lastState.terminated.message).toMatch(/^killed by its startup probe/);
    expect((await status('never-starts')).ready).toBe(false);
  });

  test('a program that ends by itself is started again, later each time', async () => {
    await eventually(async () => (await status('crashes')).state.waiting?.reason === 'CrashLoopBackOff');
    expect(await restarts('crashes')).toBeGreaterThanOrEqual(1);
    expect(await reasonOf('crashes')).toMatch(/container crashes: (CrashLoopBackOff: )?.*the call at start, GET http:\/\/127\.0\.0\.1:1\/, failed: .*refused/);
  });

  test.each([
    ['wrong-path', 'container wrong-path: readiness GET :8080/readyz answered 404'],
    ['elsewhere', 'container elsewhere: does not listen on 8080 (it listens on 9999)'],
    ['loopback', 'container loopback: listens on 127.0.0.1:8080 only, where neither a probe nor another pod can reach it'],
    ['no-health', 'container no-health: readiness gRPC health check :8080 answered UNIMPLEMENTED: it has no health service'],
  ])('%s never gets ready, and says why: %s', async (name, reason) => {
    let said: string | undefined;
    // The last answer is told, and one may have been late
    await eventually(async () => (said = await reasonOf(name)) === reason).catch(() => undefined);
    expect(said).toBe(reason);
    expect((await status(name)).ready).toBe(false);
    expect(await restarts(name)).toBe(0);
  });

  test('a gRPC probe passes where the health service says so, and a first delay is kept', async () => {
    expect((await status('health')).ready).toBe(true);
    await eventually(async () => (await status('late')).ready);
    const late = (await cluster.list('v1', 'Pod', namespace)).find(({ metadata }) => metadata.labels.app === 'late')!;
    const ready = late.status.conditions.find((condition: Manifest) => condition.type === 'Ready');
    expect(Date.parse(ready.lastTransitionTime) - Date.parse((await status('late')).state.running.startedAt)).toBeGreaterThanOrEqual(6000);
  });

  test('a program that hangs is restarted, and is ready again', async () => {
    await cluster.send(`${namespace}/well`, [{ url: 'http://127.0.0.1:8080/__hang' }]);
    await eventually(async () => (await restarts('well')) === 1 && (await status('well')).ready);
    expect((await status('well')).lastState.terminated.message).toMatch(/^killed by its liveness probe: GET :\d+\/\S+ (had no answer within 1 s|answered 500)$/);
    expect((await cluster.pods(namespace)).find((pod) => pod.workload === 'well')).toMatchObject({ ready: true, restarts: 1 });
  });

  test('what does not get ready is told by name and reason when the time is over', async () => {
    const told = await cluster.podsReady(namespace, 1000).catch((error: Error) => error.message);
    expect(told).toMatch(new RegExp(`^podsReady: waited 1 s for the pods:\n(  .*\n)*  ${namespace}/elsewhere-\\S+: not ready after \\d+ s: container elsewhere: does not listen on 8080 \\(it listens on 9999\\)(\n|$)`));
    expect(told).not.toMatch(/well|\{/);
  });
});

test('a program that calls at its start races its proxy, unless that is a native sidecar', async () => {
  await cluster.reset();
  const env = { ECHO_CALL_AT_START: 'http://server:8080/', ECHO_CALL_MUST_WORK: 'true' };
  expect((await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'race', labels: { 'istio-injection': 'enabled' } } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'server', namespace: 'race' }, spec: { selector: { app: 'server' }, ports: [{ name: 'http', port: 8080 }] } },
    deployment('race', 'server'),
  ])).filter(({ ok }) => !ok)).toEqual([]);
  await cluster.podsReady();
  await cluster.apply([deployment('race', 'native', env), deployment('race', 'racer', env, {}, { 'sidecar.istio.io/nativeSidecar': 'false' })]);
  await cluster.podsReady();
  const pods = await cluster.pods('race');
  expect(pods.find(({ workload }) => workload === 'native')!.restarts).toBe(0);
  expect(pods.find(({ workload }) => workload === 'racer')!.restarts).toBeGreaterThan(0);
  expect(await cluster.logs('race/racer', 'racer')).toMatch(/call at start: GET http:\/\/server:8080\/ failed: [^]*call at start: GET http:\/\/server:8080\/ answered 200/);
  await cluster.reset();
});

test('a pod that is not admitted is told at once', async () => {
  await cluster.reset();
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } }, deployment('strict', 'app'),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'plain', labels: {} } }, deployment('plain', 'app'),
  ]);
  const began = Date.now();
  await expect(cluster.podsReady()).rejects.toThrow(/the pods cannot get ready:\n(.*\n)*  strict\/app: .*violates PodSecurity "restricted:latest"/);
  expect(Date.now() - began).toBeLessThan(60_000);
  await cluster.reset();
});

async function eventually(check: () => Promise<boolean>, timeoutMs = 180_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; !await check();) {
    if (Date.now() > end) throw new Error(`not within ${timeoutMs / 1000} s: ${check}\n${JSON.stringify(await cluster.problems(), undefined, 2)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function deployment(namespace: string, name: string, env: { [name: string]: string } = {}, container: Manifest = {}, annotations = {}): Manifest {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{
            name, image: name, ports: [{ name: 'http', containerPort: 8080 }], env: Object.entries(env).map(([key, value]) => ({ name: key, value })), ...container,
          }],
        },
      },
    },
  };
}
