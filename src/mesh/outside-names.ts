import { ExternalServiceProps } from './external-service-props';
import { checkOutside } from './outside-checks';
import { checkDnsLabel, checkHostname } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshPort } from '../graph/mesh-port';
import { DEFAULT_SETTINGS } from '../graph/mesh-settings';

type At = (property: string) => Site;

/** The host that stands behind a wildcard is one, is outside, and is for a wildcard alone. */
export function checkServedBy(at: At, host: string, { servedBy }: ExternalServiceProps, clusterDomain = DEFAULT_SETTINGS.clusterDomain): void {
  if (servedBy === undefined) {
    return;
  }
  if (!host.startsWith('*')) {
    at('servedBy').fail('InvalidHost', 'is for a wildcard: of a single host the proxies look up its own name', servedBy, 'Leave it out, or write endpoints if it is to be found elsewhere.');
  }
  checkHostname(at('servedBy'), servedBy);
  checkOutside(at('servedBy'), servedBy, clusterDomain);
}

/** An alias is a name that a client writes into its requests, and that leads where the host's own does. */
export function checkAlias(at: At, host: string, ports: MeshPort[], { alias, endpoints }: ExternalServiceProps): void {
  if (alias === undefined) {
    return;
  }
  const site = at('alias');
  checkDnsLabel(site, alias, { letterFirst: true });
  if (alias === 'localhost') {
    site.fail('InvalidHost', 'must be another name: by this one a pod finds itself', alias, 'Name it after what it leads to.');
  }
  if (host.startsWith('*')) {
    site.fail('WildcardHost', 'cannot stand for many hosts', host, 'Describe the one host that is meant.');
  }
  if (endpoints) {
    site.fail('InvalidHost', 'leads to what the host\'s name is looked up to, which endpoints take the place of', alias, 'Leave one of the two out: with endpoints programs ask for the host by its own name.');
  }
  const other = ports.findIndex(port => !port._isHttp);
  if (other >= 0) {
    at('ports').at(other).fail('NotHttp', 'must be of HTTP beside an alias: a certificate bears the host\'s own name, and a connection over TCP none', ports[other].name,
      'Have programs ask for it by its own name, or declare the port as MeshPort.http(80, { tls: TlsOrigination.simple() }).');
  }
}
