import * as kplus from 'cdk8s-plus-28';
import { ProxyTimeouts } from './proxy-timeouts';
import { registerEnums } from '../diagnostics/type-fit';

/**
 * How much the proxy tells of what it does, from everything to nothing.
 *
 * @see https://istio.io/latest/docs/reference/config/annotations/#SidecarLogLevel
 */
export enum ProxyLogLevel {
  /** Every step of every request. */
  TRACE = 'trace',
  /** What leads to each decision. */
  DEBUG = 'debug',
  /** What changes in its configuration. */
  INFO = 'info',
  /** What should not be. */
  WARNING = 'warning',
  /** What has failed. */
  ERROR = 'error',
  /** What it cannot go on after. */
  CRITICAL = 'critical',
  /** Nothing. */
  OFF = 'off',
}

registerEnums({ ProxyLogLevel });

/**
 * What the proxy of one pod asks for and may use at most. What is left out keeps its default.
 */
export interface ProxyResources {
  /**
   * Annotations `sidecar.istio.io/proxyCPU` and `proxyCPULimit`.
   *
   * @default - a request of 100m, a limit of 2 CPUs
   */
  readonly cpu?: kplus.CpuResources;

  /**
   * Annotations `sidecar.istio.io/proxyMemory` and `proxyMemoryLimit`.
   *
   * @default - a request of 128Mi, a limit of 1Gi
   */
  readonly memory?: kplus.MemoryResources;
}

/**
 * Statistics that the proxy keeps beside those that it always keeps; each costs memory for every cluster and port. At least one.
 *
 * Istio: `ProxyConfig.proxyStatsMatcher`.
 *
 * @see https://istio.io/latest/docs/ops/configuration/telemetry/envoy-stats/
 */
export interface ProxyStatistics {
  /**
   * Beginnings of their names: `cluster.outbound`.
   *
   * Istio: `inclusionPrefixes`.
   *
   * @default - none
   */
  readonly prefixes?: string[];

  /**
   * Ends of their names: `upstream_rq_timeout`.
   *
   * Istio: `inclusionSuffixes`.
   *
   * @default - none
   */
  readonly suffixes?: string[];

  /**
   * Regular expressions in the syntax of RE2, for the whole name: `.*circuit_breakers.*`.
   *
   * Istio: `inclusionRegexps`.
   *
   * @default - none
   */
  readonly regexps?: string[];
}

/**
 * The mesh's proxy in one service's pods.
 *
 * Upstream: istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml, pkg/kube/inject/validate.go.
 *
 * @see https://istio.io/latest/docs/reference/config/annotations/
 */
export interface ProxyOptions {
  /**
   * What it asks for and may use at most; the namespace's quota and limits count it. All four values are written, because
   * Istio leaves out those of the installation as soon as a pod gives one.
   *
   * @default - those of the installation, which are counted as 100m CPU and 128Mi, with limits of 2 CPUs and 1Gi
   */
  readonly resources?: ProxyResources;

  /**
   * How much it tells.
   *
   * Istio: annotation `sidecar.istio.io/logLevel`.
   *
   * @default - that of the installation, which is `warning`
   */
  readonly logLevel?: ProxyLogLevel;

  /**
   * How many threads it works with, 1 to 128.
   *
   * Istio: `ProxyConfig.concurrency`, in the annotation `proxy.istio.io/config`.
   *
   * @default - one for each CPU of its limit, begun ones included
   */
  readonly concurrency?: number;

  /**
   * What it counts beside what it always counts.
   *
   * @default - nothing
   */
  readonly statistics?: ProxyStatistics;

  /**
   * When it gives up requests and connections in which nothing moves.
   *
   * @default - requests never, connections without one after an hour
   */
  readonly timeouts?: ProxyTimeouts;

  /**
   * Ports of the pod whose connections do not go through the proxy, 1 to 65535. It gives up mutual TLS and the identity check there: the
   * NetworkPolicy alone decides, and lets in nobody of itself. Not beside `includedInboundPorts`.
   *
   * Throws `BypassedProxy` for a port that the service declares.
   *
   * Istio: annotation `traffic.sidecar.istio.io/excludeInboundPorts`.
   *
   * @default - all go through it
   */
  readonly excludedInboundPorts?: number[];

  /**
   * The only ports of the pod whose connections go through the proxy, all those that the service declares among them. For all others it gives
   * up what `excludedInboundPorts` gives up.
   *
   * Throws `BypassedProxy` where one that the service declares is left out.
   *
   * Istio: annotation `traffic.sidecar.istio.io/includeInboundPorts`.
   *
   * @default - all go through it
   */
  readonly includedInboundPorts?: number[];

  /**
   * Ports to which the programs of the pod connect without the proxy, wherever they are, 1 to 65535. It gives up mutual TLS, routes, timeouts and
   * retries, and the view of the mesh's telemetry; the NetworkPolicy still lets out what is declared and nothing else. For a
   * server outside whose protocol the proxy disturbs. There is no counterpart that names the only ones: everything goes through the proxy.
   *
   * Throws `BypassedProxy` at synth where the service calls another one of the mesh there, which takes mutual TLS only.
   *
   * Istio: annotation `traffic.sidecar.istio.io/excludeOutboundPorts`.
   *
   * @default - all go through it
   */
  readonly excludedOutboundPorts?: number[];
}
