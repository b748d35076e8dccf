import { ApiObject, ApiObjectMetadataDefinition } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { addContainers } from './added-container';
import { DEFAULT_DRAIN, DEFAULT_GRACE_PERIOD, DEFAULT_USER } from './defaults';
import { completed, unfinished } from './escape-hatch';
import { PodMetadata } from './injection';
import { INSTANCE, objectLabels, PodIdentity } from './labels';
import { completePod, templateOf } from './pod-completion';
import { probesOf } from './probes';
import { ephemeralStorage, withDefaultResources } from './resources';
import { WorkloadProps } from './workload-props';
import { mountWritable, writablePathsOf } from './writable-volumes';

export interface HardenedPodsProps {
  /** The service that the pods belong to: also the name of the program's container. */
  readonly service: string;
  readonly identity: PodIdentity;
  readonly version: string;
  /** Those that the container names; a probe that names none asks the first. */
  readonly ports: { name: string; number: number; transport: 'TCP' | 'UDP' }[];
  readonly serviceAccount: kplus.IServiceAccount;
  readonly workload: WorkloadProps;
  /** Known at synth: it depends on the mesh. */
  readonly injection: () => PodMetadata;
  /** Known at synth: it depends on the calls. */
  readonly variables: () => { [name: string]: string };
  /** Known at synth: what is made of the controller when all is said of it, which depends on the mesh. */
  readonly finish: (controller: any) => any;
}

/** What a controller of cdk8s-plus is made with, of whatever kind, so that `HardenedPods` can take it over. */
export type ControllerProps = kplus.WorkloadProps;

export function controllerProps({ service, version, workload, serviceAccount, identity: { controller } }: HardenedPodsProps): ControllerProps {
  const user = workload.user ?? DEFAULT_USER;
  return {
    metadata: { name: controller, labels: { [INSTANCE]: controller, 'app.kubernetes.io/version': version, ...objectLabels(service) } },
    select: false,
    serviceAccount,
    automountServiceAccountToken: false,
    terminationGracePeriod: workload.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD,
    securityContext: { ensureNonRoot: true, user, group: user, fsGroup: user },
  };
}

/**
 * Pods that Pod Security `restricted` admits and that survive the loss of a node, whatever controls them: a controller of
 * cdk8s-plus is given the container, predictable labels in place of generated ones, and what cdk8s-plus has no property for.
 */
export class HardenedPods<Controller extends kplus.Workload = kplus.Workload> {
  public readonly selector: { [key: string]: string };
  public readonly finish: (controller: any) => any;
  private tokenMounted = false;

  /**
   * @param lasting whether the pods are to stay: spread over nodes, and found by labels of ours; those of a Job end, and are found by
   *   Kubernetes' own.
   * @param complete changes the rendered controller.
   */
  constructor(public readonly controller: Controller, props: HardenedPodsProps, lasting: boolean, complete: (json: any) => void = () => undefined) {
    const { service, workload, identity } = props;
    this.selector = identity.selector;
    this.finish = props.finish;
    this.relabel(identity.labels);
    if (lasting) {
      controller.select(kplus.LabelSelector.of({ labels: this.selector }));
      controller.scheduling.spread({ weight: 1, topology: kplus.Topology.HOSTNAME });
    }

    const first = props.ports.find(({ transport }) => transport === 'TCP');
    const others = props.ports.filter(port => port !== first);
    const user = workload.user ?? DEFAULT_USER;
    const resources = withDefaultResources(workload.resources);
    const container = controller.addContainer({
      name: service,
      image: workload.image,
      imagePullPolicy: workload.imagePullPolicy,
      command: workload.command,
      args: workload.args,
      envVariables: workload.env,
      envFrom: workload.envFrom,
      lifecycle: workload.preStop && { preStop: workload.preStop },
      // The port that a probe asks which names none; without it that would be 80
      portNumber: first?.number,
      ports: others.map(({ name, number, transport }) => ({ name, number, protocol: transport === 'UDP' ? kplus.Protocol.UDP : undefined })),
      volumeMounts: workload.volumeMounts,
      resources: { cpu: resources.cpu, memory: resources.memory },
      ...probesOf(workload, first?.number),
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
    const paths = writablePathsOf(workload.writablePaths, mounts.map(({ path }) => path));
    const volumes = mounts.map(mount => mount.volume.name);
    mountWritable(controller, container, paths, volumes);
    addContainers(controller, workload, volumes);
    const drainSeconds = lasting ? (workload.drain ?? DEFAULT_DRAIN).toSeconds() : 0;
    completed(controller, (json) => {
      complete(json);
      completePod(templateOf(json), {
        injection: props.injection(),
        variables: props.variables(),
        spread: lasting ? this.selector : undefined,
        firstPort: first,
        ephemeralStorage: ephemeralStorage(resources),
        drainSeconds,
        tokenMounted: this.tokenMounted,
        program: workload,
      });
    }, props.finish);
  }

  /** The controller with all that was done to it, but for what follows from the mesh: a proxy that is written. */
  public get unfinished(): any {
    return unfinished(ApiObject.of(this.controller));
  }

  /** The pods' template in it. */
  public get template(): any {
    return templateOf(this.unfinished);
  }

  /** Mounts the account's token: the program talks to the Kubernetes API. */
  public mountToken(): void {
    this.tokenMounted = true;
  }

  /** Puts our labels in the place of cdk8s-plus' own, for its Services, policies and affinities too. */
  private relabel(labels: { [key: string]: string }): void {
    const { controller, selector } = this;
    const podMetadata = new ApiObjectMetadataDefinition({ apiObject: ApiObject.of(controller), labels });
    Object.defineProperty(controller, 'podMetadata', { value: podMetadata });
    controller.toPodSelectorConfig = () => ({
      labelSelector: kplus.LabelSelector.of({ labels: selector }),
      namespaces: controller.metadata.namespace ? { names: [controller.metadata.namespace] } : undefined,
    });
  }
}
