import { registerEnums } from '../diagnostics/type-fit';

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
  /** The answer of a global rate limit, which bears `x-envoy-ratelimited`: without this it is never repeated, whatever its code. That of a `LocalRateLimit` bears none, and goes by its code. */
  RATE_LIMITED = 'envoy-ratelimited',
  /** gRPC status CANCELLED (1). */
  CANCELLED = 'cancelled',
  /** gRPC status DEADLINE_EXCEEDED (4). */
  DEADLINE_EXCEEDED = 'deadline-exceeded',
  /** gRPC status RESOURCE_EXHAUSTED (8). */
  RESOURCE_EXHAUSTED = 'resource-exhausted',
  /** gRPC status INTERNAL (13). */
  INTERNAL = 'internal',
  /** gRPC status UNAVAILABLE (14). */
  UNAVAILABLE = 'unavailable',
}

registerEnums({ RetryOn });

/** The server has not begun with the request: sending it again does nothing twice. */
export const NOT_PROCESSED = [RetryOn.CONNECT_FAILURE, RetryOn.REFUSED_STREAM, RetryOn.RESET_BEFORE_REQUEST];
