import { Cron, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ProgramProps } from '../workload/workload-props';

/**
 * Properties of `MeshJob`.
 */
export interface MeshJobProps extends ProgramProps {
  /**
   * The name of everything that the job becomes. A Job that was applied cannot be changed: give one that is to run again, with
   * another image, another name.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * How often a pod that failed is followed by another, 0 to 100.
   *
   * Kubernetes: `Job.spec.backoffLimit`.
   *
   * @default - 3
   */
  readonly backoffLimit?: number;

  /**
   * The time after which the job is ended by force and counts as failed, whole seconds.
   *
   * Kubernetes: `Job.spec.activeDeadlineSeconds`.
   *
   * @default - it may take as long as it takes
   */
  readonly activeDeadline?: Duration;

  /**
   * The time after which a job that is over is removed, whole seconds. A GitOps tool would make a removed `MeshJob` anew, and so run it again:
   * of use for the jobs of a `MeshCronJob`, or where the job is applied by hand.
   *
   * Kubernetes: `Job.spec.ttlSecondsAfterFinished`.
   *
   * @default - never
   */
  readonly ttlAfterFinished?: Duration;

  /**
   * How many pods have to succeed, 1 to 100000.
   *
   * Kubernetes: `Job.spec.completions`.
   *
   * @default - 1
   */
  readonly completions?: number;

  /**
   * How many pods run at once, 1 to 1000.
   *
   * Kubernetes: `Job.spec.parallelism`.
   *
   * @default - 1
   */
  readonly parallelism?: number;
}

/**
 * Properties of `MeshCronJob`.
 */
export interface MeshCronJobProps extends MeshJobProps {
  /**
   * When it runs.
   *
   * Kubernetes: `CronJob.spec.schedule`.
   */
  readonly schedule: Cron;

  /**
   * The time zone of the schedule: `Europe/Berlin`.
   *
   * Kubernetes: `CronJob.spec.timeZone`.
   *
   * @default - that of the cluster's control plane, which mostly is UTC
   */
  readonly timeZone?: string;

  /**
   * What happens when the last run is not over.
   *
   * Kubernetes: `CronJob.spec.concurrencyPolicy`.
   *
   * @default - kplus.ConcurrencyPolicy.FORBID: the new one is left out
   */
  readonly concurrencyPolicy?: kplus.ConcurrencyPolicy;

  /**
   * How late a run may begin, at least 10 seconds; later it is left out.
   *
   * Kubernetes: `CronJob.spec.startingDeadlineSeconds`.
   *
   * @default - 5 minutes
   */
  readonly startingDeadline?: Duration;

  /**
   * Begins no run until it is taken away.
   *
   * Kubernetes: `CronJob.spec.suspend`.
   *
   * @default - false
   */
  readonly suspend?: boolean;
}
