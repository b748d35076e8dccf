import { intersection } from './match-intersection';
import { Call } from '../graph/call';
import { HttpRouteManifest } from '../manifests/istio-networking';

/** Whether a request could be meant by both, as far as it can be told: of two patterns that cannot be compared it could. */
export function overlap(a: Call, b: Call): boolean {
  const methods = !a.methods || !b.methods || a.methods.some(method => b.methods!.includes(method));
  const uris = ({ paths }: Call) => paths?.map(path => path.toUriMatch()) ?? [undefined];
  return methods && uris(a).some(one => uris(b).some(other => !one || !other || intersection(one, other) !== undefined));
}

/**
 * Whether routes take whatever is left by others of the same host: istiod puts a route for every request behind all others, and has no order
 * for the rest but the age of the VirtualServices.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/route/route.go, SortVHostRoutes and IsCatchAllRoute.
 */
export function takesTheRest(routes: HttpRouteManifest[]): boolean {
  return routes.every(({ match }) => !match || match.every(({ uri, method, headers }) => !method && !headers && (!uri || uri.prefix === '/')));
}
