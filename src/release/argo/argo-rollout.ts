import { CanaryStrategyManifest, ROLLOUTS_API_VERSION } from '../../manifests/argo-rollouts';
import { plain } from '../../workload/escape-hatch';

/** What a Deployment and a Rollout have in common; a Rollout's strategy is of its own. */
const SHARED = ['replicas', 'selector', 'template', 'minReadySeconds', 'revisionHistoryLimit', 'paused', 'progressDeadlineSeconds'];

/** That of every Deployment of ours. Another one would say what the steps of a release say. */
const OURS = JSON.stringify([['maxSurge', 1], ['maxUnavailable', 0]]);

/** What is said of a Deployment and its Rollout has no word for: it would be lost. */
export function lostInRollout({ spec }: any): { field: string; value: unknown }[] {
  const { strategy: { type = 'RollingUpdate', rollingUpdate = {}, ...more } = {} as any } = spec;
  const isOurs = type === 'RollingUpdate' && Object.keys(more).length === 0 && JSON.stringify(Object.entries(rollingUpdate).sort()) === OURS;
  const fields = Object.keys(spec).filter(field => !SHARED.includes(field) && (field !== 'strategy' || !isOurs));
  return fields.map(field => ({ field: `spec.${field}`, value: spec[field] }));
}

/**
 * The Rollout that a Deployment becomes: the same pods, found by the same labels, under the same name.
 *
 * Upstream: argoproj/argo-rollouts pkg/apis/rollouts/v1alpha1/types.go, RolloutSpec; rollout/sync.go, evaluateProgressDeadlineAbort.
 */
export function toRollout(deployment: any, strategy: CanaryStrategyManifest): any {
  return plain({
    ...deployment,
    apiVersion: ROLLOUTS_API_VERSION,
    kind: 'Rollout',
    spec: {
      ...deployment.spec,
      template: spreadByRollout(deployment.spec.template),
      // New pods that do not get ready would be waited for without an end
      progressDeadlineAbort: true,
      strategy: { canary: strategy },
    },
  });
}

/** By which the pods of an update are told from the others, to be spread among themselves: a Rollout's have a label of its own (rollout/sync.go, createDesiredReplicaSet). */
function spreadByRollout(template: any): any {
  const spread = template.spec.topologySpreadConstraints;
  return spread === undefined ? template : {
    ...template,
    spec: {
      ...template.spec,
      topologySpreadConstraints: spread.map((each: any) => each.matchLabelKeys === undefined ? each : {
        ...each, matchLabelKeys: each.matchLabelKeys.map((key: string) => key === 'pod-template-hash' ? 'rollouts-pod-template-hash' : key),
      }),
    },
  };
}
