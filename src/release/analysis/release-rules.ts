import { CheckedMetric, Measured, podsOf, windowOf } from './measurement';
import { hostOf } from '../../graph/mesh-settings';
import { AlertingRuleManifest, prometheusRule } from '../../manifests/prometheus-operator';
import { objectLabels } from '../../workload/labels';
import { CheckedRelease, refuse } from '../checked-release';

const STATIC = 'CanaryEngine.static()';

/**
 * What commits move: the analysis becomes alerts that say when to go back.
 *
 * @param asked whether anybody asks the new version at the stage in force.
 */
export function releaseRules(release: CheckedRelease, version: string, asked: boolean): void {
  const { scope, at, graph, service, analysed, analysis, mirror } = release;
  if (!analysed) {
    return;
  }
  const { metrics, alerts, gates, tests, warmUpSeconds, iterationsSaid, iterations, seconds, failureLimit } = analysis;
  const site = at('analysis');
  if (iterationsSaid) {
    refuse(STATIC, site.in('iterations'), 'a stage lasts until the next commit', iterations, 'Leave it out.');
  }
  if (warmUpSeconds !== undefined) {
    refuse(STATIC, site.in('warmUp'), 'nothing in the cluster knows when a commit was applied', warmUpSeconds, 'Leave it out; a failureLimit bears what is slow at first.');
  }
  if (gates.length > 0) {
    refuse(STATIC, gates[0].site, 'a commit is its gate', 'gates', 'Leave it out, and let somebody review the commit of the next stage.');
  }
  if (tests.length > 0) {
    refuse(STATIC, tests[0].site, 'nothing of it runs in the cluster', tests[0].name, 'Leave it out, and run the test before the commit of the next stage.');
  }
  const other = alerts.find(alert => alert.service !== 'prometheus');
  if (other) {
    refuse(STATIC, other.site, 'it tells nobody', other.service, 'Write ReleaseAlert.prometheus(): Alertmanager tells people.');
  }
  if (alerts.length === 0) {
    refuse(STATIC, site.in('alerts'), 'it measures nothing itself', alerts, 'Write alerts: [ReleaseAlert.prometheus()]: Prometheus says when to go back.');
  }
  if (metrics.length === 0) {
    site.in('metrics').fail('EmptyList', 'must name at least one metric', metrics, 'Write metrics: [AnalysisMetric.successRate({ atLeast: 99 })].');
  }
  const name = `${service.name}-${version}-release`;
  graph.claim(at('version'), ['PrometheusRule'], service.namespace, name, scope.node.path);
  const [{ rule: { labels, alertLabels = {} } }] = alerts;
  prometheusRule(scope, 'rules', { name, labels: { ...objectLabels(service.name), ...labels } }, () => {
    const server = hostOf(graph.settings, service.namespace, service.name);
    const requests: Measured['labels'] = mirror === undefined ? { reporter: 'source', destination_service: server, destination_version: version }
      // A client's proxy does not count copies
      : { reporter: 'destination', destination_workload_namespace: service.namespace, destination_workload: `${service.name}-${version}` };
    const clusters = `outbound[|][0-9]+[|]${version}[|]${service.name}[.]${service.namespace}[.].*`;
    const windowSeconds = windowOf(analysis, graph.settings);
    const pods = podsOf(`${service.name}-${version}`);
    const rulesOf = (metric: CheckedMetric): AlertingRuleManifest[] => {
      const query = metric.query({ labels: requests, clusters, windowSeconds, pods });
      const own = { ...alertLabels, server, version, metric: metric.name };
      const { atLeast, atMost } = metric;
      const bounds = [...atLeast === undefined ? [] : [`at least ${atLeast}`], ...atMost === undefined ? [] : [`at most ${atMost}`]].join(' and ');
      const outside = [...atLeast === undefined ? [] : [`(${query}) < ${atLeast}`], ...atMost === undefined ? [] : [`(${query}) > ${atMost}`]].join(' or ');
      const fails: AlertingRuleManifest = {
        alert: 'ReleaseFails',
        expr: outside,
        ...(failureLimit > 0 ? { for: `${failureLimit * seconds}s` } : {}),
        labels: { ...own, severity: 'critical' },
        annotations: {
          summary: `${metric.name} of ${version} of ${service.namespace}/${service.name} is {{ $value }}, and should be ${bounds}.`,
          description: `Go back by one commit: aborted: true of ${scope.node.path}.`,
        },
      };
      // Without requests there is no series, or 0/0
      const unmeasured: AlertingRuleManifest = {
        alert: 'ReleaseUnmeasured',
        expr: `absent(${query}) or ((${query}) != (${query}))`,
        for: `${(failureLimit + 1) * seconds}s`,
        labels: { ...own, severity: 'warning' },
        annotations: {
          summary: `${metric.name} of ${version} of ${service.namespace}/${service.name} could not be measured.`,
          description: `Do not go on with ${scope.node.path}: nobody has tried the new version, or Prometheus does not read the proxies.`,
        },
      };
      return asked || !metric.ofRequests ? [fails, unmeasured] : [fails];
    };
    return { groups: [{ name: `${service.namespace}/${service.name} ${version}`, interval: `${seconds}s`, rules: metrics.flatMap(rulesOf) }] };
  });
}
