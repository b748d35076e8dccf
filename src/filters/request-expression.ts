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
  const { uri, method, headers = {}, ...others } = match;
  const unknown = Object.keys(others);
  if (unknown.length > 0) {
    throw new Error(`A limit knows no expression for ${unknown.join(', ')}`);
  }
  return [
    ...(uri ? [compared('request.url_path', uri)] : []),
    ...(method ? [compared('request.method', method)] : []),
    ...Object.entries(headers).map(([name, value]) => Object.keys(value).length === 0
      ? `${quoted(name)} in request.headers` : compared(`request.headers[${quoted(name)}]`, value)),
  ].join(' && ');
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

function quoted(text: string): string {
  return JSON.stringify(text);
}
