import { BoundExporter } from './collector-exporter';
import { CollectorReceiver } from './collector-receiver';
import { TelemetrySignal } from './telemetry-signal';

/** Where the collector says whether it is well. */
export const HEALTH_PORT = 13133;

/** What a collector is made of, checked. */
export interface CollectorParts {
  readonly receivers: CollectorReceiver[];
  readonly exporters: BoundExporter[];
  readonly tailSampling?: object[];
}

/** The signals that have a way from a receiver to an exporter. */
export function signalsOf({ receivers, exporters }: CollectorParts): TelemetrySignal[] {
  return Object.values(TelemetrySignal).filter(signal => (
    receivers.some(({ _signals }) => _signals.includes(signal)) && exporters.some(({ signals }) => signals.includes(signal))));
}

/**
 * The collector's own configuration. The bound of its memory stands first, where it can refuse what comes: a client sends it again.
 *
 * @see https://opentelemetry.io/docs/collector/configuration/
 */
export function collectorConfig(parts: CollectorParts): object {
  const { receivers, exporters, tailSampling } = parts;
  const pipelines = signalsOf(parts).map(signal => [signal, {
    receivers: receivers.filter(({ _signals }) => _signals.includes(signal)).map(({ _type }) => _type),
    processors: ['memory_limiter', ...(tailSampling && signal === TelemetrySignal.TRACES ? ['tail_sampling'] : []), 'batch'],
    exporters: exporters.filter(({ signals }) => signals.includes(signal)).map(({ id }) => id),
  }]);
  return {
    receivers: Object.fromEntries(receivers.map(({ _type, _config }) => [_type, _config])),
    processors: {
      // Of the container's limit
      memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 25 },
      ...(tailSampling && { tail_sampling: { decision_wait: '10s', policies: tailSampling } }),
      batch: {},
    },
    exporters: Object.fromEntries(exporters.map(({ id, config }) => [id, config])),
    extensions: { health_check: { endpoint: `:${HEALTH_PORT}` } },
    service: { extensions: ['health_check'], pipelines: Object.fromEntries(pipelines) },
  };
}
