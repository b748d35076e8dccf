import { Size } from 'cdk8s';
import { PROXY_ANNOTATIONS } from './proxy';
import { DEFAULT_LIMITS, DEFAULT_REQUESTS, PROXY_LIMITS, PROXY_REQUESTS, ResourceAmounts } from './resources';

/** What one pod asks of its namespace, without its proxy. */
export interface PodDemand extends ResourceAmounts {
  /** The greatest limits of any of its containers. */
  readonly largest: ResourceAmounts['limits'];
}

/**
 * Of a rendered pod: its containers and the init containers that stay together, or an init container before them that
 * needs more.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function renderedDemand(podSpec: any): PodDemand {
  const containers: any[] = podSpec.containers;
  const first: any[] = podSpec.initContainers ?? [];
  const of = (kind: 'requests' | 'limits', resource: 'cpu' | 'memory') => {
    const amount = (container: any) => quantity(resource, admitted(container, resource)[kind]);
    let staying = 0;
    let peak = 0;
    for (const container of first) {
      peak = Math.max(peak, staying + amount(container));
      staying += container.restartPolicy === 'Always' ? amount(container) : 0;
    }
    return Math.max(peak, staying + containers.reduce((sum, container) => sum + amount(container), 0));
  };
  const greatest = (resource: 'cpu' | 'memory') => Math.max(...[...containers, ...first].map(container => quantity(resource, admitted(container, resource).limits)));
  return {
    requests: { cpu: of('requests', 'cpu'), memory: of('requests', 'memory') },
    limits: { cpu: of('limits', 'cpu'), memory: of('limits', 'memory') },
    largest: { cpu: greatest('cpu'), memory: greatest('memory') },
  };
}

/** What the injected proxy of a pod asks for, by the annotations of its rendered template. */
export function proxyDemand(annotations: { [key: string]: string } = {}): ResourceAmounts {
  const { requests, limits } = PROXY_ANNOTATIONS;
  if (![...Object.values(requests), ...Object.values(limits)].some(name => name in annotations)) {
    return { requests: PROXY_REQUESTS, limits: PROXY_LIMITS };
  }
  const given = (names: { cpu: string; memory: string }) => ({ cpu: annotations[names.cpu], memory: annotations[names.memory] });
  const amounts = (kind: 'requests' | 'limits') => {
    const of = (resource: 'cpu' | 'memory') => quantity(resource, admitted({ resources: { requests: given(requests), limits: given(limits) } }, resource)[kind]);
    return { cpu: of('cpu'), memory: of('memory') };
  };
  return { requests: amounts('requests'), limits: amounts('limits') };
}

/** What the API server and the namespace's LimitRange make of what a container says. */
function admitted({ resources }: any, resource: 'cpu' | 'memory'): { requests: string; limits: string } {
  const limit = resources?.limits?.[resource];
  return { requests: resources?.requests?.[resource] ?? limit ?? DEFAULT_REQUESTS[resource], limits: limit ?? DEFAULT_LIMITS[resource] };
}

/** Containers that say what they request and not what they may use: the default limit may be less, and then no pod is admitted. */
export function requestsAboveDefaults(podSpec: any): { field: string; resource: string; request: string; limit: string }[] {
  return ['initContainers', 'containers'].flatMap(list => (podSpec[list] ?? []).flatMap((container: any, index: number) => (['cpu', 'memory'] as const).flatMap((resource) => {
    const { requests: request, limits: limit } = admitted(container, resource);
    return quantity(resource, request) > quantity(resource, limit) ? [{ field: `${list}[${index}].resources.limits.${resource}`, resource, request, limit }] : [];
  })));
}

/** Upstream: kubernetes/apimachinery pkg/api/resource/suffix.go. */
const FACTORS: { [suffix: string]: number } = {
  'n': 1e-9,
  'u': 1e-6,
  'm': 1e-3,
  '': 1,
  'k': 1e3,
  'M': 1e6,
  'G': 1e9,
  'T': 1e12,
  'P': 1e15,
  'E': 1e18,
  'Ki': 2 ** 10,
  'Mi': 2 ** 20,
  'Gi': 2 ** 30,
  'Ti': 2 ** 40,
  'Pi': 2 ** 50,
  'Ei': 2 ** 60,
};

/** A Kubernetes quantity in milli-CPUs or mebibytes. */
function quantity(resource: 'cpu' | 'memory', text: string | number): number {
  const [, number, suffix] = /^([0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const value = Number(number ?? 0) * (FACTORS[suffix ?? ''] ?? 0);
  return resource === 'cpu' ? value * 1000 : value / Size.mebibytes(1).toKibibytes() / 1024;
}
