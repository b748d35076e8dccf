import { Destinations, RouteTable, virtualServiceSpec, WeightedTarget } from './virtual-service';
import { MeshPort } from '../graph/mesh-port';
import { sniHostsOf, widestNames } from '../graph/sni-hosts';
import { ConnectionSourceManifest, RouteDestinationManifest, TcpRouteManifest, TlsRouteManifest, VirtualServiceSpec } from '../manifests/istio-networking';
import { isWithin } from '../traffic/gateway-servers';

/** Where some connections to one port of a service go: a contribution of its user's to the one VirtualService of a host. */
export interface ConnectionRoute {
  readonly name: string;
  readonly port: MeshPort;
  /** Those that are named in the TLS; without them all that the port has. */
  readonly sniHosts?: string[];
  /** Who makes them; without it whoever does. */
  readonly sources?: ConnectionSourceManifest[];
  readonly split: WeightedTarget[];
}

/** What a gateway knows connections by: its port, and where they are TLS that goes through, the names within. */
export interface Connections {
  readonly port: number;
  readonly sniHosts?: string[];
  /** The names that it leads elsewhere from the same port. */
  readonly others?: string[];
}

/**
 * All that the mesh's own proxies know of the ways to a service: of its requests, and of its connections.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/tls.go. Of TCP the first route whose client it is takes all that is left. Of TLS there is no way for other names as soon as
 * a route is for the client, and Envoy takes no name in two filter chains: so each match has one name, of which istiod keeps the first.
 */
export function meshRoutes(table: RouteTable, connections: ConnectionRoute[]): VirtualServiceSpec {
  const ports = table.ports.filter(port => !port._isUdp);
  const rest = table.routes.find(({ match }) => !match);
  const of = (port: MeshPort) => ({
    port,
    rest: rest?.split,
    own: connections.filter(route => route.port === port),
    destinations: new Destinations(table.host, ports.length > 1 ? port.port : undefined),
  });
  const tcp = ports.filter(port => !port._isHttp && !port._sniHosts).flatMap(port => tcpRoutes(of(port)));
  const tls = ports.filter(port => port._sniHosts).flatMap(port => tlsRoutes(of(port), table.host));
  const { hosts, ...requests } = virtualServiceSpec(table);
  return { hosts: [...hosts, ...widestNames(ports, table.host)], tls: someOf(tls), tcp: someOf(tcp), ...requests };
}

interface OfPort {
  readonly port: MeshPort;
  readonly own: ConnectionRoute[];
  readonly rest?: WeightedTarget[];
  readonly destinations: Destinations;
}

/** Without shares there is no route for the rest: Istio's own does, and of what cannot be shared (MeshPort._whole) there is no other. */
function tcpRoutes({ port: { port }, own, rest, destinations }: OfPort): TcpRouteManifest[] {
  const routes = own.map(({ sources = [{}], split }) => ({
    match: sources.map(source => ({ port, ...source })), route: ofConnections(destinations, split),
  }));
  return rest ? [...routes, { match: [{ port }], route: ofConnections(destinations, rest) }] : routes;
}

function tlsRoutes({ port, own, rest = [], destinations }: OfPort, host: string): TlsRouteManifest[] {
  const named = own.flatMap(({ sniHosts, sources = [{}], split }) => (sniHosts ?? sniHostsOf(port, host)).map(name => ({
    match: sources.map(source => ({ port: port.port, sniHosts: [name], ...source })), route: ofConnections(destinations, split),
  })));
  return [...named, ...restNames(port, own, host).map(name => ({
    match: [{ port: port.port, sniHosts: [name] }], route: ofConnections(destinations, rest),
  }))];
}

/** The names of a port's that no route takes of everybody. */
export function restNames(port: MeshPort, routes: ConnectionRoute[], host: string): string[] {
  const taken = routes.filter(({ sources }) => !sources).flatMap(({ sniHosts = [] }) => sniHosts);
  return sniHostsOf(port, host).filter(name => !taken.includes(name));
}

/**
 * The routes for all connections that a gateway leads to a port of a service: those of its users for whoever connects, and the service's shares. The match
 * has the port of the Gateway's server, and not that of its pods. A gateway is none of the clients that a route may be for, and istiod does not look whether it is.
 * Each name has a route of its own: of one that has several Argo Rollouts compares the names in any order, and mostly does not find it.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/gateway.go, buildGatewayNetworkFiltersFromTCPRoutes and buildGatewayNetworkFiltersFromTLSRoutes;
 * argoproj/argo-rollouts rollout/trafficrouting/istio/istio.go, searchTlsRoute.
 */
export function exposedConnections(
  table: RouteTable, connections: ConnectionRoute[], to: MeshPort, { port, sniHosts, others = [] }: Connections,
): Pick<VirtualServiceSpec, 'tls' | 'tcp'> {
  const destinations = new Destinations(table.host, table.ports.length > 1 ? to.port : undefined);
  const rest = table.routes.find(({ match }) => !match)?.split ?? [];
  if (!sniHosts) {
    return { tcp: [{ match: [{ port }], route: ofConnections(destinations, rest) }] };
  }
  const own = connections.filter(route => route.port === to && !route.sources);
  const known = own.length === 0 ? [] : [
    ...own.flatMap(route => (route.sniHosts ?? []).map(name => ({ name, split: route.split }))),
    ...restNames(to, own, table.host).map(name => ({ name, split: rest })),
  ];
  const closest = (host: string) => known.filter(({ name }) => isWithin(host, name)).sort((a, b) => b.name.length - a.name.length)[0]?.split ?? rest;
  const length = (name: string, hosts: string[]) => Math.max(0, ...hosts.filter(host => isWithin(name, host)).map(host => host.length));
  const led = [
    ...known.filter(({ name }) => !sniHosts.includes(name) && length(name, sniHosts) > length(name, others)),
    ...sniHosts.map(name => ({ name, split: closest(name) })),
  ];
  return { tls: led.map(({ name, split }) => ({ match: [{ port, sniHosts: [name] }], route: ofConnections(destinations, split) })) };
}

/** A connection has no headers, and so no cookie by which it would be kept. */
function ofConnections(destinations: Destinations, split: WeightedTarget[]): RouteDestinationManifest[] {
  return destinations.of(split.map(({ setCookie, ...target }) => target));
}

function someOf<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}
