import { RouteMirror } from './route-mirror';
import { CorsPolicy } from '../traffic/cors-policy';
import { DirectResponse } from '../traffic/direct-response';
import { FaultInjection } from '../traffic/fault-injection';
import { HeaderChanges } from '../traffic/header-changes';
import { Redirect } from '../traffic/redirect';
import { Rewrite } from '../traffic/rewrite';
import { RouteMatch } from '../traffic/route-match';

/**
 * Options for `MeshService.addRoute`. Of `version`, `versions`, `redirect` and `directResponse` there is one at most; without any of them the requests are
 * shared out as those that no route takes, those of a release's testers included.
 */
export interface RouteOptions {
  /**
   * Which requests the route is for: any of these, at least one. They are told by what the client has sent, before anything is changed of it. Of a service with several ports
   * they are those of each port that speaks HTTP; a match by a query or by another method than POST is for none of gRPC.
   *
   * Istio: `VirtualService.http.match`.
   */
  readonly match: RouteMatch[];

  /**
   * The version that gets them: the service's own, or one that a release or a `ServiceVersion` has added.
   *
   * Istio: `VirtualService.http.route.destination.subset`.
   *
   * @default - as for the requests that no route takes
   */
  readonly version?: string;

  /**
   * The versions that get them, each with its share, in whole percents that make 100 together.
   *
   * Istio: `VirtualService.http.route.weight`.
   *
   * @default - as for the requests that no route takes
   */
  readonly versions?: { [version: string]: number };

  /**
   * Another address, to which clients are sent.
   *
   * Istio: `VirtualService.http.redirect`.
   *
   * @default - none
   */
  readonly redirect?: Redirect;

  /**
   * The answer that they get without a server.
   *
   * Istio: `VirtualService.http.directResponse`.
   *
   * @default - the server's
   */
  readonly directResponse?: DirectResponse;

  /**
   * What the server is asked in the place of what the client asked. The server lets in what results, from those whose calls the route takes. With
   * `Rewrite.prefix()` a match is `StringMatch.prefix('/api/')` or `StringMatch.exactly('/api')`.
   *
   * Istio: `VirtualService.http.rewrite`.
   *
   * @default - what the client asked
   */
  readonly rewrite?: Rewrite;

  /**
   * Headers that change on the way to the server, and back; where no server is asked, those of the answer.
   *
   * Istio: `VirtualService.http.headers`.
   *
   * @default - as they were sent
   */
  readonly headers?: HeaderChanges;

  /**
   * Failures that the clients' proxies make up for these requests, whoever asks. Of several delays, and of several aborts, a request meets with the first
   * that is for it; those of its client's call come first.
   *
   * Istio: `VirtualService.http.fault`.
   *
   * @default - none
   */
  readonly faults?: FaultInjection[];

  /**
   * Versions and other services that get copies of the requests, whose answers are thrown away: each once, and no version that gets all of the requests
   * themselves. Copies of a release that is there go on beside these.
   *
   * Istio: `VirtualService.http.mirrors`.
   *
   * @default - nothing is copied but what a release copies
   */
  readonly mirrors?: RouteMirror[];

  /**
   * Which pages of other origins may use what the route is for from a browser: whoever brings the requests, its proxy answers the question that browsers ask
   * before a request. That has neither the request's method nor its headers, so `match` must do without both. Where a `MeshGateway` exposes the same requests
   * by their methods, or for those with a token, the policy is the exposure's to say.
   *
   * Istio: `VirtualService.http.corsPolicy`.
   *
   * @default - the service answers by itself what browsers ask
   */
  readonly cors?: CorsPolicy;
}
