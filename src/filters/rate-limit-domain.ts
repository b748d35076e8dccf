import { Yaml } from 'cdk8s';
import { ANYWHERE, LimitedRequests } from './limited-requests';
import { RateLimit, ResolvedLimit } from './rate-limit';
import { checked } from '../diagnostics/checked';
import { checkDnsName } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** By this entry a rate limit service tells the limits of a domain from each other. */
export const LIMIT = 'limit';

/** The files that domains have become: what else a file of a domain's name holds, nobody knows. */
const WRITTEN = new Set<string>();

/** Whether a text is the file of a domain of that name. */
export function isFileOf(domain: string, text: string): boolean {
  return WRITTEN.has(text) && text.startsWith(`domain: ${domain}\n`);
}

/**
 * Limits that a rate limit service counts for all pods together: for those of one service or gateway, or of several that have the domain in common.
 *
 * A request is asked about with one descriptor for each limit that it is one of: the entry `limit` with the limit's name, and one more for what it has a bucket of its own
 * for: `caller`, `path`, the name of the header or of the query parameter, or `masked_remote_address`.
 */
@checked
export class RateLimitDomain {
  /**
   * @param name by which the service keeps these limits apart from others: DNS labels with dots between them. All limits of one name that one service counts are one
   * `RateLimitDomain`: it takes no second file of the name.
   * @param limits by name, at least one. Their rates are in seconds, minutes, hours or days, and without a burst: the service counts in windows.
   *
   * @example
   * const limits = RateLimitDomain.of('orders', {
   *   all: RateLimit.of(Rate.perSecond(500)),
   *   customer: RateLimit.of(Rate.perMinute(100), { per: LimitKey.header('x-customer') }),
   * });
   */
  public static of(name: string, limits: { [name: string]: RateLimit }): RateLimitDomain {
    return new RateLimitDomain(name, { ...limits });
  }

  private constructor(private readonly name: string, private readonly limits: { [name: string]: RateLimit }) {}

  /**
   * The limits as a file of envoyproxy/ratelimit, which finds those of its folder `config`.
   *
   * Throws `InvalidName`, `EmptyList` and `InvalidRate`.
   *
   * @see https://github.com/envoyproxy/ratelimit#configuration
   *
   * @example
   * const limits = RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(500)) });
   * new MeshService(chart, 'limiter', {
   *   image: 'ghcr.io/acme/ratelimit:1.0.0',
   *   ports: [MeshPort.grpc(8081)],
   *   configuration: [Configuration.files('/data/ratelimit/config', { 'orders.yaml': limits.configuration })],
   * });
   */
  public get configuration(): string {
    const { domain, limits } = this._resolve(Site.named('RateLimitDomain', 'domain'), ANYWHERE);
    const text = Yaml.stringify({
      domain,
      descriptors: limits.map(({ name, per, unit, bucket }) => {
        const rate = { rate_limit: { unit, requests_per_unit: bucket.tokens_per_fill } };
        return { key: LIMIT, value: name, ...(per ? { descriptors: [{ key: per.key, ...rate }] } : rate) };
      }),
    });
    WRITTEN.add(text);
    return text;
  }

  /** @internal */
  public _resolve(site: Site, requests: LimitedRequests): { domain: string; limits: NamedLimit[] } {
    const entries = Object.entries(this.limits);
    if (entries.length === 0) {
      site.in('limits').fail('EmptyList', 'must not be empty', this.limits, 'Give at least one RateLimit.');
    }
    const limits = entries.map(([name, limit]) => {
      const at = site.in('limits').in(name);
      const resolved = limit._resolve(at, requests);
      return { ...resolved, name: checkDnsName(at, name), unit: unitOf(at.in('rate'), resolved) };
    });
    return { domain: checkDnsName(site.in('name'), this.name), limits };
  }
}

export interface NamedLimit extends ResolvedLimit {
  readonly name: string;
  readonly unit: string;
}

/** Upstream: envoyproxy/ratelimit api/ratelimit/config/ratelimit/v3/rls_conf.proto, RateLimitUnit. */
const UNITS: { [interval: string]: string } = { '1s': 'second', '60s': 'minute', '3600s': 'hour', '86400s': 'day' };

function unitOf(site: Site, { bucket: { fill_interval, max_tokens, tokens_per_fill } }: ResolvedLimit): string {
  if (max_tokens !== tokens_per_fill) {
    site.in('burst').fail('InvalidRate', 'is not counted by a rate limit service, whose windows begin empty', max_tokens, 'Leave it out, or use it for each pod: LocalRateLimit.');
  }
  return UNITS[fill_interval] ?? site.in('interval').fail('InvalidRate', 'must be a second, a minute, an hour or a day', fill_interval, 'Use Rate.perSecond() or Rate.perMinute().');
}
