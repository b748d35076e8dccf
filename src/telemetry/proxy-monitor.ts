import { Construct } from 'constructs';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkLabels } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { podMonitor } from '../manifests/prometheus-operator';
import { CANONICAL_NAME } from '../workload/labels';

/**
 * Properties of `ProxyMonitor`.
 */
export interface ProxyMonitorProps {
  /**
   * Labels of the PodMonitor, by which a Prometheus finds it: `{ release: 'kube-prometheus-stack' }`.
   *
   * Prometheus operator: `Prometheus.spec.podMonitorSelector`.
   *
   * @default - none
   */
  readonly labels?: { [key: string]: string };
}

/**
 * Lets Prometheus read the metrics of the proxies of all the app's pods, every `Mesh.scrapeInterval`: those of port 15090, which the
 * NetworkPolicies open to the Mesh's `prometheusNamespace`.
 *
 * It becomes a PodMonitor named by the construct's id, for the namespaces of the app's workloads. Every pod there that has a proxy is read, those
 * of other apps too. Machines are no pods: their metrics need a scrape configuration of your own.
 *
 * Throws `InvalidName`, `InvalidLabels`, `MissingNamespace`, `DuplicateName`, and at synth `UnknownService` in an app without pods.
 *
 * @see https://istio.io/latest/docs/ops/integrations/prometheus/
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor
 *
 * @example
 * new ProxyMonitor(chart, 'proxies', { labels: { release: 'kube-prometheus-stack' } });
 */
@checked
export class ProxyMonitor extends Construct {
  constructor(scope: Construct, id: string, props: ProxyMonitorProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    checkDnsLabel(at('id'), id);
    if (props.labels) {
      checkLabels(at('labels'), props.labels);
    }
    const graph = MeshGraph.of(this);
    graph.claim(at('id'), ['PodMonitor'], chartNamespace(this), id, this.node.path);
    const other = graph.ownerOf('ProxyMonitor', '', 'app');
    if (other !== undefined) {
      at('id').fail('DuplicateName', `must be the app's only ProxyMonitor: ${other} is one, and two would count each request twice`, id, 'Keep one: it reads the pods of all namespaces of the app.');
    }
    graph.claim(at('id'), ['ProxyMonitor'], '', 'app', this.node.path);
    const namespaces = () => [...new Set(graph.members.filter(({ addresses }) => !addresses).map(({ namespace }) => namespace))].sort(compare);
    graph.check((): MeshProblem[] => namespaces().length > 0 ? [] : [at('id').problem(
      'UnknownService', 'must be in an app with pods to read', id, 'Leave it out.')]);
    podMonitor(this, 'pod-monitor', { name: id, labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', ...props.labels } }, () => ({
      namespaceSelector: { matchNames: namespaces() },
      // The injector gives it to every pod that it injects
      selector: { matchExpressions: [{ key: CANONICAL_NAME, operator: 'Exists' }] },
      podMetricsEndpoints: [{ port: 'http-envoy-prom', path: '/stats/prometheus', interval: `${graph.settings.scrapeIntervalSeconds}s` }],
    }));
  }
}
