import { Duration } from 'cdk8s';
import { checkDuration } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * How long the proxy of a pod keeps HTTP streams and connections, whoever is at their other end: a route has no such limits in Istio. At least one.
 * Needs Istio 1.31; an older one leaves them out without a word.
 *
 * Istio: `ProxyConfig.connectionSettings`, in the annotation `proxy.istio.io/config`.
 *
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig-ConnectionSettings
 */
export interface ProxyTimeouts {
  /**
   * After how long a request is given up in which nothing moves in either direction, of the pod's program or to it; at least 1 ms. A request that waits for
   * its answer is one: the client gets a 408 or 504, and of an answer that has begun no more.
   *
   * Istio: `connectionSettings.httpStreamIdleTimeout`.
   *
   * @default - never
   */
  readonly streamIdle?: Duration;

  /**
   * After how long a request of the pod's program is given up whatever moves, a stream of gRPC too; at least 1 ms. Not one to the pod: istiod switches the
   * limit off for those (istio/istio pilot/pkg/networking/core/route/route.go, BuildDefaultHTTPInboundRoute). A call with a longer `timeout` is refused
   * (`IneffectiveTimeout`, at synth).
   *
   * Istio: `connectionSettings.httpMaxStreamDuration`.
   *
   * @default - never
   */
  readonly stream?: Duration;

  /**
   * After how long a connection is closed that has no request, of the pod's program or to the pod; at least 1 ms. The other side is told, and it ends five seconds later. Those that the proxy itself opens to a
   * server are for that server's DestinationRule to say.
   *
   * Istio: `connectionSettings.httpIdleTimeout`.
   *
   * @default - one hour
   */
  readonly connectionIdle?: Duration;
}

const FIELDS = { streamIdle: 'httpStreamIdleTimeout', stream: 'httpMaxStreamDuration', connectionIdle: 'httpIdleTimeout' } as const;
const LIMITS = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

export function checkProxyTimeouts(site: Site, timeouts: ProxyTimeouts): void {
  if (LIMITS.every(limit => timeouts[limit] === undefined)) {
    site.fail('InvalidProxy', 'must say at least one', timeouts, 'Say streamIdle, stream or connectionIdle, or leave it out.');
  }
  LIMITS.forEach(limit => timeouts[limit] && checkDuration(site.in(limit), timeouts[limit]));
}

export function connectionSettingsOf(timeouts: ProxyTimeouts): { [field: string]: string } {
  return Object.fromEntries(LIMITS.filter(limit => timeouts[limit]).map(limit => [FIELDS[limit], `${timeouts[limit]!.toMilliseconds() / 1000}s`]));
}
