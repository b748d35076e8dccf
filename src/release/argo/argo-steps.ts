import { CanaryStepManifest } from '../../manifests/argo-rollouts';
import { CheckedRelease } from '../checked-release';

/** A release in the words of Argo Rollouts. */
export interface ArgoSteps {
  readonly steps: CanaryStepManifest[];
  /** The index of the step from which on the new version gets requests that can be measured. */
  readonly measuredFrom: number;
}

/**
 * The stages as steps. A weight is set when as many pods are there as it needs, and not before.
 *
 * Upstream: argoproj/argo-rollouts rollout/trafficrouting.go, reconcileTrafficRouting; utils/replicaset/canary.go, CalculateReplicaCountsForTrafficRoutedCanary.
 */
export function argoSteps({ stages, match, mirror, analysis: { seconds, iterations } }: CheckedRelease, waitAt: number[]): ArgoSteps {
  const weights = stages.filter(stage => stage > 0);
  const shares = weights.length > 1;
  const tried = stages[1] === 0 || !shares;
  const pause = (stage: number, intervals: number): CanaryStepManifest => ({ pause: waitAt.includes(stage) ? {} : { duration: `${intervals * seconds}s` } });
  // Without a weight there would be no pod, and of copies there are more than the share of the others
  const trial: CanaryStepManifest[] = tried ? [{ setCanaryScale: { weight: 100 } }, pause(0, iterations)] : [];
  const before: CanaryStepManifest[] = [
    ...trial.length === 0 && mirror !== undefined ? [{ setCanaryScale: { weight: 100 } }] : trial,
    ...trial.length > 0 && shares && mirror === undefined ? [{ setCanaryScale: { matchTrafficWeight: true as const } }] : [],
  ];
  return {
    steps: [...before, ...weights.flatMap(weight => [{ setWeight: weight }, pause(weight, 1)])],
    // The pause after the first weight, or the trial of testers who alone try the version
    measuredFrom: match && !shares ? 1 : before.length + 1,
  };
}
