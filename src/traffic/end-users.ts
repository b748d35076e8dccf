import { TokenIssuer } from './token-issuer';
import { checked } from '../diagnostics/checked';
import { checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ConditionManifest } from '../manifests/istio-security';

/**
 * Options for `EndUsers.optional`.
 */
export interface OptionalEndUsersOptions {
  /**
   * Other issuers whose tokens are as good.
   *
   * @default - none
   */
  readonly alsoFrom?: TokenIssuer[];
}

/**
 * Options for `EndUsers.required`.
 */
export interface RequiredEndUsersOptions extends OptionalEndUsersOptions {
  /**
   * What the token has to say, by claim: one of the values of each. A claim is a text or a list of texts; `scope` and `permission` are lists with spaces between.
   * A claim within another is written as Istio does, `[realm_access][roles]`. A value is compared letter by letter; `*` at its end or its beginning stands for any text.
   *
   * Istio: `AuthorizationPolicy.rules.when`, `request.auth.claims`.
   *
   * @default - nothing more than issuer and audience
   */
  readonly claims?: { [claim: string]: string[] };
}

/**
 * Which end users a request may come from, by the token that it bears.
 *
 * Istio: `RequestAuthentication`, and `AuthorizationPolicy` `requestPrincipals`.
 *
 * @see https://istio.io/latest/docs/concepts/security/#request-authentication
 */
@checked
export class EndUsers {
  /**
   * Those with a valid token of the issuer: without one 403, with an invalid one 401, with one for another audience or other claims 403. The token has a subject (`sub`).
   *
   * @param issuer who makes the tokens.
   *
   * @example
   * const accounts = TokenIssuer.of('https://accounts.example.com', { audiences: ['shop'] });
   * frontend.calls(orders, { paths: ['/admin/*'], endUsers: EndUsers.required(accounts, { claims: { groups: ['admins'] } }) });
   */
  public static required(issuer: TokenIssuer, options: RequiredEndUsersOptions = {}): EndUsers {
    return new EndUsers(true, [issuer, ...options.alsoFrom ?? []], options.claims);
  }

  /**
   * Whoever: but a token that is shown has to be valid, or it is 401.
   *
   * @param issuer who makes the tokens.
   *
   * @example
   * const accounts = TokenIssuer.of('https://accounts.example.com', { audiences: ['shop'], claimToHeaders: { sub: 'x-user' } });
   * frontend.calls(orders, { endUsers: EndUsers.optional(accounts) });
   */
  public static optional(issuer: TokenIssuer, options: OptionalEndUsersOptions = {}): EndUsers {
    return new EndUsers(false, [issuer, ...options.alsoFrom ?? []]);
  }

  private constructor(
    /** @internal */
    public readonly _isRequired: boolean,
    /** @internal */
    public readonly _issuers: TokenIssuer[],
    private readonly claims: { [claim: string]: string[] } = {},
  ) {}

  /**
   * The issuers, as they call themselves.
   *
   * @internal
   */
  public get _names(): string[] {
    return this._issuers.map(({ _issuer }) => _issuer);
  }

  /**
   * Whether the tokens of some issuer are lost with these headers.
   *
   * @internal
   */
  public _isLostWith(headers: string[]): boolean {
    return this._issuers.some(issuer => issuer._isLostWith(headers));
  }

  /**
   * Any subject of any of the issuers.
   *
   * @internal
   */
  public get _principals(): string[] {
    return this._names.map(name => `${name}/*`).sort();
  }

  /**
   * What has to hold of the token, all of it.
   *
   * @internal
   */
  public get _conditions(): ConditionManifest[] {
    return Object.entries(this.claims).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([claim, values]) => ({ key: `request.auth.claims${claim.startsWith('[') ? claim : `[${claim}]`}`, values: [...new Set(values)].sort() }));
  }

  /** @internal */
  public _check(site: Site): void {
    this._issuers.forEach((issuer, index) => issuer._toManifest(index === 0 ? site.in('issuer') : site.in('alsoFrom').at(index - 1)));
    const names = this._names;
    const twice = names.slice(1).findIndex((name, index) => names.indexOf(name) <= index);
    if (twice >= 0) {
      site.in('alsoFrom').at(twice).fail('AmbiguousIssuer', 'must be another issuer', names[twice + 1], 'Name each once.');
    }
    for (const [claim, values] of Object.entries(this.claims)) {
      const at = site.in('claims').in(claim);
      if (!/^([^[\]\s]+|(\[[^[\]]+\])+)$/.test(claim)) {
        at.fail('InvalidToken', 'must be the name of a claim', claim, 'Write it alone, or one within another as [realm_access][roles].');
      }
      if (values.length === 0) {
        at.fail('EmptyList', 'must not be empty', values, 'Name the values of which a token has to have one; \'*\' is any.');
      }
      values.forEach((value, index) => {
        checkSet(at.at(index), value);
        if (value === '' || (value !== '*' && (value.slice(1, -1).includes('*') || (value.startsWith('*') && value.endsWith('*'))))) {
          at.at(index).fail('InvalidToken', 'must be a text with no more than one \'*\', at its end or its beginning', value, 'Write the value as it stands in the token.');
        }
      });
    }
  }
}
