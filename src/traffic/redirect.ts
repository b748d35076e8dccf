import { checkLiteralPath } from './path-syntax';
import { checked } from '../diagnostics/checked';
import { checkHostname, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { RedirectManifest } from '../manifests/istio-networking';

/** Of other codes istiod writes a line in its log, and no answer (istio/istio pilot/pkg/networking/core/route/route.go, ApplyRedirect). */
const CODES = [301, 302, 303, 307, 308];

/**
 * Options for `Redirect.to`: at least one of `host`, `path`, `scheme` and `port`. What is left out stays as it was asked for.
 */
export interface RedirectOptions {
  /**
   * The host to ask instead: a fully qualified name.
   *
   * Istio: `HTTPRedirect.authority`.
   *
   * @default - the same
   */
  readonly host?: string;

  /**
   * The whole path to ask for instead; the query stays.
   *
   * Istio: `HTTPRedirect.uri`.
   *
   * @default - the same
   */
  readonly path?: string;

  /**
   * `http` or `https`.
   *
   * Istio: `HTTPRedirect.scheme`.
   *
   * @default - the same
   */
  readonly scheme?: string;

  /**
   * The port to connect to, 1 to 65535.
   *
   * Istio: `HTTPRedirect.port`.
   *
   * @default - beside another `host` or `scheme` the one of the scheme, 80 or 443; otherwise the same
   */
  readonly port?: number;

  /**
   * 301 (moved for good), 302 (found, for now), 303 (see other), 307 or 308. With 301 and 302 most clients ask again with GET, with 303 all do; after 307 (for
   * now) and 308 (for good) they keep the method and the body.
   *
   * Istio: `HTTPRedirect.redirectCode`.
   *
   * @default - 301
   */
  readonly code?: number;
}

/**
 * An answer that says where to ask instead.
 *
 * Istio: `VirtualService.http.redirect`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect
 */
@checked
export class Redirect {
  /**
   * Sends clients to another address.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['www.example.com'])] });
   * edge.redirects(['www.example.com'], Redirect.to({ host: 'shop.example.com', code: 308 }));
   */
  public static to(options: RedirectOptions): Redirect {
    return new Redirect({ ...options });
  }

  private constructor(private readonly options: RedirectOptions) {}

  /** @internal */
  public _toManifest(site: Site): RedirectManifest {
    const { host, path, scheme, port, code } = this.options;
    if (host === undefined && path === undefined && scheme === undefined && port === undefined) {
      site.fail('InvalidRedirect', 'must lead to another address', this.options, 'Give host, path, scheme or port.');
    }
    if (host !== undefined) {
      checkHostname(site.in('host'), host);
    }
    if (path !== undefined) {
      checkLiteralPath(site.in('path'), path, 'Write the one path to which all are sent: of the client\'s path nothing but the query is kept.');
    }
    if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
      site.in('scheme').fail('InvalidRedirect', 'must be http or https', scheme, 'Write \'https\', without colon and slashes.');
    }
    if (port !== undefined) {
      checkInteger(site.in('port'), port, 1, 65535, 'InvalidPort', 'Use the port to which clients are to connect.');
    }
    if (code !== undefined && !CODES.includes(code)) {
      site.in('code').fail('InvalidRedirect', `must be one of ${CODES.join(', ')}`, code, '308 is for good and keeps the method, 307 is for now; 301 and 302 are their elders.');
    }
    return { uri: path, authority: host, scheme, port, redirectCode: code };
  }
}
