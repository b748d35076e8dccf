import { Client } from './call';
import { FAILED_CODES, FAILED_GRPC_CODES } from './failed-requests';
import { escapeRegex } from '../traffic/path-pattern';
import { CANONICAL_NAME } from '../workload/labels';

/**
 * Istio's standard metrics, and the labels by which requests are found.
 *
 * @see https://istio.io/latest/docs/reference/config/metrics/
 */
export const REQUESTS = 'istio_requests_total';

const DURATIONS = 'istio_request_duration_milliseconds';

/** Selectors, by label: what equals, unless it begins with an operator. */
export type Labels = { readonly [label: string]: string };

export function selector(metric: string, labels: Labels): string {
  return `${metric}{${Object.entries(labels).map(([label, value]) => {
    const [, operator = '=', text] = /^(=~|!~|!=)?(.*)$/s.exec(value)!;
    return `${label}${operator}${JSON.stringify(text)}`;
  }).join(',')}}`;
}

/** One value, or an expression that matches each of them and nothing else. */
export function oneOf(values: string[]): string {
  return values.length === 1 ? values[0] : `=~${values.map(escapeRegex).join('|')}`;
}

/** The clients' view of a service: a connection that failed never reached the server. */
export function requestsTo(hosts: string[]): Labels {
  return { reporter: 'source', destination_service: oneOf(hosts) };
}

/**
 * The requests of one client. Its proxy knows itself by its canonical name, which is a label of its pods. Where the label is not known,
 * the server's proxy knows the client by its certificate, and counts what has reached it.
 */
export function requestsOf(client: Client, host: string): Labels {
  const name = canonicalNameOf(client);
  return name === undefined
    ? { reporter: 'destination', source_principal: `=~${principalPattern(client)}`, destination_service: host }
    : { reporter: 'source', source_workload_namespace: client.namespace!, source_canonical_service: name, destination_service: host };
}

export function canonicalNameOf({ carried }: Client): string | undefined {
  return carried?.[CANONICAL_NAME];
}

/** The identity in a certificate, as the metrics have it; whatever the trust domain is called. */
export function principalPattern({ namespace, serviceAccount }: Client): string {
  return `spiffe://[^/]+/ns/${namespace}/sa/${serviceAccount?.replaceAll('.', '[.]') ?? '.+'}`;
}

/** @param by the labels that are kept, each combination of them a series. */
export function rate(labels: Labels, window: string, by: string[] = [], metric = REQUESTS): string {
  return `sum${by.length > 0 ? ` by (${by.join(', ')}) ` : ''}(rate(${selector(metric, labels)}[${window}]))`;
}

/** Where none has succeeded there is no such series, and no difference: that is all of them. */
export function failureRate(labels: Labels, window: string, by?: string[]): string {
  const all = rate(labels, window, by);
  const successful = rate({ ...labels, response_code: `!~${FAILED_CODES}`, grpc_response_status: `!~${FAILED_GRPC_CODES}` }, window, by);
  return `${all} - (${successful} or 0 * ${all})`;
}

/** Requests that were answered. What switched protocols (101) lasts as long as both sides like, and is no slow answer. */
export function answeredRate(labels: Labels, window: string): string {
  return rate(answered(labels), window, [], `${DURATIONS}_count`);
}

/** What of them took longer. Proxies without the bound have no such series: then all of them did, which is soon told. */
export function slowRate(labels: Labels, window: string, milliseconds: number): string {
  const all = answeredRate(labels, window);
  const inTime = rate({ ...answered(labels), le: `=~${boundPattern(milliseconds)}` }, window, [], `${DURATIONS}_bucket`);
  return `${all} - (${inTime} or 0 * ${all})`;
}

/** The time within which a share of what was answered has been, in milliseconds. */
export function quantile(share: number, labels: Labels, window: string, by: string[]): string {
  return `histogram_quantile(${share}, ${rate(answered(labels), window, ['le', ...by], `${DURATIONS}_bucket`)})`;
}

function answered(labels: Labels): Labels {
  return { ...labels, response_code: `!~101|${FAILED_CODES}`, grpc_response_status: `!~${FAILED_GRPC_CODES}` };
}

/**
 * A bound as the proxies write it, and as Prometheus has written it since 3.0: 500 is 500.0, and a million 1e+06.
 *
 * Upstream: https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values;
 * prometheus/prometheus model/textparse/openmetricsparse.go, formatOpenMetricsFloat.
 */
function boundPattern(milliseconds: number): string {
  if (!Number.isInteger(milliseconds)) {
    return String(milliseconds).replace('.', '[.]');
  }
  const [digits, exponent] = milliseconds.toExponential().split('e+');
  return milliseconds < 1e6 ? `${milliseconds}([.]0)?` : `${milliseconds}|${digits.replace('.', '[.]')}e[+]0${exponent}`;
}
