import { FlaggerOptions } from './flagger-options';
import { checkInteger } from '../../diagnostics/checks';
import { CanaryAnalysisManifest } from '../../manifests/flagger';
import { isOpen } from '../../traffic/match-intersection';
import { CheckedRelease, refuse, refuseUntried } from '../checked-release';

export const FLAGGER = 'Flagger';

export type FlaggerStrategy = Pick<CanaryAnalysisManifest, 'iterations' | 'match' | 'stepWeights' | 'mirror' | 'mirrorWeight' | 'stepWeightPromotion' | 'sessionAffinity'>;

/**
 * The stages in Flagger's words: weights one after the other, or a trial of some rounds without any.
 *
 * Upstream: fluxcd/flagger pkg/controller/scheduler.go, the end of advanceCanary; pkg/router/istio.go, SetRoutes.
 */
export function flaggerStrategy(release: CheckedRelease, { stepWeightPromotion }: FlaggerOptions): FlaggerStrategy {
  const { at, stages, match, mirror, sessionAffinity, analysis } = release;
  const weights = stages.filter(stage => stage > 0);
  const shares = weights.length > 1;
  const waits = stages[1] === 0;
  if (match && shares) {
    refuse(FLAGGER, at('stages'), 'testers and shares follow each other in no release of it', stages,
      'Write stages: [0, 100]: the testers try the new version for some intervals, and then everybody gets it. Or leave match out.');
  }
  if (match && mirror !== undefined) {
    refuse(FLAGGER, at('mirror'), 'it copies nothing where testers try the new version', mirror, 'Leave out match or mirror.');
  }
  if (sessionAffinity && mirror !== undefined) {
    // It copies the first of its routes alone, which is for those who bear a cookie (pkg/router/istio.go, SetRoutes)
    refuse(FLAGGER, at('sessionAffinity'), 'it would copy the requests of those alone who are kept', mirror, 'Leave out sessionAffinity or mirror.');
  }
  if (analysis.warmUpSeconds !== undefined) {
    refuse(FLAGGER, at('analysis').in('warmUp'), 'it measures from the first request on', analysis.warmUpSeconds, 'Leave it out; a failureLimit bears what is slow at first.');
  }
  const beyond = match?.findIndex(({ headers: _, ...others }) => !isOpen(others)) ?? -1;
  if (beyond >= 0) {
    refuse(FLAGGER, at('match').at(beyond), 'it knows testers by headers alone', match![beyond], 'Match a header or a cookie.');
  }
  match?.forEach(({ headers = {} }, index) => {
    // The definition asks for exact, prefix or regex (artifacts/flagger/crd.yaml, analysis.match)
    const present = Object.keys(headers).find(name => Object.keys(headers[name]).length === 0);
    if (present !== undefined) {
      refuse(FLAGGER, at('match').at(index), 'it compares a header with a value', present, `Use RouteMatch.header('${present}', StringMatch.regex('.+')).`);
    }
  });
  if (stepWeightPromotion !== undefined) {
    const site = at('engine').in('stepWeightPromotion');
    checkInteger(site, stepWeightPromotion, 1, 100, 'InvalidStages', 'Write the step in whole percents.');
    if (match) {
      refuse(FLAGGER, site, 'beside testers nobody has a share that could go back', stepWeightPromotion, 'Leave it out.');
    }
  }
  if (mirror !== undefined && !Number.isInteger(mirror)) {
    refuse(FLAGGER, at('mirror'), 'it counts in whole percents', mirror, 'Write a whole percentage.');
  }
  if (mirror !== undefined && shares && !waits) {
    refuse(FLAGGER, at('mirror'), 'it copies before there are shares, and no longer', stages, `Write a second 0: stages: [0, ${stages.join(', ')}].`);
  }
  refuseUntried(release);
  if (analysis.iterationsSaid && shares) {
    refuse(FLAGGER, at('analysis').in('iterations'), 'each of its steps lasts one interval where there are shares', analysis.iterations, 'Leave it out, or write stages: [0, 100].');
  }
  const loads = analysis.tests.some(({ kind }) => kind === 'load');
  const unmeasured = shares || match || mirror !== undefined || loads ? -1 : analysis.metrics.findIndex(({ ofRequests }) => ofRequests);
  if (unmeasured >= 0) {
    refuse(FLAGGER, at('analysis').in('metrics').at(unmeasured), 'nobody asks the new version before everybody does, so nothing could be measured', stages,
      'Add match or mirror, have a ReleaseTest.load() ask the new version, take stages with shares, or leave the metrics of requests out.');
  }
  const copies = mirror === undefined ? {} : { mirror: true, mirrorWeight: mirror };
  // A gate before everybody gets it is one before the promotion, which comes after the last of these
  const steps = analysis.gates.some(({ before }) => before === 100) ? weights.slice(0, -1) : weights;
  const trial = shares ? { stepWeights: steps } : { iterations: analysis.iterations, match: match?.map(({ headers }) => ({ headers })) };
  const kept = sessionAffinity && { cookieName: sessionAffinity.name, maxAge: sessionAffinity.maxAgeSeconds };
  return { ...trial, ...copies, stepWeightPromotion, ...(kept && { sessionAffinity: kept }) };
}
