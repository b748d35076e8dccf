import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { TlsOrigination } from '../traffic/tls-origination';

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
   * `PodException.lowPorts()` lets it. Of an `ExternalService` the port to which the caller's proxy connects, 1 to 65535.
   *
   * Kubernetes: `Service.spec.ports.targetPort`; Istio: `ServiceEntry.ports.targetPort`.
   *
   * @default - the port itself; of port 80 with `tls` 443
   */
  readonly targetPort?: number;

  /**
   * The TLS that the caller's proxy speaks for a program that speaks none. Of an `ExternalService` alone: within the mesh the proxies
   * encrypt between themselves.
   *
   * Istio: `DestinationRule.trafficPolicy.portLevelSettings.tls`.
   *
   * @default - none: what the program says goes out as it is
   */
  readonly tls?: TlsOrigination;
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
   * Anything else over TCP: a database, a cache, a queue. The mesh still encrypts and identifies, to a service of its own.
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
   * The port on which the container listens, or what is outside.
   */
  public readonly targetPort: number;

  /** @internal */
  public readonly _tls?: TlsOrigination;

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
    this._tls = options.tls;
    this.targetPort = options.targetPort ?? (options.tls && port === 80 ? 443 : port);
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
