import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AddedContainer } from './added-container';
import { Configuration } from './configuration';
import { PodException } from './pod-exception';
import { SchedulingOptions } from './scheduling-options';

/**
 * What the pods of another version have in the place of the service's own, or beside it. What is left out is as the service has it, with all that
 * was done to its pods by methods and JSON patches.
 *
 * What has a name (variables, annotations, containers, what is mounted in a directory) takes the place of what has the same name in the service, and is
 * added where there is none: nothing is taken away. All else is replaced as a whole.
 *
 * What belongs to the service and not to a version cannot be changed by one. There is one Service, which has one list of ports for the pods of all
 * versions: a port that only the new version listened on would lead to the old pods, too. The same holds for `peers`, `kind`, `loadBalancing` and
 * `circuitBreaker`. Policies, selectors and clients know the pods by labels, account and `proxy`, so there are no `podLabels` here; `drain` is how all
 * pods of the service leave.
 */
export interface WorkloadChanges {
  /**
   * The new version's image, with a tag other than `latest`, or a digest.
   *
   * @default - the service's own
   */
  readonly image?: string;

  /**
   * The program to run, in the place of the service's `command`. An empty list is the image's entry point.
   *
   * @default - the service's own
   */
  readonly command?: string[];

  /**
   * The program's arguments, in the place of the service's. An empty list is the image's arguments.
   *
   * @default - the service's own
   */
  readonly args?: string[];

  /**
   * Variables of the program's environment: beside the service's own, and in the place of those of the same name, be they from `env` or from
   * `configuration` there.
   *
   * @default - the service's own alone
   */
  readonly env?: { [name: string]: kplus.EnvValue };

  /**
   * All variables of more ConfigMaps and Secrets: after the service's own, so that of two of one name these count.
   *
   * Kubernetes: `envFrom`.
   *
   * @default - the service's own alone
   */
  readonly envFrom?: kplus.EnvFrom[];

  /**
   * Files and variables: each takes the place of the service's in the same directory, or of the variables of the same name. Their ConfigMaps are named by
   * their content, so those of the service stay for its own pods, and nothing changes when the release is over and the service has the new ones.
   *
   * Throws `InvalidConfiguration` for files that are changed in place (`ConfigurationUpdates.LIVE`): the ConfigMap has one name, and pods of
   * both versions would read it.
   *
   * @default - the service's own alone
   */
  readonly configuration?: Configuration[];

  /**
   * What the container asks for and may use at most. What is left out is as the service has it.
   *
   * @default - the service's own
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * The time from the decision that a pod is to go to its end by force: 1 second to 1 hour, in whole seconds.
   *
   * Kubernetes: `terminationGracePeriodSeconds`.
   *
   * @default - the service's own
   */
  readonly terminationGracePeriod?: Duration;

  /**
   * Volumes and where they are mounted: beside the service's own, and in the place of what it has at the same path.
   *
   * Throws `SingleNodeVolume` at synth for a claim that one node can have at a time.
   *
   * @default - the service's own alone
   */
  readonly volumeMounts?: kplus.VolumeMount[];

  /**
   * Directories that the program may write to, beside those of the service.
   *
   * @default - those of the service alone
   */
  readonly writablePaths?: string[];

  /**
   * The user and group under which the program runs: 1 to 65535, but not 1337, which is the mesh proxy's.
   *
   * @default - the service's own
   */
  readonly user?: number;

  /**
   * The names of Secrets by which images are pulled, beside those of the service.
   *
   * Kubernetes: `imagePullSecrets`.
   *
   * @default - those of the service alone
   */
  readonly imagePullSecrets?: string[];

  /**
   * When the image is pulled again.
   *
   * Kubernetes: `imagePullPolicy`.
   *
   * @default - the service's own
   */
  readonly imagePullPolicy?: kplus.ImagePullPolicy;

  /**
   * Annotations of the pods: beside the service's own, and in the place of those of the same key.
   *
   * Throws `ReservedMetadata` for a key that the mesh or Kubernetes goes by.
   *
   * Kubernetes: `template.metadata.annotations`.
   *
   * @default - the service's own alone
   */
  readonly podAnnotations?: { [key: string]: string };

  /**
   * The PriorityClass.
   *
   * Kubernetes: `priorityClassName`.
   *
   * @default - the service's own
   */
  readonly priorityClassName?: string;

  /**
   * On which nodes the pods run, in the place of all that the service says of it.
   *
   * @default - the service's own
   */
  readonly scheduling?: SchedulingOptions;

  /**
   * What the program does before it gets SIGTERM.
   *
   * Throws `InvalidHook`.
   *
   * Kubernetes: `lifecycle.preStop`.
   *
   * @default - the service's own
   */
  readonly preStop?: kplus.Handler;

  /**
   * Containers beside the program's own: after those of the service, and in the place of those of the same name.
   *
   * @default - the service's own alone
   */
  readonly addedContainers?: AddedContainer[];

  /**
   * What the program's container gives up of its hardening, beside what the service's own does.
   *
   * @default - as the service's own
   */
  readonly exceptions?: PodException[];

  /**
   * The path on the first port that answers 200 to 399 when the program is ready for requests. It takes the place of the service's `readiness`, too.
   *
   * Kubernetes: `readinessProbe.httpGet.path`.
   *
   * @default - the service's own
   */
  readonly readinessPath?: string;

  /**
   * When a pod may receive requests. It takes the place of the service's `readinessPath`, too.
   *
   * Kubernetes: `readinessProbe`.
   *
   * @default - the service's own
   */
  readonly readiness?: kplus.Probe;

  /**
   * When a pod is to be restarted.
   *
   * Kubernetes: `livenessProbe`.
   *
   * @default - the service's own
   */
  readonly liveness?: kplus.Probe;

  /**
   * When the program has started.
   *
   * Kubernetes: `startupProbe`.
   *
   * @default - the service's own
   */
  readonly startup?: kplus.Probe;
}
