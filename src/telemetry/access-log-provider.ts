import { IConstruct } from 'constructs';
import { addressOf, BUILT_IN, Provider, serverOf } from './provider';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshDestination } from '../graph/mesh-destination';
import { ProxyCall } from '../graph/proxy-calls';

/**
 * Options for `AccessLogProvider.otlp`.
 */
export interface OtlpAccessLogOptions {
  /**
   * The name of the server's port.
   *
   * @default - the server's only port; a server with several needs it
   */
  readonly port?: string;

  /**
   * The name under which the installation knows the server: a DNS label.
   *
   * Istio: `meshConfig.extensionProviders.name`.
   *
   * @default - otlp-logs and the server's id: otlp-logs-collector
   */
  readonly provider?: string;
}

/**
 * Where the lines of the access log go, and in which form.
 *
 * Istio: `Telemetry.spec.accessLogging.providers` and `meshConfig.extensionProviders`.
 *
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider
 */
@checked
export class AccessLogProvider {
  /**
   * The output of the proxy's container, as the installation says: text, or JSON with `meshConfig.accessLogEncoding: JSON`. Every installation has this
   * provider.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.errors()], accessLogProvider: AccessLogProvider.envoy() });
   */
  public static envoy(): AccessLogProvider {
    return new AccessLogProvider(() => ({ name: BUILT_IN }));
  }

  /**
   * The output of the proxy's container, as JSON with Istio's own fields, whatever the installation says for others.
   *
   * Istio: `extensionProviders.envoyFileAccessLog.logFormat.labels`.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.errors()], accessLogProvider: AccessLogProvider.json() });
   */
  public static json(): AccessLogProvider {
    const manifest = () => ({ envoyFileAccessLog: { path: '/dev/stdout', logFormat: { labels: {} } } });
    return new AccessLogProvider(() => ({ name: 'access-log-json', provider: { name: 'access-log-json', manifest } }));
  }

  /**
   * The output of the proxy's container, as Istio's own line of text, whatever the installation says for others.
   *
   * Istio: `extensionProviders.envoyFileAccessLog`.
   *
   * @example
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.errors()], accessLogProvider: AccessLogProvider.text() });
   */
  public static text(): AccessLogProvider {
    const manifest = () => ({ envoyFileAccessLog: { path: '/dev/stdout' } });
    return new AccessLogProvider(() => ({ name: 'access-log-text', provider: { name: 'access-log-text', manifest } }));
  }

  /**
   * A collector, by OTLP over gRPC, in the place of the proxy's output. The name of the port in the server's Service has to begin with `grpc`, or its
   * `appProtocol` to be `grpc`.
   *
   * Istio: `extensionProviders.envoyOtelAls`.
   *
   * @param server the collector.
   *
   * @example
   * const collector = new ExistingWorkload(app, 'collector', {
   *   namespace: 'observability', podLabels: { app: 'otel-collector' }, service: 'otel-collector', ports: [MeshPort.grpc(4317)], inMesh: false,
   * });
   * new MeshTelemetry(chart, 'telemetry', { accessLogs: [AccessLog.refused()], accessLogProvider: AccessLogProvider.otlp(collector) });
   */
  public static otlp(server: MeshDestination, options: OtlpAccessLogOptions = {}): AccessLogProvider {
    return new AccessLogProvider((site, scope) => {
      const fix = 'Declare the port as MeshPort.grpc(4317) if it is one of OTLP over gRPC: the proxies send lines of the access log in no other way.';
      const call: ProxyCall = serverOf(site, scope, server, options.port, { id: 'otlp', grpc: true, fix, signal: 'logs' });
      const name = checkDnsLabel(site.in('provider'), options.provider ?? `otlp-logs-${server.node.id}`.toLowerCase());
      return { name, provider: { name, call, manifest: settings => ({ envoyOtelAls: addressOf(call, settings) }) } };
    });
  }

  private constructor(private readonly bind: (site: Site, scope: IConstruct) => { name: string; provider?: Provider }) {}

  /** @internal */
  public _bind(site: Site, scope: IConstruct): { name: string; provider?: Provider } {
    return this.bind(site, scope);
  }
}
