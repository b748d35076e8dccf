import { checked } from '../diagnostics/checked';
import { LocalityManifest } from '../manifests/istio-networking';

/**
 * Whether a client prefers pods of its own zone.
 *
 * Istio: `DestinationRule.trafficPolicy.loadBalancer.localityLbSetting`.
 *
 * @see https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/
 */
@checked
export class Locality {
  /**
   * The client's zone and region do not count: every pod gets its share. Said aloud, because otherwise Istio would prefer
   * the client's zone as soon as there is a circuit breaker.
   *
   * @example
   * LoadBalancing.roundRobin({ locality: Locality.off() });
   */
  public static off(): Locality {
    // Upstream: istio/istio pilot/pkg/xds/endpoints/endpoint_builder.go, getOutlierDetectionAndLoadBalancerSettings, and
    // pilot/pkg/networking/core/loadbalancer, ApplyLocalityLoadBalancer: outlier detection enables failover
    return new Locality({ enabled: false });
  }

  /**
   * Pods of the client's zone get all of its requests as long as they are well, then those of its region, then the others.
   * It needs a circuit breaker, which says what is well. A zone with few pods and many clients is overloaded by it.
   *
   * @example
   * LoadBalancing.leastRequest({ locality: Locality.failover() });
   */
  public static failover(): Locality {
    return new Locality({ enabled: true });
  }

  private constructor(private readonly setting: LocalityManifest) {}

  /** @internal */
  public get _needsBreaker(): boolean {
    return this.setting.enabled;
  }

  /** @internal */
  public _toManifest(): LocalityManifest {
    return { ...this.setting };
  }
}
