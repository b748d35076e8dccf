/**
 * What of a request's metrics says that it failed, as expressions of Prometheus: no answer and a server's error, and the gRPC codes of a
 * server's failure (UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS), which come with an HTTP code of 200. Of other
 * requests the label `grpc_response_status` is empty.
 *
 * Upstream: istio/proxy source/extensions/filters/http/istio_stats/istio_stats.cc.
 */
export const FAILED_CODES = '0|5..';

export const FAILED_GRPC_CODES = '2|4|13|14|15';
