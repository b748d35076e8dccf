import { isHeaderName } from './header-name';
import { METHODS } from './methods';
import { checkGrpcPath, checkLiteralPath } from './path-syntax';
import { StringMatch } from './string-match';
import { checked } from '../diagnostics/checked';
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
   * Requests on this path. The query does not take part.
   *
   * @example
   * RouteMatch.path(StringMatch.prefix('/api/'));
   */
  public static path(value: StringMatch): RouteMatch {
    return new RouteMatch([{ field: 'uri', value }]);
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
    const manifest: HttpMatchManifest = {};
    const headers = new Map<string, StringMatchManifest>();
    for (const condition of this.conditions) {
      if (condition.field === 'header') {
        const name = headerName(site, condition.name);
        if (headers.has(name)) {
          site.fail('DuplicateCondition', 'must name a header once', name, 'Istio holds one condition for each header: join them in one StringMatch.regex().');
        }
        // An empty StringMatch is Istio's "present"
        headers.set(name, condition.value?._toManifest(site.in(`header(${name})`)) ?? {});
      } else {
        if (manifest[condition.field]) {
          site.fail('DuplicateCondition', `must have one condition on the ${condition.field}`, condition.field, 'Several matches are alternatives: list them beside each other.');
        }
        manifest[condition.field] = condition.value._toManifest(site.in(condition.field));
        checkPossible(site.in(condition.field), condition.field, condition.value._beginning);
      }
    }
    return headers.size > 0 ? { ...manifest, headers: Object.fromEntries(headers) } : manifest;
  }
}

type Condition = { field: 'header'; name: string; value?: StringMatch } | { field: 'uri' | 'method'; value: StringMatch };

/** A match that no request can fulfil would be dropped without a word by the proxy. */
function checkPossible(site: Site, field: 'uri' | 'method', beginning: string | undefined): void {
  if (field === 'uri' && beginning !== undefined) {
    checkLiteralPath(site, beginning, 'Write StringMatch.prefix(\'/api/\') for what begins so, and StringMatch.regex(\'/orders/[^/]+\') for a segment of any text.');
  }
  if (field === 'method' && beginning !== undefined && !METHODS.some(method => method.startsWith(beginning.toUpperCase()))) {
    site.fail('InvalidMethod', 'must be an HTTP method', beginning, `Use one of ${METHODS.join(', ')}.`);
  }
  if (field === 'method' && beginning !== undefined && beginning !== beginning.toUpperCase()) {
    site.fail('InvalidMethod', 'must be in capitals', beginning, `Write ${beginning.toUpperCase()}: methods are compared letter by letter.`);
  }
}

function headerName(site: Site, name: string): string {
  if (!isHeaderName(name)) {
    site.fail('InvalidHeader', 'must name a header of letters, digits and \'-\'', name, 'Write the name alone, such as x-user; path and method have matches of their own.');
  }
  return name.toLowerCase();
}
