import { MeshPort } from '../graph/mesh-port';
import { CircuitBreaker } from '../traffic/circuit-breaker';
import { LoadBalancing } from '../traffic/load-balancing';
import { WorkloadProps } from '../workload/workload-props';

/**
 * Properties of `MeshService`.
 */
export interface MeshServiceProps extends WorkloadProps {
  /**
   * The ports of the service, at least one, each with a name of its own.
   */
  readonly ports: MeshPort[];

  /**
   * The name of everything that the service becomes: its Deployment, Service, ServiceAccount and policies. It starts
   * with a letter and has at most 63 lower case letters, digits and dashes.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * The label `version` of the pods, by which a release tells them from the new ones: a name such as `v1`, not the
   * image's tag. It is part of the Deployment's selector, which Kubernetes does not let you change: a release ends
   * by changing `image`, not this.
   *
   * Istio: `DestinationRule.subsets.name`.
   *
   * @default - v1
   */
  readonly version?: string;

  /**
   * How the clients pick a pod.
   *
   * Istio: `DestinationRule.trafficPolicy.loadBalancer`.
   *
   * @default - the mesh's default: of two random pods the one with fewer open requests, wherever they run
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * When the clients leave out a failing pod.
   *
   * Istio: `DestinationRule.trafficPolicy.outlierDetection`.
   *
   * @default - never
   */
  readonly circuitBreaker?: CircuitBreaker;
}
