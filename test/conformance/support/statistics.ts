/** A correct split is called wrong once in a million times: there are many of them in a run. */
const Z = 4.9;

/** Whether `count` of `total` can be what a probability of `percent` gives. */
export function isShare(count: number, total: number, percent: number): boolean {
  const p = percent / 100;
  const spread = Z * Math.sqrt(total * p * (1 - p)) + (p > 0 && p < 1 ? 0.5 : 0);
  return Math.abs(count - total * p) <= spread;
}

export function countBy<T>(items: T[], key: (item: T) => string): { [key: string]: number } {
  const counts: { [key: string]: number } = {};
  items.forEach(item => counts[key(item)] = (counts[key(item)] ?? 0) + 1);
  return counts;
}
