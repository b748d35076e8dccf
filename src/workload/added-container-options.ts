import * as kplus from 'cdk8s-plus-28';
import { PodException } from './pod-exception';

/**
 * What any container beside the program is made of.
 */
export interface AddedContainerOptions {
  /**
   * The image with a tag other than `latest`, or a digest.
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
   * Environment variables.
   *
   * @default - none
   */
  readonly env?: { [name: string]: kplus.EnvValue };

  /**
   * All variables of ConfigMaps and Secrets.
   *
   * Kubernetes: `envFrom`.
   *
   * @default - none
   */
  readonly envFrom?: kplus.EnvFrom[];

  /**
   * What the container asks for and may use at most. What is left out keeps its default, which is less than the 1 CPU of cdk8s-plus.
   *
   * @default - requests of 50m CPU, 64Mi memory and 64Mi ephemeral storage; limits of 500m, 256Mi and 256Mi
   */
  readonly resources?: kplus.ContainerResources;

  /**
   * When the image is pulled again.
   *
   * Kubernetes: `imagePullPolicy`.
   *
   * @default - kplus.ImagePullPolicy.ALWAYS
   */
  readonly imagePullPolicy?: kplus.ImagePullPolicy;

  /**
   * Directories of the program that the container sees under the same path: each is one of the program's `writablePaths`, or where one of its
   * volumes or claims is mounted. Both write there; the program's user and group are the container's too.
   *
   * @default - none
   */
  readonly sharedPaths?: string[];

  /**
   * Volumes and where they are mounted.
   *
   * @default - none
   */
  readonly volumeMounts?: kplus.VolumeMount[];

  /**
   * Directories that the container alone may write to; each is an empty volume of at most 64Mi that goes with the pod. The
   * rest of its file system is read-only.
   *
   * @default - /tmp, if it is not shared or mounted
   */
  readonly writablePaths?: string[];

  /**
   * The user and group under which it runs: 1 to 65535, but not 1337, which is the mesh proxy's.
   *
   * @default - the program's `user`
   */
  readonly user?: number;

  /**
   * What this container gives up of its hardening.
   *
   * @default - nothing
   */
  readonly exceptions?: PodException[];
}

/**
 * What a container is made of that runs as long as the program.
 */
export interface LastingContainerOptions extends AddedContainerOptions {
  /**
   * The ports on which it listens, 1024 to 65535. The containers of a pod share its address: the program reaches them on `localhost`, and no
   * policy opens them to anybody else.
   *
   * @default - none
   */
  readonly ports?: kplus.ContainerPort[];

  /**
   * When it counts as ready: until then the whole pod gets no requests.
   *
   * Kubernetes: `readinessProbe`.
   *
   * @default - as soon as it runs
   */
  readonly readiness?: kplus.Probe;

  /**
   * When it is to be restarted.
   *
   * Kubernetes: `livenessProbe`.
   *
   * @default - when it ends
   */
  readonly liveness?: kplus.Probe;

  /**
   * When it has started. Whatever comes after a sidecar waits for it.
   *
   * Kubernetes: `startupProbe`.
   *
   * @default - when its first port accepts connections, for which it has five minutes; without ports at once
   */
  readonly startup?: kplus.Probe;
}
