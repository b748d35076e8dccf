import { Duration } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Options for `SessionAffinity.byCookie`.
 */
export interface CookieAffinityOptions {
  /**
   * How long a user is kept after the last answer of his version: whole seconds, 1 s to 400 days, which is as long as any browser keeps a cookie.
   *
   * @default - a day
   */
  readonly maxAge?: Duration;
}

/**
 * That a user stays on the version that he got, while shares change for the others.
 */
@checked
export class SessionAffinity {
  /**
   * By a cookie that the answers of the new version set. A user who was given the new version keeps it until the release takes everything back from it: a
   * browser, or whoever sends back the cookies that it was given. A program that keeps no cookies is drawn anew for each request.
   *
   * Istio: `VirtualService.http.route.headers.response.add` and `VirtualService.http.match.headers`; Flagger: `analysis.sessionAffinity`.
   *
   * @param name letters, digits, `-` and `_`, and no `__Host-` or `__Secure-` at its beginning. Services that a gateway exposes on one host have each another, and none is the cookie of `LoadBalancing.byCookie`.
   *
   * @example
   * SessionAffinity.byCookie('orders-version', { maxAge: Duration.hours(8) });
   */
  public static byCookie(name: string, options: CookieAffinityOptions = {}): SessionAffinity {
    return new SessionAffinity(name, { ...options });
  }

  private constructor(private readonly name: string, private readonly options: CookieAffinityOptions) {}

  /** @internal */
  public _resolve(site: Site): AffinityCookie {
    const { name, options: { maxAge = Duration.days(1) } } = this;
    if (!/^[A-Za-z0-9_-]+$/.test(name)) {
      site.in('name').fail('InvalidName', 'must name a cookie', name, 'Use letters, digits, \'-\' and \'_\', such as orders-version.');
    }
    if (/^__(Host|Secure)-/i.test(name)) {
      site.in('name').fail('InvalidName', 'must not be one that browsers keep of a Secure cookie alone, which this one is not', name, 'Give it another name, such as orders-version.');
    }
    checkSet(site.in('name'), name);
    const text = checkDuration(site.in('maxAge'), maxAge);
    if (maxAge.toMilliseconds() % 1000 !== 0 || maxAge.toMilliseconds() > Duration.days(400).toMilliseconds()) {
      site.in('maxAge').fail('InvalidDuration', 'must be whole seconds, up to 400 days', text, 'Use Duration.days(1): no browser keeps a cookie for longer than 400 days.');
    }
    return { name, maxAgeSeconds: maxAge.toSeconds() };
  }
}

/** A cookie whose values are checked. */
export interface AffinityCookie {
  readonly name: string;
  readonly maxAgeSeconds: number;
}
