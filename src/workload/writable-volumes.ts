import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { DEFAULT_WRITABLE_PATHS } from './defaults';

/**
 * Gives a container an empty volume of its own for each path.
 *
 * @param taken names of the pod's volumes, to which those of the new ones are added.
 * @param owner tells apart those of several containers; the program's bear their path alone.
 */
export function mountWritable(controller: kplus.Workload, container: kplus.Container, paths: string[], taken: string[], owner = ''): void {
  const names = volumeNames(paths.map(path => owner + path), taken);
  const prefix = owner === '' ? 'writable' : `${owner}-writable`;
  names.forEach((name, index) => {
    container.mount(paths[index], kplus.Volume.fromEmptyDir(controller, `${prefix}-${index}`, name, { sizeLimit: Size.mebibytes(64) }));
  });
  taken.push(...names);
}

/** `/var/cache` becomes `var-cache`; a number tells apart what would be alike. */
function volumeNames(paths: string[], taken: string[]): string[] {
  const names = paths.map(path => path.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''));
  const clashes = (name: string, index: number) => name === '' || name.length > 63 || names.indexOf(name) !== index || taken.includes(name) || name.startsWith('istio-');
  return names.map((name, index) => clashes(name, index) ? `writable-${name.slice(0, 40)}--${index}` : name);
}

/** The directories that a container may write to: by default those that it has not from elsewhere. */
export function writablePathsOf(given: string[] | undefined, elsewhere: string[]): string[] {
  return given ?? DEFAULT_WRITABLE_PATHS.filter(path => !elsewhere.includes(path));
}
