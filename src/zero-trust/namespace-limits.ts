import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';

/**
 * What one container of a namespace may use at most.
 */
export interface ContainerLimits {
  /**
   * At least the limit of the mesh proxies: 2 CPUs, unless `proxy` of the services says less.
   *
   * Kubernetes: `LimitRange.spec.limits.max.cpu`.
   *
   * @default - 4 CPUs
   */
  readonly maxCpu?: kplus.Cpu;

  /**
   * At least the limit of the mesh proxies: 1Gi, unless `proxy` of the services says less.
   *
   * Kubernetes: `LimitRange.spec.limits.max.memory`.
   *
   * @default - 8Gi
   */
  readonly maxMemory?: Size;
}

/**
 * What all the pods of a namespace may use together. Each pod counts with its mesh proxy: requests of 100m CPU and
 * 128Mi, limits of 2 CPUs and 1Gi, unless `proxy` of its service says otherwise.
 */
export interface NamespaceQuota {
  /**
   * Kubernetes: `ResourceQuota.spec.hard["requests.cpu"]`.
   *
   * @default - 64 CPUs
   */
  readonly requestsCpu?: kplus.Cpu;

  /**
   * Kubernetes: `ResourceQuota.spec.hard["requests.memory"]`.
   *
   * @default - 128Gi
   */
  readonly requestsMemory?: Size;

  /**
   * Kubernetes: `ResourceQuota.spec.hard["limits.cpu"]`.
   *
   * @default - 512 CPUs
   */
  readonly limitsCpu?: kplus.Cpu;

  /**
   * Kubernetes: `ResourceQuota.spec.hard["limits.memory"]`.
   *
   * @default - 512Gi
   */
  readonly limitsMemory?: Size;

  /**
   * The number of pods.
   *
   * Kubernetes: `ResourceQuota.spec.hard.pods`.
   *
   * @default - 500
   */
  readonly pods?: number;
}
