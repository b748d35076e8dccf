import { Construct } from 'constructs';
import { budgetGroup, LONGEST_SCRAPE_INTERVAL } from './budget-rules';
import { ObjectiveOverride } from './objective-override';
import { Overrides } from './overrides';
import { undeclaredCallers, undeclaredCalls } from './refusal-rules';
import { ServiceObjective } from './service-objective';
import { requestsOfCall, Watched, watchedOf } from './watched';
import { checkAlertLabels } from '../diagnostics/alert-labels';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkLabels } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { chartNamespace } from '../graph/chart-namespace';
import { countedHosts, Destination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { requestsTo } from '../graph/request-metrics';
import { prometheusRule, RuleGroupManifest } from '../manifests/prometheus-operator';

/**
 * `kubectl apply` keeps the whole object in an annotation, and of those an object may have 256 KiB; the operator takes no more than half a megabyte.
 *
 * Upstream: kubernetes/apimachinery pkg/api/validation/objectmeta.go, TotalAnnotationSizeLimitB.
 */
const LARGEST = 240 * 1024;

const RESERVED = ['severity', 'server', 'client', 'client_namespace', 'alertname'];

/**
 * Properties of `MeshAlerts`.
 */
export interface MeshAlertsProps {
  /**
   * What every service, and every call, has to hold.
   *
   * @default - ServiceObjective.availability(99.9)
   */
  readonly objective?: ServiceObjective;

  /**
   * What some of them have to hold instead.
   *
   * @default - none
   */
  readonly overrides?: ObjectiveOverride[];

  /**
   * Whether there are alerts for what is refused because no call declares it.
   *
   * @default - true
   */
  readonly refusals?: boolean;

  /**
   * Labels of the PrometheusRules, by which a Prometheus finds them: `{ release: 'kube-prometheus-stack' }`.
   *
   * Prometheus operator: `Prometheus.spec.ruleSelector`.
   *
   * @default - none
   */
  readonly labels?: { [key: string]: string };

  /**
   * Labels of every alert, by which it is routed: `{ team: 'shop' }`.
   *
   * Prometheus: `groups.rules.labels`.
   *
   * @default - none
   */
  readonly alertLabels?: { [key: string]: string };
}

/**
 * Alerts for every service of the app that takes requests, and for every call that is declared: how fast the error budget is used up, by the
 * metrics of the proxies. Calls over TCP and UDP have no requests to count. What other apps' workloads ask is in the alerts of the service that they ask.
 *
 * It becomes a PrometheusRule for each workload, in the chart's namespace, named id.namespace.workload: a group for the service and
 * one for each of its calls; of some twenty calls or more the rest are in id.namespace.workload.2 and so on. `critical` is an alert when the budget
 * would last five days or less, `warning` when it would last thirty or less.
 * Prometheus has to read the metrics of all proxies (`ProxyMonitor`) at least every 75 seconds (`Mesh.scrapeInterval`).
 *
 * Throws `MissingNamespace`, `DuplicateName`, `InvalidPercent`, `InvalidDuration`, `InvalidLabels`, `ReservedMetadata`, `EmptyList`, `NotHttp`, `OtherApp`,
 * and at synth `UnknownService` and `MissingProperty`.
 *
 * @see https://sre.google/workbook/alerting-on-slos/
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
 *
 * @example
 * new MeshAlerts(chart, 'alerts', {
 *   objective: ServiceObjective.availability(99.9),
 *   overrides: [{ server: orders, objective: ServiceObjective.availability(99.99) }],
 *   labels: { release: 'kube-prometheus-stack' },
 * });
 */
@checked
export class MeshAlerts extends Construct {
  private readonly graph: MeshGraph;
  private readonly overrides: Overrides;
  private readonly alertLabels: { [key: string]: string };
  private readonly written = new Set<string>();
  /** By the objects' names, as of the latest check: what is written is asked for after it. */
  private readonly groups = new Map<string, { readonly id: string; readonly groups: RuleGroupManifest[] }>();

  constructor(scope: Construct, id: string, private readonly props: MeshAlertsProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    checkDnsLabel(at('id'), id);
    chartNamespace(this); // Of every rule
    this.graph = MeshGraph.of(this);
    const { graph } = this;
    graph.claim(at('id'), ['app\'s alerts'], '', 'MeshAlerts', this.node.path);
    if (props.labels) {
      checkLabels(at('labels'), props.labels);
    }
    this.alertLabels = { ...checkAlertLabels(at('alertLabels'), props.alertLabels, RESERVED) };
    this.overrides = new Overrides(at, graph, props.objective ?? ServiceObjective.availability(99.9), props.overrides);
    graph.check(() => this.problems());
    graph.check(() => MeshError.collect(() => {
      this.write();
      return [];
    }));
  }

  private problems(): MeshProblem[] {
    const { scrapeIntervalSeconds } = this.graph.settings;
    const watched = watchedOf(this.node.root);
    return [
      ...(scrapeIntervalSeconds > LONGEST_SCRAPE_INTERVAL ? [Site.of(this, 'scrapeInterval').problem(
        'InvalidDuration', `of the Mesh must be at most ${LONGEST_SCRAPE_INTERVAL} seconds: the rates are over five minutes`, scrapeIntervalSeconds,
        'Let Prometheus read the proxies more often, and say so: scrapeInterval: Duration.seconds(30).')] : []),
      ...(watched.every(({ server, servers }) => !server && servers.length === 0) ? [Site.of(this, 'id').problem(
        'UnknownService', 'must be in an app with requests to count', this.node.id, 'Leave it out, or declare the ports that speak HTTP or gRPC as such.')] : []),
      ...this.overrides.problems(watched),
    ];
  }

  /** An object for each workload, and more where it would be too large for one. */
  private write(): void {
    this.groups.clear();
    for (const watched of watchedOf(this.node.root)) {
      const { namespace, name } = watched.client;
      objectsOf(this.groupsOf(watched)).forEach((groups, index) => {
        const more = index === 0 ? '' : `.${index + 1}`;
        this.groups.set(`${this.node.id}.${namespace}.${name}${more}`, { id: `rule-${namespace}-${name}${more}`, groups });
      });
    }
    for (const [object, { id }] of this.groups) {
      if (this.written.has(object)) {
        continue;
      }
      this.written.add(object);
      prometheusRule(this, id, {
        name: object, labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', ...this.props.labels },
      }, () => ({ groups: this.groups.get(object)?.groups ?? [] }));
    }
  }

  private groupsOf({ client, server, servers, incoming, construct }: Watched): RuleGroupManifest[] {
    const { alertLabels, graph: { settings }, props: { refusals = true } } = this;
    const who = `${client.namespace}/${client.name}`;
    const hostOf = (destination: Destination) => destination.host(settings);
    const own = server ? [budgetGroup({
      name: who,
      kind: 'service',
      subject: who,
      requests: requestsTo(countedHosts(server, settings)),
      labels: { server: hostOf(server) },
      objective: this.overrides.objectiveOf(server),
      alertLabels,
    })] : [];
    const calls = servers.map(destination => budgetGroup({
      name: `${who} -> ${hostOf(destination)}`,
      kind: 'call',
      subject: `The call of ${who} to ${hostOf(destination)}`,
      requests: requestsOfCall(construct, client, destination, settings),
      labels: { client: client.name, client_namespace: client.namespace, server: hostOf(destination) },
      objective: this.overrides.objectiveOf(destination, construct),
      alertLabels,
    }));
    const refused = refusals ? [
      ...(server ? undeclaredCallers(countedHosts(server, settings), incoming, alertLabels) : []),
      ...undeclaredCalls(client, alertLabels),
    ] : [];
    return [...own, ...calls, ...(refused.length > 0 ? [{ name: `${who} refusals`, rules: refused }] : [])];
  }
}

/** Groups one after the other, in as few objects as hold them. */
function objectsOf(groups: RuleGroupManifest[]): RuleGroupManifest[][] {
  const objects: RuleGroupManifest[][] = [];
  let bytes = Infinity;
  for (const group of groups) {
    const more = Buffer.byteLength(JSON.stringify(group));
    if (bytes + more > LARGEST) {
      objects.push([]);
      bytes = 0;
    }
    objects.at(-1)!.push(group);
    bytes += more;
  }
  return objects;
}
