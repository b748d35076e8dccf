import { FlaggerOptions } from './flagger-options';
import { checkInteger } from '../../diagnostics/checks';
import { CanaryAnalysisManifest } from '../../manifests/flagger';
import { CheckedRelease, refuse } from '../checked-release';

export const FLAGGER = 'Flagger';

export type Strategy = Omit<CanaryAnalysisManifest, 'interval' | 'threshold'>;

/** How often a version is looked at that gets no share: Flagger's own examples have it. */
const ITERATIONS = 10;

/**
 * The stages in one of the ways that Flagger knows: by weights, blue-green, or testers alone.
 *
 * Upstream: fluxcd/flagger pkg/controller/scheduler.go, the end of advanceCanary.
 */
export function strategyOf(release: CheckedRelease, options: FlaggerOptions): Strategy {
  const { at, stages, match, mirror } = release;
  const weights = stages.filter(stage => stage > 0);
  const byWeights = weights.length > 1;
  const tried = stages[1] === 0;
  if (tried && !match && mirror === undefined) {
    at('stages').fail('InvalidStages', 'must have something to try at the second 0', stages, 'Leave one 0 out, or add match or mirror.');
  }
  const { iterations, stepWeightPromotion } = options;
  const engine = at('engine');
  if (iterations !== undefined && byWeights) {
    refuse(FLAGGER, engine.in('iterations'), 'where shares rise, each stage is looked at once', iterations, 'Leave it out, or write stages: [0, 100].');
  }
  if (stepWeightPromotion !== undefined) {
    checkInteger(engine.in('stepWeightPromotion'), stepWeightPromotion, 1, 100, 'InvalidStages', 'Write the step in whole percents.');
    if (match) {
      refuse(FLAGGER, engine.in('stepWeightPromotion'), 'testers have no shares that could go back', stepWeightPromotion, 'Leave it out.');
    }
  }
  return {
    ...(byWeights ? { stepWeights: weights } : {
      iterations: checkInteger(engine.in('iterations'), iterations ?? ITERATIONS, 1, 1000, 'InvalidStages', 'Write how often the version is looked at.'),
    }),
    match: testersOf(release, byWeights),
    ...copiesOf(release, tried),
    stepWeightPromotion,
  };
}

/** In an A/B test the shares of the others never rise: Flagger writes one route for testers and one for all others. */
function testersOf({ at, match, stages }: CheckedRelease, byWeights: boolean): Strategy['match'] {
  if (byWeights && match) {
    refuse(FLAGGER, at('match'), 'it knows testers or rising shares, and not both in one release', stages,
      'Write stages: [0, 0, 100] for testers, after whom all requests go to the new version, or leave match out.');
  }
  return match?.map(({ headers, ...others }, index) => {
    const site = at('match').at(index);
    const other = Object.keys(others).find(field => (others as any)[field] !== undefined);
    if (other !== undefined) {
      refuse(FLAGGER, site.in(other), 'it tells testers by headers alone', (others as any)[other], 'Use RouteMatch.header().');
    }
    const present = Object.entries(headers!).find(([, value]) => Object.keys(value).length === 0);
    if (present) {
      refuse(FLAGGER, site, 'it compares a header with a value', present[0], `Use RouteMatch.header('${present[0]}', StringMatch.regex('.+')).`);
    }
    return { headers };
  });
}

/** Before the first share, or without shares as long as the version is looked at. */
function copiesOf({ at, match, mirror, stages }: CheckedRelease, tried: boolean): Pick<Strategy, 'mirror' | 'mirrorWeight'> {
  if (mirror === undefined) {
    return {};
  }
  if (match) {
    refuse(FLAGGER, at('mirror'), 'it copies nothing where testers try the version', mirror, 'Leave mirror or match out.');
  }
  if (!tried) {
    refuse(FLAGGER, at('mirror'), 'it copies before the first share, and not beside one', stages, `Write stages: ${JSON.stringify([0, ...stages])}: the second 0 is the stage of the copies.`);
  }
  if (!Number.isInteger(mirror)) {
    refuse(FLAGGER, at('mirror'), 'it counts in whole percents', mirror, 'Write Percent.of(1) or more, without a fraction.');
  }
  return { mirror: true, mirrorWeight: mirror };
}
