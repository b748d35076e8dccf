import { registerEnums } from '../diagnostics/type-fit';

/**
 * What a program or a proxy tells.
 *
 * @see https://opentelemetry.io/docs/concepts/signals/
 */
export enum TelemetrySignal {
  /**
   * Spans: what became of one request.
   */
  TRACES = 'traces',

  /**
   * Numbers over time.
   */
  METRICS = 'metrics',

  /**
   * Lines.
   */
  LOGS = 'logs',
}
registerEnums({ TelemetrySignal });
