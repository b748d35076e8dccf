import { ApiObjectMetadataDefinition, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { DEFAULT_READINESS, defaultLiveness, grpcProbe, ProbeProtocol } from './default-probes';
import { DEFAULT_REPLICAS, DEFAULT_USER, DEFAULT_WRITABLE_PATHS } from './defaults';
import { completed } from './escape-hatch';
import { objectLabels, podLabels, podSelector } from './labels';
import { withDefaultResources } from './resources';
import { WorkloadProps } from './workload-props';

export interface HardenedDeploymentProps {
  readonly name: string;
  /** The service and the version that the pods belong to. */
  readonly service: string;
  readonly version: string;
  readonly ports: { name: string; number: number; protocol: ProbeProtocol }[];
  readonly serviceAccount: kplus.IServiceAccount;
  readonly workload: WorkloadProps;
}

/** Time for the endpoints' removal to reach every proxy before the program is asked to stop. */
const DRAIN_SECONDS = 5;

/**
 * A Deployment that Pod Security `restricted` admits and that survives the loss of a node.
 *
 * It is cdk8s-plus' Deployment with predictable labels in place of generated ones.
 */
export class HardenedDeployment extends kplus.Deployment {
  private readonly labels: { [key: string]: string };
  private readonly selector: { [key: string]: string };
  private tokenMounted = false;
  private metadataOfPods?: ApiObjectMetadataDefinition;

  constructor(scope: Construct, id: string, props: HardenedDeploymentProps) {
    const { name, service, version, workload } = props;
    const user = workload.user ?? DEFAULT_USER;
    super(scope, id, {
      metadata: { name, labels: { ...objectLabels(service), 'app.kubernetes.io/instance': name, 'app.kubernetes.io/version': version } },
      replicas: workload.replicas ?? DEFAULT_REPLICAS,
      select: false,
      serviceAccount: props.serviceAccount,
      automountServiceAccountToken: false,
      terminationGracePeriod: Duration.seconds(30 + DRAIN_SECONDS),
      securityContext: { ensureNonRoot: true, user, group: user, fsGroup: user },
      strategy: kplus.DeploymentStrategy.rollingUpdate({
        maxSurge: kplus.PercentOrAbsolute.absolute(1), maxUnavailable: kplus.PercentOrAbsolute.absolute(0),
      }),
    });
    this.labels = podLabels(service, version, name);
    this.selector = podSelector(service, version);
    this.select(kplus.LabelSelector.of({ labels: this.selector }));
    this.scheduling.spread({ weight: 1, topology: kplus.Topology.HOSTNAME });

    const [first] = props.ports;
    const { cpu, memory } = withDefaultResources(workload.resources);
    const container = this.addContainer({
      name: service,
      image: workload.image,
      imagePullPolicy: kplus.ImagePullPolicy.ALWAYS,
      command: workload.command,
      args: workload.args,
      envVariables: workload.env,
      ports: props.ports.map(port => ({ name: port.name, number: port.number })),
      volumeMounts: workload.volumeMounts,
      resources: { cpu, memory },
      readiness: workload.readiness ?? DEFAULT_READINESS[first.protocol](first.number),
      liveness: workload.liveness ?? defaultLiveness(first.number),
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
    completed(this, json => this.complete(json.spec.template.spec, first, workload));
  }

  public get podMetadata(): ApiObjectMetadataDefinition {
    // Read by the base class' constructor before ours has run: made when the labels are there
    this.metadataOfPods ??= new ApiObjectMetadataDefinition({ apiObject: this.apiObject, labels: this.labels });
    return this.metadataOfPods;
  }

  /** What cdk8s-plus' Services, policies and affinities select. */
  public toPodSelectorConfig(): kplus.PodSelectorConfig {
    return {
      labelSelector: kplus.LabelSelector.of({ labels: this.selector }),
      namespaces: this.metadata.namespace ? { names: [this.metadata.namespace] } : undefined,
    };
  }

  /** Mounts the account's token: the program talks to the Kubernetes API. */
  public mountToken(): void {
    this.tokenMounted = true;
  }

  /** What cdk8s-plus has no property for. */
  private complete(podSpec: any, first: { number: number; protocol: ProbeProtocol }, workload: WorkloadProps): void {
    const { ephemeralStorage } = withDefaultResources(workload.resources);
    const [container] = podSpec.containers;
    podSpec.automountServiceAccountToken = this.tokenMounted;
    podSpec.enableServiceLinks = false;
    // On the pod, so that it holds for the injected proxy too: it has no profile of its own
    podSpec.securityContext.seccompProfile = { type: 'RuntimeDefault' };
    podSpec.topologySpreadConstraints = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map(topologyKey => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { ...this.selector } },
      // An update's new pods are spread among themselves
      matchLabelKeys: ['pod-template-hash'],
    }));
    container.lifecycle = { preStop: { sleep: { seconds: DRAIN_SECONDS } } };
    // cdk8s-plus writes ephemeral storage in whole gibibytes only
    container.resources.requests['ephemeral-storage'] = ephemeralStorage.request.asString();
    container.resources.limits['ephemeral-storage'] = ephemeralStorage.limit.asString();
    if (first.protocol === 'grpc' && !workload.readiness) {
      container.readinessProbe = grpcProbe(first.number);
    }
  }
}

/** `/var/cache` becomes `var-cache`; a number tells apart what would be alike. */
function volumeNames(paths: string[], taken: string[]): string[] {
  const names = paths.map(path => path.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''));
  const clashes = (name: string, index: number) => name === '' || name.length > 63 || names.indexOf(name) !== index || taken.includes(name);
  return names.map((name, index) => clashes(name, index) ? `writable-${name.slice(0, 40)}--${index}` : name);
}
