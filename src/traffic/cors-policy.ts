import { Duration } from 'cdk8s';
import { checkOrigins } from './cors-origins';
import { checkHeaderName } from './header-name';
import { METHODS } from './methods';
import { StringMatch } from './string-match';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { CorsPolicyManifest } from '../manifests/istio-networking';

/**
 * Options for `CorsPolicy.allow`.
 */
export interface CorsOptions {
  /**
   * The origins whose pages may read the answers, as browsers write them: `https://shop.example.com`, with a port where it is not the scheme's own. Several
   * are named by `StringMatch.regex('https://[a-z0-9-]+\\.example\\.com')`, any port by `StringMatch.prefix('http://localhost:')`, all by
   * `StringMatch.exactly('*')`.
   *
   * Istio: `CorsPolicy.allowOrigins`.
   */
  readonly origins: StringMatch[];

  /**
   * The methods that pages of these origins may use, in capitals: some of those that are exposed.
   *
   * Istio: `CorsPolicy.allowMethods`.
   *
   * @default - all that are exposed
   */
  readonly methods?: string[];

  /**
   * The headers that pages may send, besides those that every page may; `*` alone means any.
   *
   * Istio: `CorsPolicy.allowHeaders`.
   *
   * @default - none: a request with `authorization`, or with `content-type: application/json`, is not sent
   */
  readonly headers?: string[];

  /**
   * The headers of an answer that pages may read, besides those that every page may; `*` alone means all, but not beside `credentials`.
   *
   * Istio: `CorsPolicy.exposeHeaders`.
   *
   * @default - none
   */
  readonly exposeHeaders?: string[];

  /**
   * For how long a browser need not ask again: whole seconds, up to a day. Chrome keeps to two hours at most.
   *
   * Istio: `CorsPolicy.maxAge`.
   *
   * @default - 5 seconds, as browsers do by themselves
   */
  readonly maxAge?: Duration;

  /**
   * Whether pages may read answers that the browser's cookies or its certificate were sent for. Then `origins` must not be everybody.
   *
   * Istio: `CorsPolicy.allowCredentials`.
   *
   * @default - false
   */
  readonly credentials?: boolean;
}

/**
 * Which pages of other origins may use a service from a browser (CORS). The proxy answers the question that a browser asks before a request (the
 * preflight, an OPTIONS), whatever the origin, and the program never sees it; answers to the allowed origins get the headers that say so. It is the browsers that keep to it: a program that is no
 * browser may ask from anywhere.
 *
 * Istio: `VirtualService.http.corsPolicy`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy
 */
@checked
export class CorsPolicy {
  /**
   * Allows pages of some origins.
   *
   * @example
   * const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['api.example.com'])] });
   * edge.exposes(orders, {
   *   hosts: ['api.example.com'],
   *   methods: ['GET', 'POST'],
   *   cors: CorsPolicy.allow({ origins: [StringMatch.exactly('https://shop.example.com')], headers: ['authorization', 'content-type'], maxAge: Duration.hours(1) }),
   * });
   */
  public static allow(options: CorsOptions): CorsPolicy {
    return new CorsPolicy({ ...options });
  }

  private constructor(private readonly options: CorsOptions) {}

  /**
   * @param methods those of the requests that it is for; without them, all.
   *
   * @internal
   */
  public _toManifest(site: Site, methods?: string[]): CorsPolicyManifest {
    const { origins, headers, exposeHeaders, maxAge, credentials } = this.options;
    const all = exposeHeaders?.indexOf('*') ?? -1;
    if (all >= 0 && credentials) {
      site.in('exposeHeaders').at(all).fail('InvalidCors', 'must not be all headers beside credentials: browsers look for one of that name', '*', 'Name the headers.');
    }
    return {
      allowOrigins: checkOrigins(site.in('origins'), origins, credentials ?? false),
      allowMethods: allowedMethods(site.in('methods'), this.options.methods, methods, credentials ?? false),
      allowHeaders: headers && headerNames(site.in('headers'), headers),
      exposeHeaders: exposeHeaders && headerNames(site.in('exposeHeaders'), exposeHeaders),
      maxAge: maxAge && wholeSeconds(site.in('maxAge'), maxAge),
      allowCredentials: credentials || undefined,
      // Otherwise the service would be asked, which has not been told of OPTIONS (envoyproxy/envoy source/extensions/filters/http/cors/cors_filter.cc)
      unmatchedPreflights: 'IGNORE',
    };
  }
}

function allowedMethods(site: Site, given: string[] | undefined, exposed: string[] | undefined, credentials: boolean): string[] {
  if (!given) {
    // Beside credentials browsers take the star for a method of that name
    return exposed?.filter(method => method !== 'OPTIONS' || exposed.length === 1) ?? (credentials ? METHODS.filter(method => method !== 'TRACE') : ['*']);
  }
  if (given.length === 0) {
    site.fail('EmptyList', 'must not be empty', given, 'Leave it out to allow all methods that are exposed.');
  }
  checkUnique(site, given, 'InvalidCors', 'Name each method once.');
  given.forEach((method, index) => {
    if (!METHODS.includes(method)) {
      site.at(index).fail('InvalidMethod', 'must be an HTTP method in capitals', method, `Use one of ${METHODS.join(', ')}.`);
    }
    if (exposed && !exposed.includes(method)) {
      site.at(index).fail('InvalidCors', 'must be a method that is exposed', method, `Use some of ${exposed.join(', ')}, or expose it.`);
    }
  });
  return [...given].sort();
}

function headerNames(site: Site, names: string[]): string[] {
  if (names.length === 0) {
    site.fail('EmptyList', 'must not be empty', names, 'Leave it out, or name a header.');
  }
  const known = names.map((name, index) => checkHeaderName(site.at(index), name));
  checkUnique(site, known, 'InvalidCors', 'Name each header once: its letter case does not count.');
  if (known.includes('*') && known.length > 1) {
    site.fail('InvalidCors', 'must not name headers beside "*"', names, 'Write [\'*\'] alone, or the headers alone: beside others it is a name like any other.');
  }
  return known;
}

/** Seconds are all that Istio hands on, and a day is all that any browser keeps. */
function wholeSeconds(site: Site, maxAge: Duration): string {
  const text = checkDuration(site, maxAge);
  if (maxAge.toMilliseconds() % 1000 !== 0 || maxAge.toSeconds() > 86_400) {
    site.fail('InvalidCors', 'must be whole seconds, up to a day', text, 'Use Duration.hours(1): no browser keeps an answer for longer than a day.');
  }
  return text;
}
