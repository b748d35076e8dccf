import { Duration } from 'cdk8s';
import { ConnectionPoolOptions, Http2Keepalive, TcpKeepalive, UpstreamProtocol } from './connection-pool-options';
import { checked } from '../diagnostics/checked';
import { checkDuration, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ConnectionPoolManifest } from '../manifests/istio-networking';

/** The fields are signed numbers of 32 bits, in which 0 means Envoy's default. */
const GREATEST = 2 ** 31 - 1;

const NUMBERS = {
  maxConnections: { greatest: GREATEST, fix: 'Leave it out for no bound.' },
  maxPendingRequests: { greatest: GREATEST, fix: 'Leave it out for no bound; with 1 a request waits, and further ones are answered 503.' },
  maxRequests: { greatest: GREATEST, fix: 'Leave it out for no bound.' },
  maxRequestsPerConnection: { greatest: 2 ** 29, fix: 'Leave it out for no bound; 1 takes a new connection for each request.' },
  maxRetries: { greatest: GREATEST, fix: 'Leave it out for no bound; Retries.none() of a call switches retries off.' },
  maxConcurrentStreams: { greatest: GREATEST, fix: 'Leave it out for no bound.' },
} as const;

/** What is of requests, and means nothing to a connection whose requests the proxy does not see. */
const OF_REQUESTS = [
  'maxPendingRequests', 'maxRequests', 'maxRequestsPerConnection', 'maxRetries', 'maxConcurrentStreams', 'http2Keepalive', 'protocol',
] as const;

/** What is of connections over HTTP/2. */
const OF_HTTP2 = ['maxConcurrentStreams', 'http2Keepalive'] as const;

/** What Istio takes for the connections of all ports together: it belongs to the listener, not to the cluster. */
const HOUR_MS = 3_600_000;

const OF_LISTENERS = ['idleTimeout', 'maxConnectionDuration'] as const;

/** What a pool is for: a whole host, or some of its ports. */
export interface PooledPorts {
  /** Whether the proxies see the requests of one of them, and of all. */
  readonly someHttp: boolean;
  readonly allHttp: boolean;
  /** Whether requests go out over HTTP/2 on one of them, and on all, whatever the pool says. */
  readonly someHttp2: boolean;
  readonly allHttp2: boolean;
}

/**
 * How many connections and requests a client's proxy opens to a service at a time, and how long it keeps them. What is too much is answered at
 * once, with 503 and the flag `UO` in the access log, and is not retried: a server that is slow so does not make its clients slow.
 *
 * Each client's proxy counts for itself, over all pods of a version together. The service's own proxies keep to none of them:
 * their Sidecar names what the service calls alone, and Istio reads a DestinationRule for what is named there.
 *
 * Istio: `DestinationRule.trafficPolicy.connectionPool`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings
 */
@checked
export class ConnectionPool {
  /**
   * A pool with bounds of its own. Of a port or a version it changes what it names, and leaves the rest as the service's pool has it.
   *
   * @example
   * ConnectionPool.of({ maxConnections: 100, maxPendingRequests: 50, connectTimeout: Duration.seconds(1) });
   */
  public static of(options: ConnectionPoolOptions): ConnectionPool {
    const { tcpKeepalive, http2Keepalive } = options;
    return new ConnectionPool({
      ...options, tcpKeepalive: tcpKeepalive && { ...tcpKeepalive }, http2Keepalive: http2Keepalive && { ...http2Keepalive },
    });
  }

  private constructor(private readonly options: ConnectionPoolOptions) {}

  /**
   * This one, with what the other one says instead.
   *
   * @internal
   */
  public _with(other?: ConnectionPool): ConnectionPool {
    const said = Object.fromEntries(Object.entries(other?.options ?? {}).filter(([, value]) => value !== undefined));
    return other === undefined ? this : new ConnectionPool({ ...this.options, ...said });
  }

  /**
   * What would have no effect on the ports that it is for.
   *
   * @param base what holds where this one says nothing.
   *
   * @internal
   */
  public _check(site: Site, ports: PooledPorts, base?: ConnectionPool): void {
    const { options } = this;
    const all = base?._with(this) ?? this;
    if (Object.values(options).every(value => value === undefined)) {
      site.fail('InvalidConnectionPool', 'must say something', {}, 'Name at least one bound, or leave connectionPool out.');
    }
    if (!ports.someHttp) {
      const request = OF_REQUESTS.find(name => options[name] !== undefined);
      if (request) {
        site.in(request).fail('NotHttp', 'needs a port on which the proxy sees requests', options[request],
          'Leave it out: of connections maxConnections, connectTimeout, tcpKeepalive, idleTimeout and maxConnectionDuration hold.');
      }
    }
    this.checkProtocol(site.in('protocol'), ports);
    const streamed = OF_HTTP2.find(name => all.options[name] !== undefined);
    if (streamed && ports.someHttp && !all.speaksHttp2(ports)) {
      site.in(streamed).fail('InvalidConnectionPool', 'needs a port that goes out over HTTP/2', all.options[streamed],
        'Declare the port as MeshPort.http2() or MeshPort.grpc(), add protocol: UpstreamProtocol.HTTP2, or leave it out.');
    }
  }

  /**
   * The settings that Istio reads of the whole host alone where connections are not of HTTP.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/networkfilter.go, buildOutboundNetworkFiltersWithSingleDestination.
   *
   * @internal
   */
  public _checkNoListeners(site: Site, fix: string): void {
    const name = OF_LISTENERS.find(property => this.options[property] !== undefined);
    if (name) {
      site.in(name).fail('InvalidConnectionPool', 'is one for all connections that are not HTTP', this.options[name]!.toHumanString(), fix);
    }
  }

  /**
   * How long a connection that is not HTTP stays quiet, where that is longer than the server's own proxy has it by itself.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/listener_inbound.go, buildInboundNetworkFilters; envoyproxy/envoy
   * api/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto, idle_timeout.
   *
   * @internal
   */
  public get _longIdleTimeout(): Duration | undefined {
    const { idleTimeout } = this.options;
    const ms = idleTimeout?.toMilliseconds({ integral: false }) ?? 1;
    return ms === 0 || ms > HOUR_MS ? idleTimeout : undefined;
  }

  /**
   * Whether some of it is for requests.
   *
   * @internal
   */
  public get _isOfRequests(): boolean {
    return OF_REQUESTS.some(name => this.options[name] !== undefined);
  }

  /** @internal */
  public get _protocol(): UpstreamProtocol | undefined {
    return this.options.protocol;
  }

  /** @internal */
  public get _maxRetries(): number | undefined {
    return this.options.maxRetries;
  }

  /** @internal */
  public _toManifest(site: Site): ConnectionPoolManifest {
    const { connectTimeout, tcpKeepalive, idleTimeout, maxConnectionDuration, protocol, maxConnections, ...requests } = this.checkNumbers(site);
    const tcp = {
      maxConnections,
      connectTimeout: connectTimeout && checkDuration(site.in('connectTimeout'), connectTimeout),
      tcpKeepalive: tcpKeepalive && keepaliveOf(site.in('tcpKeepalive'), tcpKeepalive),
      maxConnectionDuration: maxConnectionDuration && checkDuration(site.in('maxConnectionDuration'), maxConnectionDuration),
      // Istio goes by it for HTTP too, where http.idleTimeout does not stand, and of TCP by nothing else (cluster_traffic_policy.go, applyConnectionPool)
      idleTimeout: idleTimeout && (idleTimeout.toMilliseconds({ integral: false }) === 0 ? '0s' : checkDuration(site.in('idleTimeout'), idleTimeout)),
    };
    const http = {
      http1MaxPendingRequests: requests.maxPendingRequests,
      http2MaxRequests: requests.maxRequests,
      maxRequestsPerConnection: requests.maxRequestsPerConnection,
      maxRetries: requests.maxRetries,
      maxConcurrentStreams: requests.maxConcurrentStreams,
      http2KeepAlive: requests.http2Keepalive && pingsOf(site.in('http2Keepalive'), requests.http2Keepalive),
      ...protocolOf(protocol),
    };
    return { tcp: someOf(tcp), http: someOf(http) };
  }

  private checkNumbers(site: Site): ConnectionPoolOptions {
    for (const [name, { greatest, fix }] of Object.entries(NUMBERS)) {
      const value = this.options[name as keyof typeof NUMBERS];
      if (value !== undefined) {
        checkInteger(site.in(name), value, 1, greatest, 'InvalidConnectionPool', fix);
      }
    }
    return this.options;
  }

  private speaksHttp2(ports: PooledPorts): boolean {
    const { protocol } = this.options;
    return protocol === undefined ? ports.someHttp2 : protocol === UpstreamProtocol.HTTP2;
  }

  /** Istio would upgrade a port of TCP too, and the pods would not know what to make of its TLS. */
  private checkProtocol(site: Site, { allHttp, allHttp2 }: PooledPorts): void {
    const { protocol } = this.options;
    if (protocol === undefined) {
      return;
    }
    if (!allHttp) {
      site.fail('NotHttp', 'is for ports of HTTP alone, and the service has others', protocol, 'Say it of the port: MeshPort.http(8080, { connectionPool: ConnectionPool.of({ protocol: UpstreamProtocol.HTTP2 }) }).');
    }
    if (allHttp2) {
      site.fail('InvalidConnectionPool', 'is for ports of HTTP/1.1: this one speaks HTTP/2, as its name says', protocol, 'Leave it out, or declare the port as MeshPort.http().');
    }
  }
}

/**
 * Of more, setsockopt() fails, and Envoy gives the connection up.
 *
 * Upstream: torvalds/linux include/net/tcp.h, MAX_TCP_KEEPIDLE and MAX_TCP_KEEPINTVL.
 */
const LONGEST_KEEPALIVE = 32767;

/**
 * Fields of Envoy's that are whole seconds.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/cluster.go, setKeepAliveSettings.
 */
function keepaliveOf(site: Site, { time, interval, probes }: TcpKeepalive) {
  if (time === undefined && interval === undefined && probes === undefined) {
    site.fail('InvalidConnectionPool', 'must say something', {}, 'Name time, interval or probes, or leave it out.');
  }
  const whole = (name: string, duration?: Duration) => {
    const seconds = duration && checkDuration(site.in(name), duration);
    if (seconds?.endsWith('ms')) {
      site.in(name).fail('InvalidDuration', 'must be whole seconds, of which the system takes no parts', seconds, 'Use Duration.seconds().');
    }
    if (duration && duration.toSeconds() > LONGEST_KEEPALIVE) {
      site.in(name).fail('InvalidDuration', `must be at most ${LONGEST_KEEPALIVE} seconds`, seconds, 'Write some minutes, or leave it out for the system\'s own: Linux refuses more, and with it every connection.');
    }
    return seconds;
  };
  return {
    time: whole('time', time),
    interval: whole('interval', interval),
    probes: probes === undefined ? undefined : checkInteger(site.in('probes'), probes, 1, 127, 'InvalidConnectionPool', 'Leave it out for the system\'s own: 9 on Linux, which takes up to 127.'),
  };
}

function pingsOf(site: Site, { interval, timeout }: Http2Keepalive) {
  return { interval: checkDuration(site.in('interval'), interval), timeout: checkDuration(site.in('timeout'), timeout) };
}

function protocolOf(protocol?: UpstreamProtocol) {
  return protocol === UpstreamProtocol.AS_CLIENT ? { useClientProtocol: true } : { h2UpgradePolicy: protocol };
}

function someOf<T extends object>(fields: T): T | undefined {
  return Object.values(fields).some(value => value !== undefined) ? fields : undefined;
}
