import { FlaggerOptions } from './flagger-options';
import { FLAGGER } from './flagger-strategy';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Site } from '../../diagnostics/site';
import { CheckedRelease, refuse, refuseCommits, refuseInHandover, unsupported } from '../checked-release';

/** What Flagger does not know of a service, and would do otherwise without a word. */
export function refuseForFlagger(release: CheckedRelease, { handover }: FlaggerOptions): void {
  const { service, at, changed } = release;
  refuseInHandover(FLAGGER, release, handover);
  refuseCommits(FLAGGER, release, {
    stage: 'Leave it out.',
    version: 'Flagger tells old and new pods apart by the label app.',
  });
  if (release.aborted && !changed.any) {
    refuse(FLAGGER, at('aborted'), 'the service itself has changed, and Flagger goes on when it is as it was', true,
      'Revert the change and add another to the pods in the same commit, such as podAnnotations: a third revision has Flagger give everything back at once.');
  }
  const { ports, headless, ipFamilies, loadBalancing, autoscaling, adopts, peers, configuration = [] } = service._workload;
  const site = (property: string) => Site.of(service, property);
  const [port] = ports ?? [];
  if (ports!.length > 1) {
    // With several, its routes would lead all of them to the first (pkg/router/istio.go, makeDestination)
    refuse(FLAGGER, site('ports'), 'its routes know one port', ports!.map(({ name }) => name), 'Give the other port a service of its own, or release by CanaryEngine.argoRollouts() or static().');
  }
  if (!port._isHttp) {
    refuse(FLAGGER, site('ports'), 'its route for connections would be the whole VirtualService', port.name, 'Release by CanaryEngine.argoRollouts() or static().');
  }
  const shapes: [string, boolean][] = [
    ['headless', headless === true], ['ipFamilies', ipFamilies !== undefined], ['peers', peers !== undefined],
    ['loadBalancing', loadBalancing?._locality._trafficDistribution !== undefined],
  ];
  for (const [property, given] of shapes) {
    if (given) {
      refuse(FLAGGER, site(property), 'the Services of old and new pods are its own, which do not have it', service.node.path, 'Leave it out, or release by CanaryEngine.argoRollouts() or static().');
    }
  }
  const live = configuration.findIndex(({ _live }) => _live);
  if (live >= 0) {
    // The pods that serve have a copy, which it writes at a promotion (pkg/canary/config_tracker.go)
    refuse(FLAGGER, site('configuration').at(live), 'a file that changes in place would change with a release alone', configuration[live]._mountPath, 'Leave updates out.');
  }
  if (adopts?.workload !== undefined && adopts.workload !== service.name) {
    // It renames labels whose value is the Deployment's name (pkg/canary/deployment_controller.go, appendPrimarySuffixToValuesIfNeeded)
    refuse(FLAGGER, site('adopts').in('workload'), 'the pods that serve would not be spread: it knows their label by the name of the Deployment', adopts.workload,
      'Release by CanaryEngine.argoRollouts() or static().');
  }
  if (adopts?.selector) {
    refuse(FLAGGER, site('adopts').in('selector'), 'it renames one of these labels on the pods that serve, and the network would lose them', adopts.selector,
      'Release by CanaryEngine.argoRollouts() or static().');
  }
  if (autoscaling && !autoscaling._kinds.includes('HorizontalPodAutoscaler')) {
    refuse(FLAGGER, site('autoscaling'), 'it has to know the autoscaler, which it copies', 'byOthers', 'Use Autoscaling.horizontal(), or leave it out.');
  }
  if (autoscaling?._kinds.includes('ScaledObject')) {
    // pkg/canary/scaled_object_reconciler.go, setPrimaryScaledObjectQueries
    refuse(FLAGGER, site('autoscaling'), 'it writes the names of the old pods into KEDA\'s queries by replacing text', 'keda', 'Use Autoscaling.horizontal(), or release by CanaryEngine.argoRollouts() or static().');
  }
}

/** What may be said before the release, and after it. */
export function unsupportedByFlagger({ at, reach, service }: CheckedRelease): MeshProblem[] {
  const more = reach.routes.versions.slice(1);
  return [
    ...reach.routes.leading.map(({ name, known }) => unsupported(FLAGGER, Site.of(service, `addRoute(${name})`), 'the routes to versions are its own', name,
      `Leave the version out, or the route where it says nothing else, or release by ${others(known)}.`)),
    ...reach.routes.copying.map(({ name, known }) => unsupported(FLAGGER, Site.of(service, `addRoute(${name}).mirrors`), 'the routes that copy are its own', name,
      `Leave the mirrors out, or the route where it says nothing else, or release by ${others(known)}.`)),
    ...more.map(version => unsupported(FLAGGER, at('service'), 'its Service for the new pods would find those of other versions, too', version,
      'Describe the other pods as a service of their own.')),
  ];
}

/** Who can do it. @param known the new pods of a controller are no version that a route could name. */
function others(known: boolean): string {
  return known ? 'CanaryEngine.argoRollouts() or static()' : 'CanaryEngine.static()';
}
