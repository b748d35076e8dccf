import { ServerCertificate } from './server-certificate';
import { TlsVersion } from './tls-version';

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
 * Options for `GatewayServer.tlsPassthrough`.
 */
export interface PassthroughServerOptions {
  /**
   * The port to which clients connect, 1 to 65535.
   *
   * @default - 443
   */
  readonly port?: number;
}

/**
 * Options for `GatewayServer.tls`.
 */
export interface TlsServerOptions {
  /**
   * The port to which clients connect, 1 to 65535.
   *
   * @default - 443
   */
  readonly port?: number;

  /**
   * By what the server says who it is. It has to be valid for all of the hosts, which nobody checks before a client does.
   *
   * Required, but of a Gateway that is another's (`ExistingGateway.gateway`): that one says it itself.
   *
   * @default - none: the Gateway is another's
   */
  readonly certificate?: ServerCertificate;

  /**
   * Whether clients have to show a certificate, signed by the `ca.crt` of the same Secret, or of the one with `-cacert` behind its name. Another one, or
   * none, ends the handshake.
   *
   * Istio: `ServerTLSSettings.mode: MUTUAL`.
   *
   * @default - false: the server alone says who it is (`SIMPLE`)
   */
  readonly mutual?: boolean;

  /**
   * The oldest version of TLS that is spoken with clients.
   *
   * Istio: `ServerTLSSettings.minProtocolVersion`.
   *
   * @default - TLS 1.2
   */
  readonly minimumVersion?: TlsVersion;
}

/**
 * Options for `GatewayServer.https`.
 */
export interface HttpsServerOptions extends TlsServerOptions {}
