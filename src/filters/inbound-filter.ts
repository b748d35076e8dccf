import { MeshPort } from '../graph/mesh-port';
import { EnvoyFilterSpec, TypedConfigManifest } from '../manifests/istio-filters';

interface FilterManifest {
  name: string;
  typed_config: TypedConfigManifest;
}

/**
 * A filter for what comes in on one port, at the end of the chain: after the checks of who calls, and before the program.
 *
 * What it depends on (istio/istio, release 1.31): pilot/pkg/networking/core/listener_builder.go names the router `envoy.filters.http.router` and
 * puts it last, and gives each port of the pod a filter chain of its own, by the number on which the container listens;
 * envoyfilter/listener_patch.go finds the chain of the listener `virtualInbound` by that number, and both chains of it, with TLS and without. A relative
 * place without `priority` is what istioctl warns of (IST0151).
 *
 * @param priority of several filters the one with the lower number comes first, in the order of the patches and so in the chain.
 */
export function beforeRouter(labels: { [key: string]: string }, port: MeshPort, priority: number, value: FilterManifest): EnvoyFilterSpec {
  return {
    workloadSelector: { labels },
    priority,
    configPatches: [{
      applyTo: 'HTTP_FILTER',
      match: {
        context: 'SIDECAR_INBOUND',
        listener: {
          portNumber: port.targetPort,
          filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager', subFilter: { name: 'envoy.filters.http.router' } } },
        },
      },
      patch: { operation: 'INSERT_BEFORE', value },
    }],
  };
}
