import { Duration } from 'cdk8s';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ScalingBehaviorManifest, ScalingRulesManifest } from '../manifests/autoscaling';

/**
 * How fast an autoscaler adds or takes away pods. Of `pods` and `percent` the one that changes more counts.
 *
 * Kubernetes: `HorizontalPodAutoscaler.spec.behavior`.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
export interface ScalingPace {
  /**
   * How long it looks back before it acts: adding, the least number that was wanted in this time counts, and taking away the greatest. 0 to
   * 60 minutes, in whole seconds.
   *
   * Kubernetes: `stabilizationWindowSeconds`.
   *
   * @default - none when pods are added, 5 minutes when they are taken away
   */
  readonly stabilizationWindow?: Duration;

  /**
   * At most so many pods at once, from 1.
   *
   * @default - Kubernetes' own: 4 may be added; all may be taken away
   */
  readonly pods?: number;

  /**
   * At most so many percent of the pods at once, 1 to 1000.
   *
   * @default - Kubernetes' own: 100
   */
  readonly percent?: number;

  /**
   * The time for which `pods` and `percent` are: 1 second to 30 minutes, in whole seconds.
   *
   * Kubernetes: `policies.periodSeconds`.
   *
   * @default - 15 seconds
   */
  readonly period?: Duration;
}

/** Both directions; nothing where Kubernetes' own paces hold. */
export interface ScalingPaces {
  readonly scaleUp?: ScalingPace;
  readonly scaleDown?: ScalingPace;
}

export function checkPaces(site: Site, paces: ScalingPaces): void {
  for (const direction of ['scaleUp', 'scaleDown'] as const) {
    const pace = paces[direction];
    if (pace) {
      const at = site.in(direction);
      checkInteger(at.in('stabilizationWindow'), seconds(pace.stabilizationWindow ?? Duration.seconds(0)), 0, 3600, 'InvalidDuration', 'Write whole seconds, up to an hour.');
      checkInteger(at.in('period'), seconds(pace.period ?? DEFAULT_PERIOD), 1, 1800, 'InvalidDuration', 'Write whole seconds, up to 30 minutes.');
      checkInteger(at.in('pods'), pace.pods ?? 1, 1, 1000, 'InvalidScaling', 'Write how many pods may change at once.');
      checkInteger(at.in('percent'), pace.percent ?? 1, 1, 1000, 'InvalidScaling', 'Write which share may change at once: 100 doubles the pods.');
    }
  }
}

export function behaviorOf({ scaleUp, scaleDown }: ScalingPaces): ScalingBehaviorManifest | undefined {
  return scaleUp || scaleDown ? { scaleUp: scaleUp && rulesOf(scaleUp), scaleDown: scaleDown && rulesOf(scaleDown) } : undefined;
}

const DEFAULT_PERIOD = Duration.seconds(15);

function rulesOf({ stabilizationWindow, pods, percent, period = DEFAULT_PERIOD }: ScalingPace): ScalingRulesManifest {
  const policies = ([['Pods', pods], ['Percent', percent]] as const).flatMap(([type, value]) => value === undefined ? [] : [{ type, value, periodSeconds: seconds(period) }]);
  return { stabilizationWindowSeconds: stabilizationWindow && seconds(stabilizationWindow), policies: policies.length > 0 ? policies : undefined };
}

function seconds(duration: Duration): number {
  return duration.toSeconds({ integral: false });
}
