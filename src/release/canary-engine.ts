import { releaseByArgo } from './argo/argo-engine';
import { ArgoRolloutsOptions } from './argo/argo-rollouts-options';
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
   * Flagger moves the release on, measures it and rolls it back. It watches the service's own Deployment: a changed image, of the release or of the service,
   * starts a release, and the pods that serve are a copy that Flagger makes (`<service>-primary`). After the promotion give the service the image of the
   * release: nothing changes.
   *
   * The release becomes a Canary with a MetricTemplate for each metric, DestinationRules for Flagger's Services, and an autoscaler that keeps the number of pods where the
   * service has none. The routes of the service's VirtualService, one for each client with its timeout and retries, delegate to the one that Flagger writes (`<service>-release`),
   * and so do those of gateways.
   *
   * Flagger has to be installed for Istio, of a version whose Kubernetes client is 1.30 or newer: an older one drops fields of the pods. A service that runs already is given
   * to it in two commits, the first of them with `handover: Handover.BEGIN`.
   *
   * Throws `UnsupportedByEngine` for what Flagger cannot do.
   *
   * @see https://docs.flagger.app/usage/how-it-works
   *
   * @example
   * new CanaryRelease(chart, 'orders-release', {
   *   service: orders,
   *   stages: [0, 5, 25, 50, 100],
   *   engine: CanaryEngine.flagger(),
   *   analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics: [AnalysisMetric.successRate({ atLeast: 99 })] }),
   * });
   */
  public static flagger(options: FlaggerOptions = {}): CanaryEngine {
    return new CanaryEngine(release => releaseByFlagger(release, options));
  }

  /**
   * Argo Rollouts moves the release on, measures it and aborts it. The service's Deployment becomes a Rollout of the same name, with the same pods: a changed
   * image, of the release or of the service, starts a release. After the promotion give the service the image of the release: nothing changes.
   *
   * The release becomes the Services `<service>-stable` and `<service>-canary` with their DestinationRules, an AnalysisTemplate for its metrics, and with `mirror` the Service
   * `<service>-copies`. Each route of the service's VirtualService, one for each client with its timeout and retries, and of those of gateways, leads to both Services;
   * the controller moves the weights and writes no route. Testers' routes lead to `<service>-canary`, which has the stable pods while nothing is released.
   *
   * Argo Rollouts has to be installed. A service that runs already is given to it in two commits, the first of them with `handover: Handover.BEGIN`.
   *
   * Throws `UnsupportedByEngine` for what Argo Rollouts cannot do.
   *
   * @see https://argo-rollouts.readthedocs.io/en/stable/features/traffic-management/istio/
   *
   * @example
   * new CanaryRelease(chart, 'orders-release', {
   *   service: orders,
   *   stages: [0, 5, 25, 50, 100],
   *   engine: CanaryEngine.argoRollouts(),
   *   analysis: CanaryAnalysis.every(Duration.minutes(1), { metrics: [AnalysisMetric.successRate({ atLeast: 99 })] }),
   * });
   */
  public static argoRollouts(options: ArgoRolloutsOptions = {}): CanaryEngine {
    return new CanaryEngine(release => releaseByArgo(release, options));
  }

  private constructor(
    /** @internal */
    public readonly _release: (release: CheckedRelease) => Released,
  ) {}
}
