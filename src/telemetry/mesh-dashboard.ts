import { Construct } from 'constructs';
import {
  askedSection, callsSection, gatewaysSection, outsideSection, refusedInSection, refusedSection, servicesSection, throughSection, versionsSection,
} from './dashboard-sections';
import { callsTable } from './dashboard-tables';
import { dashboardOf, Section, TextPanel } from './panels';
import { requestsOfCall, Watched, watchedOf } from './watched';
import { checked } from '../diagnostics/checked';
import { checkAnnotation, checkDnsLabel, checkLabels } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call, compare, Member } from '../graph/call';
import { chartNamespace } from '../graph/chart-namespace';
import { countedHosts, Destination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { canonicalNameOf } from '../graph/request-metrics';
import { dashboardConfigMap, DashboardManifest, dashboardText } from '../manifests/grafana';

const LABELS = { grafana_dashboard: '1' };

/**
 * `kubectl apply` keeps the whole object in an annotation, and of those an object may have 256 KiB. The rest is for its metadata.
 *
 * Upstream: kubernetes/apimachinery pkg/api/validation/objectmeta.go, TotalAnnotationSizeLimitB.
 */
const LARGEST = 255 * 1024;

/**
 * Properties of `MeshDashboard`.
 */
export interface MeshDashboardProps {
  /**
   * What the dashboards' titles begin with: `Mesh: shop`, `Mesh: shop/orders`. Give each app that shares a namespace with another one a title of its own.
   *
   * Grafana: `title`.
   *
   * @default 'Mesh'
   */
  readonly title?: string;

  /**
   * Labels of the ConfigMaps, by which Grafana's sidecar finds them.
   *
   * Grafana's Helm chart: `sidecar.dashboards.label` and `labelValue`.
   *
   * @default - { grafana_dashboard: '1' }
   */
  readonly labels?: { [key: string]: string };

  /**
   * Annotations of the ConfigMaps: `{ grafana_folder: 'Mesh' }` where the sidecar goes by it.
   *
   * Grafana's Helm chart: `sidecar.dashboards.folderAnnotation`.
   *
   * @default - none
   */
  readonly annotations?: { [key: string]: string };

  /**
   * The uid of the Prometheus that is chosen when a dashboard is opened; the reader may choose another.
   *
   * Grafana: `templating.list.current`.
   *
   * @default - the one that Grafana has as its default
   */
  readonly dataSource?: string;
}

/** A dashboard that is to be written. */
interface Described {
  /** Of the object, and of its construct. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly sections: Section[];
}

/**
 * Dashboards of the declared calls, for Grafana: one for each namespace of the app, with its services, its gateways, what it calls outside and what was refused
 * there, and one for each workload, with who asks it, its versions side by side and what it calls. Each begins with the declared calls as a table.
 *
 * They become ConfigMaps of the chart's namespace, named id.namespace and id.namespace.workload, which the sidecar of Grafana's Helm chart reads. A dashboard's address (`uid`)
 * and its panels' numbers stay as they are when services and calls come and go. Prometheus has to read the metrics of all proxies (`ProxyMonitor`).
 *
 * Throws `MissingNamespace`, `DuplicateName`, `InvalidName`, `InvalidLabels`, `EmptyList`, `InvalidDashboard`, and at synth `UnknownService` and `InvalidDashboard`.
 *
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards
 *
 * @example
 * new MeshDashboard(chart, 'dashboard', { annotations: { grafana_folder: 'Mesh' } });
 */
@checked
export class MeshDashboard extends Construct {
  private readonly graph: MeshGraph;
  private readonly namespace: string;
  private readonly written = new Set<string>();
  /** By the objects' names, as of the latest check: what is written is asked for after it. */
  private described = new Map<string, Described>();

  constructor(scope: Construct, id: string, private readonly props: MeshDashboardProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    checkDnsLabel(at('id'), id);
    this.namespace = chartNamespace(this);
    this.graph = MeshGraph.of(this);
    const { graph } = this;
    graph.claim(at('id'), ['app\'s dashboards'], '', 'MeshDashboard', this.node.path);
    checkProps(at, props);
    graph.check(() => MeshError.collect(() => this.write()));
  }

  private write(): MeshProblem[] {
    this.described = new Map(this.describe().map(each => [each.name, each]));
    if (this.described.size === 0) {
      return [Site.of(this, 'id').problem('UnknownService', 'must be in an app with requests to show', this.node.id,
        'Leave it out, or declare the ports that speak HTTP or gRPC as such.')];
    }
    const { annotations, labels = LABELS } = this.props;
    for (const name of this.described.keys()) {
      if (this.written.has(name)) {
        continue;
      }
      this.written.add(name);
      this.graph.claim(Site.of(this, 'id'), ['ConfigMap'], this.namespace, name, this.node.path);
      dashboardConfigMap(this, name, { name, labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', ...labels }, annotations },
        () => this.dashboard(this.described.get(name)!));
    }
    return this.tooLarge();
  }

  private dashboard({ name, title, description, sections }: Described): DashboardManifest {
    const { title: first = 'Mesh', dataSource } = this.props;
    const { scrapeIntervalSeconds } = this.graph.settings;
    return dashboardOf({ key: `${this.namespace}/${name}`, title: `${first}: ${title}`, description, sections, dataSource, scrapeIntervalSeconds });
  }

  private tooLarge(): MeshProblem[] {
    const bytesOf = (each: Described) => Buffer.byteLength(JSON.stringify(dashboardText(this.dashboard(each))));
    const names = [...this.described.values()].filter(each => bytesOf(each) > LARGEST).map(({ name }) => name);
    return names.length === 0 ? [] : [Site.of(this, 'id').problem(
      'InvalidDashboard', `would have ConfigMaps that kubectl cannot apply, of more than ${LARGEST} bytes`, names,
      'Divide the namespace, or the app; paths that begin alike can be declared as one.')];
  }

  /** In an order that no statement changes. */
  private describe(): Described[] {
    const watched = watchedOf(this.node.root);
    const gateways = gatewaysOf(watched);
    const namespaces = [...new Set([...watched, ...gateways].map(({ client }) => client.namespace))];
    return [
      ...namespaces.sort(compare).flatMap(namespace => this.ofNamespace(namespace, watched, gateways)),
      ...watched.flatMap(({ construct, client, incoming, outgoing, servers, server }) => {
        servers.forEach(destination => requestsOfCall(construct, client, destination, this.graph.settings)); // Or nobody counts them
        return this.ofWorkload(client, incoming, outgoing, servers, server);
      }),
      ...gateways.flatMap(({ client, calls }) => this.ofWorkload(client, [], calls, serversOf(calls))),
    ];
  }

  private ofNamespace(namespace: string, watched: Watched[], gateways: Gateway[]): Described[] {
    const here = watched.filter(({ client }) => client.namespace === namespace);
    const edges = gateways.filter(({ client }) => client.namespace === namespace);
    const hosts = this.hostsOf(here.flatMap(({ server }) => server ?? []));
    const called = here.flatMap(({ servers }) => servers);
    const outside = this.hostsOf(called.filter(({ takesMutualTls, through }) => !takesMutualTls && !through));
    const names = [...new Set(here.flatMap(({ client }) => canonicalNameOf(client) ?? []))].sort(compare);
    const measured = [
      ...(hosts.length > 0 ? [servicesSection(hosts)] : []),
      ...(edges.length > 0 ? [gatewaysSection(namespace, edges.map(({ client }) => client.name).sort(compare))] : []),
      ...(outside.length > 0 ? [outsideSection(namespace, outside)] : []),
      ...this.through(called),
    ];
    const calls = [...here.flatMap(({ incoming, outgoing }) => [...incoming, ...outgoing]), ...edges.flatMap(each => each.calls)];
    return this.withRefused(measured, refusedInSection(namespace, hosts, names), {
      name: `${this.node.id}.${namespace}`, title: namespace, description: `The services of ${namespace}, as the declared calls have them.`,
    }, calls);
  }

  private ofWorkload(client: Member, incoming: Call[], outgoing: Call[], servers: Destination[], server?: Destination): Described[] {
    const own = server && countedHosts(server, this.graph.settings);
    const hosts = this.hostsOf(servers.filter(({ through }) => !through));
    const measured = [
      ...(own === undefined ? [] : [askedSection(own), versionsSection(own)]),
      ...(hosts.length > 0 ? [callsSection(client, hosts)] : []),
      ...this.through(servers),
    ];
    return this.withRefused(measured, client.gateway ? undefined : refusedSection(client, incoming, own), {
      name: `${this.node.id}.${client.namespace}.${client.name}`,
      title: `${client.namespace}/${client.name}`,
      description: `What ${client.namespace}/${client.name} is asked and asks, as the declared calls have it.`,
    }, [...incoming, ...outgoing]);
  }

  /** Where no request passes there is no dashboard. */
  private withRefused(measured: Section[], refused: Section | undefined, head: Omit<Described, 'sections'>, calls: Call[]): Described[] {
    const table: TextPanel = { id: 1, title: '', markdown: callsTable(calls, this.graph.settings) };
    const sections = [{ title: 'Declared calls', id: 2, panels: [table] }, ...measured, ...(refused ? [refused] : [])];
    return measured.length === 0 ? [] : [{ ...head, sections }];
  }

  private through(servers: Destination[]): Section[] {
    const led = servers.filter(({ through }) => through);
    const gateways = led.map(({ through }) => through!.gateway).sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
    return led.length > 0 ? [throughSection(gateways, this.hostsOf(led))] : [];
  }

  private hostsOf(destinations: Destination[]): string[] {
    return [...new Set(destinations.flatMap(destination => countedHosts(destination, this.graph.settings)))].sort(compare);
  }
}

interface Gateway {
  readonly client: Member;
  readonly calls: Call[];
}

/** They are no workloads that are called, but known by those that they lead to. */
function gatewaysOf(watched: Watched[]): Gateway[] {
  const calls = watched.flatMap(({ incoming }) => incoming.filter(({ client }) => client.gateway && !client.elsewhere));
  const clients = [...new Set(calls.map(({ client }) => client as Member))].sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
  return clients.map(client => ({ client, calls: calls.filter(call => call.client === client) }));
}

function serversOf(calls: Call[]): Destination[] {
  return [...new Set(calls.filter(({ port }) => port._isHttp).map(({ server }) => server))];
}

function checkProps(at: (property: string) => Site, { title, labels, annotations, dataSource }: MeshDashboardProps): void {
  if (title?.trim() === '') {
    at('title').fail('InvalidDashboard', 'must not be empty', title, 'Leave it out: the titles then begin with Mesh.');
  }
  if (dataSource !== undefined && !/^[a-zA-Z0-9_-]{1,40}$/.test(dataSource)) {
    at('dataSource').fail('InvalidDashboard', 'must be the uid of a data source', dataSource, 'Take the last part of its address in Grafana: /connections/datasources/edit/prometheus.');
  }
  if (labels) {
    if (Object.keys(labels).length === 0) {
      at('labels').fail('EmptyList', 'must not be empty: Grafana\'s sidecar finds ConfigMaps by a label', labels, 'Leave it out for grafana_dashboard: \'1\'.');
    }
    checkLabels(at('labels'), labels);
  }
  Object.keys(annotations ?? {}).forEach(key => checkAnnotation(at('annotations').in(key), key));
}
