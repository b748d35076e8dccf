import { demandOf, judgedRequests } from './demand';
import { Call, Client, clientKey, compare, sortedCalls } from '../graph/call';
import { matchesOf } from '../graph/faults-of';
import { MeshSettings, principalOf } from '../graph/mesh-settings';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { AuthorizationPolicySpec, AuthorizationRuleManifest, SourceManifest } from '../manifests/istio-security';
import { meeting } from '../traffic/match-meeting';
import { PathPattern } from '../traffic/path-pattern';

/**
 * Allows what was declared and nothing else: an ALLOW policy without rules refuses every request, so it is there
 * for a service that nobody calls too.
 *
 * `ports` are those of the pod (istio/istio pilot/pkg/security/authz/model/model.go: destination port).
 */
export function authorizationPolicySpec(podLabels: { [key: string]: string }, calls: Call[], settings: MeshSettings): AuthorizationPolicySpec {
  const declared = sortedCalls(calls.filter(({ port }) => !port._isUdp)).map(asked);
  const demanding = declared.some(call => demandOf(call) !== '');
  const rules = declared.map((call) => {
    const isOther = (other: Call) => other !== call && other.port === call.port && clientKey(other.client) === clientKey(call.client);
    return ruleOf(call, settings, demanding ? declared.filter(isOther) : []);
  }).filter(({ to }) => to.length > 0);
  const [said, texts] = [new Set<string>(), rules.map(rule => JSON.stringify(rule))];
  const once = rules.filter((_, index) => !said.has(texts[index]) && said.add(texts[index])); // what is copied may be called, too
  return { selector: { matchLabels: podLabels }, action: 'ALLOW', rules: once.length > 0 ? once : undefined };
}

/**
 * Who may what, and with which token.
 *
 * @param others what else he may on the port: what one of them says more closely is judged by that one.
 */
export function ruleOf(call: Call, settings: MeshSettings, others: Call[] = []): AuthorizationRuleManifest {
  const { client, port, endUsers } = call;
  const requests = judgedRequests({ call }, others.map(other => ({ call: other })));
  const { _principals: requestPrincipals = undefined, _conditions: when = [] } = endUsers?._isRequired ? endUsers : {};
  return {
    from: [{ source: { requestPrincipals, ...sourceOf(client, settings) } }],
    to: requests.map(one => ({ operation: { ports: [String(port.targetPort)], ...one } })),
    ...(when.length > 0 && { when }),
  };
}

/** What comes in through a gateway is asked for its token there; and a request arrives with the path that a rewrite has left. */
function asked(call: Call): Call {
  const paths = call.asked ?? call.paths;
  const arriving = paths && rewrittenPaths(call);
  const all = arriving && arriving.length > 0 ? [...paths, ...arriving].sort((a, b) => compare(a.rank, b.rank)) : paths;
  const declared = { ...call, paths: all?.filter(({ text }, index) => all.findIndex(other => other.text === text) === index) };
  return call.client.gateway ? { ...declared, endUsers: undefined, fromCidrs: undefined } : declared;
}

/** What the server's routes may make of the requests of a call. */
function rewrittenPaths(call: Call): PathPattern[] {
  const { namespace: sourceNamespace, podLabels: sourceLabels } = call.client;
  const source = call.client.gateway ? {} : { sourceNamespace, sourceLabels };
  const meets = (match: HttpMatchManifest) => matchesOf(call).some(requests => meeting({ ...requests, ...source }, match) !== undefined);
  return (call.server.rewritten ?? []).filter(({ match }) => match.some(meets)).flatMap(({ paths }) => paths);
}

/** Of whoever is not known by account, the namespace in its certificate; of nobody in particular, that it has one. */
function sourceOf({ namespace, serviceAccount }: Client, settings: MeshSettings): SourceManifest {
  if (namespace === undefined) {
    return { principals: ['*'] };
  }
  return serviceAccount === undefined ? { namespaces: [namespace] } : { principals: [principalOf(settings, namespace, serviceAccount)] };
}
