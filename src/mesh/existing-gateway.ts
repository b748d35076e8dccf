import { Construct } from 'constructs';
import { ExistingGatewayProps } from './existing-gateway-props';
import { GatewayExposures } from './gateway-exposures';
import { IngressGateway } from './ingress-gateway';
import { ExposureOptions, RedirectedRequests } from './mesh-gateway-props';
import { RoutedService } from './routed-service';
import { writeCertificates } from './server-certificates';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkDnsName, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { GatewayServers } from '../traffic/gateway-servers';
import { Redirect } from '../traffic/redirect';

/**
 * A way into the mesh whose pods are another's: those of Istio's own chart, or of a platform team. What may be asked of which service through it is said
 * as of a `MeshGateway`, and the same follows for the services: routes with their releases' shares, and who is let in.
 *
 * It becomes a Gateway in the chart's namespace, unless one that exists is named, and for each exposure a VirtualService. Nothing is written of the pods, their Service
 * and their policies, and some things cannot be seen from here: the Service has to have the servers' ports; on the same pods no other
 * Gateway may have one of the hosts on the same port; in an installation with `PILOT_SCOPE_GATEWAY_TO_NAMESPACE` the Gateway has to be
 * in the namespace of the pods. A certificate's Secret is always in that of the pods.
 *
 * Throws `InvalidName`, `InvalidLabels`, `EmptyList`, `InvalidHost`, `InvalidPort`, `InvalidServer`, `MissingProperty`, `NotOurs`, `DuplicateName` and `MissingNamespace`.
 *
 * @see https://istio.io/latest/docs/setup/additional-setup/gateway/
 *
 * @example
 * const ingress = new ExistingGateway(chart, 'public', {
 *   namespace: 'istio-system',
 *   serviceAccount: 'istio-ingressgateway-service-account',
 *   podLabels: { istio: 'ingressgateway' },
 *   servers: [GatewayServer.https(['shop.example.com'], { certificate: ServerCertificate.fromSecret('shop-tls') })],
 * });
 * ingress.exposes(frontend, { hosts: ['shop.example.com'] });
 */
@checked
export class ExistingGateway extends IngressGateway {
  /** @internal */
  public readonly _exposures: GatewayExposures;

  constructor(scope: Construct, id: string, props: ExistingGatewayProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const graph = MeshGraph.of(this);
    const { gateway } = props;
    const name = checkDnsLabel(at('id'), id);
    const namespace = checkDnsLabel(at('namespace'), props.namespace);
    const serviceAccount = checkDnsName(at('serviceAccount'), props.serviceAccount);
    const podLabels = { ...checkLabels(at('podLabels'), props.podLabels) };
    if (gateway !== undefined && !/^[^/]+\/[^/]+$/.test(gateway)) {
      at('gateway').fail('InvalidName', 'must be namespace/name', gateway, 'Write both: istio-system/public-gateway.');
    }
    gateway?.split('/').forEach(part => checkDnsName(at('gateway'), part));
    graph.check(() => {
      const owner = graph.ownerOf('ServiceAccount', namespace, serviceAccount);
      return owner === undefined ? [] : [at('serviceAccount').problem('DuplicateName', `must be none of this app's: ${owner} has it`, serviceAccount, 'Use that gateway itself.')];
    });
    const servers = new GatewayServers(at('servers'), [...props.servers], { foreign: gateway !== undefined });
    const client = { name, namespace, serviceAccount, podLabels, carried: podLabels, gateway: true };
    this._exposures = new GatewayExposures(this, graph, { client, gateway: gateway ?? `${chartNamespace(this)}/${name}`, servers });
    if (gateway === undefined) {
      graph.claim(at('id'), ['Gateway'], chartNamespace(this), name, this.node.path);
      // Of two on the same pods istiod takes one (istio/istio pilot/pkg/model/gateway.go, mergeGateways)
      servers.all.forEach(({ _hosts, _port }, index) => _hosts.forEach(host => graph.claim(
        at('servers').at(index).in('hosts'), ['server of the gateway'], `${namespace}/${serviceAccount}`, `${host}:${_port}`, this.node.path)));
      this._exposures.write(at('servers'), name, podLabels);
      writeCertificates(this, graph, servers.all, namespace, name);
    }
  }

  /**
   * Lets what comes from outside reach a service: requests for these hosts, methods and paths, or connections by port and name, and no others. The service
   * allows them to the gateway's identity, and the network to its pods.
   *
   * Throws what `MeshGateway.exposes` throws.
   *
   * @param service what is asked: of this app. Another app's service is exposed by that app; what is outside has no proxy that could ask for the gateway's identity.
   * @param options what may be asked of it, by which name and how.
   *
   * @example
   * const ingress = new ExistingGateway(chart, 'public', {
   *   namespace: 'istio-ingress',
   *   serviceAccount: 'istio-ingress',
   *   podLabels: { istio: 'ingress' },
   *   gateway: 'istio-ingress/public',
   *   servers: [GatewayServer.https(['*.example.com'], {})],
   * });
   * ingress.exposes(orders, { hosts: ['api.example.com'], methods: ['GET'], paths: ['/orders/*'] });
   */
  public exposes(service: RoutedService, options: ExposureOptions = {}): void {
    this._exposures.expose(service, options);
  }

  /**
   * Answers requests from outside by another address: those for these hosts, on every server that has them. No service is asked. It becomes a VirtualService
   * for each host, in the chart's namespace.
   *
   * Throws what `MeshGateway.redirects` throws.
   *
   * @param hosts that clients ask for, each that of a server.
   * @param redirect where they are to ask instead.
   * @param options which of the requests.
   *
   * @example
   * const ingress = new ExistingGateway(chart, 'public', {
   *   namespace: 'istio-ingress',
   *   serviceAccount: 'istio-ingress',
   *   podLabels: { istio: 'ingress' },
   *   servers: [GatewayServer.http(['www.example.com'])],
   * });
   * ingress.redirects(['www.example.com'], Redirect.to({ host: 'shop.example.com', scheme: 'https' }));
   */
  public redirects(hosts: string[], redirect: Redirect, options: RedirectedRequests = {}): void {
    this._exposures.redirect(hosts, redirect, options);
  }
}
