/**
 * Options for `CanaryEngine.argoRollouts`.
 */
export interface ArgoRolloutsOptions {
  /**
   * Whether the Rollout runs its pods beside those of the Deployment, while the routes stay as they are: the commit before the one that gives a service that runs already
   * to Argo Rollouts, and the one after which the release can be removed. Requests go to the pods of both, a new version is rolled out without
   * stages, and nothing is analysed. Go on when the Rollout, or on the way back the Deployment, has all its pods.
   *
   * @default - false: Argo Rollouts says where requests go, and there is no Deployment
   */
  readonly prepareOnly?: boolean;

  /**
   * The stages, as percents of `stages`, at which the release waits until somebody promotes it (`kubectl argo rollouts promote`), however long that takes. 0 is
   * the trial before there are shares: the stage of testers and copies alone, and the first one of `stages: [0, 100]`.
   *
   * Argo Rollouts: `strategy.canary.steps.pause` without a duration.
   *
   * @default - none: the stages follow each other by the clock
   */
  readonly waitAt?: number[];

  /**
   * How many revisions back a version counts as tried: going back to it skips stages and analysis. 1 to 100.
   *
   * Argo Rollouts: `rollbackWindow.revisions`.
   *
   * @default - none: going back to an older version is a release like any other. To the one that is stable it never is
   */
  readonly rollbackWindow?: number;
}
