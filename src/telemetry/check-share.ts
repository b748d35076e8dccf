import { Site } from '../diagnostics/site';

/** A share in percent that leaves a budget, and none so large that no rate of `highest` times what would last could use it up. */
export function checkShare(site: Site, percent: number, days: number, highest: number): { percent: number; days: number; budget: number } {
  if (!(percent > 0 && percent < 100)) {
    site.fail('InvalidPercent', 'must be below 100', percent, 'Write the share in percent that has to succeed: 99.9 lets one request of a thousand fail.');
  }
  if (percent <= 1) {
    site.fail('InvalidPercent', 'must be in percent, not a share of 1', percent, `Write ${rounded(percent * 100)}.`);
  }
  const least = 100 - 100 / highest;
  if (percent <= least) {
    site.fail('InvalidPercent', `must be more than ${Math.round(least * 100) / 100} with a window of ${days} days`, percent,
      'Promise more: of so large a budget not even a complete outage would be told in an hour.');
  }
  return { percent, days, budget: rounded((100 - percent) / 100) };
}

/** Without what binary fractions leave: 100 - 99.9 is no 0.1 to them. */
export function rounded(value: number): number {
  return Number(value.toPrecision(10));
}
