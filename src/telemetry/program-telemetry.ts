import { IConstruct } from 'constructs';
import { serverOf } from './provider';
import { TelemetrySignal } from './telemetry-signal';
import { checked } from '../diagnostics/checked';
import { checkSet, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { compare, Member } from '../graph/call';
import { MeshDestination } from '../graph/mesh-destination';
import { ProgramSettings } from '../graph/program-scopes';
import { MeshWorkload } from '../mesh/mesh-workload';
import { Percent } from '../traffic/percent';
import { DERIVED_ATTRIBUTES } from '../workload/program-variables';

/**
 * Options for `ProgramTelemetry.identity`.
 */
export interface ProgramIdentityOptions {
  /**
   * Attributes of the resource, beside those that follow from the pod: `{ 'deployment.environment.name': 'production' }`.
   *
   * OpenTelemetry: `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * @see https://opentelemetry.io/docs/specs/semconv/resource/
   *
   * @default - none
   */
  readonly attributes?: { [name: string]: string };

  /**
   * The share of those traces that begin in the program. What comes with a trace's headers has been decided.
   *
   * OpenTelemetry: `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`.
   *
   * @default - as the program says: the libraries' own is all of them
   */
  readonly sampling?: Percent;
}

/**
 * Options for `ProgramTelemetry.otlp` and `ProgramTelemetry.otlpHttp`.
 */
export interface ProgramTelemetryOptions extends ProgramIdentityOptions {
  /**
   * The name of the server's port.
   *
   * @default - that of an `OpenTelemetryCollector` for it, or the server's only port; another server with several needs it
   */
  readonly port?: string;

  /**
   * What the programs send. The others they are told to keep to themselves.
   *
   * OpenTelemetry: `OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`, `OTEL_LOGS_EXPORTER`.
   *
   * @default - what an `OpenTelemetryCollector` passes on; for another server, all three
   */
  readonly signals?: TelemetrySignal[];
}

/** How the way to the server is spoken on. */
const SPEAKS = {
  'grpc': { id: 'otlp', grpc: true, fix: 'Declare the port as MeshPort.grpc(4317) if it is one of OTLP over gRPC, or use ProgramTelemetry.otlpHttp().' },
  'http/protobuf': { id: 'otlp-http', grpc: false, fix: 'Declare the port as MeshPort.http(4318) if it is one of OTLP over HTTP, or use ProgramTelemetry.otlp().' },
} as const;

/**
 * What the programs are told of telemetry, in the variables that every SDK of OpenTelemetry reads: who they are, and where spans, metrics and lines go.
 *
 * | variable | says |
 * | --- | --- |
 * | `OTEL_SERVICE_NAME` | the name of the service |
 * | `OTEL_RESOURCE_ATTRIBUTES` | `service.namespace`, `service.version` (the label `version`, as in the proxies' metrics: a release's pods bear their own), `service.instance.id`, and `k8s.*` of namespace, controller, container, pod and node |
 * | `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_PROTOCOL` | the server: by plain `http://`, which the proxies encrypt |
 *
 * They are set in the program's own container, of every version, of jobs too, in the pods that this app writes. A variable that is set and that the program has been
 * given in another way is an error at synth.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
@checked
export class ProgramTelemetry {
  /**
   * Who they are and nothing else: where telemetry goes, they know.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { programs: ProgramTelemetry.identity({ attributes: { 'deployment.environment.name': 'production' } }) });
   */
  public static identity(options: ProgramIdentityOptions = {}): ProgramTelemetry {
    return new ProgramTelemetry({ options });
  }

  /**
   * By OTLP over gRPC. The way there is opened to the programs that are meant: in their Sidecar, through the network and by the server's policy.
   *
   * @param server the collector.
   *
   * @example
   * const collector = new ExistingWorkload(app, 'collector', {
   *   namespace: 'observability', podLabels: { app: 'otel-collector' }, service: 'otel-collector', ports: [MeshPort.grpc(4317)], inMesh: false,
   * });
   * new MeshTelemetry(chart, 'telemetry', { programs: ProgramTelemetry.otlp(collector, { sampling: Percent.of(5) }) });
   */
  public static otlp(server: MeshDestination, options: ProgramTelemetryOptions = {}): ProgramTelemetry {
    return new ProgramTelemetry({ server, protocol: 'grpc', options });
  }

  /**
   * By OTLP over HTTP, in protobuf: the protocol that most libraries speak without more of them. The path begins at `/v1/`.
   *
   * @param server the collector.
   *
   * @example
   * const tempo = new ExistingWorkload(app, 'tempo', { namespace: 'observability', ports: [MeshPort.http(4318)], inMesh: false });
   * new MeshTelemetry(chart, 'telemetry', { programs: ProgramTelemetry.otlpHttp(tempo, { signals: [TelemetrySignal.TRACES] }) });
   */
  public static otlpHttp(server: MeshDestination, options: ProgramTelemetryOptions = {}): ProgramTelemetry {
    return new ProgramTelemetry({ server, protocol: 'http/protobuf', options });
  }

  /**
   * No variables, where a wider scope sets them.
   *
   * @example
   * new MeshTelemetry(chart, 'orders-telemetry', { service: orders, programs: ProgramTelemetry.none() });
   */
  public static none(): ProgramTelemetry {
    return new ProgramTelemetry();
  }

  private constructor(private readonly told?: { server?: MeshDestination; protocol?: keyof typeof SPEAKS; options: ProgramTelemetryOptions }) {}

  /**
   * Whom they send to, if it is a workload of the app.
   *
   * @internal
   */
  public get _receiver(): Member | undefined {
    const server = this.told?.server;
    return server instanceof MeshWorkload ? server._member.client : undefined;
  }

  /** @internal */
  public _toSettings(site: Site, scope: IConstruct): ProgramSettings | undefined {
    if (!this.told) {
      return undefined;
    }
    const { server, protocol, options: { port, signals, sampling, attributes = {} } } = this.told;
    const speaks = protocol && SPEAKS[protocol];
    const to = server && protocol && speaks && { ...serverOf(site, scope, server, port, speaks), protocol };
    if (to?.server.through) {
      site.fail('IneffectiveTelemetry', 'must be reached without a gateway: its routes are for declared calls', to.server.path,
        'Send to an OpenTelemetryCollector, whose exporter calls it, or leave through of it out.');
    }
    const taken = to?.server.telemetry?.signals;
    return {
      to,
      signals: signals ? checkSignals(site.in('signals'), signals, taken) : taken ?? Object.values(TelemetrySignal),
      ratio: sampling && Number((sampling._toNumber(site.in('sampling')) / 100).toPrecision(12)),
      attributes: checkAttributes(site.in('attributes'), attributes),
    };
  }
}

function checkSignals(site: Site, signals: TelemetrySignal[], taken: string[] = Object.values(TelemetrySignal)): TelemetrySignal[] {
  if (signals.length === 0) {
    site.fail('EmptyList', 'must not be empty', signals, 'Use ProgramTelemetry.identity(), and the programs are told of no server.');
  }
  checkUnique(site, signals, 'IneffectiveTelemetry', 'Name each once.');
  signals.forEach((signal, index) => {
    if (!taken.includes(signal)) {
      site.at(index).fail('IneffectiveTelemetry', 'must be what the collector passes on', signal, `Leave it out, or give the collector an exporter for ${signal}.`);
    }
  });
  return [...signals];
}

function checkAttributes(site: Site, attributes: { [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => compare(a, b)).map(([name, value]) => {
    if (!/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/.test(name)) {
      site.fail('InvalidName', 'must be named with lower case letters, digits, _ and dots', name, 'Write the name of the semantic conventions: deployment.environment.name.');
    }
    if (DERIVED_ATTRIBUTES.includes(name)) {
      site.in(name).fail('DuplicateName', 'must be none that follows from the pod', value, 'Leave it out: it is set for each service, and right for each version.');
    }
    if (value === '') {
      site.in(name).fail('EmptyMatch', 'must not be an empty text', value, 'Write what the attribute is to say, or leave it out.');
    }
    checkSet(site.in(name), value);
    return [name, value];
  }));
}
