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
    site.fail('InvalidHeader', 'must be the name of a header, of letters, digits and \'-\' alone', name, 'Write the name alone, such as x-user.');
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
  const written = attributesOf(site.in('attributes'), attributes);
  checkKept(site, name, path, written ?? []);
  return { httpCookie: { name, path, ttl: `${seconds}s`, attributes: written } };
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
    if (name.toLowerCase() === 'httponly') {
      site.in(name).fail('InvalidLoadBalancing', 'stands in the cookie already', value, 'Leave it out: Envoy adds it to each.');
    }
    if (name.toLowerCase() === 'samesite' && !/^(strict|lax|none)$/i.test(value)) {
      site.in(name).fail('InvalidLoadBalancing', 'must be Strict, Lax or None: of another value browsers take no notice', value, 'Write { SameSite: \'Lax\' }.');
    }
  });
  return attributes && entries.map(([name, value]) => ({ name, value: value === '' ? undefined : value }));
}

/**
 * What browsers throw away as soon as they get it.
 *
 * Upstream: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis, 4.1.3 and 5.7.
 */
function checkKept(site: Site, name: string, path: string | undefined, attributes: { name: string; value?: string }[]): void {
  const valueOf = (attribute: string) => attributes.find(each => each.name.toLowerCase() === attribute);
  const secure = valueOf('secure') !== undefined;
  const sameSite = valueOf('samesite');
  if (sameSite?.value?.toLowerCase() === 'none' && !secure) {
    site.in('attributes').in(sameSite.name).fail('InvalidLoadBalancing', 'needs Secure beside it: browsers keep no such cookie without', sameSite.value, 'Add Secure: \'\'.');
  }
  if (/^__(Secure|Host)-/i.test(name) && !secure) {
    site.in('name').fail('InvalidLoadBalancing', 'needs the attribute Secure: browsers keep no cookie of such a name without', name, 'Add attributes: { Secure: \'\' }, or give it another name.');
  }
  if (/^__Host-/i.test(name) && (path !== '/' || valueOf('domain'))) {
    site.in('name').fail('InvalidLoadBalancing', 'needs the path / and no Domain: browsers keep no cookie of such a name otherwise', name, 'Write path: \'/\', leave Domain out, or give it another name.');
  }
}
