import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkHostname } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { Site } from '../diagnostics/site';
import { Call, compare } from '../graph/call';
import { memberNamespace } from '../graph/chart-namespace';
import { checkCidrs, PRIVATE_RANGES } from '../graph/cidr';
import { Destination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { checkExternalPorts, MeshPort } from '../graph/mesh-port';
import { DEFAULT_SETTINGS } from '../graph/mesh-settings';
import { serviceEntry, virtualService } from '../manifests/istio-networking';
import { virtualServiceSpec } from '../routing/virtual-service';
import { objectLabels } from '../workload/labels';

/**
 * Properties of `ExternalService`.
 */
export interface ExternalServiceProps {
  /**
   * The fully qualified name under which it is reached: `api.stripe.com`.
   *
   * Istio: `ServiceEntry.hosts`.
   */
  readonly host: string;

  /**
   * Its ports: `MeshPort.tls(443)` when the program speaks HTTPS itself.
   *
   * Istio: `ServiceEntry.ports`.
   */
  readonly ports: MeshPort[];

  /**
   * The addresses to which the network lets the callers through.
   *
   * Kubernetes: `NetworkPolicy.spec.egress.to.ipBlock`.
   *
   * @default - every public IPv4 address, on the service's ports
   */
  readonly cidrs?: string[];
}

/**
 * Something outside the mesh that its services call: a payment provider, a mail service.
 *
 * It becomes a ServiceEntry, visible to the namespaces of its callers alone, and opens the callers' proxies and
 * networks; with a port of plain HTTP also a VirtualService, by which the proxy of a caller answers 403 to requests that
 * it has not declared.
 *
 * What holds, and what does not: there is no server of the mesh that could refuse, so it is the client's own proxy that does,
 * and a program that goes around its proxy meets the network alone. The proxy tells requests over HTTP by client, method and
 * path, and connections over TLS by the host's name, not by the port: who calls one TLS port of a host reaches its other
 * ones. The network tells addresses and ports, not names: without `cidrs`, a client that calls one host on port 80 and
 * another on 443 is let through to every public address on both.
 *
 * Throws `InvalidHost`, `MissingPorts`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`, `InvalidCidr`,
 * `InvalidName`, `NameTooLong`, `DuplicateName` and `MissingNamespace`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/service-entry/
 *
 * @example
 * const stripe = new ExternalService(chart, 'stripe', { host: 'api.stripe.com', ports: [MeshPort.tls(443)] });
 * orders.calls(stripe);
 */
@checked
export class ExternalService extends MeshDestination {
  /**
   * The name under which it is reached.
   */
  public readonly host: string;

  /** @internal */
  public readonly _destination: Destination;

  private readonly namespace: string;
  private readonly incoming: Call[] = [];
  private routed?: ApiObject;

  constructor(scope: Construct, id: string, props: ExternalServiceProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    checkDnsLabel(at('id'), id);
    this.host = checkHostname(at('host'), props.host);
    this.namespace = memberNamespace(this);
    const ports = checkExternalPorts(at('ports'), props.ports);
    if (props.cidrs) {
      checkCidrs(at('cidrs'), props.cidrs);
    }
    this._destination = {
      path: this.node.path,
      ports,
      host: () => this.host,
      scopeHosts: () => [`${this.namespace}/${this.host}`],
      networkPeers: props.cidrs?.map(cidr => ({ ipBlock: { cidr } })) ?? [{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_RANGES } }],
      packetPort: port => port.port,
    };
    const graph = MeshGraph.of(this);
    checkOutside(at('host'), this.host, DEFAULT_SETTINGS.clusterDomain);
    graph.check(() => MeshError.collect(() => {
      checkOutside(at('host'), this.host, graph.settings.clusterDomain);
      checkNoService(at('host'), this);
      return [];
    }));
    graph.claim(at('host'), ['external host'], this.namespace, this.host, this.node.path);
    graph.claim(at('id'), ['ServiceEntry', 'VirtualService'], this.namespace, id, this.node.path);
    serviceEntry(this, 'service-entry', { name: id, labels: objectLabels(id) }, () => ({
      hosts: [this.host],
      location: 'MESH_EXTERNAL',
      resolution: 'DNS',
      ports: ports.map(port => ({ number: port.port, name: port.name, protocol: port._protocol.toUpperCase() })),
      exportTo: this.visibleTo(),
    }));
  }

  /** @internal */
  public _accept(call: Call): void {
    this.incoming.push(call);
    if (this._destination.ports.some(port => port._isHttp)) {
      this.routed ??= virtualService(this, 'virtual-service', { name: this.node.id, labels: objectLabels(this.node.id) }, () => ({
        ...virtualServiceSpec({ host: this.host, ports: this._destination.ports, routes: [], calls: this.incoming, closed: true }),
        exportTo: this.visibleTo(),
      }));
    }
  }

  private visibleTo(): string[] {
    const namespaces = new Set(this.incoming.map(({ client }) => client.namespace === this.namespace ? '.' : client.namespace!));
    return namespaces.size > 0 ? [...namespaces].sort(compare) : ['.'];
  }
}

const OUTSIDE = 'must be outside the cluster';
const INSIDE_FIX = 'Describe a service of the cluster as a MeshService, in this app or in its own.';

/** `orders.shop.svc`, and every name of the cluster's own domain. `api.svc.example.com` is somebody else's. */
function checkOutside(site: Site, host: string, clusterDomain: string): void {
  if (host.endsWith('.svc') || `.${host}`.endsWith(`.${clusterDomain}`)) {
    site.fail('InvalidHost', OUTSIDE, host, INSIDE_FIX);
  }
}

/** `orders.shop` is resolved to the Service orders before any public domain, where shop is a namespace. */
function checkNoService(site: Site, construct: ExternalService): void {
  const [, namespace, ...rest] = construct.host.split('.');
  const ofCharts = () => construct.node.root.node.findAll().map(each => Chart.isChart(each) ? each.namespace : undefined);
  if (rest.length === 0 && ['default', ...ofCharts()].includes(namespace)) {
    site.fail('InvalidHost', OUTSIDE, construct.host, INSIDE_FIX);
  }
}
