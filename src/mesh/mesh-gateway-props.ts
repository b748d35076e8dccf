import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { registerEnums } from '../diagnostics/type-fit';
import { AccessOptions } from '../graph/call-options';
import { CallChain } from '../traffic/call-chain';
import { CorsPolicy } from '../traffic/cors-policy';
import { GatewayServer } from '../traffic/gateway-server';
import { HeaderChanges } from '../traffic/header-changes';
import { Retries } from '../traffic/retries';
import { Rewrite } from '../traffic/rewrite';
import { Autoscaling } from '../workload/autoscaling';

/**
 * Whether what comes from outside may be sent on from one node of the cluster to another.
 *
 * Kubernetes: `Service.spec.externalTrafficPolicy`.
 *
 * @see https://kubernetes.io/docs/reference/networking/virtual-ips/#external-traffic-policy
 */
export enum ExternalTrafficPolicy {
  /** It may: every node takes it, and the address of the node stands in the place of the client's. */
  CLUSTER = 'Cluster',
  /** It goes to pods of the node that it came to, and bears the client's address. Nodes without such pods take none. */
  LOCAL = 'Local',
}

registerEnums({ ExternalTrafficPolicy });

/**
 * Properties of `MeshGateway`.
 */
export interface MeshGatewayProps {
  /**
   * What it listens for, at least one.
   *
   * Istio: `Gateway.servers`.
   */
  readonly servers: GatewayServer[];

  /**
   * How it is reached from outside. Each port of the servers is one of the Service.
   *
   * Kubernetes: `Service.spec.type`.
   *
   * @default - kplus.ServiceType.LOAD_BALANCER
   */
  readonly serviceType?: kplus.ServiceType;

  /**
   * Annotations of the Service: what a cloud's load balancer goes by.
   *
   * @default - none
   */
  readonly serviceAnnotations?: { [key: string]: string };

  /**
   * Whether what comes from outside may be sent on between nodes, and lose its address.
   *
   * Kubernetes: `Service.spec.externalTrafficPolicy`.
   *
   * @default - Kubernetes' own: ExternalTrafficPolicy.CLUSTER
   */
  readonly externalTrafficPolicy?: ExternalTrafficPolicy;

  /**
   * How many proxies stand between the clients and the gateway that write the client's address into `X-Forwarded-For`, as load balancers of HTTP do: 1 to 100. The gateway believes
   * as many of its entries, counted from the end. Somebody who reaches the gateway past these proxies could write any address: let the network keep him out.
   *
   * Istio: `ProxyConfig.gatewayTopology.numTrustedProxies`.
   *
   * @default - none: a client is where its connection comes from
   */
  readonly trustedProxies?: number;

  /**
   * How many pods run, 1 to 1000. Not beside `autoscaling`.
   *
   * @default - 3
   */
  readonly replicas?: number;

  /**
   * Who says how many pods run.
   *
   * @default - nobody: there are `replicas`
   */
  readonly autoscaling?: Autoscaling;

  /**
   * What a pod asks for and may use.
   *
   * @default - Istio's own: 100m CPU and 128Mi, at most 2 CPUs and 1Gi
   */
  readonly resources?: kplus.ContainerResources;
}

/**
 * What may be asked of a service through a gateway, and how.
 */
export interface ExposureOptions extends AccessOptions {
  /**
   * The hosts that clients ask for, at least one: each is that of a server of the gateway, or below a server's wildcard. Several exposures of one service
   * name the same. `*`, of a server that has it, is whatever is exposed under no name of its own: a host that is exposed by itself gets nothing from it.
   *
   * Of connections it is the name in their TLS (SNI), and all hosts of a server that ends it; what comes in over plain TCP names none.
   *
   * Istio: `VirtualService.hosts`; of TLS that goes through `VirtualService.tls.match.sniHosts`.
   *
   * @default - none: what `GatewayServer.tcp` takes. For everything else they are required
   */
  readonly hosts?: string[];

  /**
   * The port of the gateway to which clients connect, where several of its servers could be meant. Not for requests, which are taken on every
   * port that has a server with the host.
   *
   * Istio: `VirtualService.tcp.match.port`, `VirtualService.tls.match.port`.
   *
   * @default - that of the only server that could be meant
   */
  readonly gatewayPort?: number;

  /**
   * Blocks of addresses from which requests may come, as `203.0.113.0/24`; others get 403. The gateway has to see the addresses of clients: with
   * `externalTrafficPolicy`, `trustedProxies`, or within the cluster.
   *
   * Istio: `AuthorizationPolicy.rules.from.source.notRemoteIpBlocks`, with action DENY.
   *
   * @default - from everywhere
   */
  readonly fromCidrs?: string[];

  /**
   * How long an answer may take, all retries together; at least 1 ms.
   *
   * Istio: `VirtualService.http.timeout`.
   *
   * @default - as long as it takes
   */
  readonly timeout?: Duration;

  /**
   * How often a failed request is sent again.
   *
   * Istio: `VirtualService.http.retries`.
   *
   * @default - twice, when the server has not begun to process the request. Nothing that was answered is repeated
   */
  readonly retries?: Retries;

  /**
   * Whether the service makes calls of its own for these requests: what the mesh's `Budgets` go by. A chain always starts at a gateway.
   *
   * @default - it makes those that it declares
   */
  readonly chain?: CallChain;

  /**
   * What the service is asked in the place of what the client asked for: `paths` are the client's, and the service allows those that result.
   *
   * Istio: `VirtualService.http.rewrite`.
   *
   * @default - the same
   */
  readonly rewrite?: Rewrite;

  /**
   * Which pages of other origins may use it from a browser.
   *
   * Istio: `VirtualService.http.corsPolicy`.
   *
   * @default - the program says; where OPTIONS is not exposed, none
   */
  readonly cors?: CorsPolicy;

  /**
   * Headers that change on the way in and out.
   *
   * Istio: `VirtualService.http.headers`.
   *
   * @default - none
   */
  readonly headers?: HeaderChanges;
}

/**
 * Which requests of some hosts are sent elsewhere.
 */
export interface RedirectedRequests {
  /**
   * The paths, in the syntax of those of an exposure.
   *
   * Istio: `VirtualService.http.match.uri`.
   *
   * @default - all; of a host that is exposed, too, those that are left
   */
  readonly paths?: string[];
}
