import { FaultInjection } from '../traffic/fault-injection';
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

  /**
   * Failures that the clients' proxies make up for these requests, whoever asks. Of several delays, and of several aborts, a request meets with the first
   * that is for it; those of its client's call come first.
   *
   * Istio: `VirtualService.http.fault`.
   *
   * @default - none
   */
  readonly faults?: FaultInjection[];
}
