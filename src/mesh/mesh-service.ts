import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MeshServiceProps } from './mesh-service-props';
import { RouteOptions } from './route-options';
import { ServicePods } from './service-pods';
import { Release, ServiceRoutes } from './service-routes';
import { authorizationPolicySpec } from '../access/authorization';
import { namespace, networkPolicySpec } from '../access/network-policy';
import { sidecarSpec } from '../access/sidecar-scope';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { CallOptions } from '../graph/call-options';
import { memberNamespace } from '../graph/chart-namespace';
import { Destination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { checkServicePorts } from '../graph/mesh-port';
import { hostOf } from '../graph/mesh-settings';
import { OutgoingCalls } from '../graph/outgoing-calls';
import { destinationRule, sidecar, virtualService } from '../manifests/istio-networking';
import { authorizationPolicy } from '../manifests/istio-security';
import { networkPolicy, podDisruptionBudget } from '../manifests/kubernetes';
import { destinationRuleSpec } from '../routing/destination-rule';
import { RouteTable, virtualServiceSpec } from '../routing/virtual-service';
import { RouteMatch } from '../traffic/route-match';
import { checkWorkload, replicasOf } from '../workload/check-workload';
import { completed } from '../workload/escape-hatch';
import { APP, canonicalName, objectLabels } from '../workload/labels';

/** What bears the service's name. */
const OWN_KINDS = [
  'Deployment', 'Service', 'ServiceAccount', 'PodDisruptionBudget', 'DestinationRule', 'VirtualService', 'Sidecar', 'AuthorizationPolicy', 'NetworkPolicy',
];

/**
 * A service of the mesh: its pods, its identity, how it is reached, and who may reach it.
 *
 * It becomes a Deployment, Service, ServiceAccount and PodDisruptionBudget; a DestinationRule and, when one of its ports
 * speaks HTTP or it is released, a VirtualService; a Sidecar, an AuthorizationPolicy and a NetworkPolicy that allow what `calls()`
 * declares and nothing else. All of them bear the service's name.
 *
 * Throws `MissingImage`, `InvalidImage`, `UnpinnedImage`, `MissingPorts`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`,
 * `InvalidName`, `NameTooLong`, `DuplicateName`, `MissingNamespace` and the errors of the values it is given.
 *
 * @example
 * const orders = new MeshService(chart, 'orders', {
 *   image: 'ghcr.io/acme/orders:1.4.2',
 *   ports: [MeshPort.grpc(50051)],
 *   circuitBreaker: CircuitBreaker.consecutiveErrors(5),
 * });
 * const frontend = new MeshService(chart, 'frontend', {
 *   image: 'ghcr.io/acme/frontend:2.0.1',
 *   ports: [MeshPort.http(80, { targetPort: 8080 })],
 * });
 * frontend.calls(orders, { paths: ['/orders.v1.Orders/Get'], timeout: Duration.seconds(2), retries: Retries.upTo(3) });
 */
@checked
export class MeshService extends MeshDestination {
  /**
   * The name of the service and of everything that it becomes.
   */
  public readonly name: string;

  /**
   * The namespace of the service: its chart's.
   */
  public readonly namespace: string;

  /**
   * The label `version` of the service's own pods.
   */
  public readonly version: string;

  /**
   * The identity of the pods.
   */
  public readonly serviceAccount: kplus.ServiceAccount;

  /**
   * The Deployment of the service's own version. Whatever is done to its pods, by its methods or by a JSON patch, holds
   * for the pods of every version.
   */
  public readonly deployment: kplus.Deployment;

  /**
   * The Kubernetes Service.
   */
  public readonly service: kplus.Service;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _pods: ServicePods;

  private readonly graph: MeshGraph;
  private readonly incoming: Call[] = [];
  private readonly outgoing: OutgoingCalls;
  private readonly routes: ServiceRoutes;
  private routed?: ApiObject;
  private kubernetesApi = false;

  constructor(scope: Construct, id: string, private readonly props: MeshServiceProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = checkDnsLabel(at('name'), props.name ?? id, { letterFirst: true });
    if (this.name === 'default') {
      at('name').fail('InvalidName', 'must not be default', this.name, 'Pods without an account of their own run as the ServiceAccount default, and would be taken for this service: choose another name.');
    }
    this.namespace = memberNamespace(this);
    this.version = checkDnsLabel(at('version'), props.version ?? 'v1');
    this.routes = new ServiceRoutes(this.version);
    checkWorkload(at, props);
    this._destination = {
      path: this.node.path,
      ports: checkServicePorts(at('ports'), props.ports),
      scopeHosts: () => [`${this.namespace}/${this._host}`],
      networkPeers: [{ ...namespace(this.namespace), podSelector: { matchLabels: canonicalName(this.name) } }],
      packetPort: port => port.targetPort,
    };
    const loadBalancer = props.loadBalancing?._toManifest(at('loadBalancing'));
    const outlierDetection = props.circuitBreaker?._toManifest(at('circuitBreaker'));
    if (props.loadBalancing?._locality._needsBreaker && !props.circuitBreaker) {
      at('loadBalancing').in('locality').fail('IneffectiveLocality', 'needs a circuit breaker', 'failover', 'Add circuitBreaker: without one no pod ever counts as unwell, and Istio ignores the zone.');
    }
    if (props.loadBalancing?._needsRequests) {
      this._checkHttp(at('loadBalancing'));
    }
    props.circuitBreaker?._checkOpens(at('circuitBreaker'), replicasOf(props).min);
    this.graph = MeshGraph.of(this);
    this.graph.claim(at('name'), OWN_KINDS, this.namespace, this.name, this.node.path);
    this.graph.check(() => this.routes.problems(at, this.routeTable()));

    const head = { name: this.name, labels: objectLabels(this.name) };
    this.outgoing = new OutgoingCalls(this.graph, {
      name: this.name, namespace: this.namespace, serviceAccount: this.name, podLabels: canonicalName(this.name),
    });
    this.serviceAccount = completed(new kplus.ServiceAccount(this, 'service-account', { metadata: head, automountToken: false }));
    this._pods = new ServicePods(this, this.graph, {
      service: this.name,
      namespace: this.namespace,
      version: this.version,
      ports: this._destination.ports,
      serviceAccount: this.serviceAccount,
      workload: props,
    });
    this.deployment = this._pods.deployment;
    this.service = completed(new kplus.Service(this, 'service', {
      metadata: head,
      type: kplus.ServiceType.CLUSTER_IP,
      ports: this._destination.ports.map(port => ({ name: port.name, port: port.port, targetPort: port.targetPort })),
    }));
    this.service.selectLabel(APP, this.name);
    podDisruptionBudget(this, 'disruption-budget', head, {
      maxUnavailable: 1, selector: { matchLabels: canonicalName(this.name) }, unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    destinationRule(this, 'destination-rule', head, () => destinationRuleSpec({
      host: this._host, versions: this.routes.versions, loadBalancer, outlierDetection,
    }));
    sidecar(this, 'sidecar', head, () => sidecarSpec(this.name, this.outgoing.all, this.kubernetesApi, this.graph.settings));
    authorizationPolicy(this, 'authorization-policy', head, () => authorizationPolicySpec(this.name, this.incoming, this.graph.settings));
    if (this._destination.ports.some(port => port._isHttp)) {
      this.route(); // Istio's own would repeat requests that were answered
    }
    networkPolicy(this, 'network-policy', head, () => networkPolicySpec(
      { service: this.name, incoming: this.incoming, outgoing: this.outgoing.all, usesKubernetesApi: this.kubernetesApi }, this.graph.settings,
    ));
  }

  /**
   * The name under which clients of every namespace reach the service: `orders.shop.svc.cluster.local`. A `Mesh` with
   * another `clusterDomain` has to stand before its first use.
   */
  public get host(): string {
    this.graph.hostRead(this.node.path);
    return this._host;
  }

  /**
   * Declares that this service calls another one, or something outside. Only what is declared is allowed: by the
   * network, by this service's proxy and by the server's identity check.
   *
   * Throws `CallToSelf`, `OtherApp`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `EmptyList`, `InvalidMethod`, `InvalidPath`,
   * `DuplicateCall` and the errors of the values it is given.
   *
   * @param server what is called.
   * @param options what may be asked of it and how.
   */
  public calls(server: MeshDestination, options: CallOptions = {}): void {
    const site = Site.of(this, `calls(${server.node.id})`);
    if (server === this) {
      site.fail('CallToSelf', 'must name another service', server.node.path, 'Pods of one service that talk to each other do so without the mesh\'s routing: declare them as two services.');
    }
    this.outgoing.declare(site, server, options);
  }

  /**
   * Sends some requests to one version, whatever share of the others it gets. Routes are tried in the order in which
   * they are added, before those of a release. At the first stage of a release, whose pods may not be there yet, those to its
   * version go to the service's own.
   *
   * Throws `InvalidName`, `DuplicateRoute`, `EmptyList`, `NotHttp`, the errors of its matches, and at synth `UnknownVersion`, `UnreachableRoute` and `UnresolvedOverlap`.
   *
   * @param name names the route in metrics and access logs: a DNS label, unique within the service.
   *
   * @example
   * orders.addRoute('testers', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'v2' });
   */
  public addRoute(name: string, options: RouteOptions): void {
    const site = Site.of(this, `addRoute(${name})`);
    checkDnsLabel(site.in('name'), name);
    this.routes.add(site.in('name'), {
      name, match: this._matches(site.in('match'), options.match), version: options.version,
    });
    this.route();
  }

  /**
   * Lets the service talk to the Kubernetes API: mounts its account's token, and opens its proxy and the network to the
   * API server. What it may do there is for its roles to say.
   *
   * @example
   * orders.usesKubernetesApi();
   */
  public usesKubernetesApi(): void {
    if (!this.kubernetesApi) {
      this.kubernetesApi = true;
      this._pods.deployment.mountToken();
      this.graph.changed();
    }
  }

  /**
   * Makes room for a release: a service has one at a time.
   *
   * @internal
   */
  public _addRelease(site: Site, release: Release): void {
    this.routes.addRelease(site, this.node.path, release);
    this.route();
  }

  /** @internal */
  public _leadsTo(version: string): boolean {
    return this.routes.leadTo(version);
  }

  /** @internal */
  public _matches(site: Site, matches: RouteMatch[]) {
    if (matches.length === 0) {
      site.fail('EmptyList', 'must not be empty', matches, 'Give at least one RouteMatch.');
    }
    this._checkHttp(site);
    const grpc = this._destination.ports.filter(port => port._isHttp).every(port => port._isGrpc);
    return matches.map((match, index) => {
      const manifest = match._toManifest(site.at(index));
      if (grpc) {
        match._checkGrpc(site.at(index));
      }
      return manifest;
    });
  }

  /**
   * Requests are told apart and copied on HTTP ports only.
   *
   * @internal
   */
  public _checkHttp(site: Site): void {
    if (!this._destination.ports.some(port => port._isHttp)) {
      site.fail('NotHttp', 'needs a port on which the proxy sees requests', this._destination.ports.map(port => port.name), 'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or leave this out.');
    }
  }

  /**
   * At synth: a Mesh may come later than the service.
   *
   * @internal
   */
  public get _host(): string {
    return hostOf(this.graph.settings, this.namespace, this.name);
  }

  /** @internal */
  public get _workload(): MeshServiceProps {
    return this.props;
  }

  /** @internal */
  public _accept(call: Call): void {
    this.incoming.push(call);
  }

  private route(): void {
    this.graph.changed();
    this.routed ??= virtualService(this, 'virtual-service', { name: this.name, labels: objectLabels(this.name) }, () => virtualServiceSpec(this.routeTable()));
  }

  private routeTable(): RouteTable {
    return { host: this._host, ports: this._destination.ports, routes: this.routes.all, calls: this.incoming };
  }
}
