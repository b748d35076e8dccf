import { Call, compare } from './call';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** A gateway that this app does not describe has routes of its own, to the Service: it meets the pods of every version, whatever their shares. */
export function unkeptShares(site: Site, incoming: Call[]): MeshProblem[] {
  const callers = incoming.map(({ client }) => client).filter(({ elsewhere, keepsRoutes }) => elsewhere && keepsRoutes === undefined);
  const unknown = [...new Set(callers.map(({ name }) => name))];
  return unknown.length === 0 ? [] : [site.problem('UnkeptStages', 'must be called by nobody of whom it is not said whether he keeps to the shares', unknown.sort(compare),
    'Give the ExistingWorkload keepsRoutes: true if a proxy stands beside its program, and false if it is a gateway, which meets every version whatever its share; or let requests in by a MeshGateway.')];
}
