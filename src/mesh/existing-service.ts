import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MEMBER_KINDS, Membership } from './membership';
import { workloadName } from './mesh-workload';
import { Reach, REACH_KINDS } from './reach';
import { RoutedService } from './routed-service';
import { checkWeights } from './version-weights';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkDnsName, checkLabels, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { injectedNamespace } from '../graph/chart-namespace';
import { Destination, podDestination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { checkExistingPorts, notCallable } from '../graph/port-checks';
import { HostTrafficProps } from '../traffic/traffic-policy-props';

/**
 * A version of an `ExistingService`, which its labels tell from the others.
 */
export interface ExistingVersion extends HostTrafficProps {
  /**
   * The name of the version: a DNS label.
   *
   * Istio: `DestinationRule.subsets.name`.
   */
  readonly name: string;

  /**
   * The labels that its pods carry beside those of the service, at least one: others than those of each other version, and none that contradicts `podLabels`.
   *
   * Istio: `DestinationRule.subsets.labels`.
   */
  readonly labels: { [key: string]: string };

  /**
   * Its share of the requests that no route of `addRoute` takes, in whole percents; those of all versions make 100.
   *
   * Istio: `VirtualService.http.route.weight`.
   *
   * @default - none of the versions has one: each pod gets the same, whatever its version
   */
  readonly weight?: number;
}

/**
 * Properties of `ExistingService`. Nothing is known of how many pods there are: see to it that there are enough for a `circuitBreaker` to open.
 */
export interface ExistingServiceProps extends HostTrafficProps {
  /**
   * The ServiceAccount of the pods: their identity. It has to be theirs alone.
   */
  readonly serviceAccount: string;

  /**
   * Labels that all of its pods carry and no other pod of the namespace does, at least one: every policy finds them by these.
   */
  readonly podLabels: { [key: string]: string };

  /**
   * The ports of its Kubernetes Service.
   *
   * @default - none: it calls and is not called
   */
  readonly ports?: MeshPort[];

  /**
   * The name of its Kubernetes Service.
   *
   * @default - the construct's id
   */
  readonly service?: string;

  /**
   * The versions that its pods have by their labels.
   *
   * @default - they are all alike
   */
  readonly versions?: ExistingVersion[];
}

/**
 * A service of the mesh whose pods something else deploys: a Helm chart, an operator. Its Deployment, Service and ServiceAccount stay
 * where they are; what the mesh has to know of it is declared here, with its calls like those of any other service.
 *
 * It becomes a DestinationRule, a VirtualService, a Sidecar, an AuthorizationPolicy and a NetworkPolicy that select the pods by `podLabels`. The
 * pods need a proxy: a namespace with injection (`ZeroTrustNamespace` is one) and a restart.
 *
 * From the moment that this is applied everything is refused that is not declared: declare its callers first.
 *
 * Throws `InvalidName`, `NameTooLong`, `InvalidLabels`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`, `AmbiguousPods`, `InvalidWeights`,
 * `DuplicateVersion`, `DuplicateName`,
 * `MissingNamespace` and the errors of the values it is given.
 *
 * @example
 * const reports = new ExistingService(chart, 'reports', {
 *   serviceAccount: 'reports-web',
 *   podLabels: { 'app.kubernetes.io/instance': 'reports' },
 *   service: 'reports-web',
 *   ports: [MeshPort.http(80, { targetPort: 8080 })],
 * });
 * frontend.calls(reports, { methods: ['GET'] });
 * reports.calls(orders);
 */
@checked
export class ExistingService extends RoutedService {
  /**
   * The name of what it becomes: the construct's id.
   */
  public readonly name: string;

  /**
   * The namespace of its pods: the chart's.
   */
  public readonly namespace: string;

  /**
   * The identity of the pods.
   */
  public readonly serviceAccount: kplus.IServiceAccount;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _member: Membership;

  /** @internal */
  protected readonly _reached?: Reach;

  constructor(scope: Construct, id: string, props: ExistingServiceProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = workloadName(at('id'), id);
    this.namespace = injectedNamespace(this);
    const graph = MeshGraph.of(this);
    const { name, namespace } = this;
    const account = checkDnsName(at('serviceAccount'), props.serviceAccount);
    if (account === 'default') {
      at('serviceAccount').fail('InvalidName', 'must not be default', account, 'Every pod without an account of its own runs as it, and would be taken for this service: give the pods one.');
    }
    const podLabels = { ...checkLabels(at('podLabels'), props.podLabels) };
    const ports = checkExistingPorts(at('ports'), props.ports);
    const versions = checkVersions(at('versions'), props.versions ?? [], ports, podLabels);
    const service = checkDnsLabel(at('service'), props.service ?? id, { letterFirst: true });
    graph.claim(at('id'), [...MEMBER_KINDS, ...REACH_KINDS], namespace, name, this.node.path);
    graph.selectors.add(at('podLabels'), namespace, podLabels);
    graph.claim(at('serviceAccount'), ['ServiceAccount'], namespace, account, this.node.path);
    graph.claim(at('service'), ['Service'], namespace, service, this.node.path);
    this.serviceAccount = kplus.ServiceAccount.fromServiceAccountName(this, 'service-account', account, { namespaceName: namespace });
    this._destination = podDestination(this.node.path, ports, { name: service, namespace, podLabels });
    this._member = new Membership(this, graph, { name, namespace, serviceAccount: account, podLabels, carried: podLabels });
    if (ports.length > 0) {
      this._reached = new Reach(this, graph, {
        ...props,
        name,
        service,
        namespace,
        ports,
        foreign: true,
        versions: versions.map(version => ({ name: version.name, labels: { ...version.labels } })),
        weights: checkWeights(at('versions'), versions),
        incoming: this._member.declared,
      });
      versions.forEach((version, index) => this._reached!.treatVersion(property => at('versions').at(index).in(property), version.name, version));
    }
    this._reached?.write();
    this._member.write(ports, service);
  }

  /** @internal */
  public get _ownsPods(): boolean {
    return false;
  }

  /** @internal */
  public _mountToken(): void {
    // Whether the token is mounted is for whoever deploys the pods
  }
}

function checkVersions(site: Site, versions: ExistingVersion[], ports: MeshPort[], podLabels: { [key: string]: string }): ExistingVersion[] {
  if (versions.length > 0 && ports.length === 0) {
    notCallable(site, versions[0].name);
  }
  versions.forEach(({ name, labels }, index) => {
    checkDnsLabel(site.at(index).in('name'), name);
    checkLabels(site.at(index).in('labels'), labels);
    checkTold(site.at(index).in('labels'), labels, podLabels);
  });
  checkUnique(site, versions.map(({ name }) => name), 'DuplicateVersion', 'Give each version a name of its own.');
  const all = versions.map(({ labels }) => JSON.stringify(Object.entries({ ...podLabels, ...labels }).sort(([a], [b]) => compare(a, b))));
  const same = all.findIndex((labels, index) => all.indexOf(labels) !== index);
  if (same >= 0) {
    site.at(same).in('labels').fail('InvalidLabels', `must be others than those of ${versions[all.indexOf(all[same])].name}: the two would be the same pods`, versions[same].labels,
      'Write the labels by which the pods of the two differ.');
  }
  return versions;
}

/** Its pods are those of the service that have the version's labels too. */
function checkTold(site: Site, labels: { [key: string]: string }, podLabels: { [key: string]: string }): void {
  const entries = Object.entries(labels);
  const [contradicted] = entries.find(([key, value]) => podLabels[key] !== undefined && podLabels[key] !== value) ?? [];
  if (contradicted !== undefined) {
    site.in(contradicted).fail('InvalidLabels', `must be ${podLabels[contradicted]}, as in podLabels: no pod has both`, labels[contradicted],
      'Leave out of podLabels what differs between the versions, or name another label here.');
  }
  if (entries.every(([key]) => podLabels[key] !== undefined)) {
    site.fail('InvalidLabels', 'must tell its pods from the others: all pods of the service carry these', labels, 'Write a label that only the pods of this version carry.');
  }
}
