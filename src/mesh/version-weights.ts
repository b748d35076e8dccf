import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Whole percents for every version or for none, which make 100 together.
 *
 * @param at where the weight of one stands.
 */
export function checkWeights(
  site: Site, versions: { readonly name: string; readonly weight?: number }[], at = (index: number) => site.at(index).in('weight'),
): { subset: string; weight: number }[] | undefined {
  if (versions.every(({ weight }) => weight === undefined)) {
    return undefined;
  }
  const weights = versions.map(({ weight }, index) => (
    checkInteger(at(index), weight ?? NaN, 0, 100, 'InvalidWeights', 'Write a whole percentage for every version, or for none.')));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum !== 100) {
    site.fail('InvalidWeights', 'must make 100 percent together', weights, `They make ${sum}.`);
  }
  return versions.map(({ name }, index) => ({ subset: name, weight: weights[index] }));
}
