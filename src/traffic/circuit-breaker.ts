import { Duration } from 'cdk8s';
import { Percent } from './percent';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { OutlierDetectionManifest } from '../manifests/istio-networking';

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
}

/**
 * Leaves a pod that fails again and again out of load balancing for a while.
 *
 * Istio: `DestinationRule.trafficPolicy.outlierDetection`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection
 */
@checked
export class CircuitBreaker {
  /**
   * Opens after answers of 500 and above, and failed connections, in a row.
   *
   * @param count 1 to 1000. Istio: `outlierDetection.consecutive5xxErrors`.
   *
   * @example
   * CircuitBreaker.consecutiveErrors(5, { ejectionTime: Duration.minutes(1) });
   */
  public static consecutiveErrors(count: number, options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new CircuitBreaker('consecutive5xxErrors', count, options);
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
    return new CircuitBreaker('consecutiveGatewayErrors', count, options);
  }

  private constructor(
    private readonly field: 'consecutive5xxErrors' | 'consecutiveGatewayErrors',
    private readonly count: number,
    private readonly options: CircuitBreakerOptions,
  ) {}

  /**
   * Envoy leaves a pod out only if that keeps to the share: of one pod in two that is 50 percent, of a lone one 100.
   *
   * Upstream: envoyproxy/envoy source/common/upstream/outlier_detection_impl.cc, DetectorImpl::ejectHost, without
   * always_eject_one_host.
   *
   * @internal
   */
  public _checkOpens(site: Site, replicas: number): void {
    const maxEjection = (this.options.maxEjection ?? Percent.of(50))._toNumber(site.in('maxEjection'));
    const least = Math.ceil(100 / replicas);
    if (maxEjection < least) {
      site.in('maxEjection').fail('InvalidCircuitBreaker', `can never leave out one of ${replicas === 1 ? '1 pod' : `${replicas} pods`}`, maxEjection,
        `Raise it to Percent.of(${least}) at least, run more replicas, or leave circuitBreaker out.`);
    }
  }

  /** @internal */
  public _toManifest(site: Site): OutlierDetectionManifest {
    const count = checkInteger(site.in('count'), this.count, 1, 1000, 'InvalidCircuitBreaker', 'Leave circuitBreaker out for none.');
    const maxEjectionSite = site.in('maxEjection');
    const maxEjection = (this.options.maxEjection ?? Percent.of(50))._toNumber(maxEjectionSite);
    checkInteger(maxEjectionSite, maxEjection, 1, 100, 'InvalidCircuitBreaker', 'A breaker that may leave out no pod never opens: use a whole percentage of 1 or more.');
    return {
      // Istio's default of 5 consecutive 5xx errors also applies beside gateway errors: 0 switches it off
      ...(this.field === 'consecutiveGatewayErrors' ? { consecutive5xxErrors: 0 } : {}),
      [this.field]: count,
      interval: checkDuration(site.in('interval'), this.options.interval ?? Duration.seconds(10)),
      baseEjectionTime: checkDuration(site.in('ejectionTime'), this.options.ejectionTime ?? Duration.seconds(30)),
      maxEjectionPercent: maxEjection,
    };
  }
}
