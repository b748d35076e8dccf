import { Burn, burnRate, BURNS, Window, WINDOWS } from './burn-rates';
import { rounded } from './check-share';
import { Objective, Share } from './service-objective';
import { answeredRate, failureRate, Labels, rate, selector, slowRate } from '../graph/request-metrics';
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

/** What uses up a budget: some of all requests. */
interface Indicator {
  /** The records' names. */
  readonly all: string;
  readonly bad: string;
  /** The rates of the proxies' own series. */
  readonly allRate: string;
  readonly badRate: string;
  readonly share: Share;
  /** The middle of the alert's name. */
  readonly alert: string;
  /** What the annotations say. */
  readonly uses: string;
  readonly are: string;
}

function indicatorsOf({ requests, objective }: Budget): Indicator[] {
  const { latency } = objective;
  const failed: Indicator = {
    all: 'requests',
    bad: 'failed_requests',
    allRate: rate(requests, RATE),
    badRate: failureRate(requests, RATE),
    share: objective,
    alert: 'ErrorBudgetBurn',
    uses: 'its error budget',
    are: 'requests fail',
  };
  return latency === undefined ? [failed] : [failed, {
    all: 'answered_requests',
    bad: 'slow_requests',
    allRate: answeredRate(requests, RATE),
    badRate: slowRate(requests, RATE, latency.milliseconds),
    share: latency,
    alert: 'LatencyBudgetBurn',
    uses: 'its budget of slow requests',
    are: `answered requests take longer than ${latency.milliseconds} ms`,
  }];
}

/**
 * The alerts of one budget. The proxies' series, many for each pod, are read once, over five minutes; the days are sums of what was
 * recorded of them, two series for each indicator.
 */
export function budgetGroup(budget: Budget): RuleGroupManifest {
  const rules = indicatorsOf(budget).flatMap(indicator => [
    ...records(budget, indicator),
    ...(['critical', 'warning'] as const).map(severity => alert(budget, indicator, severity)),
  ]);
  return { name: budget.name, rules };
}

function records({ kind, labels }: Budget, { all, bad, allRate, badRate }: Indicator): RecordingRuleManifest[] {
  const record = (what: string, expr: string): RecordingRuleManifest => ({ record: `mesh_${kind}:${what}`, expr, labels });
  const sum = (what: string, window: Window) => {
    const series = selector(`mesh_${kind}:${what}:rate${RATE}`, labels);
    return window === RATE ? series : `sum_over_time(${series}[${window}])`;
  };
  return [
    record(`${all}:rate${RATE}`, allRate),
    record(`${bad}:rate${RATE}`, badRate),
    ...WINDOWS.map(window => record(`${bad}:ratio_rate${window}`, `${sum(bad, window)} / ${sum(all, window)}`)),
  ];
}

function alert({ kind, subject, labels, alertLabels }: Budget, indicator: Indicator, severity: Burn['severity']): AlertingRuleManifest {
  const { percent, days, budget } = indicator.share;
  const ratio = (window: Window) => selector(`mesh_${kind}:${indicator.bad}:ratio_rate${window}`, labels);
  const burns = (burn: Burn) => {
    const threshold = rounded(burnRate(burn, days) * budget);
    return `(${ratio(burn.long)} > ${threshold} and ${ratio(burn.short)} > ${threshold})`;
  };
  return {
    alert: `Mesh${kind === 'service' ? 'Service' : 'Call'}${indicator.alert}`,
    expr: BURNS.filter(burn => burn.severity === severity).map(burns).join(' or '),
    labels: { ...alertLabels, ...labels, severity },
    annotations: {
      summary: `${subject} uses up ${indicator.uses} too fast.`,
      description: `{{ $value | humanizePercentage }} of the ${indicator.are}; over ${days} days ${rounded(100 - percent)}% may.`,
    },
  };
}
