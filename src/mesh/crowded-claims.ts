import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { WorkloadKind } from '../workload/workload-kind';

/** Why several pods may be there at once, where it was said, and what to write instead. */
export interface Crowd {
  readonly property: string;
  readonly received: unknown;
  readonly fix: string;
}

/** Of a service; `undefined` where one pod is gone before the next one comes. */
export function crowdOf(kind: WorkloadKind, replicas: number, autoscaled: boolean): Crowd | undefined {
  if (kind._name === 'DaemonSet') {
    return { property: 'kind', received: kind._name, fix: 'Use a volume that many nodes can have (ReadWriteMany), or another kind: a DaemonSet has a pod on every node.' };
  }
  if (replicas > 1) {
    return {
      property: autoscaled ? 'autoscaling' : 'replicas',
      received: replicas,
      fix: 'Write replicas: 1 beside kind: WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() }); give each pod a volume of its own by WorkloadKind.statefulSet({ claims: [...] });'
        + ' or claim ReadWriteMany.',
    };
  }
  return kind._podsAtOnce(replicas) > 1 ? {
    property: 'kind',
    received: 'RollingUpdate',
    fix: 'Write kind: WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() }): the old pod has to go before the new one gets the volume. Such a service cannot be released either.',
  } : undefined;
}

/**
 * Claims that one node can have at a time, in pods of which several may be there at once: those on other nodes would wait for the
 * volume for ever. Only claims that the app itself describes are known.
 *
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
 */
export function crowdedClaims(scope: IConstruct, namespace: string, pod: any, crowd: Crowd | undefined): MeshProblem[] {
  const names: string[] = (pod.volumes ?? []).flatMap((volume: any) => volume.persistentVolumeClaim?.claimName ?? []);
  if (!crowd || names.length === 0) {
    return [];
  }
  const claims = scope.node.root.node.findAll().filter((construct): construct is ApiObject => ApiObject.isApiObject(construct)
    && construct.kind === 'PersistentVolumeClaim' && names.includes(construct.name) && (construct.metadata.namespace ?? construct.chart.namespace) === namespace);
  return claims.filter(onOneNode).map(({ name }) => Site.of(scope, crowd.property).problem(
    'SingleNodeVolume', `must leave one pod at a time to the claim ${name}, which is ReadWriteOnce`, crowd.received, crowd.fix));
}

function onOneNode(claim: ApiObject): boolean {
  const modes: string[] = claim.toJson().spec?.accessModes ?? [];
  return modes.length > 0 && modes.every(mode => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
}
