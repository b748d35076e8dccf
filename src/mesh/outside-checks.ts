import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { ExternalServiceProps } from './external-service-props';
import { Site } from '../diagnostics/site';
import { MeshPort } from '../graph/mesh-port';
import { UpstreamProtocol } from '../traffic/connection-pool-options';
import { TrafficPolicyProps } from '../traffic/traffic-policy-props';

const OUTSIDE = 'must be outside the cluster';
const INSIDE_FIX = 'Describe a service of the cluster as a MeshService, in this app or in its own.';

/**
 * Connections to many hosts go where the program wanted to, if they bear a name of theirs: that of HTTP or TLS. By a name of which nothing
 * but the end is known no address is found or allocated, and no certificate verified.
 */
export function checkWildcard(at: (property: string) => Site, host: string, ports: MeshPort[], props: ExternalServiceProps): void {
  for (const property of ['addresses', 'endpoints'] as const) {
    if (props[property]) {
      at(property).fail('WildcardHost', 'cannot be those of many hosts', host, 'Leave it out, and bound the network by cidrs; or describe the one host that is there.');
    }
  }
  ports.forEach((port, index) => {
    const site = at('ports').at(index);
    if (port._isTcp || port._isUdp) {
      site.fail('WildcardHost', 'bears no name by which one of many hosts could be meant', port.name, 'Use MeshPort.tls() or MeshPort.http(), or describe each host.');
    }
    if (port._tls) {
      site.in('tls').fail('WildcardHost', 'needs the one name that the certificate is to bear', host, 'Describe each host to which the proxy is to speak TLS.');
    }
  });
}

/** Settings of the connections to something outside, which may be no choice among several addresses. */
interface Treated extends Pick<ExternalServiceProps, 'loadBalancing' | 'connectionPool' | 'circuitBreaker' | 'retryBudget' | 'through'> {
  /** Whether the proxies choose an address: otherwise a connection goes where the program wanted to. */
  readonly picked: boolean;
}

/**
 * Of what is outside nobody knows in which zone it is; and where a program has chosen the address itself, there is nothing to balance or to leave out.
 *
 * Upstream: envoyproxy/envoy source/extensions/clusters/original_dst, LoadBalancer::chooseHost, which asks for no health.
 */
export function checkTreated(at: (property: string) => Site, ports: MeshPort[], props: Treated): void {
  const said: [Site, TrafficPolicyProps][] = [[at(''), props], ...ports.map((port, index): [Site, TrafficPolicyProps] => [at('ports').at(index), port._traffic])];
  said.forEach(([site, policy], index) => {
    const property = (name: string) => index === 0 ? at(name) : site.in(name);
    for (const name of ['loadBalancing', 'circuitBreaker'] as const) {
      if (policy[name] && !props.picked) {
        property(name).fail('IneffectiveEgress', 'has no effect where connections go to the address that the program wanted', `a ${policy[name].constructor.name}`,
          'Leave it out, or describe one host by its name or its endpoints.');
      }
    }
    // Istio upgrades whatever the port is, without asking the other end (pilot/pkg/networking/core/cluster_traffic_policy.go, shouldH2Upgrade)
    const plain = (index === 0 ? ports : [ports[index - 1]]).find(port => port._isHttp && !port._isHttp2 && !port._tls);
    if (policy.connectionPool?._protocol === UpstreamProtocol.HTTP2 && plain) {
      property('connectionPool').in('protocol').fail('InvalidConnectionPool', 'is between proxies, and outside there is none that would turn it back', policy.connectionPool._protocol,
        `Leave it out, or declare the port as MeshPort.http2(${plain.port}) if the server speaks HTTP/2 without TLS.`);
    }
    const quiet = policy.connectionPool?._longIdleTimeout;
    if (quiet && props.through && (index === 0 ? ports : [ports[index - 1]]).some(port => !port._isHttp && !port._isUdp)) {
      property('connectionPool').in('idleTimeout').fail('InvalidConnectionPool', 'must be at most an hour and not for ever, for which the callers\' proxies keep a connection to the gateway that is not HTTP',
        quiet.toHumanString(), 'Write up to Duration.hours(1), have the programs send something now and then, or leave through out.');
    }
    if (policy.loadBalancing?._locality._isSaid) {
      property('loadBalancing').in('locality').fail('IneffectiveLocality', 'knows no zone of what is outside', props.through ? 'of the gateway' : 'of the callers', 'Leave it out.');
    }
  });
  const encrypted = ports.find(port => port._tls);
  if (props.retryBudget && encrypted && ports.filter(port => !port._isUdp).length > 1) {
    at('retryBudget').fail('InvalidRetries', `cannot be had beside TLS on port ${encrypted.name}: Istio knows none of a port`, 'a RetryBudget',
      'Bound the retries by maxRetries of a ConnectionPool, or describe the port as an ExternalService of its own.');
  }
}

/** `orders.shop.svc`, and every name of the cluster's own domain. `api.svc.example.com` is somebody else's. */
export function checkOutside(site: Site, host: string, clusterDomain: string): void {
  if (host.endsWith('.svc') || `.${host}`.endsWith(`.${clusterDomain}`)) {
    site.fail('InvalidHost', OUTSIDE, host, INSIDE_FIX);
  }
}

/** `orders.shop` is resolved to the Service orders before any public domain, where shop is a namespace. */
export function checkNoService(site: Site, construct: IConstruct, host: string): void {
  const [, namespace, ...rest] = host.split('.');
  const ofCharts = () => construct.node.root.node.findAll().map(each => Chart.isChart(each) ? each.namespace : undefined);
  if (rest.length === 0 && ['default', ...ofCharts()].includes(namespace)) {
    site.fail('InvalidHost', OUTSIDE, host, INSIDE_FIX);
  }
}
