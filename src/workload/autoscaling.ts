import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { KedaTrigger } from './keda-trigger';
import { ReplicaBounds } from './replica-bounds';
import { ScaledProgram, ScaleTarget, ScalingContext } from './scale-target';
import { ScalingMetric } from './scaling-metric';
import { behaviorOf, checkPaces, ScalingPace } from './scaling-pace';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { horizontalPodAutoscaler } from '../manifests/autoscaling';
import { scaledObject } from '../manifests/keda';

/**
 * Options for `Autoscaling.horizontal`.
 */
export interface HorizontalAutoscalingOptions extends ReplicaBounds {
  /**
   * By what the pods that are needed are counted, at least one.
   */
  readonly metrics: ScalingMetric[];

  /**
   * How fast pods are added.
   *
   * @default - Kubernetes' own: at once, 4 pods or as many as there are in 15 seconds
   */
  readonly scaleUp?: ScalingPace;

  /**
   * How fast they are taken away.
   *
   * @default - Kubernetes' own: all that were needed by nobody for 5 minutes
   */
  readonly scaleDown?: ScalingPace;
}

/**
 * Options for `Autoscaling.keda`.
 */
export interface KedaAutoscalingOptions {
  /**
   * The least number of pods, 1 to 1000. A worker may have 0: it is started by what its triggers see.
   *
   * KEDA: `minReplicaCount`.
   */
  readonly min: number;

  /**
   * The greatest number of pods, `min` to 1000.
   *
   * KEDA: `maxReplicaCount`.
   */
  readonly max: number;

  /**
   * By what the pods that are needed are counted, at least one.
   */
  readonly triggers: KedaTrigger[];

  /**
   * How fast pods are added.
   *
   * @default - Kubernetes' own: at once, 4 pods or as many as there are in 15 seconds
   */
  readonly scaleUp?: ScalingPace;

  /**
   * How fast they are taken away.
   *
   * @default - Kubernetes' own: all that were needed by nobody for 5 minutes
   */
  readonly scaleDown?: ScalingPace;
}

/**
 * Who says how many pods of a service run, and between which numbers.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/autoscaling/
 */
@checked
export abstract class Autoscaling {
  /**
   * Something that is not described here: `kplus.HorizontalPodAutoscaler` for `service.deployment`, an object of your own. Its numbers are
   * compared with these if it is in the app. A new version runs with `max` pods, or with the `replicas` of its release: nobody scales it.
   *
   * Throws `InvalidReplicas`, when a service is given it, and at synth for an autoscaler in the app that has other numbers.
   *
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.http(8080)],
   *   autoscaling: Autoscaling.byOthers({ min: 3, max: 10 }),
   * });
   */
  public static byOthers(options: ReplicaBounds): Autoscaling {
    return new ByOthers(options);
  }

  /**
   * Kubernetes' own autoscaler, named as the controller of the pods; a new version's Deployment gets one of its own.
   *
   * Throws `InvalidReplicas`, `EmptyList`, `InvalidDuration`, `InvalidScaling` and the errors of its metrics, when a service is given it.
   *
   * Kubernetes: HorizontalPodAutoscaler of autoscaling/v2.
   *
   * @see https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
   *
   * @example
   * Autoscaling.horizontal({
   *   min: 3,
   *   max: 20,
   *   metrics: [ScalingMetric.cpu(70)],
   *   scaleDown: { pods: 1, period: Duration.minutes(1) },
   * });
   */
  public static horizontal(options: HorizontalAutoscalingOptions): Autoscaling {
    return new Horizontal(options);
  }

  /**
   * KEDA, which makes an autoscaler of Kubernetes' own from the answers of other systems; a new version's Deployment gets a ScaledObject of
   * its own. KEDA has to be installed in the cluster. It takes no ScaledObject beside an autoscaler that is there: coming from `horizontal`,
   * commit `byOthers` in between.
   *
   * Throws `InvalidReplicas`, `EmptyList`, `InvalidDuration`, `InvalidScaling` and the errors of its triggers, when a service is given it.
   *
   * KEDA: ScaledObject of keda.sh/v1alpha1.
   *
   * @see https://keda.sh/docs/latest/reference/scaledobject-spec/
   *
   * @example
   * Autoscaling.keda({ min: 3, max: 20, triggers: [KedaTrigger.requestsPerSecond(100), KedaTrigger.cpu(80)] });
   */
  public static keda(options: KedaAutoscalingOptions): Autoscaling {
    return new Keda(options);
  }

  /** @internal */
  public abstract readonly _bounds: ReplicaBounds;

  /**
   * The kinds of the objects that are made, all with the name of what is scaled; none where it is left to others.
   *
   * @internal
   */
  public abstract readonly _kinds: string[];

  /**
   * Whether another version of the pods gets an autoscaler too.
   *
   * @internal
   */
  public get _follows(): boolean {
    return this._kinds.length > 0;
  }

  /**
   * What is wrong with the value alone.
   *
   * @internal
   */
  public _check(site: Site, _resources?: kplus.ContainerResources): void {
    checkBounds(site, this._bounds, 1);
  }

  /**
   * What does not fit the service.
   *
   * @internal
   */
  public _checkProgram(_site: Site, _program: ScaledProgram, _resources?: kplus.ContainerResources): void {}

  /** @internal */
  public abstract _write(scope: Construct, target: ScaleTarget, context: () => ScalingContext): ApiObject | undefined;
}

class ByOthers extends Autoscaling {
  public readonly _kinds = [];

  constructor(public readonly _bounds: ReplicaBounds) {
    super();
  }

  public _write(): undefined {
    return undefined;
  }
}

class Horizontal extends Autoscaling {
  public readonly _kinds = ['HorizontalPodAutoscaler'];

  constructor(private readonly options: HorizontalAutoscalingOptions) {
    super();
  }

  public get _bounds(): ReplicaBounds {
    return this.options;
  }

  public _check(site: Site, resources?: kplus.ContainerResources): void {
    super._check(site, resources);
    checkAny(site.in('metrics'), this.options.metrics, 'ScalingMetric.cpu(70)');
    this.options.metrics.forEach((metric, index) => metric._check(site.in('metrics').at(index), resources));
    checkPaces(site, this.options);
  }

  public _write(scope: Construct, target: ScaleTarget): ApiObject {
    const { min, max, metrics } = this.options;
    return horizontalPodAutoscaler(scope, 'autoscaler', { name: target.name, labels: target.labels }, () => ({
      scaleTargetRef: targetRef(target),
      minReplicas: target.greatest?.() ? max : min,
      maxReplicas: max,
      metrics: metrics.map(metric => metric._toManifest(target.container)),
      behavior: behaviorOf(this.options),
    }));
  }
}

class Keda extends Autoscaling {
  public readonly _kinds = ['ScaledObject', 'HorizontalPodAutoscaler'];

  constructor(private readonly options: KedaAutoscalingOptions) {
    super();
  }

  public get _bounds(): ReplicaBounds {
    return this.options;
  }

  public _check(site: Site): void {
    checkBounds(site, this.options, 0);
    checkAny(site.in('triggers'), this.options.triggers, 'KedaTrigger.requestsPerSecond(100)');
    checkPaces(site, this.options);
  }

  public _checkProgram(site: Site, program: ScaledProgram, resources?: kplus.ContainerResources): void {
    const { min, triggers } = this.options;
    if (min === 0 && program.callable) {
      site.in('min').fail('InvalidReplicas', 'must be at least 1 for what has ports', min, 'Leave one pod there: a request that finds none is refused, and starts none.');
    }
    // Upstream: kedacore/keda apis/keda/v1alpha1/scaledobject_webhook.go, verifyCPUMemoryScalers
    if (min === 0 && !triggers.some(({ _wakes }) => _wakes)) {
      site.in('triggers').fail('InvalidScaling', 'must have one that is seen without a pod, where min is 0', [], 'Add the source of the work, such as KedaTrigger.prometheus(), or write min: 1.');
    }
    triggers.forEach((trigger, index) => trigger._check(site.in('triggers').at(index), program, this.options, resources));
  }

  public _write(scope: Construct, target: ScaleTarget, context: () => ScalingContext): ApiObject {
    const { min, max, triggers } = this.options;
    // Its own name for it would begin with keda-hpa-, and be too long for some (apis/keda/v1alpha1/scaledobject_webhook.go, verifyName)
    const advanced = { horizontalPodAutoscalerConfig: { name: target.name, behavior: behaviorOf(this.options) } };
    return scaledObject(scope, 'autoscaler', { name: target.name, labels: target.labels }, () => ({
      scaleTargetRef: targetRef(target),
      minReplicaCount: target.greatest?.() ? max : min,
      maxReplicaCount: max,
      advanced,
      triggers: triggers.map(trigger => trigger._toManifest(target, context())),
    }));
  }
}

function targetRef({ controlledBy, name }: ScaleTarget) {
  return { ...controlledBy(), name };
}

function checkBounds(site: Site, { min, max }: ReplicaBounds, least: number): void {
  checkInteger(site.in('min'), min, least, 1000, 'InvalidReplicas', 'Write the least number of pods.');
  checkInteger(site.in('max'), max, Math.max(min, 1), 1000, 'InvalidReplicas', 'Write the greatest number of pods.');
}

function checkAny(site: Site, list: unknown[], example: string): void {
  if (list.length === 0) {
    site.fail('EmptyList', 'must name at least one', list, `Write [${example}], or autoscaling: Autoscaling.byOthers() for an autoscaler of your own.`);
  }
}
