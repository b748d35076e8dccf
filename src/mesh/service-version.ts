import { ApiObject, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MEMBER_KINDS, Membership } from './membership';
import { MeshService } from './mesh-service';
import { MeshWorkload } from './mesh-workload';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { CallOptions } from '../graph/call-options';
import { Destination, podDestination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { unkeptShares } from '../graph/unkept-shares';
import { podDisruptionBudget } from '../manifests/kubernetes';
import { SessionAffinity } from '../traffic/session-affinity';
import { HostTrafficProps } from '../traffic/traffic-policy-props';
import { releasedReplicas } from '../workload/check-workload';
import { completed } from '../workload/escape-hatch';
import { canonicalName, objectLabels } from '../workload/labels';
import { changesOf } from '../workload/merge-changes';
import { WorkloadChanges } from '../workload/workload-changes';

/**
 * Properties of `ServiceVersion`.
 */
export interface ServiceVersionProps extends WorkloadChanges, HostTrafficProps {
  /**
   * The service whose version it is. It belongs to the same app and namespace.
   */
  readonly service: MeshService;

  /**
   * The label `version` of the pods, by which `addRoute` names them.
   *
   * Istio: `DestinationRule.subsets.name`.
   *
   * @default - the construct's id
   */
  readonly version?: string;

  /**
   * How many pods run, 1 to 1000.
   *
   * @default - as many as of the service's own. Of one that has an autoscaler, an autoscaler of its own says how many. Of one that is scaled by
   * others, the greatest number
   */
  readonly replicas?: number;

  /**
   * The version's share of the requests that no route takes, in whole percents: 0 to 100. The service's own version has what the
   * others leave. Give a new version its share, or a route, in a commit after the one that brings its pods: what is sent to pods
   * that are not there yet is lost. A gateway that routes to the Service by itself knows no shares, not even one of 0: an `ExistingWorkload` that
   * calls the service has to say whether it keeps them (`keepsRoutes`).
   *
   * Istio: `VirtualService.http.route.weight`.
   *
   * @default - 0: it gets what routes send to it
   */
  readonly weight?: number;

  /**
   * That a user who was given this version, or the service's own beside it, keeps it, for as long as it has a share. Not with a `weight` of 0 or 100. All versions of a service have the same cookie.
   *
   * @default - each request is drawn anew
   */
  readonly sessionAffinity?: SessionAffinity;

  /**
   * Whether the pods run as somebody of their own: then the version calls what it declares itself and nothing that the service does. Who
   * calls the service reaches it either way. To change it, give the version's share and routes back first: its pods roll under another label.
   *
   * Kubernetes: a ServiceAccount named service-version.
   *
   * @default - false: the version is the service, and may call what the service calls
   */
  readonly ownIdentity?: boolean;
}

/**
 * A version that stays beside a service's own: for a market, for a customer, for a protocol that goes away in a year. A service may have any
 * number of them. For a new version that takes over there is `CanaryRelease`.
 *
 * It becomes a Deployment named service-version, the service's own with all that was done to it but for what is said here, with an autoscaler
 * where the service has one; a subset of the service's DestinationRule, and a share in its VirtualService. With an identity of
 * its own also a ServiceAccount, a PodDisruptionBudget and the three policies that every workload has.
 *
 * Throws `OtherApp`, `OtherNamespace`, `NotCallable`, `NotReleasable`, `HeadlessService`, `DuplicateVersion`, `DuplicateName`, `InvalidWeights`,
 * `InvalidReplicas`, `InvalidCircuitBreaker`, `IneffectiveAffinity`, `NameTooLong`, at synth `UnkeptStages` and the errors of the values it is given.
 *
 * @example
 * new ServiceVersion(chart, 'eu', {
 *   service: orders,
 *   env: { REGION: kplus.EnvValue.fromValue('eu') },
 *   replicas: 2,
 * });
 * orders.addRoute('europeans', { match: [RouteMatch.header('x-region', StringMatch.exactly('eu'))], version: 'eu' });
 */
@checked
export class ServiceVersion extends MeshWorkload {
  /**
   * The name of what it becomes: service-version.
   */
  public readonly name: string;

  /**
   * The namespace of the pods: the service's.
   */
  public readonly namespace: string;

  /**
   * The label `version` of the pods.
   */
  public readonly version: string;

  /**
   * The identity of the pods: the service's, unless the version has its own.
   */
  public readonly serviceAccount: kplus.IServiceAccount;

  /**
   * The Deployment. A JSON patch here is for this version alone.
   */
  public readonly deployment: ApiObject;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _member: Membership;

  private readonly service: MeshService;
  private tokenMounted = false;

  constructor(scope: Construct, id: string, props: ServiceVersionProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { service, replicas, weight = 0, ownIdentity = false } = props;
    const graph = MeshGraph.of(this);
    graph.checkMember(at('service'), service, 'Describe the version in the app that describes the service.');
    if (Chart.of(this).namespace !== service.namespace) {
      at('service').fail('OtherNamespace', `must be in this chart's namespace ${Chart.of(this).namespace}`, `${service.namespace}/${service.name}`, `Put the version into a chart with namespace: '${service.namespace}'.`);
    }
    const reach = service._reach(at('service'));
    const { kind } = service._pods;
    if (kind._refusesRelease !== undefined) {
      at('service').fail('NotReleasable', `must run pods of two versions beside each other: ${kind._refusesRelease}`, service.node.path, 'Describe the other pods as a service of their own.');
    }
    const workload = service._workload;
    const changed = service._pods.changed(this, changesOf(props), replicas);
    this.service = service;
    this.version = checkDnsLabel(at('version'), props.version ?? id);
    this.name = checkDnsLabel(at('version'), `${service.name}-${this.version}`);
    this.namespace = service.namespace;
    const { name, namespace, version } = this;
    const share = checkInteger(at('weight'), weight, 0, 100, 'InvalidWeights', 'Write the share in whole percents.');
    reach.addVersion(at, version, share, props.sessionAffinity);
    reach.treatVersion(at, version, props);
    reach.traffic.checkOpens(replicas ?? releasedReplicas(workload).min, property => at('replicas').in(property), version);
    graph.check(() => unkeptShares(at('service'), service._member.incoming, graph, service.node.path));
    graph.claim(at('version'), ['Deployment'], namespace, name, this.node.path);
    this._destination = podDestination(this.node.path, [], { name, namespace });
    if (!ownIdentity) {
      this.serviceAccount = service.serviceAccount;
      this._member = service._member;
      this.deployment = service._pods.addVersion(this, { name, version, changed, replicas });
      return;
    }
    if (workload.peers) {
      at('ownIdentity').fail('NotReleasable', 'cannot be that of pods that talk to each other by peers', service.node.path, 'Leave it out: the members of a quorum are one somebody.');
    }
    if (workload.adopts?.selector) {
      at('ownIdentity').fail('NotReleasable', 'cannot be had beside labels that the service has kept: they find the pods of all versions', workload.adopts.selector,
        'Leave it out, or describe the other pods as a service of their own.');
    }
    const labels = canonicalName(name);
    graph.claim(at('version'), ['ServiceAccount', 'PodDisruptionBudget', ...MEMBER_KINDS], namespace, name, this.node.path);
    const head = { name, labels: objectLabels(service.name) };
    this.serviceAccount = completed(new kplus.ServiceAccount(this, 'service-account', { metadata: head, automountToken: false }));
    const carried = { ...service._member.client.carried, version, ...labels };
    graph.selectors.add(at('version'), namespace, labels, carried);
    this._member = new Membership(this, graph, { name, namespace, serviceAccount: name, podLabels: labels, carried }, labels, service._member);
    // Who calls the service has to get through to these pods too
    service._destination.networkPeers.push(...podDestination('', [], { name, namespace, podLabels: labels }).networkPeers);
    service._member.offerAs(service._pods.served);
    service._member.versions.push(this._member.client);
    this.deployment = service._pods.addVersion(this, {
      name, version, changed, replicas, member: { of: this._member, mountsToken: () => this.tokenMounted },
    });
    podDisruptionBudget(this, 'disruption-budget', head, {
      maxUnavailable: 1, selector: { matchLabels: labels }, unhealthyPodEvictionPolicy: 'AlwaysAllow',
    });
    this._member.write();
  }

  /**
   * Declares that this version calls a service, or something outside, as somebody of its own.
   *
   * Throws `NotOurs` for one without an identity of its own, and what `MeshWorkload.calls` throws.
   *
   * @param server what is called.
   * @param options what may be asked of it and how.
   */
  public calls(server: MeshDestination, options: CallOptions = {}): void {
    this.checkOwn(`calls(${server.node.id})`);
    super.calls(server, options);
  }

  /**
   * Lets the version talk to the Kubernetes API, as somebody of its own.
   *
   * Throws `NotOurs` for one without an identity of its own.
   */
  public usesKubernetesApi(): void {
    this.checkOwn('usesKubernetesApi');
    super.usesKubernetesApi();
  }

  /** @internal */
  public _mountToken(): void {
    this.tokenMounted = true;
  }

  private checkOwn(property: string): void {
    if (this._member === this.service._member) {
      Site.of(this, property).fail('NotOurs', 'is for the service to say, whose identity this version has', this.service.node.path, 'Say it of the service, or give the version ownIdentity: true.');
    }
  }
}
