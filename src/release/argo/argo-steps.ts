import { ArgoHooks } from './argo-hooks';
import { CanaryStepManifest } from '../../manifests/argo-rollouts';
import { CheckedRelease } from '../checked-release';

/** The stages in the words of Argo Rollouts, and at which of them somebody asks the new version. */
export interface ArgoSteps {
  readonly steps: CanaryStepManifest[];
  readonly startingStep: number;
}

/**
 * A stage lasts an interval, and one without a share some of them. The weight is set when the pods for it are there.
 *
 * Upstream: argoproj/argo-rollouts rollout/trafficrouting.go, reconcileTrafficRouting.
 */
export function argoSteps({ stages, match, mirror, analysis: { seconds, iterations } }: CheckedRelease, { trials, before }: ArgoHooks): ArgoSteps {
  const weights = stages.filter(stage => stage > 0);
  const tries = stages[1] === 0 || weights.length === 1;
  const shared = weights.flatMap((weight): CanaryStepManifest[] => [...before(weight), { setWeight: weight }, { pause: { duration: `${seconds}s` } }]);
  // All that may come: whoever swaps all at once, or copies, asks that much of the new pods
  const scale = weights.length === 1 ? 100 : Math.max(weights[0], Math.ceil(mirror ?? 0));
  const tried: CanaryStepManifest[] = tries || trials.length > 0 ? [
    { setCanaryScale: { weight: scale } },
    ...trials,
    ...(tries ? [{ pause: { duration: `${seconds * iterations}s` } }] : []),
    { setCanaryScale: { matchTrafficWeight: true } },
  ] : [];
  const steps = [...tried, ...shared];
  return { steps, startingStep: 1 + (tries && match ? trials.length : steps.findIndex(({ setWeight }) => setWeight !== undefined)) };
}
