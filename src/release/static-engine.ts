import { releaseRules } from './analysis/release-rules';
import { CheckedRelease, Released } from './checked-release';
import { checkDnsLabel, checkInteger } from '../diagnostics/checks';
import { unkeptShares } from '../graph/unkept-shares';
import { splitBetween } from '../mesh/service-routes';

/** A Deployment beside the service's own, and weights between the two that come from commits. */
export function releaseStatically(release: CheckedRelease): Released {
  const { scope, at, graph, service, reach, replicas, stages, match, mirror } = release;
  const image = release.image ?? at('image').fail('MissingImage', 'must be said', undefined,
    'Write the image of the new version. With CanaryEngine.flagger() it may be the service that changes.');
  const version = checkDnsLabel(at('version'), release.version ?? 'v2');
  if (version === service.version) {
    at('version').fail('DuplicateVersion', 'must differ from the service\'s own', version, `${service.node.path} is ${service.version}: give the release another version.`);
  }
  if (reach.routes.versions.includes(version)) {
    at('version').fail('DuplicateVersion', 'must be another than those that are there', version, `There are ${reach.routes.versions.join(', ')}.`);
  }
  const stage = checkInteger(at('stage'), release.stage ?? 0, 0, stages.length - 1, 'InvalidStage', `It is an index into stages: 0 is ${stages[0]} percent, ${stages.length - 1} is 100.`);
  const weight = stages[stage];
  graph.check(() => stages[1] === 0 && !match && mirror === undefined && !reach.routes.leadTo(version) ? [at('stages').problem(
    'InvalidStages', 'must have something to try at the second 0', stages, 'Leave one 0 out, or add match or mirror.')] : []);
  graph.check(() => unkeptShares(at('service'), service._member.incoming));
  if (mirror !== undefined && weight === 100) {
    at('mirror').fail('IneffectiveMirror', 'must not copy to a version that gets every request', mirror, 'Leave mirror out at the last stage: each request would happen twice there.');
  }
  const name = checkDnsLabel(at('version'), `${service.name}-${version}`);
  graph.claim(at('version'), ['Deployment'], service.namespace, name, scope.node.path);
  // Both versions at every stage, so that a stage changes numbers and no line more
  const split = (percent: number) => splitBetween(service.version, version, percent);
  // At the first stage its pods may not be there yet
  const all = stage > 0 ? 100 : 0;
  reach.addRelease(at('service'), {
    path: scope.node.path,
    version,
    splitOf: wanted => wanted === version ? split(all) : undefined,
    routes: [
      ...(match ? [{ name: 'canary-match', match, split: split(all) }] : []),
      // A share of 0 copies nothing (istio/istio pilot/pkg/networking/core/route/route.go, MirrorPercent)
      { name: 'canary', split: split(weight), mirror: mirror === undefined ? undefined : { subset: version, percent: stage > 0 ? mirror : 0 } },
    ],
  });
  releaseRules(release, version, stage > 0 && (weight > 0 || match !== undefined || mirror !== undefined));
  return { weight, version, deployment: service._pods.addVersion(scope, { name, version, image, replicas }) };
}
