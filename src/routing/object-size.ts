import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call } from '../graph/call';
import { VirtualServiceSpec } from '../manifests/istio-networking';

/** etcd takes a request of 1.5 MiB (--max-request-bytes), and the API server adds who has written which field. */
const LARGEST = 1_000_000;

/** Each pair of a delay and an abort is a route of its own, for each client and each match: what only then shows is that the API server would not store it. */
export function oversized(site: Site, { http = [] }: VirtualServiceSpec): MeshProblem[] {
  const size = Buffer.byteLength(JSON.stringify(http));
  return size <= LARGEST ? [] : [site.problem('ObjectTooLarge', `would make a VirtualService of ${size} bytes, where ${LARGEST} can be applied, of so many routes`, http.length,
    'Give fewer faults at a time: each delay with each abort is a route. Faults for all requests, without a match, need the fewest.')];
}

/** Whether there is anything that multiplies. */
export function multiplies(routes: { readonly faults?: readonly unknown[] }[], calls: Call[]): boolean {
  return [...routes, ...calls].some(({ faults }) => faults !== undefined && faults.length > 1);
}
