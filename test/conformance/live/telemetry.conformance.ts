import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Chart, Duration } from 'cdk8s';
import { parse } from 'yaml';
import {
  AccessLog, AccessLogProvider, CollectorExporter, CollectorMode, ExistingWorkload, ExtensionProviders, MeshPort, MeshService, MeshTelemetry,
  MeshTelemetryProps, OpenTelemetryCollector, Percent, ProgramTelemetry, TraceTag, Tracing, ZeroTrustNamespace,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { TELEMETRY_PROVIDERS } from '../../cluster/control-plane/istio';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { bystander, namespace } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { applyChange, service } from '../support/stage';

/** What the collector is asked for: it answers anything, and the paths tell what came. */
const SPANS = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const LINES = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

let cluster: ConnectedCluster;

/** What is there, and since when: the same pods stay for all tests, and what differs is applied as a commit would be. */
let shown: Manifest[] = [];
let since = 0;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
});

afterAll(() => cluster.disconnect());

const collectorOf = (app: App) => new ExistingWorkload(app, 'collector', {
  namespace: 'observability',
  podLabels: { app: 'otel-collector' },
  service: 'otel-collector',
  ports: [MeshPort.grpc(4317), MeshPort.http(4318), MeshPort.http(9411, { name: 'http-zipkin' })],
  inMesh: false,
});

const PORTS = [{ name: 'grpc', port: 4317 }, { name: 'http', port: 4318 }, { name: 'http-zipkin', port: 9411 }];

/** A collector without a proxy, of another team, that logs what it is asked. */
function collector(): Manifest[] {
  const [account, deployment] = bystander('observability', 'otel-collector');
  deployment.spec.template.spec.containers[0].ports = PORTS.map(({ name, port }) => ({ name, containerPort: port }));
  return [
    namespace('observability', false), account, deployment,
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'otel-collector', namespace: 'observability' }, spec: { selector: { app: 'otel-collector' }, ports: PORTS } },
  ];
}

interface Scene {
  readonly root: Chart;
  readonly stage: Chart;
  readonly orders: MeshService;
  readonly stranger: MeshService;
  readonly theirs: ExistingWorkload;
}

/** `client` may ask `orders` for anything below /orders, and `grpc` for anything; `stranger` nobody. */
async function applied(describe: (scene: Scene) => void): Promise<void> {
  const objects = synthesizeApp((app) => {
    const root = new Chart(app, 'mesh', { namespace: 'istio-system' });
    const stage = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(stage, 'namespace');
    const orders = service(stage, 'orders');
    const client = service(stage, 'client');
    client.calls(orders, { paths: ['/orders', '/orders/*'] });
    client.calls(service(stage, 'grpc', { ports: [MeshPort.grpc(50051)] }));
    const stranger = service(stage, 'stranger');
    describe({ root, stage, orders, stranger, theirs: collectorOf(app) });
  });
  const wanted = [...objects, ...collector()];
  await applyChange(cluster, shown, wanted);
  shown = wanted;
  await cluster.podsReady();
  await cluster.settled();
  since = Date.now();
}

async function ask(from = 'stage/client', where = '/orders', headers: { [name: string]: string } = {}): Promise<number> {
  return (await cluster.send(from, [{ url: `http://orders:8080${where}`, headers, timeoutMs: 10_000, newConnection: true }]))[0].status;
}

/** What has come by then: Envoy sends spans after a second or five (Zipkin's), lines after one. */
async function arrived(asked: string, atLeast: number, waitMs = 60_000): Promise<number> {
  const count = async () => (await cluster.requests('observability/otel-collector')).filter(request => request.path === asked && request.at >= since).length;
  return eventually(count, found => atLeast > 0 && found >= atLeast, waitMs / 1000);
}

const ALL = Percent.of(100);

const TAGS = { team: TraceTag.literal('shop'), customer: TraceTag.header('x-customer', 'none') };

const linesOf = async (pod: string) => (await cluster.accessLog(pod)).filter(line => Date.parse(line.start_time) >= since);

const logged = async (pod: string) => (await linesOf(pod)).map(line => String(line.path)).filter(asked => asked.startsWith('/'));

/** The same when the request that must be among them is. */
const loggedWith = (last: string, pod: string) => eventually(() => logged(pod), found => found.includes(last));

test('the trace of one request arrives through a collector of the app, in two protocols, and so does a program\'s span', async () => {
  const otel = ({ stage, theirs }: Scene) => new OpenTelemetryCollector(stage, 'otel', {
    image: 'otel/opentelemetry-collector-contrib:0.161.0',
    mode: CollectorMode.gateway({ replicas: 1 }),
    exporters: [CollectorExporter.tempo(theirs, { port: 'grpc' }), CollectorExporter.zipkin(theirs, { port: 'http-zipkin' })],
  });
  await applied((scene) => {
    const ours = otel(scene);
    new MeshTelemetry(scene.stage, 'telemetry', { tracing: Tracing.otlp(ours, { sampling: ALL }), programs: ProgramTelemetry.otlpHttp(ours) });
    new MeshTelemetry(scene.stage, 'stranger-telemetry', { service: scene.stranger, programs: ProgramTelemetry.none() });
  });
  expect(await ask()).toBe(200);
  expect(await arrived(SPANS, 1)).toBeGreaterThanOrEqual(1);
  expect(await arrived('/api/v2/spans', 1)).toBeGreaterThanOrEqual(1);

  // As an SDK would that reads its variables
  const [pod] = (await cluster.list('v1', 'Pod', 'stage')).filter(({ metadata }) => metadata.labels.app === 'client' && !metadata.deletionTimestamp);
  const variables = Object.fromEntries(pod.spec.containers[0].env.map(({ name, value }: Manifest) => [name, value]));
  expect(variables).toMatchObject({ OTEL_SERVICE_NAME: 'client', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel.stage.svc.cluster.local:4318' });
  const span = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'of the program', startTimeUnixNano: '1', endTimeUnixNano: '2' };
  const request = {
    url: `${variables.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  };
  since = Date.now();
  expect((await cluster.send('stage/client', [request]))[0].status).toBe(200);
  expect(await arrived(SPANS, 1)).toBeGreaterThanOrEqual(1);
  // The way is open for those alone that are told
  expect((await cluster.send('stage/stranger', [request]))[0].status).not.toBe(200);
  // The programs of the others are told nothing: their pods are other ones, and to replace these takes longer than to begin anew
  await cluster.reset();
  shown = [];
});

test('with a bare Telemetry, whose way nobody opens, nothing arrives', async () => {
  await applied(() => undefined);
  expect((await cluster.apply([{
    apiVersion: 'telemetry.istio.io/v1',
    kind: 'Telemetry',
    metadata: { name: 'bare', namespace: 'stage' },
    spec: { tracing: [{ providers: [{ name: 'otlp-collector' }], randomSamplingPercentage: 100 }] },
  }])).filter(({ ok }) => !ok)).toEqual([]);
  await cluster.settled();
  expect(await ask()).toBe(200);
  expect(await arrived(SPANS, 0, 7_000)).toBe(0);
  await cluster.delete([{ apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry', metadata: { name: 'bare', namespace: 'stage' } }]);
});

test.each([
  { how: 'OTLP over gRPC', sent: SPANS, tracing: (theirs: ExistingWorkload) => Tracing.otlp(theirs, { port: 'grpc', sampling: ALL, tags: TAGS }) },
  { how: 'OTLP over HTTP', sent: '/v1/traces', tracing: (theirs: ExistingWorkload) => Tracing.otlpHttp(theirs, { port: 'http', sampling: ALL }) },
  { how: 'Zipkin', sent: '/api/v2/spans', tracing: (theirs: ExistingWorkload) => Tracing.zipkin(theirs, { port: 'http-zipkin', sampling: ALL }) },
])('the trace of one request arrives by $how, from the proxies of both sides', async ({ sent, tracing }) => {
  await applied(({ stage, theirs }) => new MeshTelemetry(stage, 'telemetry', { tracing: tracing(theirs) }));

  expect(await ask()).toBe(200);
  expect(await arrived(sent, 2)).toBeGreaterThanOrEqual(2);
});

test('a Telemetry of the root namespace holds for the whole mesh, one of the namespace switches it off, one of a service on again', async () => {
  const telemetry = ({ root, stage, orders, theirs }: Scene, off: boolean, on: boolean) => {
    new MeshTelemetry(root, 'telemetry', { tracing: Tracing.otlp(theirs, { port: 'grpc', sampling: ALL }) });
    if (off) {
      new MeshTelemetry(stage, 'telemetry', { tracing: Tracing.off() });
    }
    if (on) {
      new MeshTelemetry(stage, 'orders-telemetry', { service: orders, tracing: Tracing.otlp(theirs, { port: 'grpc', sampling: ALL }) });
    }
  };
  await applied(scene => telemetry(scene, false, false));
  expect(await ask()).toBe(200);
  expect(await arrived(SPANS, 2)).toBeGreaterThanOrEqual(2);

  await applied(scene => telemetry(scene, true, false));
  expect(await ask()).toBe(200);
  expect(await arrived(SPANS, 0, 7_000)).toBe(0);

  await applied(scene => telemetry(scene, true, true));
  expect(await ask()).toBe(200);
  expect(await arrived(SPANS, 1)).toBeGreaterThanOrEqual(1);
});

describe('the access log', () => {
  const logging = (props: Omit<MeshTelemetryProps, 'tracing'>) => applied(({ stage }) => new MeshTelemetry(stage, 'telemetry', props));
  const FAILING = { 'x-echo-status': '503' };

  test('of errors has a line for an error and none for a good request', async () => {
    await logging({ accessLogs: [AccessLog.errors()] });
    expect(await ask('stage/client', '/orders/good')).toBe(200);
    expect(await ask('stage/client', '/orders/bad', FAILING)).toBe(503);

    for (const pod of ['stage/orders', 'stage/client']) {
      const lines = await loggedWith('/orders/bad', pod);
      expect(lines).toContain('/orders/bad');
      expect(lines).not.toContain('/orders/good');
    }
  });

  test('of errors knows those of gRPC by their status, for every answer is a 200', async () => {
    await logging({ accessLogs: [AccessLog.errors()] });
    const call = async (method: string, headers = {}) => (
      await cluster.send('stage/client', [{ protocol: 'grpc', url: 'grpc.stage:50051', path: `/orders.v1.Orders/${method}`, headers }]))[0].grpcStatus;
    expect(await call('Good')).toBe(0);
    expect(await call('Bad', { 'x-echo-status': '5' })).toBe(5);

    expect(await loggedWith('/orders.v1.Orders/Bad', 'stage/grpc')).toEqual(['/orders.v1.Orders/Bad']);
  });

  test('of slow requests has those alone', async () => {
    await logging({ accessLogs: [AccessLog.slowerThan(Duration.millis(500))] });
    expect(await ask('stage/client', '/orders/fast', FAILING)).toBe(503);
    expect(await ask('stage/client', '/orders/slow', { 'x-echo-delay': '900ms' })).toBe(200);

    expect(new Set(await loggedWith('/orders/slow', 'stage/orders'))).toEqual(new Set(['/orders/slow']));
  });

  test('of refused ones has who asked what he may not, on both sides', async () => {
    await logging({ accessLogs: [AccessLog.refused()] });
    expect(await ask('stage/client', '/orders/bad', FAILING)).toBe(503);
    expect(await ask('stage/client', '/secret')).toBe(403);
    expect(await ask('stage/stranger', '/orders')).not.toBe(200);

    expect(await loggedWith('/secret', 'stage/orders')).toEqual(['/secret']);
    const clustersOf = async () => (await linesOf('stage/stranger')).map(line => line.upstream_cluster);
    expect(await eventually(clustersOf, found => found.includes('BlackHoleCluster'))).toContain('BlackHoleCluster');
  });

  test('of two kinds has what either takes', async () => {
    await logging({ accessLogs: [AccessLog.refused(), AccessLog.slowerThan(Duration.millis(500)), AccessLog.errors()] });
    expect(await ask('stage/client', '/orders/good')).toBe(200);
    expect(await ask('stage/client', '/orders/bad', FAILING)).toBe(503);
    expect(await ask('stage/client', '/orders/slow', { 'x-echo-delay': '900ms' })).toBe(200);

    expect((await loggedWith('/orders/slow', 'stage/orders')).sort()).toEqual(['/orders/bad', '/orders/slow']);
  });

  test('has everything, or nothing', async () => {
    await applied(({ stage, orders }) => {
      new MeshTelemetry(stage, 'telemetry', { accessLogs: [AccessLog.all()], accessLogProvider: AccessLogProvider.json() });
      new MeshTelemetry(stage, 'orders-telemetry', { accessLogs: [AccessLog.none()], service: orders });
    });
    expect(await ask('stage/client', '/orders/good')).toBe(200);

    expect(await loggedWith('/orders/good', 'stage/client')).toContain('/orders/good');
    expect(await logged('stage/orders')).toEqual([]);
  });

  test('goes to a collector by OTLP', async () => {
    await applied(({ stage, theirs }) => new MeshTelemetry(stage, 'telemetry', {
      accessLogs: [AccessLog.errors()], accessLogProvider: AccessLogProvider.otlp(theirs, { port: 'grpc' }),
    }));
    expect(await ask('stage/client', '/orders/good')).toBe(200);
    expect(await arrived(LINES, 0, 4_000)).toBe(0);
    expect(await ask('stage/client', '/orders/bad', FAILING)).toBe(503);
    expect(await arrived(LINES, 2)).toBeGreaterThanOrEqual(2);
    expect(await logged('stage/orders')).toEqual([]);
  });
});

test('the installation of these tests is what ExtensionProviders writes for them', () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-')), 'providers.yaml');
  synthesizeApp((app) => {
    const theirs = collectorOf(app);
    const accessLogs = [AccessLog.all()];
    const say = (name: string, props: MeshTelemetryProps) => new MeshTelemetry(new Chart(app, name, { namespace: name }), 'telemetry', props);
    say('a', { tracing: Tracing.otlp(theirs, { port: 'grpc' }), accessLogs, accessLogProvider: AccessLogProvider.json() });
    say('b', { tracing: Tracing.otlpHttp(theirs, { port: 'http' }), accessLogs, accessLogProvider: AccessLogProvider.text() });
    say('c', { tracing: Tracing.zipkin(theirs, { port: 'http-zipkin' }), accessLogs, accessLogProvider: AccessLogProvider.otlp(theirs, { port: 'grpc' }) });
    const otel = new OpenTelemetryCollector(new Chart(app, 'stage', { namespace: 'stage' }), 'otel', {
      image: 'otel/opentelemetry-collector-contrib:0.161.0', exporters: [CollectorExporter.tempo(theirs, { port: 'grpc' })],
    });
    say('d', { tracing: Tracing.otlp(otel) });
    new ExtensionProviders(app, 'providers', { file });
  });

  expect(parse(fs.readFileSync(file, 'utf8'))).toEqual({ meshConfig: { extensionProviders: TELEMETRY_PROVIDERS } });
});
