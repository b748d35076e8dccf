import { Site } from '../diagnostics/site';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

export function isHeaderName(name: string): boolean {
  return typeof name === 'string' && TOKEN.test(name);
}

/** @returns the name in small letters: their case does not count. */
export function checkHeaderName(site: Site, name: string): string {
  if (!isHeaderName(name)) {
    site.fail('InvalidHeader', 'must name a header of letters, digits and \'-\'', name, 'Write the name alone, such as x-frame-options: no colon and no value.');
  }
  return name.toLowerCase();
}
