import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { EgressGateway } from './egress-gateway';
import { ExternalServiceProps } from './external-service-props';
import { checkNoService, checkOutside, checkTreated, checkWildcard } from './outside-checks';
import { checkAlias, checkServedBy } from './outside-names';
import { Led, LED_HOST } from './passages';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkHostname, checkUnique } from '../diagnostics/checks';
import { MeshError } from '../diagnostics/mesh-error';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { memberNamespace } from '../graph/chart-namespace';
import { blockOf, checkAddress, checkAddresses, checkCidrs, checkWithin, isBlock, PRIVATE_RANGES } from '../graph/cidr';
import { Destination } from '../graph/destination';
import { HostTraffic } from '../graph/host-traffic';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { DEFAULT_SETTINGS, hostOf, MeshSettings } from '../graph/mesh-settings';
import { checkExternalPorts } from '../graph/port-checks';
import { checkNotAsked } from '../graph/resolve-call';
import { destinationRule, EndpointManifest, serviceEntry, virtualService, VirtualServiceSpec } from '../manifests/istio-networking';
import { service } from '../manifests/kubernetes';
import { aliasSpec, askedByName } from '../routing/alias';
import { outsideSpec } from '../routing/destination-rule';
import { lostHashCookies } from '../routing/lost-cookies';
import { multiplies, oversized } from '../routing/object-size';
import { checkRedirects, namesOf } from '../routing/redirect-circles';
import { seenFrom } from '../routing/seen-from';
import { serviceEntrySpec } from '../routing/service-entry';
import { virtualServiceSpec } from '../routing/virtual-service';
import { Endpoint } from '../traffic/endpoint';
import { objectLabels } from '../workload/labels';

/**
 * Has the mesh allocate an address. It does so by default (`PILOT_ENABLE_IP_AUTOALLOCATE`), unless the label says `false`: what cannot do
 * without says so.
 *
 * Upstream: istio/istio pilot/pkg/networking/serviceentry, shouldV2AutoAllocateIPFromPieces.
 */
const UNALLOCATED = { 'networking.istio.io/enable-autoallocate-ip': 'false' };
const ALLOCATE = { 'networking.istio.io/enable-autoallocate-ip': 'true' };

/**
 * The analyzer asks for an address where a port is TCP, and sees an allocated one only in the cluster: of files it would complain without
 * reason. A mesh that allocates none is told by the webhook (pkg/config/validation/validation.go, ValidateServiceEntry).
 *
 * Upstream: istio/istio pkg/config/analysis/analyzers/serviceentry/protocoladdresses.go.
 */
const ALLOCATED_LATER = { 'galley.istio.io/analyze-suppress': 'IST0134' };

/**
 * Something outside the mesh that its services call: a payment provider, a database, a mail service.
 *
 * It becomes a ServiceEntry, visible to the namespaces of its callers alone, and opens the callers' proxies and
 * networks; with a port of HTTP also a VirtualService, by which the proxy of a caller answers 403 to requests that
 * it has not declared; with TLS of the proxies' also a DestinationRule.
 *
 * What holds, and what does not: there is no server of the mesh that could refuse, so it is the client's own proxy that does,
 * and a program that goes around its proxy meets the network alone. The proxy tells requests over HTTP by client, method and
 * path, connections over TLS by the host's name and those over TCP by address and port: who calls one port of a host reaches
 * its other ones that are not HTTP, as far as the network lets it. The network tells addresses and ports, not names: without
 * `cidrs`, a client that calls one host on port 80 and another on 443 is let through to every public address on both. In a cluster
 * with Cilium, `Mesh.externalEgress` has it know names. An `EgressGateway` (`through`) does better: it knows who asks, and the network lets out none but it.
 *
 * A port of TCP without `addresses`, and `endpoints` without them, change the callers' pods: their proxies answer DNS
 * (`ISTIO_META_DNS_CAPTURE`), with an address that is valid within the pod alone and stands for the host.
 *
 * Throws `InvalidHost`, `WildcardHost`, `MissingPorts`, `InvalidPort`, `InvalidPortName`, `DuplicatePort`, `InvalidCidr`,
 * `InvalidAddress`, `InvalidWeight`, `InvalidLabels`, `EmptyList`, `InvalidName`, `NameTooLong`, `DuplicateName`, `MissingNamespace`, `InvalidCircuitBreaker`,
 * `InvalidConnectionPool`, and with `through`
 * `OtherApp`, `AmbiguousHost` and at synth `IneffectiveEgress`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/service-entry/
 *
 * @example
 * const stripe = new ExternalService(chart, 'stripe', { host: 'api.stripe.com', ports: [MeshPort.tls(443)] });
 * orders.calls(stripe);
 *
 * const ledger = new ExternalService(chart, 'ledger', {
 *   host: 'ledger.db.example.com',
 *   ports: [MeshPort.tcp(5432, { name: 'tcp-postgres' })],
 *   cidrs: ['10.8.0.0/16'],
 * });
 * orders.calls(ledger);
 *
 * const bank = new ExternalService(chart, 'bank', {
 *   host: 'api.bank.example.com',
 *   ports: [MeshPort.http(80, { tls: TlsOrigination.simple() })],
 * });
 * orders.calls(bank, { methods: ['POST'], paths: ['/v1/transfers'], timeout: Duration.seconds(3) });
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
  private readonly through?: EgressGateway;
  private readonly led?: Led;
  private readonly hasAlias: boolean;
  private routed?: ApiObject;

  constructor(scope: Construct, id: string, props: ExternalServiceProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    checkDnsLabel(at('id'), id);
    this.host = checkHostname(at('host'), props.host, { wildcard: true });
    this.namespace = memberNamespace(this);
    const ports = checkExternalPorts(at('ports'), props.ports);
    const addresses = props.addresses && checkAddresses(at('addresses'), props.addresses);
    const endpoints = props.endpoints && endpointsOf(at('endpoints'), props.endpoints);
    if (props.cidrs) {
      checkCidrs(at('cidrs'), props.cidrs);
      checkWithin(at('cidrs'), props.cidrs, endpoints?.map(({ address }) => address) ?? []);
    }
    if (endpoints && ports.some(port => port._isUdp)) {
      at('endpoints').fail('InvalidPort', 'are for the callers\' proxies, which UDP does not pass', ports.find(port => port._isUdp)!.name, 'Describe what is asked over UDP as an ExternalService of its own, with cidrs.');
    }
    const wildcard = this.host.startsWith('*');
    if (wildcard) {
      checkWildcard(at, this.host, ports, props);
    }
    checkServedBy(at, this.host, props);
    checkAlias(at, this.host, ports, props);
    const blocks = props.cidrs ?? endpoints?.map(({ address }) => blockOf(address)) ?? addresses?.map(blockOf);
    const needsDnsCapture = !addresses && (endpoints !== undefined || ports.some(port => port._isTcp));
    const { servedBy: foundAt, alias } = props;
    const aliasHost = (settings: MeshSettings) => alias === undefined ? [] : [hostOf(settings, this.namespace, alias)];
    const direct: Destination = {
      path: this.node.path,
      ports,
      host: () => this.host,
      // Its own name comes last
      scopeHosts: settings => [...aliasHost(settings), this.host].map(host => `${this.namespace}/${host}`),
      networkPeers: blocks?.map(cidr => ({ ipBlock: { cidr } })) ?? [{ ipBlock: { cidr: '0.0.0.0/0', except: PRIVATE_RANGES } }],
      knownByNameAlone: blocks === undefined,
      // The address that stands for the host never leaves the pod: what the network sees is the proxy's packet
      packetPort: port => port.targetPort,
      addresses,
      wildcard,
      foundAt,
      needsDnsCapture,
    };
    const graph = MeshGraph.of(this);
    this.through = props.through;
    this.hasAlias = alias !== undefined;
    this.led = this.lead(at, direct);
    this._destination = this.led?.destination ?? direct;
    checkOutside(at('host'), this.host, DEFAULT_SETTINGS.clusterDomain);
    graph.check(() => MeshError.collect(() => {
      checkOutside(at('host'), this.host, graph.settings.clusterDomain);
      checkServedBy(at, this.host, props, graph.settings.clusterDomain);
      checkNoService(at('host'), this, this.host);
      return [];
    }));
    checkRedirects(graph, {
      names: () => [this.host, ...aliasHost(graph.settings).flatMap(namesOf)],
      table: () => ({ host: this.host, ports, routes: [], calls: this.incoming, closed: true }),
      problem: ({ route, way }) => at(`route ${route}`).in('redirect').problem('InvalidRedirect', 'must not lead in a circle', way, 'Lead out of what is redirected: to another host or path.'),
    });
    graph.claim(at('host'), ['external host'], this.namespace, this.host, this.node.path);
    graph.sniNames.addOutside(this.host, this.node.path);
    graph.claim(at('id'), ['ServiceEntry', 'VirtualService', 'DestinationRule'], this.namespace, id, this.node.path);
    if (alias !== undefined) {
      graph.claim(at('alias'), ['Service'], this.namespace, alias, this.node.path);
      service(this, 'alias', { ...this.head, name: alias }, aliasSpec(this.host, ports));
    }
    const mixed = ports.some(port => port._isUdp) && ports.some(port => !port._isUdp) && !addresses;
    if (mixed && needsDnsCapture) {
      at('ports').fail('InvalidPort', 'cannot be of UDP beside one of TCP where the callers\' proxies answer for the name: the address that they allocate leads TCP alone', ports.map(({ name }) => name),
        'Add addresses, by which connections over TCP are known.');
    }
    // What is sent over UDP has to find the host itself, whatever else the callers' proxies answer for
    const allocation = mixed ? { labels: UNALLOCATED } : needsDnsCapture ? { labels: ALLOCATE, annotations: ALLOCATED_LATER } : {};
    const head = { ...this.head, ...allocation, labels: { ...objectLabels(id), ...allocation.labels } };
    if (ports.some(port => !port._isUdp)) { // of the others the proxies know nothing
      serviceEntry(this, 'service-entry', head, () => serviceEntrySpec({
        host: this.host, wildcard, ports, addresses, endpoints, foundAt, exportTo: seenFrom(this.namespace, [...this.callers(), ...this.goers()]),
      }));
    }
    const encrypted = ports.flatMap(({ _tls, port: number }, index) => _tls ? [{ number, tls: _tls._toManifest(at('ports').at(index).in('tls'), this.host) }] : []);
    checkTreated(at, ports, { ...props, picked: endpoints !== undefined || foundAt !== undefined || !(wildcard || addresses?.some(isBlock)) });
    const traffic = new HostTraffic(at, { ...props, led: 'what is outside is found by its name' }, ports);
    if (endpoints) {
      traffic.checkOpens(endpoints.length);
    }
    graph.check(() => lostHashCookies({ host: this.host, ports, routes: [], calls: this.incoming, closed: true }, traffic));
    graph.check(() => multiplies([], this.incoming) ? oversized(at('faults'), virtualServiceSpec({ host: this.host, ports, routes: [], calls: this.allIncoming, closed: true })) : []);
    if (encrypted.length > 0 || traffic.isSaid) {
      destinationRule(this, 'destination-rule', this.head, () => ({
        ...outsideSpec(this.host, encrypted, traffic), exportTo: seenFrom(this.namespace, this.goers()),
      }));
    }
  }

  /** @internal */
  public _accept(call: Call, client: Construct): void {
    checkNotAsked(Site.of(client, `calls(${this.node.id})`), call, 'is for a proxy of the server\'s to ask, and there is none outside');
    this.incoming.push(call);
    this.through?._called();
    const { led, through, host, _destination: { ports } } = this;
    if (led || ports.some(port => port._isHttp)) {
      this.routed ??= virtualService(this, 'virtual-service', this.head, () => ({
        ...this.named(led ? through!._towards(led) : virtualServiceSpec({ host, ports, routes: [], calls: this.allIncoming, closed: true })),
        exportTo: seenFrom(this.namespace, this.callers()),
      }));
    }
  }

  /** With those of programs that send telemetry here. */
  private get allIncoming(): Call[] {
    return [...this.incoming, ...MeshGraph.of(this).proxyCalls.ofProgramsTo(this.node.path)];
  }

  /** Whoever is asked under an alias does not know it. */
  private named(spec: VirtualServiceSpec): VirtualServiceSpec {
    return this.hasAlias ? askedByName(spec, this.host) : spec;
  }

  private get head() {
    return { name: this.node.id, labels: objectLabels(this.node.id) };
  }

  private lead(at: (property: string) => Site, direct: Destination): Led | undefined {
    const { through, namespace, incoming: calls, host } = this;
    const graph = MeshGraph.of(this);
    if (through) {
      graph.checkMember(at('through'), through, 'Describe a gateway in this app.');
      return through._lead(at, { construct: this, namespace, direct, calls });
    }
    graph.check(() => [...new Set([namespace, ...this.callers()])].flatMap((seen) => {
      const other = graph.ownerOf(LED_HOST, seen, host);
      return other === undefined ? [] : [at('host').problem('AmbiguousHost', `must be described once for namespace ${seen}, where a gateway leads to it: the gateway would know two of one name`, host,
        `Call ${other} instead, or have the gateway in a namespace of its own.`)];
    }));
    return undefined;
  }

  /** The namespaces of those who call it. */
  private callers(): string[] {
    const graph = MeshGraph.of(this);
    const byProxies = graph.proxyCalls.to(this.node.path).map(({ client }) => client);
    return [...this.incoming.map(({ client }) => client), ...byProxies].map(({ namespace }) => namespace!);
  }

  /** The namespaces of those who go there. */
  private goers(): string[] {
    return this.through ? [this.through.namespace] : this.callers();
  }
}

function endpointsOf(site: Site, endpoints: Endpoint[]): EndpointManifest[] {
  if (endpoints.length === 0) {
    site.fail('EmptyList', 'must not be empty', endpoints, 'Leave it out, and the proxies look up the name.');
  }
  const manifests = endpoints.map((endpoint, index) => ({
    ...endpoint._toManifest(site.at(index)),
    address: checkAddress(site.at(index).in('address'), endpoint._address),
  }));
  checkUnique(site, manifests.map(({ address }) => address), 'InvalidAddress', 'Write each address once, with a weight if it is to get more.');
  return manifests;
}
