import { Duration } from 'cdk8s';

/**
 * Options for `CanaryEngine.flagger`.
 */
export interface FlaggerOptions {
  /**
   * Whether Flagger takes the pods over, and the routes stay as they are: the first commit of a service that runs already, and the last one but one
   * before the engine is left. Requests go to the Service of the service's name, behind which both its pods and those of Flagger are. It is no time
   * for a release: the image has to be the service's.
   *
   * @default - false: Flagger routes
   */
  readonly prepareOnly?: boolean;

  /**
   * How often a version is looked at before all requests go to it, 1 to 1000: of `stages: [0, 100]` and of testers alone. Between two of them lies the
   * interval of the analysis.
   *
   * Flagger: `analysis.iterations`.
   *
   * @default - 10
   */
  readonly iterations?: number;

  /**
   * The steps in which the requests go back to the service's own pods when these have the new version, in whole percents from 1 to 100.
   *
   * Flagger: `analysis.stepWeightPromotion`.
   *
   * @default - all at once
   */
  readonly stepWeightPromotion?: number;

  /**
   * How long the new pods may take to get ready, before the release is rolled back: whole seconds.
   *
   * Flagger: `progressDeadlineSeconds`.
   *
   * @default - Flagger's own: 10 minutes
   */
  readonly progressDeadline?: Duration;
}
