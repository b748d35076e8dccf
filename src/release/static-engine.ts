import { createHash } from 'node:crypto';
import { releaseRules } from './analysis/release-rules';
import { CheckedRelease, Released } from './checked-release';
import { staticStage } from './static-stage';
import { checkDnsLabel } from '../diagnostics/checks';
import { keptByCookie } from '../mesh/kept-by-cookie';
import { INSTANCE } from '../workload/labels';

/** A Deployment beside the service's own, and weights between the two that come from commits. */
export function releaseStatically(release: CheckedRelease): Released {
  const { scope, at, graph, service, reach, changed, replicas, stages, match, mirror, sessionAffinity, aborted = false } = release;
  if (!changed.any) {
    at('image').fail('NothingReleased', 'must be given, or something else that is changed', undefined,
      'Write the image of the new version, its configuration, or another property of WorkloadChanges. With an engine that watches the service\'s pods it may be the service that changes.');
  }
  const version = checkDnsLabel(at('version'), release.version ?? 'v2');
  if (version === service.version) {
    at('version').fail('DuplicateVersion', 'must differ from the service\'s own', version, `${service.node.path} is ${version}: give the release another version.`);
  }
  const stage = staticStage(release);
  const weight = aborted ? 0 : stages[stage.index];
  graph.check(() => stages[1] === 0 && !match && mirror === undefined && !reach.routes.leadTo(version) && !reach.connections.leadTo(version) ? [at('stages').problem(
    'InvalidStages', 'must have something to try at the second 0', stages, 'Leave one 0 out, or add match or mirror.')] : []);
  if (mirror !== undefined && stages[stage.index] === 100) {
    at('mirror').fail('IneffectiveMirror', 'must not copy to a version that gets every request', mirror, 'Leave mirror out at the last stage: each request would happen twice there.');
  }
  const name = checkDnsLabel(at('version'), `${service.name}-${version}`);
  // At the first stage its pods may not be there yet
  const open = stage.index > 0 && !aborted;
  // Whoever bears the cookie of an earlier release has a version that is no more
  const tried = createHash('sha256').update(`${scope.node.path} ${changed.workload.image}`).digest('hex').slice(0, 8);
  const kept = sessionAffinity && keptByCookie(sessionAffinity, `${version}.${tried}`);
  reach.addCandidate({ service: at('service'), version: at('version'), weight: stage.site }, { version, weight, open, match, mirror, kept });
  graph.claim(at('version'), ['Deployment'], service.namespace, name, scope.node.path);
  releaseRules(release, version, open && (weight > 0 || match !== undefined || mirror !== undefined));
  return {
    weight,
    version,
    stageName: stage.name,
    // An adopted selector is on the pods of every version
    ...(service._workload.adopts?.selector?.[INSTANCE] === undefined ? { tried: { key: INSTANCE, value: name } } : {}),
    deployment: service._pods.addVersion(scope, { name, version, changed, replicas }),
  };
}
