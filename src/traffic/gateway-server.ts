import { ServerCertificate } from './server-certificate';
import { checked } from '../diagnostics/checked';
import { checkHostname, checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { GatewayServerManifest } from '../manifests/istio-networking';

/** Those that the proxy has for itself. */
const PROXY_PORTS = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

/**
 * Options for `GatewayServer.http`.
 */
export interface HttpServerOptions {
  /**
   * The port to which clients connect, 1 to 65535.
   *
   * @default - 80
   */
  readonly port?: number;

  /**
   * Whether every request is answered with 301 and the same address under `https://`. Each host needs an HTTPS server on port 443.
   *
   * Istio: `ServerTLSSettings.httpsRedirect`.
   *
   * @default - false: it is served in plain text
   */
  readonly redirectToHttps?: boolean;
}

/**
 * Options for `GatewayServer.https`.
 */
export interface HttpsServerOptions {
  /**
   * The port to which clients connect, 1 to 65535.
   *
   * @default - 443
   */
  readonly port?: number;

  /**
   * By what the server says who it is. It has to be valid for all of the hosts, which nobody checks before a client does.
   */
  readonly certificate: ServerCertificate;

  /**
   * Whether clients have to show a certificate, signed by the `ca.crt` of the same Secret. Another one, or none, ends the handshake.
   *
   * Istio: `ServerTLSSettings.mode: MUTUAL`.
   *
   * @default - false: the server alone says who it is (`SIMPLE`)
   */
  readonly mutual?: boolean;
}

/** What tells servers apart. */
interface Shape {
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly certificate?: ServerCertificate;
  readonly mutual?: boolean;
  readonly redirect?: boolean;
}

/**
 * What a `MeshGateway` listens for: hosts, on a port.
 *
 * Istio: `Gateway.servers`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/#Server
 */
@checked
export class GatewayServer {
  /**
   * Requests in plain text: HTTP/1.1, WebSockets, and HTTP/2 with prior knowledge.
   *
   * @param hosts fully qualified names, or wildcards such as `*.example.com`; at least one.
   *
   * @example
   * GatewayServer.http(['shop.example.com'], { redirectToHttps: true });
   */
  public static http(hosts: string[], options: HttpServerOptions = {}): GatewayServer {
    return new GatewayServer(hosts, { protocol: 'HTTP', port: options.port ?? 80, redirect: options.redirectToHttps });
  }

  /**
   * Requests within TLS, which ends at the gateway: HTTP/1.1, HTTP/2, gRPC and WebSockets.
   *
   * @param hosts fully qualified names, or wildcards such as `*.example.com`; at least one.
   *
   * @example
   * GatewayServer.https(['api.example.com'], { certificate: ServerCertificate.fromSecret('api-tls'), mutual: true });
   */
  public static https(hosts: string[], options: HttpsServerOptions): GatewayServer {
    return new GatewayServer(hosts, { protocol: 'HTTPS', port: options.port ?? 443, certificate: options.certificate, mutual: options.mutual });
  }

  private constructor(
    /** @internal */
    public readonly _hosts: string[],
    private readonly shape: Shape,
  ) {}

  /** @internal */
  public get _port(): number {
    return this.shape.port;
  }

  /**
   * The one on which the proxy listens, which is not root.
   *
   * @internal
   */
  public get _targetPort(): number {
    return this._port < 1024 ? this._port + 8000 : this._port;
  }

  /** @internal */
  public get _secure(): boolean {
    return this.shape.protocol === 'HTTPS';
  }

  /** @internal */
  public get _redirects(): boolean {
    return this.shape.redirect ?? false;
  }

  /**
   * The name of the Service's port.
   *
   * @internal
   */
  public get _portName(): string {
    return `${this.shape.protocol.toLowerCase()}-${this._port}`;
  }

  /** @internal */
  public _check(site: Site): void {
    if (this._hosts.length === 0) {
      site.in('hosts').fail('EmptyList', 'must not be empty', this._hosts, 'Name the hosts that clients ask for: [\'shop.example.com\'].');
    }
    this._hosts.forEach((host, index) => checkHostname(site.in('hosts').at(index), host, { wildcard: true }));
    checkUnique(site.in('hosts'), this._hosts, 'InvalidHost', 'Name each host once.');
    checkInteger(site.in('port'), this._port, 1, 65535, 'InvalidPort', 'Use the port to which clients connect.');
    if (PROXY_PORTS.includes(this._port)) {
      site.in('port').fail('InvalidPort', 'must not be a port of the mesh proxy', this._port, `Choose one other than ${PROXY_PORTS.join(', ')}.`);
    }
    this.shape.certificate?._credentialName(site.in('certificate'));
  }

  /**
   * @param name of its port, unique within the gateway.
   * @param hosts each with the namespace from which routes for it are taken.
   *
   * @internal
   */
  public _toManifest(site: Site, name: string, hosts: string[]): GatewayServerManifest {
    const { protocol, port, certificate, mutual, redirect } = this.shape;
    const tls = certificate
      ? { mode: mutual ? 'MUTUAL' : 'SIMPLE', credentialName: certificate._credentialName(site.in('certificate')) } : redirect ? { httpsRedirect: true } : undefined;
    return { port: { number: port, name, protocol }, hosts, tls };
  }
}
