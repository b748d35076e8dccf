import { Duration } from 'cdk8s';
import { Percent } from './percent';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { RetryBudgetManifest } from '../manifests/istio-networking';

/**
 * Options for `RetryBudget`.
 */
export interface RetryBudgetOptions {
  /**
   * How many retries may be under way in any case, 1 to 4294967295: with few requests the share alone would allow none.
   *
   * Istio: `retryBudget.minRetryConcurrency`.
   *
   * @default - 3
   */
  readonly minConcurrency?: number;

  /**
   * The time within which requests count that have begun; at least 1 ms.
   *
   * Istio: `retryBudget.budgetInterval`.
   *
   * @default - those count that are under way or wait
   */
  readonly interval?: Duration;
}

/**
 * How many retries a client's proxy may have under way, beside the requests themselves: when a service fails as a whole, its clients do not
 * multiply what it has to do. A request that may not be retried is answered with the failure that it met with.
 *
 * Each client's proxy counts for itself, of each version of its own. It takes the place of `maxRetries` of a `ConnectionPool`.
 *
 * Istio: `DestinationRule.trafficPolicy.retryBudget`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#TrafficPolicy-RetryBudget
 */
@checked
export class RetryBudget {
  /**
   * A share of the requests that are under way.
   *
   * @param share 0 to 100 percent. Istio: `retryBudget.percent`.
   *
   * @example
   * RetryBudget.of(Percent.of(20), { minConcurrency: 5 });
   */
  public static of(share: Percent, options: RetryBudgetOptions = {}): RetryBudget {
    return new RetryBudget(share, options);
  }

  private constructor(private readonly share: Percent, private readonly options: RetryBudgetOptions) {}

  /** @internal */
  public _toManifest(site: Site): RetryBudgetManifest {
    const { minConcurrency, interval } = this.options;
    return {
      percent: this.share._toNumber(site.in('share')),
      // 0 is Istio's default of 3 (cluster_traffic_policy.go, applyRetryBudget)
      minRetryConcurrency: minConcurrency === undefined ? undefined : checkInteger(
        site.in('minConcurrency'), minConcurrency, 1, 2 ** 32 - 1, 'InvalidRetries', 'Leave it out for 3; Retries.none() of a call switches retries off.'),
      budgetInterval: interval && checkDuration(site.in('interval'), interval),
    };
  }
}
