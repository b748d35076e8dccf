import { Call, Client, sortedCalls } from '../graph/call';
import { MeshSettings, principalOf } from '../graph/mesh-settings';
import { AuthorizationPolicySpec, AuthorizationRuleManifest, SourceManifest } from '../manifests/istio-security';

/**
 * Allows what was declared and nothing else: an ALLOW policy without rules refuses every request, so it is there
 * for a service that nobody calls too.
 *
 * `ports` are those of the pod (istio/istio pilot/pkg/security/authz/model/model.go: destination port).
 */
export function authorizationPolicySpec(podLabels: { [key: string]: string }, calls: Call[], settings: MeshSettings): AuthorizationPolicySpec {
  const rules = sortedCalls(calls.filter(({ port }) => !port._isUdp)).map(call => ruleOf(call, settings));
  return { selector: { matchLabels: podLabels }, action: 'ALLOW', rules: rules.length > 0 ? rules : undefined };
}

/** Who may what. */
export function ruleOf({ client, port, methods, paths }: Call, settings: MeshSettings): AuthorizationRuleManifest {
  return {
    from: [{ source: sourceOf(client, settings) }],
    to: [{ operation: { ports: [String(port.targetPort)], methods, paths: paths?.map(path => path.text) } }],
  };
}

/** Of whoever is not known by account, the namespace in its certificate; of nobody in particular, that it has one. */
function sourceOf({ namespace, serviceAccount }: Client, settings: MeshSettings): SourceManifest {
  if (namespace === undefined) {
    return { principals: ['*'] };
  }
  return serviceAccount === undefined ? { namespaces: [namespace] } : { principals: [principalOf(settings, namespace, serviceAccount)] };
}
