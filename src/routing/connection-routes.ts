import { Destinations, RouteTable } from './virtual-service';
import { MeshPort } from '../graph/mesh-port';
import { VirtualServiceSpec } from '../manifests/istio-networking';

/** What a gateway knows connections by: its port, and where they are TLS that goes through, the name within. */
export interface Connections {
  readonly port: number;
  readonly sniHosts?: string[];
}

/**
 * The one route for all connections that a gateway leads to a port of a service, with the service's shares: there are no requests that more could be told
 * apart by. The match has the port of the Gateway's server, and not that of its pods.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/gateway.go, buildGatewayNetworkFiltersFromTCPRoutes and buildGatewayNetworkFiltersFromTLSRoutes.
 */
export function connectionRoutes(table: RouteTable, to: MeshPort, { port, sniHosts }: Connections): Pick<VirtualServiceSpec, 'tls' | 'tcp'> {
  const destinations = new Destinations(table.host, table.ports.length > 1 ? to.port : undefined);
  const route = destinations.of(table.routes.find(({ match }) => !match) ?? { name: 'default', split: [] });
  return sniHosts ? { tls: [{ match: [{ port, sniHosts }], route }] } : { tcp: [{ match: [{ port }], route }] };
}
