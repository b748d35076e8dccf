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
}
