import { RouteMatch } from '../traffic/route-match';

/**
 * Options for `MeshService.addRoute`.
 */
export interface RouteOptions {
  /**
   * Which requests the route is for: any of these, at least one.
   */
  readonly match: RouteMatch[];

  /**
   * The version that gets them: the service's own, or one that a release or a `ServiceVersion` has added.
   *
   * Istio: `VirtualService.http.route.destination.subset`.
   */
  readonly version: string;
}
