/** What istiod's webhook says of every EnvoyFilter, whatever is in it (istio/istio pkg/config/validation/envoyfilter/envoyfilter.go). */
const OF_EVERY_ENVOY_FILTER = /^EnvoyFilter exposes internal implementation details that may change at any time\./;

interface Applied {
  readonly object: string;
  readonly ok: boolean;
  readonly warnings: string[];
}

/** Those of the applied objects against which the API server or the webhook has something that could be done otherwise. */
export function refused<T extends Applied>(applied: T[]): T[] {
  return applied.filter(({ object, ok, warnings }) => !ok || warnings.some(text => !(object.startsWith('EnvoyFilter ') && OF_EVERY_ENVOY_FILTER.test(text))));
}
