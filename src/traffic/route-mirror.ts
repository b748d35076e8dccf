import { Percent } from './percent';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

/**
 * How many requests of a route are copied.
 */
export interface RouteMirrorOptions {
  /**
   * The share of the route's requests, drawn for each one: more than 0.
   *
   * Istio: `HTTPMirrorPolicy.percentage`.
   *
   * @default - all of them
   */
  readonly share?: Percent;
}

/**
 * Where copies of a route's requests go, beside the requests themselves. What the copy is answered is thrown away, and the client waits for nothing more.
 * A copy of a POST happens: copy only what may happen twice. Its `Host` ends in `-shadow`.
 *
 * Istio: `VirtualService.http.mirrors`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMirrorPolicy
 */
@checked
export class RouteMirror {
  /**
   * Copies to a version of the same service: its own, or one that a release by commits or a `ServiceVersion` has added. Nothing is copied to a version that a
   * release tries while its first stage is in force, nor to one that a release gives all of these requests.
   *
   * @example
   * new CanaryRelease(chart, 'orders-1-5', { service: orders, image: 'ghcr.io/acme/orders:1.5.0', stages: [0, 10, 100] });
   * orders.addRoute('lists', { match: [RouteMatch.method(StringMatch.exactly('GET'))], mirrors: [RouteMirror.toVersion('v2', { share: Percent.of(20) })] });
   */
  public static toVersion(version: string, options: RouteMirrorOptions = {}): RouteMirror {
    return new RouteMirror(version, { ...options });
  }

  private constructor(private readonly version: string, private readonly options: RouteMirrorOptions) {}

  /** @internal */
  public _resolve(site: Site): { subset: string; percent: number } {
    const percent = this.options.share?._toNumber(site.in('share')) ?? 100;
    if (percent === 0) {
      site.in('share').fail('InvalidPercent', 'must be more than 0', percent, 'Leave the mirror out to copy nothing.');
    }
    return { subset: this.version, percent };
  }
}
