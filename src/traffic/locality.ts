import { checked } from '../diagnostics/checked';
import { LocalityManifest } from '../manifests/istio-networking';

/**
 * Whether a client prefers pods of its own zone.
 *
 * Istio: `DestinationRule.trafficPolicy.loadBalancer.localityLbSetting`, or Kubernetes: `Service.spec.trafficDistribution`.
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

  /**
   * Pods of the client's zone get all of its requests, then those of its region, then the others. It needs no circuit breaker: what is ready is
   * for Kubernetes to say, and with less than 72 percent of a zone's pods ready a share of its requests goes on to the next. A zone with few pods and many clients is overloaded by it.
   *
   * Kubernetes: `Service.spec.trafficDistribution: PreferSameZone`, which a cluster before 1.34 refuses (it knows PreferClose, which later ones
   * warn of). Only of a service whose Kubernetes Service this app writes.
   *
   * @see https://kubernetes.io/docs/concepts/services-networking/service/#traffic-distribution
   *
   * @example
   * LoadBalancing.leastRequest({ locality: Locality.preferSameZone() });
   */
  public static preferSameZone(): Locality {
    return new Locality(undefined, 'PreferSameZone');
  }

  /**
   * Pods of the client's node, then of its zone, its region, and the others: for a DaemonSet above all.
   *
   * Kubernetes: `Service.spec.trafficDistribution: PreferSameNode`, which a cluster before 1.34 refuses. Only of a service whose Kubernetes
   * Service this app writes.
   *
   * @example
   * LoadBalancing.leastRequest({ locality: Locality.preferSameNode() });
   */
  public static preferSameNode(): Locality {
    return new Locality(undefined, 'PreferSameNode');
  }

  private constructor(
    private readonly setting: LocalityManifest | undefined,
    /**
     * What the Kubernetes Service says; then the DestinationRule has to be silent, for Istio would go by it.
     *
     * Upstream: istio/istio pilot/pkg/networking/core/loadbalancer/loadbalancer.go, GetEffectiveLbSetting.
     *
     * @internal
     */
    public readonly _trafficDistribution?: 'PreferSameZone' | 'PreferSameNode',
  ) {}

  /** @internal */
  public get _needsBreaker(): boolean {
    return this.setting?.enabled ?? false;
  }

  /**
   * Whether there are pods that a client asks before others.
   *
   * @internal
   */
  public get _keepsZone(): boolean {
    return this.setting?.enabled ?? this._trafficDistribution !== undefined;
  }

  /** @internal */
  public _toManifest(): LocalityManifest | undefined {
    return this.setting && { ...this.setting };
  }
}
