import { Call, Client, compare } from '../graph/call';
import { atAddresses, inNamespace } from '../graph/destination';
import { MeshSettings } from '../graph/mesh-settings';
import { NetworkPolicyPeerManifest, NetworkPolicyPortManifest, NetworkPolicySpec } from '../manifests/kubernetes';

const METRICS = [tcp(15020), tcp(15090)];

/** What every pod of a mesh needs to reach: names, and istiod's configuration and certificates. */
export function essentialEgress(settings: MeshSettings): NonNullable<NetworkPolicySpec['egress']> {
  return [
    {
      to: [
        { ...inNamespace('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
        ...settings.dnsCidrs.map(cidr => ({ ipBlock: { cidr } })),
      ],
      ports: [{ port: 53, protocol: 'UDP' }, tcp(53)],
    },
    {
      to: [{ ...inNamespace(settings.istioNamespace), podSelector: { matchLabels: { app: 'istiod' } } }],
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
  const ingress = grouped(
    traffic.incoming,
    ({ client }) => peersOf(client),
    ({ port }) => port.targetPort,
  );
  const egress = grouped(traffic.outgoing, ({ server }) => server.networkPeers, ({ server, port }) => server.packetPort(port));
  return {
    podSelector: { matchLabels: traffic.podLabels },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      ...ingress.map(({ peers, ports }) => ({ from: peers, ports })),
      { from: [inNamespace(settings.prometheusNamespace)], ports: METRICS },
    ],
    egress: [
      ...egress.map(({ peers, ports }) => ({ to: peers, ports })),
      ...essentialEgress(settings),
      ...(traffic.usesKubernetesApi ? [{ to: settings.apiServerCidrs.map(cidr => ({ ipBlock: { cidr } })), ports: [tcp(443), tcp(6443)] }] : []),
    ],
  };
}

/** Without a namespace, of every one; of machines that are no pods, where they are. */
function peersOf({ namespace, podLabels, addresses }: Client): NetworkPolicyPeerManifest[] {
  if (addresses) {
    return atAddresses(addresses);
  }
  const within = namespace === undefined ? { namespaceSelector: {} } : inNamespace(namespace);
  return [podLabels ? { ...within, podSelector: { matchLabels: podLabels } } : within];
}

function tcp(port: number): NetworkPolicyPortManifest {
  return { port, protocol: 'TCP' };
}

/** One rule for each peer, with all of its ports, in an order that the statements' order does not change. */
function grouped(calls: Call[], peersIn: (call: Call) => NetworkPolicyPeerManifest[], portOf: (call: Call) => number) {
  const rules = new Map<string, { peers: NetworkPolicyPeerManifest[]; ports: Set<number> }>();
  for (const call of calls) {
    const peers = peersIn(call);
    const key = JSON.stringify(peers);
    const rule = rules.get(key) ?? { peers, ports: new Set() };
    rule.ports.add(portOf(call));
    rules.set(key, rule);
  }
  return [...rules].sort(([a], [b]) => compare(a, b))
    .map(([, { peers, ports }]) => ({ peers, ports: [...ports].sort((a, b) => a - b).map(tcp) }));
}
