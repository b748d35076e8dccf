import { ANY_HOST } from './any-host';
import { GatewayServer } from './gateway-server';
import { Site } from '../diagnostics/site';

/** Whether a name is one of those that a server has: itself, or below its wildcard. */
export function isWithin(host: string, served: string): boolean {
  return host === served || served === ANY_HOST || (served.startsWith('*.') && host.endsWith(served.slice(1)));
}

/** Whether some name is one of both: one is the other, or below its wildcard. */
export function overlaps(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** The servers of one gateway: what is wrong between them, and which of them a host is of. */
export class GatewayServers {
  /**
   * @param foreign whether they describe a Gateway that is another's.
   * @param own whether the pods are ours, which listen on ports that need no privilege.
   */
  constructor(site: Site, public readonly all: GatewayServer[], private readonly options: { foreign?: boolean; own?: boolean } = {}) {
    this.check(site);
  }

  /** Those of the Service. */
  public get ports(): { name: string; port: number; targetPort: number; protocol: string }[] {
    const ports = this.all.map(({ _port, _targetPort, _portName }) => ({ name: _portName, port: _port, targetPort: _targetPort, protocol: 'TCP' }));
    return ports.filter(({ port }, index) => ports.findIndex(other => other.port === port) === index);
  }

  /** Whether istiod has to hand certificates to the gateway. */
  public get haveCertificates(): boolean {
    return this.all.some(({ _certificate }) => _certificate !== undefined);
  }

  /** The name of a server's port within the Gateway: each has one of its own. */
  public nameOf(index: number): string {
    const { _portName: name } = this.all[index];
    const same = this.all.slice(0, index).filter(({ _portName }) => _portName === name).length;
    return same > 0 ? `${name}-${same + 1}` : name;
  }

  /** Whether a server gets what is meant for a host: of those whose clients speak TLS on one port, the one that has the closest name does. */
  public leadsTo(server: GatewayServer, host: string): boolean {
    const closest = closestName(server, host);
    return closest !== undefined && (!server._secure || this.all.every(other => (
      other === server || !other._secure || other._port !== server._port || (closestName(other, host)?.length ?? 0) <= closest.length)));
  }

  /** What istiod would leave out, with a line in its log (istio/istio pilot/pkg/model/gateway.go, mergeGateways). */
  private check(site: Site): void {
    if (this.all.length === 0) {
      site.fail('EmptyList', 'must not be empty', this.all,
        'Add a server: GatewayServer.https([\'shop.example.com\'], { certificate: ServerCertificate.fromSecret(\'shop-tls\') }).');
    }
    this.all.forEach((server, index) => {
      server._check(site.at(index), this.options.foreign);
      this.all.slice(0, index).forEach(other => this.checkBeside(site.at(index), server, other));
      this.checkRedirect(site.at(index), server);
    });
  }

  /**
   * A name below the wildcard that another server has by itself: istiod gives that server the routes of the wildcard, too
   * (istio/istio pkg/config/host/names.go, Intersection, as pilot/pkg/networking/core/gateway.go uses it).
   */
  public narrowerThan(host: string): string | undefined {
    return this.all.filter(({ _routed }) => _routed === 'http').flatMap(({ _hosts }) => _hosts).find(name => name !== host && isWithin(name, host));
  }

  private checkBeside(site: Site, server: GatewayServer, other: GatewayServer): void {
    const { _port: port, _targetPort: target } = server;
    checkIdentities(site, server, other);
    if (other._port !== port) {
      if (this.options.own && other._targetPort === target) {
        site.in('port').fail('DuplicatePort', `must leave the pod's port ${target} to port ${other._port}`, port, 'Choose another one: below 1024 the pod listens 8000 higher.');
      }
      return;
    }
    if (other._secure !== server._secure || (!server._secure && other._routed !== server._routed)) {
      site.in('port').fail('InvalidServer', 'must be another than that of a server that speaks another protocol', port, 'Plain HTTP is on 80, HTTPS on 443.');
    }
    if (!server._secure && server._routed === 'tcp') {
      site.in('port').fail('InvalidServer', 'must be another than that of another server: nothing tells connections of plain TCP apart', port, 'Give each a port of its own.');
    }
    // Of names that overlap istiod takes the routes of whichever VirtualService comes first (pilot/pkg/networking/core/gateway.go, buildGatewayNetworkFiltersFromTCPRoutes)
    const ended = server._secure && server._routed === 'tcp' && other._routed === 'tcp';
    const shared = server._hosts.find(host => ended ? other._hosts.some(name => overlaps(host, name)) : other._hosts.includes(host));
    if (shared !== undefined) {
      site.in('hosts').fail('InvalidServer', `must not have a host of another server on port ${port}`, shared, 'Name the host in one of them.');
    }
  }

  private checkRedirect(site: Site, server: GatewayServer): void {
    const secured = this.all.filter(({ _secure, _routed, _port }) => _secure && _routed === 'http' && _port === 443).flatMap(({ _hosts }) => _hosts);
    const plain = server._redirects ? server._hosts.find(host => !secured.some(name => isWithin(host, name))) : undefined;
    if (plain !== undefined) {
      site.in('redirectToHttps').fail('InvalidServer', 'needs an HTTPS server on port 443 for each host', plain, 'Add GatewayServer.https() for it, or serve it in plain text.');
    }
  }
}

/**
 * The name in the TLS picks the server, and the name in the request the route: over a server that asks for no certificate a client would reach
 * what is behind one that does.
 */
function checkIdentities(site: Site, server: GatewayServer, other: GatewayServer): void {
  const [asking, open] = server._mutual ? [server, other] : [other, server];
  if (server._routed !== 'http' || other._routed !== 'http' || !asking._mutual || open._mutual || open._redirects) {
    return;
  }
  const shared = server._hosts.find(host => other._hosts.some(name => overlaps(host, name)));
  if (shared !== undefined) {
    site.in('hosts').fail('InvalidServer', 'must not be among those of a server that asks its clients for certificates, or one of which none does: who shows none would ask for it by the other', shared,
      'Give what is behind mutual: true names that no other server has, or a gateway of its own.');
  }
}

function closestName(server: GatewayServer, host: string): string | undefined {
  const [closest] = server._hosts.filter(name => isWithin(host, name)).sort((a, b) => b.length - a.length);
  return closest;
}
