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
   * The stages, as percents of `stages`, at which the release waits until somebody promotes it (`kubectl argo rollouts promote`), however long that takes. 0 is the
   * trial before there are shares: that of testers and copies alone, and the first of `stages: [0, 100]`.
   *
   * Argo Rollouts: `strategy.canary.steps.pause` without a duration.
   *
   * @default - none: the stages follow each other by the clock
   */
  readonly waitAt?: number[];

  /**
   * How many revisions back a version counts as tried, 1 to 100: going back to it skips stages and analysis, where its pods are still there.
   *
   * Argo Rollouts: `rollbackWindow.revisions`.
   *
   * @default - none: going back to an older version is a release like any other; going back to the stable one never is
   */
  readonly rollbackWindow?: number;
}
