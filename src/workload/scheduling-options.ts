import * as kplus from 'cdk8s-plus-28';
import { Spread } from './spread';

/**
 * On which nodes the pods of a service run.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
export interface SchedulingOptions {
  /**
   * What a node has to be labelled with, all of it: `kplus.NodeLabelQuery.is('disk', 'ssd')`. It also holds for whatever
   * `workload.scheduling.attract()` asks for.
   *
   * Kubernetes: `affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`.
   *
   * @default - any node
   */
  readonly nodes?: kplus.NodeLabelQuery[];

  /**
   * Labels of the nodes that are taken first; each counts alike.
   *
   * Kubernetes: `affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution`.
   *
   * @default - no node is preferred
   */
  readonly preferredNodes?: kplus.NodeLabelQuery[];

  /**
   * The taints of nodes that do not keep the pods away: `kplus.NodeTaintQuery.is('dedicated', 'shop')`. They do not draw the pods there:
   * that is what `nodes` is for.
   *
   * Kubernetes: `tolerations`.
   *
   * @default - pods run on nodes without taints
   */
  readonly tolerations?: kplus.NodeTaintQuery[];

  /**
   * Over what the pods of a version are spread, at least one.
   *
   * Kubernetes: `topologySpreadConstraints`.
   *
   * @default - over nodes and over zones, where that is possible; the pods of a job are not
   */
  readonly spread?: Spread[];
}
