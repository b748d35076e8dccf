import { EgressGateway } from './egress-gateway';
import { MeshPort } from '../graph/mesh-port';
import { Endpoint } from '../traffic/endpoint';
import { HostTrafficProps } from '../traffic/traffic-policy-props';

/**
 * Properties of `ExternalService`.
 */
export interface ExternalServiceProps extends HostTrafficProps {
  /**
   * The fully qualified name under which it is reached: `api.stripe.com`. Or, without ports of TCP, all names below one:
   * `*.s3.amazonaws.com`. Then a connection that bears one of them goes to the address that the program looked up, which nobody compares with
   * the name: `cidrs` bound it. Where one host answers for all of them, `servedBy` does better.
   *
   * Istio: `ServiceEntry.hosts`, of a wildcard with `resolution: NONE`.
   */
  readonly host: string;

  /**
   * Of a wildcard, the one host that answers for all of its names: `www.wikipedia.org` for `*.wikipedia.org`. The proxies look up this one, so no connection
   * goes elsewhere, and a gateway can lead there (`through`). Within the connection it is the program's name that is asked for.
   *
   * Istio: `ServiceEntry.endpoints`, with `resolution: DNS`.
   *
   * @see https://istio.io/latest/docs/tasks/traffic-management/egress/wildcard-egress-hosts/#wildcard-configuration-for-a-single-hosting-server
   *
   * @default - none: each connection goes to the address that the program looked up
   */
  readonly servedBy?: string;

  /**
   * The name of a Service of the chart's namespace that stands for the host: programs ask for `http://httpbin` or `http://httpbin.shop`, and the host is asked by its
   * own name, with all that holds for it. For whoever declares no call it is a name of DNS and no more.
   *
   * For ports of HTTP alone: a certificate bears the host's own name, and a connection over TCP none. Not of a wildcard, nor with `endpoints`, which a lookup does not find.
   *
   * Kubernetes: a Service of type ExternalName; Istio: `VirtualService.http.rewrite.authority`.
   *
   * @see https://istio.io/latest/docs/tasks/traffic-management/egress/egress-kubernetes-services/
   *
   * @default - none: it is reached by its own name
   */
  readonly alias?: string;

  /**
   * Its ports: `MeshPort.tls(443)` when the program speaks HTTPS itself, `MeshPort.http(80, { tls: TlsOrigination.simple() })` when it
   * speaks plain HTTP and its proxy is to encrypt, `MeshPort.tcp(5432)` for a database.
   *
   * Istio: `ServiceEntry.ports`.
   */
  readonly ports: MeshPort[];

  /**
   * The addresses to which the network lets the callers through, each with its mask: IPv4 or IPv6. With `endpoints`, all of them are among these.
   *
   * Kubernetes: `NetworkPolicy.spec.egress.to.ipBlock`.
   *
   * @default - those of `endpoints`, or else of `addresses`; without both, every public IPv4 address, or as `Mesh.externalEgress`
   * says those of the name. On the service's ports
   */
  readonly cidrs?: string[];

  /**
   * The addresses to which a program connects when it means this host: single ones, IPv4 or IPv6, or blocks of them. A connection over TCP
   * is known by them alone. To a single address the proxy connects where the name leads, to one of a block where the program wanted to.
   *
   * Istio: `ServiceEntry.addresses`, and with a block `resolution: NONE`.
   *
   * @default - any, where the proxy can tell the host by name: of HTTP and TLS. With a port of TCP or with `endpoints`, one that the mesh
   * allocates and that the proxies of the callers, which then answer the program's DNS, give it in the place of the real one
   */
  readonly addresses?: string[];

  /**
   * Where it is: addresses, among which the callers' proxies balance. The name need not be in any DNS.
   *
   * Istio: `ServiceEntry.endpoints`, `resolution: STATIC`.
   *
   * @default - where the name leads: the proxies look it up
   */
  readonly endpoints?: Endpoint[];

  /**
   * The gateway through which alone its callers reach it: they say to the gateway who they are, and it lets out what they have declared. The network
   * opens the outside to the gateway, and the gateway to the callers. With `tls` of a port it is the gateway that speaks it.
   *
   * Not with a wildcard without `servedBy`, a port of UDP or gRPC-Web, or a block of `addresses`. In the namespace of one gateway a host is described once, for all callers.
   *
   * Istio: `VirtualService` in two steps.
   *
   * @see https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/
   *
   * @default - none: the callers' own proxies go there
   */
  readonly through?: EgressGateway;
}
