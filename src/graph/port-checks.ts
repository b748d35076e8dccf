import { MeshPort } from './mesh-port';
import { checkNoSniHosts, checkSniHosts } from './sni-hosts';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Ports of pods of the mesh; none of a worker's.
 *
 * @param lowest the lowest port that the program may open.
 */
export function checkServicePorts(site: Site, ports: MeshPort[] | undefined, lowest: number): MeshPort[] {
  if (ports === undefined) {
    return [];
  }
  const own = checkPorts(site, ports, 'Add what the container listens on: ports: [MeshPort.http(8080)]. A worker, which nobody calls, has no ports at all: leave it out.', (port, at) => {
    checkNoOrigination(port, at);
    checkSniHosts(at.in('sniHosts'), port);
    port._checkAppProtocol(at, true);
    port._checkTarget(at, lowest);
  });
  checkTargets(site, own);
  return own;
}

/**
 * Ports of pods that somebody else has made, as root too.
 *
 * @param ours whether this app writes the Kubernetes Service all the same.
 */
export function checkExistingPorts(site: Site, ports: MeshPort[] | undefined, ours = false): MeshPort[] {
  if (ports === undefined) {
    return [];
  }
  const own = checkPorts(site, ports, 'Add what its Service has: ports: [MeshPort.http(80, { targetPort: 8080 })].', (port, at) => {
    checkNoOrigination(port, at);
    checkSniHosts(at.in('sniHosts'), port);
    port._checkAppProtocol(at, ours);
    checkInteger(at.in('targetPort'), port.targetPort, 1, 65535, 'InvalidPort', 'Write the port on which its container listens.');
  });
  checkTargets(site, own);
  return own;
}

/** Ports of programs on machines, as root's too. */
export function checkMachinePorts(site: Site, ports: MeshPort[] | undefined): MeshPort[] {
  const own = checkExistingPorts(site, ports, true);
  own.forEach((port, index) => {
    const at = site.at(index);
    if (port._isUdp) {
      at.fail('InvalidPort', 'cannot be UDP on a machine, which the proxies alone find', port.port, 'Describe what is sent over UDP as an ExternalService with cidrs.');
    }
    port._checkTarget(at, 1);
    // istio/istio istioctl/pkg/workload/workload.go, createClusterEnv
    if (port.targetPort === 22) {
      at.in('targetPort').fail('BypassedProxy', 'must not be 22, which the agent of a machine leaves to SSH', port.targetPort, 'Have the program listen on another port: no identity would be checked on this one.');
    }
  });
  return own;
}

/** Ports on which the pods of one service talk to each other: one by one, so that there is nothing to route. */
export function checkPeers(site: Site, peers: MeshPort[] | undefined, ports: MeshPort[], lowest: number): MeshPort[] {
  if (peers === undefined) {
    return [];
  }
  const own = checkPorts(site, peers, 'Add what the pods listen on for each other: peers: [MeshPort.tcp(7000, { name: \'tcp-raft\' })].', (port, at) => {
    if (port._protocol !== 'tcp' && !port._isUdp) {
      at.fail('InvalidPort', 'must be TCP or UDP among peers', port.port, `Write MeshPort.tcp(${port.port}): it carries whatever they speak, encrypted and with their identity.`);
    }
    checkNoOrigination(port, at);
    checkNoSniHosts(at.in('sniHosts'), port, 'have no meaning among peers, which reach each other one by one');
    const settings = Object.entries(port._traffic).find(([, value]) => value !== undefined);
    if (settings) {
      at.in(settings[0]).fail('HeadlessService', 'has no meaning among peers, which reach each other one by one', port.port, 'Leave it out.');
    }
    port._checkAppProtocol(at, true);
    if (port.targetPort !== port.port) {
      at.in('targetPort').fail('InvalidPort', 'has no meaning among peers', port.targetPort, 'Leave it out: peers reach each other on the port of the pod.');
    }
    port._checkTarget(at, lowest);
  });
  checkUnique(site, [...ports, ...own].map(({ name }) => name), 'DuplicatePort', 'Name each port: MeshPort.tcp(7000, { name: \'tcp-raft\' }).');
  checkTargets(site, [...ports, ...own]);
  return own;
}

function checkTargets(site: Site, ports: MeshPort[]): void {
  checkUnique(site, ports.map(port => numberOf(port, port.targetPort)), 'DuplicatePort', 'Policies tell the ports apart by the one on which the container listens.');
}

/** Of TCP and of UDP there are numbers of their own. */
function numberOf(port: MeshPort, number: number): string {
  return port._isUdp ? `${number}/udp` : String(number);
}

function checkNoOrigination(port: MeshPort, at: Site): void {
  if (port._tls) {
    at.in('tls').fail('InvalidPort', 'has no meaning within the mesh', port.port, 'Leave it out: the proxies encrypt between themselves.');
  }
}

/** What has no port cannot be called. */
export function notCallable(site: Site, server: string): never {
  return site.fail('NotCallable', 'needs a port, and there is none: workers, jobs and single versions of a service have no ports of their own', server,
    'Give the service ports: [MeshPort.http(8080)] if something is to be asked of it. A version is reached by calling its service, and addRoute.');
}

/** Ports of something outside the mesh. */
export function checkExternalPorts(site: Site, ports: MeshPort[] | undefined): MeshPort[] {
  return checkPorts(site, ports, 'Add what it serves: ports: [MeshPort.tls(443)].', (port, at) => {
    checkInteger(at.in('targetPort'), port.targetPort, 1, 65535, 'InvalidPort', 'Use the port on which it listens.');
    port._checkAppProtocol(at, false);
    checkNoSniHosts(at.in('sniHosts'), port, 'are for services of the mesh: the name in the TLS is the host');
    if (port._isUdp) {
      if (port._tls || port.targetPort !== port.port) {
        at.in(port._tls ? 'tls' : 'targetPort').fail('InvalidPort', 'is for a proxy to do, which UDP does not pass', port.port, 'Leave it out, and write the port on which it listens.');
      }
      return;
    }
    if ((port.port === 443) !== (port._protocol === 'tls') && [80, 443].includes(port.port)) {
      at.in('port').fail('InvalidPort', `is ${port.port === 443 ? 'HTTPS' : 'plain HTTP'} by convention`, port.port, port.port === 443
        ? 'Use MeshPort.tls(443) where the program speaks TLS itself, and MeshPort.http(80, { tls: TlsOrigination.simple() }) where its proxy is to.'
        : 'Use MeshPort.http(80), or the port on which it speaks TLS.');
    }
    if (port._tls && port._protocol === 'tls') {
      at.in('tls').fail('InvalidPort', 'would be TLS within TLS', port.port, 'Leave tls out where the program speaks it; otherwise say what it speaks: MeshPort.http() or MeshPort.tcp().');
    }
    if (!port._tls && port._isHttp && port.targetPort === 443) {
      at.in('targetPort').fail('InvalidPort', 'is HTTPS by convention', port.targetPort, 'Add tls: TlsOrigination.simple(), or the request would arrive there in plain text.');
    }
  });
}

function checkPorts(site: Site, ports: MeshPort[] | undefined, example: string, check: (port: MeshPort, at: Site) => void): MeshPort[] {
  if (!ports || ports.length === 0) {
    site.fail('MissingPorts', 'must list at least one port', ports, example);
  }
  ports.forEach((port, index) => {
    port._check(site.at(index));
    check(port, site.at(index));
  });
  checkUnique(site, ports.map(port => port.name), 'DuplicatePort', 'Name each port: MeshPort.http(9090, { name: \'http-admin\' }).');
  checkUnique(site, ports.map(port => numberOf(port, port.port)), 'DuplicatePort', 'Clients tell the ports apart by their number.');
  return [...ports];
}
