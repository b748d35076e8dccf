type Annotations = { readonly [key: string]: string };

const SCRAPE = 'prometheus_io_scrape';
const PORT = 'prometheus_io_port';
const PATH = 'prometheus_io_path';
const NO = /^(0|f|F|false|FALSE|False)$/;

/** What Prometheus makes of the key of an annotation: it takes prometheus-io/port for the same. */
const labelOf = (key: string) => key.replace(/[^a-zA-Z0-9_]/g, '_');

/** The port on which Prometheus would ask the program, where the annotations name one. */
export function scrapedPort(annotations: Annotations): string | undefined {
  return Object.entries(annotations).find(([key]) => labelOf(key) === PORT)?.[1];
}

/**
 * Has Prometheus ask the agent, which answers with the proxy's metrics and the program's: the program's own port takes mutual TLS only.
 *
 * Upstream: istio/istio pkg/kube/inject/webhook.go, applyPrometheusMerge.
 *
 * @returns all annotations of the pod, and what the agent has to know.
 */
export function mergedMetrics(annotations: Annotations): { annotations: Annotations; variables: { name: string; value: string }[] } {
  const given = (label: string) => Object.entries(annotations).find(([key]) => labelOf(key) === label)?.[1] ?? '';
  const program = { scrape: given(SCRAPE), path: given(PATH), port: given(PORT) };
  if (NO.test(program.scrape) || NO.test(annotations['prometheus.istio.io/merge-metrics'] ?? '') || program.port === '15020') {
    return { annotations, variables: [] };
  }
  const others = Object.fromEntries(Object.entries(annotations).filter(([key]) => ![SCRAPE, PORT, PATH].includes(labelOf(key))));
  return {
    annotations: { ...others, 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/scrape': 'true' },
    variables: Object.values(program).some(value => value !== '') ? [{ name: 'ISTIO_PROMETHEUS_ANNOTATIONS', value: JSON.stringify(program) }] : [],
  };
}
