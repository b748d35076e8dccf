import { lostInRollout } from './argo-rollout';
import { ArgoRolloutsOptions } from './argo-rollouts-options';
import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Site } from '../../diagnostics/site';
import { restNames } from '../../routing/connection-routes';
import { CheckedRelease, refuse, refuseCommits, refuseInHandover, refuseUntried, unsupported } from '../checked-release';

export const ARGO_ROLLOUTS = 'Argo Rollouts';

/** What a Rollout does not know, and would do otherwise without a word. */
export function refuseForArgo(release: CheckedRelease, { handover }: ArgoRolloutsOptions): void {
  const { at, service, stages, match, mirror, sessionAffinity, analysis } = release;
  refuseCommits(ARGO_ROLLOUTS, release, {
    stage: 'Leave it out. To have it wait for somebody, give the analysis a ReleaseGate.manual().',
    aborted: `Leave it out: abort by kubectl argo rollouts abort ${service._pods.controller}, or revert the commit that began the release.`,
    version: 'Argo Rollouts tells old and new pods apart by a hash.',
  });
  if (sessionAffinity) {
    refuse(ARGO_ROLLOUTS, at('sessionAffinity'), 'it moves weights alone, and no cookie outlives a release of it', sessionAffinity.name,
      'Release by CanaryEngine.flagger() or static(), or leave it out.');
  }
  refuseInHandover(ARGO_ROLLOUTS, release, handover);
  const { autoscaling } = service._workload;
  const strategy = service._pods.own.unfinished.spec.strategy;
  if (strategy?.rollingUpdate?.maxSurge !== 1 || strategy.rollingUpdate.maxUnavailable !== 0) {
    refuse(ARGO_ROLLOUTS, Site.of(service, 'kind').in('strategy'), 'the steps of the release are how its pods are replaced', strategy, 'Leave the strategy out.');
  }
  if (autoscaling && !autoscaling._follows) {
    // Without a number of its own a Rollout has one pod until somebody scales it (rollout/controller.go, syncHandler)
    refuse(ARGO_ROLLOUTS, Site.of(service, 'autoscaling'), 'what scales the Deployment would scale nothing, and the Rollout would run one pod', 'byOthers',
      'Use Autoscaling.horizontal() or .keda(), or leave it out.');
  }
  refuseUntried(release);
  const swaps = stages.filter(stage => stage > 0).length === 1;
  const unmeasured = swaps && !match ? analysis.metrics.findIndex(({ ofRequests }) => ofRequests) : -1;
  if (unmeasured >= 0 && mirror !== undefined) {
    refuse(ARGO_ROLLOUTS, at('analysis').in('metrics').at(unmeasured), 'clients do not count copies, and it tells the pods apart by what clients count', stages,
      'Take stages with shares, or leave the metrics of requests out.');
  }
}

/** What may be said of the Deployment after the release, and would not be in the Rollout. */
export function lostPatches({ service }: CheckedRelease): MeshProblem[] {
  return lostInRollout(service._pods.own.unfinished).map(({ field, value }) => Site.of(service, 'deployment').in(field).problem(
    'UnsupportedByEngine', `cannot be done by ${ARGO_ROLLOUTS}: a Rollout has no such field`, value, 'Leave the patch out, or release by CanaryEngine.static().'));
}

/**
 * Routes of connections that it could not tell from those that it moves: it knows them by port and names alone, whoever makes them.
 *
 * Upstream: argoproj/argo-rollouts rollout/trafficrouting/istio/istio.go, searchTcpRoute and searchTlsRoute.
 */
export function unmovableRoutes({ service, reach }: CheckedRelease): MeshProblem[] {
  const { connections, host } = reach;
  const ofClients = connections.all.filter(({ sources }) => sources);
  const named = (service._workload.ports ?? []).filter(port => port._sniHosts);
  const whole = named.filter(port => restNames(port, connections.all.filter(route => route.port === port), host).length === 0);
  return [
    ...ofClients.map(({ name }) => unsupported(ARGO_ROLLOUTS, Site.of(service, `addConnectionRoute(${name})`).in('clients'), 'it would move the route of these clients with the others', name,
      'Leave the route out, tell connections by sniHosts alone, or release by CanaryEngine.static().')),
    ...whole.map(({ name }) => unsupported(ARGO_ROLLOUTS, Site.of(service, 'ports'), 'no name of the port would be left whose shares it moves', name,
      'Leave a name to no route, or release by CanaryEngine.static().')),
  ];
}

/** A route to what is no version of the service: of the new pods it knows a hash. */
export function namelessVersion({ service }: CheckedRelease, site: Site, version: string, known: string[]): MeshProblem {
  const testers = service._workload.ports?.some(({ _isHttp }) => _isHttp) ? 'have the release\'s match say who gets the new pods, ' : '';
  return unsupported(ARGO_ROLLOUTS, site, 'the new pods are no version that a route could name', version, `Use one of ${known.join(', ')}, ${testers}or release by CanaryEngine.static().`);
}
