import { Site } from '../diagnostics/site';
import { Call, compare } from '../graph/call';
import { AuthorizationRuleManifest, RequestAuthenticationSpec } from '../manifests/istio-security';
import { TokenIssuer } from '../traffic/token-issuer';

/** Whose tokens a proxy is to know, each once. */
export function issuersOf(calls: Call[]): TokenIssuer[] {
  const issuers = new Map(calls.flatMap(({ endUsers }) => endUsers?._issuers ?? []).map(issuer => [issuer._issuer, issuer]));
  return [...issuers.values()].sort((a, b) => compare(a._issuer, b._issuer));
}

/**
 * Has the proxy look for tokens, in every request. One that is not valid is answered with 401; one that is not there passes: what binds is the
 * AuthorizationPolicy beside it.
 *
 * Upstream: istio/istio pilot/pkg/security/authn/policy_applier.go, convertToEnvoyJwtConfig.
 */
export function requestAuthenticationSpec(podLabels: { [key: string]: string }, calls: Call[], site: Site): RequestAuthenticationSpec {
  return { selector: { matchLabels: podLabels }, jwtRules: issuersOf(calls).map(issuer => issuer._toManifest(site)) };
}

/**
 * Refuses the one kind of request in which a client's own header could pass for one that was made of a claim: an Envoy of before 1.40 removes such headers as it looks
 * for a token, and it looks for none in what has the form of a CORS preflight. A newer one removes them first, and then nothing is left for these rules.
 *
 * Upstream: envoyproxy/envoy source/extensions/filters/http/jwt_authn, filter.cc (isCorsPreflightRequest) and verifier.cc (sanitizeHeaders); pull request 46586.
 */
export function forgedHeaderRules(calls: Call[], ports: string[]): AuthorizationRuleManifest[] {
  const headers = [...new Set(issuersOf(calls).flatMap(({ _headers }) => _headers))].sort();
  return headers.map(header => ({
    to: [{ operation: { ports, methods: ['OPTIONS'] } }],
    when: [header, 'origin', 'access-control-request-method'].map(name => ({ key: `request.headers[${name}]`, values: ['*'] })),
  }));
}
