import { Duration } from 'cdk8s';
import {
  AccessLog, AccessLogProvider, CollectorExporter, CollectorMode, CollectorReceiver, ExistingWorkload, MeshPort, MeshTelemetry,
  MeshTelemetryProps, OpenTelemetryCollector, OpenTelemetryCollectorProps, OtlpExporterOptions, Percent, ProgramTelemetry, TailSampling,
  TelemetrySignal, Tracing,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

function backend(world: World, ports: MeshPort[] = [MeshPort.grpc(4317)], id = 'tempo'): ExistingWorkload {
  return new ExistingWorkload(world.app, id, { namespace: 'observability', podLabels: { app: id }, ports, inMesh: false });
}

function collector(world: World, props: Partial<OpenTelemetryCollectorProps> = {}): OpenTelemetryCollector {
  return new OpenTelemetryCollector(world.shop, 'otel', {
    image: 'otel/opentelemetry-collector-contrib:0.161.0', exporters: props.exporters ?? [CollectorExporter.tempo(backend(world))], ...props,
  });
}

const ONE = CollectorMode.gateway({ replicas: 1 });

export const wrongCollectors: WrongInput[] = [
  made('a collector that sends nowhere', () => ({ exporters: [] }), 'EmptyList', 'exporters', '[]', 'CollectorExporter.tempo(tempo)'),
  made('a collector that receives nothing', () => ({ receivers: [] }), 'EmptyList', 'receivers', '[]', 'CollectorReceiver.otlp()'),
  made('a receiver twice', () => ({ receivers: [CollectorReceiver.otlp(), CollectorReceiver.otlp()] }), 'DuplicateName', 'receivers[1]', '"otlp"', 'once'),
  made('an exporter twice', (world) => {
    const tempo = backend(world);
    return { exporters: [CollectorExporter.tempo(tempo), CollectorExporter.jaeger(tempo)] };
  }, 'DuplicateName', 'exporters[1]', '"otlp_grpc/tempo"', 'a name of its own'),
  made('one server for two exporters', (world) => {
    const tempo = backend(world);
    return { exporters: [CollectorExporter.tempo(tempo), CollectorExporter.tempo(tempo, { name: 'again' })] };
  }, 'DuplicateCall', 'calls(tempo)', '"* *"', 'Join both'),
  made('spans that are received and go nowhere', () => ({
    receivers: [CollectorReceiver.otlp(), CollectorReceiver.zipkin()], exporters: [CollectorExporter.prometheus()],
  }), 'IneffectiveTelemetry', 'receivers[1]', '["traces"]', 'leave the receiver out'),
  made('metrics that nobody brings', () => ({ receivers: [CollectorReceiver.zipkin()], exporters: [CollectorExporter.prometheus()] }),
    'IneffectiveTelemetry', 'receivers[0]', '["traces"]', 'leave the receiver out'),
  made('lines that nobody brings', world => ({
    receivers: [CollectorReceiver.zipkin()], exporters: [CollectorExporter.otlp(backend(world))],
  }), 'IneffectiveTelemetry', 'exporters[0]', '"metrics"', 'CollectorReceiver.otlp()'),
  made('a collector of any version', () => ({ image: 'otel/opentelemetry-collector-contrib' }), 'UnpinnedImage', 'image', '"otel/opentelemetry-collector-contrib"', 'tag'),
  made('rules of no kind for traces', () => ({ tailSampling: [], mode: ONE }), 'EmptyList', 'tailSampling', '[]', 'Leave it out'),
  made('a rule for traces twice', () => ({ tailSampling: [TailSampling.errors(), TailSampling.errors()], mode: ONE }),
    'IneffectiveTelemetry', 'tailSampling[1]', '"errors"', 'one rule of a kind'),
  made('traces that come to several pods', () => ({ tailSampling: [TailSampling.errors()] }), 'InvalidReplicas', 'tailSampling', 'undefined', 'replicas: 1'),
  made('traces that come to agents', () => ({ tailSampling: [TailSampling.errors()], mode: CollectorMode.agent() }), 'InvalidReplicas', 'tailSampling', '"agent"', 'may send to it'),
  made('traces slower than nothing', () => ({ tailSampling: [TailSampling.slowerThan(Duration.millis(0))], mode: ONE }), 'InvalidDuration', 'tailSampling[0]', '"0ms"', 'positive value'),
  made('a share of no traces', () => ({ tailSampling: [TailSampling.share(Percent.of(0))], mode: ONE }), 'InvalidPercent', 'tailSampling[0]', '0', 'Leave it out'),
  made('a choice of traces where there are none', () => ({
    tailSampling: [TailSampling.errors()], mode: ONE, exporters: [CollectorExporter.prometheus()],
  }), 'IneffectiveTelemetry', 'tailSampling', '["metrics"]', 'exporter for them'),
  made('agents on no node', () => ({ mode: CollectorMode.agent({ nodes: 0 }) }), 'InvalidReplicas', 'kind.nodes', '0', 'how many nodes'),
  sent('no signals for an exporter', { signals: [] }, 'EmptyList', 'signals', '[]', 'leave the exporter out'),
  sent('a signal twice for an exporter', { signals: [TelemetrySignal.LOGS, TelemetrySignal.LOGS] }, 'IneffectiveTelemetry', 'signals[1]', '"logs"', 'once'),
  sent('an exporter in capitals', { name: 'Tempo' }, 'InvalidName', 'name', '"Tempo"', 'lower case'),
  sent('an exporter\'s header with a colon', { headers: { 'x:y': '1' } }, 'InvalidHeader', 'headers', '"x:y"', 'authorization'),
  sent('an exporter\'s header that says nothing', { headers: { authorization: '' } }, 'UnsetValue', 'headers.authorization', '""', '${env:TOKEN}'),
  sent('an exporter\'s header of a variable that nobody sets', { headers: { authorization: 'Bearer ${env:TOKEN}' } },
    'InvalidVariable', 'headers.authorization', '"Bearer ${env:TOKEN}"', 'Configuration.secret'),
  sent('an exporter\'s header with a bare dollar', { headers: { authorization: 'a$b' } }, 'InvalidVariable', 'headers.authorization', '"a$b"', '$$'),
  made('spans of OTLP to a port of TCP', world => ({ exporters: [CollectorExporter.otlp(backend(world, [MeshPort.tcp(4317)]))] }),
    'InvalidPort', 'exporters[0].port', '"tcp"', 'MeshPort.grpc(4317)'),
  made('spans of Zipkin to a port of gRPC', world => ({ exporters: [CollectorExporter.zipkin(backend(world))] }), 'InvalidPort', 'exporters[0].port', '"grpc"', 'MeshPort.http(9411)'),
  used('spans of Zipkin to a collector that does not receive them', otel => ({ tracing: Tracing.zipkin(otel) }), 'UnknownPort', 'tracing.port', '["otlp","otlp-http"]', 'CollectorReceiver.zipkin()'),
  used('lines to a collector that passes on spans', otel => ({ accessLogs: [AccessLog.all()], accessLogProvider: AccessLogProvider.otlp(otel) }),
    'IneffectiveTelemetry', 'accessLogProvider', '["traces"]', 'an exporter for them'),
  used('metrics of programs to a collector that passes on spans', otel => ({ programs: ProgramTelemetry.otlp(otel, { signals: [TelemetrySignal.METRICS] }) }),
    'IneffectiveTelemetry', 'programs.signals[0]', '"metrics"', 'an exporter for metrics'),
  used('the telemetry of a collector', otel => ({ tracing: Tracing.off(), service: otel }), 'DuplicateName', 'service', '"otel"', 'another name'),
  {
    mistake: 'lines to a gateway of spans',
    make: (world) => {
      const gateway = collector(world);
      new OpenTelemetryCollector(world.shop, 'agent', {
        image: 'otel:1', mode: CollectorMode.agent(), exporters: [CollectorExporter.otlp(gateway, { signals: [TelemetrySignal.LOGS] })],
      });
    },
    code: 'IneffectiveTelemetry',
    path: 'shop/agent',
    property: 'exporters[0].signals',
    received: '"logs"',
    fix: ['no exporter for logs'],
  },
];

function made(
  mistake: string, props: (world: World) => Partial<OpenTelemetryCollectorProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return { mistake, make: world => collector(world, props(world)), code, path: 'shop/otel', property, received, fix: [fix] };
}

function sent(mistake: string, options: OtlpExporterOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return made(mistake, world => ({ exporters: [CollectorExporter.otlp(backend(world), options)] }), code, `exporters[0].${property}`, received, fix);
}

function used(
  mistake: string, props: (otel: OpenTelemetryCollector) => MeshTelemetryProps, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: world => new MeshTelemetry(world.shop, 'telemetry', props(collector(world))),
    code,
    path: 'shop/telemetry',
    property,
    received,
    fix: [fix],
  };
}
