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
  readonly exportTo: string[];
}

export function serviceEntrySpec({ host, wildcard, ports, addresses, endpoints, exportTo }: Outside): ServiceEntrySpec {
  return {
    hosts: [host],
    addresses,
    location: 'MESH_EXTERNAL',
    resolution: resolutionOf(wildcard, addresses, endpoints),
    ports: ports.map(port => ({
      number: port.port,
      name: port.name,
      protocol: port._protocol.toUpperCase(),
      targetPort: port.targetPort === port.port ? undefined : port.targetPort,
    })),
    endpoints,
    exportTo,
  };
}

/**
 * The proxy looks up the name by itself wherever it can, so that a program cannot name one host and connect to another: of a wildcard
 * the name that the TLS asks for. Of blocks of addresses it cannot: there the connection goes where the program wanted.
 *
 * Upstream: istio/istio pkg/config/validation/validation.go, ValidateServiceEntry.
 */
function resolutionOf(wildcard: boolean, addresses: string[] = [], endpoints?: EndpointManifest[]): string {
  if (wildcard) {
    return 'DYNAMIC_DNS';
  }
  if (endpoints) {
    return 'STATIC';
  }
  return addresses.some(isBlock) ? 'NONE' : 'DNS';
}
