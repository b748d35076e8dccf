import { NetworkPolicy, renderNetworkPolicies } from './network-policy';
import { CASES, FIXTURE, LISTENED, OUTSIDE } from './network-policy.cases';
import { Host, listRules, loadRules, startTestbed } from './network-policy.testbed';

/**
 * The rendered rules in the kernel, against real connections. Needs root in a
 * network and mount namespace of its own, with the programs ip, nft and sysctl.
 */
let hosts: Record<string, Host>;

beforeAll(async () => {
  const pods = FIXTURE.pods.map(({ namespace, name, ip }) => [`${namespace}/${name}`, ip]);
  hosts = await startTestbed({ ...Object.fromEntries(pods), ...OUTSIDE }, LISTENED);
});

afterAll(async () => {
  await Promise.all(Object.values(hosts ?? {}).map(host => host.end()));
});

const load = (policies: NetworkPolicy[], verdict?: 'drop' | 'reject') => loadRules(renderNetworkPolicies({ ...FIXTURE, policies }, { verdict }));

async function attempt(connection: string, timeoutMs?: number): Promise<unknown> {
  const [, from, to, port, udp] = /^(\S+) -> (\S+):(\d+)(\/udp)?$/.exec(connection)!;
  return hosts[from].connect(udp ? 'UDP' : 'TCP', hosts[to], Number(port), { timeoutMs });
}

async function outcomes(connections: string[], timeoutMs?: number): Promise<Record<string, unknown>> {
  return Object.fromEntries(await Promise.all(connections.map(async connection => [connection, await attempt(connection, timeoutMs)])));
}

const all = (connections: string[], outcome: unknown) => Object.fromEntries(connections.map(connection => [connection, outcome]));

// A refused connection is refused at once, not by a timeout: the difference
// to a host that is down.
const refused = expect.stringMatching(/^(ECONNREFUSED|EHOSTUNREACH)$/);

test('without policies every connection of the cases is possible', async () => {
  load([]);
  const connections = [...new Set(CASES.flatMap(({ allowed, denied }) => [...allowed, ...denied]))];
  expect(await outcomes(connections)).toEqual(all(connections, 'open'));
});

test.each(CASES)('$sentence', async ({ policies, allowed, denied }) => {
  load(policies);
  try {
    expect(await outcomes([...allowed, ...denied])).toEqual({ ...all(allowed, 'open'), ...all(denied, refused) });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${listRules()}`);
  }
});

const denyAll: NetworkPolicy = { metadata: { name: 'deny', namespace: 'shop' }, spec: { policyTypes: ['Ingress', 'Egress'] } };

test('the verdict drop gives no answer', async () => {
  load([denyAll], 'drop');
  const connections = ['shop/web -> shop/db:80', 'near -> shop/db:53/udp'];
  expect(await outcomes(connections, 1500)).toEqual(all(connections, 'timeout'));
});

test('a connection lives through a reload of the rules', async () => {
  load([]);
  expect(await hosts['shop/web'].connect('TCP', hosts['shop/db'], 80, { keep: true })).toBe('open');
  load([denyAll]);
  expect(await hosts['shop/web'].ask('kept')).toBe('open');
  expect(await attempt('shop/web -> shop/db:80')).toEqual(refused);
});

test('[docs] exception: a pod cannot block access to itself (nor through a Service), and a Service is no way around', async () => {
  const { ip } = hosts['shop/web'];
  // What a Service does: another destination, and the node as source where a
  // pod would otherwise answer itself.
  loadRules(`table ip service {
    chain pre { type nat hook prerouting priority dstnat; ip daddr 10.96.0.1 dnat to ${ip}; }
    chain post { type nat hook postrouting priority srcnat; ip saddr ${ip} ip daddr ${ip} masquerade; }
  }`);
  load([denyAll]);
  const service = { ip: '10.96.0.1' };
  expect(await hosts['shop/web'].connect('TCP', hosts['shop/web'], 80)).toBe('open');
  expect(await hosts['shop/web'].connect('TCP', service, 80)).toBe('open');
  expect(await hosts['bank/teller'].connect('TCP', service, 80)).toEqual(refused);
  load([]);
  expect(await hosts['bank/teller'].connect('TCP', service, 80)).toBe('open');
});
