import { ArgoHooks } from './argo-hooks';
import { ARGO_ROLLOUTS } from './argo-refusals';
import { Site } from '../../diagnostics/site';
import { CanaryStepManifest } from '../../manifests/argo-rollouts';
import { CheckedAnalysis } from '../analysis/measurement';
import { CheckedRelease, refuse } from '../checked-release';

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
export function argoSteps({ at, stages, match, mirror, analysis }: CheckedRelease, { trials, before }: ArgoHooks): ArgoSteps {
  const { seconds, iterations } = analysis;
  const weights = stages.filter(stage => stage > 0);
  const swaps = weights.length === 1;
  const tries = stages[1] === 0 || swaps;
  if (analysis.iterationsSaid && !tries) {
    refuse(ARGO_ROLLOUTS, at('analysis').in('iterations'), 'no stage is without a share', iterations, 'Leave it out, or write a second 0 where testers or copies are alone.');
  }
  const warmUp = firstMeasurement(analysis) - firstMeasurement({ seconds });
  const pause = (intervals: number, more = 0): CanaryStepManifest => ({ pause: { duration: `${seconds * intervals + more}s` } });
  // Somebody asks the new version before there is a share: testers, or load that is sent to its own Service
  const testers = tries && (match !== undefined || analysis.tests.some(({ kind }) => kind === 'load'));
  // Copies are of all requests, and come beside each share
  const needed = (share: number) => Math.min(100, share + Math.ceil(mirror ?? 0));
  const scale = (share: number): CanaryStepManifest[] => mirror === undefined ? [] : [{ setCanaryScale: { weight: needed(share) } }];
  const tried: CanaryStepManifest[] = tries || trials.length > 0 ? [
    { setCanaryScale: { weight: swaps ? 100 : Math.max(weights[0], needed(0)) } },
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
  const startingStep = 1 + (testers ? trials.length : steps.findIndex(({ setWeight }) => setWeight !== undefined));
  checkReached(at('analysis').in('failureLimit'), analysis, steps.slice(startingStep));
  return { steps, startingStep };
}

/** While nobody is waited for there is an end to the measurements, and to what can fail of them: only one more than the limit aborts. */
function checkReached(site: Site, analysis: CheckedAnalysis, steps: CanaryStepManifest[]): void {
  const { seconds, failureLimit, metrics } = analysis;
  const lasts = steps.map(({ pause }) => pause ? pause.duration ?? 'as long as it takes' : '0s');
  if (metrics.length === 0 || lasts.includes('as long as it takes') || steps.some(step => step.analysis)) {
    return;
  }
  const left = lasts.reduce((sum, duration) => sum + parseInt(duration), 0) - firstMeasurement(analysis);
  const measurements = 1 + Math.floor(left / seconds);
  if (failureLimit >= measurements) {
    site.fail('InvalidThreshold', `must be less than the ${measurements} measurements of a release`, failureLimit,
      `Write ${measurements - 1} at most, or add stages: a version that fails each time would be promoted.`);
  }
}

/** How many seconds after requests begin they are measured first: those of an interval that follows on the warm-up. */
export function firstMeasurement({ seconds, warmUpSeconds }: Pick<CheckedAnalysis, 'seconds' | 'warmUpSeconds'>): number {
  return warmUpSeconds === undefined ? Math.floor(seconds * 0.8) : warmUpSeconds + seconds;
}
