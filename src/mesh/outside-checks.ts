import { Chart } from 'cdk8s';
import { IConstruct } from 'constructs';
import { ExternalServiceProps } from './external-service-props';
import { Site } from '../diagnostics/site';
import { MeshPort } from '../graph/mesh-port';

const OUTSIDE = 'must be outside the cluster';
const INSIDE_FIX = 'Describe a service of the cluster as a MeshService, in this app or in its own.';

/**
 * What the proxy can look up for a wildcard: the name that the TLS asks for, on the port to which the program connected. Of HTTP it could
 * read the name, too, but all hosts of a port share a listener there, which gets what it takes for that only if the wildcard happens to
 * be the first of them.
 *
 * Upstream: istio/istio pkg/config/validation/validation.go, ValidateServiceEntry (addresses, endpoints, TCP);
 * pilot/pkg/networking/core/listener_builder.go, buildHTTPConnectionManager, policySvc (HTTP); networkfilter.go, buildSNIDFPFilter (the port).
 */
export function checkWildcard(at: (property: string) => Site, host: string, ports: MeshPort[], props: ExternalServiceProps): void {
  for (const property of ['addresses', 'endpoints'] as const) {
    if (props[property]) {
      at(property).fail('WildcardHost', 'cannot be those of many hosts', host, 'Leave it out, and bound the network by cidrs; or describe the one host that is there.');
    }
  }
  ports.forEach((port, index) => {
    const site = at('ports').at(index);
    if (port._protocol !== 'tls') {
      site.fail('WildcardHost', 'must be TLS, which alone says which of many hosts is meant', port.name, 'Use MeshPort.tls(), or describe each host that is called otherwise.');
    }
    if (port.targetPort !== port.port) {
      site.in('targetPort').fail('WildcardHost', 'cannot be another one than the program\'s', port.targetPort, 'Leave it out: the proxy finds the host by name, on the port of the connection.');
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
