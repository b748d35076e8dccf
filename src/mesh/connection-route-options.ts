import { MeshWorkload } from './mesh-workload';

/**
 * Options for `MeshService.addConnectionRoute`: `version` or `versions`, and what the route is for, `clients`, `sniHosts` or both.
 */
export interface ConnectionRouteOptions {
  /**
   * The name of the port, one on which the proxies see connections and no requests.
   *
   * Istio: `VirtualService.tcp.match.port` and `VirtualService.tls.match.port`.
   *
   * @default - the service's only such port; a service with several needs it
   */
  readonly port?: string;

  /**
   * The names in the TLS: any of these, each one of the port's `sniHosts`, below one of its wildcards, or the service's own host. Of several names that a connection
   * bears the closest counts, whichever route it is in: `pay.example.com` before `*.example.com`. Not of plain TCP, which bears no name.
   *
   * Istio: `VirtualService.tls.match.sniHosts`.
   *
   * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSMatchAttributes
   *
   * @default - all names of the port
   */
  readonly sniHosts?: string[];

  /**
   * Who makes the connections: any of these, each of which calls the port. Nothing is for a gateway, or for what another app describes.
   *
   * Istio: `sourceNamespace` and `sourceLabels` of `VirtualService.tcp.match` and `VirtualService.tls.match`.
   *
   * @default - whoever calls the port
   */
  readonly clients?: MeshWorkload[];

  /**
   * The version that gets them: the service's own, or one that a release or a `ServiceVersion` has added.
   *
   * Istio: `route.destination.subset`.
   *
   * @default - versions
   */
  readonly version?: string;

  /**
   * The versions that get them, each with its share, in whole percents that make 100 together.
   *
   * Istio: `route.weight`.
   *
   * @default - version
   */
  readonly versions?: { [version: string]: number };
}
