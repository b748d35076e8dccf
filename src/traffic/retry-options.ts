import { Duration } from 'cdk8s';
import { RetryOn } from './retry-on';

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
   * The failures after which a request is sent again, WHATEVER its method: list them, each once, for calls that may
   * safely happen twice.
   *
   * Istio: `retries.retryOn`.
   *
   * @default - requests that the server has not begun to process; GET, HEAD and OPTIONS over HTTP also after
   * 502, 503, 504, a broken connection and a try that ran out of time. A POST that was answered is never repeated.
   */
  readonly on?: RetryOn[];

  /**
   * Answers after which a request is sent again as well: HTTP codes of 400 to 599 that the server itself gives. What a broken connection
   * becomes for the client is no answer of the server's. Without `on` they hold for GET, HEAD and OPTIONS.
   *
   * Istio: `retries.retryOn`; Envoy: `retriable_status_codes`.
   *
   * @default - none beside those that the conditions name
   */
  readonly codes?: number[];

  /**
   * The base of the pauses between tries: at least 1 ms and less than the call's `timeout`. Each pause is drawn at random from nothing to the base,
   * which doubles with each retry up to ten times of what it was: so clients that failed together do not come back together.
   *
   * Istio: `retries.backoff`; Envoy: `retry_back_off.base_interval`.
   *
   * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-max-retries
   *
   * @default - 25 ms
   */
  readonly backoff?: Duration;

  /**
   * Whether a retry goes to another pod than those that were tried, as long as there is one. Where a hash picks the pod, `true` sends it on to the next one,
   * which does not know the user.
   *
   * Istio: `retries.retryIgnorePreviousHosts`.
   *
   * @default - true; false where a hash picks the pod (`LoadBalancing.byHeader` and its like)
   */
  readonly ignorePreviousHosts?: boolean;

  /**
   * Whether retries leave the zone of the client: the first try and the first retry go where the server's `Locality` says, the second and third leave out
   * the zones that were tried. Needs at least 2 attempts, and a server whose clients keep to their zone.
   *
   * Istio: `retries.retryRemoteLocalities`; Envoy: `envoy.retry_priorities.previous_priorities` with an `update_frequency` of 2.
   *
   * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.proto
   *
   * @default - false
   */
  readonly remoteLocalities?: boolean;
}
