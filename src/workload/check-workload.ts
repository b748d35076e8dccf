import { DEFAULT_REPLICAS, DEFAULT_USER } from './defaults';
import { checkResources } from './resources';
import { WorkloadProps } from './workload-props';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The wrong values that a pod can be described with, found before any of it is built. */
export function checkWorkload(at: (property: string) => Site, props: WorkloadProps): void {
  checkImage(at('image'), props.image);
  checkInteger(at('replicas'), props.replicas ?? DEFAULT_REPLICAS, 1, 1000, 'InvalidReplicas', 'Leave it out for three replicas.');
  checkUser(at('user'), props.user ?? DEFAULT_USER);
  checkResources(at('resources'), props.resources);
  props.writablePaths?.forEach((path, index) => {
    if (!/^(\/[A-Za-z0-9._-]+)+$/.test(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must be an absolute directory', path, 'Write it from the root, without a trailing slash: /var/cache/app.');
    }
  });
  const mounted = props.volumeMounts?.map(mount => mount.path) ?? [];
  props.writablePaths?.forEach((path, index) => {
    if (mounted.includes(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must not be mounted from a volume too', path, 'Leave it out here, or in volumeMounts.');
    }
  });
  checkUnique(at('writablePaths'), props.writablePaths ?? [], 'InvalidPath', 'Name each directory once.');
}

/** Upstream: the grammar in distribution/reference reference.go (https://github.com/distribution/reference). */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const REGISTRY = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?';
const REFERENCE = new RegExp(`^(?:${REGISTRY}/)?${COMPONENT}(?:/${COMPONENT})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);

function checkUser(site: Site, user: number): void {
  checkInteger(site, user, 1, 65535, 'InvalidUser', 'Containers never run as root (0).');
  if (user === 1337) {
    site.fail('InvalidUser', 'must not be the mesh proxy\'s user', user, 'Traffic of user 1337 bypasses the proxy (IST0144): use another number.');
  }
}

function checkImage(site: Site, image: string): void {
  if (typeof image !== 'string' || image.trim() === '') {
    site.fail('MissingImage', 'is required', image, 'Name the container\'s image: ghcr.io/acme/orders:1.4.2.');
  }
  if (!REFERENCE.test(image)) {
    site.fail('InvalidImage', 'must be an image reference', image, 'Write registry/repository:tag without white space, in lower case but for the tag; a digest is sha256: and 64 digits.');
  }
  const tag = /:([^/:@]+)$/.exec(image)?.[1];
  if (!image.includes('@sha256:') && (tag === undefined || tag === 'latest')) {
    site.fail('UnpinnedImage', 'must name what runs', image, 'Add a tag other than latest, or a digest: a node that pulls again must not get another program.');
  }
}
