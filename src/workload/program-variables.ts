import { templateOf } from './pod-completion';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';

/** What programs are told of telemetry, as far as it does not follow from their pod. */
export interface ToldTelemetry {
  readonly endpoint?: string;
  readonly protocol?: string;
  readonly signals: string[];
  readonly ratio?: number;
  readonly attributes: { readonly [name: string]: string };
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

/** What is known of a pod when it is there, under the names that OpenTelemetry's operator uses: internal/instrumentation/sdk.go. */
const FIELDS = [
  { attribute: 'k8s.node.name', variable: 'OTEL_RESOURCE_ATTRIBUTES_NODE_NAME', fieldPath: 'spec.nodeName' },
  { attribute: 'k8s.pod.name', variable: 'OTEL_RESOURCE_ATTRIBUTES_POD_NAME', fieldPath: 'metadata.name' },
  { attribute: 'k8s.pod.uid', variable: 'OTEL_RESOURCE_ATTRIBUTES_POD_UID', fieldPath: 'metadata.uid' },
];
const POD_NAME = FIELDS[1].variable;

/** The attributes that follow from the pod, and are for nobody else to say. */
export const DERIVED_ATTRIBUTES = [
  'service.name', 'service.namespace', 'service.version', 'service.instance.id', 'k8s.namespace.name', 'k8s.container.name', ...FIELDS.map(({ attribute }) => attribute),
  ...['deployment', 'statefulset', 'daemonset', 'job', 'cronjob'].map(kind => `k8s.${kind}.name`),
];

export const SIGNALS = ['traces', 'metrics', 'logs'];

/** The variables of a program by the name of its service, in the order in which Kubernetes can make the one of the others. */
function variablesOf(controller: any, namespace: string, service: string, told: ToldTelemetry): Variable[] {
  const { metadata, kind } = controller;
  const { labels } = templateOf(controller).metadata;
  const reference = (variable: string) => `$(${variable})`;
  const attributes = {
    'service.namespace': namespace,
    'service.version': labels.version,
    // As the semantic conventions put it together: https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/
    'service.instance.id': `${namespace}.${reference(POD_NAME)}.${service}`,
    'k8s.namespace.name': namespace,
    [`k8s.${kind.toLowerCase()}.name`]: metadata.name,
    'k8s.container.name': service,
    ...Object.fromEntries(FIELDS.map(({ attribute, variable }) => [attribute, reference(variable)])),
    ...Object.fromEntries(Object.entries(told.attributes).map(([name, value]) => [name, encoded(value)])),
  };
  const written = Object.entries(attributes).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`);
  const { endpoint, protocol, signals, ratio } = told;
  return [
    ...FIELDS.map(({ variable, fieldPath }) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } })),
    { name: 'OTEL_SERVICE_NAME', value: service },
    { name: 'OTEL_RESOURCE_ATTRIBUTES', value: written.join(',') },
    ...(endpoint === undefined ? [] : [
      { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: endpoint },
      { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', value: protocol },
      ...SIGNALS.map(signal => ({ name: `OTEL_${signal.toUpperCase()}_EXPORTER`, value: signals.includes(signal) ? 'otlp' : 'none' })),
    ]),
    ...(ratio === undefined ? [] : [
      { name: 'OTEL_TRACES_SAMPLER', value: 'parentbased_traceidratio' },
      { name: 'OTEL_TRACES_SAMPLER_ARG', value: String(ratio) },
    ]),
  ];
}

/** As W3C's Baggage has it, which the variable's values are written in; with no dollar left, nothing in it is a reference of Kubernetes'. */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll('(', '%28').replaceAll(')', '%29');
}

/**
 * Tells the program of a controller's pods who it is, and where telemetry goes. It is done to what is finished otherwise, so that the controller's name and
 * the version's label are those of the pods: of each version, of a job.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 *
 * @returns another object: the given one is as it was.
 */
export function withTelemetry(controller: any, namespace: string, service: string, told: ToldTelemetry | undefined): any {
  if (!told) {
    return controller;
  }
  const result = structuredClone(controller);
  const container = programOf(result, service);
  // Before the user's own, which may be made of them
  container.env = [...variablesOf(result, namespace, service, told), ...container.env ?? []];
  return result;
}

/** What the user sets and the program is told too: of two, Kubernetes takes the last, without a word. */
export function toldTwice(
  controller: any, at: Site, pods: { namespace: string; service: string; variables: string[] }, told: ToldTelemetry | undefined,
): MeshProblem[] {
  if (!told) {
    return [];
  }
  const { namespace, service, variables } = pods;
  const own = new Set([...(programOf(controller, service).env ?? []).map(({ name }: any) => name), ...variables]);
  return variablesOf(controller, namespace, service, told).filter(({ name }) => own.has(name)).map(({ name }) => at.in(name).problem(
    'InvalidVariable', 'must not be one that ProgramTelemetry sets', name,
    'Leave it out, or say it there: attributes, sampling, signals. ProgramTelemetry.none() in a MeshTelemetry for this service leaves all of them to you.'));
}

function programOf(controller: any, service: string): any {
  const { containers } = templateOf(controller).spec;
  return containers.find(({ name }: any) => name === service) ?? containers[0];
}
