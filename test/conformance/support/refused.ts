/** What istiod's webhook says of every EnvoyFilter, whatever is in it (istio/istio pkg/config/validation/envoyfilter/envoyfilter.go). */
const OF_EVERY_ENVOY_FILTER = /^EnvoyFilter exposes internal implementation details that may change at any time\./;

interface Applied {
  readonly object: string;
  readonly ok: boolean;
  readonly warnings: string[];
}

/** What the API server or the webhook warns of, and what could be done otherwise. */
export function warningsOf({ object, warnings }: Omit<Applied, 'ok'>): string[] {
  return warnings.filter(text => !(object.startsWith('EnvoyFilter ') && OF_EVERY_ENVOY_FILTER.test(text)));
}

/** Those of the applied objects against which the API server or the webhook has something that could be done otherwise. */
export function refused<T extends Applied>(applied: T[]): T[] {
  return applied.filter(each => !each.ok || warningsOf(each).length > 0);
}
