import { MetricTag } from './metric-tag';
import { operationProblems } from './operations';
import { checked } from '../diagnostics/checked';
import { checkUnique } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-fit';
import { compare } from '../graph/call';
import { MetricOverrideManifest, MetricsManifest } from '../manifests/istio-telemetry';
import { MeshWorkload } from '../mesh/mesh-workload';
import { PathPattern } from '../traffic/path-pattern';

/**
 * The proxies' metrics.
 *
 * Istio: `Telemetry.spec.metrics.overrides.match.metric`.
 *
 * @see https://istio.io/latest/docs/reference/config/metrics/
 */
export enum MeshMetric {
  /**
   * `istio_requests_total`.
   */
  REQUEST_COUNT = 'REQUEST_COUNT',

  /**
   * `istio_request_duration_milliseconds`.
   */
  REQUEST_DURATION = 'REQUEST_DURATION',

  /**
   * `istio_request_bytes`.
   */
  REQUEST_SIZE = 'REQUEST_SIZE',

  /**
   * `istio_response_bytes`.
   */
  RESPONSE_SIZE = 'RESPONSE_SIZE',

  /**
   * `istio_request_messages_total`.
   */
  GRPC_REQUEST_MESSAGES = 'GRPC_REQUEST_MESSAGES',

  /**
   * `istio_response_messages_total`.
   */
  GRPC_RESPONSE_MESSAGES = 'GRPC_RESPONSE_MESSAGES',

  /**
   * `istio_tcp_connections_opened_total`.
   */
  TCP_OPENED_CONNECTIONS = 'TCP_OPENED_CONNECTIONS',

  /**
   * `istio_tcp_connections_closed_total`.
   */
  TCP_CLOSED_CONNECTIONS = 'TCP_CLOSED_CONNECTIONS',

  /**
   * `istio_tcp_sent_bytes_total`.
   */
  TCP_SENT_BYTES = 'TCP_SENT_BYTES',

  /**
   * `istio_tcp_received_bytes_total`.
   */
  TCP_RECEIVED_BYTES = 'TCP_RECEIVED_BYTES',
}
registerEnums({ MeshMetric });

/**
 * Options for `ProxyMetrics.of`: at least one of them.
 */
export interface ProxyMetricsOptions {
  /**
   * Tags by name: letters, digits and `_`. They are beside the mesh's own, and in the place of one of the same name.
   *
   * Istio: `metrics.overrides.tagOverrides`.
   *
   * @default - the mesh's own
   */
  readonly tags?: { [name: string]: MetricTag };

  /**
   * Metrics that are not kept. What reads them has nothing to read: `MeshAlerts` and a drill's steady state need `REQUEST_COUNT`.
   *
   * Istio: `metrics.overrides.disabled`.
   *
   * @default - none
   */
  readonly disabled?: MeshMetric[];
}

/** The paths that are declared of a server. */
export interface MeteredServer {
  readonly workload?: MeshWorkload;
  readonly patterns: () => PathPattern[];
}

/**
 * What the proxies count, and by which tags. Each value of a tag is a series more of each metric, for each pod: all tags here have few values, however clients ask.
 *
 * Istio: `Telemetry.spec.metrics`, for the provider of the wider scope or of the installation.
 *
 * @see https://istio.io/latest/docs/tasks/observability/metrics/telemetry-api/
 */
@checked
export class ProxyMetrics {
  /**
   * Tags beside the mesh's own, and metrics that are not kept.
   *
   * @example
   * new MeshTelemetry(chart, 'orders-telemetry', {
   *   service: orders,
   *   metrics: ProxyMetrics.of({
   *     tags: { operation: MetricTag.operation(), tier: MetricTag.header('x-tier', ['gold', 'silver']) },
   *     disabled: [MeshMetric.REQUEST_SIZE],
   *   }),
   * });
   */
  public static of(options: ProxyMetricsOptions): ProxyMetrics {
    return new ProxyMetrics(options);
  }

  private constructor(private readonly options: ProxyMetricsOptions) {}

  /** @internal */
  public _check(site: Site, server: MeteredServer): () => MeshProblem[] {
    const { tags, disabled } = this.options;
    if (!tags && !disabled) {
      site.fail('IneffectiveTelemetry', 'must say something', {}, 'Give it tags, or the metrics that are not kept.');
    }
    if (disabled) {
      if (disabled.length === 0) {
        site.in('disabled').fail('EmptyList', 'must not be empty', disabled, 'Leave it out.');
      }
      checkUnique(site.in('disabled'), disabled, 'IneffectiveTelemetry', 'Name each once.');
    }
    if (tags && Object.keys(tags).length === 0) {
      site.in('tags').fail('EmptyList', 'must not be empty', tags, 'Leave it out.');
    }
    for (const [name, tag] of Object.entries(tags ?? {})) {
      const at = site.in('tags').in(name);
      // https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels; le and quantile are those of histograms
      if (!/^[a-zA-Z][a-zA-Z0-9_]*$/.test(name) || ['le', 'quantile'].includes(name)) {
        site.in('tags').fail('InvalidName', 'must be named with letters, digits and _, and not le or quantile', name, 'Write the name as a query does: operation.');
      }
      const dropped = tag._metrics.filter(metric => disabled?.includes(metric as MeshMetric));
      if (tag._metrics.length > 0 && dropped.length === tag._metrics.length) {
        at.fail('IneffectiveTelemetry', 'must be of a metric that is kept', dropped, 'Leave the tag out, or keep one of them.');
      }
      tag._check(at);
      if (tag._ofOperation && !server.workload) {
        at.fail('MissingProperty', 'needs the service whose operations are meant', 'operation()', 'Name it: service: orders. Each service has paths of its own.');
      }
    }
    const operations = Object.entries(tags ?? {}).filter(([, tag]) => tag._ofOperation);
    return () => operations.flatMap(([name]) => operationProblems(site.in('tags').in(name), server.workload!.node.path, server.patterns()));
  }

  /** @internal */
  public _toManifest(server: MeteredServer): MetricsManifest {
    const { tags = {}, disabled = [] } = this.options;
    const kept = (metric: string) => !disabled.includes(metric as MeshMetric);
    const overrides = Object.entries(tags).sort(([a], [b]) => compare(a, b)).flatMap(([name, tag]): MetricOverrideManifest[] => {
      const metrics = tag._metrics.length > 0 ? tag._metrics.filter(kept) : ['ALL_METRICS'];
      return metrics.map(metric => ({ match: { metric, mode: tag._mode }, tagOverrides: { [name]: tag._toManifest(server.patterns()) } }));
    });
    return { overrides: [...overrides, ...[...disabled].sort(compare).map(metric => ({ match: { metric }, disabled: true }))] };
  }
}
