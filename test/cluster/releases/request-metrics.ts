import { Manifest } from '../api/client';
import { workloadOf } from '../pods/identity';

/** Where a proxy writes one line for each request, as it sees its own files. */
export const REQUESTS_FILE = '/tmp/request-metrics.jsonl';

/** The bounds that Envoy has where nobody names others (envoy: source/common/stats/histogram_impl.cc, DEFAULT_BUCKETS). */
const BOUNDS = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000];

/** What `istio.stats` makes its labels of (istio/proxy: source/extensions/filters/http/istio_stats/istio_stats.cc). */
const FORMAT = {
  code: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  grpc: '%GRPC_STATUS_NUMBER%',
  type: '%REQ(CONTENT-TYPE)%',
  duration: '%DURATION%',
  authority: '%REQ(:AUTHORITY)%',
  cluster: '%UPSTREAM_CLUSTER_RAW%',
  services: '%METADATA(CLUSTER:istio:services)%',
  client: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%',
  server: '%UPSTREAM_HOST%',
  clientPrincipal: '%DOWNSTREAM_PEER_URI_SAN%',
  ownPrincipal: '%DOWNSTREAM_LOCAL_URI_SAN%',
  serverPrincipal: '%UPSTREAM_PEER_URI_SAN%',
};

const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager';

/** A second access log of every proxy, beside the one that tests read: what `istio.stats`, which stock Envoy lacks, would have counted. */
export const REQUEST_LOG: Manifest = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'cdk8s-mesh-request-metrics', namespace: 'istio-system' },
  spec: {
    configPatches: [['SIDECAR_INBOUND', 'destination'], ['SIDECAR_OUTBOUND', 'source'], ['GATEWAY', 'source']].map(([context, reporter]) => ({
      applyTo: 'NETWORK_FILTER',
      match: { context, listener: { filterChain: { filter: { name: HTTP_MANAGER } } } },
      patch: {
        operation: 'MERGE',
        value: {
          name: HTTP_MANAGER,
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            'access_log': [{
              name: 'envoy.access_loggers.file',
              typed_config: {
                '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                'path': REQUESTS_FILE,
                'log_format': { json_format: { reporter, ...FORMAT } },
              },
            }],
          },
        },
      },
    })),
  },
};

interface Series {
  readonly labels: string;
  count: number;
  sum: number;
  readonly buckets: number[];
}

/** Istio's standard metrics of requests: https://istio.io/latest/docs/reference/config/metrics/ */
export class RequestMetrics {
  private readonly series = new Map<string, Series>();

  /** @param own the pod whose proxy wrote the line; @param podAt the pod at an address */
  public add(line: Manifest, own: Manifest, podAt: (address: string) => Manifest | undefined): void {
    const labels = Object.entries(labelsOf(line, own, podAt)).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',');
    let series = this.series.get(labels);
    if (!series) this.series.set(labels, series = { labels, count: 0, sum: 0, buckets: BOUNDS.map(() => 0) });
    const duration = Number(line.duration ?? 0);
    series.count++;
    series.sum += duration;
    BOUNDS.forEach((bound, i) => { if (duration <= bound) series!.buckets[i]++; });
  }

  /** In the words that Prometheus reads. */
  public text(): string {
    const all = [...this.series.values()];
    const duration = 'istio_request_duration_milliseconds';
    return [
      '# TYPE istio_requests_total counter',
      ...all.map(({ labels, count }) => `istio_requests_total{${labels}} ${count}`),
      `# TYPE ${duration} histogram`,
      ...all.flatMap(({ labels, count, sum, buckets }) => [
        ...BOUNDS.map((bound, i) => `${duration}_bucket{${labels},le="${bound}"} ${buckets[i]}`),
        `${duration}_bucket{${labels},le="+Inf"} ${count}`,
        `${duration}_sum{${labels}} ${sum}`,
        `${duration}_count{${labels}} ${count}`,
      ]),
      '',
    ].join('\n');
  }
}

const UNKNOWN = 'unknown';

function labelsOf(line: Manifest, own: Manifest, podAt: (address: string) => Manifest | undefined): Record<string, string> {
  const atServer = line.reporter === 'destination';
  const source = atServer ? podAt(line.client ?? '') : own;
  const destination = atServer ? own : podAt(String(line.server ?? '').replace(/:\d+$/, ''));
  const service = serviceOf(line);
  const grpc = /^application\/grpc/.test(line.type ?? '');
  return {
    reporter: line.reporter,
    ...side('source', source),
    source_principal: (atServer ? line.clientPrincipal : line.serverPrincipal && principalOf(own)) ?? UNKNOWN,
    ...side('destination', destination),
    destination_principal: (atServer ? line.ownPrincipal : line.serverPrincipal) ?? UNKNOWN,
    destination_service: service.host,
    destination_service_name: service.name,
    destination_service_namespace: service.namespace,
    request_protocol: grpc ? 'grpc' : 'http',
    response_code: String(line.code ?? 0),
    grpc_response_status: grpc ? String(line.grpc ?? '') : '',
    response_flags: line.flags ?? '-',
    // Only the server's side knows it
    connection_security_policy: !atServer ? UNKNOWN : line.clientPrincipal ? 'mutual_tls' : 'none',
  };
}

/** The first of the Services that istiod wrote into the cluster's metadata; where there is none, what the client called. */
function serviceOf({ services, authority, cluster }: Manifest): { host: string; name: string; namespace: string } {
  if (services?.length > 0) return services[0];
  const host = authority ?? UNKNOWN;
  return { host, name: cluster?.endsWith('Cluster') ? cluster : host, namespace: UNKNOWN };
}

/** A pod as Istio names it (istio: pkg/kube/labels/labels.go, CanonicalService). */
function side(which: 'source' | 'destination', pod: Manifest | undefined): Record<string, string> {
  const labels = pod?.metadata.labels ?? {};
  const workload = pod && workloadOf(pod);
  const first = (names: string[], otherwise?: string) => names.map((name) => labels[name]).find(Boolean) ?? otherwise ?? UNKNOWN;
  return {
    [`${which}_workload`]: workload ?? UNKNOWN,
    [`${which}_workload_namespace`]: pod?.metadata.namespace ?? UNKNOWN,
    [`${which}_app`]: first(['app']),
    [`${which}_version`]: first(['version']),
    [`${which}_canonical_service`]: first(['service.istio.io/canonical-name', 'app.kubernetes.io/name', 'app'], workload),
    [`${which}_canonical_revision`]: first(['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version'], pod && 'latest'),
  };
}

function principalOf(pod: Manifest): string {
  return `spiffe://cluster.local/ns/${pod.metadata.namespace}/sa/${pod.spec.serviceAccountName ?? 'default'}`;
}
