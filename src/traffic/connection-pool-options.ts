import { Duration } from 'cdk8s';
import { registerEnums } from '../diagnostics/type-fit';

/**
 * What the clients' proxies speak to a port of plain HTTP. A port of HTTP/2 or gRPC is what its name says.
 */
export enum UpstreamProtocol {
  /**
   * HTTP/1.1: as many connections as requests at a time, even where the mesh as a whole has HTTP/2.
   *
   * Istio: `h2UpgradePolicy: DO_NOT_UPGRADE`.
   */
  HTTP1 = 'DO_NOT_UPGRADE',
  /**
   * HTTP/2 between the proxies: many requests share a connection. The service's own proxy turns it back, and the program gets HTTP/1.1. Not for what is outside of the mesh
   * and is asked without TLS: a server there that speaks HTTP/2 has a `MeshPort.http2()`.
   *
   * Istio: `h2UpgradePolicy: UPGRADE`.
   */
  HTTP2 = 'UPGRADE',
  /**
   * What the client's program speaks, between the proxies. The service's program gets HTTP/1.1: its own proxy does not know of it, because its Sidecar names what the
   * service calls alone (istio/istio pilot/pkg/model/sidecar.go, destinationRules).
   *
   * Istio: `useClientProtocol: true`.
   */
  AS_CLIENT = 'useClientProtocol',
}

registerEnums({ UpstreamProtocol });

/**
 * How the system of a proxy finds out that the other end of a quiet connection is gone. What is left out is the mesh's or else the system's own.
 */
export interface TcpKeepalive {
  /**
   * How long a connection is quiet before the first probe, in whole seconds up to 32767, some 9 hours. Istio: `tcpKeepalive.time`.
   *
   * @default - the system's: two hours on Linux
   */
  readonly time?: Duration;

  /**
   * The time from one probe to the next, in whole seconds up to 32767. Istio: `tcpKeepalive.interval`.
   *
   * @default - the system's: 75 seconds on Linux
   */
  readonly interval?: Duration;

  /**
   * The number of probes without an answer after which the connection is broken, 1 to 127. Istio: `tcpKeepalive.probes`.
   *
   * @default - the system's: 9 on Linux
   */
  readonly probes?: number;
}

/**
 * How a proxy finds out that the other end of a connection over HTTP/2 answers no more, which a system that is up says nothing of: by PING frames.
 */
export interface Http2Keepalive {
  /**
   * The time from one PING to the next; at least 1 ms. Envoy adds up to 15 percent, at random. Istio: `http2KeepAlive.interval`.
   */
  readonly interval: Duration;

  /**
   * How long an answer may take before the connection is given up, with all requests on it; at least 1 ms. Whatever else arrives meanwhile counts as one.
   * Istio: `http2KeepAlive.timeout`.
   */
  readonly timeout: Duration;
}

/**
 * Options for `ConnectionPool.of`, of which at least one is given.
 */
export interface ConnectionPoolOptions {
  /**
   * The greatest number of connections at a time, 1 to 2147483647. Over HTTP/1.1 a connection carries one request at a time, and what finds none
   * waits; over HTTP/2 one is mostly enough. Each thread of the proxy may have one to each pod all the same. A connection over TCP that is too much
   * is closed.
   *
   * Istio: `connectionPool.tcp.maxConnections`.
   *
   * @default - no bound
   */
  readonly maxConnections?: number;

  /**
   * How long the proxy waits for a connection to be made; at least 1 ms.
   *
   * Istio: `connectionPool.tcp.connectTimeout`.
   *
   * @default - the mesh's: 10 seconds
   */
  readonly connectTimeout?: Duration;

  /**
   * Probes on connections that are quiet, at least one of the three.
   *
   * Istio: `connectionPool.tcp.tcpKeepalive`.
   *
   * @default - the mesh's, or none
   */
  readonly tcpKeepalive?: TcpKeepalive;

  /**
   * How long a connection stays without a request, or of TCP without a byte in either direction; at least 1 ms, and 0 for ever. One number for all
   * ports that are not HTTP.
   *
   * The server's own proxy has a limit too, of one hour. For ports that are not HTTP the pods of a `MeshService` are told of a longer one (`ISTIO_META_IDLE_TIMEOUT`, which starts
   * them anew); pods that something else deploys, and machines, have to be told by who does. For HTTP the server says it by `proxy.timeouts.connectionIdle`.
   * Of an `ExternalService` behind an `EgressGateway` no longer one is taken for ports that are not HTTP.
   *
   * Istio: `connectionPool.tcp.idleTimeout`, which holds for HTTP as well.
   *
   * @default - 1 hour
   */
  readonly idleTimeout?: Duration;

  /**
   * How long a connection is used, however busy it is; at least 1 ms. Over HTTP its last requests are answered first; a connection over TCP is cut.
   * One number for all ports that are not HTTP.
   *
   * Istio: `connectionPool.tcp.maxConnectionDuration`.
   *
   * @default - no bound
   */
  readonly maxConnectionDuration?: Duration;

  /**
   * How many requests may wait for a connection, 1 to 2147483647, the one among them for which a connection is made. Further ones are answered 503.
   *
   * Istio: `connectionPool.http.http1MaxPendingRequests`, which holds for HTTP/2 as well.
   *
   * @default - no bound
   */
  readonly maxPendingRequests?: number;

  /**
   * How many requests may be under way at a time, 1 to 2147483647. Further ones are answered 503.
   *
   * Istio: `connectionPool.http.http2MaxRequests`, which holds for HTTP/1.1 as well.
   *
   * @default - no bound
   */
  readonly maxRequests?: number;

  /**
   * After how many requests a connection is given up, 1 to 536870912: so that load finds its way to new pods. With 1 there is a new connection for
   * each.
   *
   * Istio: `connectionPool.http.maxRequestsPerConnection`.
   *
   * @default - no bound
   */
  readonly maxRequestsPerConnection?: number;

  /**
   * How many retries may be under way at a time, 1 to 2147483647; what is too much is not retried. Not beside a `retryBudget`, which takes its place.
   *
   * Istio: `connectionPool.http.maxRetries`.
   *
   * @default - no bound
   */
  readonly maxRetries?: number;

  /**
   * How many requests share a connection of HTTP/2 at a time, 1 to 2147483647. Further ones take a new connection.
   *
   * Istio: `connectionPool.http.maxConcurrentStreams`.
   *
   * @default - what the other end allows, at most 1024
   */
  readonly maxConcurrentStreams?: number;

  /**
   * PING frames on connections of HTTP/2, busy or not.
   *
   * Istio: `connectionPool.http.http2KeepAlive`, from 1.31 on; an older one drops it.
   *
   * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-HTTPSettings-ConnectionKeepalive
   *
   * @default - none
   */
  readonly http2Keepalive?: Http2Keepalive;

  /**
   * What the proxies speak to each other on ports of plain HTTP.
   *
   * Istio: `connectionPool.http.h2UpgradePolicy` or `useClientProtocol`.
   *
   * @default - as the mesh's `h2UpgradePolicy`: HTTP/1.1
   */
  readonly protocol?: UpstreamProtocol;
}
