import { Duration } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-check';
import { RetryManifest } from '../manifests/istio-networking';

/**
 * What a failed request must have met with to be sent again.
 *
 * Istio: `VirtualService.http.retries.retryOn`; Envoy: `x-envoy-retry-on` and `x-envoy-retry-grpc-on`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on
 */
export enum RetryOn {
  /** No connection could be made: the server has not seen the request. */
  CONNECT_FAILURE = 'connect-failure',
  /** The server refused the HTTP/2 stream (REFUSED_STREAM): it has not processed the request. */
  REFUSED_STREAM = 'refused-stream',
  /** The connection broke before the request's headers were sent. */
  RESET_BEFORE_REQUEST = 'reset-before-request',
  /** The connection broke without an answer: the server may have processed the request. */
  RESET = 'reset',
  /** Answers 502, 503 and 504, a broken connection, and a try that ran out of time. */
  GATEWAY_ERROR = 'gateway-error',
  /** Every answer of 500 and above, a broken connection, and a try that ran out of time. */
  SERVER_ERROR = '5xx',
  /** gRPC status CANCELLED (1). */
  CANCELLED = 'cancelled',
  /** gRPC status DEADLINE_EXCEEDED (4). */
  DEADLINE_EXCEEDED = 'deadline-exceeded',
  /** gRPC status RESOURCE_EXHAUSTED (8). */
  RESOURCE_EXHAUSTED = 'resource-exhausted',
  /** gRPC status UNAVAILABLE (14). */
  UNAVAILABLE = 'unavailable',
}

registerEnums({ RetryOn });

/** The server has not begun with the request: sending it again does nothing twice. */
const NOT_PROCESSED = [RetryOn.CONNECT_FAILURE, RetryOn.REFUSED_STREAM, RetryOn.RESET_BEFORE_REQUEST];

/** What holds where nobody asks for retries: Istio's own default would repeat an answered gRPC call. */
export const UNASKED_RETRIES: RetryManifest = policy(2, NOT_PROCESSED);

/**
 * A try that runs out of time counts as a reset, which only these conditions take up
 * (envoy source/common/router/retry_state_impl.cc, RetryStateImpl::wouldRetryFromReset).
 */
const TAKES_UP_TIMEOUTS = [RetryOn.GATEWAY_ERROR, RetryOn.SERVER_ERROR, RetryOn.RESET];

const GRPC_CODES = [RetryOn.CANCELLED, RetryOn.DEADLINE_EXCEEDED, RetryOn.RESOURCE_EXHAUSTED, RetryOn.UNAVAILABLE];

/** Methods that change nothing on the server (RFC 9110, 9.2.1). */
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Options for `Retries.upTo`.
 */
export interface RetryOptions {
  /**
   * How long one try may take, the first included; at least 1 ms and less than the call's `timeout`, which ends all
   * tries together. Without `on` it holds for GET, HEAD and OPTIONS: a try of another method is not repeated when it
   * runs out of time, and is not cut.
   *
   * Istio: `retries.perTryTimeout`.
   *
   * @default - each try may use what is left of the call's timeout
   */
  readonly perTryTimeout?: Duration;

  /**
   * The failures after which a request is sent again, WHATEVER its method: list them for calls that may
   * safely happen twice.
   *
   * Istio: `retries.retryOn`.
   *
   * @default - requests that the server has not begun to process; GET, HEAD and OPTIONS over HTTP also after
   * 502, 503, 504, a broken connection and a try that ran out of time. A POST that was answered is never repeated.
   */
  readonly on?: RetryOn[];
}

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
   */
  public static upTo(attempts: number, options: RetryOptions = {}): Retries {
    return new Retries(attempts, { ...options, on: options.on && [...options.on] });
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
  public _toVariants(site: Site, requests: { grpc: boolean; methods?: string[]; timeout?: Duration }): RetryVariant[] {
    if (!this.options) {
      return [{ retries: { attempts: 0 } }]; // Istio refuses any other field beside 0 attempts
    }
    const attempts = checkInteger(site.in('attempts'), this.attempts, 1, 10, 'InvalidRetries', 'Retries.none() switches retries off; more than 10 tries multiply an outage.');
    const perTryTimeout = this.options.perTryTimeout && checkDuration(site.in('perTryTimeout'), this.options.perTryTimeout);
    if (this.options.perTryTimeout && requests.timeout && this.options.perTryTimeout.toMilliseconds() >= requests.timeout.toMilliseconds()) {
      site.in('perTryTimeout').fail('IneffectivePerTryTimeout', `must be shorter than the call's timeout of ${requests.timeout.toHumanString()}`, perTryTimeout,
        'The timeout ends all tries together: shorten the one or lengthen the other.');
    }
    const { on } = this.options;
    if (on) {
      if (on.length === 0) {
        site.in('on').fail('InvalidRetries', 'must list at least one condition', on, 'Leave it out for the safe default, or use Retries.none().');
      }
      if (!requests.grpc && on.every(condition => GRPC_CODES.includes(condition))) {
        site.in('on').fail('InvalidRetries', 'must list a condition that can occur on an HTTP port', on, 'gRPC codes occur on MeshPort.grpc() only: add RetryOn.GATEWAY_ERROR.');
      }
      if (perTryTimeout && !on.some(condition => TAKES_UP_TIMEOUTS.includes(condition))) {
        site.in('perTryTimeout').fail('IneffectivePerTryTimeout', 'would cut each try without repeating it', perTryTimeout,
          `Add RetryOn.GATEWAY_ERROR to "on": none of [${on.join(', ')}] repeats a try that ran out of time.`);
      }
      return [{ retries: policy(attempts, on, perTryTimeout) }];
    }
    if (requests.grpc) {
      if (perTryTimeout) {
        site.in('perTryTimeout').fail('IneffectivePerTryTimeout', 'would cut each try without repeating it', perTryTimeout,
          'Say that the calls may happen twice, with on: [RetryOn.GATEWAY_ERROR, RetryOn.UNAVAILABLE], or set the call\'s timeout instead.');
      }
      return [{ retries: policy(attempts, NOT_PROCESSED) }];
    }
    if (perTryTimeout && requests.methods && !requests.methods.some(method => SAFE_METHODS.includes(method))) {
      site.in('perTryTimeout').fail('IneffectivePerTryTimeout', 'has no effect: none of the methods is repeated after a try that ran out of time', perTryTimeout,
        `If ${requests.methods.join(' and ')} may happen twice, say so with on: [RetryOn.GATEWAY_ERROR], or set the call's timeout instead.`);
    }
    return [
      { methods: SAFE_METHODS, retries: policy(attempts, [...NOT_PROCESSED, RetryOn.GATEWAY_ERROR], perTryTimeout) },
      { retries: policy(attempts, NOT_PROCESSED) },
    ];
  }
}

/** @internal */
export interface RetryVariant {
  readonly methods?: string[];
  readonly retries: RetryManifest;
}

function policy(attempts: number, on: RetryOn[], perTryTimeout?: string): RetryManifest {
  return { attempts, perTryTimeout, retryOn: on.join(',') };
}
