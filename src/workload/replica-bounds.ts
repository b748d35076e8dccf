/**
 * Between which numbers an autoscaler moves.
 */
export interface ReplicaBounds {
  /**
   * The least number of pods, 1 to 1000.
   */
  readonly min: number;

  /**
   * The greatest number of pods, `min` to 1000.
   */
  readonly max: number;
}
