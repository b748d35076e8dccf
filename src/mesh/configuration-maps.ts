import { Construct } from 'constructs';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { configMap } from '../manifests/kubernetes';
import { objectLabels } from '../workload/labels';
import { ProgramProps } from '../workload/workload-props';

export interface ConfiguredProgram {
  readonly name: string;
  readonly namespace: string;
  readonly ports: MeshPort[];
  readonly program: ProgramProps;
  /** Those that are set for it when the whole is known. */
  readonly variables: () => { [name: string]: string };
}

/**
 * Writes what a program is configured with: before its pods, which wait for it.
 *
 * @param written the names of what is there, to which those of the new ones are added: two of one content share it, those of two versions too.
 */
export function writeConfiguration(scope: Construct, graph: MeshGraph, props: ConfiguredProgram, written = new Set<string>()): void {
  const { name, namespace, ports: [first], program, variables } = props;
  const site = Site.of(scope, 'configuration');
  const servicePort = first?._isHttp && !first._isGrpc ? first.targetPort : undefined;
  const configuration = program.configuration ?? [];
  configuration.forEach((each, index) => {
    each._reload?._checkProgram(site.at(index).in('reload'), { servicePort, exceptions: program.exceptions });
    const map = each._configMap(name);
    if (!map || (map.immutable && written.has(map.name))) {
      return;
    }
    written.add(map.name);
    graph.claim(site.at(index), ['ConfigMap'], namespace, map.name, scope.node.path);
    configMap(scope, `configuration-${index}`, { name: map.name, labels: objectLabels(name) }, map);
  });
  if (configuration.length === 0) {
    return;
  }
  graph.check(() => {
    const derived = Object.keys(variables());
    return configuration.flatMap(({ _variableNames }, index) => _variableNames.filter(variable => derived.includes(variable)).map(twice => (
      site.at(index).problem('InvalidVariable', 'must not set the variable of a server\'s address', twice, 'Leave it out here, or give the call another addressVariable.')
    )));
  });
}
