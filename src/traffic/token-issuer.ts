import { checkKeySet } from './key-set';
import { TokenLocation } from './token-location';
import { checked } from '../diagnostics/checked';
import { checkSet, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { JwtRuleManifest } from '../manifests/istio-security';

/**
 * What tokens of an issuer are taken, and what becomes of them.
 */
export interface TokenOptions {
  /**
   * For whom a token has to be made: its `aud` names one of these. Another one is answered with 403.
   *
   * Istio: `JWTRule.audiences`.
   *
   * @default - required, unless `anyAudience`
   */
  readonly audiences?: string[];

  /**
   * Whether a token is taken for whomever it was made: every other app of the issuer could use those that it gets from its users. For issuers whose tokens have no `aud`.
   *
   * @default - false
   */
  readonly anyAudience?: boolean;

  /**
   * Claims that the program gets as headers, by claim: `{ sub: 'x-user' }`. A claim within another is written with a dot, and has to be a text, a number or a boolean. What
   * a client writes into such a header itself is removed. Where the program's server reads `x_user` as `x-user`, as CGI and WSGI do, let it refuse names with underscores, which
   * Envoy lets pass.
   *
   * Istio: `JWTRule.outputClaimToHeaders`.
   *
   * @default - none
   */
  readonly claimToHeaders?: { [claim: string]: string };

  /**
   * Where requests bear the token.
   *
   * Istio: `JWTRule.fromHeaders`, `fromCookies`, `fromParams`.
   *
   * @default - [TokenLocation.header('Authorization', 'Bearer ')], and not in the query, where Istio looks too
   */
  readonly from?: TokenLocation[];

  /**
   * Whether the proxy hands the token on to the program, which needs it to ask a service that asks for it again.
   *
   * Istio: `JWTRule.forwardOriginalToken`.
   *
   * @default - false: the proxy takes it away
   */
  readonly forward?: boolean;
}

/**
 * The same of an issuer that serves its keys.
 */
export interface TokenIssuerOptions extends TokenOptions {
  /**
   * Where the issuer serves its keys, over HTTPS; over HTTP only of a Service of the cluster. istiod fetches them, not the proxies: it is istiod that needs the way there.
   * If it finds none, every token of the issuer is refused.
   *
   * Istio: `JWTRule.jwksUri`.
   *
   * @default - what the issuer says in `/.well-known/openid-configuration`
   */
  readonly jwksUri?: string;
}

/** Those that a proxy or a program goes by in another sense. */
const RESERVED = /^(host|authorization|cookie|connection|content-.*|transfer-encoding|te|upgrade|x-forwarded-.*|x-envoy-.*|x-request-id|traceparent|tracestate|b3|x-b3-.*)$/;

/**
 * Who makes the tokens by which end users are known (JSON Web Tokens, as of OpenID Connect).
 *
 * Istio: `RequestAuthentication.spec.jwtRules`.
 *
 * @see https://istio.io/latest/docs/reference/config/security/jwt/
 */
@checked
export class TokenIssuer {
  /**
   * An issuer that serves its keys, and may change them.
   *
   * @param issuer the claim `iss` of its tokens, to the letter: a slash at its end counts.
   * @param options `audiences` are required, unless `anyAudience`.
   *
   * @example
   * TokenIssuer.of('https://accounts.example.com', { audiences: ['shop'], claimToHeaders: { sub: 'x-user' } });
   */
  public static of(issuer: string, options: TokenIssuerOptions = {}): TokenIssuer {
    return new TokenIssuer(issuer, options, site => ({ jwksUri: options.jwksUri === undefined ? discovered(site, issuer) : keyAddress(site.in('jwksUri'), options.jwksUri) }));
  }

  /**
   * An issuer whose public keys stand here. Nobody has to fetch them; they change with this app.
   *
   * Istio: `JWTRule.jwks`.
   *
   * @param issuer the claim `iss` of its tokens, to the letter.
   * @param jwks a JSON Web Key Set of public keys, as text.
   * @param options `audiences` are required, unless `anyAudience`.
   *
   * @example
   * const keys = JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', kid: '1', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] });
   * TokenIssuer.withKeys('https://accounts.example.com', keys, { audiences: ['shop'] });
   */
  public static withKeys(issuer: string, jwks: string, options: TokenOptions = {}): TokenIssuer {
    return new TokenIssuer(issuer, options, site => ({ jwks: checkKeySet(site.in('jwks'), jwks) }));
  }

  private constructor(
    /** @internal */
    public readonly _issuer: string,
    private readonly options: TokenOptions,
    private readonly keys: (site: Site) => Pick<JwtRuleManifest, 'jwksUri' | 'jwks'>,
  ) {}

  /**
   * Whether the program gets the token.
   *
   * @internal
   */
  public get _forwards(): boolean {
    const { forward, from } = this.options;
    return forward ?? from?.every(({ _stays }) => _stays) ?? false;
  }

  /**
   * The headers that are made of claims, in small letters.
   *
   * @internal
   */
  public get _headers(): string[] {
    return Object.values(this.options.claimToHeaders ?? {}).map(header => header.toLowerCase()).sort();
  }

  /**
   * Whether no request bears a token any more from which these headers are taken.
   *
   * @internal
   */
  public _isLostWith(headers: string[]): boolean {
    return this.from.every(({ _header }) => _header !== undefined && headers.includes(_header));
  }

  private get from(): TokenLocation[] {
    return this.options.from ?? [TokenLocation.header('Authorization', 'Bearer ')];
  }

  /** @internal */
  public _toManifest(site: Site): JwtRuleManifest {
    const { audiences, claimToHeaders = {}, forward } = this.options;
    const { from } = this;
    this.checkIssuer(site);
    this.checkAudiences(site);
    this.checkHeaders(site.in('claimToHeaders'), claimToHeaders);
    if (from.length === 0) {
      site.in('from').fail('EmptyList', 'must not be empty', from, 'Leave it out: tokens stand in the header Authorization.');
    }
    if (forward === false && from.some(({ _stays }) => _stays)) {
      site.in('forward').fail('InvalidToken', 'cannot be kept for a token in a cookie, which no proxy takes away', forward, 'Leave it out.');
    }
    const places = from.map((location, index) => location._toManifest(site.in('from').at(index)));
    const all = (kind: 'fromHeaders' | 'fromCookies' | 'fromParams') => {
      const found = places.flatMap(place => place[kind] as any[] ?? []);
      return found.length > 0 ? { [kind]: found } : {};
    };
    const output = Object.entries(claimToHeaders).map(([claim, header]) => ({ header: header.toLowerCase(), claim }));
    return {
      issuer: this._issuer,
      ...(audiences && { audiences: [...audiences] }),
      ...this.keys(site),
      ...all('fromHeaders'),
      ...all('fromCookies'),
      ...all('fromParams'),
      ...(this._forwards && { forwardOriginalToken: true }),
      ...(output.length > 0 && { outputClaimToHeaders: output }),
    };
  }

  /** A principal is written as issuer and subject, in which a star stands for any (istio/istio pilot/pkg/security/authz/model/generator.go, requestPrincipalGenerator). */
  private checkIssuer(site: Site): void {
    const { _issuer: issuer } = this;
    checkSet(site.in('issuer'), issuer);
    if (!/^[^\s*]+$/.test(issuer)) {
      site.in('issuer').fail('InvalidToken', 'must be the claim iss of the tokens', issuer, 'Write it to the letter, without spaces and wildcards: https://accounts.example.com.');
    }
  }

  private checkAudiences(site: Site): void {
    const { audiences, anyAudience = false } = this.options;
    const at = site.in('audiences');
    if (audiences === undefined ? !anyAudience : anyAudience) {
      at.fail('InvalidToken', audiences ? 'must not be given beside anyAudience' : 'is required: a token that was made for another app is not meant for this one', audiences,
        audiences ? 'Leave one of them out.' : 'Name what the claim aud says, or write anyAudience: true.');
    }
    if (audiences?.length === 0) {
      at.fail('EmptyList', 'must not be empty', audiences, 'Istio takes every audience then: name those that are meant.');
    }
    audiences?.forEach((audience, index) => {
      checkSet(at.at(index), audience);
      if (audience === '' || audience.includes('*')) {
        at.at(index).fail('InvalidToken', 'must be one audience', audience, 'Write it to the letter: there are no wildcards.');
      }
    });
    checkUnique(at, audiences ?? [], 'InvalidToken', 'Name each once.');
  }

  private checkHeaders(site: Site, claimToHeaders: { [claim: string]: string }): void {
    for (const [claim, header] of Object.entries(claimToHeaders)) {
      const at = site.in(claim);
      if (!/^[^\s:/.[\]]+(\.[^\s:/.[\]]+)*$/.test(claim)) {
        at.fail('InvalidToken', 'must be of a claim that can be named: a dot leads into it', claim, 'Have the issuer add a claim of a plain name.');
      }
      if (!/^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(header)) {
        at.fail('InvalidHeader', 'must be the name of a header, of letters, digits and \'-\' alone', header, 'Write the name alone, such as x-user.');
      }
      if (RESERVED.test(header.toLowerCase())) {
        at.fail('InvalidHeader', 'must be a header that means nothing else', header, 'Use one of your own, such as x-user.');
      }
    }
    checkUnique(site, Object.values(claimToHeaders).map(header => header.toLowerCase()), 'InvalidHeader', 'Give each claim a header of its own.');
  }
}

/** istiod takes the address from the issuer's own description (istio/istio pilot/pkg/model/jwks_resolver.go, resolveJwksURIUsingOpenID). */
function discovered(site: Site, issuer: string): undefined {
  if (protocolOf(issuer) !== 'https:') {
    site.in('jwksUri').fail('MissingProperty', 'is required of an issuer that is no address under https://', issuer, 'Say where its keys are, or write them here by TokenIssuer.withKeys().');
  }
  return undefined;
}

/** Whoever could answer in the place of the issuer could make tokens. */
function keyAddress(site: Site, jwksUri: string): string {
  const protocol = protocolOf(jwksUri);
  const inCluster = protocol === 'http:' && /^[^.]+\.[^.]+\.svc(\..+)?$/.test(new URL(jwksUri).hostname);
  if (protocol !== 'https:' && !inCluster) {
    site.fail('InvalidUrl', 'must be an address under https://, or that of a Service of the cluster under http://', jwksUri,
      'Write https://accounts.example.com/jwks.json, or http://issuer.accounts.svc.cluster.local/jwks.json.');
  }
  checkSet(site, jwksUri);
  return jwksUri;
}

function protocolOf(url: string): string | undefined {
  return /^https?:\/\/[^/]/.test(url) && URL.canParse(url) ? new URL(url).protocol : undefined;
}
