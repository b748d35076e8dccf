import { CheckedRelease, Released } from './checked-release';
import { releaseByFlagger } from './flagger/flagger-engine';
import { FlaggerOptions } from './flagger/flagger-options';
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

  /**
   * Flagger moves the release on, and back where it fails. It has to be installed in the cluster, with `-mesh-provider istio`.
   *
   * The release stands in the program for good. Flagger makes pods of its own, `<service>-primary`, which serve; the service's own are there while a version is
   * tried. A new image, or any other change of the pods, starts a release. Requests go through Flagger's VirtualService `<service>-release`, by the routes of the service's own:
   * what each client may wait for, and repeat, stays in force. A service that runs already begins with `prepareOnly`.
   *
   * Throws `UnsupportedByEngine`, when a release is given it, for what Flagger cannot do, and `InvalidStages` for numbers out of range.
   *
   * Flagger: Canary of flagger.app/v1beta1.
   *
   * @see https://docs.flagger.app/usage/how-it-works
   *
   * @example
   * new CanaryRelease(chart, 'orders-release', {
   *   service: orders,
   *   image: 'ghcr.io/acme/orders:1.5.0',
   *   stages: [0, 5, 25, 50, 100],
   *   engine: CanaryEngine.flagger(),
   * });
   */
  public static flagger(options: FlaggerOptions = {}): CanaryEngine {
    return new CanaryEngine(release => releaseByFlagger(release, options));
  }

  private constructor(
    /** @internal */
    public readonly _release: (release: CheckedRelease) => Released,
  ) {}
}
