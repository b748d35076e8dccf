import * as kplus from 'cdk8s-plus-28';

/**
 * What runs in the pods of a service.
 */
export interface WorkloadProps {
  /**
   * The container's image with a tag other than `latest`, or a digest: `ghcr.io/acme/orders:1.4.2`.
   */
  readonly image: string;

  /**
   * How many pods run, 1 to 1000.
   *
   * @default - three, spread over nodes and zones
   */
  readonly replicas?: number;

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
   * Environment variables. Mount secrets as files instead (`volumeMounts`).
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
   * When a pod may receive requests.
   *
   * @default - by the protocol of the first port: HTTP asks GET /readyz, gRPC asks the gRPC health service, TCP
   * opens a connection
   */
  readonly readiness?: kplus.Probe;

  /**
   * When a pod is to be restarted.
   *
   * @default - when the first port accepts no connection three times in a row, 10 seconds apart
   */
  readonly liveness?: kplus.Probe;

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
   * The user and group under which the program runs: 1 to 65535, but not 1337, which is the mesh proxy's.
   *
   * @default - 65532, the `nonroot` user of distroless images
   */
  readonly user?: number;
}
