import { ConnectionRouteOptions } from './connection-route-options';
import { MeshWorkload } from './mesh-workload';
import { weighted } from './route-actions';
import { ServiceRoutes } from './service-routes';
import { checkDnsLabel, checkHostname, checkUnique } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call, clientKey, Member } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { sniHostsOf } from '../graph/sni-hosts';
import { ConnectionRoute } from '../routing/connection-routes';
import { WeightedTarget } from '../routing/virtual-service';
import { isWithin } from '../traffic/gateway-servers';

/** What is known of the service. */
export interface Connected {
  readonly path: string;
  readonly at: (property: string) => Site;
  readonly ports: MeshPort[];
  /** At synth. */
  readonly host: () => string;
  readonly incoming: Call[];
  /** Those that it shares requests by. */
  readonly routes: ServiceRoutes;
}

/** What a user wrote, checked as far as it can be where it is written. */
interface Said {
  readonly site: Site;
  readonly name: string;
  readonly port: MeshPort;
  readonly sniHosts?: string[];
  readonly clients?: Member[];
  readonly versions: WeightedTarget[];
  /** The property that names them. */
  readonly said: 'version' | 'versions';
}

/** Which versions of a service get some of the connections to it, of which the proxies see no requests: by who makes them, and by the name in their TLS. */
export class ConnectionRoutes {
  private readonly said: Said[] = [];

  constructor(private readonly graph: MeshGraph, private readonly of: Connected) {
    const http = of.ports.find(port => port._isHttp)?.name;
    of.ports.forEach((port, index) => {
      if (port._sniHosts) {
        graph.sniNames.add({ path: of.path, host: of.host, site: of.at('ports').at(index).in('sniHosts'), names: port._sniHosts, http });
      }
    });
    graph.check(() => this.said.flatMap((route, index) => this.problems(route, this.said.slice(0, index))));
  }

  /** In the order in which they are tried. */
  public get all(): ConnectionRoute[] {
    return this.said.map(({ name, port, sniHosts, clients, versions }) => ({
      name,
      port,
      sniHosts,
      sources: clients?.map(({ namespace, podLabels }) => ({ sourceNamespace: namespace, sourceLabels: podLabels })),
      split: this.of.routes.resolved(versions),
    }));
  }

  /** Those for whoever connects to a port, by the names in the TLS alone. */
  public named(port: MeshPort): string[] {
    return this.said.filter(route => route.port === port && !route.clients).map(({ name }) => name);
  }

  /** Whether one is for a version. */
  public leadTo(version: string): boolean {
    return this.said.some(({ versions }) => versions.some(({ subset, weight }) => subset === version && weight > 0));
  }

  public add(name: string, options: ConnectionRouteOptions): void {
    const site = this.of.at(`addConnectionRoute(${name})`);
    checkDnsLabel(site.in('name'), name);
    if (this.said.some(other => other.name === name)) {
      site.in('name').fail('DuplicateRoute', 'must be unique among the service\'s routes of connections', name, 'List several names or clients in one route, or choose another name.');
    }
    const port = this.portOf(site.in('port'), options.port);
    const { version, versions, sniHosts, clients } = options;
    if (version === undefined && versions === undefined) {
      site.in('version').fail('InvalidRoute', 'must be given, or versions: a connection has a way', version, 'Give version or versions.');
    }
    if (version !== undefined && versions !== undefined) {
      site.in('versions').fail('InvalidRoute', 'must not stand beside version: a connection has one way', ['version', 'versions'], 'Leave one of them out.');
    }
    checkSniHosts(site.in('sniHosts'), port, sniHosts);
    if (clients?.length === 0) {
      site.in('clients').fail('EmptyList', 'must not be empty', clients, 'Leave it out to mean whoever calls the port.');
    }
    if (!sniHosts && !clients) {
      site.in(port._isTcp ? 'clients' : 'sniHosts').fail('InvalidRoute', 'must be given: a route for all connections would leave none to the others', undefined,
        port._isTcp ? 'Name the clients, which is all that tells connections over TCP apart; or give the versions weight.' : 'Name hosts or clients, or give the versions weight.');
    }
    this.said.push({
      site,
      name,
      port,
      sniHosts: sniHosts && [...sniHosts],
      clients: clients && clients.map((client, index) => this.memberOf(site.in('clients').at(index), client, clients.slice(0, index))),
      versions: versions ? weighted(site.in('versions'), versions) : [{ subset: version, weight: 100 }],
      said: versions ? 'versions' : 'version',
    });
  }

  private portOf(site: Site, name?: string): MeshPort {
    const own = this.of.ports.filter(port => port._isTcp || port._layer === 'tls');
    const names = own.map(port => port.name);
    const all = this.of.ports.map(port => port.name);
    if (own.length === 0) {
      site.fail('InvalidRoute', 'needs a port on which the proxies see connections and no requests', name ?? all, 'Use addRoute for requests. What goes over UDP passes no proxy.');
    }
    if (name === undefined && own.length > 1) {
      site.fail('AmbiguousPort', 'must say which port is meant', name, `Use ${names.join(' or ')}.`);
    }
    if (name !== undefined && !all.includes(name)) {
      site.fail('UnknownPort', 'must be a port of the service', name, `Use ${names.join(' or ')}.`);
    }
    const port = name === undefined ? own[0] : own.find(each => each.name === name);
    if (!port) {
      return site.fail('InvalidRoute', 'must be one on which the proxies see connections and no requests', name, `Use ${names.join(' or ')}; addRoute is for requests, and what goes over UDP passes no proxy.`);
    }
    if (port._whole) {
      site.fail('InvalidRoute', `cannot be told apart by the proxies: ${port._whole}`, port.name, port._layer === 'tls'
        ? `Name what clients give in their TLS: MeshPort.tls(${port.port}, { sniHosts: [...] }).` : `Declare the port as MeshPort.tcp(${port.port}): it carries the same.`);
    }
    return port;
  }

  private memberOf(site: Site, client: MeshWorkload, before: MeshWorkload[]): Member {
    this.graph.checkMember(site, client, 'Name clients that this app describes.');
    if (client.node.path === this.of.path) {
      site.fail('CallToSelf', 'must be another workload: a service declares no call to itself', client.node.path, 'Leave it out here.');
    }
    const member = client._member.client;
    if (member.name !== client.name) {
      site.fail('NotOurs', `must be somebody of its own: its pods are ${member.name} to everybody`, client.node.path, 'Name the service, or give the version ownIdentity: true.');
    }
    if (before.includes(client)) {
      site.fail('InvalidRoute', 'must be named once', client.node.path, 'Leave it out here.');
    }
    return member;
  }

  private problems({ site, port, sniHosts, clients, versions, said }: Said, earlier: Said[]): MeshProblem[] {
    const names = sniHostsOf(port, this.of.host());
    const callers = this.of.incoming.filter(call => call.port === port).map(({ client }) => clientKey(client));
    return [
      ...versions.flatMap(({ subset }) => this.of.routes.unknownVersion(site.in(said), subset!)),
      ...(clients ?? []).flatMap((client, index) => callers.includes(clientKey(client)) ? [] : [site.in('clients').at(index).problem(
        'UndeclaredCall', `must call port ${port.name} of the service`, client.name, `Add ${client.name}.calls(..., { port: '${port.name}' }), or leave it out.`)]),
      ...(sniHosts ?? []).flatMap((name, index) => names.some(each => isWithin(name, each)) ? [] : [site.in('sniHosts').at(index).problem(
        'InvalidHost', `must be a name of port ${port.name}, or below one of its wildcards`, name, `Use ${names.join(', ')}, or add it to the sniHosts of the port.`)]),
      ...taken({ port, sniHosts, clients }, earlier, names).map(({ by, what }) => site.problem('UnreachableRoute', `must be for connections that no earlier route takes: ${by} takes all of these`, what,
        'Add the narrower route first, or leave this out.')),
    ];
  }
}

/** What earlier routes take wholly: a name or, of TCP, all connections of a client, or of everybody. */
function taken({ port, sniHosts, clients }: Pick<Said, 'port' | 'sniHosts' | 'clients'>, earlier: Said[], all: string[]): { by: string; what: string }[] {
  const before = earlier.filter(other => other.port === port);
  const named = sniHosts ?? (port._isTcp ? [undefined] : all);
  const takes = (other: Said, name: string | undefined, client: Member | undefined) => (
    (name === undefined || (other.sniHosts ?? all).includes(name)) && (!other.clients || (client !== undefined && other.clients.includes(client))));
  const pairs = named.flatMap(name => (clients ?? [undefined]).map(client => ({ name, client })));
  const found = pairs.map(({ name, client }) => ({ by: before.find(other => takes(other, name, client))?.name, what: [name, client?.name].filter(Boolean).join(' of ') }));
  // Of a client alone some names may be others' already; one that says its names means each of them
  const lost = sniHosts || port._isTcp ? found : found.every(({ by }) => by !== undefined) ? found : [];
  return lost.flatMap(({ by, what }) => by === undefined ? [] : [{ by, what }]);
}

function checkSniHosts(site: Site, port: MeshPort, sniHosts?: string[]): void {
  if (sniHosts && port._isTcp) {
    site.fail('InvalidRoute', 'cannot be told from connections over TCP: what they carry is not read', sniHosts, `Declare the port as MeshPort.tls(${port.port}, { sniHosts: [...] }), or name the clients.`);
  }
  if (sniHosts?.length === 0) {
    site.fail('EmptyList', 'must not be empty', sniHosts, 'Leave it out to mean all names of the port.');
  }
  sniHosts?.forEach((name, index) => checkHostname(site.at(index), name, { wildcard: true }));
  checkUnique(site, sniHosts ?? [], 'InvalidHost', 'Name each host once.');
}
