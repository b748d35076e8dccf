import { CircuitBreaker } from './circuit-breaker';
import { ConnectionPool } from './connection-pool';
import { LoadBalancing } from './load-balancing';
import { RetryBudget } from './retry-budget';

/**
 * How the clients' proxies treat what they send to a service: all of it, or what goes to one of its ports or versions.
 *
 * Of a port, what is said here takes the place of what is said of the service; of a version, that of both. A `ConnectionPool` takes the place of
 * those bounds alone that it names.
 *
 * Istio: `DestinationRule.trafficPolicy`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#TrafficPolicy
 */
export interface TrafficPolicyProps {
  /**
   * How the clients pick a pod.
   *
   * Istio: `DestinationRule.trafficPolicy.loadBalancer`.
   *
   * @default - the service's own; of a service the mesh's default: of two random pods the one with fewer open requests, wherever they run
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * How many connections and requests the clients open at a time, and how long they keep them.
   *
   * Istio: `DestinationRule.trafficPolicy.connectionPool`.
   *
   * @default - the service's own; of a service no bounds, or as `meshConfig.defaultTrafficPolicy` of the installation says
   */
  readonly connectionPool?: ConnectionPool;

  /**
   * When the clients leave out a failing pod.
   *
   * Istio: `DestinationRule.trafficPolicy.outlierDetection`.
   *
   * @default - the service's own; of a service never, or as `meshConfig.defaultTrafficPolicy` of the installation says
   */
  readonly circuitBreaker?: CircuitBreaker;
}

/**
 * The same of a service, or one of its versions, as a whole.
 */
export interface HostTrafficProps extends TrafficPolicyProps {
  /**
   * How many retries the clients may have under way.
   *
   * Istio: `DestinationRule.trafficPolicy.retryBudget`, which single ports have not.
   *
   * @default - the service's own; of a service no bound
   */
  readonly retryBudget?: RetryBudget;
}
