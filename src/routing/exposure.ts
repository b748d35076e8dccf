import { HttpRouteManifest } from '../manifests/istio-networking';

/**
 * Whether routes take whatever is left by others of the same host: istiod puts a route for every request behind all others, and has no order
 * for the rest but the age of the VirtualServices.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/route/route.go, SortVHostRoutes and IsCatchAllRoute.
 */
export function takesTheRest(routes: HttpRouteManifest[]): boolean {
  return routes.every(({ match }) => !match || match.every(({ uri, method, headers }) => !method && !headers && (!uri || uri.prefix === '/')));
}
