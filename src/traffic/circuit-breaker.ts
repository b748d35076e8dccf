import { Duration } from 'cdk8s';
import { Percent } from './percent';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { OutlierDetectionManifest } from '../manifests/istio-networking';

/**
 * With more than that share in use Envoy does not look at the threshold: it takes 1.4 times the share for what there is, and 100 for enough.
 *
 * Upstream: envoyproxy/envoy source/extensions/load_balancing_policies/common/load_balancer_impl.cc, recalculatePerPriorityPanic.
 */
const MOST_HEALTH = 71;

/** What a breaker chooses among, and how there are more of them. */
const PODS = ['pod', 'pods', 'run more replicas'];

/**
 * Options for `CircuitBreaker`.
 */
export interface CircuitBreakerOptions {
  /**
   * How often the pods are examined; at least 1 ms. Istio: `outlierDetection.interval`.
   *
   * @default - 10 seconds
   */
  readonly interval?: Duration;

  /**
   * How long a pod is left out, multiplied by the number of times it was; at least 1 ms.
   * Istio: `outlierDetection.baseEjectionTime`.
   *
   * @default - 30 seconds
   */
  readonly ejectionTime?: Duration;

  /**
   * The largest share of a version's pods that may be left out at once, in whole percents: of three replicas one is 34.
   * Istio: `outlierDetection.maxEjectionPercent`.
   *
   * @default - 50 percent: a fault that all pods share does not take the service down
   */
  readonly maxEjection?: Percent;

  /**
   * The share of pods that have to be in use for the breaker to hold, in whole percents from 1 to 71: with 72 percent of them Envoy never
   * asks the others. With fewer, the proxies ask all pods, those that
   * are left out too: a few good pods are not run over by what all were to bear.
   *
   * Istio: `outlierDetection.minHealthPercent`.
   *
   * @default - none: what is left out stays out, up to `maxEjection`
   */
  readonly minHealth?: Percent;

  /**
   * Tells failures that the client's own proxy met with (no connection, a connection that broke, no answer in time) from answers of the server, and
   * opens after so many of them in a row, 1 to 1000. Then only what a server has answered counts for the other bounds. Each request that gets a
   * connection begins this count anew. Not for ports of TCP or TLS alone, whose answers no proxy sees: there is `consecutiveLocalOriginErrors`.
   *
   * Istio: `outlierDetection.splitExternalLocalOriginErrors` and `consecutiveLocalOriginFailures`.
   *
   * @default - they are not told apart: a failed connection counts as an answer 503
   */
  readonly localOriginErrors?: number;
}

/**
 * Options for `CircuitBreaker.consecutiveErrors`.
 */
export interface ConsecutiveErrorsOptions extends CircuitBreakerOptions {
  /**
   * Opens as well after so many answers 502, 503 and 504 in a row: 1 or more, and fewer than it takes of all errors, which these are among.
   *
   * Istio: `outlierDetection.consecutiveGatewayErrors`.
   *
   * @default - they have no bound of their own
   */
  readonly gatewayErrors?: number;
}

/** What each count becomes, if it is given. */
interface Counts {
  readonly consecutive5xxErrors?: number;
  readonly consecutiveGatewayErrors?: number;
}

/**
 * Leaves a pod that fails again and again out of load balancing for a while. Each client's proxy has a breaker for each pod, and counts for itself.
 *
 * - Closed: the pod gets its share. Failures in a row are counted; one success begins anew.
 * - Open: the pod gets nothing, and its share goes to the others, for `ejectionTime` times the number of times that this has happened lately, and
 *   no longer than 5 minutes or one `ejectionTime`, whichever is longer. Requests under way are not cut. Nothing is refused: where every pod is
 *   left out, with `maxEjection` of 100, clients get 503.
 * - Half-open: Envoy has no such state. When the time is over, at the next `interval`, the pod gets its full share at once, with its count at 0; if
 *   it goes on failing, it takes as many failures as the first time, and is left out for longer.
 *
 * Istio: `DestinationRule.trafficPolicy.outlierDetection`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection
 */
@checked
export class CircuitBreaker {
  /**
   * Opens after answers of 500 and above, and failed connections, in a row. Over TCP, after connections that could not be made.
   *
   * @param count 1 to 1000. Istio: `outlierDetection.consecutive5xxErrors`.
   *
   * @example
   * CircuitBreaker.consecutiveErrors(5, { ejectionTime: Duration.minutes(1) });
   */
  public static consecutiveErrors(count: number, options: ConsecutiveErrorsOptions = {}): CircuitBreaker {
    const { gatewayErrors, ...rest } = options;
    return new CircuitBreaker({ consecutive5xxErrors: count, consecutiveGatewayErrors: gatewayErrors }, rest);
  }

  /**
   * Opens after answers 502, 503 and 504, and failed connections, in a row.
   *
   * @param count 1 to 1000. Istio: `outlierDetection.consecutiveGatewayErrors`.
   *
   * @example
   * CircuitBreaker.consecutiveGatewayErrors(3);
   */
  public static consecutiveGatewayErrors(count: number, options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new CircuitBreaker({ consecutiveGatewayErrors: count }, options);
  }

  /**
   * Opens after failures in a row that the client's own proxy met with, and never after an answer: for a server whose 5xx mean nothing of its health.
   *
   * @param count 1 to 1000. Istio: `outlierDetection.consecutiveLocalOriginFailures`.
   *
   * @example
   * CircuitBreaker.consecutiveLocalOriginErrors(3, { ejectionTime: Duration.minutes(1) });
   */
  public static consecutiveLocalOriginErrors(count: number, options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new CircuitBreaker({}, { ...options, localOriginErrors: count }, options.localOriginErrors);
  }

  private constructor(
    private readonly counts: Counts,
    private readonly options: CircuitBreakerOptions,
    private readonly saidTwice?: number,
  ) {}

  /**
   * Envoy leaves a pod out only if that keeps to the share: of one pod in two that is 50 percent, of a lone one 100.
   *
   * Upstream: envoyproxy/envoy source/common/upstream/outlier_detection_impl.cc, DetectorImpl::ejectHost, without
   * always_eject_one_host.
   *
   * @internal
   */
  public _checkOpens(site: Site, replicas: number, [one, several, more] = PODS): void {
    const maxEjection = (this.options.maxEjection ?? Percent.of(50))._toNumber(site.in('maxEjection'));
    const least = Math.ceil(100 / replicas);
    const counted = replicas === 1 ? `1 ${one}` : `${replicas} ${several}`;
    const minHealth = this.minHealth(site.in('minHealth'));
    const left = Math.floor((100 * (replicas - 1)) / replicas);
    if (minHealth !== undefined && minHealth > left) {
      site.in('minHealth').fail('InvalidCircuitBreaker', `would end the breaker as soon as it leaves out one of ${counted}`, minHealth,
        left === 0 ? `Leave it out, or ${more}.` : `Lower it to Percent.of(${left}) at most, or ${more}.`);
    }
    if (maxEjection < least) {
      site.in('maxEjection').fail('InvalidCircuitBreaker', `can never leave out one of ${counted}`, maxEjection,
        `Raise it to Percent.of(${least}) at least, ${more}, or leave circuitBreaker out.`);
    }
  }

  /**
   * Of connections nothing is known but whether they could be made: told apart, that is no answer, and the other counts stay at 0.
   *
   * Upstream: envoyproxy/envoy source/common/tcp_proxy/tcp_proxy.cc, which reports LocalOriginConnectFailed; source/common/upstream/outlier_detection_impl.cc, putResult.
   *
   * @internal
   */
  public _checkUnanswered(site: Site): void {
    const { localOriginErrors } = this.options;
    if (localOriginErrors !== undefined && Object.values(this.counts).some(count => count !== undefined)) {
      site.in('localOriginErrors').fail('InvalidCircuitBreaker', 'is all that is counted where the proxy sees no answers', localOriginErrors,
        `Write CircuitBreaker.consecutiveLocalOriginErrors(${localOriginErrors}), or leave the option out: then count is of connections that failed.`);
    }
  }

  /** @internal */
  public _toManifest(site: Site): OutlierDetectionManifest {
    const { interval, ejectionTime, localOriginErrors } = this.options;
    const { consecutive5xxErrors, consecutiveGatewayErrors } = this.counts;
    const none = 'Leave circuitBreaker out for none.';
    if (this.saidTwice !== undefined) {
      site.in('localOriginErrors').fail('InvalidCircuitBreaker', 'is what this breaker counts already', this.saidTwice, 'Leave the option out.');
    }
    if (consecutive5xxErrors !== undefined) {
      checkInteger(site.in('count'), consecutive5xxErrors, 1, 1000, 'InvalidCircuitBreaker', none);
    }
    if (consecutiveGatewayErrors !== undefined) {
      checkInteger(site.in(consecutive5xxErrors === undefined ? 'count' : 'gatewayErrors'), consecutiveGatewayErrors, 1, (consecutive5xxErrors ?? 1001) - 1,
        'InvalidCircuitBreaker', consecutive5xxErrors === undefined ? none : 'Gateway errors are errors too: with as many or more it would never come to them. Leave it out, or write fewer.');
    }
    if (localOriginErrors !== undefined) {
      checkInteger(site.in('localOriginErrors'), localOriginErrors, 1, 1000, 'InvalidCircuitBreaker', 'Leave it out, and they count as answers do.');
    }
    const maxEjectionSite = site.in('maxEjection');
    const maxEjection = (this.options.maxEjection ?? Percent.of(50))._toNumber(maxEjectionSite);
    checkInteger(maxEjectionSite, maxEjection, 1, 100, 'InvalidCircuitBreaker', 'A breaker that may leave out no pod never opens: use a whole percentage of 1 or more.');
    return {
      // Istio's default of 5 consecutive 5xx errors also applies beside others: 0 switches it off
      consecutive5xxErrors: consecutive5xxErrors ?? 0,
      consecutiveGatewayErrors,
      splitExternalLocalOriginErrors: localOriginErrors === undefined ? undefined : true,
      consecutiveLocalOriginFailures: localOriginErrors,
      interval: checkDuration(site.in('interval'), interval ?? Duration.seconds(10)),
      baseEjectionTime: checkDuration(site.in('ejectionTime'), ejectionTime ?? Duration.seconds(30)),
      maxEjectionPercent: maxEjection,
      minHealthPercent: this.minHealth(site.in('minHealth')),
    };
  }

  private minHealth(site: Site): number | undefined {
    const percent = this.options.minHealth?._toNumber(site);
    return percent === undefined ? undefined : checkInteger(site, percent, 1, MOST_HEALTH, 'InvalidCircuitBreaker',
      'Use a whole percentage, or leave it out: Envoy takes a share of 72 percent for all.');
  }
}
