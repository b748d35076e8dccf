import { demandOf, judgedRequests } from './demand';
import { Call, Client, clientKey, sortedCalls } from '../graph/call';
import { MeshSettings, principalOf } from '../graph/mesh-settings';
import { AuthorizationPolicySpec, AuthorizationRuleManifest, SourceManifest } from '../manifests/istio-security';

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
  return { selector: { matchLabels: podLabels }, action: 'ALLOW', rules: rules.length > 0 ? rules : undefined };
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
    from: [{ source: { ...sourceOf(client, settings), requestPrincipals } }],
    to: requests.map(one => ({ operation: { ports: [String(port.targetPort)], ...one } })),
    ...(when.length > 0 && { when }),
  };
}

/** What comes in through a gateway is asked for its token there, and arrives with the paths that a rewrite has left. */
function asked(call: Call): Call {
  return call.client.gateway ? { ...call, endUsers: undefined, fromCidrs: undefined, paths: call.asked ?? call.paths } : call;
}

/** Of whoever is not known by account, the namespace in its certificate; of nobody in particular, that it has one. */
function sourceOf({ namespace, serviceAccount }: Client, settings: MeshSettings): SourceManifest {
  if (namespace === undefined) {
    return { principals: ['*'] };
  }
  return serviceAccount === undefined ? { namespaces: [namespace] } : { principals: [principalOf(settings, namespace, serviceAccount)] };
}
