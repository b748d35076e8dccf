import * as kplus from 'cdk8s-plus-28';
import { Autoscaling } from '../workload/autoscaling';

/**
 * Properties of `EgressGateway`.
 */
export interface EgressGatewayProps {
  /**
   * How many proxies run, 1 to 1000.
   *
   * Kubernetes: `Deployment.spec.replicas`.
   *
   * @default - 3, or as `autoscaling` says
   */
  readonly replicas?: number;

  /**
   * Who says how many proxies run, in the place of a number.
   *
   * Kubernetes: `HorizontalPodAutoscaler`; KEDA: `ScaledObject`.
   *
   * @default - none
   */
  readonly autoscaling?: Autoscaling;

  /**
   * What each proxy requests and may use.
   *
   * Kubernetes: `containers.resources`.
   *
   * @default - Istio's own: 100m CPU and 128Mi of memory, at most 2 CPU and 1Gi
   */
  readonly resources?: kplus.ContainerResources;
}
