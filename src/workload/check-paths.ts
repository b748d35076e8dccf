import * as kplus from 'cdk8s-plus-28';
import { checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

const SYSTEM_PATHS = ['/bin', '/dev', '/etc', '/lib', '/lib64', '/proc', '/sbin', '/sys', '/usr', '/usr/bin', '/usr/lib', '/usr/local', '/usr/local/bin'];

/** Where a container has its volumes, and where it may write. */
export function checkPaths(at: (property: string) => Site, props: { volumeMounts?: kplus.VolumeMount[]; writablePaths?: string[] }): void {
  props.writablePaths?.forEach((path, index) => {
    if (SYSTEM_PATHS.includes(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must not be a directory of the system', path, 'An empty volume would hide what the image has there: name the directory below it that the program writes to.');
    }
    if (!/^(\/[A-Za-z0-9._-]+)+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must be an absolute directory', path, 'Write it from the root, without a trailing slash: /var/cache/app.');
    }
  });
  const mounted = props.volumeMounts?.map(mount => mount.path) ?? [];
  mounted.forEach((path, index) => {
    if (!/^(\/[^/:]+)+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
      at('volumeMounts').at(index).in('path').fail('InvalidPath', 'must be an absolute directory below the root', path, 'Write it from the root, without a trailing slash: /var/lib/app.');
    }
  });
  checkUnique(at('volumeMounts'), mounted, 'InvalidPath', 'Mount one volume at each path.');
  props.writablePaths?.forEach((path, index) => {
    if (mounted.includes(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must not be mounted from a volume too', path, 'Leave it out here, or in volumeMounts.');
    }
  });
  checkUnique(at('writablePaths'), props.writablePaths ?? [], 'InvalidPath', 'Name each directory once.');
}
