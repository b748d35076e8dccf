import { Site } from '../diagnostics/site';

/** Upstream: the grammar in distribution/reference reference.go (https://github.com/distribution/reference). */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_{1,2}|-+)[a-z0-9]+)*';
const REGISTRY = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?';
const REFERENCE = new RegExp(`^(?:${REGISTRY}/)?${COMPONENT}(?:/${COMPONENT})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);

export function checkImage(site: Site, image: string): void {
  if (typeof image !== 'string' || image.trim() === '') {
    site.fail('MissingImage', 'is required', image, 'Name the container\'s image: ghcr.io/acme/orders:1.4.2.');
  }
  if (!REFERENCE.test(image)) {
    site.fail('InvalidImage', 'must be an image reference', image, 'Write registry/repository:tag without white space, in lower case but for the tag; a digest is sha256: and 64 digits.');
  }
  const tag = /:([^/:@]+)(?:@|$)/.exec(image)?.[1];
  const unset = /(^|[/:])(undefined|null|NaN)($|[/:@])|:[^/@]*[-._](undefined|null|NaN)($|@)/.exec(image);
  if (unset) {
    site.fail('InvalidImage', 'must not be made of a value that is not set', image, 'Look where the text is put together: the variable or the environment was empty.');
  }
  if (!image.includes('@sha256:') && (tag === undefined || tag === 'latest')) {
    site.fail('UnpinnedImage', 'must name what runs', image, 'Add a tag other than latest, or a digest: a node that pulls again must not get another program.');
  }
}
