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
}
