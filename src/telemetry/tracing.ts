import { IConstruct } from 'constructs';
import { addressOf, Provider, serverOf } from './provider';
import { TraceTag } from './trace-tag';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshSettings } from '../graph/mesh-settings';
import { ProxyCall } from '../graph/proxy-calls';
import { ExtensionProviderManifest, TracingManifest } from '../manifests/istio-telemetry';
import { Percent } from '../traffic/percent';

/**
 * Options for `Tracing`.
 */
export interface TracingOptions {
  /**
   * The name of the server's port.
   *
   * @default - the server's only port; a server with several needs it
   */
  readonly port?: string;

  /**
   * The share of requests that are traced, where nobody has decided before: what comes with a trace's headers has been decided.
   * From 0 to 100 percent in steps of 0.01.
   *
   * Istio: `Telemetry.spec.tracing.randomSamplingPercentage`.
   *
   * @default - that of the wider scope, or of the installation: Istio's own is 1 percent
   */
  readonly sampling?: Percent;

  /**
   * Tags of every span, by name. They take the place of those of a wider scope, all of them.
   *
   * Istio: `Telemetry.spec.tracing.customTags`.
   *
   * @default - those of the wider scope
   */
  readonly tags?: { [name: string]: TraceTag };

  /**
   * The name under which the installation knows the server: a DNS label. Other teams of the mesh may have taken the default.
   *
   * Istio: `meshConfig.extensionProviders.name`.
   *
   * @default - the protocol and the server's id: otlp-collector
   */
  readonly provider?: string;
}

/**
 * Options for `Tracing.otlpHttp` and `Tracing.zipkin`.
 */
export interface HttpTracingOptions extends TracingOptions {
  /**
   * The path to which the spans are sent.
   *
   * @default - /v1/traces for OTLP, /api/v2/spans for Zipkin
   */
  readonly path?: string;
}

/** What is sent how. */
interface Protocol {
  readonly id: string;
  readonly grpc: boolean;
  readonly fix: string;
  readonly path: string;
  readonly entry: (at: { service: string; port: number }, path: string) => Omit<ExtensionProviderManifest, 'name'>;
}

const OTLP: Protocol = {
  id: 'otlp',
  grpc: true,
  fix: 'Declare the port as MeshPort.grpc(4317) if it is one of OTLP over gRPC, or use Tracing.otlpHttp().',
  path: '',
  entry: at => ({ opentelemetry: at }),
};

const OTLP_HTTP: Protocol = {
  id: 'otlp-http',
  grpc: false,
  fix: 'Declare the port as MeshPort.http(4318) if it is one of OTLP over HTTP, or use Tracing.otlp().',
  path: '/v1/traces',
  // Without a timeout Envoy refuses the listener, and no pod becomes ready: istiod hands on what is not there
  // (istio/istio pilot/pkg/networking/core/tracing.go, otelConfig)
  entry: (at, path) => ({ opentelemetry: { ...at, http: { path, timeout: '3s' } } }),
};

const ZIPKIN: Protocol = {
  id: 'zipkin',
  grpc: false,
  fix: 'Declare the port as MeshPort.http(9411) if that is what it speaks.',
  path: '/api/v2/spans',
  // Without the option a trace that a program has begun in the headers of W3C would be cut at the first proxy
  entry: (at, path) => ({ zipkin: { ...at, path, traceContextOption: 'USE_B3_WITH_W3C_PROPAGATION' } }),
};

/**
 * Where the proxies send their spans, and how many.
 *
 * Jaeger, Tempo and every collector of OpenTelemetry take OTLP; Zipkin its own protocol, which Jaeger and Tempo take too. The programs have to hand
 * the headers of a trace on to what they call: `traceparent` and `tracestate` with OTLP, those of B3 (`x-b3-traceid` and so on) or these with Zipkin.
 *
 * Istio: `Telemetry.spec.tracing` and `meshConfig.extensionProviders`.
 *
 * @see https://istio.io/latest/docs/reference/config/telemetry/#Tracing
 */
@checked
export class Tracing {
  /**
   * By OTLP over gRPC. The name of the port in the server's Service has to begin with `grpc`, or its `appProtocol` to be `grpc`: by it the proxies
   * know that they have to speak HTTP/2.
   *
   * Istio: `extensionProviders.opentelemetry`.
   *
   * @param server the collector.
   *
   * @example
   * const collector = new ExistingWorkload(app, 'collector', {
   *   namespace: 'observability', podLabels: { app: 'otel-collector' }, service: 'otel-collector', ports: [MeshPort.grpc(4317)], inMesh: false,
   * });
   * new MeshTelemetry(chart, 'telemetry', { tracing: Tracing.otlp(collector, { sampling: Percent.of(5) }) });
   */
  public static otlp(server: MeshDestination, options: TracingOptions = {}): Tracing {
    return new Tracing({ protocol: OTLP, server, options });
  }

  /**
   * By OTLP over HTTP.
   *
   * Istio: `extensionProviders.opentelemetry.http`.
   *
   * @param server the collector.
   *
   * @example
   * const tempo = new ExistingWorkload(app, 'tempo', { namespace: 'observability', ports: [MeshPort.http(4318)], inMesh: false });
   * new MeshTelemetry(chart, 'telemetry', { tracing: Tracing.otlpHttp(tempo) });
   */
  public static otlpHttp(server: MeshDestination, options: HttpTracingOptions = {}): Tracing {
    return new Tracing({ protocol: OTLP_HTTP, server, options });
  }

  /**
   * By Zipkin's protocol, version 2. Traces go on in the headers of B3 and of W3C.
   *
   * Istio: `extensionProviders.zipkin`, with `traceContextOption: USE_B3_WITH_W3C_PROPAGATION`.
   *
   * @param server Zipkin, or what speaks as it does.
   *
   * @example
   * const zipkin = new ExistingWorkload(app, 'zipkin', { namespace: 'observability', ports: [MeshPort.http(9411)], inMesh: false });
   * new MeshTelemetry(chart, 'telemetry', { tracing: Tracing.zipkin(zipkin) });
   */
  public static zipkin(server: MeshDestination, options: HttpTracingOptions = {}): Tracing {
    return new Tracing({ protocol: ZIPKIN, server, options });
  }

  /**
   * No spans, where a wider scope has them sent. The headers of a trace pass through all the same.
   *
   * Istio: `Telemetry.spec.tracing.disableSpanReporting`.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { tracing: Tracing.off() });
   */
  public static off(): Tracing {
    return new Tracing();
  }

  private constructor(private readonly to?: { protocol: Protocol; server: MeshDestination; options: HttpTracingOptions }) {}

  /** @internal */
  public _toManifest(site: Site, scope: IConstruct): { tracing: TracingManifest; provider?: Provider } {
    if (!this.to) {
      return { tracing: { disableSpanReporting: true } };
    }
    const { protocol, server, options: { sampling, tags, ...options } } = this.to;
    const call: ProxyCall = serverOf(site, scope, server, options.port, { ...protocol, signal: 'traces' });
    const name = checkDnsLabel(site.in('provider'), options.provider ?? `${protocol.id}-${server.node.id}`.toLowerCase());
    const path = options.path === undefined ? protocol.path : checkPath(site.in('path'), options.path);
    return {
      tracing: {
        providers: [{ name }],
        // A wider scope may have it switched off
        disableSpanReporting: false,
        ...(sampling && { randomSamplingPercentage: samplingOf(site.in('sampling'), sampling) }),
        ...(tags && { customTags: tagsOf(site.in('tags'), tags) }),
      },
      provider: { name, call, manifest: (settings: MeshSettings) => protocol.entry(addressOf(call, settings), path) },
    };
  }
}

/** Envoy counts in hundredths of a percent: istio/istio pilot/pkg/networking/core/tracing.go, configureSampling. */
function samplingOf(site: Site, sampling: Percent): number {
  const percent = sampling._toNumber(site);
  if (Math.abs(percent * 100 - Math.round(percent * 100)) > 1e-9) {
    site.fail('InvalidPercent', 'must be in steps of 0.01', percent, 'Round it: Percent.of(0.01) is one request in ten thousand, the least there is.');
  }
  return percent;
}

function tagsOf(site: Site, tags: { [name: string]: TraceTag }) {
  const entries = Object.entries(tags).sort(([a], [b]) => compare(a, b));
  if (entries.length === 0) {
    site.fail('EmptyList', 'must not be empty', tags, 'Leave it out, and the spans have the tags of the wider scope.');
  }
  return Object.fromEntries(entries.map(([name, tag]) => {
    if (!/^[A-Za-z0-9_]([A-Za-z0-9_./-]*[A-Za-z0-9_])?$/.test(name)) {
      site.fail('InvalidName', 'must be named with letters, digits, _, ., / and -', name, 'Write the name as it is searched for: team, or shop.customer.');
    }
    if (name.startsWith('istio.')) {
      site.fail('InvalidName', 'must not begin with istio., as the mesh\'s own tags do', name, 'Give the tag another name: of two of one name a span has either.');
    }
    return [name, tag._toManifest(site.in(name))];
  }));
}

function checkPath(site: Site, path: string): string {
  if (!/^\/[A-Za-z0-9._~/-]*$/.test(path)) {
    site.fail('InvalidPath', 'must begin with \'/\' and have neither host nor query', path, 'Write the path alone: /v1/traces.');
  }
  return path;
}
