import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { objectsOf } from './output-files';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { ReplicaBounds } from '../workload/replica-bounds';

/** A controller of ours, and who says how many pods it has. */
export interface ScaledController {
  readonly path: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The autoscaler that is written for it. */
  own?: ApiObject;
  /** Between which numbers somebody else may move it; without them nobody may. */
  readonly leftTo?: ReplicaBounds;
}

/**
 * Autoscalers of the user's own for controllers that have a number already, an autoscaler already, or other numbers than the one
 * that they were left to: two that write `replicas` undo each other's work for ever.
 */
export function foreignAutoscalers(root: IConstruct, controllers: ScaledController[]): MeshProblem[] {
  return objectsOf(root).filter(isAutoscaler).flatMap((object) => {
    const { kind, metadata, spec } = object.toJson();
    const target = spec?.scaleTargetRef;
    const controller = controllers.find(({ namespace, kind: ofKind, name }) => (
      namespace === metadata.namespace && ofKind === (target?.kind ?? 'Deployment') && name === target?.name));
    if (!controller || controller.own === object) {
      return [];
    }
    const { path, own, leftTo } = controller;
    const site = Site.named(path, 'autoscaling');
    // What both leave out is their own default
    const [min, max] = kind === 'ScaledObject' ? [spec.minReplicaCount ?? 0, spec.maxReplicaCount ?? 100] : [spec.minReplicas ?? 1, spec.maxReplicas];
    if (!leftTo) {
      return [site.problem('InvalidReplicas', own ? 'must be the only autoscaler of its pods' : 'must be given beside an autoscaler', object.node.path,
        `Leave ${object.node.path} out${own ? '' : `, or say between which numbers it moves: Autoscaling.byOthers({ min: ${min}, max: ${max} })`}.`)];
    }
    return leftTo.min === min && leftTo.max === max ? [] : [site.problem('InvalidReplicas', `must have the numbers of ${object.node.path}`, { min: leftTo.min, max: leftTo.max },
      `Write Autoscaling.byOthers({ min: ${min}, max: ${max} }), or change the other one.`)];
  });
}

function isAutoscaler({ kind, apiGroup }: ApiObject): boolean {
  return (kind === 'HorizontalPodAutoscaler' && apiGroup === 'autoscaling') || (kind === 'ScaledObject' && apiGroup === 'keda.sh');
}
