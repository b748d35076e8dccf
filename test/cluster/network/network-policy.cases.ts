import { NetworkPod, NetworkPolicy, NetworkState } from './network-policy';

/**
 * What the upstream documentation says of NetworkPolicies, one sentence for
 * each case ([docs] and [api] as in network-policy.ts), with policies that put
 * it to the test. Connections are written `from -> to:port`, with `/udp` at the
 * end where they are not TCP.
 */
export interface NetworkPolicyCase {
  sentence: string;
  policies: NetworkPolicy[];
  allowed: string[];
  denied: string[];
}

const sql = (number: number): NetworkPod['ports'] => [
  { name: 'sql-main', number, protocol: 'TCP' },
  { name: 'admin', number: 81, protocol: 'TCP' },
  { name: 'dns', number: 53, protocol: 'UDP' },
];

/** The ports that all hosts but the node listen on. */
export const LISTENED = { TCP: [53, 80, 81, 5432, 6432, 32000, 32500, 32768, 32769], UDP: [53, 80] };

/** Hosts that are no pods: members of two networks, for ipBlock. */
export const OUTSIDE: Record<string, string> = { near: '172.17.0.9', far: '172.17.1.9' };

/** db and db2 have a port of the same name at different numbers. */
export const FIXTURE: Omit<NetworkState, 'policies'> = {
  namespaces: [
    { name: 'shop', labels: { team: 'a', tier: 'front' } },
    { name: 'bank', labels: { team: 'b', user: 'alice' } },
    { name: 'ops', labels: {} },
  ],
  pods: [
    { namespace: 'shop', name: 'web', labels: { app: 'web', role: 'client' }, ip: '10.77.0.1', ports: [{ name: 'http', number: 80, protocol: 'TCP' }] },
    { namespace: 'shop', name: 'db', labels: { app: 'db', role: 'db' }, ip: '10.77.0.2', ports: sql(5432) },
    { namespace: 'shop', name: 'db2', labels: { app: 'db2', role: 'db' }, ip: '10.77.0.3', ports: sql(6432) },
    { namespace: 'bank', name: 'teller', labels: { app: 'teller', role: 'client' }, ip: '10.77.0.4', ports: [] },
    { namespace: 'bank', name: 'vault', labels: { app: 'vault' }, ip: '10.77.0.5', ports: sql(6432) },
    { namespace: 'ops', name: 'admin', labels: { role: 'client' }, ip: '10.77.0.6', ports: [] },
  ],
};

type Spec = NetworkPolicy['spec'];

/** Policies of namespace shop. */
const shop = (...specs: Spec[]): NetworkPolicy[] => specs.map((spec, i) => ({ metadata: { name: `case-${i}`, namespace: 'shop' }, spec }));

/** Ingress to db by one rule. */
const toDb = (rule: NonNullable<Spec['ingress']>[number]): NetworkPolicy[] => shop({ podSelector: { matchLabels: { app: 'db' } }, ingress: [rule] });

/** Egress from web by one rule. */
const fromWeb = (rule: NonNullable<Spec['egress']>[number]): NetworkPolicy[] =>
  shop({ podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Egress'], egress: [rule] });

const roleDb = { podSelector: { matchLabels: { role: 'db' } } };
const all = { podSelector: {} };

export const CASES: NetworkPolicyCase[] = [
  {
    sentence: '[docs] By default, if no policies exist in a namespace, then all ingress and egress traffic is allowed to and from pods in that namespace.',
    policies: [],
    allowed: ['shop/web -> shop/db:80', 'bank/teller -> shop/db:53/udp', 'near -> shop/db:80', 'shop/db -> near:80', 'shop/db -> far:80/udp'],
    denied: [],
  },
  {
    sentence: '[docs] This ensures that even pods that aren\'t selected by any other NetworkPolicy will still be isolated for ingress. This policy does not affect isolation for egress from any pod. (Default deny all ingress)',
    policies: shop({ ...all, policyTypes: ['Ingress'] }),
    allowed: ['shop/web -> bank/vault:80', 'shop/db -> near:80', 'bank/teller -> bank/vault:80'],
    denied: ['shop/web -> shop/db:80', 'bank/teller -> shop/web:80', 'near -> shop/db2:80', 'ops/admin -> shop/db:53/udp'],
  },
  {
    sentence: '[docs] With this policy in place, no additional policy or policies can cause any incoming connection to those pods to be denied. (Allow all ingress)',
    policies: shop({ ...all, policyTypes: ['Ingress'] }, { ...all, ingress: [{}], policyTypes: ['Ingress'] }),
    allowed: ['shop/web -> shop/db:80', 'bank/teller -> shop/db:53/udp', 'near -> shop/web:81', 'shop/web -> bank/vault:80'],
    denied: [],
  },
  {
    sentence: '[docs] This ensures that even pods that aren\'t selected by any other NetworkPolicy will not be allowed egress traffic. This policy does not change the ingress isolation behavior of any pod. (Default deny all egress)',
    policies: shop({ ...all, policyTypes: ['Egress'] }),
    allowed: ['bank/teller -> shop/db:80', 'near -> shop/web:80', 'near -> shop/web:80/udp'],
    denied: ['shop/web -> shop/db:80', 'shop/web -> bank/vault:80', 'shop/db -> near:80', 'shop/db -> bank/vault:53/udp'],
  },
  {
    sentence: '[docs] no additional policy or policies can cause any outgoing connection from those pods to be denied. This policy has no effect on isolation for ingress to any pod. (Allow all egress)',
    policies: shop({ ...all, policyTypes: ['Egress'] }, { ...all, egress: [{}], policyTypes: ['Egress'] }, { ...roleDb, policyTypes: ['Ingress'] }),
    allowed: ['shop/web -> bank/vault:80', 'shop/db -> far:80', 'shop/db -> bank/vault:53/udp', 'bank/teller -> shop/web:80'],
    denied: ['shop/web -> shop/db:80', 'bank/teller -> shop/db:80'],
  },
  {
    sentence: '[docs] This ensures that even pods that aren\'t selected by any other NetworkPolicy will not be allowed ingress or egress traffic. (Default deny all)',
    policies: shop({ ...all, policyTypes: ['Ingress', 'Egress'] }),
    allowed: ['bank/teller -> bank/vault:80', 'ops/admin -> near:80'],
    denied: ['shop/web -> shop/db:80', 'shop/web -> near:80', 'near -> shop/web:80', 'bank/teller -> shop/db:53/udp'],
  },
  {
    sentence: '[docs] If no policyTypes are specified on a NetworkPolicy then by default Ingress will always be set',
    policies: shop(roleDb),
    allowed: ['shop/db -> shop/web:80', 'shop/db -> near:80', 'bank/teller -> shop/web:80'],
    denied: ['shop/web -> shop/db:80', 'shop/db -> shop/db2:80'],
  },
  {
    sentence: '[docs] and Egress will be set if the NetworkPolicy has any egress rules.',
    policies: shop({ ...roleDb, egress: [{ to: [{ podSelector: { matchLabels: { app: 'web' } } }] }] }),
    allowed: ['shop/db -> shop/web:80'],
    denied: ['shop/db -> near:80', 'shop/db -> bank/vault:80', 'shop/web -> shop/db:80'],
  },
  {
    sentence: '[api] you must specify a policyTypes value that include "Egress" (since such a policy would not include an egress section and would otherwise default to just [ "Ingress" ]).',
    policies: shop({ ...roleDb, egress: [] }),
    allowed: ['shop/db -> near:80', 'shop/db -> bank/vault:80'],
    denied: ['shop/web -> shop/db:80'],
  },
  {
    sentence: '[api] If you want to write an egress-only policy, you must explicitly specify policyTypes [ "Egress" ].',
    policies: fromWeb({ to: [roleDb] }),
    allowed: ['shop/web -> shop/db:80', 'bank/teller -> shop/web:80'],
    denied: ['shop/web -> bank/vault:80', 'shop/web -> near:80'],
  },
  {
    sentence: '[docs] An empty podSelector selects all pods in the namespace. [api] If it is not specified, it defaults to an empty selector.',
    policies: shop({ policyTypes: ['Ingress'] }),
    allowed: ['shop/web -> bank/vault:80'],
    denied: ['bank/teller -> shop/web:80', 'bank/teller -> shop/db:80', 'bank/teller -> shop/db2:80'],
  },
  {
    sentence: '[docs] Network policies do not conflict; they are additive.',
    policies: [...toDb({ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }), ...toDb({ from: [{ namespaceSelector: {} }], ports: [{ port: 81 }] }), ...shop({ ...all })],
    allowed: ['shop/web -> shop/db:80', 'bank/teller -> shop/db:81', 'shop/db2 -> shop/db:81'],
    denied: ['bank/teller -> shop/db:80', 'shop/db2 -> shop/db:80', 'near -> shop/db:81', 'shop/db -> shop/web:80'],
  },
  {
    sentence: '[docs] For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source pod and the ingress policy on the destination pod need to allow the connection.',
    policies: [...fromWeb({ to: [all], ports: [{ port: 80 }, { port: 81 }] }), ...toDb({ from: [all], ports: [{ port: 81 }, { port: 5432 }] })],
    allowed: ['shop/web -> shop/db:81', 'shop/web -> shop/db2:80', 'shop/db2 -> shop/db:5432'],
    denied: ['shop/web -> shop/db:80', 'shop/web -> shop/db:5432', 'shop/db2 -> shop/db:80'],
  },
  {
    sentence: '[docs] Reply traffic for those allowed connections will also be implicitly allowed.',
    policies: shop({ ...all, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }] }),
    allowed: ['bank/teller -> shop/db:80', 'bank/teller -> shop/db:53/udp'],
    denied: ['shop/db -> bank/teller:80', 'shop/db -> bank/teller:53/udp', 'shop/web -> shop/db:80'],
  },
  {
    sentence: '[docs] podSelector: This selects particular Pods in the same namespace as the NetworkPolicy',
    policies: toDb({ from: [{ podSelector: { matchLabels: { role: 'client' } } }] }),
    allowed: ['shop/web -> shop/db:80'],
    denied: ['bank/teller -> shop/db:80', 'ops/admin -> shop/db:80', 'shop/db2 -> shop/db:80', 'near -> shop/db:80'],
  },
  {
    sentence: '[api] This field follows standard label selector semantics; if present but empty, it selects all pods. (podSelector of a peer)',
    policies: toDb({ from: [{ podSelector: {} }] }),
    allowed: ['shop/web -> shop/db:80', 'shop/db2 -> shop/db:53/udp'],
    denied: ['bank/teller -> shop/db:80', 'near -> shop/db:80'],
  },
  {
    sentence: '[docs] namespaceSelector: This selects particular namespaces for which all Pods should be allowed as ingress sources',
    policies: toDb({ from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }),
    allowed: ['bank/teller -> shop/db:80', 'bank/vault -> shop/db:80'],
    denied: ['shop/web -> shop/db:80', 'ops/admin -> shop/db:80'],
  },
  {
    sentence: '[docs] or egress destinations. (namespaceSelector)',
    policies: fromWeb({ to: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }),
    allowed: ['shop/web -> bank/teller:80', 'shop/web -> bank/vault:53/udp'],
    denied: ['shop/web -> shop/db:80', 'shop/web -> ops/admin:80'],
  },
  {
    sentence: '[api] if present but empty, it selects all namespaces.',
    policies: toDb({ from: [{ namespaceSelector: {} }] }),
    allowed: ['bank/teller -> shop/db:80', 'ops/admin -> shop/db:80', 'shop/web -> shop/db:80'],
    denied: ['near -> shop/db:80'],
  },
  {
    sentence: '[docs] This policy contains a single from element allowing connections from Pods with the label role=client in namespaces with the label user=alice.',
    policies: toDb({ from: [{ namespaceSelector: { matchLabels: { user: 'alice' } }, podSelector: { matchLabels: { role: 'client' } } }] }),
    allowed: ['bank/teller -> shop/db:80'],
    denied: ['bank/vault -> shop/db:80', 'shop/web -> shop/db:80', 'ops/admin -> shop/db:80'],
  },
  {
    sentence: '[docs] It contains two elements in the from array, and allows connections from Pods in the local Namespace with the label role=client, or from any Pod in any namespace with the label user=alice.',
    policies: toDb({ from: [{ namespaceSelector: { matchLabels: { user: 'alice' } } }, { podSelector: { matchLabels: { role: 'client' } } }] }),
    allowed: ['bank/teller -> shop/db:80', 'bank/vault -> shop/db:80', 'shop/web -> shop/db:80'],
    denied: ['ops/admin -> shop/db:80', 'shop/db2 -> shop/db:80'],
  },
  {
    sentence: '[docs] you can use the standardized label to target a specific namespace. (kubernetes.io/metadata.name)',
    policies: toDb({ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ops' } } }] }),
    allowed: ['ops/admin -> shop/db:80'],
    denied: ['bank/teller -> shop/db:80', 'shop/web -> shop/db:80'],
  },
  {
    sentence: '[docs] Targeting multiple namespaces by label: matchExpressions, operator: In',
    policies: fromWeb({ to: [{ namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['bank', 'ops'] }] } }] }),
    allowed: ['shop/web -> bank/vault:80', 'shop/web -> ops/admin:80'],
    denied: ['shop/web -> shop/db:80', 'shop/web -> near:80'],
  },
  {
    sentence: '[api] standard label selector semantics: NotIn also selects what has no such label',
    policies: toDb({ from: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] } }] }),
    allowed: ['bank/teller -> shop/db:80', 'ops/admin -> shop/db:80'],
    denied: ['shop/web -> shop/db:80', 'near -> shop/db:80'],
  },
  {
    sentence: '[api] standard label selector semantics: Exists and DoesNotExist, all requirements together',
    policies: toDb({ from: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }, { key: 'tier', operator: 'DoesNotExist' }] } }] }),
    allowed: ['bank/teller -> shop/db:80'],
    denied: ['shop/web -> shop/db:80', 'ops/admin -> shop/db:80'],
  },
  {
    sentence: '[docs] Each rule allows traffic which matches both the from and ports sections.',
    policies: toDb({ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ protocol: 'TCP', port: 80 }] }),
    allowed: ['shop/web -> shop/db:80'],
    denied: ['shop/web -> shop/db:81', 'shop/db2 -> shop/db:80', 'shop/web -> shop/db:80/udp'],
  },
  {
    sentence: '[api] Items in this list are combined using a logical OR operation. If this field is empty or missing, this rule matches all sources',
    policies: toDb({ from: [], ports: [{ port: 80 }] }),
    allowed: ['shop/web -> shop/db:80', 'bank/teller -> shop/db:80', 'near -> shop/db:80'],
    denied: ['shop/web -> shop/db:81', 'near -> shop/db:81'],
  },
  {
    sentence: '[api] If this field is empty or missing, this rule matches all destinations',
    policies: fromWeb({ ports: [{ port: 80 }] }),
    allowed: ['shop/web -> shop/db:80', 'shop/web -> bank/vault:80', 'shop/web -> near:80'],
    denied: ['shop/web -> shop/db:81', 'shop/web -> near:81'],
  },
  {
    sentence: '[api] If this field is empty or missing, this rule matches all ports (traffic not restricted by port).',
    policies: toDb({ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [] }),
    allowed: ['shop/web -> shop/db:80', 'shop/web -> shop/db:5432', 'shop/web -> shop/db:53/udp'],
    denied: ['shop/db2 -> shop/db:80'],
  },
  {
    sentence: '[api] Each item in this list is combined using a logical OR. (ports)',
    policies: toDb({ ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] }),
    allowed: ['shop/web -> shop/db:80', 'shop/web -> shop/db:53/udp'],
    denied: ['shop/web -> shop/db:81', 'shop/web -> shop/db:53', 'shop/web -> shop/db:80/udp'],
  },
  {
    sentence: '[api] If not specified, this field defaults to TCP. (protocol)',
    policies: toDb({ ports: [{ port: 53 }] }),
    allowed: ['shop/web -> shop/db:53'],
    denied: ['shop/web -> shop/db:53/udp'],
  },
  {
    sentence: '[api] If this field is not provided, this matches all port names and numbers. (port)',
    policies: toDb({ ports: [{ protocol: 'UDP' }] }),
    allowed: ['shop/web -> shop/db:53/udp', 'shop/web -> shop/db:80/udp'],
    denied: ['shop/web -> shop/db:80', 'shop/web -> shop/db:53'],
  },
  {
    sentence: '[api] This can either be a numerical or named port on a pod. (ingress: of each selected pod its own number)',
    policies: shop({ ...roleDb, ingress: [{ ports: [{ port: 'sql-main' }] }] }),
    allowed: ['shop/web -> shop/db:5432', 'shop/web -> shop/db2:6432', 'near -> shop/db:5432'],
    denied: ['shop/web -> shop/db:81', 'shop/web -> shop/db:6432', 'shop/web -> shop/db2:5432'],
  },
  {
    sentence: '[api] This can either be a numerical or named port on a pod. (egress: of each destination pod its own number)',
    policies: fromWeb({ to: [roleDb], ports: [{ port: 'sql-main' }] }),
    allowed: ['shop/web -> shop/db:5432', 'shop/web -> shop/db2:6432'],
    denied: ['shop/web -> shop/db:81', 'shop/web -> shop/db:6432', 'shop/web -> shop/db2:5432', 'shop/web -> bank/vault:6432'],
  },
  {
    sentence: '[api] only traffic on the specified protocol AND port will be matched. (a named port of another protocol, or that no pod has)',
    policies: toDb({ ports: [{ port: 'dns', protocol: 'UDP' }, { port: 'dns', protocol: 'TCP' }, { port: 'http' }] }),
    allowed: ['shop/web -> shop/db:53/udp'],
    denied: ['shop/web -> shop/db:53', 'shop/web -> shop/db:80'],
  },
  {
    sentence: '[api] the range of ports from port to endPort if set, inclusive, should be allowed by the policy.',
    policies: fromWeb({ ports: [{ protocol: 'TCP', port: 32000, endPort: 32768 }] }),
    allowed: ['shop/web -> shop/db:32000', 'shop/web -> shop/db:32500', 'shop/web -> near:32768'],
    denied: ['shop/web -> shop/db:32769', 'shop/web -> shop/db:80'],
  },
  {
    sentence: '[docs] IP addresses in the ranges 172.17.0.0–172.17.0.255 and 172.17.2.0–172.17.255.255 (ie, all of 172.17.0.0/16 except 172.17.1.0/24)',
    policies: toDb({ from: [{ ipBlock: { cidr: '172.17.0.0/16', except: ['172.17.1.0/24'] } }] }),
    allowed: ['near -> shop/db:80', 'near -> shop/db:53/udp'],
    denied: ['far -> shop/db:80', 'shop/web -> shop/db:80'],
  },
  {
    sentence: '[docs] This selects particular IP CIDR ranges to allow as ingress sources or egress destinations. (egress, several holes)',
    policies: fromWeb({ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.17.1.0/24', '172.17.1.0/25'] } }] }),
    allowed: ['shop/web -> near:80', 'shop/web -> near:80/udp'],
    denied: ['shop/web -> far:80', 'shop/web -> shop/db:80', 'shop/web -> bank/vault:80'],
  },
  {
    sentence: '[api] The except entry describes CIDRs that should not be included within this rule. (another item may include them)',
    policies: toDb({ from: [{ ipBlock: { cidr: '172.17.0.0/16', except: ['172.17.1.0/24'] } }, { ipBlock: { cidr: '172.17.1.9/32' } }, { ipBlock: { cidr: 'fd00::/8' } }] }),
    allowed: ['near -> shop/db:80', 'far -> shop/db:80'],
    denied: ['shop/web -> shop/db:80'],
  },
  {
    sentence: '[docs] So, the example NetworkPolicy: ... (all of it, its CIDRs and ports those of this fixture)',
    policies: shop({
      ...roleDb,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{
        from: [
          { ipBlock: { cidr: '172.17.0.0/16', except: ['172.17.1.0/24'] } },
          { namespaceSelector: { matchLabels: { user: 'alice' } } },
          { podSelector: { matchLabels: { app: 'web' } } },
        ],
        ports: [{ protocol: 'TCP', port: 6432 }],
      }],
      egress: [{ to: [{ ipBlock: { cidr: '172.17.1.0/24' } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
    }),
    allowed: ['near -> shop/db:6432', 'bank/vault -> shop/db2:6432', 'shop/web -> shop/db:6432', 'shop/db -> far:5432'],
    denied: ['far -> shop/db:6432', 'ops/admin -> shop/db:6432', 'shop/web -> shop/db:80', 'shop/db -> far:80', 'shop/db -> near:5432', 'shop/db2 -> shop/db:6432'],
  },
  {
    sentence: '[docs] When a pod is isolated for ingress, the only allowed connections into the pod are those from the pod\'s node and those allowed by the ingress list',
    policies: shop({ ...all, policyTypes: ['Ingress', 'Egress'] }),
    allowed: ['node -> shop/web:80', 'node -> shop/db:53/udp'],
    denied: ['shop/db -> shop/web:80'],
  },
];
