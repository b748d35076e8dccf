import { clientPolicies } from './client-policies';
import { isMet } from './route-checks';
import { RouteContribution, RouteTable } from './virtual-service';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { HostTraffic } from '../graph/host-traffic';
import { MeshPort } from '../graph/mesh-port';
import { TreatmentManifest } from '../manifests/istio-networking';
import { replaced } from '../traffic/header-changes';

/** A cookie that is set on the way back, and what takes it from the answer. */
interface LostCookie<T> {
  readonly cookie: T;
  readonly by: string;
}

/**
 * Cookies that reach no client: a route changes the headers of an answer last, after its destination and after what balances.
 *
 * Upstream: envoyproxy/envoy source/common/router/weighted_cluster_specifier.cc, WeightedClusterEntry::finalizeResponseHeaders; source/common/router/router.cc, onUpstreamHeaders.
 *
 * @param cookiesOf those that are set for the requests of a route.
 */
export function lostCookies<T>(table: RouteTable, cookiesOf: (route: RouteContribution, port: MeshPort) => T[]): LostCookie<T>[] {
  const routes: RouteContribution[] = table.routes.some(({ match }) => !match) ? table.routes : [...table.routes, { name: 'default', split: [] }];
  // Clients of gRPC keep none
  return table.ports.filter(port => port._isHttp && port._protocol !== 'grpc').flatMap((port) => {
    const setting = routes.filter(({ answer }) => !answer).map(route => ({ route, cookies: cookiesOf(route, port) }))
      .filter(({ cookies }) => cookies.length > 0);
    const all = setting.length === 0 ? [] : clientPolicies(table.calls.filter(call => call.port === port), table.gateway);
    const policies = all.filter(({ answer, treatment }) => !answer && takesCookies(treatment));
    return setting.flatMap(({ route, cookies }) => {
      const taking = [
        ...takesCookies(route.treatment) ? [`addRoute(${route.name.split('+')[0]})`] : [],
        ...policies.filter(policy => isMet(route, policy)).map(({ client }) => table.gateway ? `what ${client} exposes` : `${client}'s call`),
      ];
      return taking.flatMap(by => cookies.map(cookie => ({ cookie, by })));
    });
  });
}

/** Those by which the clients' proxies pick pods. */
export function lostHashCookies(table: RouteTable, traffic: HostTraffic): MeshProblem[] {
  const lost = lostCookies(table, ({ split }, port) => traffic.cookiesSet(port, split.map(({ subset }) => subset)));
  return lost.map(({ by, cookie: { site, name } }) => site.problem(
    'InvalidLoadBalancing', `must set a cookie that reaches the client: ${by} removes or sets the header set-cookie of the answers, after the proxy has set it`, name,
    'Let these headers add to set-cookie, or leave it as it is; or balance by another key, such as LoadBalancing.byHeader().'));
}

function takesCookies({ headers }: TreatmentManifest = {}): boolean {
  return replaced(headers?.response).includes('set-cookie');
}
