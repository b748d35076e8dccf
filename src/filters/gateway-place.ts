import { Construct } from 'constructs';
import { checkFilteredGateway } from './filtered-gateway';
import { checkOnly } from './filtered-service';
import { LimitPlace } from './limit-place';
import { BY_HEADER, NO_QUERY } from './limited-requests';
import { ResolvedLimit } from './rate-limit';
import { checkHostname, checkUnique } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { GatewayExposures } from '../mesh/gateway-exposures';
import { IngressGateway } from '../mesh/ingress-gateway';
import { ANY_HOST } from '../traffic/any-host';
import { GatewayServer } from '../traffic/gateway-server';
import { isWithin, overlaps } from '../traffic/gateway-servers';

const NOBODY = 'Limit a service by its callers; here use hosts, match, LimitKey.header() or LimitKey.clientAddress().';

/** The proxies of a gateway, for one of its ports or for all that take requests. */
export function gatewayPlace(construct: Construct, gateway: IngressGateway, gatewayPort?: number): LimitPlace {
  const head = checkFilteredGateway(construct, gateway, 'limits would hold for whatever others expose on its pods, and one that its proxies refuse would leave them without listeners',
    'Limit the service, by LimitKey.caller() or by a header that the gateway sets; or let it be exposed by a MeshGateway.');
  const exposures = gateway._exposures;
  const { entrance: { client } } = exposures;
  const taken = limitedServers(Site.of(construct, 'gatewayPort'), exposures, gatewayPort);
  const ports = [...new Set(taken.map(({ _port }) => _port))];
  const checkCaller = (site: Site, received: unknown) => site.fail(
    'IneffectiveLimit', 'is for a service: who comes in through a gateway shows no identity of the mesh', received, NOBODY);
  return {
    ...head,
    isGrpc: true, // Of other requests it changes nothing
    chains: { labels: client.podLabels, context: 'GATEWAY', ports: [...new Set(taken.map(({ _targetPort }) => _targetPort))] },
    includes: member => member === client,
    incoming: () => exposures.calls,
    claim: kind => ports.forEach(port => checkOnly(construct, `${kind} of the gateway`, 'gatewayPort', client, port)),
    check: limits => MeshGraph.of(construct).check(() => limits.flatMap(limit => [
      ...unexposed(limit, exposures), ...unmet(limit, taken), ...unasked(limit, exposures),
    ])),
    matches: (site, matches) => {
      if (matches.length === 0) {
        site.fail('EmptyList', 'must not be empty', matches, 'Give at least one RouteMatch.');
      }
      return matches.map((match, index) => match._toManifest(site.at(index)));
    },
    seesScheme: true,
    checkHosts: (site, hosts) => checkHosts(site, hosts, taken),
    checkCaller,
    checkParameter: () => undefined, // What it exposes comes later
    checkAddress: (site, received) => exposures.countAddresses(site, received),
  };
}

/** The servers whose requests are led somewhere: those that send all to HTTPS ask nobody. */
function limitedServers(site: Site, { entrance: { servers } }: GatewayExposures, port?: number): GatewayServer[] {
  const taking = servers.all.filter(({ _routed, _redirects }) => _routed === 'http' && !_redirects);
  const found = taking.filter(({ _port }) => port === undefined || _port === port);
  if (taking.length === 0) {
    site.fail('NotHttp', 'must be one on which the gateway takes requests, and it has none', port, 'Add GatewayServer.http() or GatewayServer.https(), or limit the service.');
  }
  return found.length > 0 ? found : site.fail('UnknownPort', 'must be one on which the gateway takes requests, and does not send them all to HTTPS', port,
    `Use ${[...new Set(taking.map(({ _port }) => _port))].join(', ')}, or leave it out for all.`);
}

function checkHosts(site: Site, hosts: string[], servers: GatewayServer[]): void {
  if (hosts.length === 0) {
    site.fail('EmptyList', 'must not be empty', hosts, 'Leave it out for all hosts.');
  }
  checkUnique(site, hosts, 'InvalidHost', 'Name each host once.');
  const served = servers.flatMap(({ _hosts }) => _hosts);
  hosts.forEach((host, index) => {
    if (host === ANY_HOST) {
      site.at(index).fail('InvalidHost', 'must be a name, or a wildcard for those below one', host, 'Leave hosts out for all of them.');
    }
    checkHostname(site.at(index), host, { wildcard: true });
    if (hosts.some(other => other !== host && isWithin(host, other))) {
      site.at(index).fail('InvalidHost', 'must not be below another of them, which stands for it too', host, 'Leave one of the two out.');
    }
    if (!served.some(name => isWithin(host, name))) {
      site.at(index).fail('UnexposedHost', 'must be one that a server of the gateway has', host, `Use ${[...new Set(served)].join(', ')}, or add it to a server.`);
    }
  });
}

/** Of a host that nothing is exposed on, no request is ever led anywhere. */
function unexposed({ site, hosts = [] }: ResolvedLimit, exposures: GatewayExposures) {
  const known = exposures.hosts;
  return hosts.flatMap((host, index) => known.some(other => overlaps(host, other)) ? [] : [
    site.in('hosts').at(index).problem('UnexposedHost', 'must be one on which the gateway exposes something', host,
      known.length > 0 ? `Use ${[...new Set(known)].sort().join(', ')}, or expose something on it.` : 'Expose something on it, or leave it out.'),
  ]);
}

/** A match for a host that the gateway, or the limit itself, is not for. */
function unmet({ site, hosts, matches = [] }: ResolvedLimit, servers: GatewayServer[]): MeshProblem[] {
  const served = servers.flatMap(({ _hosts }) => _hosts);
  return matches.flatMap(({ authority }, index) => {
    const name = authority?.exact?.replace(/:[0-9]+$/, '');
    const isOf = (all: string[]) => all.some(host => isWithin(name!, host));
    const at = site.in('match').at(index);
    if (name === undefined || (isOf(served) && (!hosts || isOf(hosts)))) {
      return [];
    }
    return [isOf(served) ? at.problem('ImpossibleMatch', 'must be for one of the limit\'s hosts', name, `Use one of ${hosts!.join(', ')}, or leave one of the two out.`)
      : at.problem('UnexposedHost', 'must be for a host that a server of the gateway has', name, `Use ${[...new Set(served)].join(', ')}, or add it to a server.`)];
  });
}

/** A query, where whatever is exposed has none. */
function unasked({ site, matches = [], per }: ResolvedLimit, exposures: GatewayExposures): MeshProblem[] {
  if (!exposures.isGrpcAlone) {
    return [];
  }
  const parameter = per?.action.query_parameters?.query_parameter_name;
  return [
    ...parameter === undefined ? [] : [site.in('per').in('queryParameter').problem('IneffectiveLimit', NO_QUERY, parameter, BY_HEADER)],
    ...matches.flatMap(({ queryParams = {} }, index) => Object.keys(queryParams).map(name => (
      site.in('match').at(index).in(`queryParameter(${name})`).problem('ImpossibleMatch', NO_QUERY, name, BY_HEADER)))),
  ];
}
