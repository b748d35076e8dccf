import { MeshProblem } from '../../diagnostics/mesh-problem';
import { Site } from '../../diagnostics/site';
import { MeshGraph } from '../../graph/mesh-graph';
import { objectsOf } from '../../graph/output-files';
import { MeshService } from '../../mesh/mesh-service';
import { Configuration } from '../../workload/configuration';

/**
 * The names of what Flagger makes for a service, none of which is ours to write.
 *
 * Upstream: fluxcd/flagger pkg/apis/flagger/v1beta1/canary.go, GetServiceNames; pkg/canary.
 */
export class ReservedNames {
  /** Of the route between the versions, and its Service. */
  public readonly apex: string;
  /** The Services behind which the pods are: those of the version that serves, and those of the new one. */
  public readonly hosts: { readonly primary: string; readonly canary: string };

  constructor(private readonly service: MeshService, private readonly configuration: Configuration[]) {
    this.apex = `${service.name}-release`;
    this.hosts = { primary: `${this.apex}-primary`, canary: `${this.apex}-canary` };
  }

  /** Lets nobody else in the app have them. */
  public claim(site: Site, graph: MeshGraph, path: string): void {
    for (const [name, kinds] of this.names) {
      graph.claim(site, kinds, this.service.namespace, name, path);
    }
  }

  /** Objects of the user's own that have one: Flagger would take them over, or leave them as they are. */
  public taken(site: Site): MeshProblem[] {
    const { namespace, node: { root } } = this.service;
    const { names } = this;
    const taken = objectsOf(root).filter(({ kind, name, metadata }) => metadata.namespace === namespace && names.get(name)?.includes(kind));
    const secrets = this.configuration.flatMap(({ _secretName }) => _secretName ?? []);
    const copies = secrets.filter(secret => secrets.some(other => secret === `${other}-primary`));
    return [...copies.map(secret => site.problem(
      'DuplicateName', `is released by Flagger, which writes the Secret ${secret} itself, a copy of another one`, secret, 'Give the Secret another name.',
    )), ...taken.map(({ kind, name, node }) => (
      site.problem('DuplicateName', `is released by Flagger, which writes the ${kind} ${name} itself`, node.path, 'Leave it out, or give it another name.')))];
  }

  private get names(): Map<string, string[]> {
    const { configuration, service: { name, _pods: { controller } } } = this;
    const { apex, hosts: { primary, canary } } = this;
    const maps = configuration.flatMap(each => each._configMap(name)?.name ?? []);
    const secrets = configuration.flatMap(each => each._secretName ?? []);
    return new Map([
      [apex, ['Service', 'VirtualService', 'DestinationRule']],
      [primary, ['Service', 'DestinationRule']],
      [canary, ['Service', 'DestinationRule']],
      [`${controller}-primary`, ['Deployment', 'HorizontalPodAutoscaler', 'ScaledObject']],
      ...maps.map((map): [string, string[]] => [`${map}-primary`, ['ConfigMap']]),
      ...secrets.map((secret): [string, string[]] => [`${secret}-primary`, ['Secret']]),
    ]);
  }
}
