import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { MeshJobProps } from './job-props';
import { Membership } from './membership';
import { MeshWorkload } from './mesh-workload';
import { Task } from './task';
import { checked } from '../diagnostics/checked';
import { Destination } from '../graph/destination';

/**
 * A program of the mesh that ends: a migration, an import. It calls what it declares, and nobody calls it.
 *
 * It becomes a Job, hardened as the pods of a service are, a ServiceAccount, and a Sidecar, an AuthorizationPolicy and a NetworkPolicy
 * that allow what `calls()` declares and nothing else. The job is over when its program is, although its pod has a proxy: that one is a
 * native sidecar.
 *
 * A Job runs once, when it is applied for the first time, and Kubernetes does not let its pods be changed: what is to run again gets
 * another name.
 *
 * Throws `MissingImage`, `InvalidImage`, `UnpinnedImage`, `InvalidJob`, `InvalidDuration`, `InvalidName`, `NameTooLong`,
 * `DuplicateName`, `MissingNamespace`, the errors of the values it is given, and at synth `NeedsNativeSidecars`.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/
 *
 * @example
 * const migration = new MeshJob(chart, 'migrate-1-5', { image: 'ghcr.io/acme/orders:1.5.0', args: ['migrate'] });
 * migration.calls(orders);
 */
@checked
export class MeshJob extends MeshWorkload {
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
   * The Job.
   */
  public readonly job: kplus.Job;

  /** @internal */
  public readonly _destination: Destination;

  /** @internal */
  public readonly _member: Membership;

  private readonly task: Task;

  constructor(scope: Construct, id: string, props: MeshJobProps) {
    super(scope, id);
    this.task = new Task(this, id, 'Job', props, common => new kplus.Job(this, 'job', common));
    this.name = this.task.name;
    this.namespace = this.task.namespace;
    this.serviceAccount = this.task.serviceAccount;
    this.job = this.task.pods.controller as kplus.Job;
    this._destination = this.task.destination;
    this._member = this.task.member;
  }

  /** @internal */
  public _mountToken(): void {
    this.task.pods.mountToken();
  }
}
