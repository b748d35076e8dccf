import { FlaggerOptions } from './flagger-options';
import { FLAGGER } from './flagger-strategy';
import { alertProvider, CanaryAlertManifest, CanaryAnalysisManifest, CanaryWebhookManifest } from '../../manifests/flagger';
import { objectLabels } from '../../workload/labels';
import { CheckedHook, letControllerCall, urlOf } from '../analysis/release-hook';
import { CheckedRelease, refuse, refusePrometheus } from '../checked-release';

/**
 * Gates, tests and alerts in Flagger's words.
 *
 * Upstream: fluxcd/flagger pkg/controller/scheduler.go, advanceCanary: a gate is asked after the metrics, and its no is no failed check; a test's is.
 */
export function flaggerHooks(release: CheckedRelease, { controller }: FlaggerOptions): () => Pick<CanaryAnalysisManifest, 'webhooks' | 'alerts'> {
  const { at, graph, stages, analysis: { gates, tests, alerts: told } } = release;
  const shares = stages.filter(stage => stage > 0).length > 1;
  const ofGates = gates.map(({ before, hook, site }): [string, CheckedHook] => {
    if (hook === undefined) {
      return refuse(FLAGGER, site, 'it has no command that lets a release go on', 'manual', 'Ask its load tester: ReleaseGate.webhook(loadTester, { path: \'/gate/check\' }). A POST to /gate/open lets the release go on.');
    }
    if (before !== undefined && before !== 100) {
      refuse(FLAGGER, site.in('before'), 'it does not tell who is asked which share comes', before, 'Write 100, or leave it out: before each.');
    }
    // Of a trial without shares the promotion is all that is waited for
    return [before === 100 || !shares ? 'confirm-promotion' : 'confirm-traffic-increase', hook];
  });
  const hooks = [
    ...ofGates, ...tests.map((test): [string, CheckedHook] => [test.kind === 'load' ? 'rollout' : 'pre-rollout', test]),
    ...told.flatMap(({ hook }): [string, CheckedHook][] => hook ? [['event', hook]] : []),
  ];
  letControllerCall('flagger', at('engine').in('controller'), graph, controller, hooks.map(([, hook]) => hook));
  if (controller !== undefined && hooks.length === 0) {
    at('engine').in('controller').fail('IneffectiveController', 'must have something to ask', controller.node.path, 'Leave it out, or give the analysis gates, tests or a ReleaseAlert.webhook().');
  }
  const alerts = flaggerAlerts(release);
  return () => {
    const webhooks = hooks.map(([type, hook]): CanaryWebhookManifest => (
      { name: hook.name, type, url: urlOf(hook, graph), timeout: `${hook.timeoutSeconds}s`, metadata: hook.metadata }));
    return { ...(webhooks.length > 0 ? { webhooks } : {}), ...(alerts.length > 0 ? { alerts } : {}) };
  };
}

function flaggerAlerts({ scope, at, graph, service, analysis: { alerts } }: CheckedRelease): CanaryAlertManifest[] {
  const { namespace } = service;
  return alerts.filter(({ hook }) => !hook).map((alert): CanaryAlertManifest => {
    if (alert.service === 'prometheus') {
      refusePrometheus(FLAGGER, alert.site);
    }
    const secret = alert.secretName ?? alert.site.in('secret').fail('MissingProperty', 'is needed by Flagger, which reads the address there', undefined,
      'Name a Secret in the release\'s namespace that has the key address: secret: kplus.Secret.fromSecretName(chart, \'slack\', \'slack\').');
    const name = `${service.name}-${alert.name}`;
    graph.claim(at('analysis').in('alerts'), ['AlertProvider'], namespace, name, scope.node.path);
    alertProvider(scope, `alert-${alert.name}`, { name, labels: objectLabels(service.name) }, {
      type: alert.service, channel: alert.channel, secretRef: { name: secret },
    });
    return { name: alert.name, severity: alert.severity, providerRef: { name, namespace } };
  });
}
