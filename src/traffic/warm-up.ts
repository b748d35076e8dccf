import { Duration } from 'cdk8s';
import { Percent } from './percent';
import { checked } from '../diagnostics/checked';
import { checkDuration } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { WarmUpManifest } from '../manifests/istio-networking';

/**
 * Options for `WarmUp`.
 */
export interface WarmUpOptions {
  /**
   * The share of its full load that a new pod has from the first moment on.
   *
   * Istio: `warmup.minimumPercent`.
   *
   * @default - 10 percent
   */
  readonly minimum?: Percent;

  /**
   * How the load rises: with 1 evenly, with more soon, with less late. More than 0.
   *
   * After the part t of the time a pod has the part t^(1/aggression) of its load.
   *
   * Istio: `warmup.aggression`.
   *
   * @default - 1
   */
  readonly aggression?: number;
}

/**
 * Gives a new pod its share little by little: for programs that fill caches or compile what they run. Every pod that a client's proxy has just
 * heard of is new to it; where all pods are new, each has its share at once.
 *
 * Istio: `loadBalancer.warmup`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#WarmupConfiguration
 */
@checked
export class WarmUp {
  /**
   * Until the time is over.
   *
   * @param duration at least 1 ms. Istio: `warmup.duration`.
   *
   * @example
   * LoadBalancing.leastRequest({ warmUp: WarmUp.over(Duration.minutes(2), { minimum: Percent.of(5) }) });
   */
  public static over(duration: Duration, options: WarmUpOptions = {}): WarmUp {
    return new WarmUp(duration, options);
  }

  private constructor(private readonly duration: Duration, private readonly options: WarmUpOptions) {}

  /** @internal */
  public _toManifest(site: Site): WarmUpManifest {
    const { minimum, aggression } = this.options;
    if (aggression !== undefined && !(aggression > 0 && Number.isFinite(aggression))) {
      site.in('aggression').fail('InvalidLoadBalancing', 'must be more than 0', aggression, 'Leave it out for 1, an even rise.');
    }
    return {
      duration: checkDuration(site.in('duration'), this.duration),
      minimumPercent: minimum?._toNumber(site.in('minimum')),
      aggression,
    };
  }
}
