import { RE2JS } from 're2js';
import { StringMatch } from './string-match';
import { Site } from '../diagnostics/site';
import { StringMatchManifest } from '../manifests/istio-networking';

/** RFC 6454, 6.2, as browsers write it: in small letters, and without the scheme's own port. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(:\d{1,5})?$/;
const ANY_PORT = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\]):$/;

/** What nobody means who names the pages that he trusts: an origin of no host, of files and of sandboxes, and one of nobody's. */
const STRANGERS = ['*', 'null', 'https://stranger.invalid'];

/** The origins whose pages are trusted. A match that takes more than it seems to would open the service to every page there is. */
export function checkOrigins(site: Site, origins: StringMatch[], credentials: boolean): StringMatchManifest[] {
  if (origins.length === 0) {
    site.fail('EmptyList', 'must not be empty', origins, 'Name the origins whose pages may ask: StringMatch.exactly(\'https://shop.example.com\').');
  }
  const manifests = origins.map((origin, index) => {
    const manifest = origin._toManifest(site.at(index));
    checkOrigin(site.at(index), manifest);
    return manifest;
  });
  const everybody = manifests.findIndex(({ exact }) => exact === '*');
  if (everybody >= 0 && credentials) {
    site.at(everybody).fail('InvalidCors', 'must not be everybody beside credentials: any page could act as the user who looks at it', '*', 'Name the origins, or leave credentials out.');
  }
  if (everybody >= 0 && origins.length > 1) {
    site.at(everybody).fail('InvalidCors', 'must not be everybody beside others', '*', 'Leave the others out, or this one.');
  }
  const twice = manifests.findIndex((manifest, index) => manifests.slice(0, index).some(other => JSON.stringify(other) === JSON.stringify(manifest)));
  if (twice >= 0) {
    site.at(twice).fail('InvalidCors', 'must be named once', manifests[twice], 'Name each origin once.');
  }
  return manifests;
}

function checkOrigin(site: Site, { exact, prefix, regex }: StringMatchManifest): void {
  const fail = (problem: string, received: unknown, fix: string) => site.fail('InvalidCors', problem, received, fix);
  if (exact !== undefined && exact !== '*') {
    if (!ORIGIN.test(exact)) {
      fail('must be an origin as browsers write it', exact, 'Write scheme and host in small letters, such as https://shop.example.com: no path and no slash at the end.');
    }
    if (/^(http:.*:80|https:.*:443)$/.test(exact)) {
      fail('must not name the scheme\'s own port', exact, 'Browsers leave it out: write the origin without it.');
    }
  }
  if (prefix !== undefined && !ANY_PORT.test(prefix)) {
    fail('must end with the colon before a port', prefix, `${prefix}.attacker.example begins so, too: use StringMatch.exactly(), or StringMatch.prefix('http://localhost:') for any port.`);
  }
  if (regex !== undefined) {
    const expression = RE2JS.compile(regex);
    // Envoy asks a match whether it takes "*", and lets everybody in if it does (cors_filter.cc, isOriginAllowed)
    const stranger = STRANGERS.find(origin => expression.matches(origin));
    if (stranger !== undefined) {
      fail(`must not take any origin, such as ${stranger}`, regex, 'Write the hosts: StringMatch.regex(\'https://[a-z0-9-]+\\\\.example\\\\.com\'); everybody is StringMatch.exactly(\'*\').');
    }
    if (/[a-z0-9-](?<!\\[a-zA-Z])\.[a-z0-9]/i.test(regex)) {
      fail('must not have a dot that stands for any character', regex, 'Write \\\\. for the dot of a name: otherwise https://shop.example.com is also https://shop-example.com.');
    }
  }
}
