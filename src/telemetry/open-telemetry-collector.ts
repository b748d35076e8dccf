import { ApiObject, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { AccessLog } from './access-log';
import { collectorConfig, CollectorParts, HEALTH_PORT, signalsOf } from './collector-config';
import { PROMETHEUS_PORT } from './collector-exporter';
import { CollectorMode } from './collector-mode';
import { CollectorReceiver } from './collector-receiver';
import { OpenTelemetryCollectorProps } from './open-telemetry-collector-props';
import { BUILT_IN } from './provider';
import { checked } from '../diagnostics/checked';
import { checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { telemetry } from '../manifests/istio-telemetry';
import { MeshService } from '../mesh/mesh-service';
import { MeshServiceProps } from '../mesh/mesh-service-props';
import { Configuration } from '../workload/configuration';
import { ConfigurationFile } from '../workload/configuration-file';
import { objectLabels } from '../workload/labels';
import { mebibytes } from '../workload/resources';

const FOLDER = '/etc/otelcol';

/**
 * A collector of OpenTelemetry: it takes spans, metrics and lines from proxies and programs, and sends them on.
 *
 * It is a `MeshService`, with all that becomes of one, and an identity of its own. Its configuration follows from what it is given: a pipeline for
 * each signal that has a receiver and an exporter, behind a bound of its memory. What it exports to are its calls: the network, the server's policy and its own
 * proxy let them through, and nothing else. `Tracing`, `AccessLogProvider` and `ProgramTelemetry` find the port that they need by themselves.
 *
 * Of the collector itself nobody is told: its proxy sends no spans, and logs errors to its own output alone. Otherwise each span would bring forth another.
 *
 * Throws what `MeshService` throws, `EmptyList`, `DuplicateName`, `IneffectiveTelemetry`, `InvalidReplicas` and the errors of the values it is given.
 *
 * @see https://opentelemetry.io/docs/collector/
 *
 * @example
 * const tempo = new ExistingWorkload(app, 'tempo', { namespace: 'observability', podLabels: { app: 'tempo' }, ports: [MeshPort.grpc(4317)], inMesh: false });
 * const collector = new OpenTelemetryCollector(chart, 'otel', {
 *   image: 'otel/opentelemetry-collector-contrib:0.161.0',
 *   exporters: [CollectorExporter.tempo(tempo), CollectorExporter.prometheus()],
 * });
 * new MeshTelemetry(chart, 'telemetry', {
 *   tracing: Tracing.otlp(collector, { sampling: Percent.of(5) }),
 *   programs: ProgramTelemetry.otlp(collector),
 * });
 */
@checked
export class OpenTelemetryCollector extends MeshService {
  constructor(scope: Construct, id: string, props: OpenTelemetryCollectorProps) {
    const mode = props.mode ?? CollectorMode.gateway();
    const parts = partsOf(scope, id, props, mode);
    super(scope, id, serviceProps(props, mode, parts));
    const graph = MeshGraph.of(this);
    graph.collectors.add(this._member.client);
    this._destination.telemetry = {
      ports: Object.fromEntries(parts.receivers.flatMap(({ _listeners }) => _listeners).map(({ protocol, port }) => [protocol, port().name])),
      signals: signalsOf(parts),
    };
    if (mode._ofNode) {
      // istio/istio pilot/pkg/xds/endpoints/endpoint_builder.go: NodeLocal
      ApiObject.of(this.service).addJsonPatch(JsonPatch.add('/spec/internalTrafficPolicy', 'Local'));
    }
    parts.exporters.forEach(({ call }) => call && this.calls(call.server, call.options));
    this.silenceProxy(graph);
  }

  /** A span of what brings spans would bring another one. */
  private silenceProxy(graph: MeshGraph): void {
    const { name, namespace } = this;
    const site = Site.of(this, 'name');
    graph.claim(site, ['Telemetry', 'Telemetry for'], namespace, name, this.node.path);
    telemetry(this, 'telemetry', { name, labels: objectLabels(name) }, {
      selector: { matchLabels: this._member.selected },
      tracing: [{ disableSpanReporting: true }],
      accessLogging: [{ providers: [{ name: BUILT_IN }], ...AccessLog._toManifest(site, [AccessLog.errors()]) }],
    });
  }
}

/** What it is made of; it is known before the service is, which is made from it. */
function partsOf(scope: Construct, id: string, props: OpenTelemetryCollectorProps, mode: CollectorMode): CollectorParts {
  const at = (property: string) => Site.named([scope.node.path, id].filter(Boolean).join('/'), property);
  const receivers = props.receivers ?? [CollectorReceiver.otlp()];
  if (receivers.length === 0) {
    at('receivers').fail('EmptyList', 'must not be empty', receivers, 'Leave it out for CollectorReceiver.otlp().');
  }
  if (props.exporters.length === 0) {
    at('exporters').fail('EmptyList', 'must not be empty', props.exporters, 'Say where it goes: CollectorExporter.tempo(tempo).');
  }
  checkUnique(at('receivers'), receivers.map(({ _type }) => _type), 'DuplicateName', 'Name each receiver once.');
  const variables = (props.configuration ?? []).flatMap(({ _variableNames }) => _variableNames);
  const exporters = props.exporters.map((exporter, index) => exporter._bind(at('exporters').at(index), scope, variables));
  checkUnique(at('exporters'), exporters.map(({ id: name }) => name), 'DuplicateName', 'Give one of them a name of its own: CollectorExporter.otlp(tempo, { name: \'tempo-eu\' }).');
  const parts = { receivers, exporters, tailSampling: tailSampling(at, props, mode) };
  const signals = signalsOf(parts);
  receivers.forEach((receiver, index) => {
    if (!receiver._signals.some(signal => signals.includes(signal))) {
      at('receivers').at(index).fail('IneffectiveTelemetry', 'must have an exporter for what it receives', receiver._signals, 'Add one, or leave the receiver out.');
    }
  });
  exporters.forEach((exporter, index) => {
    const lost = exporter.signals.find(signal => !receivers.some(({ _signals }) => (_signals as string[]).includes(signal)));
    if (lost !== undefined) {
      at('exporters').at(index).fail('IneffectiveTelemetry', 'must export what a receiver brings', lost, 'Add CollectorReceiver.otlp(), or say in signals what is sent there.');
    }
  });
  if (parts.tailSampling && !signals.some(signal => signal === 'traces')) {
    at('tailSampling').fail('IneffectiveTelemetry', 'has no effect without an exporter for spans', signals, 'Leave it out, or add an exporter for them: CollectorExporter.tempo(tempo).');
  }
  return parts;
}

function tailSampling(
  at: (property: string) => Site, { tailSampling: policies }: OpenTelemetryCollectorProps, mode: CollectorMode,
): object[] | undefined {
  if (!policies) {
    return undefined;
  }
  if (policies.length === 0) {
    at('tailSampling').fail('EmptyList', 'must not be empty', policies, 'Leave it out, and all traces are kept.');
  }
  checkUnique(at('tailSampling'), policies.map(({ _name }) => _name), 'IneffectiveTelemetry', 'Keep one rule of a kind: a trace is kept that any of them takes.');
  if (mode._ofNode || mode._size.autoscaling || mode._size.replicas !== 1) {
    at('tailSampling').fail('InvalidReplicas', 'needs a single pod, to which every span of a trace comes', mode._ofNode ? 'agent' : mode._size.replicas,
      'Write mode: CollectorMode.gateway({ replicas: 1 }); agents may send to it.');
  }
  return policies.map((policy, index) => policy._toConfig(at('tailSampling').at(index)));
}

function serviceProps(props: OpenTelemetryCollectorProps, mode: CollectorMode, parts: CollectorParts): MeshServiceProps {
  const { image, name, scheduling, priorityClassName, imagePullSecrets, resources = {}, configuration = [] } = props;
  const memory = { request: resources.memory?.request ?? Size.mebibytes(256), limit: resources.memory?.limit ?? Size.mebibytes(512) };
  const scraped = parts.exporters.some(({ id }) => id === 'prometheus');
  return {
    image,
    name,
    kind: mode._kind,
    ...mode._size,
    ports: parts.receivers.flatMap(({ _listeners }) => _listeners.map(({ port }) => port())),
    args: [`--config=${FOLDER}/config.yaml`],
    configuration: [Configuration.files(FOLDER, { 'config.yaml': ConfigurationFile.yaml(collectorConfig(parts)) }), ...configuration],
    // What the memory's bound looks at: https://github.com/open-telemetry/opentelemetry-collector/tree/main/processor/memorylimiterprocessor
    env: { GOMEMLIMIT: kplus.EnvValue.fromValue(`${Math.floor(mebibytes(memory.limit) * 0.8)}MiB`) },
    resources: { ...resources, memory },
    readiness: kplus.Probe.fromHttpGet('/', { port: HEALTH_PORT }),
    podAnnotations: scraped
      ? { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(PROMETHEUS_PORT), 'prometheus.io/path': '/metrics' } : undefined,
    scheduling,
    priorityClassName,
    imagePullSecrets,
  };
}
