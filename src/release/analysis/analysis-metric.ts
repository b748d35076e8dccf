import { Duration } from 'cdk8s';
import { AnalysedService, CheckedMetric, Measured } from './measurement';
import { checked } from '../../diagnostics/checked';
import { checkDnsLabel, checkSet } from '../../diagnostics/checks';
import { Site } from '../../diagnostics/site';
import { canonicalNameOf, failureRate, Labels, principalPattern, quantile, rate } from '../../graph/request-metrics';
import { MeshWorkload } from '../../mesh/mesh-workload';

/**
 * Options for `AnalysisMetric.successRate`.
 */
export interface SuccessRateMetricOptions {
  /**
   * The least share of answers without a server's error, in percent: more than 1, up to 100.
   */
  readonly atLeast: number;

  /**
   * Whose requests count: a workload of the app that has declared a call of the service.
   *
   * @default - those of all clients
   */
  readonly of?: MeshWorkload;
}

/**
 * Options for `AnalysisMetric.latency`.
 */
export interface LatencyMetricOptions {
  /**
   * The share of the answers that have to come in time, in percent: 99 is the P99. More than 1, less than 100.
   */
  readonly percent: number;

  /**
   * The time in which they come, as the client's proxy measures it: 1 millisecond to 1 hour.
   */
  readonly within: Duration;

  /**
   * Whose requests count: a workload of the app that has declared a call of the service.
   *
   * @default - those of all clients
   */
  readonly of?: MeshWorkload;
}

/**
 * Options for `AnalysisMetric.breakerOpenings`.
 */
export interface BreakerOpeningsOptions {
  /**
   * How often pods of the new version may be left out by a client's circuit breaker within the time that is looked at: 0 or more.
   */
  readonly atMost: number;
}

/**
 * Options for `AnalysisMetric.promQl`: at least one of them.
 */
export interface PromQlOptions {
  /**
   * The least value that is well.
   *
   * @default - no value is too small
   */
  readonly atLeast?: number;

  /**
   * The greatest value that is well.
   *
   * @default - no value is too great
   */
  readonly atMost?: number;
}

/** The greatest bound at which proxies count (envoyproxy/envoy source/common/stats/histogram_impl.cc, HistogramSettingsImpl::defaultBuckets). */
const LONGEST = Duration.hours(1).toMilliseconds();

/** A label that differs is another one's: the client of a call is known by its own. */
type Query = (of: Measured, requests: Labels) => string;

/**
 * What is measured of a new version while it gets requests, and how much of it is well.
 *
 * The requests are counted by the proxies of the clients: what never reached a pod counts too. Over a time without any request there
 * is nothing to measure, and that is a failed measurement: a version that nobody has tried is not promoted.
 *
 * @see https://istio.io/latest/docs/reference/config/metrics/
 */
@checked
export class AnalysisMetric {
  /**
   * The share of successful answers: an answer of 500 and above, no answer, and the gRPC codes of a server's failure (2, 4, 13, 14, 15) are none.
   *
   * Throws `InvalidPercent`, and at synth `NotCallable` for a workload that does not call the service.
   *
   * Istio: `istio_requests_total`.
   *
   * @example
   * AnalysisMetric.successRate({ atLeast: 99.5, of: frontend });
   */
  public static successRate(options: SuccessRateMetricOptions): AnalysisMetric {
    const { atLeast, of } = options;
    return new AnalysisMetric(named('success-rate', of), of, { atLeast }, (site) => {
      checkPercent(site.in('atLeast'), atLeast, 100);
    }, ({ windowSeconds }, requests) => (
      `100 - 100 * (${failureRate(requests, `${windowSeconds}s`)}) / ${rate(requests, `${windowSeconds}s`)}`));
  }

  /**
   * The time in which a share of the answers comes: of those that have not failed.
   *
   * Throws `InvalidPercent`, `InvalidDuration`, and at synth `NotCallable` for a workload that does not call the service.
   *
   * Istio: `istio_request_duration_milliseconds`.
   *
   * @example
   * AnalysisMetric.latency({ percent: 99, within: Duration.millis(500) });
   */
  public static latency(options: LatencyMetricOptions): AnalysisMetric {
    const { percent, within, of } = options;
    const atMost = within.toMilliseconds({ integral: false });
    return new AnalysisMetric(named('latency', of), of, { atMost }, (site) => {
      checkPercent(site.in('percent'), percent, 99.99);
      if (atMost > LONGEST) {
        site.in('within').fail('InvalidDuration', 'must be at most an hour: proxies count nothing slower apart', `${atMost} ms`, 'Write a shorter time: no answer would be too late.');
      }
      if (!(atMost >= 1)) {
        site.in('within').fail('InvalidDuration', 'must be at least 1 millisecond, of which the proxies count', `${atMost} ms`, 'Write Duration.millis(500) or another time.');
      }
    }, ({ windowSeconds }, requests) => quantile(percent / 100, requests, `${windowSeconds}s`, []));
  }

  /**
   * How often clients have left out a pod of the new version, because it failed too often. The service has a `circuitBreaker`, or one of its ports, and the clients' proxies
   * have to tell of it: Envoy's counters of a cluster are not among those that Istio's proxies show unless `proxyStatsMatcher` names them
   * (`.*outlier_detection.*`). Where none is shown, there is nothing to measure, and that is a failed measurement.
   *
   * Throws `InvalidThreshold`, and `MissingProperty` for a service without a circuit breaker on any port.
   *
   * Envoy: `envoy_cluster_outlier_detection_ejections_enforced_total`.
   *
   * @see https://istio.io/latest/docs/ops/configuration/telemetry/envoy-stats/
   *
   * @example
   * AnalysisMetric.breakerOpenings({ atMost: 0 });
   */
  public static breakerOpenings(options: BreakerOpeningsOptions): AnalysisMetric {
    const { atMost } = options;
    return new AnalysisMetric('breaker-openings', undefined, { atMost }, (site, measured) => {
      checkBound(site.in('atMost'), atMost);
      if (!measured) {
        site.fail('MissingProperty', 'needs a service with a circuit breaker', undefined, 'Give the service or one of its ports circuitBreaker: CircuitBreaker.consecutiveErrors(5), or leave this metric out.');
      }
    }, ({ clusters, windowSeconds }) => (
      `sum(increase(envoy_cluster_outlier_detection_ejections_enforced_total{cluster_name=~${JSON.stringify(clusters)}}[${windowSeconds}s]))`));
  }

  /**
   * What a query of your own answers: one number. Several series are not one: write `sum(...)`. No series is a failed measurement.
   *
   * In it `$pods` stands for a pattern of the names of the new version's pods, whatever the engine calls them; name their namespace beside it. The label `version` does
   * not tell them: with a controller old and new pods have the same.
   *
   * Throws `InvalidName`, `UnsetValue`, `InvalidQuery`, `MissingProperty` without a bound, and `InvalidThreshold`.
   *
   * @param name unique within the analysis: a DNS label. Flagger has `request-success-rate` and `request-duration` of its own.
   * @param query in PromQL, without templates of an engine (`{{ ... }}`).
   *
   * @see https://prometheus.io/docs/prometheus/latest/querying/basics/
   *
   * @example
   * AnalysisMetric.promQl('baskets', 'sum(rate(baskets_total{namespace="shop",pod=~"$pods"}[1m]))', { atLeast: 10 });
   */
  public static promQl(name: string, query: string, options: PromQlOptions = {}): AnalysisMetric {
    const { atLeast, atMost } = options;
    return new AnalysisMetric(name, undefined, options, (site) => {
      checkDnsLabel(site.in('name'), name, { max: 40 });
      if (query.trim() === '') {
        site.in('query').fail('UnsetValue', 'must not be empty', query, 'Write what Prometheus is asked.');
      }
      checkSet(site.in('query'), query);
      if (query.includes('{{')) {
        site.in('query').fail('InvalidQuery', 'must not have a template of an engine', query, 'Write the time as [1m], and $pods for a pattern of the new version\'s pods.');
      }
      if (atLeast === undefined && atMost === undefined) {
        site.in('atLeast').fail('MissingProperty', 'must be given, or atMost: without a bound every value is well', undefined, 'Write { atLeast: 10 } or { atMost: 0.5 }.');
      }
      Object.entries({ atLeast, atMost }).forEach(([bound, value]) => value !== undefined && checkNumber(site.in(bound), value));
      if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
        site.in('atLeast').fail('InvalidThreshold', `must not be more than atMost, ${atMost}`, atLeast, 'No value would be well.');
      }
    }, ({ pods }) => query.replaceAll('$pods', pods), false, query.includes('$pods'));
  }

  private constructor(
    private readonly name: string,
    private readonly client: MeshWorkload | undefined,
    private readonly bounds: { readonly atLeast?: number; readonly atMost?: number },
    private readonly check: (site: Site, breaks: boolean) => void,
    private readonly ask: Query,
    private readonly ofRequests = true,
    private readonly namesPods = false,
  ) {}

  /**
   * @internal
   */
  public _resolve(site: Site, { breaks, http, ports }: AnalysedService): CheckedMetric {
    this.check(site, breaks);
    if (this.ofRequests && !http) {
      site.fail('NotHttp', 'needs a port on which proxies count requests', ports, 'Use AnalysisMetric.promQl() for what your program or Istio counts of connections: istio_tcp_connections_opened_total.');
    }
    const { name, client, bounds: { atLeast, atMost } } = this;
    const query = (of: Measured) => this.ask(of, client ? requestsOfClient(client, of) : of.labels);
    return { name, atLeast, atMost, site, client, ofRequests: this.ofRequests, namesPods: this.namesPods, query };
  }
}

/** Both sides of a connection know the client by its canonical name, and by its certificate where that is not known. */
function requestsOfClient({ _member: { client } }: MeshWorkload, { labels }: Measured): Labels {
  const name = canonicalNameOf(client);
  return name === undefined
    ? { ...labels, source_principal: `=~${principalPattern(client)}` }
    : { ...labels, source_workload_namespace: client.namespace, source_canonical_service: name };
}

function named(kind: string, of?: MeshWorkload): string {
  return of ? `${kind}-of-${of.name}` : kind;
}

function checkPercent(site: Site, value: number, max: number): void {
  if (!(value > 1 && value <= max)) {
    site.fail('InvalidPercent', `must be more than 1 and at most ${max}`, value, 'Write it in percent: 99 is all but one in a hundred.');
  }
}

function checkBound(site: Site, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) {
    site.fail('InvalidThreshold', 'must be 0 or more', value, 'Write how many are borne.');
  }
}

function checkNumber(site: Site, value: number): void {
  if (!Number.isFinite(value)) {
    site.fail('InvalidThreshold', 'must be a number', value, 'Write the bound as Prometheus would: 0.5, 10, 1000.');
  }
}
