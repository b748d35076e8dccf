import { LimitActionManifest, LimitKey } from './limit-key';
import { Rate, TokenBucketManifest } from './rate';
import { anyOf, callerExpression, checkExpressible, matchExpression } from './request-expression';
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
   * The one whose requests it is for, by the identity that its proxy has shown: a workload that has declared a call to the service.
   *
   * @default - whoever calls
   */
  readonly from?: MeshDestination;

  /**
   * Requests that fulfil any of these, at least one. A path is compared without its query.
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
  readonly matches?: HttpMatchManifest[];
  readonly per?: { key: string; action: LimitActionManifest };
}

/**
 * A limit for some requests to one pod.
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
    return new RateLimit(rate, { ...options, ...(options.match && { match: [...options.match] }) });
  }

  private constructor(private readonly rate: Rate, private readonly options: RateLimitOptions) {}

  /**
   * @param matches turns the user's into manifests, by what the port speaks.
   *
   * @internal
   */
  public _resolve(site: Site, matches: (site: Site, matches: RouteMatch[]) => HttpMatchManifest[]): ResolvedLimit {
    const { from, match, per } = this.options;
    const asked = match && matches(site.in('match'), match);
    asked?.forEach((manifest, index) => checkExpressible(site.in('match').at(index), manifest));
    const key = per?._resolve(site.in('per'));
    if (asked && asked.every(({ withoutHeaders = {} }) => JSON.stringify(withoutHeaders[key?.action.request_headers?.header_name ?? '']) === '{}')) {
      site.in('per').fail('IneffectiveLimit', 'must be a header that its requests have, and the matches are for those without it', key!.key, 'Leave one of the two out: without the header no request counts.');
    }
    return { site, from, bucket: this.rate._toManifest(site.in('rate')), matches: asked, per: key };
  }
}

/** Whether a request is one that the limit is for; `undefined` where every one is. */
export function conditionOf({ matches }: ResolvedLimit, caller: Client | undefined, settings: MeshSettings): string | undefined {
  const parts = [
    ...(caller ? [callerExpression(caller, settings)] : []),
    ...(matches ? [anyOf(matches.map(matchExpression))] : []),
  ];
  return parts.length === 0 ? undefined : parts.length === 1 ? parts[0] : parts.map(part => part.includes(' || ') ? `(${part})` : part).join(' && ');
}
