import { ArgoHooks } from './argo-hooks';
import { CanaryStepManifest } from '../../manifests/argo-rollouts';
import { CheckedAnalysis } from '../analysis/measurement';
import { CheckedRelease } from '../checked-release';

/** The stages in the words of Argo Rollouts, and at which of them somebody asks the new version. */
export interface ArgoSteps {
  readonly steps: CanaryStepManifest[];
  readonly startingStep: number;
}

/**
 * A stage lasts an interval, and one without a share some of them. The weight is set when the pods for it are there.
 *
 * Upstream: argoproj/argo-rollouts rollout/trafficrouting.go, reconcileTrafficRouting; utils/replicaset/canary.go, UseSetCanaryScale.
 */
export function argoSteps({ stages, match, mirror, analysis }: CheckedRelease, { trials, before }: ArgoHooks): ArgoSteps {
  const { seconds, iterations } = analysis;
  const weights = stages.filter(stage => stage > 0);
  const swaps = weights.length === 1;
  const tries = stages[1] === 0 || swaps;
  const warmUp = firstMeasurement(analysis) - firstMeasurement({ seconds });
  const pause = (intervals: number, more = 0): CanaryStepManifest => ({ pause: { duration: `${seconds * intervals + more}s` } });
  const testers = tries && match !== undefined;
  // All that may come: whoever swaps all at once asks that much of the new pods, and copies do beside each share
  const least = swaps ? 100 : Math.ceil(mirror ?? 0);
  const scale = (share: number): CanaryStepManifest[] => mirror === undefined ? [] : [{ setCanaryScale: { weight: Math.max(share, least) } }];
  const tried: CanaryStepManifest[] = tries || trials.length > 0 ? [
    { setCanaryScale: { weight: Math.max(weights[0], least) } },
    ...trials,
    ...(tries ? [pause(iterations, testers ? warmUp : 0)] : []),
  ] : [];
  // Not before there is a weight: it would match none, and take away the pods that testers meet (GetCurrentSetWeight)
  const matches = tried.length > 0 && !swaps && mirror === undefined;
  const matched: CanaryStepManifest[] = matches ? [{ setCanaryScale: { matchTrafficWeight: true } }] : [];
  const shared = weights.flatMap((weight, index) => [
    ...before(weight), ...scale(weight), { setWeight: weight }, pause(1, index === 0 && !testers ? warmUp : 0), ...(index === 0 ? matched : []),
  ]);
  const steps = [...tried, ...shared];
  return { steps, startingStep: 1 + (testers ? trials.length : steps.findIndex(({ setWeight }) => setWeight !== undefined)) };
}

/** How many seconds after requests begin they are measured first: those of an interval that follows on the warm-up. */
export function firstMeasurement({ seconds, warmUpSeconds }: Pick<CheckedAnalysis, 'seconds' | 'warmUpSeconds'>): number {
  return warmUpSeconds === undefined ? Math.floor(seconds * 0.8) : warmUpSeconds + seconds;
}
