import { MeshPort } from './mesh-port';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { PolicyManifest, RetryBudgetManifest } from '../manifests/istio-networking';
import { ConnectionPool, PooledPorts } from '../traffic/connection-pool';
import { LoadBalancing } from '../traffic/load-balancing';
import { LOCALITY_OFF } from '../traffic/locality';
import { RetryBudget } from '../traffic/retry-budget';
import { HostTrafficProps, TrafficPolicyProps } from '../traffic/traffic-policy-props';

/** What a breaker to the outside chooses among, and how there are more of them. */
const ADDRESSES = ['address', 'addresses', 'name more endpoints'];

const SETTINGS = ['loadBalancing', 'connectionPool', 'circuitBreaker'] as const;

/** How the clients' proxies treat what they send to a host, but for the TLS between them. */
export interface HostPolicyManifest extends PolicyManifest {
  readonly retryBudget?: RetryBudgetManifest;
  /** Each port in full, as soon as one has settings of its own; those that are not HTTP, where bounds of requests are not for them. */
  readonly ports: ({ readonly number: number } & PolicyManifest)[];
}

/** Whose proxies choose, and whether they can. */
export interface HostShape {
  /** Whether a client picks the pod by itself. */
  readonly headless?: boolean;
  /** Whether the Kubernetes Service is somebody else's. */
  readonly foreign?: boolean;
  /** Why the address that a program connects to leads nowhere by itself; `undefined` where it does. */
  readonly led?: string;
}

/**
 * What was said of the connections to a host, to its ports and to its versions, as Istio wants it.
 *
 * Of a port Istio takes what is said there alone, and of a version whole settings: what is said of the host is lost to both. So each gets
 * the host's with its own.
 *
 * Upstream: istio/istio pilot/pkg/networking/util/util.go, GetPortLevelTrafficPolicy and MergeSubsetTrafficPolicy.
 */
export class HostTraffic {
  private readonly ports: MeshPort[];
  /** A port that is alone is the host: there its settings hold for connections over TCP too. */
  private readonly whole: HostTrafficProps;
  /** Whether there is more than one port whose connections the proxies see. */
  public readonly several: boolean;
  private readonly versions = new Map<string, HostTrafficProps & { readonly site: Site }>();

  constructor(
    private readonly at: (property: string) => Site, private readonly host: HostTrafficProps & HostShape, private readonly all: MeshPort[],
  ) {
    this.ports = all.filter(port => !port._isUdp);
    this.several = this.ports.length > 1;
    const [only] = this.ports;
    this.whole = this.several || only === undefined ? host : Object.assign({}, host, merged(host, only._traffic));
    const said = [...SETTINGS, 'retryBudget' as const].find(property => host[property]);
    if (said && only === undefined) {
      at(said).fail('NotHttp', 'needs a port on which the proxy sees connections', all.map(({ name }) => name), 'Leave it out: UDP passes no proxy.');
    }
    this.checkShape();
    this.check(at, host, {}, this.ports);
    all.forEach((port, index) => this.checkPort(at('ports').at(index), port));
    this.checkBudget(at('retryBudget'), host.retryBudget, this.whole.connectionPool);
    this.checkPortsBeside(at('retryBudget'), host.retryBudget);
  }

  /** Beside what is said of ports Istio reads nothing of the whole (pilot/pkg/networking/util/util.go, shadowCopyPortTrafficPolicy). */
  private checkPortsBeside(site: Site, budget: RetryBudget | undefined): void {
    const withOwn = this.several && this.all.find(port => hasTraffic(port));
    if (withOwn && budget) {
      site.fail('InvalidRetries', `cannot be had beside settings of port ${withOwn.name}: Istio knows none of a port`, 'a RetryBudget',
        'Say what is said of the port of the service, or bound the retries by maxRetries of a ConnectionPool.');
    }
  }

  /** What is said of one version: the rest is the host's. */
  public addVersion(at: (property: string) => Site, version: string, props: HostTrafficProps): void {
    const { loadBalancing, connectionPool, circuitBreaker, retryBudget } = props;
    const own = { loadBalancing, connectionPool, circuitBreaker, retryBudget };
    if (Object.values(own).every(value => value === undefined)) {
      return;
    }
    this.check(at, own, this.whole, this.ports);
    this.checkPart(at('loadBalancing'), own, 'versions');
    const stream = this.ports.find(port => !port._isHttp);
    if (stream) {
      const only = `Say it of the service: connections of port ${stream.name} take it from there alone.`;
      connectionPool?._checkNoListeners(at('connectionPool'), only);
      loadBalancing?._checkNoListeners(at('loadBalancing'), only);
    }
    const all = merged(this.whole, own);
    this.checkBudget(at('retryBudget'), retryBudget ?? this.whole.retryBudget, all.connectionPool);
    this.checkPortsBeside(at('retryBudget'), retryBudget);
    this.versions.set(version, Object.assign({ site: at('loadBalancing') }, own));
  }

  /**
   * Whether the breakers can leave a pod out, of so many of them, and the tables of hashes have room for them.
   *
   * @param at where the number stands; without it, it is of the service's own pods.
   */
  public checkOpens(replicas: number, at = this.at, version?: string): void {
    const what = this.host.led === undefined ? undefined : ADDRESSES;
    const { circuitBreaker, loadBalancing }: HostTrafficProps = version === undefined ? {} : this.versions.get(version) ?? {};
    const ports = this.all.map((port, index): [MeshPort, Site] => [port, at('ports').at(index)]);
    (loadBalancing ?? this.host.loadBalancing)?._checkRoom(at('loadBalancing'), replicas);
    if (!loadBalancing) {
      ports.forEach(([{ _traffic }, site]) => _traffic.loadBalancing?._checkRoom(site.in('loadBalancing'), replicas));
    }
    (circuitBreaker ?? this.host.circuitBreaker)?._checkOpens(at('circuitBreaker'), replicas, what);
    if (!circuitBreaker) {
      ports.forEach(([{ _traffic }, site]) => _traffic.circuitBreaker?._checkOpens(site.in('circuitBreaker'), replicas, what));
    }
  }

  public get policy(): HostPolicyManifest {
    const { retryBudget } = this.whole;
    const ports = this.portPolicies({}, this.whole.connectionPool);
    const { loadBalancer: whole, ...others } = this.manifestOf(this.whole);
    // A route takes a hash from here where its port has none: it would hand out cookies in vain (route.go, HashForHTTPDestination)
    const loadBalancer = this.saysPorts && this.whole.loadBalancing?._needsRequests ? unbalanced() : whole;
    return { loadBalancer, retryBudget: retryBudget?._toManifest(this.at('retryBudget')), ports, ...others };
  }

  /** What holds for a version instead: nothing where all is as of the host. */
  public policyOf(version: string): HostPolicyManifest | undefined {
    const own = this.versions.get(version);
    if (!own) {
      return undefined;
    }
    const { loadBalancing, connectionPool, circuitBreaker, retryBudget } = own;
    const ports = this.portPolicies(own, connectionPool && merged(this.whole, own).connectionPool);
    const { loadBalancer, connectionPool: pool, outlierDetection } = this.manifestOf(merged(this.whole, own));
    return {
      ...(this.saysPorts ? {} : {
        connectionPool: connectionPool && pool,
        loadBalancer: loadBalancing && loadBalancer,
        outlierDetection: circuitBreaker && outlierDetection,
      }),
      retryBudget: retryBudget?._toManifest(this.at('retryBudget')),
      ports,
    };
  }

  /** Whether each port is written in full. */
  private get saysPorts(): boolean {
    return this.several && this.ports.some(hasTraffic);
  }

  /**
   * Of a port that is not HTTP Envoy takes each connection for a request. So such ports have the rest without what is of requests, where nothing is said of any port.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/cluster_traffic_policy.go, applyConnectionPool, writes them for every cluster.
   *
   * @param own what a version says.
   * @param pool which stands beside them for all ports.
   */
  private portPolicies(own: TrafficPolicyProps, pool?: ConnectionPool): HostPolicyManifest['ports'] {
    const apart = this.saysPorts ? this.ports : this.several && pool?._isOfRequests ? this.ports.filter(port => !port._isHttp) : [];
    return apart.map(port => ({ number: port.port, ...this.manifestOf(merged(merged(this.whole, port._traffic), own), port) }));
  }

  private manifestOf({ loadBalancing, connectionPool, circuitBreaker }: TrafficPolicyProps, port?: MeshPort): PolicyManifest {
    const pool = connectionPool?._toManifest(this.at('connectionPool'));
    const { tcp, http } = { tcp: pool?.tcp, http: port && !port._isHttp ? undefined : pool?.http };
    return {
      connectionPool: tcp || http ? { tcp, http } : undefined,
      // Without `simple` the mesh's default balancing stays in force
      loadBalancer: loadBalancing?._toManifest(this.at('loadBalancing')) ?? unbalanced(),
      outlierDetection: circuitBreaker?._toManifest(this.at('circuitBreaker')),
    };
  }

  /** Whether a hash picks the pod, for some requests. */
  public get hashes(): boolean {
    return this.said.some(({ loadBalancing }) => loadBalancing?._hashes);
  }

  /** By what a hash picks the pod for what comes in on a port, of a version or of the host. */
  private hashKey(port: MeshPort, version?: string): string | undefined {
    return this.balancing(port, version)?._hashKey(this.at('loadBalancing'));
  }

  /** How a pod is picked for what comes in on a port, of a version or of the host. */
  private balancing(port: MeshPort, version?: string): LoadBalancing | undefined {
    const own = version === undefined ? undefined : this.versions.get(version);
    return merged(merged(this.whole, port._traffic), own ?? {}).loadBalancing;
  }

  /**
   * The cookies that the clients' proxies set for what comes in on a port, and where they are said.
   *
   * @param versions those to which it goes; none where it goes to the host.
   */
  public cookiesSet(port: MeshPort, versions: (string | undefined)[]): { readonly site: Site; readonly name: string }[] {
    if (!this.said.some(({ loadBalancing }) => loadBalancing?._setsCookie)) {
      return [];
    }
    return (versions.length > 0 ? versions : [undefined]).flatMap((version) => {
      const balancing = this.balancing(port, version);
      const own = version === undefined ? undefined : this.versions.get(version);
      const site = own?.loadBalancing ? own.site : port._traffic.loadBalancing ? this.at('ports').at(this.all.indexOf(port)).in('loadBalancing') : this.at('loadBalancing');
      return balancing?._setsCookie ? [{ site, name: balancing._toManifest(site).consistentHash!.httpCookie!.name }] : [];
    });
  }

  /**
   * Whether a retry has to be told where to go: to the same pod where a hash has picked it, and to another one elsewhere. Istio looks at the hash of a route with one
   * destination alone, and takes the host's for that of a version or a port without one (istio/istio pilot/pkg/networking/core/route/route.go, applyHTTPRouteDestination and HashForHTTPDestination).
   *
   * @param versions those to which the route leads; none where it leads to the host.
   */
  public avoidsPreviousHosts(port: MeshPort, versions: (string | undefined)[]): boolean {
    const reached = versions.length > 0 ? versions : [undefined];
    return !reached.every(version => this.balancing(port, version)?._hashes);
  }

  /**
   * Where versions share requests, Envoy makes one hash of those of all of them.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/route/route.go, processWeightedDestination; envoyproxy/envoy source/common/http/hash_policy.cc, generateHash.
   *
   * @param splits the versions that share the requests of a route.
   */
  public hashProblems(splits: (string | undefined)[][]): MeshProblem[] {
    for (const port of this.ports.filter(({ _isHttp }) => _isHttp)) {
      for (const versions of splits) {
        const keys = [...new Set(versions.map(version => this.hashKey(port, version)))].filter(key => key !== undefined);
        if (keys.length > 1) {
          return [this.at('loadBalancing').problem('InvalidLoadBalancing', `must go by one key for versions that share requests, ${versions.join(' and ')}: of several Envoy makes one hash, and each version goes by all of them`,
            keys, 'Balance them by one key, or give one of them no share and lead requests to it by addRoute().')];
        }
      }
    }
    return [];
  }

  /** Whether nobody chooses among the pods. */
  public get passes(): boolean {
    return this.whole.loadBalancing?._passes ?? false;
  }

  /** Whether some requests go to pods of the client's zone before others. */
  public get keepsZone(): boolean {
    return this.said.some(({ loadBalancing }) => loadBalancing?._locality._keepsZone);
  }

  /** How long a connection that is not HTTP stays quiet, where the server's own proxies have to be told so. */
  public get longIdleTimeout(): string | undefined {
    const { connectionPool } = this.whole;
    const isLong = connectionPool?._longIdleTimeout !== undefined && this.ports.some(port => !port._isHttp);
    return isLong ? connectionPool._toManifest(this.at('connectionPool')).tcp?.idleTimeout : undefined;
  }

  /** Whether the clients leave out a failing pod, on some port. */
  public get breaks(): boolean {
    return [this.whole, ...this.ports.map(port => port._traffic)].some(({ circuitBreaker }) => circuitBreaker !== undefined);
  }

  /** The names of the cookies by which pods are picked. */
  public get cookies(): string[] {
    return this.said.flatMap(({ loadBalancing }) => loadBalancing?._toManifest(this.at('loadBalancing')).consistentHash?.httpCookie?.name ?? []);
  }

  /** Whether anything is said at all. */
  public get isSaid(): boolean {
    return [...SETTINGS, 'retryBudget' as const].some(property => this.host[property] !== undefined) || this.ports.some(hasTraffic);
  }

  private get said(): TrafficPolicyProps[] {
    return [this.whole, ...this.ports.map(port => port._traffic), ...this.versions.values()];
  }

  private checkShape(): void {
    const { at, host: { headless, foreign, loadBalancing, led } } = this;
    for (const property of ['loadBalancing', 'circuitBreaker'] as const) {
      const index = this.ports.findIndex(port => port._traffic[property] !== undefined);
      const site = this.host[property] ? at(property) : index < 0 ? undefined : at('ports').at(index).in(property);
      if (headless && site) {
        site.fail('HeadlessService', 'has no effect where clients pick the pod themselves', `a ${(this.host[property] ?? this.ports[index]._traffic[property])!.constructor.name}`, 'Leave it out, or headless.');
      }
    }
    const distribution = loadBalancing?._locality._trafficDistribution;
    if (foreign && distribution !== undefined) {
      at('loadBalancing').in('locality').fail('NotOurs', 'is for the Kubernetes Service to say, which something else deploys', distribution,
        'Use Locality.failover() beside a circuit breaker, or have the Service say it.');
    }
    if (this.passes && led !== undefined) {
      at('loadBalancing').fail('InvalidLoadBalancing', `cannot pass connections on to where they were made: ${led}`, 'passthrough', 'Leave it out, or choose another way.');
    }
    for (const property of ['circuitBreaker', 'loadBalancing'] as const) {
      const index = this.several && this.passes ? this.ports.findIndex(port => port._traffic[property]) : -1;
      if (index >= 0) {
        at('ports').at(index).in(property).fail(property === 'circuitBreaker' ? 'InvalidCircuitBreaker' : 'InvalidLoadBalancing',
          'has no effect where nobody chooses among the pods', 'passthrough', 'Leave it out, or balance in another way than LoadBalancing.passthrough().');
      }
    }
    if (this.passes && this.whole.circuitBreaker) {
      at('circuitBreaker').fail('InvalidCircuitBreaker', 'has no effect where nobody chooses among the pods', 'passthrough', 'Leave it out, or balance in another way than LoadBalancing.passthrough().');
    }
  }

  /** What one port or version cannot have of its own. */
  private checkPart(site: Site, { loadBalancing }: TrafficPolicyProps, part: string): void {
    const distribution = loadBalancing?._locality._trafficDistribution;
    if (distribution !== undefined) {
      site.in('locality').fail('IneffectiveLocality', `is for the Kubernetes Service to say, which is one for all ${part}`, distribution, 'Say it of the service.');
    }
    if (loadBalancing?._passes) {
      site.fail('InvalidLoadBalancing', `is for the whole service: where nobody chooses there are no ${part} to tell apart`, 'passthrough', 'Say it of the service.');
    }
  }

  /** @param base what holds where nothing else is said. */
  private check(at: (property: string) => Site, own: TrafficPolicyProps, base: TrafficPolicyProps, ports: MeshPort[]): void {
    const { loadBalancing, connectionPool, circuitBreaker } = own;
    loadBalancing?._toManifest(at('loadBalancing'));
    circuitBreaker?._toManifest(at('circuitBreaker'));
    if (!ports.some(port => port._isHttp)) {
      circuitBreaker?._checkUnanswered(at('circuitBreaker'));
    }
    if (connectionPool) {
      connectionPool._toManifest(at('connectionPool'));
      connectionPool._check(at('connectionPool'), pooled(ports), base.connectionPool);
    }
    const all = merged(base, own);
    if (all.loadBalancing?._locality._needsBreaker && !all.circuitBreaker) {
      at('loadBalancing').in('locality').fail('IneffectiveLocality', 'needs a circuit breaker', 'failover', 'Add circuitBreaker: without one no pod ever counts as unwell, and Istio ignores the zone.');
    }
    if (loadBalancing?._needsRequests) {
      checkHttp(at('loadBalancing'), ports);
      if (ports.filter(port => port._isHttp).every(port => port._isGrpc)) {
        loadBalancing._checkGrpc(at('loadBalancing'), ports.some(port => port._protocol === 'grpc-web'));
      }
    }
  }

  private checkPort(site: Site, port: MeshPort): void {
    if (!hasTraffic(port)) {
      return;
    }
    const at = (property: string) => site.in(property);
    const name = SETTINGS.find(property => port._traffic[property] !== undefined)!;
    if (port._isUdp) {
      at(name).fail('NotHttp', 'needs a port on which the proxy sees connections', [port.name], 'Leave it out: UDP passes no proxy.');
    }
    this.check(at, port._traffic, this.host, [port]);
    if (this.several && !port._isHttp) {
      const only = 'Say it of the service: all of its ports that are not HTTP have it together.';
      port._traffic.connectionPool?._checkNoListeners(at('connectionPool'), only);
      port._traffic.loadBalancing?._checkNoListeners(at('loadBalancing'), only);
    }
    if (this.several) {
      this.checkPart(at('loadBalancing'), port._traffic, 'ports');
    }
  }

  /** Envoy goes by the budget alone where it has both (envoy api/envoy/config/cluster/v3/circuit_breaker.proto, retry_budget). */
  private checkBudget(site: Site, budget: HostTrafficProps['retryBudget'], pool?: ConnectionPool): void {
    if (!budget) {
      return;
    }
    budget._toManifest(site);
    checkHttp(site, this.ports);
    if (pool?._maxRetries !== undefined) {
      site.fail('InvalidRetries', 'takes the place of maxRetries of the connection pool, which would have no effect', pool._maxRetries, 'Leave one of the two out.');
    }
  }
}

/** What the second says, and what else the first does. */
function merged(base: TrafficPolicyProps, own: TrafficPolicyProps): TrafficPolicyProps {
  return {
    loadBalancing: own.loadBalancing?._beside(base.loadBalancing) ?? base.loadBalancing,
    connectionPool: base.connectionPool?._with(own.connectionPool) ?? own.connectionPool,
    circuitBreaker: own.circuitBreaker ?? base.circuitBreaker,
  };
}

/** Said aloud, because Istio prefers the client's zone as soon as there is a circuit breaker. */
export function unbalanced() {
  return { localityLbSetting: LOCALITY_OFF };
}

export function hasTraffic({ _traffic }: MeshPort): boolean {
  return SETTINGS.some(property => _traffic[property] !== undefined);
}

function pooled(ports: MeshPort[]): PooledPorts {
  return {
    someHttp: ports.some(port => port._isHttp),
    allHttp: ports.every(port => port._isHttp),
    someHttp2: ports.some(port => port._isHttp2),
    allHttp2: ports.every(port => port._isHttp2),
  };
}

/** Requests are told apart on HTTP ports only. */
export function checkHttp(site: Site, ports: MeshPort[]): void {
  if (!ports.some(port => port._isHttp)) {
    site.fail('NotHttp', 'needs a port on which the proxy sees requests', ports.map(port => port.name), 'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or leave this out.');
  }
}
