import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-check';
import { MeshService } from '../mesh/mesh-service';
import { CANONICAL_NAME } from '../workload/labels';

/**
 * The controllers whose pods a drill can hit.
 */
export enum ChaosTargetKind {
  /** A Deployment. */
  DEPLOYMENT = 'deployment',
  /** A StatefulSet. */
  STATEFUL_SET = 'statefulset',
  /** A DaemonSet. */
  DAEMON_SET = 'daemonset',
  /** A Rollout of Argo Rollouts. */
  ROLLOUT = 'rollout',
}

registerEnums({ ChaosTargetKind });

/**
 * Options for `ChaosTarget.pods`.
 */
export interface ChaosTargetPods {
  /**
   * The namespace of the pods.
   */
  readonly namespace: string;

  /**
   * The key of the one label that all of them carry.
   */
  readonly labelKey: string;

  /**
   * The value of that label.
   */
  readonly labelValue: string;

  /**
   * What controls them.
   *
   * @default - a Deployment
   */
  readonly kind?: ChaosTargetKind;
}

/**
 * The pods that a drill hits.
 *
 * Litmus: `ChaosEngine.spec.appinfo`.
 */
@checked
export class ChaosTarget {
  /**
   * The pods of a service, in all its versions but those with an identity of their own, whose pods are somebody else's. During a release these are
   * the old and the new ones, whatever its engine; where that makes a Rollout of the service, the release has to stand before the drill.
   *
   * @example
   * ChaosTarget.service(orders);
   */
  public static service(service: MeshService): ChaosTarget {
    return new ChaosTarget({ namespace: service.namespace, labelKey: CANONICAL_NAME, labelValue: service.name }, service);
  }

  /**
   * Pods that this app does not describe. Exactly one label: Litmus reads a second one as an alternative, and would
   * hit more pods instead of fewer.
   *
   * @example
   * ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' });
   */
  public static pods(pods: ChaosTargetPods): ChaosTarget {
    return new ChaosTarget(pods);
  }

  private constructor(
    private readonly pods: ChaosTargetPods,
    /** @internal */
    public readonly _service?: MeshService,
  ) {}

  /** @internal */
  public get _namespace(): string {
    return this.pods.namespace;
  }

  /** @internal */
  public get _kind(): ChaosTargetKind {
    const own = this._service?._pods.controllerKind.toLowerCase() as ChaosTargetKind | undefined;
    return this.pods.kind ?? own ?? ChaosTargetKind.DEPLOYMENT;
  }

  /** @internal */
  public _toManifest(site: Site): { appns: string; applabel: string; appkind: string } {
    const { namespace, labelKey, labelValue } = this.pods;
    checkDnsLabel(site.in('namespace'), namespace);
    checkLabels(site.in('label'), { [labelKey]: labelValue });
    return { appns: namespace, applabel: `${labelKey}=${labelValue}`, appkind: this._kind };
  }
}
