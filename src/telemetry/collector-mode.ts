import { checked } from '../diagnostics/checked';
import { Autoscaling } from '../workload/autoscaling';
import { WorkloadKind } from '../workload/workload-kind';

/**
 * Options for `CollectorMode.gateway`.
 */
export interface GatewayCollectorOptions {
  /**
   * How many pods run, 1 to 1000.
   *
   * @default - three
   */
  readonly replicas?: number;

  /**
   * Who says how many pods run. Not beside `replicas`.
   *
   * @default - `replicas` pods run
   */
  readonly autoscaling?: Autoscaling;
}

/**
 * Options for `CollectorMode.agent`.
 */
export interface AgentCollectorOptions {
  /**
   * The number of nodes, 1 to 5000: a namespace's quota has to hold a pod for each.
   *
   * @default - one pod is counted
   */
  readonly nodes?: number;
}

/**
 * Where the pods of an `OpenTelemetryCollector` run.
 *
 * @see https://opentelemetry.io/docs/collector/deploy/
 */
@checked
export class CollectorMode {
  /**
   * Some pods for all that send there.
   *
   * Kubernetes: Deployment.
   *
   * @example
   * CollectorMode.gateway({ replicas: 2 });
   */
  public static gateway(options: GatewayCollectorOptions = {}): CollectorMode {
    return new CollectorMode(WorkloadKind.deployment(), false, options);
  }

  /**
   * A pod on every node, for what runs there: nothing is sent to another node's.
   *
   * Kubernetes: DaemonSet, and `internalTrafficPolicy: Local` of its Service, which the proxies keep too.
   *
   * @see https://kubernetes.io/docs/concepts/services-networking/service-traffic-policy/
   *
   * @example
   * CollectorMode.agent({ nodes: 12 });
   */
  public static agent(options: AgentCollectorOptions = {}): CollectorMode {
    return new CollectorMode(WorkloadKind.daemonSet(options), true, {});
  }

  private constructor(
    /** @internal */
    public readonly _kind: WorkloadKind,
    /** @internal */
    public readonly _ofNode: boolean,
    /** @internal */
    public readonly _size: GatewayCollectorOptions,
  ) {}
}
