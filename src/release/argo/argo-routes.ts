import { RoutedVirtualServiceManifest } from '../../manifests/argo-rollouts';
import { RouteDestinationManifest } from '../../manifests/istio-networking';
import { RoutedBy } from '../../mesh/reach';

/** The routes whose weights the controller moves: all that lead to both hosts, in every VirtualService of the service. */
export function movedRoutes(routedBy: RoutedBy[], stable: string, canary: string): RoutedVirtualServiceManifest[] {
  const both = ({ route = [] }: { route?: RouteDestinationManifest[] }) => [stable, canary].every(host => route.some(({ destination, weight }) => (
    destination.host === host && weight !== undefined)));
  return routedBy.map(({ name, spec }) => {
    const { http = [], tcp = [], tls = [] } = spec();
    const routes = http.filter(both).map(route => route.name);
    const tcpRoutes = tcp.filter(both).flatMap(({ match = [] }) => match.map(({ port }) => ({ port })));
    const tlsRoutes = tls.filter(both).flatMap(({ match }) => match.map(({ port, sniHosts }) => ({ port, sniHosts })));
    return {
      name,
      ...(routes.length > 0 ? { routes } : {}),
      ...(tcpRoutes.length > 0 ? { tcpRoutes } : {}),
      ...(tlsRoutes.length > 0 ? { tlsRoutes } : {}),
    };
  }).filter(({ routes, tcpRoutes, tlsRoutes }) => routes ?? tcpRoutes ?? tlsRoutes);
}
