import { checkConditions, checkCodes, noneIsSafe, RetriedRequests, SAFE_METHODS } from './retry-checks';
import { NOT_PROCESSED, RetryOn } from './retry-on';
import { RetryOptions } from './retry-options';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { ErrorCode } from '../diagnostics/error-codes';
import { Site } from '../diagnostics/site';
import { RetryManifest } from '../manifests/istio-networking';

/** What holds where nobody asks for retries: Istio's own default would repeat an answered gRPC call. */
export const UNASKED_RETRIES: RetryManifest = { attempts: 2, retryOn: NOT_PROCESSED.join(',') };

/**
 * How often a failed call is repeated by the client's proxy.
 *
 * Istio: `VirtualService.http.retries`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry
 */
@checked
export class Retries {
  /**
   * Repeats a failed request.
   *
   * @param attempts how often it is sent again after the first try: 1 to 10. Istio: `retries.attempts`.
   *
   * @example
   * Retries.upTo(3, { perTryTimeout: Duration.seconds(1), on: [RetryOn.UNAVAILABLE, RetryOn.GATEWAY_ERROR] });
   * Retries.upTo(2, { codes: [429, 500], backoff: Duration.millis(200) });
   */
  public static upTo(attempts: number, options: RetryOptions = {}): Retries {
    return new Retries(attempts, { ...options, on: options.on && [...options.on], codes: options.codes && [...options.codes] });
  }

  /**
   * Never repeats a request, not even twice when the server has not begun to process it.
   *
   * @example
   * Retries.none();
   */
  public static none(): Retries {
    return new Retries(0);
  }

  private constructor(private readonly attempts: number, private readonly options?: RetryOptions) {}

  /**
   * One variant for each set of methods that is retried in its own way; the last one names none and takes the rest.
   *
   * @internal
   */
  public _toVariants(site: Site, requests: RetriedRequests): RetryVariant[] {
    if (!this.options) {
      return [{ retries: { attempts: 0 } }]; // Istio refuses any other field beside 0 attempts
    }
    const attempts = checkInteger(site.in('attempts'), this.attempts, 1, 10, 'InvalidRetries', 'Retries.none() switches retries off; more than 10 tries multiply an outage.');
    const { on, codes = [], ignorePreviousHosts, remoteLocalities } = this.options;
    const perTryTimeout = this.limitOf(site, 'perTryTimeout', 'IneffectivePerTryTimeout', requests, 'The timeout ends all tries together: shorten the one or lengthen the other.');
    const backoff = this.limitOf(site, 'backoff', 'IneffectiveRetries', requests, 'The timeout ends the pauses too: shorten the one or lengthen the other.');
    if (remoteLocalities && attempts < 2) {
      site.in('remoteLocalities').fail('IneffectiveRetries', 'has no effect on the first retry, which goes where the first try went', remoteLocalities, 'Retry twice or more, or leave it out.');
    }
    checkCodes(site.in('codes'), this.options, requests);
    const policy = (conditions: string[], limit?: string): RetryManifest => ({
      attempts,
      perTryTimeout: limit,
      retryOn: conditions.join(','),
      ...(backoff && { backoff }),
      ...(ignorePreviousHosts !== undefined && { retryIgnorePreviousHosts: ignorePreviousHosts }),
      ...(remoteLocalities && { retryRemoteLocalities: true }),
    });
    if (on) {
      checkConditions(site, on, requests, perTryTimeout);
      return [{ retries: policy([...on, ...codes.map(String)], perTryTimeout) }];
    }
    if (requests.grpc) {
      if (perTryTimeout) {
        site.in('perTryTimeout').fail('IneffectivePerTryTimeout', 'would cut each try without repeating it', perTryTimeout,
          'Say that the calls may happen twice, with on: [RetryOn.GATEWAY_ERROR, RetryOn.UNAVAILABLE], or set the call\'s timeout instead.');
      }
      return [{ retries: policy(NOT_PROCESSED) }];
    }
    if (perTryTimeout && noneIsSafe(requests)) {
      site.in('perTryTimeout').fail('IneffectivePerTryTimeout', 'has no effect: none of the methods is repeated after a try that ran out of time', perTryTimeout,
        `If ${requests.methods!.join(' and ')} may happen twice, say so with on: [RetryOn.GATEWAY_ERROR], or set the call's timeout instead.`);
    }
    return [
      { methods: SAFE_METHODS, retries: policy([...NOT_PROCESSED, RetryOn.GATEWAY_ERROR, ...codes.map(String)], perTryTimeout) },
      { retries: policy(NOT_PROCESSED) },
    ];
  }

  /** A time that has to end before the call's does. */
  private limitOf(site: Site, property: 'perTryTimeout' | 'backoff', code: ErrorCode, { timeout }: RetriedRequests, fix: string): string | undefined {
    const limit = this.options?.[property];
    const checkedLimit = limit && checkDuration(site.in(property), limit);
    if (limit && timeout && limit.toMilliseconds() >= timeout.toMilliseconds({ integral: false })) {
      site.in(property).fail(code, `must be shorter than the call's timeout of ${timeout.toHumanString()}`, checkedLimit, fix);
    }
    return checkedLimit;
  }
}

/** What is retried of some methods. */
export interface RetryVariant {
  readonly methods?: string[];
  readonly retries: RetryManifest;
}
