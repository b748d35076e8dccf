import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Exposures } from './exposures';
import { ExposureOptions, MeshGatewayProps } from './mesh-gateway-props';
import { workloadName } from './mesh-workload';
import { RoutedService } from './routed-service';
import { fqdnPolicySpec } from '../access/fqdn-policy';
import { networkPolicySpec } from '../access/network-policy';
import { checked } from '../diagnostics/checked';
import { checkHostname, checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call, Member } from '../graph/call';
import { injectedNamespace } from '../graph/chart-namespace';
import { MeshGraph } from '../graph/mesh-graph';
import { isHeldByName } from '../graph/named-calls';
import { checkNotDeclared, resolveCall } from '../graph/resolve-call';
import { ciliumNetworkPolicy } from '../manifests/cilium';
import { emit } from '../manifests/emit';
import { gateway } from '../manifests/istio-networking';
import { authorizationPolicy } from '../manifests/istio-security';
import { networkPolicy, podDisruptionBudget, role, roleBinding, service as clusterService } from '../manifests/kubernetes';
import { isWithin } from '../routing/exposure';
import { GatewayServer } from '../traffic/gateway-server';
import { replicasOf } from '../workload/check-workload';
import { completed } from '../workload/escape-hatch';
import { gatewayDeploymentSpec } from '../workload/gateway-pods';
import { canonicalName, objectLabels, podIdentity } from '../workload/labels';
import { checkResources, PROXY_RESOURCES, withDefaultResources } from '../workload/resources';
import { WorkloadKind } from '../workload/workload-kind';

/** Another gateway of the name, in another namespace, would take the servers too: a Gateway selects pods of every namespace. */
const NAMESPACE = 'cdk8s-mesh/namespace';

const KINDS = [
  'Gateway', 'Deployment', 'Service', 'ServiceAccount', 'Role', 'RoleBinding', 'PodDisruptionBudget', 'AuthorizationPolicy', 'NetworkPolicy', 'CiliumNetworkPolicy',
];

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
    checkSize(at, props);
    graph.claim(at('id'), KINDS, namespace, name, this.node.path);
    graph.check(() => graph.settings.writtenProxy ? [at('servers').problem('UninjectedNamespace', 'must be those of pods that Istio\'s injector completes', 'ProxyInjection.written()',
      'Leave proxyInjection of the Mesh out, or have the gateway run by something else, as an ExistingWorkload.')] : []);

    const selected = canonicalName(name);
    const identity = podIdentity(name, 'v1');
    const carried = { ...identity.labels, [NAMESPACE]: namespace };
    const head = { name, labels: objectLabels(name) };
    graph.selectors.add(at('id'), namespace, selected, carried);
    this.client = { name, namespace, serviceAccount: name, podLabels: selected, carried, gateway: true };
    graph.members.push(this.client);
    this.exposures = new Exposures(this.node.path, graph, this.client);

    completed(new kplus.ServiceAccount(this, 'service-account', { metadata: head, automountToken: false }));
    const ports = portsOf(this.servers);
    this.deployment = emit(this, 'deployment', 'apps/v1', 'Deployment', head, () => gatewayDeploymentSpec({
      identity,
      labels: carried,
      serviceAccount: name,
      revision: graph.settings.revision,
      ports: ports.map(({ targetPort }) => targetPort),
      resources: withDefaultResources(props.resources, PROXY_RESOURCES),
      replicas: props.autoscaling ? undefined : replicasOf(props).max,
    }));
    this.scale(props);
    podDisruptionBudget(this, 'disruption-budget', head, { maxUnavailable: 1, selector: { matchLabels: selected }, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    const type = props.serviceType ?? kplus.ServiceType.LOAD_BALANCER;
    if (type === kplus.ServiceType.EXTERNAL_NAME) {
      at('serviceType').fail('InvalidServer', 'must be one that has the gateway\'s pods behind it', type, 'Use kplus.ServiceType.LOAD_BALANCER, NODE_PORT or CLUSTER_IP.');
    }
    clusterService(this, 'service', { ...head, annotations: props.serviceAnnotations }, { type, selector: identity.served, ports });
    if (type !== kplus.ServiceType.CLUSTER_IP) {
      graph.entrances.push({ namespace, type: type as 'LoadBalancer' | 'NodePort', ports: ports.length });
    }
    if (this.servers.some(({ _secure }) => _secure)) {
      // istiod asks whether the account may list all of them (istio/istio pilot/pkg/credentials/kube/secrets.go, Authorize)
      role(this, 'role', head, [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }]);
      roleBinding(this, 'role-binding', head, { name, namespace });
    }
    gateway(this, 'gateway', head, () => ({ selector: { ...selected, [NAMESPACE]: namespace }, servers: this.serverManifests(at('servers')) }));
    this.guard(selected, ports.map(({ targetPort }) => targetPort));
  }

  /**
   * Lets requests from outside reach a service: those for these hosts, methods and paths, and no others, which the gateway answers with 404. The service
   * allows them to the gateway's identity, and the network to its pods. Several services may share a host by their paths, and one of
   * them may take the rest.
   *
   * Throws `OtherApp`, `NotCallable`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `HeadlessService`, `EmptyList`, `InvalidHost`, `UnexposedHost`, `InvalidMethod`, `InvalidPath`, `DuplicateCall`,
   * `DuplicateName`, `AmbiguousExposure`, the errors of the values it is given, and at synth `AmbiguousExposure` and `UnresolvedOverlap`.
   *
   * @param service what is asked. What this app does not route is exposed where it is routed: another app's service by that app. What is outside has no proxy
   * that could ask for the gateway's identity.
   * @param options what may be asked of it, by which name and how.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['api.example.com'])] });
   * edge.exposes(orders, { hosts: ['api.example.com'], methods: ['GET'], paths: ['/orders/*'], timeout: Duration.seconds(2) });
   */
  public exposes(service: RoutedService, options: ExposureOptions): void {
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

  private scale({ autoscaling, ...props }: MeshGatewayProps): void {
    const { name, namespace, graph } = this;
    graph.claim(Site.of(this, 'autoscaling'), autoscaling?._kinds ?? [], namespace, name, this.node.path);
    const own = autoscaling?._write(this, { kind: 'Deployment', name, namespace, container: 'istio-proxy', labels: objectLabels(name) }, () => graph.settings);
    graph.addController({ path: this.node.path, namespace, kind: 'Deployment', name, own, leftTo: own ? undefined : autoscaling?._bounds });
    graph.addWorkload({
      namespace,
      path: this.node.path,
      isProxy: true,
      described: () => {
        const { replicas = replicasOf({ ...props, autoscaling }).max, template } = this.deployment.toJson().spec;
        return { pods: WorkloadKind.deployment()._podsAtOnce(replicas), template };
      },
    });
  }

  /** Everybody may come in on its ports, and it reaches what it exposes. There is no Sidecar: a gateway's proxy has none. */
  private guard(podLabels: { [key: string]: string }, ports: number[]): void {
    const { graph, name } = this;
    const head = { name, labels: objectLabels(name) };
    const outgoing = () => [...this.calls, ...graph.proxyCallsOf(this.client).map(({ server, port }) => ({ client: this.client, server, port }))];
    authorizationPolicy(this, 'authorization-policy', head, { selector: { matchLabels: podLabels }, action: 'ALLOW', rules: [{ to: [{ operation: { ports: ports.map(String) } }] }] });
    networkPolicy(this, 'network-policy', head, () => {
      const spec = networkPolicySpec({ podLabels, incoming: [], outgoing: outgoing(), usesKubernetesApi: false }, graph.settings);
      return { ...spec, ingress: [{ ports: ports.map(port => ({ port, protocol: 'TCP' })) }, ...spec.ingress ?? []] };
    });
    graph.follow(() => {
      if (!this.node.tryFindChild('cilium-network-policy') && outgoing().some(call => isHeldByName(call, graph.settings))) {
        ciliumNetworkPolicy(this, 'cilium-network-policy', head, () => fqdnPolicySpec(podLabels, outgoing(), graph.settings));
      }
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

function checkSize(at: (property: string) => Site, { replicas, autoscaling, resources }: MeshGatewayProps): void {
  checkResources(at('resources'), resources, PROXY_RESOURCES);
  if (autoscaling) {
    if (replicas !== undefined) {
      at('replicas').fail('InvalidReplicas', 'must not be given beside autoscaling', replicas, 'Leave it out: the autoscaler says how many pods run.');
    }
    autoscaling._check(at('autoscaling'), resources);
    autoscaling._checkProgram(at('autoscaling'), { callable: true, http: false }, resources);
  } else {
    checkInteger(at('replicas'), replicas ?? 3, 1, 1000, 'InvalidReplicas', 'Leave it out for three.');
  }
}
