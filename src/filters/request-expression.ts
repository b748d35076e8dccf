import { LimitedRequests } from './limited-requests';
import { checkQueryValue, queryPattern } from './query-expression';
import { Site } from '../diagnostics/site';
import { Client } from '../graph/call';
import { MeshSettings, principalOf } from '../graph/mesh-settings';
import { HttpMatchManifest, StringMatchManifest } from '../manifests/istio-networking';

/**
 * What is asked of a request, as an expression of CEL that Envoy computes.
 *
 * A header that is not there makes an error of the expression, and Envoy takes an error for no.
 *
 * Upstream: envoyproxy/envoy source/extensions/rate_limit_descriptors/expr/config.cc; the attributes are those of
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes
 */
export function matchExpression(match: HttpMatchManifest): string {
  const { uri, ignoreUriCase, method, authority, scheme, headers = {}, withoutHeaders = {}, queryParams = {} } = match;
  return [
    ...(uri ? [ignoreUriCase ? comparedAsLetters('request.url_path', uri) : compared('request.url_path', uri)] : []),
    ...(method ? [compared('request.method', method)] : []),
    ...(authority ? [compared('request.host', authority)] : []),
    ...(scheme ? [compared('request.scheme', scheme)] : []),
    ...Object.entries(queryParams).map(([name, value]) => `request.query.matches(${quoted(queryPattern(name, value))})`),
    ...Object.entries(headers).map(([name, value]) => withHeader(name, value)),
    // What is not there is no error of the expression here: && needs only one side
    ...Object.entries(withoutHeaders).map(([name, value]) => isPresence(value) ? `!(${isThere(name)})` : `!(${isThere(name)} && ${withHeader(name, value)})`),
  ].join(' && ');
}

/** Fails for what the server's proxy sees otherwise than the client's, or what no attribute says. */
export function checkExpressible(site: Site, match: HttpMatchManifest, { seesScheme }: LimitedRequests): void {
  const { scheme, queryParams = {}, headers = {}, withoutHeaders = {} } = match;
  if (scheme && !seesScheme) {
    site.fail('IneffectiveLimit', 'must ask for no scheme: the program\'s proxy gets every request as http', scheme, 'Leave the scheme out.');
  }
  Object.entries(queryParams).forEach(([name, value]) => checkQueryValue(site.in(`queryParameter(${name})`), value));
  Object.entries({ ...headers, ...withoutHeaders }).forEach(([name, { regex = '' }]) => {
    if (BYTE.test(regex)) {
      site.in(`header(${name})`).fail('InvalidRegex', 'must be of ASCII characters: a route compares bytes, and a limit letters, so that this would never match', regex,
        'Match by another header, or by its beginning in ASCII: StringMatch.prefix().');
    }
  });
}

/** A byte of a letter beyond ASCII: what compares limits reads UTF-8 (google/cel-cpp runtime/standard/regex_functions.cc, RE2's default encoding). */
const BYTE = /\\x(?:[89a-f][0-9a-f]|\{0*[89a-f][0-9a-f]\})/i;

/** As clients of a gateway ask for them: in any letter case, and with a port behind, if they write one. */
export function hostExpression(hosts: string[]): string {
  const names = hosts.map(host => host.replace(/[^A-Za-z0-9*-]/g, '\\$&').replace('*', '.+'));
  return `request.host.matches(${quoted(`(?i)^(?:${names.join('|')})(?::[0-9]+)?$`)})`;
}

const isPresence = (value: StringMatchManifest) => Object.keys(value).length === 0;
const isThere = (name: string) => `${quoted(name)} in request.headers`;

function withHeader(name: string, value: StringMatchManifest): string {
  return isPresence(value) ? isThere(name) : compared(`request.headers[${quoted(name)}]`, value);
}

/** Of several expressions whichever: each stays whole. */
export function anyOf(expressions: string[]): string {
  return expressions.length === 1 ? expressions[0] : expressions.map(each => `(${each})`).join(' || ');
}

/** Who calls, by the certificate that its proxy has shown; `cluster.local` stands for whatever trust domain it is, as in an AuthorizationPolicy. */
export function callerExpression({ namespace, serviceAccount }: Client, settings: MeshSettings): string {
  const principal = principalOf(settings, namespace!, serviceAccount!);
  return settings.trustDomain === 'cluster.local'
    ? `${CALLER}.endsWith(${quoted(principal.slice('cluster.local'.length))})`
    : `${CALLER} == ${quoted(`spiffe://${principal}`)}`;
}

/** The identity in the certificate that the proxy has verified: no header that a client could write. */
export const CALLER = 'connection.uri_san_peer_certificate';

function compared(attribute: string, { exact, prefix, regex }: StringMatchManifest): string {
  if (exact !== undefined) {
    return `${attribute} == ${quoted(exact)}`;
  }
  // CEL looks for the expression anywhere, Istio's match is for the whole
  return prefix !== undefined ? `${attribute}.startsWith(${quoted(prefix)})` : `${attribute}.matches(${quoted(`^(?:${regex})$`)})`;
}

/** Whatever the case of the letters; regular expressions say that themselves. */
function comparedAsLetters(attribute: string, { exact, prefix }: StringMatchManifest): string {
  const literal = (exact ?? prefix)!.replace(/[^A-Za-z0-9/_-]/g, '\\$&');
  return `${attribute}.matches(${quoted(`(?i)^${literal}${exact === undefined ? '' : '$'}`)})`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
