import { ChaosTargetKind } from './chaos-target';
import { FaultEntry } from './fault-catalog';
import { PolicyRuleManifest } from '../manifests/litmus';

/**
 * What a drill's ServiceAccount may do, split by namespace: Litmus' own objects and pods live beside the engine, and in
 * the target's namespace the drill only looks, except for the deletion of pods where that is the fault.
 *
 * Upstream: litmuschaos/chaos-charts faults/kubernetes/<name>/fault.yaml, spec.definition.permissions.
 */
export function engineRules(): PolicyRuleManifest[] {
  return [
    rule('', ['pods'], ['create', 'delete', 'get', 'list', 'patch', 'update', 'deletecollection']),
    rule('', ['events'], ['create', 'get', 'list', 'patch', 'update']),
    rule('', ['configmaps'], ['get', 'list']),
    rule('', ['pods/log'], ['get', 'list', 'watch']),
    rule('', ['pods/exec'], ['get', 'list', 'create']),
    rule('batch', ['jobs'], ['create', 'list', 'get', 'delete', 'deletecollection']),
    rule('litmuschaos.io', ['chaosengines', 'chaosexperiments', 'chaosresults'], ['create', 'list', 'get', 'patch', 'update', 'delete']),
  ];
}

export function targetRules(fault: FaultEntry, kind: ChaosTargetKind): PolicyRuleManifest[] {
  return [
    rule('', ['pods'], fault.deletesPods ? ['get', 'list', 'delete'] : ['get', 'list']),
    rule('apps', ['deployments', 'statefulsets', 'replicasets', 'daemonsets'], ['get', 'list']),
    ...(kind === ChaosTargetKind.ROLLOUT ? [rule('argoproj.io', ['rollouts'], ['get', 'list'])] : []),
  ];
}

/** To find the addresses behind a host that a network fault is limited to. */
export function destinationRules(): PolicyRuleManifest[] {
  return [rule('', ['services'], ['get']), rule('', ['pods'], ['list'])];
}

function rule(apiGroup: string, resources: string[], verbs: string[]): PolicyRuleManifest {
  return { apiGroups: [apiGroup], resources, verbs };
}
