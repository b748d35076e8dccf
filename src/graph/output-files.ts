import { ApiObject, App, Chart, YamlOutputType } from 'cdk8s';
import { IConstruct } from 'constructs';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

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

export function objectsOf(root: IConstruct): ApiObject[] {
  return root.node.findAll().filter(ApiObject.isApiObject);
}
