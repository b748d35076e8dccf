import { GatewayEntrance } from './gateway-entrance';
import { RoutedService } from './routed-service';
import { Site } from '../diagnostics/site';
import { Call, compare } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { virtualService } from '../manifests/istio-networking';
import { exposedConnections } from '../routing/connection-routes';
import { seenFrom } from '../routing/seen-from';
import { GatewayServer } from '../traffic/gateway-server';
import { isWithin } from '../traffic/gateway-servers';
import { objectLabels } from '../workload/labels';

/** Some connections to a gateway, which all go to one port of one service. */
interface Exposed {
  readonly service: RoutedService;
  readonly call: Call;
  readonly servers: GatewayServer[];
  /** Those that clients name in TLS; `*` of plain TCP. */
  readonly hosts: string[];
}

/** What an exposure says of connections. */
export interface ConnectionOptions {
  readonly hosts?: string[];
  readonly gatewayPort?: number;
}

/** What one gateway exposes of which it sees no requests: connections, told apart by its port and by the name in their TLS. */
export class ConnectionExposures {
  private readonly exposed: Exposed[] = [];

  constructor(private readonly graph: MeshGraph, private readonly entrance: GatewayEntrance) {}

  /** The namespaces from which a server takes routes for one of its names. */
  public namespacesOf(server: GatewayServer, name: string): string[] {
    const led = this.exposed.filter(({ servers, hosts }) => servers.includes(server) && hosts.some(host => isWithin(host, name)));
    return [...new Set(led.map(({ service }) => service.namespace))].sort(compare);
  }

  public add(site: Site, service: RoutedService, call: Call, options: ConnectionOptions): void {
    const { hosts: asked, gatewayPort } = options;
    const { hosts, servers } = asked ? this.byName(site, call.port, asked, gatewayPort) : this.byPort(site, call.port, gatewayPort);
    const [{ _port: port, _routed: routed }] = servers;
    for (const other of this.exposed.filter(candidate => candidate.servers[0]._port === port)) {
      const shared = hosts.find(host => other.hosts.includes(host));
      if (shared !== undefined) {
        const [which, fix] = shared === '*' ? [`port ${port}`, 'Give each a port of its own.'] : [`${shared} on port ${port}`, 'Give each hosts of its own.'];
        site.fail('AmbiguousExposure', `must take other connections than ${other.service.node.path}, which has those to ${which}`, service.node.path, fix);
      }
      if (other.call.server === call.server && other.call.port === call.port) {
        site.fail('DuplicateCall', `must be declared once for port ${port} of the gateway`, hosts, 'Name all hosts in one exposure.');
      }
    }
    const exposed = { service, call, servers, hosts };
    this.exposed.push(exposed);
    this.write(site, exposed, { port, sniHosts: routed === 'tls' ? hosts : undefined });
    this.graph.changed();
  }

  /** The server of plain TCP that is meant: nothing in a connection says which. */
  private byPort(site: Site, port: MeshPort, gatewayPort?: number) {
    const plain = this.entrance.servers.all.filter(server => !server._secure && server._takes(port._layer));
    const ports = plain.map(({ _port }) => _port);
    if (plain.length === 0) {
      const names = this.takers(port).flatMap(({ _hosts }) => _hosts);
      site.in('hosts').fail('MissingProperty', 'is required: the gateway knows such connections by the name in their TLS', undefined, `Name hosts of its servers: ${names.join(', ')}.`);
    }
    const servers = gatewayPort === undefined ? plain : plain.filter(({ _port }) => _port === gatewayPort);
    if (servers.length === 0) {
      site.in('gatewayPort').fail('UnknownPort', 'must be one of plain TCP', gatewayPort, `Use ${ports.join(', ')}; for another one, name hosts.`);
    }
    if (servers.length > 1) {
      site.in('gatewayPort').fail('AmbiguousPort', 'must say to which port of the gateway clients connect', gatewayPort, `Add gatewayPort: ${ports[0]}, or another of ${ports.join(', ')}.`);
    }
    return { hosts: ['*'], servers };
  }

  /** The servers that have these names for what goes to such a port; all on one port, and all of one way to treat TLS. */
  private byName(site: Site, port: MeshPort, hosts: string[], gatewayPort?: number) {
    const { servers } = this.entrance;
    const takers = this.takers(port).filter(server => server._secure && (gatewayPort === undefined || server._port === gatewayPort));
    const at = site.in('hosts');
    const add = 'Leave it out, or add GatewayServer.tlsPassthrough() or GatewayServer.tls() for them.';
    if (takers.length === 0 && this.takers(port).some(({ _secure }) => _secure)) {
      site.in('gatewayPort').fail('UnknownPort', 'must be that of a server with these hosts', gatewayPort, add);
    }
    if (takers.length === 0) {
      at.fail('InvalidHost', 'must be left out: connections of plain TCP name no host', hosts, add);
    }
    const found = hosts.map((host, index) => {
      const having = takers.filter(server => servers.leadsTo(server, host));
      return having.length > 0 ? having : at.at(index).fail('UnexposedHost', `must be one that a server of the gateway has for ${port._protocol}`, host,
        `Use ${takers.flatMap(({ _hosts }) => _hosts).join(', ')}, or add it to a server.`);
    }).flat();
    const distinct = takers.filter(server => found.includes(server));
    const ports = [...new Set(distinct.map(({ _port }) => _port))];
    if (ports.length > 1) {
      site.in('gatewayPort').fail('AmbiguousPort', 'must say to which port of the gateway clients connect', gatewayPort, `Add gatewayPort: ${ports[0]}, or another of ${ports.join(', ')}.`);
    }
    if (distinct.some(({ _routed }) => _routed !== distinct[0]._routed)) {
      at.fail('AmbiguousExposure', 'must be those of servers that all end the TLS, or all pass it through', hosts, 'Give each a port of the service: it gets TLS from the one, and what was in it from the other.');
    }
    // Of one that ends the TLS, the first route of a matching host is the whole server's
    const left = distinct[0]._routed === 'tcp' ? distinct.flatMap(({ _hosts }) => _hosts).find(host => !hosts.includes(host)) : undefined;
    if (left !== undefined) {
      at.fail('InvalidHost', `must be all hosts of the server: those for ${left} would go the same way`, hosts, `Name ${left} too, or give it a server of its own.`);
    }
    return { hosts: [...hosts].sort(compare), servers: distinct };
  }

  private takers(port: MeshPort): GatewayServer[] {
    return this.entrance.servers.all.filter(server => server._takes(port._layer));
  }

  /** The names that the gateway leads to other services, or to other ports of this one. */
  private elsewhere(call: Call, port: number): string[] {
    return this.exposed.filter(other => other.call !== call && other.servers[0]._port === port).flatMap(({ hosts }) => hosts);
  }

  private write(site: Site, { service, call, hosts }: Exposed, at: { port: number; sniHosts?: string[] }): void {
    const { client, gateway } = this.entrance;
    const reach = service._reach(site);
    const name = `${service.name}-${client.name}-${at.port}-${call.port.name}`;
    this.graph.claim(site, ['VirtualService'], service.namespace, name, service.node.path);
    const id = `virtual-service-${client.namespace}-${client.name}-${at.port}-${call.port.name}`;
    this.graph.check(() => at.sniHosts ? [] : reach.connections.named(call.port).map(route => site.problem('AmbiguousExposure',
      `must be by the names in the TLS, as route ${route} tells them apart: of plain TCP the gateway knows none`, call.port.name,
      'Expose it by GatewayServer.tlsPassthrough(), or leave the route out.')));
    const spec = () => ({
      exportTo: seenFrom(service.namespace, [client.namespace]),
      hosts,
      gateways: [gateway],
      ...exposedConnections(reach.gatewayTable([]), reach.connections.all, call.port, { ...at, others: this.elsewhere(call, at.port) }),
    });
    reach.routedBy.push({ name, spec });
    this.graph.late.add(virtualService(service, id, { name, labels: objectLabels(service.name) }, spec));
  }
}
