import { LocalityShare } from './locality-share';
import { distributionOf, labelsOf, regionsOf } from './places';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { LocalityManifest } from '../manifests/istio-networking';

/**
 * Options for `Locality.failover`. Without any, a client's zone comes first, then its region, then all else.
 */
export interface FailoverOptions {
  /**
   * For a region the one to which its requests go before all others when it has no pod that is well.
   *
   * Istio: `localityLbSetting.failover`.
   *
   * @default - all other regions alike
   */
  readonly regions?: { [from: string]: string };

  /**
   * Labels of pods, the most important first: the pods that have all of them like the client come first, then those that have all but the last, and
   * so on. A label is compared with the client's own (`app.kubernetes.io/part-of`), or with a value (`version=v1`). Besides those of the pods there
   * are `topology.istio.io/network`, `topology.istio.io/cluster`, `topology.kubernetes.io/region`, `topology.kubernetes.io/zone`,
   * `topology.istio.io/subzone` and `kubernetes.io/hostname`.
   *
   * Not with `regions` where they name a region, a zone or a subzone.
   *
   * Istio: `localityLbSetting.failoverPriority`.
   *
   * @default - the client's zone, then its region
   */
  readonly labels?: string[];
}

/**
 * Whether a client prefers pods of its own zone, or of others by their weight.
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
    return new Locality(() => LOCALITY_OFF, { counts: false });
  }

  /**
   * Pods of the client's zone get all of its requests as long as they are well, then those of its region, then the others; or as the labels say. It
   * needs a circuit breaker, which says what is well. A zone with few pods and many clients is overloaded by it.
   *
   * @example
   * LoadBalancing.leastRequest({ locality: Locality.failover({ regions: { 'eu-1': 'eu-2' } }) });
   */
  public static failover(options: FailoverOptions = {}): Locality {
    return new Locality((site) => {
      const regions = options.regions && regionsOf(site.in('regions'), options.regions);
      const labels = options.labels && labelsOf(site.in('labels'), options.labels, regions !== undefined);
      return { enabled: true, failover: regions, failoverPriority: labels };
    }, { needsBreaker: true, needsPlaces: options.labels === undefined });
  }

  /**
   * The requests of the clients of a place are spread over others by weight. Of a place in which less than 72 percent of the pods are well a part of the share goes to the other
   * places that are named. Clients of a place that is not named
   * ask all pods alike.
   *
   * Throws `EmptyList`, `InvalidLocality` and `InvalidWeights`.
   *
   * @example
   * LoadBalancing.leastRequest({ locality: Locality.distribution([{ from: 'eu-1/eu-1a', to: { 'eu-1/eu-1a': 80, 'eu-1/eu-1b': 20 } }]) });
   */
  public static distribution(shares: LocalityShare[]): Locality {
    const own = shares.map(({ from, to }) => ({ from, to: { ...to } }));
    return new Locality(site => ({ enabled: true, distribute: distributionOf(site.in('distribution'), own) }), { needsPlaces: true });
  }

  /**
   * Pods of the client's zone get all of its requests, then those of its region, then the others. It needs no circuit breaker: what is ready is
   * for Kubernetes to say, and with less than 72 percent of a zone's pods ready a share of its requests goes on to the next. A zone with few pods and
   * many clients is overloaded by it.
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
    return new Locality(undefined, { trafficDistribution: 'PreferSameZone' });
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
    return new Locality(undefined, { trafficDistribution: 'PreferSameNode' });
  }

  private constructor(
    private readonly render: ((site: Site) => LocalityManifest) | undefined,
    private readonly more: Consequences = {},
  ) {}

  /**
   * What the Kubernetes Service says; then the DestinationRule has to be silent, for Istio would go by it.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/loadbalancer/loadbalancer.go, GetEffectiveLbSetting.
   *
   * @internal
   */
  public get _trafficDistribution(): 'PreferSameZone' | 'PreferSameNode' | undefined {
    return this.more.trafficDistribution;
  }

  /** @internal */
  public get _needsBreaker(): boolean {
    return this.more.needsBreaker ?? false;
  }

  /**
   * Whether a place counts for anything.
   *
   * @internal
   */
  public get _isSaid(): boolean {
    return this.more.counts ?? true;
  }

  /**
   * Whether a pod without a place would be at a disadvantage.
   *
   * @internal
   */
  public get _needsPlaces(): boolean {
    return this.more.needsPlaces ?? false;
  }

  /**
   * Whether there are pods that a client asks before others.
   *
   * @internal
   */
  public get _keepsZone(): boolean {
    return this._needsBreaker || this._trafficDistribution !== undefined;
  }

  /** @internal */
  public _toManifest(site: Site): LocalityManifest | undefined {
    return this.render?.(site);
  }
}

interface Consequences {
  readonly counts?: boolean;
  readonly needsBreaker?: boolean;
  readonly needsPlaces?: boolean;
  readonly trafficDistribution?: 'PreferSameZone' | 'PreferSameNode';
}

/**
 * Said aloud where nothing else is, because Istio prefers the client's zone as soon as there is a circuit breaker.
 *
 * @internal
 */
export const LOCALITY_OFF: LocalityManifest = { enabled: false };
