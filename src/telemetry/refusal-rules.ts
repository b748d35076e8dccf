import { Call, compare, Member } from '../graph/call';
import { canonicalNameOf, Labels, oneOf, principalPattern, REQUESTS, selector } from '../graph/request-metrics';
import { AlertingRuleManifest } from '../manifests/prometheus-operator';

const WINDOW = '10m';

export const CONNECTIONS = 'istio_tcp_connections_opened_total';

/** Absent where anybody of the mesh is declared. */
export function requestsOfStrangers(hosts: string[], incoming: Call[]): Labels | undefined {
  const declared = incoming.filter(({ port }) => port._isHttp).map(({ client }) => client);
  if (declared.some(({ namespace }) => namespace === undefined)) {
    return undefined;
  }
  const patterns = [...new Set(declared.map(principalPattern))].sort(compare);
  const others: Labels = patterns.length > 0 ? { source_principal: `!~${patterns.join('|')}` } : {};
  return { reporter: 'destination', destination_service: oneOf(hosts), ...others };
}

/** What a client's own proxy knows no way for. Absent where its proxy is one of a namespace's. */
export function droppedOf(client: Member): Labels | undefined {
  const name = canonicalNameOf(client);
  return name === undefined
    ? undefined : { reporter: 'source', source_workload_namespace: client.namespace, source_canonical_service: name, destination_service_name: 'BlackHoleCluster' };
}

/**
 * Requests that reached a server's proxy from somebody whose identity no call declares: every one of them was refused there. That the
 * policy refused is in no label of a metric, but who asked is, by its certificate. What was refused to a declared caller, another path
 * or method, looks like a 403 of the program's own, and is told by the access log alone.
 *
 * Upstream: istio/proxy source/extensions/filters/http/istio_stats/istio_stats.cc.
 */
export function undeclaredCallers(hosts: string[], incoming: Call[], alertLabels: Labels): AlertingRuleManifest[] {
  const asked = requestsOfStrangers(hosts, incoming);
  const [host] = hosts;
  return asked === undefined ? [] : [{
    alert: 'MeshUndeclaredCaller',
    expr: news(selector(REQUESTS, asked), 'source_principal'),
    labels: { ...alertLabels, severity: 'warning', server: host },
    annotations: {
      summary: `Somebody whose call is not declared asks ${host}.`,
      description: 'Requests of {{ $labels.source_principal }} were refused. Declare the call, or find out who asks.',
    },
  }];
}

/**
 * What a client sends to what it has not declared: its own proxy knows no way for it. Whom it meant is in no label.
 *
 * Upstream: istio/istio pilot/pkg/networking/util/util.go, BlackHoleCluster.
 */
export function undeclaredCalls(client: Member, alertLabels: Labels): AlertingRuleManifest[] {
  const dropped = droppedOf(client);
  return dropped === undefined ? [] : [{
    alert: 'MeshUndeclaredCall',
    expr: [REQUESTS, CONNECTIONS].map(metric => news(selector(metric, dropped), 'source_canonical_service')).join(' or '),
    labels: { ...alertLabels, severity: 'warning', client: client.name, client_namespace: client.namespace },
    annotations: {
      summary: `${client.namespace}/${client.name} calls what it has not declared.`,
      description: 'Its proxy has refused requests or connections: declare the call, or find out what the program does. The proxy\'s access log has the address.',
    },
  }];
}

/** A series begins with the first request, which is no increase of it. */
function news(series: string, by: string): string {
  return `sum by (${by}) (increase(${series}[${WINDOW}])) > 0 or sum by (${by}) (${series} unless ${series} offset ${WINDOW}) > 0`;
}
