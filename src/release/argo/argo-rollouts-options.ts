import { ExistingWorkload } from '../../mesh/existing-workload';
import { Handover } from '../handover';

/**
 * Options for `CanaryEngine.argoRollouts`.
 */
export interface ArgoRolloutsOptions {
  /**
   * Of a service that has requests already: that this commit is the one before Argo Rollouts leads them, or the one after.
   *
   * @default - Argo Rollouts says where requests go
   */
  readonly handover?: Handover;

  /**
   * The engine's own pods, whose requests are let through to the services of the analysis' gates and tests: they have a proxy of the mesh.
   *
   * @default - there is nothing that it asks
   */
  readonly controller?: ExistingWorkload;
}
