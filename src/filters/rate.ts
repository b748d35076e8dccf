import { Duration } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Options for a `Rate`.
 */
export interface RateOptions {
  /**
   * How many requests may come at once after a pause, from 1 to 4294967295: the tokens that the bucket holds.
   *
   * Envoy: `TokenBucket.max_tokens`.
   *
   * @default - the rate's own number
   */
  readonly burst?: number;
}

/** As `envoy.type.v3.TokenBucket` is written. */
export interface TokenBucketManifest {
  max_tokens: number;
  tokens_per_fill: number;
  fill_interval: string;
}

/**
 * How many requests in how long. It is a bucket of tokens: it is full at the beginning, each request takes one, and it fills evenly: ten in a second are one in
 * a tenth of a second. A request that finds none is over the limit.
 *
 * Envoy: `TokenBucket`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/v3/token_bucket.proto
 */
@checked
export class Rate {
  /**
   * @param requests from 1 to 4294967295.
   *
   * @example
   * Rate.perSecond(10, { burst: 20 });
   */
  public static perSecond(requests: number, options: RateOptions = {}): Rate {
    return new Rate(requests, Duration.seconds(1), options.burst);
  }

  /**
   * @param requests from 1 to 4294967295.
   *
   * @example
   * Rate.perMinute(30);
   */
  public static perMinute(requests: number, options: RateOptions = {}): Rate {
    return new Rate(requests, Duration.minutes(1), options.burst);
  }

  /**
   * @param interval 50 ms at least, in whole milliseconds.
   * @param requests from 1 to 4294967295.
   *
   * @example
   * Rate.every(Duration.hours(1), 500);
   */
  public static every(interval: Duration, requests: number, options: RateOptions = {}): Rate {
    return new Rate(requests, interval, options.burst);
  }

  private constructor(private readonly requests: number, private readonly interval: Duration, private readonly burst?: number) {}

  /** @internal */
  public _toManifest(site: Site): TokenBucketManifest {
    const tokens = checkInteger(site.in('requests'), this.requests, 1, 4294967295, 'InvalidRate', 'Leave the limit out, or refuse the requests: a limit of none is no limit.');
    const burst = this.burst === undefined ? tokens : checkInteger(site.in('burst'), this.burst, 1, 4294967295, 'InvalidRate', 'Write how many requests may come at once.');
    const interval = checkDuration(site.in('interval'), this.interval);
    if (this.interval.toMilliseconds() < 50) {
      // envoyproxy/envoy source/extensions/filters/common/local_ratelimit/local_ratelimit_impl.cc: the proxy refuses its whole listener
      site.in('interval').fail('InvalidRate', 'must be 50 milliseconds at least', interval, 'Ask for as many more in a longer time: Rate.perSecond(100).');
    }
    return { max_tokens: burst, tokens_per_fill: tokens, fill_interval: interval };
  }
}
