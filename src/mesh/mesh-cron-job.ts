import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MeshCronJobProps } from './job-props';
import { Membership } from './membership';
import { MeshWorkload } from './mesh-workload';
import { Task } from './task';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { checkSchedule, checkTimeZone } from '../diagnostics/schedule-checks';
import { Site } from '../diagnostics/site';
import { Destination } from '../graph/destination';

/**
 * A program of the mesh that runs by the clock: a nightly report. It calls what it declares, and nobody calls it.
 *
 * It becomes a CronJob, and otherwise what a `MeshJob` becomes: each run is over when its program is, although its pod has a proxy.
 *
 * Throws `InvalidSchedule`, and what a `MeshJob` throws.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 *
 * @example
 * const report = new MeshCronJob(chart, 'report', {
 *   image: 'ghcr.io/acme/report:2.3.0',
 *   schedule: Cron.schedule({ minute: '30', hour: '2' }),
 *   timeZone: 'Europe/Berlin',
 * });
 * report.calls(orders, { paths: ['/orders.v1.Orders/List'] });
 */
@checked
export class MeshCronJob extends MeshWorkload {
  /**
   * The name of the job and of everything that it becomes.
   */
  public readonly name: string;

  /**
   * The namespace of the job: its chart's.
   */
  public readonly namespace: string;

  /**
   * The identity of the pods.
   */
  public readonly serviceAccount: kplus.IServiceAccount;

  /**
   * The CronJob.
   */
  public readonly cronJob: kplus.CronJob;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _member: Membership;

  private readonly task: Task;

  constructor(scope: Construct, id: string, props: MeshCronJobProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { timeZone, concurrencyPolicy, suspend, startingDeadline = Duration.minutes(5) } = props;
    checkSchedule(at('schedule'), props.schedule.expressionString);
    if (timeZone !== undefined) {
      checkTimeZone(at('timeZone'), timeZone);
    }
    checkInteger(at('startingDeadline'), startingDeadline.toSeconds({ integral: false }), 10, 604_800, 'InvalidDuration', 'Kubernetes looks every 10 seconds: write whole seconds, from 10.');
    this.task = new Task(this, id, 'CronJob', props, ({ ttlAfterFinished, ...common }) => new kplus.CronJob(this, 'cron-job', {
      ...common, schedule: props.schedule, timeZone, concurrencyPolicy, suspend, startingDeadline, ttlAfterFinished,
    }));
    this.name = this.task.name;
    this.namespace = this.task.namespace;
    this.serviceAccount = this.task.serviceAccount;
    this.cronJob = this.task.pods.controller as kplus.CronJob;
    this._destination = this.task.destination;
    this._member = this.task.member;
  }

  /** @internal */
  public _mountToken(): void {
    this.task.pods.mountToken();
  }
}
