import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { MeshWorkload } from './mesh-workload';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkDnsName, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call, Client, routedOptions } from '../graph/call';
import { AccessOptions } from '../graph/call-options';
import { Destination, podDestination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { DEFAULT_SETTINGS, MeshSettings } from '../graph/mesh-settings';
import { OutgoingCalls } from '../graph/outgoing-calls';
import { checkExistingPorts } from '../graph/port-checks';
import { checkNotAsked } from '../graph/resolve-call';
import { checkNoSniHosts } from '../graph/sni-hosts';
import { destinationRule, virtualService } from '../manifests/istio-networking';
import { plainDestinationRuleSpec } from '../routing/destination-rule';
import { virtualServiceSpec } from '../routing/virtual-service';
import { objectLabels } from '../workload/labels';

/**
 * Properties of `ExistingWorkload`.
 */
export interface ExistingWorkloadProps {
  /**
   * The namespace of its pods.
   *
   * @default - any: every identity of the mesh is meant, from whatever namespace. Then nothing else can be given
   */
  readonly namespace?: string;

  /**
   * Its ServiceAccount: the identity in its certificate.
   *
   * Istio: `AuthorizationPolicy.rules.from.source.principals`; without it `source.namespaces`.
   *
   * @default - any account of the namespace
   */
  readonly serviceAccount?: string;

  /**
   * Labels that all of its pods carry, at least one.
   *
   * Kubernetes: `NetworkPolicy` `podSelector`.
   *
   * @default - all pods of the namespace
   */
  readonly podLabels?: { [key: string]: string };

  /**
   * Its ports, if it is called.
   *
   * @default - it is not called
   */
  readonly ports?: MeshPort[];

  /**
   * The name of its Kubernetes Service.
   *
   * @default - the construct's id
   */
  readonly service?: string;

  /**
   * Whether its pods have a proxy of the mesh. One that has none bears no identity, and may be called only: over plain text, and
   * over HTTP the caller's proxy answers 403 to what was not declared, as for an `ExternalService`.
   *
   * Istio: `DestinationRule.trafficPolicy.tls.mode: DISABLE`, in the namespace of each caller.
   *
   * @default - true
   */
  readonly inMesh?: boolean;

  /**
   * Whether its requests go where the routes of what it calls say: those of a program with a proxy beside it do, those of a gateway do not, which
   * has routes of its own. Of one that is known not to keep them, the shares of a release do not hold: it meets both versions at every
   * stage, unless its own routes name them. An own gateway that keeps them is a `MeshGateway`.
   *
   * @default - not known: a service that it calls cannot be released (`UnkeptStages`)
   */
  readonly keepsRoutes?: boolean;
}

/**
 * A workload of the cluster that this app does not describe: a service of another app, team or operator, an ingress gateway, a monitor.
 * It may call this app's services, and be called by them.
 *
 * As a caller it becomes no object of its own: it is in the policies of what it calls. As a server in the mesh neither: its own app
 * says who may call it, so declare the call there too (`AppContract` keeps both sides equal). What another app routes is not routed here: a timeout or
 * retries would replace its routes, and are refused.
 *
 * A server without a proxy becomes, in the namespace of each caller, a DestinationRule, and with HTTP ports a VirtualService, both of the construct's id.
 * One that only `Mesh.proxiesCall` names becomes a DestinationRule in no namespace: istiod finds out by itself that its pods have no proxy.
 *
 * Throws `InvalidName`, `InvalidLabels`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`, and `MissingProperty` for what does not fit together.
 *
 * @example
 * const ingress = new ExistingWorkload(app, 'ingress', {
 *   namespace: 'istio-ingress', serviceAccount: 'istio-ingress', podLabels: { istio: 'ingress' }, keepsRoutes: false,
 * });
 * ingress.calls(frontend);
 *
 * const kafka = new ExistingWorkload(app, 'kafka', {
 *   namespace: 'streams', podLabels: { 'strimzi.io/cluster': 'main' }, service: 'main-kafka-bootstrap', ports: [MeshPort.tcp(9092)], inMesh: false,
 * });
 * orders.calls(kafka, { addressVariable: 'KAFKA_ADDR' });
 */
@checked
export class ExistingWorkload extends MeshDestination {
  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _client: Client;

  private readonly outgoing: OutgoingCalls;
  private readonly inMesh: boolean;
  private readonly callers = new Map<string, Call[]>();

  constructor(scope: Construct, id: string, props: ExistingWorkloadProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { namespace, serviceAccount, podLabels } = props;
    this.inMesh = props.inMesh ?? true;
    if (namespace === undefined) {
      const given = (['serviceAccount', 'podLabels', 'ports', 'service'] as const).find(property => props[property] !== undefined);
      if (given) {
        at('namespace').fail('MissingProperty', `is required beside ${given}`, namespace, 'Say where its pods are. Without anything, every identity of the mesh is meant.');
      }
    } else {
      checkDnsLabel(at('namespace'), namespace);
    }
    if (serviceAccount !== undefined) {
      checkDnsName(at('serviceAccount'), serviceAccount);
    }
    if (podLabels) {
      checkLabels(at('podLabels'), podLabels);
    }
    if (!this.inMesh && props.keepsRoutes !== undefined) {
      at('keepsRoutes').fail('NoIdentity', 'is for one with a proxy: without it calls no service of the mesh', props.keepsRoutes, 'Leave it out.');
    }
    this._client = { name: id, namespace, serviceAccount, podLabels: podLabels && { ...podLabels }, elsewhere: true, keepsRoutes: props.keepsRoutes };
    this.outgoing = new OutgoingCalls(MeshGraph.of(this), this._client, this);
    const ports = checkExistingPorts(at('ports'), props.ports);
    ports.forEach((port, index) => checkNoSniHosts(at('ports').at(index).in('sniHosts'), port, 'have no effect: no routes are written here for what it is asked over TLS'));
    const destination = podDestination(this.node.path, ports, {
      name: checkDnsLabel(at('service'), props.service ?? id), namespace: namespace ?? '', podLabels,
    });
    destination.routedElsewhere = this.inMesh;
    const graph = MeshGraph.of(this);
    graph.check(() => {
      const owner = props.ports && graph.ownerOf('Service', namespace!, props.service ?? id);
      return owner === undefined ? [] : [at('service').problem('DuplicateName', `must be none of this app's: ${owner} describes it`, props.service ?? id,
        `Call ${owner} itself: of two objects for one host a proxy takes one.`)];
    });
    // The routes are in the caller's namespace, and a proxy takes those of hosts that it imports from there
    // (istio/istio pilot/pkg/model/sidecar.go, selectVirtualServices)
    const here = (settings: MeshSettings) => this.inMesh ? [] : [`./${destination.host(settings)}`];
    this._destination = {
      ...destination,
      takesMutualTls: this.inMesh,
      scopeHosts: settings => [...here(settings), ...destination.scopeHosts(settings)],
    };
  }

  /**
   * Declares that it calls a service: the service allows it, and so does the network on the service's side.
   *
   * Throws `NoIdentity` for one without a proxy, `OtherApp`, `NotCallable`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `EmptyList`, `InvalidMethod`, `InvalidPath`
   * and `DuplicateCall`.
   *
   * @param server what is called.
   * @param options what may be asked of it.
   */
  public calls(server: MeshWorkload, options: AccessOptions = {}): void {
    const site = Site.of(this, `calls(${server.node.id})`);
    if (!this.inMesh) {
      site.fail('NoIdentity', 'must have a proxy: services of the mesh take mutual TLS alone', server.node.path, 'Have it injected, or let it come through a gateway of the mesh.');
    }
    this.outgoing.declare(site, server, options);
  }

  /** @internal */
  public _accept(call: Call, client: Construct): void {
    if (call.port._isUdp) {
      return; // Past the proxies: the network says it all
    }
    checkNotAsked(Site.of(client, `calls(${this.node.id})`), call, 'is for the proxy of a server to ask, which this app does not describe');
    if (this.inMesh) {
      for (const [property, value] of routedOptions(call)) {
        Site.of(client, `calls(${this.node.id}).${property}`).fail('NotOurs', 'cannot be kept for what another app routes', value,
          'Leave it out: a route here would replace its own, with the weights of its releases. Its app can give this client a timeout.');
      }
      return;
    }
    const namespace = call.client.namespace!;
    const calls = this.callers.get(namespace);
    if (calls) {
      calls.push(call);
    } else {
      this.callers.set(namespace, [call]);
      this.writeFor(Chart.of(client), namespace, this.callers.get(namespace)!);
    }
  }

  /** What the proxies of one namespace have to know: how the program is spoken to, and what may be asked of it. */
  private writeFor(chart: Chart, namespace: string, calls: Call[]): void {
    const { id } = this.node;
    const graph = MeshGraph.of(this);
    const { ports, host } = this._destination;
    const head = { name: id, labels: objectLabels(id) };
    graph.claim(Site.of(this, 'id'), ['DestinationRule', 'VirtualService'], namespace, id, this.node.path);
    // Of two objects for one host a proxy takes one
    graph.claim(Site.of(this, 'service'), ['host of callers in'], namespace, host(DEFAULT_SETTINGS), this.node.path);
    destinationRule(chart, `${id}-destination-rule`, head, () => plainDestinationRuleSpec(host(graph.settings)));
    if (ports.some(port => port._isHttp)) {
      virtualService(chart, `${id}-virtual-service`, head, () => ({
        ...virtualServiceSpec({
          host: host(graph.settings), ports, routes: [], calls: [...calls, ...graph.proxyCalls.ofProgramsTo(this.node.path, namespace)], closed: true,
        }),
        exportTo: ['.'],
      }));
    }
  }
}
