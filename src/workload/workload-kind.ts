import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { controllerProps, HardenedPods, HardenedPodsProps } from './hardened-pods';
import { VolumeClaim } from './volume-claim';
import { checked } from '../diagnostics/checked';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Options for `WorkloadKind.deployment`.
 */
export interface DeploymentOptions {
  /**
   * How an update replaces the pods. `kplus.DeploymentStrategy.recreate()` stops the old pod before the new one starts: for a
   * program of which two must not run, or whose volume only one node can have. It gives up service while it updates, and
   * neither `replicas` above one nor a release fits it.
   *
   * Kubernetes: `Deployment.spec.strategy`.
   *
   * @default - one new pod at a time, before an old one goes
   */
  readonly strategy?: kplus.DeploymentStrategy;
}

/**
 * Options for `WorkloadKind.statefulSet`.
 */
export interface StatefulSetOptions {
  /**
   * Volumes that each pod has for itself.
   *
   * Kubernetes: `StatefulSet.spec.volumeClaimTemplates`, which cannot be changed once it is applied.
   *
   * @default - none
   */
  readonly claims?: VolumeClaim[];

  /**
   * Whether the pods start one after the other, each when the last one is ready, or all at once. A quorum whose pods get
   * ready only together needs `PARALLEL`.
   *
   * Kubernetes: `StatefulSet.spec.podManagementPolicy`.
   *
   * @default - kplus.PodManagementPolicy.ORDERED_READY
   */
  readonly podManagement?: kplus.PodManagementPolicy;
}

/**
 * Options for `WorkloadKind.daemonSet`.
 */
export interface DaemonSetOptions {
  /**
   * The number of nodes, 1 to 5000: a namespace's quota has to hold a pod for each.
   *
   * @default - one pod is counted
   */
  readonly nodes?: number;
}

/**
 * How many pods the user wants, and by what words.
 *
 * @internal
 */
export interface GivenReplicas {
  readonly replicas: number;
  readonly replicasGiven: boolean;
  readonly autoscaled: boolean;
}

/**
 * What a controller is made of besides its pods.
 *
 * @internal
 */
export interface ControllerContext {
  readonly pods: HardenedPodsProps;
  /** Without it, an autoscaler says how many. */
  readonly replicas?: number;
  /** By whose name each pod of a StatefulSet is found. */
  readonly headless?: kplus.Service;
}

/**
 * What runs the pods of a service.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/
 */
@checked
export abstract class WorkloadKind {
  /**
   * Pods that are alike, replaced one by one.
   *
   * Kubernetes: Deployment.
   *
   * @example
   * new MeshService(chart, 'legacy', {
   *   image: 'ghcr.io/acme/legacy:7.2.0',
   *   ports: [MeshPort.http(8080)],
   *   replicas: 1,
   *   kind: WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() }),
   * });
   */
  public static deployment(options: DeploymentOptions = {}): WorkloadKind {
    return new DeploymentKind(options);
  }

  /**
   * Pods with names of their own (`ledger-0`, `ledger-1`), which they keep, and volumes that they find again. `MeshServiceProps.peers` lets
   * them talk to each other, each by its name under the headless Service `<service>-headless`: `ledger-0.ledger-headless.shop`. Clients
   * reach any of them by the service's own name.
   *
   * Kubernetes: StatefulSet.
   *
   * @example
   * new MeshService(chart, 'ledger', {
   *   image: 'ghcr.io/acme/ledger:4.0.1',
   *   ports: [MeshPort.grpc(50051)],
   *   peers: [MeshPort.tcp(7000, { name: 'tcp-raft' })],
   *   kind: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('data', '/var/lib/ledger', Size.gibibytes(10))] }),
   * });
   */
  public static statefulSet(options: StatefulSetOptions = {}): WorkloadKind {
    return new StatefulSetKind(options);
  }

  /**
   * A pod on every node. `replicas` has no meaning.
   *
   * Kubernetes: DaemonSet.
   *
   * @example
   * new MeshService(chart, 'node-cache', { image: 'ghcr.io/acme/node-cache:1.0.3', ports: [MeshPort.http(8080)], kind: WorkloadKind.daemonSet({ nodes: 12 }) });
   */
  public static daemonSet(options: DaemonSetOptions = {}): WorkloadKind {
    return new DaemonSetKind(options);
  }

  /**
   * The kind as Kubernetes writes it.
   *
   * @internal
   */
  public abstract readonly _name: 'Deployment' | 'StatefulSet' | 'DaemonSet';

  /**
   * Why another version of the pods cannot run beside them; `undefined` where it can.
   *
   * @internal
   */
  public abstract readonly _refusesRelease?: string;

  /**
   * Whether there is a number of pods that can be asked for.
   *
   * @internal
   */
  public get _scales(): boolean {
    return true;
  }

  /**
   * Where it gives the program volumes of its own.
   *
   * @internal
   */
  public get _claimedPaths(): string[] {
    return [];
  }

  /** @internal */
  public abstract _check(at: (property: string) => Site, replicas: GivenReplicas): void;

  /** @internal */
  public abstract _build(scope: Construct, context: ControllerContext): HardenedPods;

  /**
   * How many pods there may be at once, those that are on their way out included.
   *
   * @internal
   */
  public abstract _podsAtOnce(replicas: number): number;
}

class DeploymentKind extends WorkloadKind {
  public readonly _name = 'Deployment';

  constructor(private readonly options: DeploymentOptions) {
    super();
  }

  public get _refusesRelease(): string | undefined {
    return this.recreates ? 'its strategy is to stop the old pod before the new one starts' : undefined;
  }

  public _check(at: (property: string) => Site, { replicas, autoscaled }: GivenReplicas): void {
    if (this.recreates && (replicas > 1 || autoscaled)) {
      at(autoscaled ? 'autoscaling' : 'replicas').fail('InvalidReplicas', 'must be 1 beside the strategy Recreate', replicas,
        'Write replicas: 1, or leave kind out: with several pods an update needs no moment without any.');
    }
  }

  public _build(scope: Construct, { pods, replicas }: ControllerContext): HardenedPods {
    const deployment = new kplus.Deployment(scope, 'deployment', {
      replicas,
      strategy: this.options.strategy ?? kplus.DeploymentStrategy.rollingUpdate({
        maxSurge: kplus.PercentOrAbsolute.absolute(1), maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
      }),
      ...controllerProps(pods),
    });
    return scaled(deployment, pods, replicas, allowStartup);
  }

  public _podsAtOnce(replicas: number): number {
    // An update makes a new pod for each old one, and an old one counts until it is gone
    return this.recreates ? replicas : 2 * replicas;
  }

  private get recreates(): boolean {
    return this.options.strategy?._toKube().type === 'Recreate';
  }
}

class StatefulSetKind extends WorkloadKind {
  public readonly _name = 'StatefulSet';
  public readonly _refusesRelease = 'each of its pods has a name and volumes of its own';

  constructor(private readonly options: StatefulSetOptions) {
    super();
  }

  public _check(at: (property: string) => Site): void {
    const claims = this.options.claims ?? [];
    const site = at('kind').in('claims');
    claims.forEach((claim, index) => claim._check(site.at(index)));
    checkUnique(site, claims.map(({ _name }) => _name), 'DuplicateName', 'Give each claim a name of its own.');
    checkUnique(site, claims.map(({ _path }) => _path), 'InvalidPath', 'Mount one volume at each path.');
  }

  public get _claimedPaths(): string[] {
    return this.options.claims?.map(({ _path }) => _path) ?? [];
  }

  public _build(scope: Construct, { pods, replicas, headless }: ControllerContext): HardenedPods {
    const set = new kplus.StatefulSet(scope, 'stateful-set', {
      replicas, service: headless!, podManagementPolicy: this.options.podManagement, ...controllerProps(pods),
    });
    const claims = this.options.claims ?? [];
    return scaled(set, pods, replicas, (json) => {
      if (claims.length > 0) {
        json.spec.volumeClaimTemplates = claims.map(claim => claim._toManifest());
        const [container] = json.spec.template.spec.containers;
        container.volumeMounts = [...container.volumeMounts ?? [], ...claims.map(({ _name, _path }) => ({ name: _name, mountPath: _path }))];
      }
    });
  }

  public _podsAtOnce(replicas: number): number {
    return replicas; // A pod is gone before another one bears its name
  }
}

class DaemonSetKind extends WorkloadKind {
  public readonly _name = 'DaemonSet';
  public readonly _refusesRelease = 'a node would run both versions';

  public get _scales(): boolean {
    return false;
  }

  constructor(private readonly options: DaemonSetOptions) {
    super();
  }

  public _check(at: (property: string) => Site, { replicas, replicasGiven, autoscaled }: GivenReplicas): void {
    if (replicasGiven || autoscaled) {
      at(autoscaled ? 'autoscaling' : 'replicas').fail('InvalidReplicas', 'must not be given for a DaemonSet', replicas, 'Leave it out: there is a pod on every node.');
    }
    checkInteger(at('kind').in('nodes'), this.options.nodes ?? 1, 1, 5000, 'InvalidReplicas', 'Write how many nodes the cluster has at most.');
  }

  public _build(scope: Construct, { pods }: ControllerContext): HardenedPods {
    return new HardenedPods(new kplus.DaemonSet(scope, 'daemon-set', controllerProps(pods)), pods, true);
  }

  public _podsAtOnce(): number {
    return this.options.nodes ?? 1;
  }
}

/** A rollout counts as failed by its deadline, 10 minutes: not before a program that may start for longer has had its time. */
function allowStartup(json: any): void {
  const [{ startupProbe: { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = {} as any }] = json.spec.template.spec.containers;
  json.spec.progressDeadlineSeconds = Math.max(json.spec.progressDeadlineSeconds, initialDelaySeconds + periodSeconds * failureThreshold + 300);
}

/** Without a number the autoscaler says it: that of cdk8s-plus would undo at every commit what it has done. */
function scaled(
  controller: kplus.Deployment | kplus.StatefulSet,
  pods: HardenedPodsProps,
  replicas: number | undefined,
  complete: (json: any) => void = () => undefined,
): HardenedPods {
  const mark = controller.markHasAutoscaler.bind(controller);
  controller.markHasAutoscaler = () => {
    if (replicas !== undefined) {
      Site.of(controller.node.scope!, 'autoscaling').fail('InvalidReplicas', 'must be given beside an autoscaler', undefined,
        'Say between which numbers it moves: autoscaling: Autoscaling.byOthers({ min: 3, max: 10 }).');
    }
    mark();
  };
  return new HardenedPods<kplus.Workload>(controller, pods, true, (json) => {
    if (replicas === undefined) {
      delete json.spec.replicas;
    }
    complete(json);
  });
}
