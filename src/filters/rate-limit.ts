import { LimitActionManifest, LimitKey } from './limit-key';
import { LimitedRequests } from './limited-requests';
import { Rate, TokenBucketManifest } from './rate';
import { anyOf, callerExpression, checkExpressible, hostExpression, matchExpression } from './request-expression';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { Client } from '../graph/call';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshSettings } from '../graph/mesh-settings';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { RouteMatch } from '../traffic/route-match';

/**
 * Which requests a limit is for. All that is said holds at once.
 */
export interface RateLimitOptions {
  /**
   * The one whose requests it is for, by the identity that its proxy has shown: a workload that has declared a call to
   * the service, or whose requests to another one are copied there.
   *
   * @default - whoever calls
   */
  readonly from?: MeshDestination;

  /**
   * At a gateway, the hosts that clients ask for, at least one: each that of a server, or below a server's wildcard. Letter case and a port behind the name do not count, and a
   * wildcard stands for all names below.
   *
   * @default - all hosts
   */
  readonly hosts?: string[];

  /**
   * Requests that fulfil any of these, at least one. A path is compared without its query, and at a gateway as the client has written it. Of a query parameter that is
   * there several times any counts.
   *
   * @default - whatever is asked
   */
  readonly match?: RouteMatch[];

  /**
   * What has a bucket of its own for each of its values.
   *
   * @default - all requests that it is for share one
   */
  readonly per?: LimitKey;
}

/** A limit whose values are checked. */
export interface ResolvedLimit {
  readonly site: Site;
  readonly bucket: TokenBucketManifest;
  readonly from?: MeshDestination;
  readonly hosts?: string[];
  readonly matches?: HttpMatchManifest[];
  readonly per?: { key: string; action: LimitActionManifest };
}

/**
 * A limit for some requests.
 */
@checked
export class RateLimit {
  /**
   * @param rate how many of them.
   *
   * @example
   * RateLimit.of(Rate.perSecond(10, { burst: 20 }), { from: frontend, match: [RouteMatch.path(StringMatch.prefix('/reports/'))] });
   */
  public static of(rate: Rate, options: RateLimitOptions = {}): RateLimit {
    const { match, hosts } = options;
    return new RateLimit(rate, { ...options, ...(match && { match: [...match] }), ...(hosts && { hosts: [...hosts] }) });
  }

  private constructor(private readonly rate: Rate, private readonly options: RateLimitOptions) {}

  /**
   * @param requests what may be said of them where the limit holds.
   *
   * @internal
   */
  public _resolve(site: Site, requests: LimitedRequests): ResolvedLimit {
    const { from, hosts, match, per } = this.options;
    if (from) {
      requests.checkCaller(site.in('from'), from.node.path);
    }
    if (hosts) {
      requests.checkHosts(site.in('hosts'), hosts);
    }
    const asked = match && requests.matches(site.in('match'), match);
    asked?.forEach((manifest, index) => checkExpressible(site.in('match').at(index), manifest, requests));
    const key = per?._resolve(site.in('per'), requests);
    const header = key?.action.request_headers?.header_name;
    if (header !== undefined && asked && asked.length > 0 && asked.every(({ withoutHeaders = {} }) => JSON.stringify(withoutHeaders[header]) === '{}')) {
      site.in('per').fail('IneffectiveLimit', 'must be a header that its requests have, and the matches are for those without it', header,
        'Leave one of the two out: without the header no request counts.');
    }
    return { site, from, hosts, bucket: this.rate._toManifest(site.in('rate')), matches: asked, per: key };
  }
}

/** Whether a request is one that the limit is for; `undefined` where every one is. */
export function conditionOf({ hosts, matches }: ResolvedLimit, caller: Client | undefined, settings: MeshSettings): string | undefined {
  const parts = [
    ...(caller ? [callerExpression(caller, settings)] : []),
    ...(hosts ? [hostExpression(hosts)] : []),
    ...(matches ? [anyOf(matches.map(matchExpression))] : []),
  ];
  return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : parts.map(part => part.includes(' || ') ? `(${part})` : part).join(' && ');
}
