/**
 * NetworkPolicies as nftables rules, in place of a network plugin.
 *
 * The semantics are those of the upstream documentation (kubernetes/website,
 * content/en/docs/concepts/services-networking/network-policies.md) and of the
 * API's own comments (kubernetes/kubernetes,
 * staging/src/k8s.io/api/networking/v1/types.go), quoted below as [docs] and
 * [api]. Where they leave something open, the choice is said.
 *
 * The model: every pod is an IPv4 address behind the node's forward hook. Each
 * direction has a set of the isolated addresses and a chain that refuses what
 * no rule of a policy allows; a packet must get through both chains. The
 * packets of the node itself are not forwarded, so the kubelet's probes pass,
 * as [docs] demands: "traffic to and from the node where a Pod is running is
 * always allowed".
 */

export type Direction = 'Ingress' | 'Egress';
export type Protocol = 'TCP' | 'UDP' | 'SCTP';
export type Labels = Record<string, string>;

export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface PolicyPeer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: string[] };
}

export interface PolicyPort {
  protocol?: Protocol;
  port?: number | string;
  endPort?: number;
}

/** The JSON of networking.k8s.io/v1, as it stands in a manifest. */
export interface NetworkPolicy {
  metadata: { name: string; namespace?: string };
  spec: {
    podSelector?: LabelSelector;
    policyTypes?: Direction[];
    ingress?: { from?: PolicyPeer[]; ports?: PolicyPort[] }[];
    egress?: { to?: PolicyPeer[]; ports?: PolicyPort[] }[];
  };
}

export interface NetworkPod {
  namespace: string;
  name: string;
  labels: Labels;
  ip: string;
  ports: { name?: string; number: number; protocol: string }[];
}

export interface NetworkState {
  policies: NetworkPolicy[];
  /** Pods that have an address of their own: none of the host's network, none that ended. */
  pods: NetworkPod[];
  namespaces: { name: string; labels: Labels }[];
}

export interface RenderOptions {
  /** What a refused packet meets: a network plugin drops, a reject makes tests fast (default). */
  verdict?: 'drop' | 'reject';
}

/** Standard label selector semantics: all requirements together, an empty selector selects everything. */
export function selects(selector: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const has = Object.hasOwn(labels, key);
    switch (operator) {
      case 'In': return has && values.includes(labels[key]);
      case 'NotIn': return !has || !values.includes(labels[key]);
      case 'Exists': return has;
      case 'DoesNotExist': return !has;
      default: throw new Error(`unknown operator "${operator}" of a label selector`);
    }
  });
}

/**
 * [docs] "If no policyTypes are specified on a NetworkPolicy then by default
 * Ingress will always be set and Egress will be set if the NetworkPolicy has
 * any egress rules."
 */
export function directionsOf(policy: NetworkPolicy): Direction[] {
  const { policyTypes, egress } = policy.spec;
  return policyTypes?.length ? policyTypes : egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}

/**
 * [docs] "A pod is isolated for egress if there is any NetworkPolicy that both
 * selects the pod and has "Egress" in its policyTypes", and so for ingress.
 */
export function isolates(policy: NetworkPolicy, direction: Direction, pod: NetworkPod): boolean {
  return directionsOf(policy).includes(direction) && isSelected(policy, pod);
}

/** [api] podSelector "is optional. If it is not specified, it defaults to an empty selector." */
function isSelected(policy: NetworkPolicy, pod: NetworkPod): boolean {
  return pod.namespace === namespaceOf(policy) && selects(policy.spec.podSelector ?? {}, pod.labels);
}

/**
 * The pods that a peer of a policy stands for. [api] "If namespaceSelector is
 * also set, then the NetworkPolicyPeer as a whole selects the pods matching
 * podSelector in the Namespaces selected by NamespaceSelector. Otherwise it
 * selects the pods matching podSelector in the policy's own namespace."
 */
export function podsOf(peer: PolicyPeer, policy: NetworkPolicy, state: NetworkState): NetworkPod[] {
  const { podSelector, namespaceSelector } = peer;
  if (!podSelector && !namespaceSelector) return [];
  return state.pods.filter(pod => selects(podSelector ?? {}, pod.labels) && (namespaceSelector
    ? selects(namespaceSelector, namespaceLabels(pod.namespace, state))
    : pod.namespace === namespaceOf(policy)));
}

/** [docs] "The Kubernetes control plane sets an immutable label kubernetes.io/metadata.name on all namespaces". */
function namespaceLabels(name: string, state: NetworkState): Labels {
  return { ...state.namespaces.find(namespace => namespace.name === name)?.labels, 'kubernetes.io/metadata.name': name };
}

function namespaceOf(policy: NetworkPolicy): string {
  return policy.metadata.namespace ?? 'default';
}

/** A script for `nft -f -`, loaded as one transaction: there is no moment without rules. */
export function renderNetworkPolicies(state: NetworkState, options: RenderOptions = {}): string {
  return new Renderer(state, options).render();
}

const TABLE = 'inet cdk8s_mesh_policy';

class Renderer {
  private readonly sets = new Map<string, { type: string; elements: Set<string> }>();

  constructor(private readonly state: NetworkState, private readonly options: RenderOptions) {}

  render(): string {
    const egress = this.chain('Egress', 'saddr');
    const ingress = this.chain('Ingress', 'daddr');
    // A pod "cannot block access to itself" [docs], nor through a Service.
    this.set('itself', 'ipv4_addr . ipv4_addr', this.state.pods.filter(pod => pod.ip).map(({ ip }) => `${ip} . ${ip}`));
    return [
      // Declaring the table first makes the deletion valid where there is none yet.
      `table ${TABLE}`,
      `delete table ${TABLE}`,
      `table ${TABLE} {`,
      ...[...this.sets].map(([name, { type, elements }]) =>
        `  set ${name} { type ${type};${elements.size ? ` elements = { ${[...elements].join(', ')} };` : ''} }`),
      '  chain forward {',
      '    type filter hook forward priority filter; policy accept;',
      // [docs] "Reply traffic for those allowed connections will also be
      // implicitly allowed." Present without any policy too, so that the
      // connections of that time are known to the kernel when the first comes.
      '    ct state established,related accept',
      '    ip saddr . ip daddr @itself accept',
      // [docs] "both the egress policy on the source pod and the ingress policy
      // on the destination pod need to allow the connection".
      '    ip saddr @isolated_egress jump egress',
      '    ip daddr @isolated_ingress jump ingress',
      '  }',
      ...egress,
      ...ingress,
      '}',
      '',
    ].join('\n');
  }

  /**
   * The chain of a direction: `return` for what a rule allows, in any order,
   * since policies "are additive" [docs], and the refusal of all else.
   */
  private chain(direction: Direction, own: 'saddr' | 'daddr'): string[] {
    const name = direction.toLowerCase();
    const isolated = this.set(`isolated_${name}`, 'ipv4_addr');
    const rules = this.state.policies.flatMap((policy, index) => {
      if (!directionsOf(policy).includes(direction)) return [];
      const selected = this.addresses(`policy${index}`, this.state.pods.filter(pod => isSelected(policy, pod)));
      this.sets.get(selected)!.elements.forEach(ip => isolated.add(ip));
      const allowed = direction === 'Ingress'
        ? (policy.spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (policy.spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
      return allowed.flatMap(({ peers, ports }, number) => {
        // The kernel takes comments of up to 128 bytes.
        const comment = `${namespaceOf(policy)}/${policy.metadata.name}`.slice(0, 100) + ` ${name}[${number}]`;
        const hosts = this.hosts(`policy${index}_${name}${number}`, peers, own === 'saddr' ? 'daddr' : 'saddr', policy);
        return hosts.flatMap(host => this.ports(ports).map(port =>
          ['ip', own, `@${selected}`, host, port, 'counter return', `comment "${comment}"`].filter(Boolean).join(' ')));
      });
    });
    const refusals = this.options.verdict === 'drop'
      ? ['counter drop']
      : ['meta l4proto tcp counter reject with tcp reset', 'counter reject with icmpx type admin-prohibited'];
    return [`  chain ${name} {`, ...[...rules, ...refusals].map(rule => `    ${rule}`), '  }'];
  }

  /**
   * Matches on the other end's address. [api] "If this field is empty or
   * missing, this rule matches all sources", items "are combined using a
   * logical OR". Whether a block also covers pods is open in [docs]; here it
   * does. A block of IPv6 addresses meets no packet of the pods.
   */
  private hosts(name: string, peers: PolicyPeer[] | undefined, other: 'saddr' | 'daddr', policy: NetworkPolicy): string[] {
    if (!peers?.length) return [''];
    const pods = peers.flatMap(peer => podsOf(peer, policy, this.state));
    const blocks = peers.flatMap(({ ipBlock }) => ipBlock && !ipBlock.cidr.includes(':') ? [ipBlock] : []);
    return [
      ...pods.length ? [`ip ${other} @${this.addresses(name, pods)}`] : [],
      ...blocks.map(({ cidr, except = [] }) => [`ip ${other} ${cidr}`, ...except.map(hole => `ip ${other} != ${hole}`)].join(' ')),
    ];
  }

  /**
   * Matches on the destination port. [api] "If this field is empty or missing,
   * this rule matches all ports"; a protocol that is missing "defaults to TCP";
   * a port that is missing "matches all port names and numbers". A named port
   * is looked up on the packet's destination, whichever end that is: a set of
   * all pods' addresses with their number for this name.
   */
  private ports(ports: PolicyPort[] | undefined): string[] {
    if (!ports?.length) return [''];
    return ports.map(({ protocol = 'TCP', port, endPort }) => {
      const l4 = protocol.toLowerCase();
      if (port === undefined) return `meta l4proto ${l4}`;
      if (typeof port === 'number') return `${l4} dport ${endPort ? `${port}-${endPort}` : port}`;
      const name = `named_${l4}_${port.replaceAll('-', '_')}`;
      this.set(name, 'ipv4_addr . inet_service', this.state.pods.flatMap(pod => pod.ip ? pod.ports
        .filter(candidate => candidate.name === port && candidate.protocol === protocol)
        .map(({ number }) => `${pod.ip} . ${number}`) : []));
      return `ip daddr . ${l4} dport @${name}`;
    });
  }

  private addresses(name: string, pods: NetworkPod[]): string {
    this.set(name, 'ipv4_addr', pods.flatMap(({ ip }) => ip || []));
    return name;
  }

  private set(name: string, type: string, elements: string[] = []): Set<string> {
    const set = this.sets.get(name) ?? { type, elements: new Set() };
    this.sets.set(name, set);
    elements.forEach(element => set.elements.add(element));
    return set.elements;
  }
}
