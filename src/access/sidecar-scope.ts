import { Call, compare } from '../graph/call';
import { Destination } from '../graph/destination';
import { hostOf, MeshSettings } from '../graph/mesh-settings';
import { SidecarSpec } from '../manifests/istio-networking';

/**
 * The proxy knows the declared servers and what is in the mesh's own namespace, and refuses the rest. It is a bound on
 * the proxy's memory and a help against mistakes, not a wall: that is the NetworkPolicy.
 */
export function sidecarSpec(podLabels: { [key: string]: string }, outgoing: Call[], usesKubernetesApi: boolean, settings: MeshSettings): SidecarSpec {
  const servers = outgoing.filter(({ port }) => !port._isUdp).flatMap(({ server }) => [
    ...server.scopeHosts(settings), ...versionsOf(server), ...(server.through ? [server.through.scopeHost(settings)] : []),
  ]);
  const api = usesKubernetesApi ? [`default/${hostOf(settings, 'default', 'kubernetes')}`] : [];
  return {
    workloadSelector: { labels: podLabels },
    outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    egress: [{ hosts: [...new Set([...servers, ...api])].sort(compare).concat(`${settings.istioNamespace}/*`) }],
  };
}

/**
 * The hosts that a release's engine has for versions. Istio finds them by the routes that lead there; but then the clusters come and go with the routes, in one
 * push and before these, and for that moment a request has no cluster: 503 (istio/istio pilot/pkg/xds/ads.go, PushOrder). Named here they are there first, and go last.
 */
function versionsOf({ versionHosts }: Destination): string[] {
  return (versionHosts?.() ?? []).map(host => `${host.split('.')[1]}/${host}`);
}
