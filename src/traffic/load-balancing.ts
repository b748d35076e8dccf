import { Duration } from 'cdk8s';
import { HashAlgorithm } from './hash-algorithm';
import { cookieKey, headerKey, queryKey } from './hash-key';
import { Locality } from './locality';
import { WarmUp } from './warm-up';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { ConsistentHashManifest, LoadBalancerManifest } from '../manifests/istio-networking';

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
 * Options for the ways that can give a new pod less than its share.
 */
export interface WarmedLoadBalancingOptions extends LoadBalancingOptions {
  /**
   * How a new pod comes to its share.
   *
   * Istio: `loadBalancer.warmup`.
   *
   * @default - it has it at once
   */
  readonly warmUp?: WarmUp;
}

/**
 * Options for the ways that keep to one pod.
 */
export interface HashLoadBalancingOptions extends LoadBalancingOptions {
  /**
   * How a hash finds its pod.
   *
   * Istio: `consistentHash.ringHash` or `consistentHash.maglev`.
   *
   * @default - HashAlgorithm.ring()
   */
  readonly algorithm?: HashAlgorithm;
}

/**
 * Options for `LoadBalancing.byCookie`.
 */
export interface CookieLoadBalancingOptions extends HashLoadBalancingOptions {
  /**
   * Has the client's proxy set the cookie where a request bears none, for so many whole seconds; of 0 until the client ends.
   *
   * Istio: `httpCookie.ttl`.
   *
   * @default - it sets none: the program does, and who bears none gets any pod
   */
  readonly ttl?: Duration;

  /**
   * The path of a cookie that the proxy sets; only with `ttl`.
   *
   * Istio: `httpCookie.path`.
   *
   * @default - that of the request
   */
  readonly path?: string;

  /**
   * What else a cookie says that the proxy sets, such as `{ SameSite: 'Lax', Secure: '' }`; only with `ttl`. What browsers would not keep is refused: `SameSite: 'None'` without
   * `Secure`, and the names `__Host-` and `__Secure-` without what they stand for.
   *
   * Istio: `httpCookie.attributes`.
   *
   * @default - HttpOnly, which Envoy always adds
   */
  readonly attributes?: { [name: string]: string };
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
  public static roundRobin(options: WarmedLoadBalancingOptions = {}): LoadBalancing {
    return new LoadBalancing(() => ({ simple: 'ROUND_ROBIN' }), options);
  }

  /**
   * Of two pods picked at random, the one with fewer open requests. This is Istio's default.
   *
   * @example
   * LoadBalancing.leastRequest();
   */
  public static leastRequest(options: WarmedLoadBalancingOptions = {}): LoadBalancing {
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
   * The pod of the address that the client's program connected to, without a choice of the proxy's: of a Service with an address that is the
   * cluster's own network's choice, for each connection. So there are no versions, and nothing that a choice needs: no circuit breaker, no gateway.
   * Not of single ports.
   *
   * @example
   * LoadBalancing.passthrough();
   */
  public static passthrough(): LoadBalancing {
    return new LoadBalancing(() => ({ simple: 'PASSTHROUGH' }), {}, { passes: true });
  }

  /**
   * The same pod for the same value of a header, as long as the set of pods stays. It acts within one version, and with
   * `Locality.failover()` within one zone. Where several versions have a share, it is another hash than where one has: values find other pods when a release begins to share,
   * and when it ends.
   *
   * @example
   * LoadBalancing.byHeader('x-user');
   */
  public static byHeader(name: string, options: HashLoadBalancingOptions = {}): LoadBalancing {
    return LoadBalancing.hashed(site => headerKey(site, name), options, { needsRequests: true });
  }

  /**
   * The same pod for the same value of a cookie, as long as the set of pods stays, within one version.
   *
   * Throws `InvalidLoadBalancing`, `InvalidDuration` and `InvalidPath`.
   *
   * @example
   * LoadBalancing.byCookie('session', { ttl: Duration.hours(1), path: '/' });
   */
  public static byCookie(name: string, options: CookieLoadBalancingOptions = {}): LoadBalancing {
    const { ttl, path, attributes } = options;
    const needs = { needsRequests: true, setsCookie: ttl !== undefined };
    return LoadBalancing.hashed(site => cookieKey(site, name, { ttl, path, attributes }), options, needs);
  }

  /**
   * The same pod for the same address that a connection comes from, as long as the set of pods stays, within one version. It is the address that
   * the choosing proxy sees: of a client of the mesh its own, so that each of its pods keeps to one of the server's; at a gateway that of who
   * connects to it. A request of HTTP with `X-Forwarded-For` counts as one from the last address in it, which a program passes on that hands that header on;
   * at a gateway with `trustedProxies` from the one that these leave.
   *
   * @example
   * LoadBalancing.bySourceAddress();
   */
  public static bySourceAddress(options: HashLoadBalancingOptions = {}): LoadBalancing {
    return LoadBalancing.hashed(() => ({ useSourceIp: true }), options, { ofConnections: true });
  }

  /**
   * The same pod for the same value of a query parameter, as long as the set of pods stays, within one version. Requests of gRPC have no query.
   *
   * Throws `InvalidLoadBalancing`.
   *
   * @example
   * LoadBalancing.byQueryParameter('user');
   */
  public static byQueryParameter(name: string, options: HashLoadBalancingOptions = {}): LoadBalancing {
    return LoadBalancing.hashed(site => queryKey(site, name), options, { needsRequests: true, ofQueries: true });
  }

  private static hashed(key: (site: Site) => ConsistentHashManifest, options: HashLoadBalancingOptions, needs: Needs): LoadBalancing {
    const { algorithm } = options;
    return new LoadBalancing(site => ({ consistentHash: { ...key(site), ...algorithm?._toManifest(site.in('algorithm')) } }), options, needs);
  }

  private constructor(
    private readonly render: (site: Site) => Omit<LoadBalancerManifest, 'localityLbSetting'>,
    private readonly options: WarmedLoadBalancingOptions,
    private readonly needs: Needs = {},
  ) {}

  /**
   * Whether it reads requests, which a TCP port has not.
   *
   * @internal
   */
  public get _needsRequests(): boolean {
    return this.needs.needsRequests ?? false;
  }

  /**
   * Whether a hash picks the pod.
   *
   * @internal
   */
  public get _hashes(): boolean {
    return this.needs.needsRequests === true || this.needs.ofConnections === true;
  }

  /**
   * Whether the client's proxy hands out a cookie.
   *
   * @internal
   */
  public get _setsCookie(): boolean {
    return this.needs.setsCookie ?? false;
  }

  /**
   * By what it goes, as a text; `undefined` where none picks the pod.
   *
   * @internal
   */
  public _hashKey(site: Site): string | undefined {
    const { ringHash, maglev, ...key } = this._toManifest(site).consistentHash ?? {};
    return this._hashes ? JSON.stringify(key) : undefined;
  }

  /**
   * Whether nobody chooses.
   *
   * @internal
   */
  public get _passes(): boolean {
    return this.needs.passes ?? false;
  }

  /** @internal */
  public get _locality(): Locality {
    return this.options.locality ?? Locality.off();
  }

  /**
   * This one, of a port or version. What the Kubernetes Service says of zones and nodes holds for all of them: a place that is not spoken of here would switch it off
   * (istio/istio pilot/pkg/networking/core/loadbalancer/loadbalancer.go, GetEffectiveLbSetting).
   *
   * @param base what is said of the whole service.
   *
   * @internal
   */
  public _beside(base?: LoadBalancing): LoadBalancing {
    const { locality } = base?.options ?? {};
    const isSaid = this.options.locality !== undefined || this._passes || !locality?._trafficDistribution;
    return isSaid ? this : new LoadBalancing(this.render, { ...this.options, locality }, this.needs);
  }

  /**
   * Of connections that are not HTTP Istio hashes by what is said of the whole host, and with a version's or a port's own would hash by nothing.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/networkfilter.go, maybeSetHashPolicy.
   *
   * @internal
   */
  public _checkNoListeners(site: Site, fix: string): void {
    if (this.needs.ofConnections) {
      site.fail('InvalidLoadBalancing', 'goes by the source of connections, of which those that are not HTTP have one way together', 'bySourceAddress', fix);
    }
  }

  /**
   * Whether a table of hashes has room for so many pods: with a few entries for each, some get far more than others.
   *
   * Upstream: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#maglev
   *
   * @internal
   */
  public _checkRoom(site: Site, pods: number): void {
    const tableSize = this._toManifest(site).consistentHash?.maglev?.tableSize;
    if (tableSize !== undefined && tableSize < 100 * pods) {
      site.in('algorithm').in('tableSize').fail('InvalidLoadBalancing', `must be at least a hundred times the number of pods, of which there are ${pods}`, tableSize, 'Leave it out for 65537, or use a greater prime number.');
    }
  }

  /**
   * Fails for what no request of gRPC has.
   *
   * @param ofBrowsers whether some of it is gRPC-Web.
   *
   * @internal
   */
  public _checkGrpc(site: Site, ofBrowsers: boolean): void {
    if (this._setsCookie && !ofBrowsers) {
      site.in('ttl').fail('InvalidLoadBalancing', 'must not have a cookie set, which clients of gRPC do not keep', 'byCookie',
        'Leave ttl out if the programs say the cookie themselves, or use LoadBalancing.byHeader(): what a client says beside its message is metadata.');
    }
    if (this.needs.ofQueries) {
      site.fail('InvalidLoadBalancing', 'must not go by the query, which requests of gRPC do not have', 'byQueryParameter', 'Use LoadBalancing.byHeader(): what a client says beside its message is metadata.');
    }
  }

  /** @internal */
  public _toManifest(site: Site): LoadBalancerManifest {
    const { warmUp } = this.options;
    return {
      ...this.render(site),
      warmup: warmUp?._toManifest(site.in('warmUp')),
      localityLbSetting: this._passes ? undefined : this._locality._toManifest(site.in('locality')),
    };
  }
}

interface Needs {
  readonly needsRequests?: boolean;
  readonly ofConnections?: boolean;
  readonly ofQueries?: boolean;
  readonly setsCookie?: boolean;
  readonly passes?: boolean;
}
