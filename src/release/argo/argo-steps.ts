import { CanaryStepManifest } from '../../manifests/argo-rollouts';
import { CheckedRelease } from '../checked-release';

/** The stages in the words of Argo Rollouts, and at which of them somebody asks the new version. */
export interface ArgoSteps {
  readonly steps: CanaryStepManifest[];
  readonly startingStep: number;
}

/**
 * A stage lasts an interval, and one without a share some of them; those at which somebody is waited for last until he has promoted it. The weight is set when the pods for it are there.
 *
 * Upstream: argoproj/argo-rollouts rollout/trafficrouting.go, reconcileTrafficRouting; utils/replicaset/canary.go, UseSetCanaryScale.
 */
export function argoSteps({ stages, match, mirror, analysis: { seconds, iterations } }: CheckedRelease, waitAt: number[]): ArgoSteps {
  const weights = stages.filter(stage => stage > 0);
  const swaps = weights.length === 1;
  const tries = stages[1] === 0 || swaps;
  const pause = (stage: number, intervals: number): CanaryStepManifest => ({ pause: waitAt.includes(stage) ? {} : { duration: `${seconds * intervals}s` } });
  // All that may come: whoever swaps all at once asks that much of the new pods, and copies do beside each share
  const least = swaps ? 100 : Math.ceil(mirror ?? 0);
  const scale = (share: number): CanaryStepManifest[] => mirror === undefined ? [] : [{ setCanaryScale: { weight: Math.max(share, least) } }];
  const tried: CanaryStepManifest[] = tries ? [
    { setCanaryScale: { weight: Math.max(weights[0], least) } }, pause(0, iterations),
    ...mirror === undefined ? [{ setCanaryScale: { matchTrafficWeight: true } }] : [],
  ] : [];
  const shared = weights.map(weight => [...scale(weight), { setWeight: weight }, pause(weight, 1)]);
  return { steps: [...tried, ...shared.flat()], startingStep: tries && match ? 1 : tried.length + shared[0].length - 1 };
}
