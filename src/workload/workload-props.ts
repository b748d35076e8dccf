import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AddedContainer } from './added-container';
import { Autoscaling } from './autoscaling';
import { Configuration } from './configuration';
import { PodException } from './pod-exception';
import { ProxyOptions } from './proxy-options';
import { SchedulingOptions } from './scheduling-options';

/**
 * What runs in a pod.
 */
export interface ProgramProps {
  /**
   * The container's image with a tag other than `latest`, or a digest: `ghcr.io/acme/orders:1.4.2`.
   */
  readonly image: string;

  /**
   * The program to run in place of the image's entry point.
   *
   * @default - the image's entry point
   */
  readonly command?: string[];

  /**
   * The program's arguments.
   *
   * @default - the image's arguments
   */
  readonly args?: string[];

  /**
   * Files and variables, from text of this program or from Secrets. New content rolls the pods, unless it says otherwise.
   *
   * @default - none
   */
  readonly configuration?: Configuration[];

  /**
   * Environment variables. Take secrets as files instead (`Configuration.secret`).
   *
   * @default - none
   */
  readonly env?: { [name: string]: kplus.EnvValue };

  /**
   * What the container asks for and may use at most. What is left out keeps its default.
   *
   * @default - requests of 100m CPU, 128Mi memory and 64Mi ephemeral storage; limits of 1 CPU, 256Mi and 256Mi
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * The time from the decision that a pod is to go to its end by force, the drain included: 1 second to 1 hour, in whole
   * seconds. The proxy stays as long as the program.
   *
   * Kubernetes: `terminationGracePeriodSeconds`.
   *
   * @default - 35 seconds: the drain, and 30 for the program
   */
  readonly terminationGracePeriod?: Duration;

  /**
   * Volumes and where they are mounted.
   *
   * @default - none
   */
  readonly volumeMounts?: kplus.VolumeMount[];

  /**
   * Directories that the program may write to; each is an empty volume of at most 64Mi that goes with the pod. The
   * rest of the container's file system is read-only.
   *
   * @default - /tmp
   */
  readonly writablePaths?: string[];

  /**
   * The user and group under which the program runs: 1 to 65535, but not 1337, which is the mesh proxy's. Others by
   * `PodException.user()`.
   *
   * @default - 65532, the `nonroot` user of distroless images
   */
  readonly user?: number;

  /**
   * All variables of ConfigMaps and Secrets: `kplus.Env.fromConfigMap(settings)`. A variable of `env` goes before one of the same
   * name here. Mount secrets as files instead (`volumeMounts`).
   *
   * Kubernetes: `envFrom`.
   *
   * @default - none
   */
  readonly envFrom?: kplus.EnvFrom[];

  /**
   * The names of the Secrets by which images are pulled, those of added containers included. Each is of the type
   * `kubernetes.io/dockerconfigjson`, in the pods' namespace: an `ExternalSecret` with an `ExternalSecretType` is one.
   *
   * Kubernetes: `imagePullSecrets`.
   *
   * @default - those of the node
   */
  readonly imagePullSecrets?: string[];

  /**
   * When the image is pulled again. `IF_NOT_PRESENT` gives up that the registry is asked whether this pod may have it.
   *
   * Kubernetes: `imagePullPolicy`.
   *
   * @default - kplus.ImagePullPolicy.ALWAYS
   */
  readonly imagePullPolicy?: kplus.ImagePullPolicy;

  /**
   * Labels of the pods, beside those by which policies and selectors find them.
   *
   * Throws `ReservedMetadata` for a key that the mesh or Kubernetes goes by: `app`, `version`, and those under istio.io and kubernetes.io.
   *
   * Kubernetes: `template.metadata.labels`.
   *
   * @default - none
   */
  readonly podLabels?: { [key: string]: string };

  /**
   * Annotations of the pods. What the proxy does is said by `proxy`.
   *
   * Throws `ReservedMetadata` for a key that the mesh or Kubernetes goes by.
   *
   * Kubernetes: `template.metadata.annotations`.
   *
   * @default - none
   */
  readonly podAnnotations?: { [key: string]: string };

  /**
   * The PriorityClass: before whose pods these get a node, and whose have to go for them.
   *
   * Kubernetes: `priorityClassName`.
   *
   * @default - the cluster's default class
   */
  readonly priorityClassName?: string;

  /**
   * On which nodes the pods run.
   *
   * @default - on any, spread over nodes and zones
   */
  readonly scheduling?: SchedulingOptions;

  /**
   * What the program does before it gets SIGTERM: a command, or (without a drain) an HTTP request.
   *
   * Kubernetes runs one hook for a container. So after the drain the command is run by the same hook, which needs `/bin/sh` and `sleep` in
   * the image: without them neither happens. With `drain: Duration.seconds(0)`, and in a job, which has no drain, it is run as it is. It has
   * what is left of `terminationGracePeriod`.
   *
   * Throws `InvalidHook`.
   *
   * Kubernetes: `lifecycle.preStop`.
   *
   * @default - nothing but the drain
   */
  readonly preStop?: kplus.Handler;

  /**
   * Containers beside the program's own, in the order in which they start.
   *
   * @default - none
   */
  readonly addedContainers?: AddedContainer[];

  /**
   * What the program's container gives up of its hardening, by name.
   *
   * @default - nothing
   */
  readonly exceptions?: PodException[];

  /**
   * The mesh's proxy in the pods.
   *
   * @default - as the installation has it
   */
  readonly proxy?: ProxyOptions;
}

/**
 * What runs in the pods of a service, and how they come and go.
 */
export interface WorkloadProps extends ProgramProps {
  /**
   * How many pods run, 1 to 1000. Not beside `autoscaling`.
   *
   * Kubernetes: `Deployment.spec.replicas`.
   *
   * @default - three, spread over nodes and zones
   */
  readonly replicas?: number;

  /**
   * Who says how many pods run: no `replicas` is written, which would undo at every commit what the autoscaler has done. The least
   * number counts for the circuit breaker, the greatest for the namespace's quota. A new version is scaled by an autoscaler of its
   * own, unless its release says `replicas`.
   *
   * Kubernetes takes a Deployment without `replicas` for one of 1: a service that is new begins with one pod until its autoscaler
   * has seen it, and one that runs already falls to one for that moment when the field is taken away. Before you set this on a service that
   * runs, let its autoscaler own the field: `kubectl apply edit-last-applied`, and take `replicas` out there.
   * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling
   *
   * @default - `replicas` pods run
   */
  readonly autoscaling?: Autoscaling;

  /**
   * The path on the first port that answers 200 to 399 when the program is ready for requests: `/readyz`. It is asked by GET
   * every 5 seconds. Not beside `readiness`, and not for a port of TCP.
   *
   * Kubernetes: `readinessProbe.httpGet.path`.
   *
   * @default - the program counts as ready when its first port accepts connections
   */
  readonly readinessPath?: string;

  /**
   * When a pod may receive requests, if more is to be asked than `readinessPath`: `GrpcProbe.of()` asks gRPC's health service.
   *
   * Kubernetes: `readinessProbe`.
   *
   * @default - when the first port accepts connections: a default that asked for more would keep out healthy programs
   */
  readonly readiness?: kplus.Probe;

  /**
   * When a pod is to be restarted.
   *
   * Kubernetes: `livenessProbe`.
   *
   * @default - where readiness asks for more than a connection: when the first port accepts none six times in a row, 10
   * seconds apart. Where it does not, never: it would be the readiness again. A program that ends is restarted in any case
   */
  readonly liveness?: kplus.Probe;

  /**
   * When the program has started: until then neither of the two above is asked.
   *
   * Kubernetes: `startupProbe`.
   *
   * @default - when the first port accepts connections, for which it has five minutes; then it is restarted
   */
  readonly startup?: kplus.Probe;

  /**
   * How long a pod that is to go goes on as before, added containers included, while the news of it reaches the proxies of its clients; whole
   * seconds, less than `terminationGracePeriod`. Then the program's `preStop` is run, and it gets SIGTERM.
   *
   * Kubernetes: `lifecycle.preStop.sleep`.
   *
   * @default - 5 seconds
   */
  readonly drain?: Duration;
}
