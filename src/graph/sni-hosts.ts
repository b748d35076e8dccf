import { compare } from './call';
import { MeshPort } from './mesh-port';
import { checkHostname, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { isWithin } from '../traffic/gateway-servers';

/** The names by which the connections to a port are told apart, the service's own host first; none where they are not known. */
export function sniHostsOf({ _sniHosts }: MeshPort, host: string): string[] {
  return _sniHosts ? [host, ..._sniHosts.filter(name => name !== host)] : [];
}

/** Those of all ports without those below others: a VirtualService takes no host twice (istio/istio pkg/config/validation/validation.go, "duplicate hosts"). */
export function widestNames(ports: MeshPort[], host: string): string[] {
  const names = [...new Set(ports.flatMap(port => sniHostsOf(port, host)))];
  return names.filter(name => name !== host && !names.some(other => other !== name && isWithin(name, other))).sort(compare);
}

/** What one port of pods, or machines, says. */
export function checkSniHosts(site: Site, { _sniHosts, _layer, _protocol, port }: MeshPort): void {
  if (!_sniHosts) {
    return;
  }
  if (_layer !== 'tls') {
    site.fail('InvalidPort', `must be those of TLS that goes through the proxies, and the port is ${_protocol}`, _sniHosts, `Declare it as MeshPort.tls(${port}) if the program speaks TLS itself, or leave them out.`);
  }
  if (_sniHosts.length === 0) {
    site.fail('EmptyList', 'must not be empty', _sniHosts, 'Name what clients give in their TLS, the service\'s own host if it is that alone; or leave it out.');
  }
  _sniHosts.forEach((name, index) => checkHostname(site.at(index), name, { wildcard: true }));
  checkUnique(site, _sniHosts, 'InvalidHost', 'Name each host once.');
}

/** Where names mean nothing. */
export function checkNoSniHosts(site: Site, { _sniHosts }: MeshPort, requirement: string): void {
  if (_sniHosts) {
    site.fail('InvalidPort', requirement, _sniHosts, 'Leave them out.');
  }
}
