import { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { ContainerRuntime } from './container-runtime';
import { ExternalEgress } from './external-egress';
import { ProxyInjection } from './proxy-injection';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkDnsName, checkInteger, checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { checkCidrs } from '../graph/cidr';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { DEFAULT_SETTINGS } from '../graph/mesh-settings';
import { portOf } from '../graph/resolve-call';
import { Budgets } from '../traffic/budgets';

/**
 * Properties of `Mesh`.
 */
export interface MeshProps {
  /**
   * The trust domain of the workloads' identities.
   *
   * Istio: `meshConfig.trustDomain`. In an AuthorizationPolicy `cluster.local` stands for whatever it is.
   *
   * @default - cluster.local
   */
  readonly trustDomain?: string;

  /**
   * The DNS domain of the cluster's Services.
   *
   * @default - cluster.local
   */
  readonly clusterDomain?: string;

  /**
   * The namespace of istiod, which is also the mesh's root namespace.
   *
   * Istio: `meshConfig.rootNamespace`.
   *
   * @default - istio-system
   */
  readonly istioNamespace?: string;

  /**
   * The revision or revision tag of the control plane that injects the proxies. A written proxy (`proxyInjection`) asks the Service of that
   * revision: there it must not be a tag.
   *
   * Istio: the namespace label `istio.io/rev`.
   *
   * @default - the default revision, by the label `istio-injection: enabled`
   */
  readonly revision?: string;

  /**
   * Whether the proxies run as native sidecars: they start before the program and end after it. `false` for a cluster that has
   * the feature switched off; then the program is held back until its proxy is there,
   * and each pod takes its whole `terminationGracePeriod` to go, because the proxy stays that long.
   *
   * Istio: the pod annotation `sidecar.istio.io/nativeSidecar`, or `holdApplicationUntilProxyStarts` and
   * `terminationDrainDuration` in `proxy.istio.io/config`.
   *
   * @see https://istio.io/latest/docs/reference/config/annotations/
   *
   * @default - true
   */
  readonly nativeSidecars?: boolean;

  /**
   * Who gives the pods their proxy: Istio's webhook, or this library where the cluster allows none.
   *
   * @default - ProxyInjection.webhook()
   */
  readonly proxyInjection?: ProxyInjection;

  /**
   * Where Prometheus answers queries; drills ask it for their steady state.
   *
   * @default - http://prometheus.istio-system:9090
   */
  readonly prometheusUrl?: string;

  /**
   * The namespace from which the proxies' metrics may be scraped.
   *
   * @default - the one that `prometheusUrl` names: monitoring in http://prometheus.monitoring:9090; istio-system if it names none
   */
  readonly prometheusNamespace?: string;

  /**
   * How often Prometheus reads the proxies' metrics: whole seconds, from 1 to 600. A steady state is a rate over four of these
   * intervals, because over less there is now and then none.
   *
   * Prometheus: `scrape_interval`.
   *
   * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
   *
   * @default - one minute, Prometheus' own default; Istio's sample and the Prometheus operator have 15 and 30 seconds
   */
  readonly scrapeInterval?: Duration;

  /**
   * What runs the containers on the nodes: drills that act within a pod go through its socket.
   *
   * Litmus: `CONTAINER_RUNTIME` and `SOCKET_PATH`.
   *
   * @default - ContainerRuntime.containerd()
   */
  readonly containerRuntime?: ContainerRuntime;

  /**
   * The addresses of the Kubernetes API server, for the workloads that were given a role.
   *
   * @default - any address, on ports 443 and 6443: narrow it to your API server's
   */
  readonly apiServerCidrs?: string[];

  /**
   * The addresses of DNS servers besides the pods of kube-dns: NodeLocal DNSCache has 169.254.20.10/32.
   *
   * @default - none: names are asked of the pods with the label `k8s-app: kube-dns` in kube-system, on port 53
   */
  readonly dnsCidrs?: string[];

  /**
   * How the network knows an `ExternalService` that is described by its name alone.
   *
   * Kubernetes: `NetworkPolicy.spec.egress`; Cilium: `CiliumNetworkPolicy.spec.egress.toFQDNs`.
   *
   * @default - ExternalEgress.addresses(): every public IPv4 address, on the service's ports
   */
  readonly externalEgress?: ExternalEgress;

  /**
   * What is proven at synth of the timeouts and retries along every path of declared calls.
   *
   * @default - Budgets.proven(): a timeout must not be shorter than what is waited for behind it, and retries must not make more than 16 of one request
   */
  readonly budgets?: Budgets;
}

/**
 * Options for `Mesh.proxiesCall`.
 */
export interface ProxyCallOptions {
  /**
   * The name of the server's port.
   *
   * @default - the server's only port; a server with several needs it
   */
  readonly port?: string;
}

/**
 * What every service of this app's mesh has in common. An app has at most one; without it the defaults hold.
 * It may stand before or after the services.
 *
 * Throws `DuplicateMesh` for a second one, `MeshTooLate`, `InvalidName`, `NameTooLong`, `InvalidUrl`, `InvalidCidr`, `InvalidDuration`,
 * `InvalidRetries` and `InvalidPath` for its values; `MissingImage`, `InvalidImage`, `UnpinnedImage` and `InvalidProxy` for a written proxy.
 *
 * @example
 * new Mesh(app, 'mesh', { trustDomain: 'acme.example', prometheusUrl: 'http://prometheus.monitoring:9090', prometheusNamespace: 'monitoring' });
 */
@checked
export class Mesh extends Construct {
  constructor(scope: Construct, id: string, props: MeshProps = {}) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { scrapeInterval, containerRuntime, externalEgress, proxyInjection, budgets, ...rest } = props;
    const settings = {
      ...DEFAULT_SETTINGS,
      ...namespaceOf(props.prometheusUrl),
      ...definedOf(rest),
      ...(scrapeInterval && { scrapeIntervalSeconds: secondsOf(at('scrapeInterval'), scrapeInterval) }),
      ...(externalEgress && { externalEgress: externalEgress._toSettings() }),
      ...(budgets && { budgets: budgets._toSettings(at('budgets')) }),
      ...(containerRuntime && { containerRuntime: containerRuntime._toSettings(at('containerRuntime')) }),
      ...(proxyInjection && { writtenProxy: proxyInjection._toSettings(at('proxyInjection')) }),
    };

    if (!/^https?:\/\/[^\s/'"`$\\?#]+(\/[^\s'"`$\\?#]*)?$/.test(settings.prometheusUrl)) {
      at('prometheusUrl').fail('InvalidUrl', 'must be a URL', settings.prometheusUrl, 'Write scheme, host and port: http://prometheus.monitoring:9090.');
    }
    checkSet(at('prometheusUrl'), settings.prometheusUrl);
    for (const property of ['trustDomain', 'clusterDomain'] as const) {
      checkDnsName(at(property), settings[property]);
    }
    if (settings.clusterDomain.startsWith('svc.')) {
      at('clusterDomain').fail('InvalidName', 'must not begin with svc', settings.clusterDomain, `Write what comes after it: ${settings.clusterDomain.slice(4)}.`);
    }
    checkDnsLabel(at('istioNamespace'), settings.istioNamespace);
    checkDnsLabel(at('prometheusNamespace'), settings.prometheusNamespace);
    if (settings.revision !== undefined) {
      checkDnsLabel(at('revision'), settings.revision);
    }
    checkCidrs(at('apiServerCidrs'), settings.apiServerCidrs);
    if (settings.dnsCidrs.length > 0) {
      checkCidrs(at('dnsCidrs'), settings.dnsCidrs);
    }
    MeshGraph.of(this).configure(at, this.node.path, settings);
  }

  /**
   * Lets the proxies of every workload of this app call something by themselves: a collector of traces and logs, an authorizer, a service
   * of rate limits. Istio knows it as an extension provider; without this the proxies' own requests are dropped, for neither their scope nor
   * the network has a way for them.
   *
   * Istio: `meshConfig.extensionProviders`.
   *
   * Throws `OtherApp`, `NotCallable`, `UnknownPort` and `AmbiguousPort`.
   *
   * @param server what they call.
   *
   * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider
   *
   * @example
   * const mesh = new Mesh(app, 'mesh');
   * mesh.proxiesCall(new ExistingWorkload(app, 'collector', {
   *   namespace: 'observability', podLabels: { app: 'otel-collector' }, service: 'otel-collector', ports: [MeshPort.grpc(4317)], inMesh: false,
   * }));
   */
  public proxiesCall(server: MeshDestination, options: ProxyCallOptions = {}): void {
    const site = Site.of(this, `proxiesCall(${server.node.id})`);
    const graph = MeshGraph.of(this);
    graph.checkMember(site, server, 'Describe it in this app, as an ExistingWorkload if something else runs it.');
    const port = portOf(site, server._destination, options.port);
    if (port._isUdp) {
      site.in('port').fail('InvalidPort', 'must be one that proxies call', port.name, 'Name one of HTTP or gRPC: proxies send nothing over UDP.');
    }
    graph.addProxyCall({ server: server._destination, port });
  }
}

function secondsOf(site: Site, interval: Duration): number {
  return checkInteger(site, interval.toSeconds({ integral: false }), 1, 600, 'InvalidDuration', 'Write the scrape_interval of your Prometheus: Duration.seconds(15).');
}

/** The namespace of a Service's name: `prometheus.monitoring`, `prometheus.monitoring.svc.cluster.local`. */
function namespaceOf(url: string | undefined): { prometheusNamespace?: string } {
  const [, namespace] = /^https?:\/\/[a-z0-9-]+\.([a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?(?::\d+)?(?:\/.*)?$/.exec(url ?? '') ?? [];
  return namespace === undefined ? {} : { prometheusNamespace: namespace };
}

/** An explicit `undefined` leaves the default in force. */
function definedOf<T extends object>(props: T): Partial<T> {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as Partial<T>;
}
