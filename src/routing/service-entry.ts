import { isBlock } from '../graph/cidr';
import { MeshPort } from '../graph/mesh-port';
import { EndpointManifest, ServiceEntrySpec } from '../manifests/istio-networking';

/** Something outside the mesh, and what is known of where it is. */
export interface Outside {
  readonly host: string;
  readonly wildcard: boolean;
  readonly ports: MeshPort[];
  readonly addresses?: string[];
  readonly endpoints?: EndpointManifest[];
  /** The name that is looked up in the place of its own. */
  readonly foundAt?: string;
  readonly exportTo: string[];
}

export function serviceEntrySpec({ host, wildcard, ports, addresses, endpoints, foundAt, exportTo }: Outside): ServiceEntrySpec {
  return {
    hosts: [host],
    addresses,
    location: 'MESH_EXTERNAL',
    resolution: foundAt === undefined ? resolutionOf(wildcard, addresses, endpoints) : 'DNS',
    ports: ports.filter(port => !port._isUdp).map(port => ({
      number: port.port,
      name: port.name,
      protocol: port._protocol.toUpperCase(),
      targetPort: port.targetPort === port.port ? undefined : port.targetPort,
    })),
    endpoints: foundAt === undefined ? endpoints : [{ address: foundAt }],
    exportTo,
  };
}

/**
 * The proxy looks up the name by itself wherever it can, so that a program cannot name one host and connect to another. Of blocks of
 * addresses it cannot: there the connection goes where the program wanted. Nor of a wildcard: with DYNAMIC_DNS, which could, the
 * AuthorizationPolicy of the client's own pods is asked about what goes out of them, and every client of ours has one.
 *
 * Upstream: istio/istio pkg/config/validation/validation.go, ValidateServiceEntry; pilot/pkg/networking/core/networkfilter.go,
 * buildCompleteNetworkFilters (authz.NewBuilderForService for an outbound listener).
 */
function resolutionOf(wildcard: boolean, addresses: string[] = [], endpoints?: EndpointManifest[]): string {
  if (endpoints) {
    return 'STATIC';
  }
  return wildcard || addresses.some(isBlock) ? 'NONE' : 'DNS';
}
