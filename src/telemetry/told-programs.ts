import { Construct } from 'constructs';
import { ProgramTelemetry } from './program-telemetry';
import { Site } from '../diagnostics/site';
import { Member } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { ProgramScope } from '../graph/program-scopes';

/** Tells the programs of a scope, and opens the way to their server to those of them for which no narrower scope says something else. */
export function tellPrograms(site: Site, construct: Construct, programs: ProgramTelemetry, { holds, rank }: Omit<ProgramScope, 'settings'>): void {
  const graph = MeshGraph.of(construct);
  const settings = programs._toSettings(site, construct);
  const scope: ProgramScope = {
    // What they send to is told nothing: it would send to itself. A gateway has no program
    holds: member => holds(member) && !member.gateway && member !== programs._receiver,
    rank,
    settings,
  };
  graph.programs.add(scope);
  if (settings?.to) {
    const by = (member: Member) => !graph.collectors.has(member) && graph.programs.scopeOf(member) === scope;
    graph.addProxyCall({ ...settings.to, made: 'program', by });
  }
  graph.changed();
}
