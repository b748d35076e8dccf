import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { checkAdopted } from './adopted-objects';
import { kubernetesService } from './kubernetes-service';
import { MEMBER_KINDS, Membership } from './membership';
import { MeshServiceProps } from './mesh-service-props';
import { workloadName } from './mesh-workload';
import { Reach, REACH_KINDS } from './reach';
import { RoutedService } from './routed-service';
import { ServicePods } from './service-pods';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { injectedNamespace } from '../graph/chart-namespace';
import { Destination, podDestination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { checkPeers, checkServicePorts, notCallable } from '../graph/port-checks';
import { podDisruptionBudget } from '../manifests/kubernetes';
import { checkWorker, checkWorkload, replicasOf } from '../workload/check-workload';
import { completed } from '../workload/escape-hatch';
import { canonicalName, objectLabels, podIdentity, VERSION } from '../workload/labels';
import { lowestPort } from '../workload/pod-exception';
import { WorkloadKind } from '../workload/workload-kind';

/**
 * A service of the mesh: its pods, its identity, how it is reached, and who may reach it.
 *
 * It becomes a Deployment, Service, ServiceAccount and PodDisruptionBudget; a DestinationRule and, when one of its ports
 * speaks HTTP or it is released, a VirtualService; a Sidecar, an AuthorizationPolicy and a NetworkPolicy that allow what `calls()`
 * declares and nothing else. All of them bear the service's name. Of another `kind` it becomes a StatefulSet or a DaemonSet.
 *
 * Without ports it is a worker: it calls, and nobody calls it. Then there is no Service, DestinationRule or VirtualService.
 *
 * Throws `MissingImage`, `InvalidImage`, `UnpinnedImage`, `MissingPorts`, `NotCallable`, `InvalidReplicas`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`,
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
export class MeshService extends RoutedService {
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
  public readonly serviceAccount: kplus.IServiceAccount;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _member: Membership;

  /** @internal */
  public readonly _pods: ServicePods;

  /** @internal */
  protected readonly _reached?: Reach;

  private readonly clusterService?: kplus.Service;

  constructor(scope: Construct, id: string, private readonly props: MeshServiceProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = workloadName(at('name'), props.name ?? id, longestName(props));
    this.namespace = injectedNamespace(this);
    this.version = checkDnsLabel(at('version'), props.version ?? 'v1');
    checkWorkload(at, props);
    const graph = MeshGraph.of(this);
    const { name, namespace, version } = this;
    const kind = props.kind ?? WorkloadKind.deployment();
    const ports = checkServicePorts(at('ports'), props.ports, lowestPort(props));
    const peers = checkPeers(at('peers'), props.peers, ports, lowestPort(props));
    const podLabels = canonicalName(name);
    const head = { name, labels: objectLabels(name) };
    const account = props.adopts?.serviceAccount ?? name;
    const identity = podIdentity(name, version, checkAdopted(at('adopts'), kind, version, props.adopts));
    graph.claim(at('name'), ['PodDisruptionBudget', ...MEMBER_KINDS, ...(ports.length > 0 ? ['Service', ...REACH_KINDS] : [])], namespace, name, this.node.path);
    graph.claim(at('name'), [kind._name], namespace, identity.controller, this.node.path);
    graph.claim(at('name'), ['ServiceAccount'], namespace, account, this.node.path);
    const carried = { ...props.podLabels, ...identity.labels };
    graph.selectors.add(at('name'), namespace, podLabels, carried);
    if (props.adopts?.selector) {
      graph.selectors.add(at('adopts').in('selector'), namespace, identity.peers, carried);
    }
    this._destination = podDestination(this.node.path, ports, { name, namespace, podLabels: identity.peers });
    this._member = new Membership(this, graph, { name, namespace, serviceAccount: account, podLabels: identity.peers, carried }, podLabels);
    if (ports.length > 0) {
      this._reached = new Reach(this, graph, Object.assign({}, props, {
        name,
        namespace,
        ports,
        versions: [{ name: version, labels: { [VERSION]: version } }],
        incoming: this._member.declared,
        leastReplicas: replicasOf(props).min,
      }));
      this._destination.versionHosts = () => this._reached!.hosts.slice(1);
    } else {
      checkWorker(at, props);
    }
    this.serviceAccount = completed(new kplus.ServiceAccount(this, 'service-account', { metadata: { ...head, name: account }, automountToken: false }));
    this._pods = new ServicePods(this, graph, {
      service: name,
      namespace,
      version,
      identity,
      ports,
      peers,
      serviceAccount: this.serviceAccount,
      workload: props,
      kind,
      member: this._member,
      idleTimeout: () => this._reached?.traffic.longIdleTimeout,
    });
    if (this._reached) {
      this.clusterService = kubernetesService(this, head, identity.served, ports, props);
    }
    if (kind._scales) { // Kubernetes counts no pods of what has no number of them
      podDisruptionBudget(this, 'disruption-budget', head, {
        maxUnavailable: 1, selector: { matchLabels: podLabels }, unhealthyPodEvictionPolicy: 'AlwaysAllow',
      });
    }
    this._reached?.write();
    this._member.write(ports);
  }

  /**
   * The controller of the pods of the service's own version. Whatever is done to its pods, by its methods or by a JSON
   * patch, holds for the pods of every version.
   */
  public get workload(): kplus.Workload {
    return this._pods.own.controller;
  }

  /**
   * The same where it is a Deployment.
   *
   * Throws `NotADeployment` for a service of another `kind`.
   */
  public get deployment(): kplus.Deployment {
    const { workload } = this;
    return workload instanceof kplus.Deployment ? workload : Site.of(this, 'deployment').fail(
      'NotADeployment', 'must be asked of a service that runs as a Deployment', workload.kind, 'Use workload, which is there for every kind.');
  }

  /**
   * The Kubernetes Service.
   *
   * Throws `NotCallable` for a worker, which has none.
   */
  public get service(): kplus.Service {
    return this.clusterService ?? notCallable(Site.of(this, 'service'), this.name);
  }

  /** @internal */
  public get _workload(): MeshServiceProps {
    return this.props;
  }

  /** @internal */
  public _mountToken(): void {
    this._pods.own.mountToken();
  }
}

/** What is made from the name has to fit into 63 characters too: the headless Service, and the revision's hash on the pods of a StatefulSet. */
function longestName({ kind, peers }: MeshServiceProps): number {
  return kind?._name === 'StatefulSet' ? 52 : peers ? 54 : 63;
}
