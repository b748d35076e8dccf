import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AccessOptions } from '../graph/call-options';
import { GatewayServer } from '../traffic/gateway-server';
import { Retries } from '../traffic/retries';
import { Autoscaling } from '../workload/autoscaling';

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
   * name the same.
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
}
