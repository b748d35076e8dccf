import { CanaryStrategyManifest, ROLLOUT, RoutedVirtualServiceManifest } from '../../manifests/argo-rollouts';
import { RouteDestinationManifest } from '../../manifests/istio-networking';
import { RoutedBy } from '../../mesh/reach';

/** What a Deployment and a Rollout have in common; the strategy is of its own. */
const SHARED = ['replicas', 'selector', 'template', 'minReadySeconds', 'revisionHistoryLimit', 'paused', 'progressDeadlineSeconds'];

/** What is said of a Deployment and a Rollout has no word for. */
export function unknownToRollout({ spec }: any): { field: string; value: unknown }[] {
  const { type = 'RollingUpdate', rollingUpdate, ...more } = spec.strategy ?? {};
  const fields = Object.entries(spec).filter(([field]) => field !== 'strategy' && !SHARED.includes(field)).map(([field, value]) => ({ field: `spec.${field}`, value }));
  const strategy = [
    ...type === 'RollingUpdate' ? [] : [['type', type]],
    ...Object.entries(more),
    ...Object.entries(rollingUpdate ?? {}).filter(([field]) => !['maxSurge', 'maxUnavailable'].includes(field)).map(([field, value]) => [`rollingUpdate.${field}`, value]),
  ];
  return [...fields, ...strategy.map(([field, value]) => ({ field: `spec.strategy.${field}`, value }))];
}

/**
 * The Rollout that a Deployment becomes: the same pods, found by the same labels, under the same name.
 *
 * Upstream: argoproj/argo-rollouts pkg/apis/rollouts/v1alpha1/types.go, RolloutSpec.
 */
export function toRollout(deployment: any, strategy: CanaryStrategyManifest, rollbackWindow?: number): any {
  const { strategy: { rollingUpdate = {} } = {} as any, ...spec } = deployment.spec;
  const { maxSurge, maxUnavailable } = rollingUpdate;
  return {
    ...deployment,
    ...ROLLOUT,
    spec: {
      ...spec,
      // Pods that do not come would be waited for without an end
      progressDeadlineAbort: true,
      ...rollbackWindow === undefined ? {} : { rollbackWindow: { revisions: rollbackWindow } },
      strategy: { canary: { ...maxSurge === undefined ? {} : { maxSurge }, ...maxUnavailable === undefined ? {} : { maxUnavailable }, ...strategy } },
    },
  };
}

/**
 * The routes of which the weights are to be moved: those that lead to both hosts. What is not named stays as it is.
 *
 * Upstream: argoproj/argo-rollouts rollout/trafficrouting/istio/istio.go, getHttpRouteIndexesToPatch: without a name one of them would be guessed.
 */
export function weighedRoutes(routedBy: RoutedBy[], hosts: string[]): RoutedVirtualServiceManifest[] {
  const isWeighed = ({ route = [] }: { route?: RouteDestinationManifest[] }) => hosts.every(host => route.some(({ destination }) => destination.host === host));
  return routedBy.map(({ name, spec }) => {
    const { http = [], tls = [], tcp = [] } = spec();
    const weighed = {
      routes: http.filter(isWeighed).map(route => route.name),
      tlsRoutes: tls.filter(isWeighed).flatMap(({ match }) => match.map(({ port, sniHosts }) => ({ port, sniHosts }))),
      tcpRoutes: tcp.filter(isWeighed).flatMap(({ match = [] }) => match),
    };
    return { name, ...Object.fromEntries(Object.entries(weighed).filter(([, routes]) => routes.length > 0)) };
  }).filter(virtualService => Object.keys(virtualService).length > 1);
}
