import { IConstruct } from 'constructs';
import { serverOf } from './provider';
import { TelemetrySignal } from './telemetry-signal';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkUnique, isWhollyUnset } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { CallOptions } from '../graph/call-options';
import { MeshDestination } from '../graph/mesh-destination';
import { checkHeaderName } from '../traffic/header-name';

/**
 * Options for a `CollectorExporter`.
 */
export interface CollectorExporterOptions {
  /**
   * The name of the server's port.
   *
   * @default - that of another `OpenTelemetryCollector` for it, or the server's only port; another server with several needs it
   */
  readonly port?: string;

  /**
   * The exporter's name, behind its type: a DNS label.
   *
   * @default - the server's id: otlp_grpc/tempo
   */
  readonly name?: string;
}

/**
 * Options for `CollectorExporter.otlp` and `CollectorExporter.otlpHttp`.
 */
export interface OtlpExporterOptions extends CollectorExporterOptions {
  /**
   * What is sent there.
   *
   * @default - what another `OpenTelemetryCollector` passes on; to another server, spans, metrics and lines
   */
  readonly signals?: TelemetrySignal[];

  /**
   * Headers of each request. What is secret comes from a variable of the collector's `configuration`: `{ authorization: 'Bearer ${env:TOKEN}' }`.
   * A `$` that begins none is written `$$`.
   *
   * @default - none
   */
  readonly headers?: { [name: string]: string };
}

/** What an exporter becomes. */
export interface BoundExporter {
  readonly id: string;
  readonly config: object;
  readonly signals: string[];
  readonly call?: { readonly server: MeshDestination; readonly options: CallOptions };
}

type Bind = (site: Site, scope: IConstruct, variables: string[]) => BoundExporter;

/** How a kind of exporter speaks. */
interface Way {
  readonly type: string;
  /** As a receiver names it. */
  readonly protocol: string;
  readonly grpc: boolean;
  readonly signals: TelemetrySignal[];
  readonly fix: string;
  readonly config: (address: string, tls: boolean) => object;
}

const ALL = Object.values(TelemetrySignal);
const scheme = (tls: boolean) => tls ? 'https' : 'http';

const OTLP: Way = {
  type: 'otlp_grpc',
  protocol: 'otlp',
  grpc: true,
  signals: ALL,
  fix: 'Declare the port as MeshPort.grpc(4317) if it is one of OTLP over gRPC, or use CollectorExporter.otlpHttp().',
  // No TLS of the program's within the mesh: its proxy does it
  config: (endpoint, tls) => ({ endpoint, tls: { insecure: !tls } }),
};

const OTLP_HTTP: Way = {
  type: 'otlp_http',
  protocol: 'otlp-http',
  grpc: false,
  signals: ALL,
  fix: 'Declare the port as MeshPort.http(4318) if it is one of OTLP over HTTP, or use CollectorExporter.otlp().',
  config: (address, tls) => ({ endpoint: `${scheme(tls)}://${address}` }),
};

const ZIPKIN: Way = {
  type: 'zipkin',
  protocol: 'zipkin',
  grpc: false,
  signals: [TelemetrySignal.TRACES],
  fix: 'Declare the port as MeshPort.http(9411) if that is what it speaks.',
  config: (address, tls) => ({ endpoint: `${scheme(tls)}://${address}/api/v2/spans` }),
};

/** Where the collector's agent of the mesh reads the metrics, in its own pod. */
export const PROMETHEUS_PORT = 8889;

/**
 * Where an `OpenTelemetryCollector` sends what it has. Each is a call of the collector's: its proxy, the network and the server let it through.
 *
 * @see https://opentelemetry.io/docs/collector/configuration/#exporters
 */
@checked
export class CollectorExporter {
  /**
   * By OTLP over gRPC, to whatever takes it: another collector, a vendor on `MeshPort.tls(443)`.
   *
   * OpenTelemetry: `otlp_grpc`, under that name since the collector's 0.144.
   *
   * @example
   * const vendor = new ExternalService(chart, 'vendor', { host: 'otlp.example.com', ports: [MeshPort.tls(443)] });
   * new OpenTelemetryCollector(chart, 'otel', {
   *   image: 'otel/opentelemetry-collector-contrib:0.161.0',
   *   configuration: [Configuration.secret('vendor', { variables: { TOKEN: 'token' } })],
   *   exporters: [CollectorExporter.otlp(vendor, { headers: { authorization: 'Bearer ${env:TOKEN}' } })],
   * });
   */
  public static otlp(server: MeshDestination, options: OtlpExporterOptions = {}): CollectorExporter {
    return new CollectorExporter(sending(OTLP, server, options));
  }

  /**
   * By OTLP over HTTP. The path begins at `/v1/`.
   *
   * OpenTelemetry: `otlp_http`, under that name since the collector's 0.144.
   *
   * @example
   * const loki = new ExistingWorkload(app, 'loki', { namespace: 'observability', ports: [MeshPort.http(4318)], inMesh: false });
   * CollectorExporter.otlpHttp(loki, { signals: [TelemetrySignal.LOGS] });
   */
  public static otlpHttp(server: MeshDestination, options: OtlpExporterOptions = {}): CollectorExporter {
    return new CollectorExporter(sending(OTLP_HTTP, server, options));
  }

  /**
   * Spans to Jaeger, by OTLP over gRPC.
   *
   * @example
   * const jaeger = new ExistingWorkload(app, 'jaeger', { namespace: 'observability', ports: [MeshPort.grpc(4317)], inMesh: false });
   * CollectorExporter.jaeger(jaeger);
   */
  public static jaeger(server: MeshDestination, options: CollectorExporterOptions = {}): CollectorExporter {
    return new CollectorExporter(sending(OTLP, server, { ...options, signals: [TelemetrySignal.TRACES] }));
  }

  /**
   * Spans to Tempo, by OTLP over gRPC.
   *
   * @example
   * const tempo = new ExistingWorkload(app, 'tempo', { namespace: 'observability', ports: [MeshPort.grpc(4317)], inMesh: false });
   * CollectorExporter.tempo(tempo);
   */
  public static tempo(server: MeshDestination, options: CollectorExporterOptions = {}): CollectorExporter {
    return new CollectorExporter(sending(OTLP, server, { ...options, signals: [TelemetrySignal.TRACES] }));
  }

  /**
   * Spans to Zipkin, by its protocol, version 2.
   *
   * OpenTelemetry: `zipkin` of the contrib distribution.
   *
   * @example
   * const zipkin = new ExistingWorkload(app, 'zipkin', { namespace: 'observability', ports: [MeshPort.http(9411)], inMesh: false });
   * CollectorExporter.zipkin(zipkin);
   */
  public static zipkin(server: MeshDestination, options: CollectorExporterOptions = {}): CollectorExporter {
    return new CollectorExporter(sending(ZIPKIN, server, options));
  }

  /**
   * Metrics to whoever scrapes them: the agent of the mesh reads them within the pod and answers with its own, on the port that the network opens to
   * `Mesh.prometheusNamespace`. Nothing else listens for it.
   *
   * OpenTelemetry: `prometheus` of the contrib distribution; Istio: the annotations `prometheus.io/*` of the pods.
   *
   * @see https://istio.io/latest/docs/ops/integrations/prometheus/#option-1-metrics-merging
   *
   * @example
   * CollectorExporter.prometheus();
   */
  public static prometheus(): CollectorExporter {
    const config = { endpoint: `localhost:${PROMETHEUS_PORT}` };
    return new CollectorExporter(() => ({ id: 'prometheus', config, signals: [TelemetrySignal.METRICS] }));
  }

  private constructor(private readonly bind: Bind) {}

  /** @internal */
  public _bind(site: Site, scope: IConstruct, variables: string[]): BoundExporter {
    return this.bind(site, scope, variables);
  }
}

function sending(way: Way, server: MeshDestination, { port, name, signals, headers }: OtlpExporterOptions): Bind {
  return (site, scope, variables) => {
    const at = serverOf(site, scope, server, port, { id: way.protocol, grpc: way.grpc, fix: way.fix, tls: true });
    const taken = at.server.telemetry?.signals;
    const sent = signals ?? way.signals.filter(signal => taken?.includes(signal) ?? true);
    if (sent.length === 0) {
      site.in('signals').fail('EmptyList', 'must not be empty', sent, 'Say what is sent, or leave the exporter out.');
    }
    checkUnique(site.in('signals'), sent, 'IneffectiveTelemetry', 'Name each once.');
    const passed = sent.find(signal => taken && !taken.includes(signal));
    if (passed !== undefined) {
      site.in('signals').fail('IneffectiveTelemetry', `must be what ${at.server.path} passes on`, passed, `Leave it out: that collector has no exporter for ${passed}.`);
    }
    const label = checkDnsLabel(site.in('name'), name ?? server.node.id.toLowerCase());
    const variable = `${way.type}_${label}_ADDRESS`.toUpperCase().replaceAll('-', '_');
    const tls = at.port._protocol === 'tls';
    return {
      id: `${way.type}/${label}`,
      // What is called and what the collector is told cannot differ, whatever the cluster's domain
      config: { ...way.config(`\${env:${variable}}`, tls), ...(headers && { headers: checkHeaders(site.in('headers'), headers, variables) }) },
      signals: sent,
      call: { server, options: { port: at.port.name, addressVariable: variable } },
    };
  };
}

function checkHeaders(site: Site, headers: { [name: string]: string }, variables: string[]): { [name: string]: string } {
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => compare(a, b)).map(([name, value]) => {
    checkHeaderName(site, name, 'Write the name alone, such as authorization.');
    if (name.includes('$')) {
      site.fail('InvalidHeader', 'must be a header without $: the collector would take it for a variable', name, 'Write the name alone, such as authorization.');
    }
    if (value === '' || isWhollyUnset(value)) {
      site.in(name).fail('UnsetValue', 'must say something', value, 'Take it from a variable of the collector\'s configuration: \'Bearer ${env:TOKEN}\'.');
    }
    const references = [...value.replaceAll('$$', '').matchAll(/\$(\{env:([A-Za-z_][A-Za-z0-9_]*)\})?/g)].map(([, , variable]) => variable);
    if (references.some(variable => variable === undefined || !variables.includes(variable))) {
      site.in(name).fail('InvalidVariable', 'must be made of variables that the collector\'s configuration sets', value,
        'Write ${env:TOKEN}, and add configuration: [Configuration.secret(\'vendor\', { variables: { TOKEN: \'token\' } })]. A $ of its own is $$.');
    }
    return [name, value];
  }));
}
