import { MeshPort } from '../graph/mesh-port';
import { HttpRouteManifest, VirtualServiceSpec } from '../manifests/istio-networking';
import { ServiceSpec } from '../manifests/kubernetes';

/**
 * A name of the cluster's DNS that stands for one outside. To istiod it is an alias of the host's ServiceEntry: what is asked under it has the host's routes, for whoever
 * knows both.
 *
 * Upstream: istio/istio pilot/pkg/model/push_context.go, resolveServiceAliases; pilot/pkg/model/sidecar.go, matchingAliasService.
 */
export function aliasSpec(host: string, ports: MeshPort[]): ServiceSpec {
  return { type: 'ExternalName', externalName: host, ports: ports.map(({ name, port }) => ({ name, port, targetPort: port, protocol: 'TCP' })) };
}

/** Has a host asked by its own name, whatever it was called. */
export function askedByName({ http, ...rest }: VirtualServiceSpec, host: string): VirtualServiceSpec {
  const asked = (rule: HttpRouteManifest) => ({ ...rule, rewrite: { ...rule.rewrite, authority: rule.rewrite?.authority ?? host } });
  return { ...rest, http: http?.map(rule => rule.route ? asked(rule) : rule) };
}
