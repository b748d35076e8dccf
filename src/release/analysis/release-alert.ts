import * as kplus from 'cdk8s-plus-28';
import { CheckedAlert, CheckedHook, checkHook } from './release-hook';
import { checkAlertLabels } from '../../diagnostics/alert-labels';
import { checked } from '../../diagnostics/checked';
import { checkLabels, checkSet } from '../../diagnostics/checks';
import { Site } from '../../diagnostics/site';
import { registerEnums } from '../../diagnostics/type-fit';
import { MeshDestination } from '../../graph/mesh-destination';
import { MeshGraph } from '../../graph/mesh-graph';

/**
 * From when on somebody is told of a release.
 */
export enum ReleaseSeverity {
  /**
   * Of each step.
   */
  INFO = 'info',

  /**
   * When it waits for somebody, and when it goes back. Argo Rollouts tells of each stage then, since each is a pause.
   */
  WARN = 'warn',

  /**
   * When it goes back.
   */
  ERROR = 'error',
}
registerEnums({ ReleaseSeverity });

/**
 * Options for `ReleaseAlert.slack`, `.msTeams` and `.googleChat`.
 */
export interface ReleaseAlertOptions {
  /**
   * The channel in Slack; for Argo Rollouts the recipient, as its notifications know it.
   *
   * Flagger: `AlertProvider.spec.channel`. Argo Rollouts: the value of the annotation `notifications.argoproj.io/subscribe.<trigger>.<service>`.
   */
  readonly channel: string;

  /**
   * The Secret in the release's namespace with the address of the webhook, under the key `address`: whoever knows it may write. Flagger needs it. The services of
   * Argo Rollouts and their tokens are part of its installation, and it is refused there.
   *
   * Flagger: `AlertProvider.spec.secretRef`.
   *
   * @default - the engine's installation knows the address
   */
  readonly secret?: kplus.ISecret;

  /**
   * From when on.
   *
   * Flagger: `analysis.alerts.severity`. Argo Rollouts: the triggers that are subscribed.
   *
   * @default - ReleaseSeverity.ERROR
   */
  readonly severity?: ReleaseSeverity;
}

/**
 * Options for `ReleaseAlert.webhook`.
 */
export interface WebhookAlertOptions {
  /**
   * The path that is told, by POST.
   */
  readonly path: string;

  /**
   * The name of the port.
   *
   * @default - the only one
   */
  readonly port?: string;
}

/**
 * Options for `ReleaseAlert.prometheus`.
 */
export interface PrometheusAlertOptions {
  /**
   * Labels of the PrometheusRule, by which a Prometheus finds it: `{ release: 'kube-prometheus-stack' }`.
   *
   * Prometheus operator: `Prometheus.spec.ruleSelector`.
   *
   * @default - none
   */
  readonly labels?: { [key: string]: string };

  /**
   * Labels of each alert, by which it is routed: `{ team: 'shop' }`.
   *
   * Prometheus: `groups.rules.labels`.
   *
   * @default - none
   */
  readonly alertLabels?: { [key: string]: string };
}

/**
 * Who is told how a release goes.
 */
@checked
export class ReleaseAlert {
  /**
   * Throws `UnsetValue`, when a release is given it, and `UnsupportedByEngine`.
   *
   * @see https://docs.flagger.app/usage/alerting
   * @see https://argo-rollouts.readthedocs.io/en/stable/generated/notification-services/slack/
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), {
   *   alerts: [ReleaseAlert.slack({ channel: 'releases', secret: kplus.Secret.fromSecretName(chart, 'slack', 'slack'), severity: ReleaseSeverity.WARN })],
   * });
   */
  public static slack(options: ReleaseAlertOptions): ReleaseAlert {
    return new ReleaseAlert('slack', options);
  }

  /**
   * Throws `UnsetValue`, when a release is given it, and `UnsupportedByEngine`.
   *
   * @see https://argo-rollouts.readthedocs.io/en/stable/generated/notification-services/teams/
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { alerts: [ReleaseAlert.msTeams({ channel: 'releases' })] });
   */
  public static msTeams(options: ReleaseAlertOptions): ReleaseAlert {
    return new ReleaseAlert('msteams', options);
  }

  /**
   * Throws `UnsetValue`, when a release is given it, and `UnsupportedByEngine`.
   *
   * @see https://argo-rollouts.readthedocs.io/en/stable/generated/notification-services/googlechat/
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { alerts: [ReleaseAlert.googleChat({ channel: 'releases' })] });
   */
  public static googleChat(options: ReleaseAlertOptions): ReleaseAlert {
    return new ReleaseAlert('gchat', options);
  }

  /**
   * A service is told of each step, by a POST whose JSON has the `name`, `namespace` and `phase` of what is released, and in `metadata` an `eventMessage`, the
   * `eventType` and a `timestamp`. The engine's `controller` is declared as its caller. An answer changes nothing.
   *
   * Throws `InvalidPath`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `OtherApp`, when a release is given it, and `UnsupportedByEngine`.
   *
   * Flagger: `webhooks` of type `event`. Argo Rollouts has webhooks among the services of its installation, with bodies for each trigger there.
   *
   * @param receiver who is told: a `MeshService`, or an `ExistingWorkload` with ports.
   *
   * @see https://docs.flagger.app/usage/alerting#webhook
   *
   * @example
   * CanaryAnalysis.every(Duration.minutes(1), { alerts: [ReleaseAlert.webhook(ledger, { path: '/releases' })] });
   */
  public static webhook(receiver: MeshDestination, options: WebhookAlertOptions): ReleaseAlert {
    const { path, port } = options;
    // The time that Flagger takes (pkg/controller/webhook.go, CallEventWebhook)
    return new ReleaseAlert('webhook', undefined, {}, (site, graph) => checkHook(site, graph, `alert-${receiver.node.id}`, receiver, { path, port, timeoutSeconds: 5 }));
  }

  /**
   * Prometheus says when to go back, where commits move the release (`CanaryEngine.static()`): an alert for each metric that is not well, and one where nothing could be
   * measured. It becomes a PrometheusRule.
   *
   * Throws `InvalidLabels` and `ReservedMetadata`, when a release is given it, and `UnsupportedByEngine` with a controller, which goes back itself.
   *
   * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
   *
   * @example
   * new CanaryRelease(chart, 'orders-1-5', {
   *   service: orders,
   *   image: 'ghcr.io/acme/orders:1.5.0',
   *   stages: [0, 5, 25, 50, 100],
   *   stage: 1,
   *   analysis: CanaryAnalysis.every(Duration.minutes(1), {
   *     metrics: [AnalysisMetric.successRate({ atLeast: 99 })],
   *     failureLimit: 2,
   *     alerts: [ReleaseAlert.prometheus({ labels: { release: 'kube-prometheus-stack' } })],
   *   }),
   * });
   */
  public static prometheus(options: PrometheusAlertOptions = {}): ReleaseAlert {
    return new ReleaseAlert('prometheus', undefined, options);
  }

  private constructor(
    private readonly service: CheckedAlert['service'], private readonly options?: ReleaseAlertOptions, private readonly rule: PrometheusAlertOptions = {},
    private readonly asks: (site: Site, graph: MeshGraph) => CheckedHook | undefined = () => undefined,
  ) {}

  /** @internal */
  public _resolve(site: Site, graph: MeshGraph): CheckedAlert {
    const { service, options, rule } = this;
    if (options?.channel.trim() === '') {
      site.in('channel').fail('UnsetValue', 'must not be empty', options.channel, 'Write who is told.');
    }
    if (options) {
      checkSet(site.in('channel'), options.channel);
    }
    if (rule.labels) {
      checkLabels(site.in('labels'), rule.labels);
    }
    checkAlertLabels(site.in('alertLabels'), rule.alertLabels, ['severity', 'server', 'version', 'metric', 'alertname']);
    const hook = this.asks(site, graph);
    return {
      service,
      name: hook?.name ?? service,
      hook,
      channel: options?.channel,
      secretName: options?.secret?.name,
      severity: options?.severity ?? ReleaseSeverity.ERROR,
      rule,
      site,
    };
  }
}
