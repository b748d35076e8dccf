import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Options for a port.
 */
export interface MeshPortOptions {
  /**
   * The name of the port: the protocol, or the protocol, a dash and a word: `http-admin`. Istio reads the protocol
   * from it. At most 15 characters.
   *
   * Kubernetes: `Service.spec.ports.name`.
   *
   * @default - the protocol
   */
  readonly name?: string;

  /**
   * The port on which the container listens, 1024 to 65535: a program that is not root cannot open a lower one, unless
   * `PodException.lowPorts()` lets it.
   *
   * Kubernetes: `Service.spec.ports.targetPort`.
   *
   * @default - the port itself
   */
  readonly targetPort?: number;
}

type Protocol = 'http' | 'http2' | 'grpc' | 'tcp' | 'tls';

/** The ports of the proxy itself (https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio). */
const PROXY_PORTS = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

/**
 * A port of a service and the protocol that is spoken on it.
 *
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
@checked
export class MeshPort {
  /**
   * HTTP/1.1.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.http(80, { targetPort: 8080 });
   */
  public static http(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('http', port, options);
  }

  /**
   * HTTP/2 without gRPC.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.http2(8080);
   */
  public static http2(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('http2', port, options);
  }

  /**
   * gRPC.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.grpc(50051);
   */
  public static grpc(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('grpc', port, options);
  }

  /**
   * Anything else over TCP: a database, a cache, a queue. The mesh still encrypts and identifies.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.tcp(6379, { name: 'tcp-redis' });
   */
  public static tcp(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('tcp', port, options);
  }

  /**
   * TLS that the program itself speaks, to something outside the mesh.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.tls(443);
   */
  public static tls(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('tls', port, options);
  }

  /**
   * The port's name.
   */
  public readonly name: string;

  /**
   * The port on which the container listens.
   */
  public readonly targetPort: number;

  private constructor(
    /** @internal */
    public readonly _protocol: Protocol,
    /**
     * The port to which the clients connect.
     */
    public readonly port: number,
    options: MeshPortOptions,
  ) {
    this.name = options.name ?? _protocol;
    this.targetPort = options.targetPort ?? port;
  }

  /**
   * Whether requests can be told apart: by path, method and header.
   *
   * @internal
   */
  public get _isHttp(): boolean {
    return this._protocol === 'http' || this._protocol === 'http2' || this._protocol === 'grpc';
  }

  /** @internal */
  public get _isGrpc(): boolean {
    return this._protocol === 'grpc';
  }

  /** @internal */
  public _check(site: Site): void {
    checkInteger(site.in('port'), this.port, 1, 65535, 'InvalidPort', 'Use the port to which the clients connect.');
    if (PROXY_PORTS.includes(this.port)) {
      site.in('port').fail('InvalidPort', 'must not be a port of the mesh proxy', this.port, `Choose one other than ${PROXY_PORTS.join(', ')}.`);
    }
    checkDnsLabel(site.in('name'), this.name, { max: 15 });
    if (this.name.includes('--')) { // a container's port is a service name of IANA's
      site.in('name').fail('InvalidName', 'must have single dashes', this.name, 'Write one dash between two words.');
    }
    if (this.name !== this._protocol && !this.name.startsWith(`${this._protocol}-`)) {
      site.in('name').fail('InvalidPortName', 'must begin with the protocol', this.name, `Call it ${this._protocol} or ${this._protocol}-${this.name}: Istio reads the protocol from the name.`);
    }
  }

  /**
   * @param lowest the lowest port that the program may open.
   *
   * @internal
   */
  public _checkTarget(site: Site, lowest: number): void {
    checkInteger(site.in('targetPort'), this.targetPort, lowest, 65535, 'InvalidPort',
      `A program that is not root cannot open a port below 1024: MeshPort.${this._protocol}(${this.port}, { targetPort: 8080 }), or exceptions: [PodException.lowPorts()].`);
    if (PROXY_PORTS.includes(this.targetPort)) {
      site.in('targetPort').fail('InvalidPort', 'must not be a port of the mesh proxy', this.targetPort, `Choose one other than ${PROXY_PORTS.join(', ')}.`);
    }
  }
}

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
    if (port._protocol === 'tls') {
      at.fail('InvalidPort', 'cannot be TLS within the mesh', port.port, 'Use MeshPort.tcp() or MeshPort.http(): the proxies encrypt between themselves.');
    }
    port._checkTarget(at, lowest);
  });
  checkTargets(site, own);
  return own;
}

/** Ports of pods that somebody else has made, as root too. */
export function checkExistingPorts(site: Site, ports: MeshPort[] | undefined): MeshPort[] {
  if (ports === undefined) {
    return [];
  }
  const own = checkPorts(site, ports, 'Add what its Service has: ports: [MeshPort.http(80, { targetPort: 8080 })].', (port, at) => {
    checkInteger(at.in('targetPort'), port.targetPort, 1, 65535, 'InvalidPort', 'Write the port on which its container listens.');
  });
  checkTargets(site, own);
  return own;
}

/** Ports on which the pods of one service talk to each other: one by one, so that there is nothing to route. */
export function checkPeers(site: Site, peers: MeshPort[] | undefined, ports: MeshPort[], lowest: number): MeshPort[] {
  if (peers === undefined) {
    return [];
  }
  const own = checkPorts(site, peers, 'Add what the pods listen on for each other: peers: [MeshPort.tcp(7000, { name: \'tcp-raft\' })].', (port, at) => {
    if (port._protocol !== 'tcp') {
      at.fail('InvalidPort', 'must be TCP among peers', port.port, `Write MeshPort.tcp(${port.port}): it carries whatever they speak, encrypted and with their identity.`);
    }
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
  checkUnique(site, ports.map(port => String(port.targetPort)), 'DuplicatePort', 'Policies tell the ports apart by the one on which the container listens.');
}

/** What has no port cannot be called. */
export function notCallable(site: Site, server: string): never {
  return site.fail('NotCallable', 'needs a port, which a worker or a job does not have', server, 'Give the service ports: [MeshPort.http(8080)] if something is to be asked of it.');
}

/** Ports of something outside the mesh. */
export function checkExternalPorts(site: Site, ports: MeshPort[] | undefined): MeshPort[] {
  return checkPorts(site, ports, 'Add what it serves: ports: [MeshPort.tls(443)].', (port, at) => {
    if (port.targetPort !== port.port) {
      at.in('targetPort').fail('InvalidPort', 'has no meaning outside the mesh', port.targetPort, 'Leave it out: port is what the clients connect to.');
    }
    if ((port.port === 443) !== (port._protocol === 'tls') && [80, 443].includes(port.port)) {
      at.in('port').fail('InvalidPort', `is ${port.port === 443 ? 'HTTPS' : 'plain HTTP'} by convention`, port.port, port.port === 443
        ? 'Use MeshPort.tls(443): the program speaks TLS itself, and the proxy sees no requests.' : 'Use MeshPort.http(80), or the port on which it speaks TLS.');
    }
    if (port._protocol === 'tcp') {
      at.fail('InvalidPort', 'cannot be plain TCP to a host name', port.port,
        'A TCP connection bears no name by which the proxy could tell it: use MeshPort.tls() or MeshPort.http().');
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
  checkUnique(site, ports.map(port => String(port.port)), 'DuplicatePort', 'Clients tell the ports apart by their number.');
  return [...ports];
}
