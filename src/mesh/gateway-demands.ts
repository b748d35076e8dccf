import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Exposures } from './exposures';
import { GatewayEntrance } from './gateway-entrance';
import { ExternalTrafficPolicy, MeshGatewayProps } from './mesh-gateway-props';
import { MeshWorkload } from './mesh-workload';
import { Redirects } from './redirects';
import { demandOf } from '../access/demand';
import { ExposedRequests, gatewayDenySpec, HostRequests } from '../access/gateway-authorization';
import { requestAuthenticationSpec } from '../access/request-authentication';
import { checkIssuers, checkTemplates, ledAround, losesHeaders, swallowed } from '../access/token-checks';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { checkCidrs } from '../graph/cidr';
import { MeshGraph } from '../graph/mesh-graph';
import { overlap } from '../graph/overlap';
import { authorizationPolicy, requestAuthentication } from '../manifests/istio-security';
import { GatewayServer } from '../traffic/gateway-server';
import { objectLabels } from '../workload/labels';

/** Of a gateway, how the addresses of clients come to it. */
export type AddressProps = Pick<MeshGatewayProps, 'serviceType' | 'trustedProxies' | 'externalTrafficPolicy'>;

/** What a gateway has to know to see where a client is. */
export function checkClientAddresses(at: (property: string) => Site, { serviceType, trustedProxies, externalTrafficPolicy }: AddressProps): void {
  if (trustedProxies !== undefined) {
    checkInteger(at('trustedProxies'), trustedProxies, 1, 100, 'InvalidServer', 'Count the proxies before the gateway, or leave it out if there is none.');
  }
  if (externalTrafficPolicy !== undefined && serviceType === kplus.ServiceType.CLUSTER_IP) {
    at('externalTrafficPolicy').fail('InvalidServer', 'is for a Service that is reached from outside of the cluster', externalTrafficPolicy, 'Leave it out: within the cluster the addresses of the pods are seen.');
  }
}

/** What a gateway asks of requests: a token, or that they come from somewhere. It becomes objects from the first exposure on that asks for something. */
export class GatewayDemands {
  private readonly declared: { service: MeshWorkload; call: Call }[] = [];

  constructor(
    private readonly scope: Construct,
    private readonly graph: MeshGraph,
    private readonly entrance: GatewayEntrance,
    private readonly exposures: Exposures,
    private readonly redirects: Redirects,
    private readonly props: AddressProps,
  ) {}

  /** Checks what an exposure asks for. */
  public bind(site: Site, call: Call, fromCidrs?: string[]): Call {
    if (fromCidrs) {
      const at = site.in('fromCidrs');
      if (!call.port._isHttp) {
        at.fail('NotHttp', 'is asked of requests, which nobody sees in connections', fromCidrs, 'Leave it out, or have a firewall before the gateway.');
      }
      checkCidrs(at, fromCidrs);
      checkUnique(at, fromCidrs, 'InvalidCidr', 'Write each block once.');
      const all = fromCidrs.findIndex(cidr => cidr.endsWith('/0'));
      if (all >= 0) {
        at.at(all).fail('InvalidCidr', 'must not be every address', fromCidrs[all], 'Leave fromCidrs out.');
      }
      this.checkSeen(at, fromCidrs);
    }
    return fromCidrs ? { ...call, fromCidrs: [...fromCidrs].sort() } : call;
  }

  /** Fails where the addresses that the gateway sees may be those of others. */
  public checkSeen(site: Site, received: unknown): void {
    const { serviceType, trustedProxies, externalTrafficPolicy } = this.props;
    if (serviceType !== kplus.ServiceType.CLUSTER_IP && trustedProxies === undefined && externalTrafficPolicy !== ExternalTrafficPolicy.LOCAL) {
      site.fail('IneffectiveAddresses', 'needs to see where a client is: a Service may put the address of a node in its place', received,
        'Give the gateway externalTrafficPolicy: ExternalTrafficPolicy.LOCAL, or trustedProxies if the proxies before it say it in X-Forwarded-For.');
    }
  }

  /** Checks it against those before, and writes what follows. */
  public add(site: Site, service: MeshWorkload, call: Call, hosts: string[]): void {
    this.checkPorts(site, call, hosts);
    checkTemplates(site, call, this.declared.filter(other => other.service === service).map(other => other.call));
    if (call.endUsers) {
      checkIssuers(site.in('endUsers'), call, this.asking());
      this.graph.check(() => this.isSwallowed(service, call) ? [site.in('endUsers').problem(
        'SwallowedToken', 'must leave the token to the service, which is asked for it again, or asks with it', call.endUsers!._names, 'Let its TokenIssuer have forward: true, and leave what bears the token out of headers.')] : []);
    }
    this.graph.check(() => ledAround(site, call, service._member.incoming));
    this.declared.push({ service, call });
    this.write(site);
  }

  private isSwallowed({ _member: member }: MeshWorkload, call: Call): boolean {
    return swallowed([call], member.outgoing.all).length > 0 || losesHeaders(call, member.incoming.filter(({ client }) => !client.gateway));
  }

  private asking(): Call[] {
    return this.declared.map(({ call }) => call).filter(({ endUsers }) => endUsers);
  }

  private write(site: Site): void {
    const { scope, graph, entrance: { client: { name, namespace, podLabels } } } = this;
    const head = { name, labels: objectLabels(name) };
    if (this.asking().length > 0 && !scope.node.tryFindChild('request-authentication')) {
      graph.late.add(requestAuthentication(scope, 'request-authentication', head, () => requestAuthenticationSpec(podLabels, this.asking(), site)));
    }
    if (this.declared.some(({ call }) => isBound(call)) && !scope.node.tryFindChild('deny-policy')) {
      graph.claim(site, ['AuthorizationPolicy'], namespace, `${name}-deny`, scope.node.path);
      graph.check(() => [...this.wildcards(site), ...this.nodePorts()]);
      const connections = this.entrance.servers.all.filter(({ _routed }) => _routed !== 'http').map(({ _port }) => _port);
      const ports = [...new Set(this.ofRequests().filter(({ _port }) => !connections.includes(_port)).map(({ _targetPort }) => _targetPort))];
      graph.late.add(authorizationPolicy(scope, 'deny-policy', { ...head, name: `${name}-deny` }, () => (
        gatewayDenySpec(podLabels, this.requests(), this.redirects.requests, ports))));
    }
  }

  private requests(): ExposedRequests[] {
    return this.exposures.requests().map(one => ({ ...one, ports: this.portsOf(one.hosts) }));
  }

  /**
   * Those of a server that sends its clients to HTTPS are left to do so, unless a client could say that it came by HTTPS: a proxy that trusts those before it believes
   * X-Forwarded-Proto (envoyproxy/envoy source/common/http/conn_manager_utility.cc, mutateRequestHeaders).
   */
  private portsOf(hosts: string[]): { port: number; targetPort: number }[] {
    const { trustedProxies } = this.props;
    return this.ofRequests(hosts).filter(({ _redirects }) => !_redirects || trustedProxies !== undefined)
      .map(({ _port: port, _targetPort: targetPort }) => ({ port, targetPort }));
  }

  /** The servers that take requests, for some hosts. */
  private ofRequests(hosts?: string[]): GatewayServer[] {
    const { servers } = this.entrance;
    return servers.all.filter(server => server._routed === 'http' && (hosts?.some(host => servers.leadsTo(server, host)) ?? true));
  }

  /**
   * Of a connection a DENY sees the port alone, and takes what it says of requests for said: it would refuse every connection there
   * (istio/istio pilot/pkg/security/authz/model/model.go, checkError).
   */
  private checkPorts(site: Site, call: Call, hosts: string[]): void {
    const ports = this.ofRequests(isBound(call) ? hosts : []).map(({ _port }) => _port);
    const shared = this.entrance.servers.all.find(({ _routed, _port }) => _routed !== 'http' && ports.includes(_port));
    if (shared) {
      site.fail('UnboundDemand', `must ask for nothing on port ${shared._port}, on which another server takes connections`, hosts, 'Give the connections a port of their own.');
    }
  }

  /** Which of two wildcards a request is for, a policy could not tell by any spelling of its host. */
  private wildcards(site: Site) {
    const wild = [...new Set(this.answered().flatMap(({ hosts }) => hosts).filter(isWild))];
    return this.ofWildcards().length > 0 && wild.length > 1 ? [site.problem('UnboundDemand', 'must not be of a wildcard of hosts beside another: which of the two a request is for could not be told', wild,
      'Name the hosts, or give one of the two a gateway of its own.')] : [];
  }

  /** Clients name the port of the node, which nobody knows from here: with it a host of its own would be taken for one of the wildcard's. */
  private nodePorts() {
    const { serviceType } = this.props;
    if (serviceType !== kplus.ServiceType.NODE_PORT) {
      return [];
    }
    const wildcards = this.ofWildcards();
    const isApart = ({ call }: HostRequests) => wildcards.some(({ call: wide }) => demandOf(wide) !== demandOf(call) && overlap(wide, call));
    const apart = this.answered().filter(isApart).flatMap(({ hosts }) => hosts).find(host => !isWild(host));
    return apart !== undefined ? [Site.of(this.scope, 'serviceType').problem('UnboundDemand',
      `must be another: with the port of a node behind it, ${apart} could not be told from the wildcard of hosts beside it, which asks for something else`, serviceType,
      'Use kplus.ServiceType.LOAD_BALANCER, or give the wildcard a gateway of its own.')] : [];
  }

  /** What wildcards of hosts ask for. */
  private ofWildcards(): ExposedRequests[] {
    return this.requests().filter(({ call, hosts }) => demandOf(call) !== '' && hosts.some(isWild));
  }

  private answered(): HostRequests[] {
    return [...this.requests(), ...this.redirects.requests];
  }
}

function isWild(host: string): boolean {
  return host.startsWith('*');
}

/** Whether something has to be refused for it. */
function isBound(call: Call): boolean {
  return demandOf(call) !== '' || (call.endUsers?._issuers.some(({ _headers }) => _headers.length > 0) ?? false);
}
