import { Construct } from 'constructs';
import { Call } from './call';
import { millisOf } from './call-budget';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { ProxyOptions } from '../workload/proxy-options';

/**
 * Calls that are given more time than the proxy of their pod gives any request: it would be cut before, with another answer than a timeout's.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/connection_settings.go (max_stream_duration of all routes that leave the pod; route/route.go, setTimeout, gives them none of their own).
 *
 * @param scope the construct that has declared them.
 */
export function cutTimeouts(scope: Construct, { timeouts }: ProxyOptions = {}, calls: Call[]): MeshProblem[] {
  const limit = timeouts?.stream?.toMilliseconds({ integral: false }) ?? Infinity;
  return calls.flatMap(({ server, timeout, retries = [] }) => {
    const tries = retries.map(variant => ['retries.perTryTimeout', variant.retries?.perTryTimeout] as const);
    const cut = [['timeout', timeout] as const, ...tries].find(([, text]) => text !== undefined && millisOf(text) > limit);
    return cut ? [Site.of(scope, `calls(${server.path.split('/').at(-1)})`).in(cut[0]).problem(
      'IneffectiveTimeout', `must not be longer than the ${limit / 1000}s after which the proxy of these pods gives up every request of theirs: proxy.timeouts.stream`, cut[1],
      'Shorten it, or give the proxy a longer limit: that of the call which may take longest.')] : [];
  });
}
