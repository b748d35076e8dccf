import { Duration } from 'cdk8s';
import { highestBurn } from './burn-rates';
import { checkShare } from './check-share';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

/**
 * The bounds at which proxies count how long requests took, in milliseconds: Envoy's own, which Istio leaves as they are.
 *
 * Upstream: envoyproxy/envoy source/common/stats/histogram_impl.cc, HistogramSettingsImpl::defaultBuckets.
 */
export const BUCKETS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/**
 * Options for `LatencyObjective.of`.
 */
export interface LatencyObjectiveOptions {
  /**
   * The share of requests that are answered in time, in percent: below 100, and more than what leaves a budget that could not be used up
   * fast: with a window of 30 days more than 93.06.
   */
  readonly percent: number;

  /**
   * The time in which they are answered, as the client's proxy measures it: from the request's first byte to the answer's last one. It has to be
   * one of the bounds at which proxies count: 1, 5, 10, 25, 50, 100, 250 or 500 milliseconds, 1, 2.5, 5, 10 or 30 seconds, 1, 5, 10, 30 or 60 minutes.
   *
   * Istio: the label `le` of `istio_request_duration_milliseconds_bucket`.
   */
  readonly within: Duration;
}

/**
 * How fast a service has to answer: the share of its requests that take no longer than a time.
 *
 * Only requests that have not failed are counted: what fails is the availability's. A WebSocket is not counted; a gRPC stream is, as long as it lasts:
 * give what streams an override without latency.
 *
 * Throws `InvalidPercent` and `InvalidDuration`.
 *
 * @see https://sre.google/workbook/implementing-slos/
 *
 * @example
 * ServiceObjective.of({
 *   availability: 99.9,
 *   latency: LatencyObjective.of({ percent: 99, within: Duration.millis(500) }),
 * });
 */
@checked
export class LatencyObjective {
  /**
   * @param options the share, and the time.
   */
  public static of(options: LatencyObjectiveOptions): LatencyObjective {
    return new LatencyObjective(options);
  }

  private constructor(private readonly options: LatencyObjectiveOptions) {}

  /** @internal */
  public _resolve(site: Site, days: number): { percent: number; days: number; budget: number; milliseconds: number } {
    const { percent, within } = this.options;
    const milliseconds = within.toMilliseconds({ integral: false });
    if (!BUCKETS.includes(milliseconds)) {
      const [below, above] = [BUCKETS.filter(bound => bound < milliseconds).at(-1), BUCKETS.find(bound => bound > milliseconds)];
      const nearest = [below, above].filter(bound => bound !== undefined).map(bound => `Duration.millis(${bound})`).join(' or ');
      site.in('within').fail('InvalidDuration', 'must be one of the bounds at which the proxies count', `${milliseconds} ms`, `Take ${nearest}.`);
    }
    return { ...checkShare(site.in('percent'), percent, days, highestBurn(days)), milliseconds };
  }
}
