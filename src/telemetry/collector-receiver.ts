import { TelemetrySignal } from './telemetry-signal';
import { checked } from '../diagnostics/checked';
import { MeshPort } from '../graph/mesh-port';

/** What is spoken on a port of a collector. */
interface Listener {
  /** As a provider names it. */
  readonly protocol: string;
  readonly port: () => MeshPort;
}

/**
 * How telemetry comes to an `OpenTelemetryCollector`.
 *
 * @see https://opentelemetry.io/docs/collector/configuration/#receivers
 */
@checked
export class CollectorReceiver {
  /**
   * OTLP, over gRPC on port 4317, named `grpc`, and over HTTP on 4318, named `http`: spans, metrics and lines.
   *
   * @example
   * CollectorReceiver.otlp();
   */
  public static otlp(): CollectorReceiver {
    const signals = Object.values(TelemetrySignal);
    const listeners = [{ protocol: 'otlp', port: () => MeshPort.grpc(4317) }, { protocol: 'otlp-http', port: () => MeshPort.http(4318) }];
    return new CollectorReceiver('otlp', signals, listeners, { protocols: { grpc: { endpoint: ':4317' }, http: { endpoint: ':4318' } } });
  }

  /**
   * Zipkin's protocol on port 9411, named `http-zipkin`: spans.
   *
   * @example
   * CollectorReceiver.zipkin();
   */
  public static zipkin(): CollectorReceiver {
    const listeners = [{ protocol: 'zipkin', port: () => MeshPort.http(9411, { name: 'http-zipkin' }) }];
    return new CollectorReceiver('zipkin', [TelemetrySignal.TRACES], listeners, { endpoint: ':9411' });
  }

  private constructor(
    /** @internal */
    public readonly _type: string,
    /** @internal */
    public readonly _signals: TelemetrySignal[],
    /** @internal */
    public readonly _listeners: Listener[],
    /** @internal */
    public readonly _config: object,
  ) {}
}
