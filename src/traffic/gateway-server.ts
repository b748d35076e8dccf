import { ANY_HOST } from './any-host';
import { HttpServerOptions, HttpsServerOptions, PassthroughServerOptions, TlsServerOptions } from './gateway-server-options';
import { ServerCertificate } from './server-certificate';
import { TlsVersion } from './tls-version';
import { checked } from '../diagnostics/checked';
import { checkHostname, checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { GatewayServerManifest } from '../manifests/istio-networking';

/** Those that the proxy has for itself. */
const PROXY_PORTS = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

type Kind = 'http' | 'https' | 'tls' | 'passthrough' | 'tcp';

/**
 * What tells servers apart: what stands in the Gateway, which of a service's ports they can lead to, and whether connections are told
 * apart by the name of their TLS, so that several servers share a port.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/gateway.go, createGatewayTCPFilterChainOpts; pilot/pkg/model/gateway.go, mergeGateways.
 */
const KINDS: { [kind in Kind]: { protocol: string; layers: string[]; secure: boolean; routed: 'http' | 'tls' | 'tcp' } } = {
  http: { protocol: 'HTTP', layers: ['http'], secure: false, routed: 'http' },
  https: { protocol: 'HTTPS', layers: ['http'], secure: true, routed: 'http' },
  tls: { protocol: 'TLS', layers: ['tcp'], secure: true, routed: 'tcp' },
  passthrough: { protocol: 'TLS', layers: ['tls', 'tcp'], secure: true, routed: 'tls' },
  tcp: { protocol: 'TCP', layers: ['tcp', 'tls'], secure: false, routed: 'tcp' },
};

interface Shape {
  readonly port: number;
  readonly certificate?: ServerCertificate;
  readonly mutual?: boolean;
  readonly minimumVersion?: TlsVersion;
  readonly redirect?: boolean;
}

/**
 * What a gateway listens for: hosts, on a port.
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
   * @param hosts fully qualified names, or wildcards such as `*.example.com`, or `*` for whatever clients ask for; at least one.
   *
   * @example
   * GatewayServer.http(['shop.example.com'], { redirectToHttps: true });
   */
  public static http(hosts: string[], options: HttpServerOptions = {}): GatewayServer {
    return new GatewayServer('http', hosts, { port: options.port ?? 80, redirect: options.redirectToHttps });
  }

  /**
   * Requests within TLS, which ends at the gateway: HTTP/1.1, HTTP/2, gRPC and WebSockets.
   *
   * @param hosts fully qualified names, or wildcards such as `*.example.com`, or `*` for whatever clients ask for, and those that name no host in
   * their TLS; at least one.
   *
   * @example
   * GatewayServer.https(['api.example.com'], { certificate: ServerCertificate.fromSecret('api-tls'), mutual: true });
   */
  public static https(hosts: string[], options: HttpsServerOptions = {}): GatewayServer {
    return new GatewayServer('https', hosts, { ...options, port: options.port ?? 443 });
  }

  /**
   * TLS that the gateway does not end: it reads the name that the client asks for (SNI), and the service shows its own certificate. Within the mesh
   * the connection goes through the proxies' own TLS. A client that names no host is refused.
   *
   * It leads to ports of `MeshPort.tls`, and of `MeshPort.tcp`, which carries TLS as well and may be split between versions.
   *
   * Istio: `ServerTLSSettings.mode: PASSTHROUGH`, `VirtualService.tls`.
   *
   * @param hosts fully qualified names, or wildcards such as `*.example.com`; at least one.
   *
   * @example
   * GatewayServer.tlsPassthrough(['vault.example.com']);
   */
  public static tlsPassthrough(hosts: string[], options: PassthroughServerOptions = {}): GatewayServer {
    return new GatewayServer('passthrough', hosts, { port: options.port ?? 443 });
  }

  /**
   * Anything within TLS, which ends at the gateway: what is in it goes on as TCP, within the mesh in the proxies' own TLS. All hosts of one such server lead to
   * one port of one service, of `MeshPort.tcp` or a protocol over TCP.
   *
   * Istio: `ServerTLSSettings.mode: SIMPLE` with protocol TLS, `VirtualService.tcp`.
   *
   * @param hosts fully qualified names, or wildcards such as `*.example.com`; at least one.
   *
   * @example
   * GatewayServer.tls(['mqtt.example.com'], { port: 8883, certificate: ServerCertificate.fromSecret('mqtt-tls'), mutual: true });
   */
  public static tls(hosts: string[], options: TlsServerOptions = {}): GatewayServer {
    return new GatewayServer('tls', hosts, { ...options, port: options.port ?? 443 });
  }

  /**
   * Anything over TCP, as it is. Nothing in it names a host: the whole port leads to one port of one service.
   *
   * Istio: `VirtualService.tcp`.
   *
   * @param port to which clients connect, 1 to 65535.
   *
   * @example
   * GatewayServer.tcp(5432);
   */
  public static tcp(port: number): GatewayServer {
    return new GatewayServer('tcp', ['*'], { port });
  }

  private readonly traits;

  private constructor(
    private readonly kind: Kind,
    /** @internal */
    public readonly _hosts: string[],
    private readonly shape: Shape,
  ) {
    this.traits = KINDS[kind];
  }

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

  /**
   * Whether clients speak TLS, and name a host in it.
   *
   * @internal
   */
  public get _secure(): boolean {
    return this.traits.secure;
  }

  /**
   * Whether clients have to show a certificate.
   *
   * @internal
   */
  public get _mutual(): boolean {
    return this.shape.mutual ?? false;
  }

  /**
   * By what its traffic is told apart, which is also the VirtualService's field: requests, the name of the TLS, or the port alone.
   *
   * @internal
   */
  public get _routed(): 'http' | 'tls' | 'tcp' {
    return this.traits.routed;
  }

  /** @internal */
  public get _redirects(): boolean {
    return this.shape.redirect ?? false;
  }

  /** @internal */
  public get _certificate(): ServerCertificate | undefined {
    return this.shape.certificate;
  }

  /**
   * The name of the Service's port.
   *
   * @internal
   */
  public get _portName(): string {
    return `${this.traits.protocol.toLowerCase()}-${this._port}`;
  }

  /**
   * Whether it can lead to a port on which the proxies see this much.
   *
   * @internal
   */
  public _takes(layer: string): boolean {
    return this.traits.layers.includes(layer);
  }

  /**
   * @param foreign whether the Gateway is another's, and this only describes it.
   *
   * @internal
   */
  public _check(site: Site, foreign = false): void {
    if (this._hosts.length === 0) {
      site.in('hosts').fail('EmptyList', 'must not be empty', this._hosts, 'Name the hosts that clients ask for: [\'shop.example.com\'].');
    }
    if (this.kind !== 'tcp') {
      this._hosts.forEach((host, index) => this.checkHost(site.in('hosts').at(index), host));
    }
    checkUnique(site.in('hosts'), this._hosts, 'InvalidHost', 'Name each host once.');
    checkInteger(site.in('port'), this._port, 1, 65535, 'InvalidPort', 'Use the port to which clients connect.');
    if (PROXY_PORTS.includes(this._port)) {
      site.in('port').fail('InvalidPort', 'must not be a port of the mesh proxy', this._port, `Choose one other than ${PROXY_PORTS.join(', ')}.`);
    }
    this.shape.certificate?._check(site.in('certificate'), this._hosts);
    if (foreign) {
      this.checkForeign(site);
    } else if (!this.shape.certificate && (this.kind === 'https' || this.kind === 'tls')) {
      site.in('certificate').fail('MissingProperty', 'is required', undefined,
        'Write certificate: ServerCertificate.fromSecret(\'shop-tls\'), or use GatewayServer.tlsPassthrough() where the service shows its own.');
    }
  }

  /**
   * @param name of its port, unique within the gateway.
   * @param hosts each with the namespace from which routes for it are taken.
   *
   * @internal
   */
  public _toManifest(site: Site, name: string, hosts: string[]): GatewayServerManifest {
    const { kind, traits: { protocol }, shape: { port, certificate, mutual, minimumVersion, redirect } } = this;
    const ended = certificate && {
      mode: mutual ? 'MUTUAL' : 'SIMPLE', credentialName: certificate._credentialName(site.in('certificate')), minProtocolVersion: minimumVersion,
    };
    const tls = ended ?? (kind === 'passthrough' ? { mode: 'PASSTHROUGH' } : redirect ? { httpsRedirect: true } : undefined);
    return { port: { number: port, name, protocol }, hosts, tls };
  }

  private checkHost(site: Site, host: string): void {
    if (host !== ANY_HOST) {
      checkHostname(site, host, { wildcard: true });
    } else if (this._routed !== 'http') {
      site.fail('InvalidHost', 'must be a name: connections within TLS are told apart by it', host, 'Name the hosts, or use GatewayServer.tcp() for all connections to a port.');
    }
  }

  /** What nobody writes has no effect. */
  private checkForeign(site: Site): void {
    const { certificate, mutual, minimumVersion, redirect } = this.shape;
    const said = { certificate: certificate && 'a ServerCertificate', mutual, minimumVersion, redirectToHttps: redirect };
    for (const [property, value] of Object.entries(said)) {
      if (value !== undefined && value !== false) {
        site.in(property).fail('NotOurs', 'is for the Gateway to say, which is another\'s', value, 'Leave it out, and describe hosts and ports alone.');
      }
    }
  }
}
