import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Chart, Duration } from 'cdk8s';
import {
  CollectorExporter, CollectorMode, CollectorReceiver, Configuration, ExistingWorkload, ExternalService, MeshMetric, MeshPort, MeshTelemetry,
  MetricTag, OpenTelemetryCollector, OpenTelemetryCollectorProps, Percent, ProxyMetrics, TailSampling, TelemetrySignal,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { BIN } from '../../cluster/machine/container';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { service } from '../support/stage';

interface Backends {
  readonly tempo: ExistingWorkload;
  readonly zipkin: ExistingWorkload;
  readonly loki: ExistingWorkload;
  readonly vendor: ExternalService;
}

/** What the collector's own `validate` has against the configuration of a collector, in the environment that its pod has: nothing, or its words. */
function complaint(props: (backends: Backends) => Partial<OpenTelemetryCollectorProps>, break_ = (config: string) => config): string {
  const objects = synthesizeApp((app) => {
    const chart = new Chart(app, 'observability', { namespace: 'observability' });
    const backend = (id: string, port: MeshPort) => new ExistingWorkload(app, id, { namespace: 'backends', podLabels: { app: id }, ports: [port], inMesh: false });
    const backends = {
      tempo: backend('tempo', MeshPort.grpc(4317)),
      zipkin: backend('zipkin', MeshPort.http(9411)),
      loki: backend('loki', MeshPort.http(4318)),
      vendor: new ExternalService(chart, 'vendor', { host: 'otlp.example.com', ports: [MeshPort.tls(443)] }),
    };
    new OpenTelemetryCollector(chart, 'otel', {
      image: 'otel/opentelemetry-collector-contrib:0.161.0', exporters: [CollectorExporter.otlp(backends.tempo)], ...props(backends),
    });
  });
  const of = (kinds: string[]) => objects.filter(({ kind }) => kinds.includes(kind));
  const [map] = of(['ConfigMap']);
  const [controller] = of(['Deployment', 'DaemonSet']);
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-otelcol-')), 'config.yaml');
  fs.writeFileSync(file, break_(map.data['config.yaml']));
  const env = Object.fromEntries(controller.spec.template.spec.containers[0].env.map(({ name, value }: Manifest) => [name, value ?? 'secret']));
  try {
    execFileSync(`${BIN}/otelcol`, ['validate', `--config=${file}`], { env, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { stderr: string }).stderr);
  }
}

test.each<[string, (backends: Backends) => Partial<OpenTelemetryCollectorProps>]>([
  ['as little as there can be', () => ({})],
  ['an agent', () => ({ mode: CollectorMode.agent() })],
  ['all receivers and exporters', ({ tempo, zipkin, loki }) => ({
    receivers: [CollectorReceiver.otlp(), CollectorReceiver.zipkin()],
    exporters: [
      CollectorExporter.jaeger(tempo), CollectorExporter.zipkin(zipkin), CollectorExporter.otlpHttp(loki, { signals: [TelemetrySignal.LOGS] }),
      CollectorExporter.prometheus(),
    ],
  })],
  ['a choice of traces', ({ tempo }) => ({
    mode: CollectorMode.gateway({ replicas: 1 }),
    exporters: [CollectorExporter.tempo(tempo)],
    tailSampling: [TailSampling.errors(), TailSampling.slowerThan(Duration.seconds(1)), TailSampling.share(Percent.of(2.5))],
  })],
  ['a vendor in TLS, with a token', ({ vendor }) => ({
    configuration: [Configuration.secret('vendor', { variables: { TOKEN: 'token' } })],
    exporters: [CollectorExporter.otlp(vendor, { headers: { 'authorization': 'Bearer ${env:TOKEN}', 'x-price': '5$$' } })],
  })],
])('the collector\'s own validate takes %s', (_, props) => {
  expect(complaint(props)).toBe('');
});

test('and would say so if it did not', () => {
  expect(complaint(() => ({}), config => config.replace('limit_percentage: 80', 'limit_percentage: 180'))).toContain('memory_limiter');
  expect(complaint(() => ({}), config => config.replace('receivers:\n        - otlp', 'receivers:\n        - zipkin'))).toContain('zipkin');
});

describe('the tags of metrics', () => {
  let cluster: ConnectedCluster;
  let telemetry: Manifest;

  beforeAll(async () => {
    cluster = await connect();
    await cluster.reset();
    const objects = synthesizeApp((app) => {
      const stage = new Chart(app, 'stage', { namespace: 'stage' });
      const orders = service(stage, 'orders');
      service(stage, 'client').calls(orders, { paths: ['/orders/*', '/orders/{*}/items', '/health', '*.html', '/files/{**}', '/it\'s'] });
      new MeshTelemetry(stage, 'orders-telemetry', {
        service: orders,
        metrics: ProxyMetrics.of({
          tags: { operation: MetricTag.operation(), tier: MetricTag.header('X-Tier', ['gold', 'sil"ver']), team: MetricTag.literal('shop'), request_protocol: MetricTag.removed() },
          disabled: [MeshMetric.REQUEST_SIZE],
        }),
      });
    });
    [telemetry] = objects.filter(({ kind }) => kind === 'Telemetry');
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stage' } }]);
  });

  afterAll(() => cluster.disconnect());

  test('are accepted by the API server and istiod\'s webhook', async () => {
    const applied = await cluster.apply([telemetry]);
    expect(applied.filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
    const wrong = structuredClone(telemetry);
    delete wrong.spec.metrics[0].overrides.find(({ tagOverrides }: Manifest) => tagOverrides?.operation).tagOverrides.operation.value;
    expect((await cluster.apply([wrong])).map(({ error }) => error).join()).toContain('must be set when operation is UPSERT');
  });

  /** By the API server, which has an evaluator of CEL: what a policy compares, in the place of the request's attributes, are the data of a ConfigMap. */
  test('are what they say of each request, evaluated', async () => {
    const { overrides } = telemetry.spec.metrics[0];
    const expression = (tag: string) => overrides.find(({ tagOverrides }: Manifest) => tagOverrides?.[tag]).tagOverrides[tag].value
      .replaceAll('request.url_path', 'object.data.path').replaceAll('request.headers', 'object.data');
    const name = 'metric-tags.cdk8s-mesh.test';
    expect((await cluster.apply([
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }] },
          matchConditions: [{ name: 'ours', expression: 'has(object.data) && "path" in object.data' }],
          validations: ['operation', 'tier'].map(tag => ({ expression: `object.data.${tag} == (${expression(tag)})` })),
        },
      },
      { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } },
    ])).filter(({ ok }) => !ok)).toEqual([]);
    const holds = async (data: { [key: string]: string }) => (await cluster.apply(
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'request', namespace: 'stage' }, data }], { dryRun: true }))[0].ok;
    try {
      // The policy is in force a moment after it was applied
      expect(await eventually(() => holds({ path: '/', operation: 'wrong', tier: 'none' }), held => !held)).toBe(false);
      const operations = {
        '/health': '/health',
        '/healthy': 'other',
        '/orders/1': '/orders/*',
        '/orders/1/items': '/orders/{*}/items',
        '/orders/1/2/items': '/orders/*',
        '/orders': 'other',
        '/a/b.html': '*.html',
        '/files/a/b': '/files/{**}',
        '/it\'s': '/it\'s',
        '/': 'other',
      };
      for (const [path_, operation] of Object.entries(operations)) {
        expect([path_, operation, await holds({ path: path_, operation, tier: 'none' })]).toEqual([path_, operation, true]);
        expect([path_, await holds({ path: path_, operation: `${operation}x`, tier: 'none' })]).toEqual([path_, false]);
      }
      for (const [given, tier] of [['gold', 'gold'], ['sil"ver', 'sil"ver'], ['bronze', 'other']]) {
        expect([given, await holds({ 'path': '/', 'operation': 'other', 'x-tier': given, tier })]).toEqual([given, true]);
      }
    } finally {
      await cluster.delete(['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy'].map(kind => ({
        apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name },
      })));
    }
  });
});
