import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { MeshDestination } from '../graph/mesh-destination';
import { Percent } from '../traffic/percent';

/**
 * How many requests of a route are copied.
 */
export interface RouteMirrorOptions {
  /**
   * The share of the route's requests, drawn for each one: more than 0, in steps of 0.0001.
   *
   * Istio: `HTTPMirrorPolicy.percentage`.
   *
   * @default - all of them
   */
  readonly share?: Percent;
}

/**
 * How many requests of a route are copied to another service, and to which port of it.
 */
export interface ServiceMirrorOptions extends RouteMirrorOptions {
  /**
   * The name of the port that gets the copies.
   *
   * Istio: `HTTPMirrorPolicy.destination.port`.
   *
   * @default - of each port that the route is for the one of the same name, or else the only one that speaks HTTP
   */
  readonly port?: string;
}

/**
 * Where copies of a route's requests go, beside the requests themselves. What the copy is answered is thrown away, and the client waits for nothing more.
 * A copy of a POST happens: copy only what may happen twice. It bears the path and the headers that the server gets, its `Host` too; an installation with
 * `DISABLE_SHADOW_HOST_SUFFIX=false` puts `-shadow` behind that.
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
    return new RouteMirror({ version }, { ...options });
  }

  /**
   * Copies to another service of this app. Each client's proxy, and that of a gateway which exposes the requests, sends the copy with the client's identity: the
   * other service lets in who may ask for these requests, for what the route is for and no more, and so do its network, the client's network and the
   * client's Sidecar. No call is to be declared for it, and a declared one to the same requests must not ask for a token.
   *
   * The copy goes to the pods of the version that has the requests of the other service which no route of its takes: of a release to its own, until another one
   * has all of them. Routes, faults and mirrors of the other service are not asked, so that no copy is copied again.
   *
   * @param service a `MeshService`, an `ExistingService` or a `VirtualMachineService`.
   *
   * @example
   * const audit = new MeshService(chart, 'audit', { image: 'ghcr.io/acme/audit:1.0.0', ports: [MeshPort.grpc(50051)] });
   * orders.addRoute('placed', { match: [RouteMatch.grpc('orders.v1.Orders', 'Place')], mirrors: [RouteMirror.to(audit, { share: Percent.of(10) })] });
   */
  public static to(service: MeshDestination, options: ServiceMirrorOptions = {}): RouteMirror {
    const { port, ...rest } = options;
    return new RouteMirror({ service, port }, rest);
  }

  private constructor(private readonly target: Target, private readonly options: RouteMirrorOptions) {}

  /** @internal */
  public get _version(): string | undefined {
    return 'version' in this.target ? this.target.version : undefined;
  }

  /**
   * The other service, and the port of it that was named.
   *
   * @internal
   */
  public get _other(): { readonly service: MeshDestination; readonly port?: string } | undefined {
    return 'service' in this.target ? this.target : undefined;
  }

  /** @internal */
  public _percent(site: Site): number {
    const percent = this.options.share?._toNumber(site.in('share')) ?? 100;
    if (percent === 0) {
      site.in('share').fail('InvalidPercent', 'must be more than 0', percent, 'Leave the mirror out to copy nothing.');
    }
    return percent;
  }
}

type Target = { readonly version: string } | { readonly service: MeshDestination; readonly port?: string };
