import { ApiObjectMetadataDefinition, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { DEFAULT_DRAIN, DEFAULT_GRACE_PERIOD, DEFAULT_REPLICAS, DEFAULT_USER, DEFAULT_WRITABLE_PATHS } from './defaults';
import { completed, isPatched } from './escape-hatch';
import { PodMetadata } from './injection';
import { objectLabels, podLabels, podSelector } from './labels';
import { completePod } from './pod-completion';
import { probesOf } from './probes';
import { withDefaultResources } from './resources';
import { WorkloadProps } from './workload-props';
import { Site } from '../diagnostics/site';

export interface HardenedDeploymentProps {
  /** The service that the pods belong to: also the Deployment's name. */
  readonly service: string;
  readonly version: string;
  readonly ports: { name: string; number: number }[];
  readonly serviceAccount: kplus.IServiceAccount;
  readonly workload: WorkloadProps;
  /** Known at synth: it depends on the mesh. */
  readonly injection: () => PodMetadata;
}

/**
 * A Deployment that Pod Security `restricted` admits and that survives the loss of a node.
 *
 * It is cdk8s-plus' Deployment with predictable labels in place of generated ones.
 */
export class HardenedDeployment extends kplus.Deployment {
  private readonly labels: { [key: string]: string };
  private readonly selector: { [key: string]: string };
  private readonly autoscaled: boolean;
  private readonly ownVolumes: number;
  private tokenMounted = false;
  private metadataOfPods?: ApiObjectMetadataDefinition;

  constructor(scope: Construct, id: string, props: HardenedDeploymentProps) {
    const { service, version, workload } = props;
    const user = workload.user ?? DEFAULT_USER;
    super(scope, id, {
      metadata: { name: service, labels: { ...objectLabels(service), 'app.kubernetes.io/instance': service, 'app.kubernetes.io/version': version } },
      replicas: workload.autoscaled ? undefined : workload.replicas ?? DEFAULT_REPLICAS,
      select: false,
      serviceAccount: props.serviceAccount,
      automountServiceAccountToken: false,
      terminationGracePeriod: workload.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD,
      securityContext: { ensureNonRoot: true, user, group: user, fsGroup: user },
      strategy: kplus.DeploymentStrategy.rollingUpdate({
        maxSurge: kplus.PercentOrAbsolute.absolute(1), maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
      }),
    });
    this.autoscaled = workload.autoscaled !== undefined;
    this.labels = podLabels(service, version, service);
    this.selector = podSelector(service, version);
    this.select(kplus.LabelSelector.of({ labels: this.selector }));
    this.scheduling.spread({ weight: 1, topology: kplus.Topology.HOSTNAME });

    const [first, ...others] = props.ports;
    const { cpu, memory, ephemeralStorage } = withDefaultResources(workload.resources);
    const container = this.addContainer({
      name: service,
      image: workload.image,
      imagePullPolicy: kplus.ImagePullPolicy.ALWAYS,
      command: workload.command,
      args: workload.args,
      envVariables: workload.env,
      // The port that a probe asks which names none; without it that would be 80
      portNumber: first.number,
      ports: others,
      volumeMounts: workload.volumeMounts,
      resources: { cpu, memory },
      ...probesOf(workload, first.number),
      securityContext: {
        user,
        group: user,
        ensureNonRoot: true,
        privileged: false,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: [kplus.Capability.ALL] },
      },
    });
    const mounts = workload.volumeMounts ?? [];
    const paths = workload.writablePaths ?? DEFAULT_WRITABLE_PATHS.filter(path => !mounts.some(mount => mount.path === path));
    volumeNames(paths, mounts.map(mount => mount.volume.name)).forEach((volume, index) => {
      container.mount(paths[index], kplus.Volume.fromEmptyDir(this, `writable-${index}`, volume, { sizeLimit: Size.mebibytes(64) }));
    });
    this.ownVolumes = this.volumes.length;
    const drainSeconds = (workload.drain ?? DEFAULT_DRAIN).toSeconds();
    completed(this, (json) => {
      if (this.autoscaled) {
        delete json.spec.replicas; // cdk8s-plus' default of two would undo what the autoscaler has done
      }
      completePod(json.spec.template, {
        injection: props.injection(), selector: this.selector, firstPort: first, ephemeralStorage, drainSeconds, tokenMounted: this.tokenMounted,
      });
    });
  }

  public get podMetadata(): ApiObjectMetadataDefinition {
    // Read by the base class' constructor before ours has run: made when the labels are there
    this.metadataOfPods ??= new ApiObjectMetadataDefinition({ apiObject: this.apiObject, labels: this.labels });
    return this.metadataOfPods;
  }

  /** Whether a user has changed the pods by other means than the service's properties. */
  public get isExtended(): boolean {
    return this.containers.length > 1 || this.initContainers.length > 0 || this.volumes.length > this.ownVolumes || isPatched(this.apiObject);
  }

  /** What cdk8s-plus' Services, policies and affinities select. */
  public toPodSelectorConfig(): kplus.PodSelectorConfig {
    return {
      labelSelector: kplus.LabelSelector.of({ labels: this.selector }),
      namespaces: this.metadata.namespace ? { names: [this.metadata.namespace] } : undefined,
    };
  }

  /** Asked by cdk8s-plus' HorizontalPodAutoscaler. */
  public markHasAutoscaler(): void {
    if (!this.autoscaled) {
      Site.of(this.node.scope!, 'autoscaled').fail('InvalidReplicas', 'must be given beside an autoscaler', undefined,
        'Say between which numbers it moves: autoscaled: { min: 3, max: 10 }.');
    }
    super.markHasAutoscaler();
  }

  /** Mounts the account's token: the program talks to the Kubernetes API. */
  public mountToken(): void {
    this.tokenMounted = true;
  }
}

/** `/var/cache` becomes `var-cache`; a number tells apart what would be alike. */
function volumeNames(paths: string[], taken: string[]): string[] {
  const names = paths.map(path => path.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''));
  const clashes = (name: string, index: number) => name === '' || name.length > 63 || names.indexOf(name) !== index || taken.includes(name);
  return names.map((name, index) => clashes(name, index) ? `writable-${name.slice(0, 40)}--${index}` : name);
}
