import { ARGO_ROLLOUTS } from './argo-refusals';
import { ArgoRolloutsOptions } from './argo-rollouts-options';
import { AnalysisMetricManifest, analysisTemplate, CanaryStepManifest } from '../../manifests/argo-rollouts';
import { objectLabels } from '../../workload/labels';
import { CheckedAnalysis } from '../analysis/measurement';
import { CheckedGate, CheckedHook, letControllerCall, urlOf } from '../analysis/release-hook';
import { CheckedRelease, refuse, refusePrometheus } from '../checked-release';

/** As often as it takes. */
const ENDLESS = 2 ** 31 - 1;

/** Those that the installation's own ConfigMap has: manifests/notifications. */
const TRIGGERS: { [severity: string]: string[] } = {
  error: ['on-rollout-aborted', 'on-analysis-run-failed', 'on-analysis-run-error'],
  warn: ['on-rollout-aborted', 'on-analysis-run-failed', 'on-analysis-run-error', 'on-rollout-paused'],
  info: ['on-rollout-aborted', 'on-analysis-run-failed', 'on-analysis-run-error', 'on-rollout-paused', 'on-rollout-step-completed', 'on-rollout-completed'],
};
const SERVICES: { [service: string]: string } = { slack: 'slack', msteams: 'teams', gchat: 'googlechat' };

/** What could not be asked is asked again after ten seconds (analysis/analysis.go, DefaultErrorRetryInterval): as long as so many failed measurements take. */
export function errorLimit({ seconds, failureLimit }: CheckedAnalysis): number {
  return Math.floor(failureLimit * seconds / 10);
}

/** The steps that stand between those of the stages. */
export interface ArgoHooks {
  /** Before anybody gets the new version. */
  readonly trials: CanaryStepManifest[];
  readonly before: (share: number) => CanaryStepManifest[];
  /** Metrics beside those that are asked of Prometheus. */
  readonly loads: () => AnalysisMetricManifest[];
}

/**
 * Gates and tests in the words of Argo Rollouts. An answer that is none of 2xx is an error there, and errors are counted in succession.
 *
 * Upstream: argoproj/argo-rollouts metricproviders/webmetric/webmetric.go, Run; analysis/analysis.go, assessMetricFailureInconclusiveOrError.
 */
export function argoHooks({ scope, at, graph, service, analysis }: CheckedRelease, { controller }: ArgoRolloutsOptions): ArgoHooks {
  const { gates, tests, seconds, failureLimit } = analysis;
  const hooks = [...gates.flatMap(({ hook }) => hook ? [hook] : []), ...tests];
  letControllerCall('argoRollouts', at('engine').in('controller'), graph, controller, hooks);
  if (controller !== undefined && hooks.length === 0) {
    at('engine').in('controller').fail('IneffectiveController', 'must have something to ask', controller.node.path, 'Leave it out, or give the analysis gates or tests.');
  }
  const { namespace, name } = service;
  const asks = (hook: CheckedHook): Pick<AnalysisMetricManifest, 'name' | 'interval' | 'provider'> => ({
    name: hook.name,
    interval: `${seconds}s`,
    // The same as Flagger sends (fluxcd/flagger pkg/apis/flagger/v1beta1/canary.go, CanaryWebhookPayload)
    provider: {
      web: {
        url: urlOf(hook, graph), method: 'POST', timeoutSeconds: hook.timeoutSeconds, jsonBody: { name, namespace, phase: 'Progressing', ...(hook.metadata ? { metadata: hook.metadata } : {}) },
      },
    },
  });
  const step = (hook: CheckedHook, limits: Pick<AnalysisMetricManifest, 'count' | 'failureLimit' | 'consecutiveErrorLimit'>): CanaryStepManifest => {
    const template = `${name}-${hook.name}`;
    graph.claim(hook.site, ['AnalysisTemplate'], namespace, template, scope.node.path);
    analysisTemplate(scope, `analysis-${hook.name}`, { name: template, labels: objectLabels(name) }, () => ({
      metrics: [{ ...asks(hook), ...limits, consecutiveSuccessLimit: 1 }],
    }));
    return { analysis: { templates: [{ templateName: template }] } };
  };
  const waits = gates.map((gate): { gate: CheckedGate; step: CanaryStepManifest } => ({
    gate, step: gate.hook ? step(gate.hook, { count: ENDLESS, failureLimit: -1, consecutiveErrorLimit: ENDLESS }) : { pause: {} },
  }));
  return {
    trials: tests.filter(({ kind }) => kind === 'acceptance').map(test => step(test, { count: failureLimit + 1, failureLimit, consecutiveErrorLimit: failureLimit })),
    before: share => waits.filter(({ gate }) => gate.before === undefined || gate.before === share).map(wait => wait.step),
    loads: () => tests.filter(({ kind }) => kind === 'load').map(test => ({ ...asks(test), failureLimit, consecutiveErrorLimit: errorLimit(analysis) })),
  };
}

/** The Rollout's annotations by which its controller tells people. */
export function argoSubscriptions({ analysis: { alerts } }: CheckedRelease): { [annotation: string]: string } {
  return Object.fromEntries(alerts.flatMap(({ service, severity, channel, secretName, site }) => {
    if (service === 'prometheus') {
      refusePrometheus(ARGO_ROLLOUTS, site);
    }
    if (service === 'webhook') {
      refuse(ARGO_ROLLOUTS, site, 'its services and what they say are part of its installation', 'webhook',
        'Leave it out, and configure service.webhook and its templates in argo-rollouts-notification-configmap.');
    }
    if (secretName !== undefined) {
      refuse(ARGO_ROLLOUTS, site.in('secret'), 'its services and their tokens are part of its installation', secretName,
        'Leave it out, and configure the service in argo-rollouts-notification-configmap.');
    }
    return TRIGGERS[severity].map((trigger): [string, string] => [`notifications.argoproj.io/subscribe.${trigger}.${SERVICES[service]}`, channel!]);
  }));
}
