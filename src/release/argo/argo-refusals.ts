import { ArgoRolloutsOptions } from './argo-rollouts-options';
import { unknownToRollout } from './argo-rollout';
import { checkInteger } from '../../diagnostics/checks';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Site } from '../../diagnostics/site';
import { CheckedRelease, refuse } from '../checked-release';

export const ARGO_ROLLOUTS = 'Argo Rollouts';

/** What Argo Rollouts does not know of a release, and would do otherwise without a word. */
export function refuseForArgo({ at, service, stages, stage, version, replicas, match, mirror }: CheckedRelease, options: ArgoRolloutsOptions): void {
  if (stage !== undefined) {
    refuse(ARGO_ROLLOUTS, at('stage'), 'it goes from stage to stage by itself', stage, 'Leave it out.');
  }
  if (version !== undefined) {
    refuse(ARGO_ROLLOUTS, at('version'), 'the new pods are those of the service, whose label is in their selector', version, 'Leave it out: Argo Rollouts tells old and new pods apart by a label of its own.');
  }
  if (replicas !== undefined) {
    refuse(ARGO_ROLLOUTS, at('replicas'), 'the number of pods is no part of a release', replicas, 'Say it of the service.');
  }
  const { kind } = service._workload;
  if (kind !== undefined && kind._name !== 'Deployment') {
    refuse(ARGO_ROLLOUTS, Site.of(service, 'kind'), 'a Rollout takes the place of a Deployment', kind._name, 'Update it in place, by its image.');
  }
  if (stages[1] === 0 && !match && mirror === undefined) {
    at('stages').fail('InvalidStages', 'must have something to try at the second 0', stages, 'Leave one 0 out, or add match or mirror.');
  }
  checkOptions(at('engine'), stages, options);
}

function checkOptions(engine: Site, stages: number[], { waitAt, rollbackWindow, prepareOnly }: ArgoRolloutsOptions): void {
  const hasTrial = stages[1] === 0 || stages.length === 2;
  const waits = stages.filter((_, index) => index > 0 || hasTrial);
  waitAt?.forEach((stage, index) => {
    if (!waits.includes(stage)) {
      engine.in('waitAt').at(index).fail('InvalidStages', 'must be one of the stages that last', stage, `Write one of ${[...new Set(waits)].join(', ')}.`);
    }
    if (waitAt.indexOf(stage) < index) {
      engine.in('waitAt').at(index).fail('InvalidStages', 'must be said once', stage, 'Leave it out here.');
    }
  });
  if (rollbackWindow !== undefined) {
    checkInteger(engine.in('rollbackWindow'), rollbackWindow, 1, 100, 'InvalidThreshold', 'Write how many revisions back a version counts as tried.');
  }
  for (const [property, value] of Object.entries({ waitAt, rollbackWindow })) {
    if (prepareOnly && value !== undefined) {
      refuse(ARGO_ROLLOUTS, engine.in(property), 'there are no stages yet beside prepareOnly', value, 'Add it in the commit that leaves prepareOnly out.');
    }
  }
}

/** What may be said after the release. */
export function unsupportedByArgo({ at, reach, service }: CheckedRelease): MeshProblem[] {
  const more = reach.routes.versions.slice(1);
  return [
    ...unknownToRollout(service._pods.own.unfinished).map(({ field, value }) => Site.of(service, 'deployment').in(field).problem(
      'UnsupportedByEngine', `cannot be done by ${ARGO_ROLLOUTS}: a Rollout has no such field`, value, 'Leave the patch out, or release by CanaryEngine.static().')),
    ...more.map(version => at('service').problem('UnsupportedByEngine', `cannot be done by ${ARGO_ROLLOUTS}: it knows two versions of a service, and leads nobody to a third`, version,
      'Describe the other pods as a service of their own, or release by CanaryEngine.static().')),
  ];
}
