/**
 * Options for `CanaryEngine.flagger`.
 */
export interface FlaggerOptions {
  /**
   * Whether Flagger takes the pods over while the routes stay as they are: the commit before the one that gives it a service that runs already, and the commit
   * after which the release can be removed. Requests go to all pods of the service, and what Flagger does with them is without effect.
   *
   * @default - false: Flagger says where requests go
   */
  readonly prepareOnly?: boolean;

  /**
   * The steps in which requests go back to the pods that serve when these have the new version, one each interval: whole percents, 1 to 100.
   *
   * Flagger: `analysis.stepWeightPromotion`.
   *
   * @default - all at once
   */
  readonly stepWeightPromotion?: number;
}
