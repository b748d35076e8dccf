import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Exposures } from './exposures';
import { ExternalTrafficPolicy, MeshGatewayProps } from './mesh-gateway-props';
import { MeshWorkload } from './mesh-workload';
import { demandOf } from '../access/demand';
import { ExposedRequests, gatewayDenySpec } from '../access/gateway-authorization';
import { requestAuthenticationSpec } from '../access/request-authentication';
import { checkIssuers, checkTemplates, losesHeaders, swallowed } from '../access/token-checks';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call, Member } from '../graph/call';
import { checkCidrs } from '../graph/cidr';
import { MeshGraph } from '../graph/mesh-graph';
import { authorizationPolicy, requestAuthentication } from '../manifests/istio-security';
import { isWithin } from '../routing/exposure';
import { GatewayServer } from '../traffic/gateway-server';
import { objectLabels } from '../workload/labels';

type AddressProps = Pick<MeshGatewayProps, 'serviceType' | 'trustedProxies' | 'externalTrafficPolicy'>;

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
    private readonly gateway: Member,
    private readonly servers: GatewayServer[],
    private readonly exposures: Exposures,
    private readonly props: AddressProps,
  ) {}

  /** Checks what an exposure asks for. */
  public bind(site: Site, call: Call, fromCidrs?: string[]): Call {
    const { serviceType, trustedProxies, externalTrafficPolicy } = this.props;
    if (fromCidrs) {
      const at = site.in('fromCidrs');
      checkCidrs(at, fromCidrs);
      checkUnique(at, fromCidrs, 'InvalidCidr', 'Write each block once.');
      const all = fromCidrs.findIndex(cidr => cidr.endsWith('/0'));
      if (all >= 0) {
        at.at(all).fail('InvalidCidr', 'must not be every address', fromCidrs[all], 'Leave fromCidrs out.');
      }
      if (serviceType !== kplus.ServiceType.CLUSTER_IP && trustedProxies === undefined && externalTrafficPolicy !== ExternalTrafficPolicy.LOCAL) {
        at.fail('IneffectiveAddresses', 'needs to see where a client is: a Service may put the address of a node in its place', fromCidrs,
          'Give the gateway externalTrafficPolicy: ExternalTrafficPolicy.LOCAL, or trustedProxies if the proxies before it say it in X-Forwarded-For.');
      }
    }
    return fromCidrs ? { ...call, fromCidrs: [...fromCidrs].sort() } : call;
  }

  /** Checks it against those before, and writes what follows. */
  public add(site: Site, service: MeshWorkload, call: Call): void {
    checkTemplates(site, call, this.declared.filter(other => other.service === service).map(other => other.call));
    if (call.endUsers) {
      checkIssuers(site.in('endUsers'), call, this.asking());
      this.graph.check(() => this.isSwallowed(service, call) ? [site.in('endUsers').problem(
        'SwallowedToken', 'must leave the token to the service, which is asked for it again, or asks with it', call.endUsers!._names, 'Let its TokenIssuer have forward: true.')] : []);
    }
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
    const { scope, graph, gateway: { name, namespace, podLabels } } = this;
    const head = { name, labels: objectLabels(name) };
    if (this.asking().length > 0 && !scope.node.tryFindChild('request-authentication')) {
      requestAuthentication(scope, 'request-authentication', head, () => requestAuthenticationSpec(podLabels, this.asking(), site));
    }
    const bound = this.declared.some(({ call }) => demandOf(call) !== '' || call.endUsers?._issuers.some(({ _headers }) => _headers.length > 0));
    if (bound && !scope.node.tryFindChild('deny-policy')) {
      graph.claim(site, ['AuthorizationPolicy'], namespace, `${name}-deny`, scope.node.path);
      graph.check(() => this.wildcards(site));
      const ports = [...new Set(this.servers.map(({ _targetPort }) => _targetPort))];
      authorizationPolicy(scope, 'deny-policy', { ...head, name: `${name}-deny` }, () => gatewayDenySpec(podLabels, this.requests(), ports));
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
    return this.servers.filter(({ _redirects }) => !_redirects || trustedProxies !== undefined)
      .filter(({ _hosts }) => hosts.some(host => _hosts.some(served => isWithin(host, served))))
      .map(({ _port: port, _targetPort: targetPort }) => ({ port, targetPort }));
  }

  /** Which of two wildcards a request is for, a policy could not tell by any spelling of its host. */
  private wildcards(site: Site) {
    const exposed = this.requests();
    const wild = [...new Set(exposed.flatMap(({ hosts }) => hosts).filter(host => host.startsWith('*')))];
    const bound = exposed.find(({ call, hosts }) => demandOf(call) !== '' && hosts.some(host => host.startsWith('*')));
    return bound && wild.length > 1 ? [site.problem('UnboundDemand', 'must not be of a wildcard of hosts beside another: which of the two a request is for could not be told', wild,
      'Name the hosts, or give one of the two a gateway of its own.')] : [];
  }
}
