import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { EgressGatewayProps } from './egress-gateway-props';
import { GatewayWorkload } from './gateway-workload';
import { workloadName } from './mesh-workload';
import { Led, Outside, Passages } from './passages';
import { egressRules } from '../access/egress-authorization';
import { ingressOf } from '../access/network-policy';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { injectedNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { proxyNeedsOf } from '../graph/proxy-needs';
import { destinationRule, gateway, VirtualServiceSpec } from '../manifests/istio-networking';
import { egressDestinationRuleSpec, egressServers } from '../routing/egress-route';
import { seenFrom } from '../routing/seen-from';
import { objectLabels } from '../workload/labels';

/**
 * The way out of the mesh: proxies of its own, through which each `ExternalService` is reached that names it in `through`.
 *
 * A caller's proxy does not go outside: it says to the gateway who it is and which host it means, and the gateway lets out what was declared by that
 * identity, of HTTP with its methods and paths. The network opens the outside to the gateway's pods alone, and these to the callers. So a program that goes
 * around its proxy reaches nothing outside, and one that has its proxy's certificate no more than it has declared.
 *
 * It becomes a Gateway, a DestinationRule, a Deployment whose pods Istio's injector completes (its template `gateway`), a Service of type ClusterIP, a
 * ServiceAccount, a PodDisruptionBudget, an AuthorizationPolicy and a NetworkPolicy, all of the construct's id. Files of `TlsOrigination` are those of Secrets
 * and ConfigMaps of its namespace. It needs no Secret of any other kind, and no token of the API is in its pods.
 *
 * Throws `InvalidName`, `InvalidReplicas`, `InvalidResources`, `RequestAboveLimit`, `DuplicateName`, `MissingNamespace` and at synth `UninjectedNamespace`
 * and `IneffectiveEgress`.
 *
 * @see https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/
 *
 * @example
 * const out = new EgressGateway(chart, 'out');
 * const bank = new ExternalService(chart, 'bank', {
 *   host: 'api.bank.example.com',
 *   ports: [MeshPort.http(80, { tls: TlsOrigination.simple() })],
 *   through: out,
 * });
 * orders.calls(bank, { methods: ['POST'], paths: ['/v1/transfers'] });
 */
@checked
export class EgressGateway extends Construct {
  /**
   * The name of everything that it becomes: the construct's id.
   */
  public readonly name: string;

  /**
   * The namespace of its pods: the chart's.
   */
  public readonly namespace: string;

  /**
   * The Deployment of its proxies.
   */
  public readonly deployment: ApiObject;

  private readonly workload: GatewayWorkload;
  private readonly passages: Passages;

  constructor(scope: Construct, id: string, props: EgressGatewayProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = workloadName(at('id'), id);
    this.namespace = injectedNamespace(this);
    const graph = MeshGraph.of(this);
    const { name, namespace } = this;
    graph.claim(at('id'), ['Gateway', 'DestinationRule'], namespace, name, this.node.path);
    const workload = this.workload = new GatewayWorkload(this, graph, {
      ...props,
      name,
      namespace,
      ports: () => this.passages.ports,
      uninjected: { property: 'id', instead: 'the gateway, and have the callers\' own proxies go outside' },
      files: () => proxyNeedsOf(this.passages.onward).files,
      serviceType: kplus.ServiceType.CLUSTER_IP,
      readsSecrets: false,
    });
    const passages = new Passages(graph, workload.client);
    this.passages = passages;
    this.deployment = workload.deployment;
    const head = { name, labels: objectLabels(name) };
    gateway(this, 'gateway', head, () => ({ selector: workload.selector, servers: passages.all.flatMap(egressServers) }));
    destinationRule(this, 'destination-rule', head, () => (
      egressDestinationRuleSpec(passages.host, passages.all, seenFrom(namespace, passages.calls.map(({ client }) => client.namespace!)))));
    workload.guard({
      rules: () => passages.calls.length > 0 ? egressRules(passages.calls, graph.settings) : undefined,
      ingress: () => ingressOf(passages.calls),
      calls: () => passages.onward,
    });
    graph.check(() => passages.all.length > 0 ? [] : [at('id').problem('IneffectiveEgress', 'must lead somewhere', id,
      'Give an ExternalService through: it, or leave the gateway out.')]);
  }

  /** @internal */
  public _lead(at: (property: string) => Site, outside: Outside): Led {
    return this.passages.add(at, outside);
  }

  /**
   * Another call of what it leads to.
   *
   * @internal
   */
  public _called(): void {
    this.workload.holdByNames();
  }

  /** @internal */
  public _towards(led: Led): VirtualServiceSpec {
    return this.passages.towards(led);
  }
}
