import { Locality } from './locality';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { LoadBalancerManifest } from '../manifests/istio-networking';

/**
 * Options for `LoadBalancing`.
 */
export interface LoadBalancingOptions {
  /**
   * Whether pods of the client's own zone are preferred.
   *
   * Istio: `loadBalancer.localityLbSetting`.
   *
   * @default - Locality.off(): every pod gets its share, wherever it runs
   */
  readonly locality?: Locality;
}

/**
 * How a client's proxy picks one of the server's pods.
 *
 * Istio: `DestinationRule.trafficPolicy.loadBalancer`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings
 */
@checked
export class LoadBalancing {
  /**
   * One pod after the other, each client's proxy for itself.
   *
   * @example
   * LoadBalancing.roundRobin();
   */
  public static roundRobin(options: LoadBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing(() => ({ simple: 'ROUND_ROBIN' }), options);
  }

  /**
   * Of two pods picked at random, the one with fewer open requests. This is Istio's default.
   *
   * @example
   * LoadBalancing.leastRequest();
   */
  public static leastRequest(options: LoadBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing(() => ({ simple: 'LEAST_REQUEST' }), options);
  }

  /**
   * A pod at random.
   *
   * @example
   * LoadBalancing.random();
   */
  public static random(options: LoadBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing(() => ({ simple: 'RANDOM' }), options);
  }

  /**
   * The same pod for the same value of a header, as long as the set of pods stays. It acts within one version, and with
   * `Locality.failover()` within one zone.
   *
   * @example
   * LoadBalancing.byHeader('x-user');
   */
  public static byHeader(name: string, options: LoadBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing((site) => {
      if (typeof name !== 'string' || !/^[A-Za-z0-9-]+$/.test(name)) {
        site.fail('InvalidHeader', 'must name a header of letters, digits and \'-\'', name, 'Write the name alone, such as x-user.');
      }
      return { consistentHash: { httpHeaderName: name.toLowerCase() } };
    }, options, true);
  }

  private constructor(
    private readonly render: (site: Site) => Omit<LoadBalancerManifest, 'localityLbSetting'>,
    private readonly options: LoadBalancingOptions,
    /**
     * Whether it reads requests, which a TCP port has not.
     *
     * @internal
     */
    public readonly _needsRequests = false,
  ) {}

  /** @internal */
  public get _locality(): Locality {
    return this.options.locality ?? Locality.off();
  }

  /** @internal */
  public _toManifest(site: Site): LoadBalancerManifest {
    return { ...this.render(site), localityLbSetting: this._locality._toManifest() };
  }
}
