import { ConnectionRouteOptions } from './connection-route-options';
import { MeshWorkload } from './mesh-workload';
import { Reach } from './reach';
import { RouteOptions } from './route-options';
import { serviceCopies } from './service-copies';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { notCallable } from '../graph/port-checks';

/**
 * A service of the mesh with a name of its own, whose requests this app routes, whatever runs it: a `MeshService`, an `ExistingService` or a
 * `VirtualMachineService`. A `MeshGateway` exposes it. Not for subclassing.
 */
@checked
export abstract class RoutedService extends MeshWorkload {
  /**
   * How its clients reach it; nobody calls one without ports.
   *
   * @internal
   */
  protected abstract readonly _reached?: Reach;

  /**
   * The name under which clients of every namespace reach the service: `orders.shop.svc.cluster.local`. A `Mesh` with
   * another `clusterDomain` has to stand before its first use.
   *
   * Throws `NotCallable` for one without ports.
   */
  public get host(): string {
    MeshGraph.of(this).hostRead(this.node.path);
    return this._reach(Site.of(this, 'host')).host;
  }

  /**
   * Says what becomes of some requests: which versions get them, whatever share of the others these have, and what is changed of them; or that no
   * server is asked. Routes are tried in the order in which
   * they are added, before those of a release. At the first stage of a release, whose pods may not be there yet, those to its
   * version go to the service's own.
   *
   * Throws `InvalidName`, `DuplicateRoute`, `EmptyList`, `NotHttp`, `NotCallable`, `InvalidRoute`, the errors of its matches and of what it is given, and at synth
   * `UnknownVersion`, `UnreachableRoute`, `UnresolvedOverlap`, `TreatedTwice`, `UnboundDemand`, `SwallowedToken`, `InvalidRedirect`, `CallToSelf` and `ObjectTooLarge`.
   *
   * @param name names the route in metrics and access logs: a DNS label, unique within the service.
   *
   * @example
   * orders.addRoute('testers', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'v2' });
   */
  public addRoute(name: string, options: RouteOptions): void {
    const site = Site.of(this, `addRoute(${name})`);
    const reach = this._reach(site);
    const copies = serviceCopies(site.in('mirrors'), this, options.mirrors ?? [], (at, other) => other instanceof RoutedService ? other._reach(at) : undefined);
    const { match, rewritten } = reach.addRoute(name, options, copies);
    if (rewritten) {
      this._destination.rewritten = [...this._destination.rewritten ?? [], rewritten];
    }
    const { copied } = MeshGraph.of(this);
    copies.forEach(({ site: at, to, portOf }) => copied.add({ site: at, match, rewritten, calls: () => this._member.incoming, to, portOf }));
  }

  /**
   * Says which versions get some of the connections to a port of which the proxies see no requests: `MeshPort.tcp` and protocols over TCP, by who makes them; and
   * `MeshPort.tls` that says its `sniHosts`, by the name in the TLS, too. Routes are tried in the order in which they are added, and what none takes has the shares of the
   * versions, or of a release. It opens nothing: who may connect is for `calls` to say.
   *
   * Throws `InvalidName`, `DuplicateRoute`, `InvalidRoute`, `UnknownPort`, `AmbiguousPort`, `EmptyList`, `InvalidHost`, `InvalidWeights`, `OtherApp`, `NotOurs`, `CallToSelf`, `NotCallable`,
   * `HeadlessService`, `InvalidLoadBalancing`, and at synth `UnknownVersion`, `UndeclaredCall`, `InvalidHost`, `UnreachableRoute` and `UnsupportedByEngine`.
   *
   * Istio: `VirtualService.tcp` and `VirtualService.tls`.
   *
   * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSRoute
   *
   * @param name names the route in errors: a DNS label, unique among these routes of the service.
   *
   * @example
   * const ledger = new MeshService(chart, 'ledger', { image: 'ghcr.io/acme/ledger:1.0.0', ports: [MeshPort.tcp(5432)] });
   * new ServiceVersion(chart, 'replica', { service: ledger });
   * frontend.calls(ledger);
   * ledger.addConnectionRoute('readers', { clients: [frontend], version: 'replica' });
   */
  public addConnectionRoute(name: string, options: ConnectionRouteOptions): void {
    this._reach(Site.of(this, `addConnectionRoute(${name})`)).addConnectionRoute(name, options);
  }

  /**
   * How clients reach it; fails for one that is not called.
   *
   * @internal
   */
  public _reach(site: Site): Reach {
    return this._reached ?? notCallable(site, this.name);
  }
}
