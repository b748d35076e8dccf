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
   * How many revisions back a version counts as tried, 1 to 100: going back to it skips stages and analysis, where its pods are still there.
   *
   * Argo Rollouts: `rollbackWindow.revisions`.
   *
   * @default - none: going back to an older version is a release like any other; going back to the stable one never is
   */
  readonly rollbackWindow?: number;

  /**
   * The engine's own pods, whose requests are let through to the services of the analysis' gates and tests: they have a proxy of the mesh.
   *
   * @default - there is nothing that it asks
   */
  readonly controller?: ExistingWorkload;
}
