/**
 * When an alert fires: when a share of the budget was used up within the long window, and still is within the short one.
 *
 * @see https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
 */
export interface Burn {
  readonly severity: 'critical' | 'warning';
  readonly long: Window;
  readonly short: Window;
  /** Of the whole window's budget, in percent. */
  readonly used: number;
}

export type Window = '5m' | '30m' | '1h' | '2h' | '6h' | '1d' | '3d';

/** By the workbook: the severities are those of Kubernetes' own rules (kubernetes-monitoring, KubeAPIErrorBudgetBurn). */
export const BURNS: Burn[] = [
  { severity: 'critical', long: '1h', short: '5m', used: 2 },
  { severity: 'critical', long: '6h', short: '30m', used: 5 },
  { severity: 'warning', long: '1d', short: '2h', used: 10 },
  { severity: 'warning', long: '3d', short: '6h', used: 10 },
];

const HOURS: { [window in Window]: number } = { '5m': 1 / 12, '30m': 0.5, '1h': 1, '2h': 2, '6h': 6, '1d': 24, '3d': 72 };

/** All that are compared, the shortest first. */
export const WINDOWS = Object.keys(HOURS) as Window[];

/** How many times faster the budget is used up than would last for the objective's window: 14.4, 6, 3 and 1 with 30 days. */
export function burnRate({ used, long }: Burn, days: number): number {
  return used * days * 24 / (100 * HOURS[long]);
}

export function highestBurn(days: number): number {
  return Math.max(...BURNS.map(burn => burnRate(burn, days)));
}
