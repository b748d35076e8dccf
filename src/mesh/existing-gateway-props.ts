import { GatewayServer } from '../traffic/gateway-server';

/**
 * Properties of `ExistingGateway`.
 */
export interface ExistingGatewayProps {
  /**
   * The namespace of its pods.
   */
  readonly namespace: string;

  /**
   * The ServiceAccount of its pods: the identity that services let in.
   *
   * Istio: `AuthorizationPolicy.rules.from.source.principals`.
   */
  readonly serviceAccount: string;

  /**
   * Labels by which its pods are found, at least one, and no pods but these.
   *
   * Istio: `Gateway.selector`; Kubernetes: `NetworkPolicy` `podSelector`.
   */
  readonly podLabels: { [key: string]: string };

  /**
   * What it listens for, at least one. The Service in front of its pods must have these ports. Beside `gateway` they say what that Gateway has, without
   * certificates.
   *
   * Istio: `Gateway.servers`.
   */
  readonly servers: GatewayServer[];

  /**
   * The Gateway that is there already, as namespace/name: `istio-system/public-gateway`. Its hosts must take routes from the namespaces of what is exposed.
   *
   * Istio: `VirtualService.gateways`.
   *
   * @default - one is written: in the chart's namespace, with the construct's id as name
   */
  readonly gateway?: string;
}
