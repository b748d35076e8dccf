import { isHeaderName } from './header-name';
import { checked } from '../diagnostics/checked';
import { checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { JwtRuleManifest } from '../manifests/istio-security';

type LocationManifest = Pick<JwtRuleManifest, 'fromHeaders' | 'fromCookies' | 'fromParams'>;

/**
 * Where a request bears its token.
 *
 * @see https://istio.io/latest/docs/reference/config/security/jwt/#JWTRule
 */
@checked
export class TokenLocation {
  /**
   * In a header.
   *
   * Istio: `JWTRule.fromHeaders`.
   *
   * @param name the header's name.
   * @param prefix what stands before the token, with its space; left out, the header is the token alone.
   *
   * @example
   * TokenLocation.header('Authorization', 'Bearer ');
   */
  public static header(name: string, prefix?: string): TokenLocation {
    return new TokenLocation((site) => {
      checkName(site, name, 'header');
      if (prefix === '') {
        site.fail('InvalidToken', 'must not have an empty prefix', prefix, 'Leave it out, and the header is the token alone.');
      }
      return { fromHeaders: [{ name, ...(prefix === undefined ? {} : { prefix }) }] };
    }, false, name.toLowerCase());
  }

  /**
   * In a cookie. The proxy leaves it there, whatever `forward` says.
   *
   * Istio: `JWTRule.fromCookies`.
   *
   * @param name the cookie's name.
   *
   * @example
   * TokenLocation.cookie('session');
   */
  public static cookie(name: string): TokenLocation {
    // envoyproxy/envoy source/extensions/filters/http/jwt_authn/extractor.cc, JwtCookieLocation::removeJwt
    return new TokenLocation(site => ({ fromCookies: [checkName(site, name, 'cookie')] }), true, 'cookie');
  }

  /**
   * In a parameter of the query. Addresses are written into logs and histories: prefer a header.
   *
   * Istio: `JWTRule.fromParams`.
   *
   * @param name the parameter's name.
   *
   * @example
   * TokenLocation.queryParameter('access_token');
   */
  public static queryParameter(name: string): TokenLocation {
    return new TokenLocation(site => ({ fromParams: [checkName(site, name, 'parameter')] }), false);
  }

  private constructor(
    private readonly manifest: (site: Site) => LocationManifest,
    /** @internal */
    public readonly _stays: boolean,
    /**
     * The header in which it stands, in small letters.
     *
     * @internal
     */
    public readonly _header?: string,
  ) {}

  /** @internal */
  public _toManifest(site: Site): LocationManifest {
    return this.manifest(site);
  }
}

function checkName(site: Site, name: string, kind: string): string {
  if (!isHeaderName(name)) {
    site.fail('InvalidToken', `must name a ${kind}`, name, 'Write the name alone, of letters, digits, \'-\' and \'_\'.');
  }
  checkSet(site, name);
  return name;
}
