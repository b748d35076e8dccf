import { Construct } from 'constructs';
import { EndUserGuard } from './end-user-guard';
import { authorizationPolicySpec } from '../access/authorization';
import { fqdnPolicySpec } from '../access/fqdn-policy';
import { networkPolicySpec } from '../access/network-policy';
import { sidecarSpec } from '../access/sidecar-scope';
import { unboundCopies } from '../access/token-checks';
import { Site } from '../diagnostics/site';
import { Call, Member, sortedCalls } from '../graph/call';
import { CallOptions } from '../graph/call-options';
import { ContractService } from '../graph/contract';
import { Destination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { holdsByNames, isHeldByName } from '../graph/named-calls';
import { OutgoingCalls } from '../graph/outgoing-calls';
import { proxyNeedsOf } from '../graph/proxy-needs';
import { ciliumNetworkPolicy } from '../manifests/cilium';
import { sidecar } from '../manifests/istio-networking';
import { authorizationPolicy } from '../manifests/istio-security';
import { networkPolicy } from '../manifests/kubernetes';
import { ProxyNeeds } from '../workload/injection';
import { objectLabels } from '../workload/labels';
import { once } from '../workload/rendering-once';

/** The objects that say who may call a workload and whom it may call: all of them bear its name. */
export const MEMBER_KINDS = ['Sidecar', 'AuthorizationPolicy', 'NetworkPolicy', 'CiliumNetworkPolicy', 'RequestAuthentication'];

/**
 * The analyzer knows pods alone, and takes what selects machines for what selects nothing.
 *
 * Upstream: istio/istio pkg/config/analysis/analyzers/sidecar/selector.go, authz/authorizationpolicies.go, destinationrule/subset.go.
 */
const UNSEEN = { 'galley.istio.io/analyze-suppress': 'IST0101,IST0127,IST0173' };

/** The annotations of what selects machines, or pods. */
export function seenAs({ addresses }: { readonly addresses?: string[] }): { annotations?: { [key: string]: string } } {
  return addresses ? { annotations: UNSEEN } : {};
}

/**
 * What makes pods a member of the mesh, whatever runs them: an identity, what is declared of it in both directions, and the
 * three walls that follow, and a fourth where the network knows names and they call some. Around machines that are no pods there are two: no
 * network of Kubernetes guards them.
 */
export class Membership {
  /** What comes to the pods. */
  public readonly incoming: Call[] = [];
  /** With what the clients' proxies answer by themselves. */
  public readonly declared: Call[] = [];
  public readonly outgoing: OutgoingCalls;
  /** Those of its versions that have an identity of their own. */
  public readonly versions: Member[] = [];
  private readonly endUsers: EndUserGuard;
  private kubernetesApi = false;
  private offeredAs: { [key: string]: string };
  private heldByNames = false;

  /**
   * @param selected by which the walls find the pods; others know them by the client's labels.
   * @param server whose callers reach these pods, if not those who call themselves.
   */
  constructor(
    private readonly scope: Construct,
    private readonly graph: MeshGraph,
    public readonly client: Member,
    public readonly selected = client.podLabels,
    private readonly server?: Membership,
  ) {
    this.offeredAs = client.podLabels;
    this.outgoing = new OutgoingCalls(graph, client, scope, (server?.scope ?? scope).node.path);
    this.endUsers = new EndUserGuard(scope, graph, {
      namespace: client.namespace,
      podLabels: selected,
      head: { name: client.name, labels: objectLabels(client.name), ...seenAs(client) },
      incoming: () => (server ?? this).incoming,
      outgoing: () => this.outgoing.all,
    });
    server?.endUsers.followedBy(this.endUsers);
    graph.members.push(client);
  }

  /** Takes what somebody declares to call. */
  public accept(call: Call, client: Construct): void {
    this.declared.push(call);
    if (call.answer) {
      return;
    }
    this.endUsers.accept(client, call);
    this.incoming.push(call);
    this.endUsers.write();
  }

  /** At synth: it depends on the calls. */
  public get proxyNeeds(): ProxyNeeds {
    return once(this, () => proxyNeedsOf(this.allOutgoing));
  }

  /**
   * Writes the walls, in the scope of the construct whose pods they are around.
   *
   * @param ports those of the Kubernetes Service.
   * @param service its name.
   */
  public write(ports: MeshPort[] = [], service = this.client.name): void {
    const { scope, graph, selected, client: { name } } = this;
    const head = { name, labels: objectLabels(name), ...seenAs(this.client) };
    sidecar(scope, 'sidecar', head, () => sidecarSpec(selected, this.allOutgoing, this.kubernetesApi, graph.settings));
    authorizationPolicy(scope, 'authorization-policy', head, () => authorizationPolicySpec(selected, this.allIncoming, graph.settings));
    if (!this.client.addresses) {
      networkPolicy(scope, 'network-policy', head, () => networkPolicySpec(
        { podLabels: selected, incoming: this.allIncoming, outgoing: this.leaving, usesKubernetesApi: this.kubernetesApi }, graph.settings));
    }
    graph.offer(() => this.offered(ports, service));
    // The agent that answers DNS asks the servers of the pod, and not the one that is meant
    // (istio/istio cni/pkg/plugin/sidecar_iptables_linux.go, CaptureAllDNS)
    const lookUps = () => this.outgoing.all.filter(({ server, port }) => port._isUdp && server.packetPort(port) === 53);
    graph.check(() => this.proxyNeeds.dnsCapture ? lookUps().map(({ server }) => (
      Site.of(scope, 'calls').problem('InvalidPort', 'must not be UDP on 53 beside a host for which the proxy answers DNS: it would answer that one too', server.path,
        'Ask over TCP, or give the other host addresses, so that no proxy has to answer for it.'))) : []);
    graph.check(() => {
      const copies = this.server ? [] : graph.copied.to(scope.node.path);
      const own = copies.filter(({ call }) => this.includes(call.client as Member));
      return [
        ...own.map(({ site, of }) => site.problem('CallToSelf', `must be no service that calls ${of.server.path} itself: its requests would come back to it`, scope.node.path,
          'Copy to another service, or match none of its requests.')),
        ...unboundCopies(copies, this.incoming),
      ];
    });
    graph.follow(() => this.holdByNames());
  }

  public declare(site: Site, server: MeshDestination, options: CallOptions): void {
    this.outgoing.declare(site, server, options);
    this.holdByNames();
  }

  /** The pods call each other, on ports of their own. */
  public talkAmong(server: Destination, ports: MeshPort[]): void {
    for (const port of ports) {
      const call = { client: this.client, server, port };
      this.incoming.push(call);
      this.outgoing.add(call);
    }
  }

  /** The labels of the pods of every version, those of an identity of their own too. */
  public get served(): { [key: string]: string } {
    return this.versions.length > 0 ? this.offeredAs : this.selected;
  }

  /** Whether somebody is one of them. */
  public includes(member: Member): boolean {
    return member === this.client || this.versions.includes(member);
  }

  /** Other apps know the pods by these labels: not all that serve carry the service's own. */
  public offerAs(labels: { [key: string]: string }): void {
    this.offeredAs = labels;
  }

  /** @returns whether it is news. */
  public useKubernetesApi(): boolean {
    const news = !this.kubernetesApi;
    this.kubernetesApi = true;
    this.graph.changed();
    return news;
  }

  /** As soon as there is a name to be held by: an object of no rules would close nothing that is open, but be one more. */
  private holdByNames(): void {
    const { scope, graph, selected, client: { name } } = this;
    if (this.heldByNames || !holdsByNames(graph.settings)) {
      return;
    }
    // Around machines no network of the cluster stands
    if (!this.client.addresses && this.leaving.some(call => isHeldByName(call, graph.settings))) {
      this.heldByNames = true;
      graph.late.add(ciliumNetworkPolicy(scope, 'cilium-network-policy', { name, labels: objectLabels(name) }, () => fqdnPolicySpec(selected, this.leaving, graph.settings)));
    }
  }

  /** With what its proxy calls by itself, and what it copies; nobody calls himself. */
  private get allOutgoing(): Call[] {
    const { path } = this.scope.node;
    const own = this.graph.proxyCalls.of(this.client).filter(({ server }) => server.path !== path);
    return [...this.outgoing.all, ...own, ...this.graph.copied.by(this.client)];
  }

  /** What leaves the pods, around the proxy too: for the network to know. */
  private get leaving(): Call[] {
    return [...this.allOutgoing, ...this.graph.proxyCalls.aroundEnvoy(this.client)];
  }

  /** With the proxies of all others, if this is what they call, and with what is copied to it. */
  public get allIncoming(): Call[] {
    if (this.server) {
      return this.server.allIncoming;
    }
    const { graph, scope: { node: { path } } } = this;
    const ofProxies = graph.proxyCalls.to(path).filter(({ client }) => client !== this.client);
    return [...this.incoming, ...ofProxies, ...graph.copied.to(path).map(({ call }) => call)];
  }

  /** What workloads that this app does not describe may ask: the contract with their apps. */
  private offered(ports: MeshPort[], service: string): ContractService[] {
    const { name, namespace, addresses } = this.client;
    const offers = sortedCalls(this.incoming.filter(({ client }) => client.elsewhere)).map(({ client, port, methods, paths, endUsers }) => ({
      to: { namespace: client.namespace, serviceAccount: client.serviceAccount, podLabels: client.podLabels },
      port: port.name,
      methods,
      paths: paths?.map(({ text }) => text),
      tokensOf: endUsers?._isRequired ? [...endUsers._names].sort() : undefined,
    }));
    const described = ports.map(port => ({ name: port.name, protocol: port._protocol, port: port.port, targetPort: port.targetPort }));
    return offers.length > 0 ? [{ name, namespace, service, podLabels: this.offeredAs, addresses, ports: described, offers }] : [];
  }
}
