import { Construct } from 'constructs';
import { authorizationPolicySpec } from '../access/authorization';
import { networkPolicySpec } from '../access/network-policy';
import { sidecarSpec } from '../access/sidecar-scope';
import { Site } from '../diagnostics/site';
import { Call, Client } from '../graph/call';
import { CallOptions } from '../graph/call-options';
import { Destination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { OutgoingCalls } from '../graph/outgoing-calls';
import { proxyNeedsOf } from '../graph/proxy-needs';
import { sidecar } from '../manifests/istio-networking';
import { authorizationPolicy } from '../manifests/istio-security';
import { networkPolicy } from '../manifests/kubernetes';
import { ProxyNeeds } from '../workload/injection';
import { objectLabels } from '../workload/labels';

/** The objects that say who may call a workload and whom it may call: all of them bear its name. */
export const MEMBER_KINDS = ['Sidecar', 'AuthorizationPolicy', 'NetworkPolicy'];

/**
 * What makes pods a member of the mesh, whatever runs them: an identity, what is declared of it in both directions, and the
 * three walls that follow.
 */
export class Membership {
  public readonly incoming: Call[] = [];
  public readonly outgoing: OutgoingCalls;
  private kubernetesApi = false;

  constructor(private readonly graph: MeshGraph, public readonly client: Client) {
    this.outgoing = new OutgoingCalls(graph, client);
  }

  /** At synth: it depends on the calls. */
  public get proxyNeeds(): ProxyNeeds {
    return proxyNeedsOf(this.outgoing.all);
  }

  /** Writes the walls, in the scope of the construct whose pods they are around. */
  public write(scope: Construct): void {
    const { graph, client: { name, podLabels }, incoming, outgoing } = this;
    const head = { name, labels: objectLabels(name) };
    sidecar(scope, 'sidecar', head, () => sidecarSpec(podLabels, outgoing.all, this.kubernetesApi, graph.settings));
    authorizationPolicy(scope, 'authorization-policy', head, () => authorizationPolicySpec(podLabels, incoming, graph.settings));
    networkPolicy(scope, 'network-policy', head, () => networkPolicySpec(
      { podLabels, incoming, outgoing: outgoing.all, usesKubernetesApi: this.kubernetesApi }, graph.settings));
  }

  public declare(site: Site, server: MeshDestination, options: CallOptions): void {
    this.outgoing.declare(site, server, options);
  }

  /** The pods call each other, on ports of their own. */
  public talkAmong(server: Destination, ports: MeshPort[]): void {
    for (const port of ports) {
      const call = { client: this.client, server, port };
      this.incoming.push(call);
      this.outgoing.add(call);
    }
  }

  /** @returns whether it is news. */
  public useKubernetesApi(): boolean {
    const news = !this.kubernetesApi;
    this.kubernetesApi = true;
    this.graph.changed();
    return news;
  }
}
