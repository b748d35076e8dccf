import { Construct } from 'constructs';
import { answerHeaders, header, limitedAnswers } from './answer-headers';
import { checkDistinct } from './effective-limits';
import { callerOf } from './filtered-service';
import { beforeRouter } from './inbound-filter';
import { computed } from './limit-key';
import { LimitPlace } from './limit-place';
import { placeOf } from './place-of';
import { conditionOf, RateLimit, ResolvedLimit } from './rate-limit';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { envoyFilter, TypedConfigManifest } from '../manifests/istio-filters';
import { IngressGateway } from '../mesh/ingress-gateway';
import { RoutedService } from '../mesh/routed-service';
import { objectLabels } from '../workload/labels';

/**
 * Properties of `LocalRateLimit`.
 */
export interface LocalRateLimitProps {
  /**
   * The service whose pods are protected, of the chart's namespace.
   *
   * @default - none: there is a gateway
   */
  readonly service?: RoutedService;

  /**
   * The gateway at which requests are limited, before any service is asked: a `MeshGateway` of the chart's namespace.
   *
   * @default - none: there is a service
   */
  readonly gateway?: IngressGateway;

  /**
   * The limits, at least one. A request counts for each that it is one of, and passes when all of them have a token.
   */
  readonly limits: RateLimit[];

  /**
   * The name of the service's port that they are for.
   *
   * @default - the service's only port of HTTP or gRPC; a service with several needs it
   */
  readonly port?: string;

  /**
   * The port of the gateway to which clients connect.
   *
   * @default - every one on which the gateway takes requests and does not send all of them to HTTPS
   */
  readonly gatewayPort?: number;

  /**
   * Whether every answer says how much is left, in `x-ratelimit-limit`, `x-ratelimit-remaining` and `x-ratelimit-reset`: of the limit that the
   * request is nearest to.
   *
   * Envoy: `enable_x_ratelimit_headers: DRAFT_VERSION_03`.
   *
   * @default - false
   */
  readonly tellsWhatIsLeft?: boolean;

  /**
   * Headers of the answer to a request that is over a limit, at least one, and none that says the status of a gRPC call. Values are as in `HeaderOperations.add`.
   *
   * Envoy: `response_headers_to_add`.
   *
   * @default - none
   */
  readonly answerHeaders?: { [name: string]: string };

  /**
   * Of how many values the buckets are kept, for each limit with `per`; from 1 to 4294967295. The one that was not asked for the longest is
   * forgotten, and begins anew with a full bucket.
   *
   * Envoy: `max_dynamic_descriptors`.
   *
   * @default - 1000
   */
  readonly rememberedValues?: number;

  /**
   * Whether what is over a limit is let through, to see what a limit would refuse: the program gets the header `x-over-rate-limit: true` with it.
   *
   * Envoy: `filter_enforced`, `request_headers_to_add_when_not_enforced`.
   *
   * @default - false
   */
  readonly dryRun?: boolean;
}

/**
 * Limits how many requests reach each pod of a service, or pass each pod of a gateway. Its proxy counts, and answers what is over a limit with 429, in gRPC with
 * RESOURCE_EXHAUSTED; clients' proxies do not repeat it, but where a call says `codes: [429]` or `RetryOn.RESOURCE_EXHAUSTED`. Refused requests of those who may not call do not count.
 *
 * Each pod counts for itself: twice as many pods take twice as much. So does each port, and at a gateway each server of HTTPS. What holds for all of them together is a `GlobalRateLimit`.
 *
 * It becomes an EnvoyFilter of the construct's id, which is written for Istio 1.30 and 1.31.
 *
 * Throws `InvalidName`, `MissingProperty`, `MissingNamespace`, `OtherApp`, `OtherNamespace`, `NotOurs`, `NotCallable`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `DuplicateName`, `EmptyList`,
 * `InvalidRate`, `IneffectiveLimit`, `InvalidHeader`, `InvalidHost`, `IneffectiveAddresses`, `InvalidCidr`, `NoIdentity`, the errors of its matches, and at synth `UndeclaredCall`,
 * `IneffectiveLimit`, `ImpossibleMatch` and `UnexposedHost`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter
 *
 * @example
 * new LocalRateLimit(chart, 'orders-limit', {
 *   service: orders,
 *   limits: [
 *     RateLimit.of(Rate.perSecond(100, { burst: 200 })),
 *     RateLimit.of(Rate.perSecond(10, { burst: 20 }), { from: frontend }),
 *     RateLimit.of(Rate.perMinute(30), { match: [RouteMatch.path(StringMatch.prefix('/orders.v1.Orders/Export'))] }),
 *     RateLimit.of(Rate.perSecond(5), { per: LimitKey.header('x-customer') }),
 *   ],
 * });
 */
@checked
export class LocalRateLimit extends Construct {
  constructor(scope: Construct, id: string, props: LocalRateLimitProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const graph = MeshGraph.of(this);
    const place = placeOf(this, props);
    const { name, namespace } = place;
    const limits = this.resolved(props.limits, place);
    const headers = answerHeaders(at('answerHeaders'), props.answerHeaders, place);
    if (props.dryRun && headers.length > 0) {
      at('answerHeaders').fail('IneffectiveLimit', 'have no effect beside dryRun', props.answerHeaders, 'Leave one of them out: nothing is answered by the limit.');
    }
    const remembered = props.rememberedValues === undefined ? 1000
      : checkInteger(at('rememberedValues'), props.rememberedValues, 1, 4294967295, 'InvalidRate', 'Write of how many values the buckets are kept.');
    if (props.rememberedValues !== undefined && !limits.some(({ per }) => per)) {
      at('rememberedValues').fail('IneffectiveLimit', 'has no effect without a limit with per', props.rememberedValues, 'Leave it out.');
    }
    graph.claim(at('id'), ['EnvoyFilter'], namespace, name, this.node.path);
    place.claim('local rate limit');
    place.check(limits);
    checkDistinct(limits);
    envoyFilter(this, 'envoy-filter', { name, labels: objectLabels(name) }, () => beforeRouter(place.chains, 10, {
      name: 'envoy.filters.http.local_ratelimit',
      typed_config: {
        ...this.counted(limits),
        ...(limits.some(({ per }) => per) && { max_dynamic_descriptors: remembered }),
        ...limitedAnswers(props, headers, place.isGrpc),
        ...(props.dryRun && { request_headers_to_add_when_not_enforced: [header('x-over-rate-limit', 'true')] }),
        ...share('filter_enabled', 100),
        ...share('filter_enforced', props.dryRun ? 0 : 100),
      },
    }));
  }

  private resolved(limits: RateLimit[], place: LimitPlace): ResolvedLimit[] {
    const site = Site.of(this, 'limits');
    if (limits.length === 0) {
      site.fail('EmptyList', 'must not be empty', limits, 'Give at least one RateLimit, or leave the construct out.');
    }
    return limits.map((limit, index) => limit._resolve(site.at(index), place));
  }

  /**
   * A descriptor of its own for each limit: a request has as many as there are limits that it counts for.
   *
   * Upstream: envoyproxy/envoy source/extensions/filters/common/local_ratelimit/local_ratelimit_impl.cc, requestAllowed: a token is taken of every descriptor
   * that a request has, of the slowest first.
   */
  private counted(limits: ResolvedLimit[]): TypedConfigManifest {
    const { settings } = MeshGraph.of(this);
    const all = limits.map(({ from, site, per, bucket, ...rest }, index) => {
      const key = `limit-${index}`;
      const condition = conditionOf({ site, bucket, ...rest }, from && callerOf(site.in('from'), from), settings);
      const own = condition === undefined ? { generic_key: { descriptor_key: key, descriptor_value: 'true' } } : computed(key, condition);
      return {
        rates: { actions: [own, ...(per ? [per.action] : [])] },
        // An entry without a value is one for each
        descriptor: { entries: [{ key, value: 'true' }, ...(per ? [{ key: per.key }] : [])], token_bucket: bucket },
      };
    });
    return {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      'stat_prefix': 'http_local_rate_limiter',
      // Without a bucket of its own, what no limit is for is not limited
      'always_consume_default_token_bucket': false,
      'rate_limits': all.map(({ rates }) => rates),
      'descriptors': all.map(({ descriptor }) => descriptor),
    };
  }
}

function share(field: string, percent: number) {
  return { [field]: { default_value: { numerator: percent, denominator: 'HUNDRED' } } };
}
