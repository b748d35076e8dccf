import { HttpMatchManifest, HttpRouteManifest } from '../manifests/istio-networking';
import { isOpen } from '../traffic/match-intersection';

/**
 * Whether routes take whatever is left by others of the same host: istiod puts a route for every request behind all others, and has no order
 * for the rest but the age of the VirtualServices.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/route/route.go, SortVHostRoutes and IsCatchAllRoute.
 */
export function takesTheRest(routes: Pick<HttpRouteManifest, 'match'>[]): boolean {
  return routes.every(({ match }) => !match || match.every(takesAll));
}

/** Whether one of the routes does: beside another's, which of the two is asked would be a matter of their age. */
export function hasOfTheRest(routes: Pick<HttpRouteManifest, 'match'>[]): boolean {
  return routes.some(({ match }) => !match || match.some(takesAll));
}

function takesAll({ uri, ...rest }: HttpMatchManifest): boolean {
  return isOpen({ ...rest, ignoreUriCase: undefined }) && (!uri || uri.prefix === '/');
}
