import { closest } from 'fastest-levenshtein';
import { CheckedRelease } from './checked-release';
import { checkDnsLabel, checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The stage that a commit says, by its number or by its name. */
export interface StaticStage {
  readonly index: number;
  readonly name?: string;
  /** Where it is said. */
  readonly site: Site;
}

/** Finds the stage in force. */
export function staticStage({ at, stages, stage, stageName, stageNames }: CheckedRelease): StaticStage {
  const names = stageNames && checkNames(at('stageNames'), stageNames, stages);
  if (stageName === undefined) {
    const site = at('stage');
    const index = checkInteger(site, stage ?? 0, 0, stages.length - 1, 'InvalidStage', `It is an index into stages: 0 is ${stages[0]} percent, ${stages.length - 1} is 100.`);
    return { index, name: names?.[index], site };
  }
  const site = at('stageName');
  if (stage !== undefined) {
    site.fail('InvalidStage', 'must not stand beside stage: both say which stage is in force', stageName, `Leave one out: stage is ${stage}.`);
  }
  if (!names) {
    return site.fail('InvalidStage', 'needs names to be one of', stageName, `Name each stage: stageNames: [${stages.map((_, index) => `'${index === 0 ? 'pods' : `stage-${index}`}'`).join(', ')}].`);
  }
  const index = names.indexOf(stageName);
  return index >= 0 ? { index, name: stageName, site } : site.fail('InvalidStage', 'must be the name of a stage', stageName, `Did you mean ${closest(stageName, names)}? There are ${names.join(', ')}.`);
}

function checkNames(site: Site, names: string[], stages: number[]): string[] {
  names.forEach((name, index) => checkDnsLabel(site.at(index), name));
  checkUnique(site, names, 'InvalidStages', 'Name each stage once.');
  return names.length === stages.length ? [...names] : site.fail('InvalidStages', `must have a name for each of ${stages.length} stages`, names, `The stages are ${stages.join(', ')} percent.`);
}
