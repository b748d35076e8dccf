import { ApiObject, Duration } from 'cdk8s';
import { Construct } from 'constructs';
import { answerHeaders, limitedAnswers } from './answer-headers';
import { checkDistinct } from './effective-limits';
import { callerOf } from './filtered-service';
import { beforeRouter } from './inbound-filter';
import { computed } from './limit-key';
import { placeOf } from './place-of';
import { conditionOf } from './rate-limit';
import { isFileOf, LIMIT, NamedLimit, RateLimitDomain } from './rate-limit-domain';
import { checked } from '../diagnostics/checked';
import { checkDuration } from '../diagnostics/checks';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { millisOf } from '../graph/call-budget';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { portOf } from '../graph/resolve-call';
import { envoyFilter } from '../manifests/istio-filters';
import { IngressGateway } from '../mesh/ingress-gateway';
import { RoutedService } from '../mesh/routed-service';
import { PathPattern } from '../traffic/path-pattern';
import { objectLabels } from '../workload/labels';

/** All that Envoy asks: envoyproxy/envoy api/envoy/service/ratelimit/v3/rls.proto. */
const SHOULD_RATE_LIMIT = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit';

/**
 * Properties of `GlobalRateLimit`.
 */
export interface GlobalRateLimitProps {
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
   * The limits, which are counted for all pods together.
   */
  readonly domain: RateLimitDomain;

  /**
   * Who counts: a service that speaks Envoy's protocol for it, such as envoyproxy/ratelimit. The way there is opened to the pods of the service or gateway, and to no others; it allows
   * them that one question, if it is in this app, and belongs to no calls of theirs.
   */
  readonly rateLimitService: MeshDestination;

  /**
   * The name of its port.
   *
   * @default - its only port; one with several needs it
   */
  readonly rateLimitPort?: string;

  /**
   * The name of the protected service's port.
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
   * How long a request waits for the answer of who counts, at least 1 ms; less than the `timeout` of each call to the port, also where it is left out, or what `failClosed` says would be for nobody.
   *
   * Envoy: `timeout`.
   *
   * @default - 20 ms
   */
  readonly timeout?: Duration;

  /**
   * Whether requests are refused with 500 while nobody counts.
   *
   * Envoy: `failure_mode_deny`.
   *
   * @default - false: they pass
   */
  readonly failClosed?: boolean;

  /**
   * Whether every answer says how much is left, as the service that counts says: `x-ratelimit-limit`, `x-ratelimit-remaining`, `x-ratelimit-reset`.
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
}

/**
 * Limits how many requests reach all pods of a service together, or pass all of a gateway, by asking a service that counts. The proxy of each pod asks it for every request that is one of a
 * limit, and answers what is over it with 429, in gRPC with RESOURCE_EXHAUSTED. A `LocalRateLimit` beside it comes first.
 *
 * It becomes an EnvoyFilter of the construct's id, which is written for Istio 1.30 and 1.31.
 *
 * Throws `InvalidName`, `MissingProperty`, `MissingNamespace`, `OtherApp`, `OtherNamespace`, `NotOurs`, `NotCallable`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `InvalidPort`, `WildcardHost`, `CallToSelf`,
 * `DuplicateName`, `EmptyList`, `InvalidRate`, `IneffectiveLimit`, `InvalidHeader`, `InvalidDuration`, `InvalidHost`, `IneffectiveAddresses`, `InvalidCidr`, `NoIdentity`, the errors of its
 * matches, and at synth `UndeclaredCall`, `IneffectiveLimit`, `ImpossibleMatch`, `UnexposedHost` and `TimeoutTooShort`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/rate_limit_filter
 *
 * @example
 * const limiter = new ExistingWorkload(app, 'ratelimit', { namespace: 'limits', podLabels: { app: 'ratelimit' }, ports: [MeshPort.grpc(8081)], inMesh: false });
 * new GlobalRateLimit(chart, 'orders-limits', {
 *   service: orders,
 *   domain: RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(500)), frontend: RateLimit.of(Rate.perMinute(600), { from: frontend }) }),
 *   rateLimitService: limiter,
 * });
 */
@checked
export class GlobalRateLimit extends Construct {
  constructor(scope: Construct, id: string, props: GlobalRateLimitProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const graph = MeshGraph.of(this);
    const place = placeOf(this, props);
    const { name, namespace } = place;
    const { domain, limits } = props.domain._resolve(at('domain'), place);
    const counter = this.counterOf(props);
    const timeout = checkDuration(at('timeout'), props.timeout ?? Duration.millis(20));
    const headers = answerHeaders(at('answerHeaders'), props.answerHeaders, place);
    graph.claim(at('id'), ['EnvoyFilter'], namespace, name, this.node.path);
    place.claim('global rate limit');
    place.check(limits);
    checkDistinct(limits);
    checkDomain(graph, at('domain').in('name'), `${props.rateLimitService.node.path} ${counter.name} ${domain}`, props.domain, domain);
    graph.check(() => checkFile(at('domain'), props, domain));
    const impatient = () => place.incoming().filter(call => call.timeout !== undefined && millisOf(call.timeout) <= millisOf(timeout));
    graph.check(() => impatient().map(({ client, timeout: own }, _, all) => at('timeout').problem(
      'TimeoutTooShort', `must be less than ${client.name} waits for the whole answer, ${own}: while nobody counts, each of its requests would run out of time`, timeout,
      shorter(Math.min(...all.map(call => millisOf(call.timeout!)))))));
    graph.addProxyCall({
      server: props.rateLimitService._destination,
      port: counter,
      by: place.includes,
      methods: ['POST'],
      paths: [PathPattern.parse(at('rateLimitService'), SHOULD_RATE_LIMIT)],
    });
    envoyFilter(this, 'envoy-filter', { name, labels: objectLabels(name) }, () => {
      const host = props.rateLimitService._destination.host(graph.settings);
      return beforeRouter(place.chains, 20, {
        name: 'envoy.filters.http.ratelimit',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit',
          domain,
          'rate_limits': limits.map(limit => ({ actions: this.actionsOf(limit) })),
          'rate_limit_service': {
            // The proxy's own cluster for a call to that port: istio/istio pilot/pkg/model/service.go, BuildSubsetKey
            grpc_service: { envoy_grpc: { cluster_name: `outbound|${counter.port}||${host}`, authority: host } },
            transport_api_version: 'V3',
          },
          timeout,
          'failure_mode_deny': props.failClosed ?? false,
          ...limitedAnswers(props, headers, place.isGrpc),
        },
      });
    });
  }

  private counterOf({ service, rateLimitService, rateLimitPort }: GlobalRateLimitProps): MeshPort {
    const site = Site.of(this, 'rateLimitService');
    MeshGraph.of(this).checkMember(site, rateLimitService, 'Describe it in this app, as an ExistingWorkload if something else runs it.');
    if ((rateLimitService as Construct) === service) {
      site.fail('CallToSelf', 'must be another service', rateLimitService.node.path, 'Have something else count: the requests of who counts would wait for its own answers.');
    }
    const server = rateLimitService._destination;
    if (server.wildcard) {
      site.fail('WildcardHost', 'must be one host', server.path, 'Name the host.');
    }
    const at = Site.of(this, 'rateLimitPort');
    const port = portOf(site, server, rateLimitPort, at);
    return port._protocol === 'grpc' ? port : at.fail('InvalidPort', 'must be one of gRPC', port.name, 'Declare it as MeshPort.grpc(8081), or name the one that is.');
  }

  private actionsOf(limit: NamedLimit) {
    const { settings } = MeshGraph.of(this);
    const { name, from, per, site } = limit;
    const condition = conditionOf(limit, from && callerOf(site.in('from'), from), settings);
    // An error of the expression makes no descriptor, and without one nobody is asked
    const own = condition === undefined ? { generic_key: { descriptor_key: LIMIT, descriptor_value: name } }
      : computed(LIMIT, `(${condition}) ? ${JSON.stringify(name)} : request.headers[":none"]`);
    return [own, ...(per ? [per.action] : [])];
  }
}

/** Of a counter that this app describes, its file of the domain's name is the domain's, or is written by hand. */
function checkFile(site: Site, { domain, rateLimitService }: GlobalRateLimitProps, name: string): MeshProblem[] {
  const maps = rateLimitService.node.children.filter(child => ApiObject.isApiObject(child) && child.kind === 'ConfigMap') as ApiObject[];
  const texts = maps.flatMap(map => Object.values<string>(map.toJson().data ?? {})).filter(text => isFileOf(name, text));
  return texts.length === 0 || texts.includes(domain.configuration) ? [] : [site.problem('IneffectiveLimit',
    `must be the one whose file ${rateLimitService.node.path} has: it would count by other limits of that name`, name, 'Give both the same RateLimitDomain.')];
}

const COUNTED = new WeakMap<MeshGraph, Map<string, RateLimitDomain>>();

/**
 * The counter has one file for a domain, and does not start with two unless it is told to merge them: envoyproxy/ratelimit src/config/config_impl.go, loadConfig.
 *
 * @param key tells the domains of one counter apart.
 */
function checkDomain(graph: MeshGraph, site: Site, key: string, domain: RateLimitDomain, name: string): void {
  const known = COUNTED.get(graph) ?? new Map<string, RateLimitDomain>();
  COUNTED.set(graph, known.set(key, known.get(key) ?? domain));
  const other = known.get(key)!;
  if (other.configuration !== domain.configuration) {
    site.fail('DuplicateName', 'must be another than that of other limits which the same service counts: it takes one file of a name', name,
      'Give the two constructs one RateLimitDomain, or each its own name.');
  }
}

/** @param least in how many milliseconds the least patient client gives up. */
function shorter(least: number): string {
  return least > 1 ? `Write timeout: Duration.millis(${least - 1}) at most, or give the call more time.` : 'Give the call more time: nobody answers in less than a millisecond.';
}
