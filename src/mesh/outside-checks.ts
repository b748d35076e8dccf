import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { ExternalServiceProps } from './external-service-props';
import { Site } from '../diagnostics/site';
import { MeshPort } from '../graph/mesh-port';

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
