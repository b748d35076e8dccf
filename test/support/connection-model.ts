import { Manifest } from './manifests';

/** A connection of a client's program to a service with an address of its own, on one port. */
export interface Connection {
  readonly port: number;
  readonly labels: { [key: string]: string };
  readonly namespace: string;
  /** In the TLS. */
  readonly name?: string;
  readonly tls: boolean;
}

/**
 * Where istiod's configuration leads a connection: a route's destinations, `default` for the service's own cluster, or `closed` where no filter chain takes it.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/tls.go; envoy's api/envoy/config/listener/v3/listener_components.proto, FilterChainMatch.
 */
export function connectionTo({ tcp = [], tls = [] }: { tcp?: any[]; tls?: any[] }, connection: Connection): Manifest[] | 'default' | 'closed' {
  const mine = (match: Manifest) => (match.port === undefined || match.port === connection.port)
    && (match.sourceNamespace === undefined || match.sourceNamespace === connection.namespace)
    && Object.entries(match.sourceLabels ?? {}).every(([key, value]) => connection.labels[key] === value);
  if (!connection.tls) {
    return tcp.find(({ match }: Manifest) => match.some(mine))?.route ?? 'default';
  }
  const handled = new Set<string>();
  const chains: { names: string[]; route: Manifest[] }[] = [];
  for (const { match, route } of tls) {
    for (const { sniHosts: names } of match.filter(mine)) {
      if (!handled.has(names.join(','))) {
        chains.push({ names, route });
      }
      handled.add(names.join(','));
    }
  }
  if (chains.length === 0) {
    return 'default';
  }
  const all = chains.flatMap(({ names }) => names);
  if (new Set(all).size < all.length) {
    throw new Error(`multiple filter chains with the same matching rules are defined: ${all.join(', ')}`);
  }
  const length = (name: string) => name === connection.name || (name.startsWith('*.') && connection.name?.endsWith(name.slice(1))) ? name.length : 0;
  const closest = chains.flatMap(({ names, route }) => names.map(name => ({ length: length(name), route }))).sort((a, b) => b.length - a.length)[0];
  return closest.length > 0 ? closest.route : 'closed';
}
