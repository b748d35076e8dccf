import { isHeaderName, LONGEST_HEADER } from './header-name';
import { checkSet } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * What Envoy can say of a request in a header, without arguments. Of another word between percent signs it refuses all routes of the proxy, and
 * istiod does not know the words.
 *
 * Upstream: envoyproxy/envoy source/common/formatter/stream_info_formatter.cc, and
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators
 */
const COMMANDS = [
  'DOWNSTREAM_LOCAL_ADDRESS', 'DOWNSTREAM_LOCAL_PORT', 'DOWNSTREAM_PEER_FINGERPRINT_256', 'DOWNSTREAM_PEER_ISSUER', 'DOWNSTREAM_PEER_SERIAL', 'DOWNSTREAM_PEER_SUBJECT',
  'DOWNSTREAM_PEER_URI_SAN', 'DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', 'DOWNSTREAM_TLS_CIPHER', 'DOWNSTREAM_TLS_VERSION', 'HOSTNAME', 'PROTOCOL',
  'REQUESTED_SERVER_NAME', 'ROUTE_NAME', 'START_TIME',
];

/** A value as a route holds it: text, `%%`, and what Envoy puts in the place of a command. */
export function checkHeaderValue(site: Site, value: string): string {
  const fail = (problem: string, fix: string) => site.fail('InvalidHeader', problem, value, fix);
  if (value === '') {
    fail('must have a value', 'Envoy leaves a header without one out: name it in remove instead.');
  }
  if (value.length > LONGEST_HEADER) {
    site.fail('InvalidHeader', `must have at most ${LONGEST_HEADER} characters`, `${value.length} characters`, 'Shorten it: Envoy takes no more, and many servers 8192 of all headers together.');
  }
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000A-\u001F\u007F]/.test(value)) {
    fail('must be one line of printable characters', 'Write it in one line.');
  }
  if (/[^\u0000-\u007f]/.test(value)) {
    fail('must be of ASCII characters', 'Clients and programs differ in what they take others for: encode them, as encodeURIComponent() does.');
  }
  const left = value.replace(/%%/g, '').replace(/%([A-Z_0-9]+)%/g, (command, name) => COMMANDS.includes(name) ? '' : command)
    .replace(/%REQ\(([^)?%]+)\)%/g, (command, name) => isHeaderName(name) ? '' : command);
  if (left.includes('%')) {
    fail('must have nothing between percent signs but what this library lists of all that Envoy knows', `Write %% for a percent sign itself, %REQ(x-user)% for a header of the request, without an alternative, or one of the list, none of which takes arguments here: ${COMMANDS.map(name => `%${name}%`).join(', ')}.`);
  }
  checkSet(site, value);
  return value;
}
