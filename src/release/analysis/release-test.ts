import { Duration } from 'cdk8s';
import { checkHook, CheckedTest } from './release-hook';
import { checked } from '../../diagnostics/checked';
import { Site } from '../../diagnostics/site';
import { MeshDestination } from '../../graph/mesh-destination';
import { MeshGraph } from '../../graph/mesh-graph';

/**
 * Options for `ReleaseTest.acceptance` and `ReleaseTest.load`.
 */
export interface ReleaseTestOptions {
  /**
   * The path that is asked, by POST. That of Flagger's load tester is `/`.
   */
  readonly path: string;

  /**
   * The name of the port.
   *
   * @default - the only one
   */
  readonly port?: string;

  /**
   * How long an answer may take: whole seconds, 1 second to 10 minutes. Those of all load tests together take less than the interval.
   *
   * Flagger: `webhooks.timeout`. Argo Rollouts: `provider.web.timeoutSeconds`.
   *
   * @default - 60 seconds of an acceptance test, 5 seconds of a load test
   */
  readonly timeout?: Duration;

  /**
   * What the tester is told: for Flagger's load tester `{ type: 'cmd', cmd: 'hey -z 1m http://orders-release-canary.shop:8080/' }`.
   *
   * Flagger: `webhooks.metadata`.
   *
   * @default - nothing but what is released
   */
  readonly metadata?: { [key: string]: string };
}

/**
 * A test that the engine starts, by a POST to a service that runs it. Its JSON has the `name` and `namespace` of what is released, and the `metadata`. An answer of
 * 300 and above, or none in time, is a failed measurement. The engine's `controller` is declared as the tester's caller; the tester
 * itself has to have declared a call of the service that is released.
 *
 * The new version alone is reached by the Service that the engine has for it: `<service>-release-canary` of Flagger, `<service>-canary` of Argo Rollouts.
 */
@checked
export class ReleaseTest {
  /**
   * Before the new version gets a share, it has to pass.
   *
   * Throws `InvalidPath`, `InvalidDuration`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `OtherApp`, when a release is given it, and at synth `UndeclaredCall`.
   *
   * Flagger: `webhooks` of type `pre-rollout`. Argo Rollouts: `steps.analysis` with `provider.web`.
   *
   * @param tester who runs it: a `MeshService`, or an `ExistingWorkload` with ports.
   *
   * @see https://docs.flagger.app/usage/webhooks#load-testing
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { tests: [ReleaseTest.acceptance(frontend, { path: '/acceptance' })] });
   */
  public static acceptance(tester: MeshDestination, options: ReleaseTestOptions): ReleaseTest {
    return new ReleaseTest('acceptance', tester, options, 60);
  }

  /**
   * At each interval it is started, so that there are requests to measure. The tester answers when it has begun.
   *
   * Throws `InvalidPath`, `InvalidDuration`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `OtherApp`, when a release is given it, and at synth `UndeclaredCall`.
   *
   * Flagger: `webhooks` of type `rollout`. Argo Rollouts: a metric with `provider.web`.
   *
   * @param tester who runs it: a `MeshService`, or an `ExistingWorkload` with ports.
   *
   * @see https://docs.flagger.app/usage/webhooks#load-testing
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { tests: [ReleaseTest.load(frontend, { path: '/load' })] });
   */
  public static load(tester: MeshDestination, options: ReleaseTestOptions): ReleaseTest {
    return new ReleaseTest('load', tester, options, 5);
  }

  private constructor(
    private readonly kind: CheckedTest['kind'], private readonly tester: MeshDestination, private readonly options: ReleaseTestOptions, private readonly seconds: number,
  ) {}

  /** @internal */
  public _resolve(site: Site, graph: MeshGraph): CheckedTest {
    const { kind, tester, options: { timeout, metadata, path, port }, seconds } = this;
    const hook = checkHook(site, graph, `${kind}-${tester.node.id}`, tester, {
      path, port, metadata, timeoutSeconds: timeout?.toSeconds({ integral: false }) ?? seconds,
    });
    return { ...hook, kind };
  }
}
