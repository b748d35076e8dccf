import * as kplus from 'cdk8s-plus-28';
import { checkUtilization } from './utilization';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ResourceMetricManifest } from '../manifests/autoscaling';

/**
 * By what `Autoscaling.horizontal` counts the pods that are needed. Of several metrics the one that wants most pods counts.
 *
 * All are in percent of what is requested, as an average over the pods. What the program's container uses is the better measure: its proxy
 * requests 100m CPU and 128Mi of its own, and mostly idles, so that a program at its end still looks half used in the sum of the two.
 *
 * Kubernetes' metrics server has to run in the cluster.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#container-resource-metrics
 */
@checked
export class ScalingMetric {
  /**
   * What the program's container uses of the CPU that it requests.
   *
   * Throws `InvalidScaling`, when a construct is given it: out of range, or not reached at the container's limit.
   *
   * Kubernetes: `metrics.containerResource`.
   *
   * @param percent whole percents, 1 to 1000, less than the limit is of the request.
   *
   * @example
   * ScalingMetric.cpu(70);
   */
  public static cpu(percent: number): ScalingMetric {
    return new ScalingMetric('cpu', percent, false);
  }

  /**
   * What the program's container uses of the memory that it requests: for programs that give memory back.
   *
   * Throws `InvalidScaling`, as `cpu` does.
   *
   * Kubernetes: `metrics.containerResource`.
   *
   * @param percent whole percents, 1 to 1000, less than the limit is of the request.
   *
   * @example
   * ScalingMetric.memory(80);
   */
  public static memory(percent: number): ScalingMetric {
    return new ScalingMetric('memory', percent, false);
  }

  /**
   * What all containers of a pod use of the CPU that they request together, its proxy and those that were added included. Each of them has to
   * request some: Kubernetes adds no pod while one does not.
   *
   * Throws `InvalidScaling`, when a construct is given it.
   *
   * Kubernetes: `metrics.resource`.
   *
   * @param percent whole percents, 1 to 1000.
   *
   * @example
   * ScalingMetric.podCpu(60);
   */
  public static podCpu(percent: number): ScalingMetric {
    return new ScalingMetric('cpu', percent, true);
  }

  private constructor(private readonly resource: 'cpu' | 'memory', private readonly percent: number, private readonly wholePod: boolean) {}

  /** @internal */
  public _check(site: Site, resources?: kplus.ContainerResources): void {
    if (this.wholePod) {
      checkInteger(site, this.percent, 1, 1000, 'InvalidScaling', 'Write whole percents of what is requested: 70.');
    } else {
      checkUtilization(site, this.resource, this.percent, resources);
    }
  }

  /** @internal */
  public _toManifest(container: string): ResourceMetricManifest {
    const measured = { name: this.resource, target: { type: 'Utilization', averageUtilization: this.percent } };
    return this.wholePod
      ? { type: 'Resource', resource: measured }
      : { type: 'ContainerResource', containerResource: { ...measured, container } };
  }
}
