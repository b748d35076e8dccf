import { ruleOf } from './authorization';
import { Call, compare, sortedCalls } from '../graph/call';
import { ledName } from '../graph/led-host';
import { MeshSettings } from '../graph/mesh-settings';
import { AuthorizationRuleManifest } from '../manifests/istio-security';

/**
 * What the pods of an egress gateway let out: for each caller the hosts that it declared and no other, and of HTTP the declared methods and paths alone.
 *
 * The host is the name in the TLS of the caller's proxy, by which the gateway chooses the server: so it is known where what is within bears none.
 * A request has to bear the same one.
 */
export function egressRules(calls: Call[], settings: MeshSettings): AuthorizationRuleManifest[] {
  const hosts = new Map<string, Call[]>();
  for (const call of calls) {
    const host = call.server.host(settings);
    hosts.set(host, [...hosts.get(host) ?? [], call]);
  }
  const sorted = [...hosts].sort(([a], [b]) => compare(a, b));
  return sorted.flatMap(([host, ofHost]) => sortedCalls(ofHost).map((call) => {
    const { from, to: [{ operation }] } = ruleOf(call, settings);
    const named = call.port._isHttp ? { hosts: spelled(host, call.port.port) } : {};
    return { from, to: [{ operation: { ...named, ...operation } }], when: [{ key: 'connection.sni', values: [ledName(host)] }] };
  }));
}

/** A client writes the port behind the name where it is not the protocol's own. A pattern has one wildcard: of many hosts it is the one port. */
function spelled(host: string, port: number): string[] {
  return [host, host.startsWith('*') ? `${host}:${port}` : `${host}:*`];
}
