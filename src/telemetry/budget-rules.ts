import { Burn, burnRate, BURNS, Window, WINDOWS } from './burn-rates';
import { failureRate, Labels, rate, selector } from './request-metrics';
import { Objective, rounded } from './service-objective';
import { AlertingRuleManifest, RecordingRuleManifest, RuleGroupManifest } from '../manifests/prometheus-operator';

/** The window of the one rate that is made of the proxies' own series: every longer one is made of it. */
const RATE = '5m';

/** How often metrics have to be read, at least: a rate over less than four of them is now and then none. */
export const LONGEST_SCRAPE_INTERVAL = 75;

export interface Budget {
  /** The group's name. */
  readonly name: string;
  readonly kind: 'service' | 'call';
  /** How the alert names it. */
  readonly subject: string;
  /** By which the requests are found. */
  readonly requests: Labels;
  /** By which what was recorded is found. */
  readonly labels: { [label: string]: string };
  readonly objective: Objective;
  readonly alertLabels: { [label: string]: string };
}

/**
 * The alerts of one budget. The proxies' series, many for each pod, are read once, over five minutes; the days are sums of what was
 * recorded of them, two series for each budget.
 */
export function budgetGroup(budget: Budget): RuleGroupManifest {
  const { name, kind, requests, labels } = budget;
  const record = (what: string, expr: string): RecordingRuleManifest => ({ record: `mesh_${kind}:${what}`, expr, labels });
  const sum = (what: string, window: Window) => {
    const series = selector(`mesh_${kind}:${what}:rate${RATE}`, labels);
    return window === RATE ? series : `sum_over_time(${series}[${window}])`;
  };
  return {
    name,
    rules: [
      record(`requests:rate${RATE}`, rate(requests, RATE)),
      record(`failed_requests:rate${RATE}`, failureRate(requests, RATE)),
      ...WINDOWS.map(window => record(`failed_requests:ratio_rate${window}`, `${sum('failed_requests', window)} / ${sum('requests', window)}`)),
      ...(['critical', 'warning'] as const).map(severity => alert(budget, severity)),
    ],
  };
}

function alert({ kind, subject, labels, objective, alertLabels }: Budget, severity: Burn['severity']): AlertingRuleManifest {
  const ratio = (window: Window) => selector(`mesh_${kind}:failed_requests:ratio_rate${window}`, labels);
  const burns = (burn: Burn) => {
    const threshold = rounded(burnRate(burn, objective.days) * objective.budget);
    return `(${ratio(burn.long)} > ${threshold} and ${ratio(burn.short)} > ${threshold})`;
  };
  const { percent, days } = objective;
  return {
    alert: kind === 'service' ? 'MeshServiceErrorBudgetBurn' : 'MeshCallErrorBudgetBurn',
    expr: BURNS.filter(burn => burn.severity === severity).map(burns).join(' or '),
    labels: { ...alertLabels, ...labels, severity },
    annotations: {
      summary: `${subject} uses up its error budget too fast.`,
      description: `{{ $value | humanizePercentage }} of the requests fail; over ${days} days ${rounded(100 - percent)}% may.`,
    },
  };
}
