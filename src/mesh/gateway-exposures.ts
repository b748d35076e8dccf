import { Construct } from 'constructs';
import { ConnectionExposures } from './connection-exposures';
import { Exposures } from './exposures';
import { AddressProps, GatewayDemands } from './gateway-demands';
import { GatewayEntrance } from './gateway-entrance';
import { ExposureOptions, RedirectedRequests } from './mesh-gateway-props';
import { Redirects } from './redirects';
import { RoutedService } from './routed-service';
import { checkHostname, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { checkNotDeclared, resolveCall } from '../graph/resolve-call';
import { treatedCall } from '../graph/treated-call';
import { gateway, GatewayServerManifest } from '../manifests/istio-networking';
import { ANY_HOST } from '../traffic/any-host';
import { GatewayServer } from '../traffic/gateway-server';
import { isWithin } from '../traffic/gateway-servers';
import { Redirect } from '../traffic/redirect';
import { objectLabels } from '../workload/labels';

/** What a gateway exposes, whoever runs its pods: requests by host, method and path, connections by port and the name in their TLS. */
export class GatewayExposures {
  /** All that the gateway asks of services. */
  public readonly calls: Call[] = [];
  private readonly requests: Exposures;
  private readonly connections: ConnectionExposures;
  private readonly redirects: Redirects;
  private readonly demands?: GatewayDemands;
  private countsAddresses = false;

  /**
   * @param own how clients' addresses come to the pods, if these and their policies are ours.
   */
  constructor(private readonly scope: Construct, private readonly graph: MeshGraph, public readonly entrance: GatewayEntrance, own?: AddressProps) {
    this.redirects = new Redirects(scope, graph, entrance);
    this.requests = new Exposures(scope.node.path, graph, entrance, this.redirects);
    this.connections = new ConnectionExposures(graph, entrance);
    this.demands = own && new GatewayDemands(scope, graph, entrance, this.requests, this.redirects, own);
  }

  public expose(service: RoutedService, options: ExposureOptions): void {
    const site = Site.of(this.scope, `exposes(${service.node.id})`);
    this.graph.checkMember(site, service, 'Expose it in the app that describes it, or describe both in one app.');
    const { hosts, gatewayPort, fromCidrs, rewrite, cors, headers, ...asked } = options;
    for (const property of ['endUsers', 'fromCidrs'] as const) {
      if (options[property] && !this.demands) {
        site.in(property).fail('NotOurs', 'is for the policies of the gateway to ask, which are another\'s', property, 'Leave it out, or let the service be exposed by a MeshGateway.');
      }
    }
    if (options.chain?._starts) {
      site.in('chain').fail('IneffectiveChain', 'cannot start: nobody of the mesh calls a gateway', 'starts', 'Use CallChain.ends() if the service makes no calls for these requests, or leave it out.');
    }
    const resolved = resolveCall(site, this.entrance.client, service._destination, asked);
    const call = treatedCall(site, this.demands?.bind(site, resolved, fromCidrs) ?? resolved, { rewrite, cors, headers });
    service._reach(site).checkPicked(site);
    if (!this.entrance.servers.all.some(server => server._takes(call.port._layer)) && !call.port._isHttp) {
      site.in('port').fail('NotHttp', 'must be one on which the proxy sees requests: the gateway\'s servers take nothing else', call.port.name,
        'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or add GatewayServer.tcp(), tls() or tlsPassthrough().');
    }
    checkHosts(site.in('hosts'), hosts);
    if (call.port._isHttp) {
      this.addRequests(site, service, call, options);
    } else {
      this.connections.add(site, service, call, { hosts, gatewayPort });
    }
    // Connections may come by several of the gateway's ports, and are one call
    const known = !call.port._isHttp && this.calls.some(({ server, port }) => server === call.server && port === call.port);
    if (!known) {
      this.graph.chains.add(site, this.scope.node.path, call);
      this.calls.push(call);
      service._accept(call, this.scope);
    }
  }

  public redirect(hosts: string[], redirect: Redirect, { paths }: RedirectedRequests): void {
    const site = Site.of(this.scope, `redirects(${hosts.join(', ')})`);
    checkHosts(site.in('hosts'), hosts);
    this.checkServed(site.in('hosts'), hosts, this.entrance.servers.all.filter(({ _routed }) => _routed === 'http'));
    this.redirects.add(site, hosts, redirect._toManifest(site.in('redirect')), paths);
  }

  /** Writes the Gateway. Routes for a host are taken from where they are written, and from nowhere else. */
  public write(site: Site, name: string, selector: { [key: string]: string }): void {
    gateway(this.scope, 'gateway', { name, labels: objectLabels(name) }, () => ({ selector, servers: this.serverManifests(site) }));
  }

  private addRequests(site: Site, service: RoutedService, call: Call, { hosts, gatewayPort }: ExposureOptions): void {
    const { servers } = this.entrance;
    if (gatewayPort !== undefined) {
      site.in('gatewayPort').fail('InvalidPort', 'is for connections: requests are taken on every port that has a server with the host', gatewayPort, 'Leave it out.');
    }
    const named = hosts ?? site.in('hosts').fail('MissingProperty', 'is required', hosts, 'Name the hosts that clients ask for.');
    this.checkServed(site.in('hosts'), named, servers.all.filter(server => server._takes(call.port._layer)));
    checkNotDeclared(site, call, this.calls);
    this.requests.add(site, service, named, call);
    this.demands?.add(site, service, call, named);
  }

  /** Whether it asks requests who they are, or where they come from. */
  public get isDemanding(): boolean {
    return this.countsAddresses || this.calls.some(({ endUsers, fromCidrs }) => endUsers !== undefined || fromCidrs !== undefined);
  }

  /** Whether its pods, and what is in their proxies, are this app's. */
  public get isOurs(): boolean {
    return this.demands !== undefined;
  }

  /** The hosts of requests that it answers, or has answered. */
  public get hosts(): string[] {
    return [...this.requests.requests(), ...this.redirects.requests].flatMap(({ hosts }) => hosts);
  }

  /** Whether it asks for gRPC and for nothing else that has requests. */
  public get isGrpcAlone(): boolean {
    const ports = this.calls.map(({ port }) => port).filter(port => port._isHttp);
    return this.redirects.requests.length === 0 && ports.length > 0 && ports.every(port => port._isGrpc);
  }

  /** Fails where the addresses that it sees are not those of clients. */
  public countAddresses(site: Site, received: unknown): void {
    this.demands?.checkSeen(site, received);
    this.countsAddresses = true;
  }

  private checkServed(site: Site, hosts: string[], taking: GatewayServer[]): void {
    hosts.forEach((host, index) => {
      if (!taking.some(server => this.entrance.servers.leadsTo(server, host))) {
        const served = taking.flatMap(({ _hosts }) => _hosts).join(', ');
        site.at(index).fail('UnexposedHost', 'must be one that a server of the gateway has', host, served === '' ? 'Add GatewayServer.https() for it.' : `Use ${served}, or add it to a server.`);
      }
      const narrower = this.entrance.servers.narrowerThan(host);
      if (narrower !== undefined) {
        site.at(index).fail('AmbiguousExposure', `must not take in ${narrower}, which a server has by its name: that one would take these requests too, whatever is asked of them`, host,
          `Leave ${narrower} out of the servers, where the wildcard's takes it; or give one of the two a gateway of its own.`);
      }
    });
  }

  private serverManifests(site: Site): GatewayServerManifest[] {
    const { servers } = this.entrance;
    return servers.all.map((server, index) => {
      const hosts = server._hosts.flatMap((name) => {
        const namespaces = server._routed === 'http'
          ? this.requests.namespacesOf(host => isWithin(host, name) && servers.leadsTo(server, host)) : this.connections.namespacesOf(server, name);
        return namespaces.length > 0 ? namespaces.map(namespace => `${namespace}/${name}`) : [`./${name}`];
      });
      return server._toManifest(site.at(index), servers.nameOf(index), hosts);
    });
  }
}

function checkHosts(site: Site, hosts?: string[]): void {
  if (hosts?.length === 0) {
    site.fail('EmptyList', 'must not be empty', hosts, 'Name the hosts that clients ask for.');
  }
  checkUnique(site, hosts ?? [], 'InvalidHost', 'Name each host once.');
  hosts?.forEach((host, index) => host === ANY_HOST ? host : checkHostname(site.at(index), host, { wildcard: true }));
}
