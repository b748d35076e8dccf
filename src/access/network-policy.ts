import { Call, compare } from '../graph/call';
import { inNamespace, peersOf } from '../graph/destination';
import { MeshSettings } from '../graph/mesh-settings';
import { isHeldByName } from '../graph/named-calls';
import { NetworkPolicyPeerManifest, NetworkPolicyPortManifest, NetworkPolicySpec } from '../manifests/kubernetes';

const METRICS = [tcp(15020), tcp(15090)];

/** The pods that answer names. */
export const CLUSTER_DNS = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } };
export const DNS_PORT = 53;

/** What every pod of a mesh needs to reach: names, and istiod's configuration and certificates. */
export function essentialEgress(settings: MeshSettings): NonNullable<NetworkPolicySpec['egress']> {
  return [
    {
      to: [
        inNamespace(CLUSTER_DNS.namespace, CLUSTER_DNS.podLabels),
        ...settings.dnsCidrs.map(cidr => ({ ipBlock: { cidr } })),
      ],
      ports: [{ port: DNS_PORT, protocol: 'UDP' }, tcp(DNS_PORT)],
    },
    {
      to: [inNamespace(settings.istioNamespace, { app: 'istiod' })],
      ports: [tcp(15012)],
    },
  ];
}

export interface Traffic {
  readonly podLabels: { [key: string]: string };
  readonly incoming: Call[];
  readonly outgoing: Call[];
  readonly usesKubernetesApi: boolean;
}

/** Lets through what was declared, in both directions, on the ports of the pods; probes come from the node, which no policy stops. */
export function networkPolicySpec(traffic: Traffic, settings: MeshSettings): NetworkPolicySpec {
  const egress = grouped(
    traffic.outgoing.filter(call => !call.answer && !isHeldByName(call, settings)), // what its proxy answers goes nowhere
    ({ server }) => server.networkPeers,
    ({ server, port }) => ({ port: server.packetPort(port), protocol: port._transport }),
  );
  return {
    podSelector: { matchLabels: traffic.podLabels },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      ...ingressOf(traffic.incoming),
      { from: [inNamespace(settings.prometheusNamespace)], ports: METRICS },
    ],
    egress: [
      ...egress.map(({ peers, ports }) => ({ to: peers, ports })),
      ...essentialEgress(settings),
      ...(traffic.usesKubernetesApi ? [{ to: settings.apiServerCidrs.map(cidr => ({ ipBlock: { cidr } })), ports: [tcp(443), tcp(6443)] }] : []),
    ],
  };
}

/** Who may come in, on the ports of the pods. */
export function ingressOf(calls: Call[]): NonNullable<NetworkPolicySpec['ingress']> {
  const rules = grouped(calls, ({ client }) => peersOf(client), ({ port }) => ({ port: port.targetPort, protocol: port._transport }));
  return rules.map(({ peers, ports }) => ({ from: peers, ports }));
}

function tcp(port: number): NetworkPolicyPortManifest {
  return { port, protocol: 'TCP' };
}

/** One rule for each peer, with all of its ports, in an order that the statements' order does not change. */
function grouped(calls: Call[], peersIn: (call: Call) => NetworkPolicyPeerManifest[], portOf: (call: Call) => NetworkPolicyPortManifest) {
  const rules = new Map<string, { peers: NetworkPolicyPeerManifest[]; ports: Map<string, NetworkPolicyPortManifest> }>();
  for (const call of calls) {
    const peers = peersIn(call);
    const key = JSON.stringify(peers);
    const rule = rules.get(key) ?? { peers, ports: new Map() };
    const port = portOf(call);
    rule.ports.set(`${port.protocol} ${String(port.port).padStart(5)}`, port);
    rules.set(key, rule);
  }
  return [...rules].sort(([a], [b]) => compare(a, b))
    .map(([, { peers, ports }]) => ({ peers, ports: [...ports].sort(([a], [b]) => compare(a, b)).map(([, port]) => port) }));
}
