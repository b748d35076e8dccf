import { checkHeaderName } from './header-name';
import { checkHeaderText, checkParameterText, checkPossible } from './impossible-match';
import { accepts, covers } from './match-intersection';
import { checkGrpcPath } from './path-syntax';
import { StringMatch } from './string-match';
import { checked } from '../diagnostics/checked';
import { checkKept } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { HttpMatchManifest, StringMatchManifest } from '../manifests/istio-networking';

/**
 * Which requests a route is for. All the conditions of one match hold at once; several matches are alternatives.
 *
 * Istio: `VirtualService.http.match`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
@checked
export class RouteMatch {
  /**
   * Requests with this header.
   *
   * @param name letter case does not count.
   *
   * @example
   * RouteMatch.header('x-user', StringMatch.exactly('qa'));
   */
  public static header(name: string, value: StringMatch): RouteMatch {
    return new RouteMatch([{ field: 'header', name, value }]);
  }

  /**
   * Requests that carry this header, whatever its value.
   *
   * @example
   * RouteMatch.headerPresent('x-preview');
   */
  public static headerPresent(name: string): RouteMatch {
    return new RouteMatch([{ field: 'header', name }]);
  }

  /**
   * Requests without this header, or whose header has another value: one that is not there has none.
   *
   * Istio: `HTTPMatchRequest.withoutHeaders`.
   *
   * @param name letter case does not count.
   * @param value what the header must not be; a pattern has to ask for one character or more.
   *
   * @default - whatever its value
   *
   * @example
   * RouteMatch.withoutHeader('x-user', StringMatch.prefix('bot-'));
   */
  public static withoutHeader(name: string, value?: StringMatch): RouteMatch {
    return new RouteMatch([{ field: 'withoutHeader', name, value }]);
  }

  /**
   * Requests whose query has this parameter with this value. Of a parameter that is there several times the first one counts. Both are compared as they
   * stand in the request, percent-encoded, letter case included.
   *
   * Istio: `HTTPMatchRequest.queryParams`.
   *
   * @example
   * RouteMatch.queryParameter('preview', StringMatch.exactly('true'));
   */
  public static queryParameter(name: string, value: StringMatch): RouteMatch {
    return new RouteMatch([{ field: 'queryParam', name, value }]);
  }

  /**
   * Requests whose query has this parameter, whatever its value, and without one.
   *
   * Istio: `HTTPMatchRequest.queryParams`.
   *
   * @example
   * RouteMatch.queryParameterPresent('preview');
   */
  public static queryParameterPresent(name: string): RouteMatch {
    return new RouteMatch([{ field: 'queryParam', name }]);
  }

  /**
   * Requests on this path. The query does not take part.
   *
   * Istio: `HTTPMatchRequest.uri` and `ignoreUriCase`.
   *
   * @param options how it is compared.
   *
   * @example
   * RouteMatch.path(StringMatch.prefix('/api/'), { ignoreCase: true });
   */
  public static path(value: StringMatch, options: PathMatchOptions = {}): RouteMatch {
    return new RouteMatch([{ field: 'uri', value, ignoreCase: options.ignoreCase }]);
  }

  /**
   * Calls of a gRPC service, or of one of its methods.
   *
   * Istio: `HTTPMatchRequest.uri`, since a gRPC call's path is `/package.Service/Method`.
   *
   * @param service its whole name, package included: `orders.v1.Orders`.
   * @param method its name alone.
   *
   * @default - every method of the service
   *
   * @example
   * RouteMatch.grpc('orders.v1.Orders', 'Get');
   */
  public static grpc(service: string, method?: string): RouteMatch {
    return new RouteMatch([{ field: 'grpc', service, method }]);
  }

  /**
   * Requests that ask for this name (`Host`, `:authority`). It is the name as the client has written it: with the port, if it wrote one, and within the mesh
   * in any of the ways in which a service can be named (`orders`, `orders.shop`, `orders.shop.svc.cluster.local:8080`).
   *
   * Istio: `HTTPMatchRequest.authority`.
   *
   * @param value in small letters: it is compared letter by letter.
   *
   * @example
   * RouteMatch.authority(StringMatch.prefix('beta.'));
   */
  public static authority(value: StringMatch): RouteMatch {
    return new RouteMatch([{ field: 'authority', value }]);
  }

  /**
   * Requests over HTTP or HTTPS, as the proxy that routes them sees it: a gateway that ends the TLS. Within the mesh the program speaks HTTP to its proxy.
   *
   * Istio: `HTTPMatchRequest.scheme`.
   *
   * @param scheme `http` or `https`.
   *
   * @example
   * RouteMatch.scheme('https');
   */
  public static scheme(scheme: string): RouteMatch {
    return new RouteMatch([{ field: 'scheme', value: StringMatch.exactly(scheme) }]);
  }

  /**
   * Requests with this method.
   *
   * @example
   * RouteMatch.method(StringMatch.exactly('GET'));
   */
  public static method(value: StringMatch): RouteMatch {
    return new RouteMatch([{ field: 'method', value }]);
  }

  private constructor(private readonly conditions: Condition[]) {}

  /**
   * Requests that fulfil this match and another one.
   *
   * @example
   * RouteMatch.path(StringMatch.prefix('/api/')).also(RouteMatch.headerPresent('x-preview'));
   */
  public also(other: RouteMatch): RouteMatch {
    return new RouteMatch([...this.conditions, ...other.conditions]);
  }

  /** @internal */
  public _checkGrpc(site: Site): void {
    for (const condition of this.conditions) {
      if (condition.field === 'queryParam') {
        site.in(`queryParameter(${condition.name})`).fail('ImpossibleMatch', 'must not be asked of gRPC, whose requests have no query', condition.name, 'Match by a header: what a client says beside its message is metadata.');
      }
      const method = condition.field === 'method' ? condition.value._toManifest(site).exact : undefined;
      if (method !== undefined && method !== 'POST') {
        site.in('method').fail('InvalidMethod', 'must be POST on a gRPC port', method, 'Every gRPC call is a POST: match its path, /orders.v1.Orders/Get.');
      }
      const { exact, prefix } = condition.field === 'uri' ? condition.value._toManifest(site) : {} as StringMatchManifest;
      if (exact !== undefined || prefix !== undefined) {
        checkGrpcPath(site.in('uri'), (exact ?? prefix)!, exact === undefined);
      }
    }
  }

  /** @internal */
  public _toManifest(site: Site): HttpMatchManifest {
    const single: HttpMatchManifest = {};
    const list = () => new Map<string, StringMatchManifest>();
    const named = { headers: list(), withoutHeaders: list(), queryParams: list() };
    for (const condition of this.conditions) {
      if ('name' in condition) {
        const [known, name] = [named[LISTS[condition.field]], nameOf(site, condition)];
        if (known.has(name)) {
          site.fail('DuplicateCondition', `must name a ${condition.field === 'queryParam' ? 'query parameter' : 'header'} once`, name,
            'Istio holds one condition for each: join them in one StringMatch.regex().');
        }
        const at = site.in(`${PLACES[condition.field]}(${name})`);
        // An empty StringMatch is Istio's "present"
        const value = condition.value?._toManifest(at, ANY[condition.field]) ?? {};
        (condition.field === 'queryParam' ? checkParameterText : checkHeaderText)(at, value);
        known.set(name, value);
        continue;
      }
      const field = condition.field === 'grpc' ? 'uri' : condition.field;
      if (single[field]) {
        site.fail('DuplicateCondition', `must have one condition on the ${field}`, field, 'Several matches are alternatives: list them beside each other.');
      }
      if (condition.field === 'grpc') {
        single.uri = grpcPath(site.in('grpc'), condition);
        continue;
      }
      single[field] = condition.value._toManifest(site.in(field), `leave this condition out for requests of any ${field === 'uri' ? 'path' : field}`);
      checkPossible(site.in(field), field, single[field]!);
      if (condition.field === 'uri' && condition.ignoreCase) {
        single.ignoreUriCase = ignoredCase(site.in(field), single.uri!);
      }
    }
    const { headers, withoutHeaders, queryParams } = named;
    withoutHeaders.forEach((value, name) => checkWithout(site.in(`withoutHeader(${name})`), value, headers.get(name)));
    const listed = Object.entries({ headers, withoutHeaders, queryParams }).filter(([, { size }]) => size > 0);
    return { ...single, ...Object.fromEntries(listed.map(([field, conditions]) => [field, Object.fromEntries(conditions)])) };
  }
}

/**
 * How a path is compared.
 */
export interface PathMatchOptions {
  /**
   * Whether `/Orders` is `/orders`. It is for texts and beginnings; a regular expression says so itself, by `(?i)`.
   *
   * Istio: `HTTPMatchRequest.ignoreUriCase`.
   *
   * @default - false: letter case counts
   */
  readonly ignoreCase?: boolean;
}

/** Upstream: envoyproxy/envoy api/envoy/config/route/v3/route_components.proto, QueryParameterMatcher.name. */
const LONGEST_PARAMETER = 1024;

type NamedField = 'header' | 'withoutHeader' | 'queryParam';
type NamedCondition = { field: NamedField; name: string; value?: StringMatch };
type GrpcCondition = { field: 'grpc'; service: string; method?: string };
type SingleField = 'uri' | 'method' | 'authority' | 'scheme';
type Condition = NamedCondition | GrpcCondition | { field: SingleField; value: StringMatch; ignoreCase?: boolean };

const LISTS = { header: 'headers', withoutHeader: 'withoutHeaders', queryParam: 'queryParams' } as const;
const ANY = {
  header: 'RouteMatch.headerPresent() is for any value of a header',
  withoutHeader: 'leave it out for requests without the header',
  queryParam: 'RouteMatch.queryParameterPresent() is for any value of a parameter',
};
const PLACES = { header: 'header', withoutHeader: 'withoutHeader', queryParam: 'queryParameter' } as const;

function ignoredCase(site: Site, { regex }: StringMatchManifest): boolean {
  if (regex !== undefined) {
    site.fail('InvalidRegex', 'must say itself that letter case does not count', regex, `Leave ignoreCase out, and begin with (?i): StringMatch.regex('(?i)${regex}').`);
  }
  return true;
}

/**
 * A header that is not there is compared as an empty text.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/route/route.go, TranslateRouteMatch (TreatMissingHeaderAsEmpty).
 */
function checkWithout(site: Site, value: StringMatchManifest, header?: StringMatchManifest): void {
  if (value.regex !== undefined && accepts(value, '')) {
    site.fail('ImpossibleMatch', 'must ask for one character or more: a request without the header would be left out too', value.regex,
      'Write + in the place of *, or leave the value out: then it is for requests without the header.');
  }
  if (header && covers(value, header)) {
    site.fail('ImpossibleMatch', 'must leave something of what the same match asks of the header', header, 'Leave one of the two out, or give RouteMatch.withoutHeader() a narrower value.');
  }
}

function grpcPath(site: Site, { service, method }: GrpcCondition): StringMatchManifest {
  if (service.includes('/')) {
    site.fail('InvalidPath', 'must name the service alone', service, 'Write RouteMatch.grpc(\'orders.v1.Orders\', \'Get\').');
  }
  const path = `/${service}/${method ?? ''}`;
  checkGrpcPath(site, path, method === undefined, method === undefined ? service : path);
  return method === undefined ? { prefix: path } : { exact: path };
}

export function checkParameterName(site: Site, name: string): string {
  checkKept(site, name);
  if (name.length > LONGEST_PARAMETER) {
    site.fail('InvalidName', `must have at most ${LONGEST_PARAMETER} characters`, `${name.length} characters`, 'Write the name alone, such as preview: Envoy takes no more.');
  }
  return /^[!-~]+$/.test(name) && !/[&=#?]/.test(name) ? name : site.fail('InvalidName', 'must name a parameter as it stands in the query', name,
    'Write the name alone, such as preview: no \'?\', \'&\' and \'=\', percent-encoded where the request is.');
}

function nameOf(site: Site, { field, name }: NamedCondition): string {
  if (field === 'queryParam') {
    return checkParameterName(site, name);
  }
  return checkHeaderName(site, name, 'Write the name alone, such as x-user; path and method have matches of their own.');
}
