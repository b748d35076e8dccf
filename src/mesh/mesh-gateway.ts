import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { checkClientAddresses } from './gateway-demands';
import { GatewayExposures } from './gateway-exposures';
import { GatewayWorkload } from './gateway-workload';
import { IngressGateway } from './ingress-gateway';
import { ExposureOptions, MeshGatewayProps, RedirectedRequests } from './mesh-gateway-props';
import { workloadName } from './mesh-workload';
import { RoutedService } from './routed-service';
import { writeCertificates } from './server-certificates';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { injectedNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { GatewayServers } from '../traffic/gateway-servers';
import { Redirect } from '../traffic/redirect';

/**
 * The way into the mesh: proxies of its own, and what may be asked of which service through them.
 *
 * It becomes a Gateway, a Deployment whose pods Istio's injector completes (its template `gateway`), a Service, a ServiceAccount with a Role, a
 * PodDisruptionBudget, an AuthorizationPolicy and a NetworkPolicy, all of the construct's id. Each service that it `exposes` gets a VirtualService
 * `<service>-<gateway>`, in which the service's own routes hold: its `addRoute`, and the shares, matches and mirror of its release.
 *
 * The network lets everybody reach its ports, and it reaches what it exposes, names and istiod alone. Its account may list the Secrets of its namespace, which istiod
 * asks before it hands out a certificate: give the gateway a namespace in which there are none that it should not have. No token of the API is in its pods.
 *
 * Throws `InvalidName`, `EmptyList`, `InvalidHost`, `InvalidPort`, `DuplicatePort`, `InvalidServer`, `MissingProperty`, `InvalidDuration`, `InvalidReplicas`, `InvalidResources`, `RequestAboveLimit`, `DuplicateName`,
 * `MissingNamespace` and at synth `UninjectedNamespace`.
 *
 * @see https://istio.io/latest/docs/tasks/traffic-management/ingress/ingress-control/
 *
 * @example
 * const edge = new MeshGateway(chart, 'edge', {
 *   servers: [
 *     GatewayServer.https(['shop.example.com'], { certificate: ServerCertificate.fromSecret('shop-tls') }),
 *     GatewayServer.http(['shop.example.com'], { redirectToHttps: true }),
 *   ],
 * });
 * edge.exposes(frontend, { hosts: ['shop.example.com'], timeout: Duration.seconds(10) });
 */
@checked
export class MeshGateway extends IngressGateway {
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

  /** @internal */
  public readonly _exposures: GatewayExposures;

  constructor(scope: Construct, id: string, props: MeshGatewayProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = workloadName(at('id'), id);
    this.namespace = injectedNamespace(this);
    const graph = MeshGraph.of(this);
    const { name, namespace } = this;
    const servers = new GatewayServers(at('servers'), [...props.servers], { own: true });
    checkClientAddresses(at, props);
    graph.claim(at('id'), ['Gateway', 'RequestAuthentication'], namespace, name, this.node.path);
    const { ports } = servers;
    const workload = new GatewayWorkload(this, graph, {
      ...props,
      name,
      namespace,
      ports: () => ports,
      uninjected: { property: 'servers', instead: 'have the gateway run by something else, as an ExistingWorkload' },
      serviceType: props.serviceType ?? kplus.ServiceType.LOAD_BALANCER,
      readsSecrets: servers.haveCertificates,
      // What an installation believes of all gateways would let clients say where they are
      believed: () => props.trustedProxies ?? (this._exposures.isDemanding ? 0 : undefined),
    });
    this.deployment = workload.deployment;
    this._exposures = new GatewayExposures(this, graph, { client: workload.client, gateway: `${namespace}/${name}`, servers }, props);
    this._exposures.write(at('servers'), name, workload.selector);
    writeCertificates(this, graph, servers.all, namespace, name);
    // Everybody may come in on its ports
    const open = ports.map(({ targetPort }) => targetPort);
    workload.guard({
      rules: () => [{ to: [{ operation: { ports: open.map(String) } }] }],
      ingress: () => [{ ports: open.map(port => ({ port, protocol: 'TCP' })) }],
      calls: () => this._exposures.calls,
    });
  }

  /**
   * Lets requests from outside reach a service: those for these hosts, methods and paths, and no others, which the gateway answers with 404. The service
   * allows them to the gateway's identity, and the network to its pods. Several services may share a host by their paths, and one of
   * them may take the rest. Of a port that speaks no HTTP it lets in connections: by the name in their TLS, or by the gateway's port.
   *
   * Throws `OtherApp`, `NotCallable`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `HeadlessService`, `EmptyList`, `InvalidHost`, `UnexposedHost`, `InvalidMethod`, `InvalidPath`, `DuplicateCall`,
   * `DuplicateName`, `MissingProperty`, `InvalidPort`, `AmbiguousExposure`, `InvalidCidr`, `IneffectiveAddresses`, `AmbiguousIssuer`, `UnboundDemand`, the errors of the values it is given, and at synth `AmbiguousExposure`,
   * `UnresolvedOverlap`, `UnansweredPreflight`, `UnboundDemand` and `SwallowedToken`.
   *
   * @param service what is asked: of this app. Another app's service is exposed by that app; what is outside has no proxy that could ask for the gateway's identity.
   * @param options what may be asked of it, by which name and how.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['api.example.com'])] });
   * edge.exposes(orders, { hosts: ['api.example.com'], methods: ['GET'], paths: ['/orders/*'], timeout: Duration.seconds(2) });
   */
  public exposes(service: RoutedService, options: ExposureOptions = {}): void {
    this._exposures.expose(service, options);
  }

  /**
   * Answers requests from outside by another address: those for these hosts, on every server that has them. No service is asked. It becomes a VirtualService
   * for each host, in the gateway's namespace. A plain server sends everything to HTTPS by `redirectToHttps`.
   *
   * Throws `EmptyList`, `InvalidHost`, `UnexposedHost`, `InvalidPath`, `AmbiguousExposure`, `DuplicateName`, `InvalidRedirect`, `InvalidPort` and at synth
   * `AmbiguousExposure` and `InvalidRedirect`.
   *
   * @param hosts that clients ask for, each that of a server.
   * @param redirect where they are to ask instead.
   * @param options which of the requests.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['shop.example.com', 'www.example.com'])] });
   * edge.redirects(['www.example.com'], Redirect.to({ host: 'shop.example.com', code: 308 }));
   * edge.redirects(['shop.example.com'], Redirect.to({ path: '/catalogue' }), { paths: ['/products', '/products/*'] });
   */
  public redirects(hosts: string[], redirect: Redirect, options: RedirectedRequests = {}): void {
    this._exposures.redirect(hosts, redirect, options);
  }
}
