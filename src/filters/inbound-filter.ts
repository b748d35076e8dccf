import { EnvoyFilterSpec, TypedConfigManifest } from '../manifests/istio-filters';

interface FilterManifest {
  name: string;
  typed_config: TypedConfigManifest;
}

/** In whose chains a filter stands: those of pods for what comes in to them, or of a gateway. */
export interface Chains {
  readonly labels: { [key: string]: string };
  readonly context: 'SIDECAR_INBOUND' | 'GATEWAY';
  /** On which the pods listen. */
  readonly ports: number[];
}

/**
 * A filter for what comes in on some ports, at the end of the chain: after the checks of who calls, and before the program, or the service.
 *
 * What it depends on (istio/istio, release 1.31): pilot/pkg/networking/core/listener_builder.go names the router `envoy.filters.http.router` and
 * puts it last, and gives each port of the pod a filter chain of its own, by the number on which the container listens;
 * envoyfilter/listener_patch.go finds the chain of the listener `virtualInbound` by that number, and both chains of it, with TLS and without. A gateway
 * has a listener for each port, which is found by the number on which its pods listen, and in it a chain for each server of HTTPS (core/gateway.go,
 * buildGatewayListeners). A relative place without `priority` is what istioctl warns of (IST0151).
 *
 * @param priority of several filters the one with the lower number comes first, in the order of the patches and so in the chain.
 */
export function beforeRouter({ labels, context, ports }: Chains, priority: number, value: FilterManifest): EnvoyFilterSpec {
  return {
    workloadSelector: { labels },
    priority,
    configPatches: ports.map(portNumber => ({
      applyTo: 'HTTP_FILTER',
      match: {
        context,
        listener: {
          portNumber,
          filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager', subFilter: { name: 'envoy.filters.http.router' } } },
        },
      },
      patch: { operation: 'INSERT_BEFORE', value },
    })),
  };
}
