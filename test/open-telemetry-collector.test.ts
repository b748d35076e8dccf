import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import {
  AccessLog, AccessLogProvider, CollectorExporter, CollectorMode, CollectorReceiver, Configuration, ExistingWorkload, ExternalService, MeshPort,
  MeshTelemetry, OpenTelemetryCollector, OpenTelemetryCollectorProps, Percent, ProgramTelemetry, TailSampling, TelemetrySignal, Tracing,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

function backend(world: World, id: string, port = MeshPort.grpc(4317)): ExistingWorkload {
  return new ExistingWorkload(world.app, id, { namespace: 'observability', podLabels: { app: id }, ports: [port], inMesh: false });
}

function collector(world: World, props: Partial<OpenTelemetryCollectorProps> = {}, id = 'otel'): OpenTelemetryCollector {
  const exporters = props.exporters ?? [CollectorExporter.tempo(backend(world, 'tempo'))];
  return new OpenTelemetryCollector(world.shop, id, { image: 'otel/opentelemetry-collector-contrib:0.161.0', ...props, exporters });
}

function configOf(manifests: Manifest[], name = 'otel'): any {
  const [map] = manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith(`${name}-config`));
  return parse(map.data['config.yaml']);
}

test('a pipeline of each signal that has a receiver and an exporter, the bound of memory first', () => {
  const world = new World();
  collector(world, {
    receivers: [CollectorReceiver.otlp(), CollectorReceiver.zipkin()],
    exporters: [
      CollectorExporter.tempo(backend(world, 'tempo')),
      CollectorExporter.zipkin(backend(world, 'zipkin', MeshPort.http(9411))),
      CollectorExporter.otlpHttp(backend(world, 'loki', MeshPort.http(4318)), { signals: [TelemetrySignal.LOGS] }),
      CollectorExporter.prometheus(),
    ],
    tailSampling: [TailSampling.errors(), TailSampling.slowerThan(Duration.millis(1500)), TailSampling.share(Percent.of(2.5))],
    mode: CollectorMode.gateway({ replicas: 1 }),
  });
  const manifests = synthesize(world.shop);

  expect(configOf(manifests)).toEqual({
    receivers: { otlp: { protocols: { grpc: { endpoint: ':4317' }, http: { endpoint: ':4318' } } }, zipkin: { endpoint: ':9411' } },
    processors: {
      memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 25 },
      tail_sampling: {
        decision_wait: '10s',
        policies: [
          { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
          { name: 'slow', type: 'latency', latency: { threshold_ms: 1500 } },
          { name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: 2.5 } },
        ],
      },
      batch: {},
    },
    exporters: {
      'otlp_grpc/tempo': { endpoint: '${env:OTLP_GRPC_TEMPO_ADDRESS}', tls: { insecure: true } },
      'zipkin/zipkin': { endpoint: 'http://${env:ZIPKIN_ZIPKIN_ADDRESS}/api/v2/spans' },
      'otlp_http/loki': { endpoint: 'http://${env:OTLP_HTTP_LOKI_ADDRESS}' },
      'prometheus': { endpoint: 'localhost:8889' },
    },
    extensions: { health_check: { endpoint: ':13133' } },
    service: {
      extensions: ['health_check'],
      pipelines: {
        traces: { receivers: ['otlp', 'zipkin'], processors: ['memory_limiter', 'tail_sampling', 'batch'], exporters: ['otlp_grpc/tempo', 'zipkin/zipkin'] },
        metrics: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['prometheus'] },
        logs: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['otlp_http/loki'] },
      },
    },
  });
  const { spec: { template: { metadata, spec } } } = find(manifests, 'Deployment', 'otel');
  expect(Object.fromEntries(spec.containers[0].env.map(({ name, value }: any) => [name, value]))).toEqual({
    GOMEMLIMIT: '409MiB',
    OTLP_GRPC_TEMPO_ADDRESS: 'tempo.observability.svc.cluster.local:4317',
    OTLP_HTTP_LOKI_ADDRESS: 'loki.observability.svc.cluster.local:4318',
    ZIPKIN_ZIPKIN_ADDRESS: 'zipkin.observability.svc.cluster.local:9411',
  });
  expect(metadata.annotations).toMatchObject({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8889', 'prometheus.io/path': '/metrics' });
  expect(spec.containers[0].args).toEqual(['--config=/etc/otelcol/config.yaml']);
});

test('it calls what it exports to and nothing else, and is hardened as any service', () => {
  const world = new World();
  collector(world);
  const manifests = synthesize(world.shop);
  const { egress } = find(manifests, 'NetworkPolicy', 'otel').spec;

  expect(egress[0]).toEqual({
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'observability' } }, podSelector: { matchLabels: { app: 'tempo' } } }],
    ports: [{ port: 4317, protocol: 'TCP' }],
  });
  expect(find(manifests, 'Sidecar', 'otel').spec.egress[0].hosts).toContain('./tempo.observability.svc.cluster.local');
  expect(find(manifests, 'AuthorizationPolicy', 'otel').spec.rules ?? []).toEqual([]);
  expect(find(manifests, 'Deployment', 'otel').spec.template.spec.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true, runAsNonRoot: true });
});

test('proxies and programs find the port that they need, and are let in; of the collector itself nobody is told', () => {
  const world = new World();
  world.service('orders');
  const otel = collector(world, { exporters: [CollectorExporter.otlp(backend(world, 'tempo'))], receivers: [CollectorReceiver.otlp(), CollectorReceiver.zipkin()] });
  new MeshTelemetry(world.shop, 'telemetry', {
    tracing: Tracing.zipkin(otel),
    accessLogs: [AccessLog.all()],
    accessLogProvider: AccessLogProvider.otlp(otel),
    programs: ProgramTelemetry.otlpHttp(otel),
  });
  const manifests = synthesize(world.shop);
  const [{ env }] = find(manifests, 'Deployment', 'orders').spec.template.spec.containers;

  expect(env.find(({ name }: any) => name === 'OTEL_EXPORTER_OTLP_ENDPOINT').value).toBe('http://otel.shop.svc.cluster.local:4318');
  const { rules } = find(manifests, 'AuthorizationPolicy', 'otel').spec;
  expect(rules.map(({ from, to }: any) => [from[0].source.principals, to[0].operation.ports])).toEqual([
    [['cluster.local/ns/shop/sa/orders'], ['4317']], [['cluster.local/ns/shop/sa/orders'], ['4318']], [['cluster.local/ns/shop/sa/orders'], ['9411']],
  ]);
  expect(find(manifests, 'Deployment', 'otel').spec.template.spec.containers[0].env.map(({ name }: any) => name)).toEqual(['OTLP_GRPC_TEMPO_ADDRESS', 'GOMEMLIMIT']);
  expect(find(manifests, 'Telemetry', 'otel').spec).toMatchObject({
    selector: { matchLabels: { 'service.istio.io/canonical-name': 'otel' } }, tracing: [{ disableSpanReporting: true }], accessLogging: [{ providers: [{ name: 'envoy' }] }],
  });
});

test('programs are told to send what the collector passes on', () => {
  const world = new World();
  world.service('orders');
  new MeshTelemetry(world.shop, 'telemetry', { programs: ProgramTelemetry.otlp(collector(world)) });
  const [{ env }] = find(synthesize(world.shop), 'Deployment', 'orders').spec.template.spec.containers;

  expect(env.filter(({ name }: any) => name.endsWith('_EXPORTER')).map(({ name, value }: any) => `${name}=${value}`)).toEqual(
    ['OTEL_TRACES_EXPORTER=otlp', 'OTEL_METRICS_EXPORTER=none', 'OTEL_LOGS_EXPORTER=none']);
});

test('agents stand on every node, are asked there alone, and send to a gateway', () => {
  const world = new World();
  const gateway = collector(world, {}, 'gateway');
  collector(world, { mode: CollectorMode.agent({ nodes: 5 }), exporters: [CollectorExporter.otlp(gateway)] }, 'agent');
  const manifests = synthesize(world.shop);

  expect(find(manifests, 'DaemonSet', 'agent').kind).toBe('DaemonSet');
  expect(find(manifests, 'Service', 'agent').spec.internalTrafficPolicy).toBe('Local');
  expect(find(manifests, 'Service', 'gateway').spec.internalTrafficPolicy).toBeUndefined();
  expect(configOf(manifests, 'agent').exporters).toEqual({ 'otlp_grpc/gateway': { endpoint: '${env:OTLP_GRPC_GATEWAY_ADDRESS}', tls: { insecure: true } } });
  expect(Object.keys(configOf(manifests, 'agent').service.pipelines)).toEqual(['traces']);
  expect(find(manifests, 'AuthorizationPolicy', 'gateway').spec.rules.map(({ from }: any) => from[0].source.principals)).toEqual([['cluster.local/ns/shop/sa/agent']]);
});

test('a vendor is spoken to in TLS, with a header whose secret is nowhere in the output', () => {
  const world = new World();
  const vendor = new ExternalService(world.shop, 'vendor', { host: 'otlp.example.com', ports: [MeshPort.tls(443)] });
  collector(world, {
    configuration: [Configuration.secret('vendor', { variables: { TOKEN: 'token' } })],
    exporters: [CollectorExporter.otlp(vendor, { headers: { authorization: 'Bearer ${env:TOKEN}' }, signals: [TelemetrySignal.TRACES] })],
  });
  const manifests = synthesize(world.shop);

  expect(configOf(manifests).exporters).toEqual({
    'otlp_grpc/vendor': { endpoint: '${env:OTLP_GRPC_VENDOR_ADDRESS}', tls: { insecure: false }, headers: { authorization: 'Bearer ${env:TOKEN}' } },
  });
  const { env } = find(manifests, 'Deployment', 'otel').spec.template.spec.containers[0];
  expect(env.find(({ name }: any) => name === 'TOKEN').valueFrom).toEqual({ secretKeyRef: { name: 'vendor', key: 'token' } });
});
