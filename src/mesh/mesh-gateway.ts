import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Exposures } from './exposures';
import { GatewayWorkload } from './gateway-workload';
import { ExposureOptions, MeshGatewayProps } from './mesh-gateway-props';
import { MeshService } from './mesh-service';
import { workloadName } from './mesh-workload';
import { checked } from '../diagnostics/checked';
import { checkHostname, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call, Member } from '../graph/call';
import { injectedNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { checkNotDeclared, resolveCall } from '../graph/resolve-call';
import { gateway } from '../manifests/istio-networking';
import { isWithin } from '../routing/exposure';
import { GatewayServer } from '../traffic/gateway-server';
import { objectLabels } from '../workload/labels';

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
 * Throws `InvalidName`, `EmptyList`, `InvalidHost`, `InvalidPort`, `DuplicatePort`, `InvalidServer`, `InvalidReplicas`, `InvalidResources`, `RequestAboveLimit`, `DuplicateName`,
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
export class MeshGateway extends Construct {
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

  private readonly graph: MeshGraph;
  private readonly client: Member;
  private readonly calls: Call[] = [];
  private readonly exposures: Exposures;
  private readonly servers: GatewayServer[];

  constructor(scope: Construct, id: string, props: MeshGatewayProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    this.name = workloadName(at('id'), id);
    this.namespace = injectedNamespace(this);
    this.graph = MeshGraph.of(this);
    const { name, namespace, graph } = this;
    this.servers = [...props.servers];
    checkServers(at('servers'), this.servers);
    graph.claim(at('id'), ['Gateway'], namespace, name, this.node.path);
    const ports = portsOf(this.servers);
    const workload = new GatewayWorkload(this, graph, {
      ...props,
      name,
      namespace,
      ports: () => ports,
      uninjected: { property: 'servers', instead: 'have the gateway run by something else, as an ExistingWorkload' },
      serviceType: props.serviceType ?? kplus.ServiceType.LOAD_BALANCER,
      readsSecrets: this.servers.some(({ _secure }) => _secure),
    });
    this.deployment = workload.deployment;
    this.client = workload.client;
    this.exposures = new Exposures(this.node.path, graph, this.client);
    gateway(this, 'gateway', { name, labels: objectLabels(name) }, () => ({ selector: workload.selector, servers: this.serverManifests(at('servers')) }));
    // Everybody may come in on its ports
    const open = ports.map(({ targetPort }) => targetPort);
    workload.guard({
      rules: () => [{ to: [{ operation: { ports: open.map(String) } }] }],
      ingress: () => [{ ports: open.map(port => ({ port, protocol: 'TCP' })) }],
      calls: () => this.calls,
    });
  }

  /**
   * Lets requests from outside reach a service: those for these hosts, methods and paths, and no others, which the gateway answers with 404. The service
   * allows them to the gateway's identity, and the network to its pods. Several services may share a host by their paths, and one of
   * them may take the rest.
   *
   * Throws `OtherApp`, `NotCallable`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `HeadlessService`, `EmptyList`, `InvalidHost`, `UnexposedHost`, `InvalidMethod`, `InvalidPath`, `DuplicateCall`,
   * `DuplicateName`, `AmbiguousExposure`, the errors of the values it is given, and at synth `AmbiguousExposure` and `UnresolvedOverlap`.
   *
   * @param service what is asked.
   * @param options what may be asked of it, by which name and how.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['api.example.com'])] });
   * edge.exposes(orders, { hosts: ['api.example.com'], methods: ['GET'], paths: ['/orders/*'], timeout: Duration.seconds(2) });
   */
  public exposes(service: MeshService, options: ExposureOptions): void {
    const site = Site.of(this, `exposes(${service.node.id})`);
    this.graph.checkMember(site, service, 'Expose it in the app that describes it, or describe both in one app.');
    const { hosts, ...asked } = options;
    const call = resolveCall(site, this.client, service._destination, asked);
    service._reach(site).checkPicked(site);
    if (!call.port._isHttp) {
      site.in('port').fail('NotHttp', 'must be one on which the proxy sees requests: a gateway\'s servers speak HTTP', call.port.name, 'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks.');
    }
    this.checkHosts(site.in('hosts'), hosts);
    checkNotDeclared(site, call, this.calls);
    this.exposures.add(site, service, hosts, call);
    this.calls.push(call);
    service._accept(call);
  }

  private checkHosts(site: Site, hosts: string[]): void {
    if (hosts.length === 0) {
      site.fail('EmptyList', 'must not be empty', hosts, 'Name the hosts that clients ask for.');
    }
    checkUnique(site, hosts, 'InvalidHost', 'Name each host once.');
    hosts.forEach((host, index) => {
      checkHostname(site.at(index), host, { wildcard: true });
      const served = this.servers.flatMap(({ _hosts }) => _hosts);
      if (!served.some(name => isWithin(host, name))) {
        site.at(index).fail('UnexposedHost', 'must be one that a server of the gateway has', host, `Use ${served.join(', ')}, or add it to a server.`);
      }
    });
  }

  /** Routes for a host are taken from where they are written, and from nowhere else. */
  private serverManifests(site: Site) {
    return this.servers.map((server, index) => {
      const same = this.servers.slice(0, index).filter(({ _portName }) => _portName === server._portName).length;
      const hosts = server._hosts.flatMap((name) => {
        const namespaces = this.exposures.namespacesOf(host => isWithin(host, name));
        return namespaces.length > 0 ? namespaces.map(namespace => `${namespace}/${name}`) : [`./${name}`];
      });
      return server._toManifest(site.at(index), same > 0 ? `${server._portName}-${same + 1}` : server._portName, hosts);
    });
  }
}

function portsOf(servers: GatewayServer[]) {
  const ports = servers.map(({ _port, _targetPort, _portName }) => ({ name: _portName, port: _port, targetPort: _targetPort, protocol: 'TCP' }));
  return ports.filter(({ port }, index) => ports.findIndex(other => other.port === port) === index);
}

/** What istiod would leave out, with a line in its log (istio/istio pilot/pkg/model/gateway.go, mergeGateways). */
function checkServers(site: Site, servers: GatewayServer[]): void {
  if (servers.length === 0) {
    site.fail('EmptyList', 'must not be empty', servers, 'Add a server: GatewayServer.https([\'shop.example.com\'], { certificate: ServerCertificate.fromSecret(\'shop-tls\') }).');
  }
  servers.forEach((server, index) => {
    server._check(site.at(index));
    const { _port: port, _targetPort: target, _hosts: hosts } = server;
    for (const other of servers.slice(0, index)) {
      if (other._port !== port && other._targetPort === target) {
        site.at(index).in('port').fail('DuplicatePort', `must leave the pod's port ${target} to port ${other._port}`, port, 'Choose another one: below 1024 the pod listens 8000 higher.');
      }
      if (other._port === port && other._secure !== server._secure) {
        site.at(index).in('port').fail('InvalidServer', 'must be another than that of a server that speaks another protocol', port, 'Plain HTTP is on 80, HTTPS on 443.');
      }
      const shared = other._port === port ? hosts.find(host => other._hosts.includes(host)) : undefined;
      if (shared !== undefined) {
        site.at(index).in('hosts').fail('InvalidServer', `must not have a host of another server on port ${port}`, shared, 'Name the host in one of them.');
      }
    }
    const secured = servers.filter(({ _secure, _port }) => _secure && _port === 443).flatMap(({ _hosts }) => _hosts);
    const plain = server._redirects ? hosts.find(host => !secured.some(name => isWithin(host, name))) : undefined;
    if (plain !== undefined) {
      site.at(index).in('redirectToHttps').fail('InvalidServer', 'needs an HTTPS server on port 443 for each host', plain, 'Add GatewayServer.https() for it, or serve it in plain text.');
    }
  });
}
