import { Duration } from 'cdk8s';
import { AnalysisMetric } from './analysis-metric';
import { AnalysedService, CheckedAnalysis, DEFAULT_ITERATIONS } from './measurement';
import { ReleaseAlert } from './release-alert';
import { ReleaseGate } from './release-gate';
import { ReleaseTest } from './release-test';
import { checked } from '../../diagnostics/checked';
import { checkInteger, checkUnique } from '../../diagnostics/checks';
import { Site } from '../../diagnostics/site';

/** What Flagger looks at more often counts as this (fluxcd/flagger pkg/apis/flagger/v1beta1/canary.go, GetAnalysisInterval). */
const LEAST_INTERVAL_SECONDS = 10;

/**
 * Options for `CanaryAnalysis.every`.
 */
export interface CanaryAnalysisOptions {
  /**
   * What is measured at each interval.
   *
   * @default - nothing: the stages follow each other by the clock
   */
  readonly metrics?: AnalysisMetric[];

  /**
   * How many failed measurements of a release are borne, 0 to 1000: one more rolls back. They are counted together, whatever has been well in between; by Flagger over
   * all metrics, by Argo Rollouts for each.
   *
   * Flagger: `analysis.threshold`, which is one more. Argo Rollouts: `failureLimit`.
   *
   * @default - 0: the first one rolls back
   */
  readonly failureLimit?: number;

  /**
   * How long the new version has requests before they are measured: whole seconds, 1 second to 1 hour. Its first stage lasts that much longer. Caches fill
   * meanwhile, and code is compiled. Where four of the Mesh's `scrapeInterval` are longer than the interval, the first measurement sees the end of it.
   *
   * Argo Rollouts: `AnalysisTemplate.spec.metrics.initialDelay`. Flagger measures from the first request on, and by commits the next one says when.
   *
   * @default - none: all requests to it count
   */
  readonly warmUp?: Duration;

  /**
   * How many intervals a stage without a share lasts, that of testers and copies alone, and the trial of `stages: [0, 100]`: 1 to 1000. A stage with a share
   * lasts one interval.
   *
   * Flagger: `analysis.iterations`.
   *
   * @default - 5
   */
  readonly iterations?: number;

  /**
   * Where the release waits until somebody lets it go on.
   *
   * @default - nowhere
   */
  readonly gates?: ReleaseGate[];

  /**
   * Tests that the engine starts.
   *
   * @default - none
   */
  readonly tests?: ReleaseTest[];

  /**
   * Who is told how it goes.
   *
   * @default - nobody
   */
  readonly alerts?: ReleaseAlert[];
}

/**
 * How a release is judged while it goes on: how long a stage lasts, what is measured, and how much may fail before everything goes back.
 *
 * @example
 * new CanaryRelease(chart, 'orders-release', {
 *   service: orders,
 *   image: 'ghcr.io/acme/orders:1.5.0',
 *   stages: [0, 5, 25, 50, 100],
 *   engine: CanaryEngine.flagger(),
 *   analysis: CanaryAnalysis.every(Duration.minutes(1), {
 *     metrics: [AnalysisMetric.successRate({ atLeast: 99 }), AnalysisMetric.latency({ percent: 99, within: Duration.millis(500) })],
 *     failureLimit: 2,
 *   }),
 * });
 */
@checked
export class CanaryAnalysis {
  /**
   * Throws `InvalidDuration`, `InvalidThreshold`, `DuplicateName` and the errors of what it is given, when a release is given it.
   *
   * @param interval how long a stage lasts, and how often is measured: whole seconds, 10 seconds to 1 hour. What is looked at each time are the requests of the
   *   interval, or of four of the Mesh's `scrapeInterval` where these are longer.
   */
  public static every(interval: Duration, options: CanaryAnalysisOptions = {}): CanaryAnalysis {
    return new CanaryAnalysis(interval, options);
  }

  private constructor(private readonly interval: Duration, private readonly options: CanaryAnalysisOptions) {}

  /**
   * @param stages the release's.
   *
   * @internal
   */
  public _resolve(site: Site, service: AnalysedService, stages: number[]): CheckedAnalysis {
    const { metrics = [], failureLimit = 0, iterations = DEFAULT_ITERATIONS, warmUp, gates = [], tests = [], alerts = [] } = this.options;
    const seconds = checkInteger(site.in('interval'), this.interval.toSeconds({ integral: false }), LEAST_INTERVAL_SECONDS, 3600, 'InvalidDuration',
      'Write whole seconds: what is shorter than 10 seconds Flagger takes for 10.');
    const resolved = metrics.map((metric, index) => metric._resolve(site.in('metrics').at(index), service));
    checkUnique(site.in('metrics'), resolved.map(({ name }) => name), 'DuplicateName', 'Measure each once; of a query of your own, change the name.');
    const checkedTests = tests.map((test, index) => test._resolve(site.in('tests').at(index), service.graph));
    const loads = checkedTests.filter(({ kind }) => kind === 'load').map(({ timeoutSeconds }) => timeoutSeconds).reduce((sum, each) => sum + each, 0);
    if (loads >= seconds) {
      site.in('tests').fail('InvalidDuration', `of load must answer within the interval of ${seconds} seconds, all together`, `${loads} s`, 'Give them less timeout: a tester answers when it has begun.');
    }
    const checkedGates = gates.map((gate, index) => gate._resolve(site.in('gates').at(index), service.graph, stages));
    checkUnique(site.in('gates'), checkedGates.map(({ before, hook }) => hook?.name ?? `manual ${before}`), 'DuplicateName', 'Name each once.');
    checkUnique(site.in('tests'), [...checkedTests, ...resolved].map(({ name }) => name), 'DuplicateName', 'Let one tester run one test of a kind.');
    const always = checkedGates.findIndex(({ before, hook }) => !hook && before === undefined);
    if (always >= 0 && checkedGates.some(({ before, hook }) => !hook && before !== undefined)) {
      site.in('gates').at(always).fail('DuplicateName', 'waits before each share already', 'manual', 'Leave out the gate with before, or this one: a person would have to let it go on twice.');
    }
    const checkedAlerts = alerts.map((alert, index) => alert._resolve(site.in('alerts').at(index), service.graph));
    checkUnique(site.in('alerts'), checkedAlerts.map(({ name }) => name), 'DuplicateName', 'Tell one channel of each service.');
    if (warmUp && metrics.length === 0) {
      site.in('warmUp').fail('EmptyList', 'must be for something that is measured', warmUp.toHumanString(), 'Leave it out, or name metrics.');
    }
    return {
      seconds,
      warmUpSeconds: warmUp && checkInteger(site.in('warmUp'), warmUp.toSeconds({ integral: false }), 1, 3600, 'InvalidDuration', 'Write whole seconds, or leave it out.'),
      gates: checkedGates,
      tests: checkedTests,
      alerts: checkedAlerts,
      iterationsSaid: this.options.iterations !== undefined,
      metrics: resolved,
      failureLimit: checkInteger(site.in('failureLimit'), failureLimit, 0, 1000, 'InvalidThreshold', 'Write how many failed measurements are borne.'),
      iterations: checkInteger(site.in('iterations'), iterations, 1, 1000, 'InvalidThreshold', 'Write how many intervals the new version is tried without a share.'),
    };
  }
}
