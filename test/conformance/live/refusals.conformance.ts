import * as fs from 'node:fs';
import * as path from 'node:path';
import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshPort, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';

/** docs/refusals.md, by heading: what it quotes has to be what is seen here. */
const PAGE = Object.fromEntries(fs.readFileSync(path.join(__dirname, '../../../docs/refusals.md'), 'utf8').split('\n## ').slice(1)
  .map(section => [section.slice(0, section.indexOf('\n')), section]));

let stage: Stage;

const WITHOUT_PROXY = ['proxyless', 'plain'];

/** As after somebody has taken the label away in the cluster: here it would be refused. */
function withoutProxy(object: Manifest): Manifest {
  if (object.kind === 'Deployment' && WITHOUT_PROXY.includes(object.metadata.name)) {
    object.spec.template.metadata.labels['sidecar.istio.io/inject'] = 'false';
  }
  return object;
}

/** `client` may ask orders for one path on one port, and grpc for one method; `other` calls something else on the same port. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  const applied = await stage.cluster.apply(synthesizeApp((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const orders = service(chart, 'orders', { ports: [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })] });
    const grpc = service(chart, 'grpc', { ports: [MeshPort.grpc(50051)] });
    const elsewhere = service(chart, 'elsewhere', { env: { ECHO_LISTEN: kplus.EnvValue.fromValue('9999') } });
    const [proxyless, noProxy] = WITHOUT_PROXY.map(name => service(chart, name));
    const client = service(chart, 'client');
    client.calls(orders, { port: 'http', paths: ['/orders'] });
    client.calls(grpc, { paths: ['/orders.v1.Orders/Get'] });
    client.calls(elsewhere);
    client.calls(noProxy);
    service(chart, 'other').calls(elsewhere);
    service(chart, 'forgetful');
    proxyless.calls(orders, { port: 'http' });
  }).map(withoutProxy));
  expect(applied.filter(({ ok }) => !ok)).toEqual([]);
  // One of them never gets ready
  const others = async () => (await stage.cluster.problems()).filter(({ what }) => !what.includes('/elsewhere-'));
  expect(await eventually(others, found => found.length === 0, 180)).toEqual([]);
  await stage.cluster.settled();
});

afterAll(() => stage.cluster.disconnect());

interface Seen { readonly program: EchoResult; readonly client: Manifest[]; readonly server: Manifest[] }

/**
 * One request, and what the proxies at both ends log of it.
 *
 * @param lines how many there must be of both together.
 */
async function see(from: string, server: string, request: EchoRequest, lines = 1): Promise<Seen> {
  const log = async (workload: string) => stage.cluster.accessLog(`stage/${workload}`).catch(() => []);
  const before = [(await log(from)).length, (await log(server)).length];
  const [program] = await stage.cluster.send(`stage/${from}`, [{ timeoutMs: 10_000, ...request }]);
  await new Promise(resolve => setTimeout(resolve, 1500)); // Envoy writes its log once a second
  const read = async () => ({ program, client: (await log(from)).slice(before[0]), server: (await log(server)).slice(before[1]) });
  return eventually(read, ({ client, server: ofServer }) => client.length + ofServer.length >= lines);
}

/** What the page quotes of this mistake, all of which was seen, and which of the proxies logged nothing. */
function documented(heading: string, { program, client, server }: Seen, fields: { client?: string[]; server?: string[] }): void {
  const page = PAGE[heading];
  const said = program.error ?? program.body;
  const quoted = [...page.matchAll(/^\| the program(?:, over gRPC|, or)? \| .*?`(.+?)`/gm)].map(([, text]) => text);
  expect({ said, quoted: quoted.some(text => said?.includes(text)) }).toEqual({ said, quoted: true });
  for (const [who, log, names] of [['client', client, fields.client], ['server', server, fields.server]] as const) {
    expect({ who, lines: log.length }).toEqual({ who, lines: names ? 1 : 0 });
    names?.forEach((name) => {
      const line = `\`${name}: ${log[0][name]}\``;
      expect({ line, quoted: page.includes(line) }).toEqual({ line, quoted: true });
    });
    if (!names) {
      expect(page).toMatch(new RegExp(`\\| the ${who}'s proxy \\| nothing`));
    }
  }
}

test('what is declared is answered', async () => {
  expect((await see('client', 'orders', { url: 'http://orders:8080/orders' }, 2)).program.status).toBe(200);
  expect((await see('client', 'grpc', { protocol: 'grpc', url: 'grpc:50051', path: '/orders.v1.Orders/Get' }, 2)).program.grpcStatus).toBe(0);
});

test('a call that nobody declared, over HTTP and gRPC', async () => {
  const http = await see('forgetful', 'orders', { url: 'http://orders:8080/orders' });
  documented('The call is not declared', http, { client: ['response_flags', 'upstream_cluster'] });
  const grpc = await see('forgetful', 'grpc', { protocol: 'grpc', url: 'grpc:50051', path: '/orders.v1.Orders/Get' });
  documented('The call is not declared', grpc, { client: ['response_flags', 'upstream_cluster'] });
});

test('a call that nobody declared, by a client that calls something else on that port', async () => {
  const seen = await see('other', 'orders', { url: 'http://orders:8080/orders' });
  expect(seen.program.status).toBe(502);
  expect(seen.client).toHaveLength(1);
  expect(seen.client[0]).toMatchObject({ route_name: 'block_all', response_code: 502, response_code_details: 'direct_response', authority: 'orders:8080' });
  ['502', '`route_name: block_all`', '`response_code_details: direct_response`'].forEach(text => expect(PAGE['The call is not declared']).toContain(text));
});

test('a port that the server does not have', async () => {
  const seen = await see('client', 'orders', { url: 'http://orders:7777/orders' });
  documented('The server has no such port', seen, { client: ['response_flags', 'upstream_cluster'] });
});

test('what tells these two apart: whether the Service of the address has the port', async () => {
  const portsOf = async (from: string, url: string) => {
    const { client: [{ downstream_local_address }] } = await see(from, 'orders', { url });
    const [address, port] = downstream_local_address.split(':');
    const services = await stage.cluster.list('v1', 'Service', 'stage');
    const { spec } = services.find(({ spec: { clusterIP } }) => clusterIP === address)!;
    return spec.ports.map((each: Manifest) => each.port).includes(Number(port));
  };
  expect(await portsOf('forgetful', 'http://orders:8080/orders')).toBe(true);
  expect(await portsOf('client', 'http://orders:7777/orders')).toBe(false);
});

test('another port of the server than the declared one', async () => {
  const seen = await see('client', 'orders', { url: 'http://orders:9090/orders' });
  documented('The call is declared for another port', seen, { client: ['response_code', 'response_flags'] });
});

test('another path or method', async () => {
  const http = await see('client', 'orders', { url: 'http://orders:8080/other' }, 2);
  const fields = { client: ['response_code_details'], server: ['response_code_details'] };
  documented('The path or the method is not declared', http, { ...fields, client: ['response_code', 'response_code_details'] });
  const grpc = await see('client', 'grpc', { protocol: 'grpc', url: 'grpc:50051', path: '/orders.v1.Orders/List' }, 2);
  documented('The path or the method is not declared', grpc, fields);
});

test('a program that speaks something else than its port says', async () => {
  const seen = await see('client', 'orders', { protocol: 'tcp', url: 'orders:8080', body: 'PING' });
  documented('The port\'s protocol is another', seen, { client: ['response_flags', 'upstream_cluster'] });
});

test('a program that listens elsewhere', async () => {
  const seen = await see('client', 'elsewhere', { url: 'http://elsewhere:8080/' });
  documented('The program listens elsewhere', seen, { client: ['response_code', 'response_flags', 'response_code_details'] });
});

test('a client without a proxy', async () => {
  const seen = await see('proxyless', 'orders', { url: 'http://orders:8080/orders' });
  documented('The client has no proxy', seen, { server: ['response_flags', 'response_code_details'] });
});

test('a server without a proxy', async () => {
  const seen = await see('client', 'plain', { url: 'http://plain:8080/' });
  const [{ response_code, response_flags, upstream_transport_failure_reason: reason }] = seen.client;
  expect({ response_code, response_flags }).toEqual({ response_code: 503, response_flags: 'URX,UF' });
  expect(reason).toContain('WRONG_VERSION_NUMBER');
  ['`response_code: 503`', '`response_flags: URX,UF`', 'WRONG_VERSION_NUMBER'].forEach(text => expect(PAGE['The server has no proxy']).toContain(text));
});
