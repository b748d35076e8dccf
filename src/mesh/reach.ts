import { Construct } from 'constructs';
import { RouteOptions } from './route-options';
import { Release, ServiceRoutes } from './service-routes';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { hostOf } from '../graph/mesh-settings';
import { destinationRule, HttpMatchManifest, LoadBalancerManifest, OutlierDetectionManifest, virtualService } from '../manifests/istio-networking';
import { destinationRuleSpec } from '../routing/destination-rule';
import { RouteContribution, RouteTable, virtualServiceSpec } from '../routing/virtual-service';
import { CircuitBreaker } from '../traffic/circuit-breaker';
import { LoadBalancing } from '../traffic/load-balancing';
import { RouteMatch } from '../traffic/route-match';
import { objectLabels, VERSION } from '../workload/labels';

/** The objects that say how a host is reached. */
export const REACH_KINDS = ['DestinationRule', 'VirtualService'];

export interface ReachProps {
  /** What the objects are called that are made for it. */
  readonly name: string;
  /** The Kubernetes Service, if its name is another one. */
  readonly service?: string;
  readonly namespace: string;
  readonly ports: MeshPort[];
  /** Those that are there from the beginning. */
  readonly versions: { name: string; labels: { [key: string]: string } }[];
  readonly weights?: RouteContribution['split'];
  readonly incoming: Call[];
  readonly loadBalancing?: LoadBalancing;
  readonly circuitBreaker?: CircuitBreaker;
  readonly annotations?: { [key: string]: string };
  /** The least number of pods; unknown where something else deploys them. */
  readonly leastReplicas?: number;
}

/** How the clients of a host reach its pods: the one DestinationRule and the one VirtualService that Istio has room for. */
export class Reach {
  public readonly routes: ServiceRoutes;
  private readonly at: (property: string) => Site;
  private readonly loadBalancer?: LoadBalancerManifest;
  private readonly outlierDetection?: OutlierDetectionManifest;
  private routed = false;

  constructor(private readonly scope: Construct, private readonly graph: MeshGraph, private readonly props: ReachProps) {
    const { loadBalancing, circuitBreaker, leastReplicas } = props;
    this.at = property => Site.of(scope, property);
    this.routes = new ServiceRoutes(props.versions.map(({ name }) => name), props.weights);
    this.loadBalancer = loadBalancing?._toManifest(this.at('loadBalancing'));
    this.outlierDetection = circuitBreaker?._toManifest(this.at('circuitBreaker'));
    if (loadBalancing?._locality._needsBreaker && !circuitBreaker) {
      this.at('loadBalancing').in('locality').fail('IneffectiveLocality', 'needs a circuit breaker', 'failover', 'Add circuitBreaker: without one no pod ever counts as unwell, and Istio ignores the zone.');
    }
    if (loadBalancing?._needsRequests) {
      this.checkHttp(this.at('loadBalancing'));
    }
    if (leastReplicas !== undefined) {
      circuitBreaker?._checkOpens(this.at('circuitBreaker'), leastReplicas);
    }
    graph.check(() => this.routes.problems(this.at, this.table()));

  }

  /** At synth: a Mesh may come later than the service. */
  public get host(): string {
    return hostOf(this.graph.settings, this.props.namespace, this.props.service ?? this.props.name);
  }

  public write(): void {
    const { scope, props, loadBalancer, outlierDetection } = this;
    destinationRule(scope, 'destination-rule', this.head, () => destinationRuleSpec({
      host: this.host,
      subsets: this.routes.versions.map(name => props.versions.find(version => version.name === name) ?? { name, labels: { [VERSION]: name } }),
      loadBalancer,
      outlierDetection,
    }));
    if (props.ports.some(port => port._isHttp)) {
      this.route(); // Istio's own would repeat requests that were answered
    }
  }

  public addRoute(name: string, options: RouteOptions): void {
    const site = this.at(`addRoute(${name})`);
    checkDnsLabel(site.in('name'), name);
    this.routes.add(site.in('name'), { name, match: this.matches(site.in('match'), options.match), version: options.version });
    this.route();
  }

  /** Makes room for a release: a service has one at a time. */
  public addRelease(site: Site, release: Release): void {
    this.routes.addRelease(site, this.scope.node.path, release);
    this.route();
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

  /** Requests are told apart and copied on HTTP ports only. */
  public checkHttp(site: Site): void {
    checkHttp(site, this.props.ports);
  }

  private route(): void {
    this.graph.changed();
    if (!this.routed) {
      this.routed = true;
      virtualService(this.scope, 'virtual-service', this.head, () => virtualServiceSpec(this.table()));
    }
  }

  private get head() {
    const { name, annotations } = this.props;
    return { name, labels: objectLabels(name), annotations };
  }

  private table(): RouteTable {
    return { host: this.host, ports: this.props.ports, routes: this.routes.all, calls: this.props.incoming };
  }
}

export function checkHttp(site: Site, ports: MeshPort[]): void {
  if (!ports.some(port => port._isHttp)) {
    site.fail('NotHttp', 'needs a port on which the proxy sees requests', ports.map(port => port.name), 'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or leave this out.');
  }
}
