import { CLUSTER_DNS, DNS_PORT } from './network-policy';
import { Call, compare } from '../graph/call';
import { MeshSettings } from '../graph/mesh-settings';
import { isHeldByName } from '../graph/named-calls';
import { CiliumNetworkPolicySpec, CiliumPortRuleManifest, FqdnManifest } from '../manifests/cilium';

/**
 * Lets the pods through to the names that they call, on their ports, and has Cilium see what these are looked up to: it knows no other
 * addresses of a name than those in answers that went through its proxy.
 *
 * It is a second policy beside the NetworkPolicy of the same pods: what either allows is open. A rule of that one to the same DNS pods takes
 * nothing from this one, because an entry that leads to Cilium's proxy goes before one that does not (cilium/cilium
 * pkg/policy/types/entry.go, Precedence; Merge keeps the proxy's port).
 */
export function fqdnPolicySpec(podLabels: { [key: string]: string }, outgoing: Call[], settings: MeshSettings): CiliumNetworkPolicySpec {
  const named = outgoing.filter(call => isHeldByName(call, settings));
  const hosts = new Map<string, { port: CiliumPortRuleManifest; names: Set<string> }>();
  for (const { server, port } of named) {
    const number = server.packetPort(port);
    const key = `${port._transport} ${String(number).padStart(5)}`;
    const { names } = hosts.get(key) ?? hosts.set(key, { port: onPort(number, port._transport), names: new Set() }).get(key)!;
    names.add(server.foundAt ?? server.host(settings));
  }
  const lookUps = { ...onPort(DNS_PORT, 'UDP', 'TCP'), rules: { dns: [{ matchPattern: '*' }] } };
  return {
    endpointSelector: { matchLabels: podLabels },
    egress: [
      ...[...hosts].sort(([a], [b]) => compare(a, b))
        .map(([, { port, names }]) => ({ toFQDNs: [...names].sort(compare).map(fqdnOf), toPorts: [port] })),
      { toEndpoints: [{ matchLabels: CLUSTER_DNS_ENDPOINT }], toPorts: [lookUps] },
      ...(settings.dnsCidrs.length > 0 ? [{ toCIDR: settings.dnsCidrs, toPorts: [lookUps] }] : []),
    ],
  };
}

/** Without the label of a namespace, Cilium would take the policy's own. */
const CLUSTER_DNS_ENDPOINT = {
  'k8s:io.kubernetes.pod.namespace': CLUSTER_DNS.namespace,
  ...Object.fromEntries(Object.entries(CLUSTER_DNS.podLabels).map(([key, value]) => [`k8s:${key}`, value])),
};

/**
 * Our `*.` is any number of labels, as in Istio, and Cilium's a single one: `**.` is what says the same to it, since 1.19. To an older Cilium it is
 * a single one, too (cilium/cilium pkg/fqdn/matchpattern/matchpattern.go; pull request 43420).
 */
function fqdnOf(host: string): FqdnManifest {
  return host.startsWith('*.') ? { matchPattern: `*${host}` } : { matchName: host };
}

function onPort(port: number, ...protocols: string[]): CiliumPortRuleManifest {
  return { ports: protocols.map(protocol => ({ port: String(port), protocol })) };
}
