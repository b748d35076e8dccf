import { Call } from './call';
import { isBlock } from './cidr';
import { Destination } from './destination';
import { MeshPort } from './mesh-port';
import { DEFAULT_SETTINGS } from './mesh-settings';
import { Site } from '../diagnostics/site';

/**
 * A client's proxy knows one service of a host name: of two ServiceEntries it keeps one, with its ports and routes alone.
 *
 * Upstream: istio/istio pilot/pkg/model/sidecar.go, addService.
 */
export function checkOneOfHost(site: Site, call: Call, others: Call[]): void {
  const hosts = ({ server }: Call) => server.scopeHosts(DEFAULT_SETTINGS).map(host => host.slice(host.indexOf('/') + 1));
  const own = hosts(call);
  const other = others.find(candidate => candidate.server !== call.server && hosts(candidate).some(host => own.includes(host)));
  if (other) {
    site.fail('AmbiguousHost', `must have a host of its own: the client calls ${other.server.path} too, and its proxy keeps one of them`, own[0],
      `Call ${other.server.path} for both, with all the ports that are needed.`);
  }
}

/**
 * A connection over TCP is told by address and port alone, and a client's proxy has one listener for each pair of them. For blocks of
 * addresses it listens on every address of the port, where all hosts of HTTP are too. Whether a call is for that port or another
 * one of the server does not matter: the proxy knows all of them.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/listener.go, buildSidecarOutboundListener.
 */
export function checkOneOfAddress(site: Site, call: Call, others: Call[]): void {
  for (const { server } of others) {
    const port = server === call.server ? undefined : sharedPort(call.server, server) ?? sharedPort(server, call.server);
    if (port !== undefined) {
      site.fail('AmbiguousAddress', `must be told from ${server.path}, which the client calls too: on one port and address, TCP and anything else look alike`, port,
        'Give each host addresses of its own, single ones where the other speaks HTTP, or leave addresses out.');
    }
  }
}

/** The port on which the proxy could not tell the TCP of one from what the other speaks. */
function sharedPort(tcp: Destination, other: Destination): number | undefined {
  const meets = (port: MeshPort) => tcp.addresses?.some(address => other.addresses?.includes(address) || (isBlock(address) && port._isHttp));
  return tcp.ports.filter(port => port._isTcp).find(({ port }) => other.ports.some(each => !each._isUdp && each.port === port && meets(each)))?.port;
}
