import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { kubernetesService } from './kubernetes-service';
import { MEMBER_KINDS, Membership, seenAs } from './membership';
import { workloadName } from './mesh-workload';
import { Reach, REACH_KINDS } from './reach';
import { RoutedService } from './routed-service';
import { checkWeights } from './version-weights';
import { VirtualMachineServiceProps } from './virtual-machine-service-props';
import { checked } from '../diagnostics/checked';
import { checkDnsName, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { memberNamespace } from '../graph/chart-namespace';
import { checkAddress } from '../graph/cidr';
import { Destination, podDestination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { checkMachinePorts, notCallable } from '../graph/port-checks';
import { workloadEntry, workloadGroup } from '../manifests/istio-networking';
import { entryName, groupName, Machine, workloadEntrySpec, workloadGroupSpec } from '../routing/machines';
import { VirtualMachine } from '../traffic/virtual-machine';
import { checkWorker } from '../workload/check-workload';
import { completed } from '../workload/escape-hatch';
import { APP, canonicalName, machineLabels, objectLabels, VERSION } from '../workload/labels';

/**
 * Machines outside of Kubernetes that run Istio's agent: a service of the mesh with an identity of its own, which is called and calls like any other. A
 * machine without a proxy is an `Endpoint` of an `ExternalService`.
 *
 * It becomes a WorkloadEntry for each machine, a WorkloadGroup for each version (named after the service, or `<service>-<version>`), the ServiceAccount,
 * a Sidecar and an AuthorizationPolicy; with ports also a Service, a DestinationRule and a VirtualService. The Service selects the WorkloadEntries by their
 * labels, and no pod. So its name is answered by the cluster's DNS, to every client, whether its proxy answers DNS or not, and its address tells its ports of TCP from
 * those of others. (A ServiceEntry with the same host would yield to the Service, and one with another would be found by those alone whose proxies answer DNS.)
 * istiod has it so unless `PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES` is false.
 *
 * The files for a machine's agent come from the WorkloadGroup: `istioctl x workload entry configure --name billing --namespace shop --output files`, without
 * `--capture-dns=false`. The policies find a machine's proxy by the labels that stand in these files: a machine whose agent was set up by other means needs
 * `ISTIO_METAJSON_LABELS` and the token of this account. With `--autoregister` a machine takes the WorkloadEntry that is here, if it is in no network of its own.
 *
 * What holds, and what does not: the machine's proxy refuses whom no call declares, and knows nothing that the machine's programs do not declare to call.
 * It captures all TCP that leaves the machine, updates of its packages included. No network of Kubernetes guards a machine: there is no NetworkPolicy around it, and a
 * program that goes around its proxy, or a connection to port 22, meets the machine's own firewall alone. The networks of the pods know the machines by
 * their addresses: those that call them let packets out to these, those that they call let packets in from these, and a translation of addresses between makes them
 * refuse. Whether an address is one of the cluster's own cannot be known here. Nobody asks a machine whether it is well: it gets requests as long as it stands here,
 * unless a `circuitBreaker` leaves it out.
 *
 * Throws `InvalidName`, `NameTooLong`, `EmptyList`, `InvalidAddress`, `InvalidWeight`, `InvalidWeights`, `InvalidLocality`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`,
 * `BypassedProxy`, `UnknownVersion`, `MissingProperty`, `NotCallable`, `DuplicateName`, `MissingNamespace` and the errors of the values it is given.
 *
 * @see https://istio.io/latest/docs/setup/install/virtual-machine/
 *
 * @example
 * const billing = new VirtualMachineService(chart, 'billing', {
 *   ports: [MeshPort.http(8080)],
 *   machines: [VirtualMachine.at('10.8.0.7', { locality: 'eu-1/eu-1a', weight: 2 }), VirtualMachine.at('10.8.0.8')],
 * });
 * frontend.calls(billing, { paths: ['/invoices/*'] });
 * billing.calls(orders);
 */
@checked
export class VirtualMachineService extends RoutedService {
  /**
   * The name of what it becomes: the construct's id.
   */
  public readonly name: string;

  /**
   * The namespace of the machines' identity: the chart's.
   */
  public readonly namespace: string;

  /**
   * The identity of the machines.
   */
  public readonly serviceAccount: kplus.IServiceAccount;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _member: Membership;

  /** @internal */
  protected readonly _reached?: Reach;

  private readonly graph: MeshGraph;

  constructor(scope: Construct, id: string, props: VirtualMachineServiceProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = workloadName(at('id'), id);
    this.namespace = memberNamespace(this);
    this.graph = MeshGraph.of(this);
    const { name, namespace, graph } = this;
    const account = checkDnsName(at('serviceAccount'), props.serviceAccount ?? name);
    if (account === 'default') {
      at('serviceAccount').fail('InvalidName', 'must not be default', account, 'Every pod without an account of its own runs as it, and would be taken for the machines: choose another name.');
    }
    const ports = checkMachinePorts(at('ports'), props.ports);
    const machines = this.machinesOf(at('machines'), props);
    const addresses = machines.map(({ endpoint }) => endpoint.address).sort(compare);
    const versions = [...new Set(machines.flatMap(({ version }) => version ?? []))].sort(compare);
    const groups = machines.some(({ version }) => version === undefined) ? [...versions, undefined] : versions;
    const weights = this.weightsOf(at('versionWeights'), props, versions);

    const reached = ports.length > 0 ? ['Service', ...REACH_KINDS] : [];
    graph.claim(at('id'), [...MEMBER_KINDS, ...reached], namespace, name, this.node.path);
    graph.claim(at('serviceAccount'), ['ServiceAccount'], namespace, account, this.node.path);
    groups.forEach(version => graph.claim(at('id'), ['WorkloadGroup'], namespace, groupName(name, version), this.node.path));
    const podLabels = canonicalName(name);
    const carried = machineLabels(name, groups.length === 1 ? versions[0] : undefined);
    graph.selectors.add(at('id'), namespace, podLabels, carried);

    const head = { name, labels: objectLabels(name) };
    this.serviceAccount = completed(new kplus.ServiceAccount(this, 'service-account', { metadata: { ...head, name: account }, automountToken: false }));
    const identity = { service: name, serviceAccount: account };
    for (const version of groups) {
      workloadGroup(this, `group-${version ?? ''}`, { ...head, name: groupName(name, version) }, workloadGroupSpec(identity, version));
    }
    for (const machine of machines) {
      workloadEntry(this, `machine-${machine.endpoint.address}`, { ...head, name: entryName(name, machine) }, workloadEntrySpec(identity, machine));
    }
    this._destination = podDestination(this.node.path, ports, { name, namespace, podLabels, addresses });
    this._member = new Membership(this, graph, { name, namespace, serviceAccount: account, podLabels, carried, addresses });
    if (ports.length > 0) {
      this._reached = new Reach(this, graph, {
        ...props,
        name,
        namespace,
        ports,
        versions: versions.map(version => ({ name: version, labels: { [VERSION]: version } })),
        weights,
        weighedIn: 'versionWeights',
        incoming: this._member.declared,
        leastReplicas: machines.length,
        led: 'the address of the Service is answered by no pod',
        ...seenAs({ addresses }),
      });
      kubernetesService(this, head, { [APP]: name, ...podLabels }, ports, props);
    }
    if (!this._reached) {
      checkWorker(at, { ...props });
    }
    this._reached?.write();
    this._member.write(ports);
  }

  /**
   * Not for machines: no token of Kubernetes' is brought to them, and their way to the API server is none of the cluster's.
   *
   * Throws `NotOurs`.
   */
  public usesKubernetesApi(): void {
    Site.of(this, 'usesKubernetesApi()').fail('NotOurs', 'cannot be had on a machine, to which nothing brings a token', this.node.path,
      'Give the program a credential of its own, or let a service of the cluster ask the API for it.');
  }

  /** @internal */
  public get _ownsPods(): boolean {
    return false;
  }

  /** @internal */
  public _mountToken(): void {
    // There is none: usesKubernetesApi() refuses
  }

  private machinesOf(site: Site, { machines, ports, loadBalancing }: VirtualMachineServiceProps): Machine[] {
    if (machines.length === 0) {
      site.fail('EmptyList', 'must not be empty', machines, 'Add the machines: machines: [VirtualMachine.at(\'10.8.0.7\')].');
    }
    const distribution = loadBalancing?._locality._trafficDistribution;
    if (distribution === 'PreferSameNode') {
      Site.of(this, 'loadBalancing').in('locality').fail('IneffectiveLocality', 'knows nodes, and a machine is none', distribution, 'Use Locality.preferSameZone().');
    }
    const own = machines.map((machine, index) => this.machineOf(site.at(index), machine));
    checkUnique(site, own.map(({ endpoint }) => endpoint.address), 'InvalidAddress', 'Write each machine once, with a weight if it is to get more.');
    own.forEach(({ endpoint }, index) => {
      if (endpoint.weight !== undefined && !ports) {
        notCallable(site.at(index).in('weight'), this.name);
      }
      if (endpoint.locality === undefined && (loadBalancing?._locality._needsPlaces || distribution !== undefined)) {
        site.at(index).in('locality').fail('MissingProperty', 'is required where a zone is preferred', undefined, 'Say where the machine is, or every client takes it for far away.');
      }
    });
    return own.sort((a, b) => compare(a.endpoint.address, b.endpoint.address));
  }

  private machineOf(site: Site, machine: VirtualMachine): Machine {
    const address = checkAddress(site.in('address'), machine._address);
    const other = this.graph.members.find(({ addresses }) => addresses?.includes(address));
    if (other) {
      site.in('address').fail('InvalidAddress', `must be that of one service's machine: ${other.namespace}/${other.name} has it`, address, 'A machine has one proxy with one identity: describe what runs on it as one service with several ports.');
    }
    return { version: machine._version, endpoint: { ...machine._toManifest(site), address } };
  }

  private weightsOf(site: Site, { versionWeights, machines, ports }: VirtualMachineServiceProps, versions: string[]) {
    if (versionWeights === undefined) {
      return undefined;
    }
    if (!ports) {
      notCallable(site, this.name);
    }
    const unknown = Object.keys(versionWeights).find(version => !versions.includes(version));
    if (unknown !== undefined) {
      site.fail('UnknownVersion', 'must name versions of the machines', unknown, `Use ${versions.join(', ') || 'none'}, or give a machine this version.`);
    }
    const without = machines.findIndex(({ _version }) => _version === undefined);
    if (without >= 0) {
      Site.of(this, 'machines').at(without).in('version').fail('MissingProperty', 'is required beside versionWeights', undefined, 'Give the machine a version: without one it would get no request.');
    }
    return checkWeights(site, versions.map(version => ({ name: version, weight: versionWeights[version] })), index => site.in(versions[index]));
  }
}
