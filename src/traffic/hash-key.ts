import { Duration } from 'cdk8s';
import { checkDuration } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ConsistentHashManifest } from '../manifests/istio-networking';

/** What a name may consist of, and what it is to be called when it does not. */
const HEADER_NAME = /^[A-Za-z0-9-]+$/;
/** A token of RFC 6265, 4.1.1. */
const COOKIE_NAME = /^[!#$%&'*+.^_`|~A-Za-z0-9-]+$/;

export interface GeneratedCookie {
  readonly ttl?: Duration;
  readonly path?: string;
  readonly attributes?: { [name: string]: string };
}

export function headerKey(site: Site, name: string): ConsistentHashManifest {
  if (!HEADER_NAME.test(name)) {
    site.fail('InvalidHeader', 'must name a header of letters, digits and \'-\'', name, 'Write the name alone, such as x-user.');
  }
  return { httpHeaderName: name.toLowerCase() };
}

export function queryKey(site: Site, name: string): ConsistentHashManifest {
  if (name.length === 0 || /[\s&=#?%+]/.test(name)) {
    site.fail('InvalidLoadBalancing', 'must be the name of a query parameter', name, 'Write the name as it stands in the query, without = and value: user.');
  }
  return { httpQueryParameterName: name };
}

/** A path, an age and attributes are of a cookie that the proxy sets itself. */
export function cookieKey(site: Site, name: string, { ttl, path, attributes }: GeneratedCookie): ConsistentHashManifest {
  if (!COOKIE_NAME.test(name)) {
    site.in('name').fail('InvalidLoadBalancing', 'must be the name of a cookie', name, 'Use letters, digits, \'-\' and \'_\': session.');
  }
  if (ttl === undefined) {
    const idle = path !== undefined ? 'path' : attributes !== undefined ? 'attributes' : undefined;
    if (idle) {
      site.in(idle).fail('InvalidLoadBalancing', 'is of a cookie that the proxy sets, and without ttl it sets none', idle === 'path' ? path : attributes,
        'Add ttl, of Duration.seconds(0) until the client ends, or leave it out.');
    }
    return { httpCookie: { name } };
  }
  const seconds = ttl.toSeconds({ integral: false });
  if (seconds > 0) {
    checkDuration(site.in('ttl'), ttl);
  }
  if (!Number.isInteger(seconds) || seconds < 0) {
    site.in('ttl').fail('InvalidDuration', 'must be whole seconds, as the age of a cookie is', `${seconds}s`, 'Use Duration.seconds(); 0 of them until the client ends.');
  }
  if (path !== undefined && !/^\/[^;,\s]*$/.test(path)) {
    site.in('path').fail('InvalidPath', 'must be an absolute path', path, 'Begin it with a slash: /, or /cart.');
  }
  return { httpCookie: { name, path, ttl: `${seconds}s`, attributes: attributesOf(site.in('attributes'), attributes) } };
}

function attributesOf(site: Site, attributes?: { [name: string]: string }) {
  const entries = Object.entries(attributes ?? {});
  if (attributes !== undefined && entries.length === 0) {
    site.fail('EmptyList', 'must not be empty', attributes, 'Leave it out for none.');
  }
  const names = entries.map(([name]) => name.toLowerCase());
  entries.forEach(([name, value], index) => {
    if (!/^[A-Za-z-]+$/.test(name) || /[;,\s]/.test(value) || names.indexOf(name.toLowerCase()) !== index) {
      site.in(name).fail('InvalidLoadBalancing', 'must be an attribute of a cookie, each once', value, 'Write { SameSite: \'Lax\', Secure: \'\' }.');
    }
    if (['path', 'max-age', 'expires'].includes(name.toLowerCase())) {
      site.in(name).fail('InvalidLoadBalancing', 'stands in the cookie already', value, 'Use path and ttl.');
    }
  });
  return attributes && entries.map(([name, value]) => ({ name, value: value === '' ? undefined : value }));
}
