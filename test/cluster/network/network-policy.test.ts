import { directionsOf, isolates, Labels, LabelSelector, NetworkPolicy, podsOf, PolicyPeer, renderNetworkPolicies, selects } from './network-policy';
import { FIXTURE } from './network-policy.cases';

const policy = (spec: NetworkPolicy['spec'], name = 'p'): NetworkPolicy => ({ metadata: { name, namespace: 'shop' }, spec });
const state = { ...FIXTURE, policies: [] };

const requirement = (operator: string, values?: string[]): LabelSelector => ({ matchExpressions: [{ key: 'a', operator, values }] });

test.each<[LabelSelector, Labels, boolean]>([
  [{}, {}, true],
  [{}, { a: '1' }, true],
  [{ matchLabels: { a: '1' } }, { a: '1', b: '2' }, true],
  [{ matchLabels: { a: '1', b: '2' } }, { a: '1' }, false],
  [requirement('In', ['1', '2']), { a: '2' }, true],
  [requirement('In', ['1', '2']), {}, false],
  [requirement('NotIn', ['1']), { a: '2' }, true],
  [requirement('NotIn', ['1']), {}, true],
  [requirement('NotIn', ['1']), { a: '1' }, false],
  [requirement('Exists'), { a: '' }, true],
  [requirement('Exists'), {}, false],
  [requirement('DoesNotExist'), {}, true],
  [requirement('DoesNotExist'), { a: '' }, false],
  [{ matchLabels: { b: '1' }, ...requirement('Exists') }, { a: '', b: '2' }, false],
])('selector %j on labels %j: %s', (selector, labels, expected) => {
  expect(selects(selector, labels)).toBe(expected);
});

test('an operator that does not exist is an error', () => {
  expect(() => selects(requirement('Gt', ['1']), {})).toThrow('unknown operator "Gt"');
});

test.each<[NetworkPolicy['spec'], string[]]>([
  [{}, ['Ingress']],
  [{ policyTypes: [] }, ['Ingress']],
  [{ egress: [] }, ['Ingress']],
  [{ egress: [{}] }, ['Ingress', 'Egress']],
  [{ ingress: [{}], policyTypes: ['Egress'] }, ['Egress']],
])('directions of %j: %j', (spec, expected) => {
  expect(directionsOf(policy(spec))).toEqual(expected);
});

test('a policy isolates the pods of its own namespace that it selects, in its directions', () => {
  const byRole = policy({ podSelector: { matchLabels: { role: 'client' } } });
  expect(FIXTURE.pods.filter(pod => isolates(byRole, 'Ingress', pod)).map(pod => pod.name)).toEqual(['web']);
  expect(FIXTURE.pods.filter(pod => isolates(byRole, 'Egress', pod))).toEqual([]);
});

test.each<[PolicyPeer, string[]]>([
  [{ podSelector: {} }, ['web', 'db', 'db2']],
  [{ podSelector: { matchLabels: { role: 'client' } } }, ['web']],
  [{ namespaceSelector: {} }, ['web', 'db', 'db2', 'teller', 'vault', 'admin']],
  [{ namespaceSelector: { matchLabels: { team: 'b' } } }, ['teller', 'vault']],
  [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ops' } } }, ['admin']],
  [{ namespaceSelector: {}, podSelector: { matchLabels: { role: 'client' } } }, ['web', 'teller', 'admin']],
  [{ ipBlock: { cidr: '10.77.0.0/16' } }, []],
])('peer %j is the pods %j', (peer, expected) => {
  expect(podsOf(peer, policy({}), state).map(pod => pod.name)).toEqual(expected);
});

test('the script replaces the table in one transaction', () => {
  const script = renderNetworkPolicies(state).split('\n');
  expect(script.slice(0, 3)).toEqual(['table inet cdk8s_mesh_policy', 'delete table inet cdk8s_mesh_policy', 'table inet cdk8s_mesh_policy {']);
  expect(script).toContain('    ct state established,related accept');
});

test('a rule names its policy, with a comment that the kernel takes', () => {
  const script = renderNetworkPolicies({ ...FIXTURE, policies: [policy({ ingress: [{}] }, 'n'.repeat(253))] });
  const [, comment] = /comment "([^"]*)"/.exec(script)!;
  expect(comment).toMatch(/^shop\/n+ ingress\[0\]$/);
  expect(comment.length).toBeLessThanOrEqual(128);
});

test('pods without an address have no rules yet', () => {
  const pods = FIXTURE.pods.map(pod => ({ ...pod, ip: '' }));
  const script = renderNetworkPolicies({ ...FIXTURE, pods, policies: [policy({ ingress: [{ ports: [{ port: 'sql-main' }] }] })] });
  expect(script).not.toContain('elements');
});
