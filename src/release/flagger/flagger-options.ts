import { ExistingWorkload } from '../../mesh/existing-workload';
import { Handover } from '../handover';
/**
 * Options for `CanaryEngine.flagger`.
 */
export interface FlaggerOptions {
  /**
   * Of a service that has requests already: that this commit is the one before Flagger leads them, or the one after.
   *
   * @default - Flagger says where requests go
   */
  readonly handover?: Handover;

  /**
   * In which steps the requests go back to the pods that serve, when these have the new version: whole percents, 1 to 100.
   *
   * Flagger: `analysis.stepWeightPromotion`.
   *
   * @default - all at once
   */
  readonly stepWeightPromotion?: number;

  /**
   * The engine's own pods, whose requests are let through to the services of the analysis' gates and tests: they have a proxy of the mesh.
   *
   * @default - there is nothing that it asks
   */
  readonly controller?: ExistingWorkload;
}
