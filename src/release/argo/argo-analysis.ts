import { AnalysisTemplateMetricManifest } from '../../manifests/argo-rollouts';
import { MeshSettings } from '../../graph/mesh-settings';
import { CheckedAnalysis, CheckedMetric, Measured, windowOf } from '../analysis/measurement';

/**
 * Each stage is measured shortly before it ends: a share of its own has had requests by then, and what fails does so before the next stage begins.
 *
 * Upstream: argoproj/argo-rollouts analysis/analysis.go, generateMetricTasks.
 */
export function argoMetrics(analysis: CheckedAnalysis, settings: MeshSettings, of: Omit<Measured, 'windowSeconds'>): AnalysisTemplateMetricManifest[] {
  const { seconds, metrics, failureLimit } = analysis;
  return metrics.map(metric => ({
    name: metric.name,
    interval: `${seconds}s`,
    initialDelay: `${Math.floor(seconds * 0.8)}s`,
    failureLimit,
    successCondition: conditionOf(metric),
    provider: { prometheus: { address: settings.prometheusUrl, query: metric.query({ ...of, windowSeconds: windowOf(analysis, settings) }) } },
  }));
}

/** No value at all is no success, and neither is what is no number: only then is a measurement without a failureCondition a failed one (utils/evaluate/evaluate.go). */
function conditionOf({ atLeast, atMost }: CheckedMetric): string {
  return [
    'len(result) == 1',
    ...atLeast === undefined ? [] : [`result[0] >= ${atLeast}`],
    ...atMost === undefined ? [] : [`result[0] <= ${atMost}`],
  ].join(' && ');
}
