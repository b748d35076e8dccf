import { Duration } from 'cdk8s';
import { CheckedGate, CheckedHook, checkHook } from './release-hook';
import { checked } from '../../diagnostics/checked';
import { Site } from '../../diagnostics/site';
import { MeshDestination } from '../../graph/mesh-destination';
import { MeshGraph } from '../../graph/mesh-graph';

/**
 * Options for `ReleaseGate.manual`.
 */
export interface ManualGateOptions {
  /**
   * The share before which the release waits: one of `stages`, and more than 0.
   *
   * @default - before each of them
   */
  readonly before?: number;
}

/**
 * Options for `ReleaseGate.webhook`.
 */
export interface WebhookGateOptions {
  /**
   * The path that is asked, by POST.
   */
  readonly path: string;

  /**
   * The name of the port.
   *
   * @default - the only one
   */
  readonly port?: string;

  /**
   * The share before which the release waits: one of `stages`, and more than 0. Flagger does not tell who is asked which share comes: there it is 100, or left out.
   *
   * @default - before each of them
   */
  readonly before?: number;

  /**
   * How long an answer may take: whole seconds, 1 second to 10 minutes.
   *
   * Flagger: `webhooks.timeout`. Argo Rollouts: `provider.web.timeoutSeconds`.
   *
   * @default - 5 seconds
   */
  readonly timeout?: Duration;
}

/**
 * Where a release waits until somebody lets it go on. Meanwhile it is measured, and goes back if it fails.
 */
@checked
export class ReleaseGate {
  /**
   * A person lets it go on, by `kubectl argo rollouts promote`. Flagger has no such command: ask its load tester by `webhook`, whose `/gate/check` waits
   * until somebody has sent a request to `/gate/open`.
   *
   * Throws `InvalidStage`, when a release is given it, and `UnsupportedByEngine`.
   *
   * Argo Rollouts: `steps.pause`.
   *
   * @see https://argo-rollouts.readthedocs.io/en/stable/features/canary/#pause-duration
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { gates: [ReleaseGate.manual({ before: 50 })] });
   */
  public static manual(options: ManualGateOptions = {}): ReleaseGate {
    return new ReleaseGate(options.before, () => undefined);
  }

  /**
   * A service is asked at each interval until it answers with 200; 403 is to wait. The request is a POST whose JSON has the `name` and `namespace` of what is released.
   * The engine's `controller` is declared as its caller.
   *
   * Throws `InvalidStage`, `InvalidPath`, `InvalidDuration`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `OtherApp`, when a release is given it, and `UnsupportedByEngine`.
   *
   * Flagger: `webhooks` of type `confirm-traffic-increase`, or `confirm-promotion` before 100. Argo Rollouts: `steps.analysis` with `provider.web`.
   *
   * @param approver who is asked: a `MeshService`, or an `ExistingWorkload` with ports.
   *
   * @see https://docs.flagger.app/usage/webhooks#manual-gating
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { gates: [ReleaseGate.webhook(ledger, { path: '/approve', before: 100 })] });
   */
  public static webhook(approver: MeshDestination, options: WebhookGateOptions): ReleaseGate {
    const { before, path, port, timeout = Duration.seconds(5) } = options;
    const name = `gate${before === undefined ? '' : `-${before}`}-${approver.node.id}`;
    const asks = { path, port, timeoutSeconds: timeout.toSeconds({ integral: false }) };
    return new ReleaseGate(before, (site, graph) => checkHook(site, graph, name, approver, asks));
  }

  private constructor(
    private readonly before: number | undefined, private readonly hook: (site: Site, graph: MeshGraph) => CheckedHook | undefined,
  ) {}

  /** @internal */
  public _resolve(site: Site, graph: MeshGraph, stages: number[]): CheckedGate {
    const { before } = this;
    const shares = stages.filter(stage => stage > 0);
    if (before !== undefined && !shares.includes(before)) {
      site.in('before').fail('InvalidStage', 'must be one of the shares in stages', before, `Write ${shares.join(', ')}, or leave it out: before each.`);
    }
    return { before, hook: this.hook(site, graph), site };
  }
}
