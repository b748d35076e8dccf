import { checkKept } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * Envoy refuses all routes of a proxy for a longer name or value.
 *
 * Upstream: envoyproxy/envoy api/envoy/config/core/v3/base.proto, HeaderValue.
 */
export const LONGEST_HEADER = 16384;

export function isHeaderName(name: string): boolean {
  return typeof name === 'string' && TOKEN.test(name) && name.length <= LONGEST_HEADER;
}

/** @returns the name in small letters: their case does not count. */
export function checkHeaderName(site: Site, name: string, fix = 'Write the name alone, such as x-frame-options: no colon and no value.'): string {
  checkKept(site, name.toLowerCase());
  if (name.length > LONGEST_HEADER) {
    site.fail('InvalidHeader', `must have at most ${LONGEST_HEADER} characters in its name`, `${name.length} characters`, 'Write a name, such as x-frame-options.');
  }
  if (!isHeaderName(name)) {
    site.fail('InvalidHeader', 'must be the name of a header: letters, digits and !#$%&\'*+-.^_`|~', name, fix);
  }
  return name.toLowerCase();
}
