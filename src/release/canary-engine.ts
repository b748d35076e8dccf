import { CheckedRelease, Released } from './checked-release';
import { releaseStatically } from './static-engine';
import { checked } from '../diagnostics/checked';

/**
 * Who moves a release on: a commit, or a controller in the cluster.
 */
@checked
export class CanaryEngine {
  /**
   * A stage is a commit: nothing has to be installed in the cluster, nothing is analysed and nothing rolls back on its own.
   *
   * @example
   * new CanaryRelease(chart, 'orders-1-5', {
   *   service: orders,
   *   image: 'ghcr.io/acme/orders:1.5.0',
   *   stages: [0, 5, 25, 50, 100],
   *   stage: 2,
   *   engine: CanaryEngine.static(),
   * });
   */
  public static static(): CanaryEngine {
    return new CanaryEngine(releaseStatically);
  }

  private constructor(
    /** @internal */
    public readonly _release: (release: CheckedRelease) => Released,
  ) {}
}
