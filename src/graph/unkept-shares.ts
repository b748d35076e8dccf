import { Call, compare } from './call';
import { MeshGraph } from './mesh-graph';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/**
 * What goes to the Service without its routes meets the pods of every version, whatever their shares: what proxies call by themselves, such as a rate-limit service,
 * and what comes by a gateway that this app does not describe.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/cluster.go, buildOutboundClusters: the filters name the cluster of the host, which has all of its endpoints.
 */
export function unkeptShares(site: Site, incoming: Call[], { proxyCalls }: MeshGraph, path: string): MeshProblem[] {
  if (proxyCalls.anyTo(path)) {
    return [site.problem('UnkeptStages', 'must be called by programs alone: what proxies call by themselves goes to the pods of every version, whatever their shares', path,
      'Change the service itself, whose pods are replaced one by one, or describe the new version as a service of its own that is called in its place.')];
  }
  const callers = incoming.map(({ client }) => client).filter(({ elsewhere, keepsRoutes }) => elsewhere && keepsRoutes === undefined);
  const unknown = [...new Set(callers.map(({ name }) => name))];
  return unknown.length === 0 ? [] : [site.problem('UnkeptStages', 'must be called by nobody of whom it is not said whether he keeps to the shares', unknown.sort(compare),
    'Give the ExistingWorkload keepsRoutes: true if a proxy stands beside its program, and false if it is a gateway, which meets every version whatever its share; or let requests in by a MeshGateway.')];
}
