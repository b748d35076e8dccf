import { ObjectiveOverride } from './objective-override';
import { Objective, ServiceObjective } from './service-objective';
import { hasRequests, Watched } from './watched';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Destination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshWorkload } from '../mesh/mesh-workload';

/** Which objective holds: that of the call, or of its server, or of all. */
export class Overrides {
  private readonly all: { server: Destination; client?: MeshWorkload; objective: Objective; site: Site }[] = [];
  private readonly common: Objective;

  constructor(at: (property: string) => Site, graph: MeshGraph, common: ServiceObjective, overrides?: ObjectiveOverride[]) {
    this.common = common._resolve(at('objective'));
    if (overrides?.length === 0) {
      at('overrides').fail('EmptyList', 'must not be empty', [], 'Leave it out.');
    }
    overrides?.forEach(({ server, client, objective }, index) => {
      const site = at('overrides').at(index);
      graph.checkMember(site.in('server'), server, 'Name what this app describes.');
      if (client) {
        graph.checkMember(site.in('client'), client, 'Name a workload of this app.');
      }
      if (!hasRequests(server._destination)) {
        site.in('server').fail('NotHttp', 'must have a port on which the proxy sees requests', server.node.path, 'Declare the port as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or leave this out.');
      }
      if (this.all.some(other => other.server === server._destination && other.client === client)) {
        site.fail('DuplicateName', 'must be the only one for it', server.node.path, 'Keep one of them.');
      }
      this.all.push({ server: server._destination, client, objective: objective._resolve(site.in('objective')), site });
    });
  }

  public objectiveOf(server: Destination, client?: MeshWorkload): Objective {
    const of = (whose?: MeshWorkload) => this.all.find(each => each.server === server && each.client === whose)?.objective;
    return (client && of(client)) ?? of() ?? this.common;
  }

  /** What would hold for nothing. */
  public problems(watched: Watched[]): MeshProblem[] {
    return this.all.filter(({ server, client }) => !watched.some(each => client
      ? each.construct === client && each.servers.includes(server)
      : each.server === server || each.servers.includes(server))).map(({ server, client, site }) => client
      ? site.in('client').problem('UnknownService', `must be one that calls ${server.path} with requests`, client.node.path, 'Declare the call, or leave this out.')
      : site.in('server').problem('UnknownService', 'must be called by a workload of this app', server.path, 'Declare the call, or leave this out.'));
  }
}
