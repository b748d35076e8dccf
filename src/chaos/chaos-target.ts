import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-fit';
import { MeshService } from '../mesh/mesh-service';
import { ReleasedVersion } from '../mesh/released-version';
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
   * The pods of a new version alone, as long as its release goes on. By commits they are there until the release is removed. A controller has them run while it
   * releases: at other times the drill finds none, and its verdict is Error.
   *
   * Throws `NotReleasable` while a controller is handed the service, or taken from it (`Handover`), and by commits of a service whose adopted selector has
   * `app.kubernetes.io/instance`.
   *
   * @example
   * const release = new CanaryRelease(chart, 'orders-1-5', { service: orders, image: 'ghcr.io/acme/orders:1.5.0', stages: [0, 5, 50, 100], stage: 1 });
   * ChaosTarget.release(release);
   */
  public static release(release: ReleasedVersion): ChaosTarget {
    const { service, _tried } = release;
    const { key, value } = _tried ?? Site.of(release, 'engine').fail(
      'NotReleasable', 'must have pods that one label tells from the service\'s own', service.node.path,
      'While a service is handed over there are none: describe the drill in the commit without handover. Beside an adopted selector with app.kubernetes.io/instance use ChaosTarget.pods() with a label of the new version\'s.');
    return new ChaosTarget({ namespace: service.namespace, labelKey: key, labelValue: value }, service);
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
