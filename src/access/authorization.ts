import { Call, Client, sortedCalls } from '../graph/call';
import { MeshSettings, principalOf } from '../graph/mesh-settings';
import { AuthorizationPolicySpec, SourceManifest } from '../manifests/istio-security';

/**
 * Allows what was declared and nothing else: an ALLOW policy without rules refuses every request, so it is there
 * for a service that nobody calls too.
 *
 * Its proxy sees a request as it arrives: with the path that a rewrite on the way has left. `ports` are those of the pod (istio/istio pilot/pkg/security/authz/model/model.go: destination port).
 */
export function authorizationPolicySpec(podLabels: { [key: string]: string }, calls: Call[], settings: MeshSettings): AuthorizationPolicySpec {
  const rules = sortedCalls(calls.filter(({ port }) => !port._isUdp)).map(({ client, port, methods, paths, asked }) => ({
    from: [{ source: sourceOf(client, settings) }],
    to: [{ operation: { ports: [String(port.targetPort)], methods, paths: asked ?? paths?.map(path => path.text) } }],
  }));
  return { selector: { matchLabels: podLabels }, action: 'ALLOW', rules: rules.length > 0 ? rules : undefined };
}

/** Of whoever is not known by account, the namespace in its certificate; of nobody in particular, that it has one. */
function sourceOf({ namespace, serviceAccount }: Client, settings: MeshSettings): SourceManifest {
  if (namespace === undefined) {
    return { principals: ['*'] };
  }
  return serviceAccount === undefined ? { namespaces: [namespace] } : { principals: [principalOf(settings, namespace, serviceAccount)] };
}
