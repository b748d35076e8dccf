import { Call, compare } from './call';
import { pathOf, PROXY_FILES } from '../traffic/ca-certificates';
import { ProxyNeeds } from '../workload/injection';

/** What the proxies of pods have to be told for what these call. */
export function proxyNeedsOf(calls: Call[]): ProxyNeeds {
  const files = new Map(calls.flatMap(({ server }) => server.ports).flatMap(port => port._tls?._files ?? []).map(file => [pathOf(file), file]));
  return {
    // Of the server and not of the port that is called: the proxy knows all of them, and without an address of its own a port of
    // TCP would be every address' port
    dnsCapture: calls.some(({ server }) => server.needsDnsCapture),
    files: {
      mountPath: PROXY_FILES,
      sources: [...files].sort(([a], [b]) => compare(a, b)).map(([path, { kind, name, key }]) => ({ [kind]: { name, items: [{ key, path }] } })),
    },
  };
}
