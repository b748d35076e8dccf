import { Construct } from 'constructs';
import { Candidate } from './candidates';
import { ConnectionRouteOptions } from './connection-route-options';
import { ConnectionRoutes } from './connection-routes';
import { routeActions } from './route-actions';
import { ServiceMirror } from './route-mirrors';
import { RouteOptions } from './route-options';
import { Release, ServiceRoutes } from './service-routes';
import { demandOf } from '../access/demand';
import { checkDnsLabel } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { Rewritten } from '../graph/destination';
import { matchesOf } from '../graph/faults-of';
import { checkHttp, HostShape, HostTraffic } from '../graph/host-traffic';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { hostOf } from '../graph/mesh-settings';
import { LEAVE_TOKEN, losesToken } from '../graph/treated-call';
import { unkeptShares } from '../graph/unkept-shares';
import { destinationRule, DestinationRuleSpec, HttpMatchManifest, virtualService, VirtualServiceSpec } from '../manifests/istio-networking';
import { meshRoutes } from '../routing/connection-routes';
import { destinationRuleSpec } from '../routing/destination-rule';
import { lostCookies, lostHashCookies } from '../routing/lost-cookies';
import { multiplies, oversized } from '../routing/object-size';
import { checkRedirects, namesOf } from '../routing/redirect-circles';
import { RouteContribution, RouteTable, WeightedTarget } from '../routing/virtual-service';
import { replaced } from '../traffic/header-changes';
import { meeting } from '../traffic/match-meeting';
import { RouteMatch } from '../traffic/route-match';
import { AffinityCookie, SessionAffinity } from '../traffic/session-affinity';
import { HostTrafficProps } from '../traffic/traffic-policy-props';
import { objectLabels, VERSION } from '../workload/labels';
import { once } from '../workload/rendering-once';

/** The objects that say how a host is reached. */
export const REACH_KINDS = ['DestinationRule', 'VirtualService'];

export interface ReachProps extends HostTrafficProps, HostShape {
  /** What the objects are called that are made for it. */
  readonly name: string;
  /** The Kubernetes Service, if its name is another one. */
  readonly service?: string;
  readonly namespace: string;
  readonly ports: MeshPort[];
  /** Those that are there from the beginning. */
  readonly versions: { name: string; labels: { [key: string]: string } }[];
  readonly weights?: WeightedTarget[];
  /** Where these are said. */
  readonly weighedIn?: string;
  readonly incoming: Call[];
  readonly annotations?: { [key: string]: string };
  /** The least number of pods; unknown where something else deploys them. */
  readonly leastReplicas?: number;
}

/** A VirtualService with the routes of a host, as it is written. */
export interface RoutedBy {
  readonly name: string;
  readonly spec: () => VirtualServiceSpec;
}

/** How the clients of a host reach its pods: the one DestinationRule and the one VirtualService that Istio has room for. */
export class Reach {
  public readonly routes: ServiceRoutes;
  public readonly connections: ConnectionRoutes;
  public readonly traffic: HostTraffic;
  /** Its own, and those of gateways. */
  public readonly routedBy: RoutedBy[] = [];
  /** By which users are kept on versions, and where that is said. */
  public readonly cookies: { readonly site: Site; readonly name: string }[] = [];
  private readonly others: string[] = [];
  private readonly at: (property: string) => Site;
  private routed = false;

  constructor(private readonly scope: Construct, private readonly graph: MeshGraph, private readonly props: ReachProps) {
    const { leastReplicas, headless } = props;
    this.at = property => Site.of(scope, property);
    this.routes = new ServiceRoutes(props.versions.map(({ name }) => name), props.weights);
    if (headless) {
      graph.chains.headless.add(scope.node.path);
      this.checkHeadless();
    }
    this.traffic = new HostTraffic(this.at, props, props.ports);
    const { ports, incoming } = props;
    const { path } = scope.node;
    this.connections = new ConnectionRoutes(graph, { path, at: this.at, ports, host: () => this.host, incoming, routes: this.routes });
    ports.forEach((port, index) => port._sniHosts && this.checkPicked(this.at('ports').at(index).in('sniHosts')));
    this.noteZones();
    if (leastReplicas !== undefined) {
      this.traffic.checkOpens(leastReplicas);
    }
    if (props.weights) {
      const site = this.at(props.weighedIn ?? 'versions');
      this.checkSplits(site);
      graph.check(() => unkeptShares(site, props.incoming, graph, path));
    }
    graph.check(() => this.routes.problems(this.at, this.table()));
    graph.check(() => this.traffic.hashes ? this.traffic.hashProblems(this.routes.splits) : []);
    graph.check(() => this.lostCookies(this.table()));
    checkRedirects(graph, {
      names: () => namesOf(this.host),
      table: () => this.table(),
      problem: ({ route, way }) => this.at(`route ${route}`).in('redirect').problem(
        'InvalidRedirect', 'must not lead in a circle', way, 'Lead out of what is redirected: to another host or path.'),
    });
    graph.check(() => this.cookies.filter(({ name }) => this.traffic.cookies.includes(name)).map(({ site, name }) => site.problem(
      'IneffectiveAffinity', 'must be another than the cookie by which the service is balanced: each would be written over the other', name, 'Give one of the two another name.')));
  }

  /** At synth: a Mesh may come later than the service. */
  public get host(): string {
    return hostOf(this.graph.settings, this.props.namespace, this.props.service ?? this.props.name);
  }

  /** All under which its pods are reached: its own first, and those that a release has for versions. */
  public get hosts(): string[] {
    return [this.host, ...this.others.map(service => this.hostOf(service))];
  }

  /**
   * Another Service with pods of it, which is reached as this one is.
   *
   * @param name that of the DestinationRule.
   */
  public addHost(scope: Construct, service: string, name = service): void {
    this.others.push(service);
    this.graph.changed();
    destinationRule(scope, `destination-rule-${service}`, { ...this.head, name }, () => this.policyOf(this.hostOf(service)));
  }

  public write(): void {
    const { scope, props } = this;
    if (props.ports.every(port => port._isUdp)) {
      return; // Past the proxies
    }
    destinationRule(scope, 'destination-rule', this.head, () => this.policyOf(
      this.host, this.routes.versions.map(name => props.versions.find(version => version.name === name) ?? { name, labels: { [VERSION]: name } })));
    if (props.ports.some(port => port._isHttp || port._sniHosts)) {
      this.route(); // Istio's own would repeat requests that were answered, and lead TLS whatever its name
    }
  }

  /** @returns the requests, and what the service is asked for in the place of what clients do. */
  public addRoute(name: string, options: RouteOptions, copiedTo: ServiceMirror[] = []): { match: HttpMatchManifest[]; rewritten?: Rewritten } {
    const site = this.at(`addRoute(${name})`);
    this.checkPicked(site);
    checkDnsLabel(site.in('name'), name);
    const match = this.matches(site.in('match'), options.match);
    const { rewritten, ...actions } = routeActions(site, options, match, this.props.ports, copiedTo);
    this.routes.add(site.in('name'), { name, match, said: options.version === undefined ? 'versions' : 'version', ...actions });
    const lost = replaced(actions.treatment?.headers?.request);
    this.graph.check(() => lost.length === 0 ? [] : this.props.incoming.filter(call => losesToken(call, lost) && isFor(match, call)).map(({ client }) => site.in('headers').in('request').problem(
      'SwallowedToken', `must leave the token of ${client.name}'s call to the service's proxy, which reads it after the client's has changed the headers`, lost, LEAVE_TOKEN)));
    if (rewritten) {
      this.graph.check(() => this.props.incoming.filter(call => demandOf(call) !== '').map(({ client }) => site.in('rewrite').problem(
        'UnboundDemand', `must leave the path as it is: ${client.name} is asked for more than who it is, and by paths`, name, 'Let the client ask for the path that results.')));
    }
    this.route();
    return { match, rewritten };
  }

  public addConnectionRoute(name: string, options: ConnectionRouteOptions): void {
    this.checkPicked(this.at(`addConnectionRoute(${name})`));
    this.connections.add(name, options);
    this.route();
  }

  /** Makes room for a version that is tried, beside others that are. @param at the release's properties. */
  public addCandidate(at: { readonly service: Site; readonly version: Site; readonly weight: Site }, candidate: Candidate): void {
    this.checkSplits(at.service);
    this.routes.addCandidate(at, this.scope.node.path, candidate);
    this.route();
  }

  /** Makes room for a release whose controller moves the routes: a service has one at a time. */
  public addRelease(site: Site, release: Release): void {
    this.checkSplits(site);
    this.routes.addRelease(site, this.scope.node.path, release);
    this.route();
  }

  /** Makes room for a version that stays beside the service's own. */
  public addVersion(at: (property: string) => Site, version: string, weight: number, sessionAffinity?: SessionAffinity): void {
    this.checkSplits(at('service'));
    this.routes.addVersion(at, version, weight, sessionAffinity && this.cookieOf(at('sessionAffinity'), sessionAffinity));
    this.route();
  }

  /** What is said of the connections to one version. */
  public treatVersion(at: (property: string) => Site, version: string, props: HostTrafficProps): void {
    this.traffic.addVersion(at, version, props);
    this.noteZones();
  }

  public matches(site: Site, matches: RouteMatch[]): HttpMatchManifest[] {
    if (matches.length === 0) {
      site.fail('EmptyList', 'must not be empty', matches, 'Give at least one RouteMatch.');
    }
    this.checkHttp(site);
    const grpc = this.props.ports.filter(port => port._isHttp).every(port => port._isGrpc);
    return matches.map((match, index) => {
      const manifest = match._toManifest(site.at(index));
      if (grpc) {
        match._checkGrpc(site.at(index));
      }
      return manifest;
    });
  }

  public checkPicked(site: Site): void {
    if (this.props.headless) {
      site.fail('HeadlessService', 'needs the proxy to pick the pod, which clients of a headless service do', this.props.name, 'Leave headless out.');
    }
    if (this.traffic.passes) {
      site.fail('InvalidLoadBalancing', 'needs the proxy to pick the pod, which it does not with LoadBalancing.passthrough()', this.props.name, 'Balance the service in another way.');
    }
  }

  /** Where nobody chooses between versions, a share of one would not be kept. */
  private checkSplits(site: Site): void {
    const { ports, name } = this.props;
    this.checkPicked(site);
    const unsplit = ports.find(port => port._whole);
    if (unsplit) {
      site.fail('NotReleasable', `cannot be kept on port ${unsplit.name}: ${unsplit._whole}`, name,
        unsplit._isUdp ? 'Give what is sent over UDP a service of its own.'
          : `Declare the port as MeshPort.tcp(${unsplit.port}): it carries the same${unsplit._layer === 'tls' ? '; or name what clients give in their TLS, its sniHosts' : ''}.`);
    }
  }

  /**
   * A proxy passes a connection on to the pod that the client wanted, on the port that it wanted.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/cluster.go, convertResolution; envoyproxy/envoy source/extensions/clusters/original_dst.
   */
  private checkHeadless(): void {
    const { ports } = this.props;
    ports.forEach(({ port, targetPort }, index) => {
      if (port !== targetPort) {
        this.at('ports').at(index).in('targetPort').fail('HeadlessService', 'must be the port itself: clients connect to the pods, and nothing translates it', targetPort, `Write the port on which the container listens: ${targetPort}.`);
      }
    });
  }

  /** Requests are told apart and copied on HTTP ports only. */
  public checkHttp(site: Site): void {
    checkHttp(site, this.props.ports);
  }

  /** The routes for what comes in through a gateway, of which these are the calls: the same versions, shares and matches. */
  public gatewayTable(calls: Call[]): RouteTable {
    return { ...this.table(), calls, gateway: true };
  }

  /** Of what goes by these routes: cookies that keep users on a version, or on a pod, and do not come to them. */
  public lostCookies(table: RouteTable): MeshProblem[] {
    const { cookies, traffic } = this;
    if (cookies.length === 0 && !traffic.hashes) {
      return [];
    }
    // Flagger writes its cookie beside the destinations of the route to which we delegate (fluxcd/flagger pkg/router/istio.go)
    const setting = ({ split, delegate }: RouteContribution) => delegate !== undefined || split.some(({ setCookie }) => setCookie !== undefined);
    const kept = cookies.length === 0 ? [] : lostCookies(table, route => setting(route) ? cookies : []);
    return [
      ...kept.map(({ by, cookie: { site, name } }) => site.problem('IneffectiveAffinity',
        `must reach those who are to be kept: ${by} removes or sets the header set-cookie of the answers, after the version has set it`, name,
        'Let these headers add to set-cookie, or leave it as it is.')),
      ...lostHashCookies(table, traffic),
    ];
  }

  /** @param site where it is said. */
  public cookieOf(site: Site, affinity: SessionAffinity): AffinityCookie {
    const { ports } = this.props;
    if (!ports.some(port => port._isHttp && !port._isGrpc)) {
      site.fail('NotHttp', 'needs a port whose clients keep cookies', ports.map(({ name }) => name), 'Leave it out: clients of gRPC and of plain connections have none.');
    }
    const cookie = affinity._resolve(site);
    this.cookies.push({ site: site.in('name'), name: cookie.name });
    return cookie;
  }

  private noteZones(): void {
    if (this.traffic.keepsZone) {
      this.graph.chains.zonal.add(this.scope.node.path);
    }
    if (this.traffic.passes) {
      this.graph.chains.headless.add(this.scope.node.path);
    }
  }

  private route(): void {
    this.graph.changed();
    if (!this.routed) {
      this.routed = true;
      const spec = () => meshRoutes(this.table(), this.connections.all);
      this.routedBy.push({ name: this.props.name, spec });
      virtualService(this.scope, 'virtual-service', this.head, spec);
      this.graph.check(() => multiplies(this.routes.all, this.props.incoming) ? oversized(this.at('faults'), spec()) : []);
    }
  }

  private policyOf(host: string, subsets: DestinationRuleSpec['subsets'] = []): DestinationRuleSpec {
    return destinationRuleSpec({ host, subsets, traffic: this.traffic });
  }

  private hostOf(service: string): string {
    return hostOf(this.graph.settings, this.props.namespace, service);
  }

  private get head() {
    const { name, annotations } = this.props;
    return { name, labels: objectLabels(name), annotations };
  }

  private table(): RouteTable {
    return once(this, (): RouteTable => ({
      host: this.host,
      ports: this.props.ports,
      routes: this.routes.all,
      calls: this.props.incoming.filter(({ client }) => !client.gateway),
      avoidsPreviousHosts: this.traffic.hashes ? (port, versions) => this.traffic.avoidsPreviousHosts(port, versions) : undefined,
    }));
  }
}

/** Whether some requests of a call may be those of a match. */
function isFor(match: HttpMatchManifest[], call: Call): boolean {
  return matchesOf(call).some(requests => match.some(each => meeting(each, requests) !== undefined));
}
