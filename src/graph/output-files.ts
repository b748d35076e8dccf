import { ApiObject, App, Chart, YamlOutputType } from 'cdk8s';
import { IConstruct } from 'constructs';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { once } from '../workload/rendering-once';

/**
 * The objects that cdk8s would write over another one of the same kind and name: with a file for each resource, the
 * namespace is no part of the file's name.
 *
 * Upstream: cdk8s-team/cdk8s-core src/app.ts, synth; https://github.com/cdk8s-team/cdk8s/issues/2821
 */
export function fileCollisions(root: IConstruct): MeshProblem[] {
  const { yamlOutputType } = root as App;
  const byChart = yamlOutputType === YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE;
  if (!byChart && yamlOutputType !== YamlOutputType.FILE_PER_RESOURCE) {
    return [];
  }
  const written = new Map<string, ApiObject>();
  return objectsOf(root).flatMap((object) => {
    // A patch may have changed both
    const { kind, metadata } = object.toJson();
    const file = `${kind}.${metadata.name}`.replace(/[^0-9a-zA-Z-_.]/g, '');
    const place = byChart ? `${Chart.of(object).node.path}/${file}` : file;
    const other = written.get(place);
    written.set(place, object);
    return other ? [Site.of(object, 'metadata.name').problem(
      'FileCollision', `must have a file of its own: that of ${other.node.path} has the same name, and would be written over`, metadata.name,
      `Choose YamlOutputType.FILE_PER_CHART${byChart ? '' : ' or FOLDER_PER_CHART_FILE_PER_RESOURCE'}, or another name.`)] : [];
  });
}

/**
 * Objects of one kind, namespace and name: whoever applies them takes the last one and forgets the other. Those of this
 * library's constructs are told where they are made; here are those of the user's own.
 */
export function duplicateObjects(root: IConstruct): MeshProblem[] {
  const first = new Map<string, ApiObject>();
  return objectsOf(root).flatMap((object) => {
    const { kind, apiGroup, metadata, name } = object;
    const key = `${apiGroup}/${kind} ${kind === 'Namespace' ? '' : metadata.namespace ?? ''}/${name}`;
    const other = first.get(key);
    first.set(key, other ?? object);
    return other ? [Site.of(object, 'metadata.name').problem(
      'DuplicateName', `must be unique: ${other.node.path} is the ${kind} of this name already`, name, 'Leave one of them out, or give it another name: the one that is applied last would replace the other.')] : [];
  });
}

export function objectsOf(root: IConstruct): ApiObject[] {
  return once(root, () => constructsOf(root).filter(ApiObject.isApiObject));
}

export function constructsOf(root: IConstruct): IConstruct[] {
  return once(root.node, () => root.node.findAll());
}

export function isNamespace({ kind, apiVersion }: ApiObject): boolean {
  return kind === 'Namespace' && apiVersion === 'v1';
}
