import * as fs from 'node:fs';
import * as path from 'node:path';
import { ApiObject, App, Chart, Duration, JsonPatch } from 'cdk8s';
import { CaCertificates, EgressGateway, ExternalService, MeshPort, MeshService, Retries, TlsOrigination, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysisOf } from '../support/acceptance';
import { neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { service, Stage } from '../support/stage';

let stage: Stage;

const BANK = 'api.bank.example.com';
const MAIL = 'api.mail.example.com';
const RPC = 'rpc.example.com';
const WIKI = 'en.wiki.example.com';
const AUTHORITY = fs.readFileSync(path.join(__dirname, '../../cluster/programs/go/echo/authority.pem'), 'utf8');
const CA = CaCertificates.fromConfigMap('outside-ca');

/** A name that leads the proxy of somebody to the gateway as if he had declared a host: it bears that host's name in its TLS, and another one in its requests. */
interface Lure {
  readonly host: string;
  readonly subset: string;
  readonly authority: string;
}

const LURES: Lure[] = [
  { host: 'lure-bank.example.com', subset: 'stage-bank', authority: BANK },
  { host: 'lure-mixed.example.com', subset: 'stage-mail', authority: BANK },
  { host: 'lure-wiki.example.com', subset: 'stage-wiki', authority: WIKI },
  { host: 'lure-beside.example.com', subset: 'stage-wiki', authority: BANK },
];

/** What somebody would write who may change what his own proxy knows, and no more. */
function lure(chart: Chart, { host, subset, authority }: Lure): void {
  const [id] = host.split('.');
  const head = (kind: string) => ({ apiVersion: 'networking.istio.io/v1', kind, metadata: { name: id } });
  new ApiObject(chart, `${id}-entry`, { ...head('ServiceEntry'), spec: { hosts: [host], exportTo: ['.'], ports: [{ name: 'http', number: 80, protocol: 'HTTP' }], resolution: 'DNS' } });
  const destination = { host: 'out.egress.svc.cluster.local', subset, port: { number: 80 } };
  new ApiObject(chart, `${id}-routes`, { ...head('VirtualService'), spec: { hosts: [host], exportTo: ['.'], http: [{ rewrite: { authority }, route: [{ destination }] }] } });
}

function baited(of: MeshService): void {
  for (const { host } of LURES) {
    ApiObject.of(of.node.findChild('sidecar')).addJsonPatch(JsonPatch.add('/spec/egress/0/hosts/-', `stage/${host}`));
  }
}

/** `client` may do what it declares; `other` may ask the mail alone; `rogue` declares what `client` does, and goes around its proxy. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.cluster.apply(neighbours());
  await stage.show((chart, client) => {
    const egress = new Chart(chart.node.root as App, 'egress', { namespace: 'egress' });
    new ZeroTrustNamespace(egress, 'namespace');
    new ApiObject(egress, 'ca', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'outside-ca' }, data: { 'ca.crt': AUTHORITY } });
    const out = new EgressGateway(egress, 'out', { replicas: 1 });
    const outside = (id: string, host: string, ports: MeshPort[]) => new ExternalService(chart, id, { host, ports, through: out });
    const bank = outside('bank', BANK, [
      MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CA }) }), MeshPort.tls(443), MeshPort.tcp(9000),
    ]);
    const rpc = outside('rpc', RPC, [MeshPort.grpc(9000)]);
    const mail = outside('mail', MAIL, [MeshPort.http(80)]);
    const foreign = outside('unknown', 'unknown.example.com', [MeshPort.http(80, { tls: TlsOrigination.simple() })]);
    const misnamed = outside('misnamed', 'misnamed.example.com', [MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CA, subjectAltNames: ['else.example.com'] }) })]);
    const wiki = new ExternalService(chart, 'wiki', {
      host: '*.wiki.example.com', servedBy: 'www.wiki.example.com', ports: [MeshPort.http(80), MeshPort.tls(443)], through: out,
    });
    client.calls(wiki, { port: 'http', methods: ['GET'] });
    client.calls(wiki, { port: 'tls' });
    const rogue = service(chart, 'rogue');
    for (const each of [client, rogue]) {
      each.calls(bank, { port: 'http', methods: ['GET'], paths: ['/v1/*'], timeout: Duration.seconds(2) });
      each.calls(bank, { port: 'tls' });
      each.calls(bank, { port: 'tcp' });
    }
    client.calls(rpc, { paths: ['/bank.v1.Bank/Pay'] });
    client.calls(foreign);
    client.calls(misnamed);
    const other = service(chart, 'other');
    other.calls(mail);
    client.calls(mail, { methods: ['GET'], retries: Retries.upTo(2) });
    for (const each of LURES) lure(chart, each);
    [client, other].forEach(baited);
    ApiObject.of(rogue.workload).addJsonPatch(JsonPatch.add('/spec/template/metadata/annotations/traffic.sidecar.istio.io~1excludeOutboundPorts', '80,443,9000'));
    const elsewhere = new Chart(chart.node.root as App, 'shop', { namespace: 'shop' });
    new ZeroTrustNamespace(elsewhere, 'namespace');
    service(elsewhere, 'client').calls(mail);
  });
});

afterAll(() => stage.cluster.disconnect());

async function ask(from: string, request: EchoRequest): Promise<EchoResult> {
  const [answer] = await stage.cluster.send(from.includes('/') ? from : `stage/${from}`, [{ timeoutMs: 10_000, ...request }]);
  return answer;
}

const plain = (pathname: string, method = 'GET', host = BANK): EchoRequest => ({ method, url: `http://${host}${pathname}` });
const tls: EchoRequest = { protocol: 'https', url: `https://${BANK}:443/v2/anything` };
const tcp: EchoRequest = { protocol: 'tcp', url: `${BANK}:9000`, body: 'select' };

async function gatewayAddress(): Promise<string> {
  const [{ ip }] = await stage.cluster.pods('egress');
  return ip;
}

/** Where the other side of a connection was, as the host outside saw it. */
function cameFrom({ echo }: EchoResult): string {
  return String(echo?.remote).replace(/:\d+$/, '');
}

describe('what was declared goes out, and comes from the gateway', () => {
  test('a request, for which the gateway speaks TLS', async () => {
    const answer = await ask('client', plain('/v1/transfers'));

    expect(answer.status).toBe(200);
    expect(answer.echo).toMatchObject({ pod: BANK, port: 443, protocol: 'https', serverName: BANK, host: BANK, path: '/v1/transfers' });
    expect(cameFrom(answer)).toBe(await gatewayAddress());
  });

  test('without what the mesh knows of who asked', async () => {
    const { echo } = await ask('client', plain('/v1/transfers'));

    expect(Object.keys(echo!.headers).filter(name => /^x-(forwarded-(for|client-cert)|envoy-peer)/i.test(name))).toEqual([]);
    expect(JSON.stringify(echo!.headers)).not.toMatch(/spiffe|10\.244\./);
  });

  test('a request in plain text', async () => {
    const answer = await ask('other', plain('/', 'DELETE', MAIL));

    expect(answer.echo).toMatchObject({ pod: MAIL, port: 80, protocol: 'http', method: 'DELETE' });
    expect(cameFrom(answer)).toBe(await gatewayAddress());
  });

  test('TLS of the program\'s own, which the gateway does not open', async () => {
    const answer = await ask('client', tls);

    expect(answer.status).toBe(200);
    expect(answer.echo).toMatchObject({ pod: BANK, port: 443, serverName: BANK, path: '/v2/anything' });
    expect(cameFrom(answer)).toBe(await gatewayAddress());
  });

  test('TCP, which bears no name', async () => {
    const answer = await ask('client', tcp);

    expect(answer.echo).toMatchObject({ pod: BANK, port: 9000 });
    expect(cameFrom(answer)).toBe(await gatewayAddress());
  });

  test('whatever is asked of many names, at the one host that answers for them', async () => {
    const asked = await ask('client', plain('/', 'GET', WIKI));
    const encrypted = await ask('client', { protocol: 'https', url: `https://${WIKI}:443/` });

    expect(asked.echo).toMatchObject({ pod: 'www.wiki.example.com', port: 80, host: WIKI });
    expect(encrypted.echo).toMatchObject({ pod: 'www.wiki.example.com', port: 443, serverName: WIKI });
    expect([cameFrom(asked), cameFrom(encrypted)]).toEqual(Array(2).fill(await gatewayAddress()));
  });

  test('gRPC, with its trailers, on the same port as TCP', async () => {
    const answer = await ask('client', { protocol: 'grpc', url: `${RPC}:9000`, path: '/bank.v1.Bank/Pay' });

    expect(answer).toMatchObject({ grpcStatus: 0, echo: { pod: RPC, port: 9000 } });
    expect(cameFrom(answer)).toBe(await gatewayAddress());
  });

  test('of a caller in another namespace, too', async () => {
    expect(cameFrom(await ask('shop/client', plain('/', 'GET', MAIL)))).toBe(await gatewayAddress());
  });

  test('within the call\'s timeout', async () => {
    expect((await ask('client', { ...plain('/v1/slow'), headers: { 'x-echo-delay': '6s' } })).status).toBe(504);
  });
});

test('what the host answered is repeated by the caller\'s proxy, and not by the gateway too', async () => {
  expect((await ask('client', { ...plain('/flaky', 'GET', MAIL), headers: { 'x-echo-status': '503' } })).status).toBe(503);
  expect((await stage.cluster.requests(MAIL)).filter(({ path: pathname }) => pathname === '/flaky')).toHaveLength(3);
});

describe('what was not declared has no way out', () => {
  test('another path, method or host, at the caller\'s proxy', async () => {
    expect((await ask('client', plain('/v2/transfers'))).status).toBe(403);
    expect((await ask('client', plain('/v1/transfers', 'POST'))).status).toBe(403);
    expect((await ask('shop/client', plain('/v1/transfers'))).status).toBe(502);
    expect((await ask('other', plain('/v1/transfers'))).status).not.toBe(200);
    expect((await ask('other', tls)).status).toBe(0);
    expect((await ask('other', tcp)).status).toBe(0);
    expect((await ask('client', { protocol: 'grpc', url: `${RPC}:9000`, path: '/bank.v1.Bank/Refund' })).grpcStatus).not.toBe(0);
  });

  test('nor past the caller\'s proxy: the network lets it out to the gateway alone', async () => {
    const answers = await Promise.all([plain('/v1/transfers'), tls, tcp].map(request => ask('rogue', { ...request, timeoutMs: 1500 })));
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(await stage.cluster.accessLog('stage/rogue')).toEqual([]); // it was past the proxy
    expect((await ask(PLAIN, tls)).status).toBe(200); // which leads there where no network is in the way
  });

  test('nor at the gateway, by whoever has misled his own proxy', async () => {
    const asked = (from: string, host: string, pathname: string, method = 'GET') => ask(from, plain(pathname, method, host));
    expect((await asked('client', 'lure-bank.example.com', '/v1/transfers')).echo).toMatchObject({ pod: BANK }); // the lure works
    expect((await asked('client', 'lure-bank.example.com', '/v2/transfers')).status).toBe(403);
    expect((await asked('client', 'lure-bank.example.com', '/v1/transfers', 'POST')).status).toBe(403);
    expect((await asked('other', 'lure-bank.example.com', '/v1/transfers')).status).toBe(403);
    expect((await asked('client', 'lure-mixed.example.com', '/v1/transfers')).status).toBe(403);
    expect((await asked('other', 'lure-mixed.example.com', '/v1/transfers')).status).toBe(403);
    expect((await asked('client', 'lure-wiki.example.com', '/')).echo).toMatchObject({ host: WIKI }); // as does this one
    expect((await asked('client', 'lure-wiki.example.com', '/', 'POST')).status).toBe(403);
    expect((await asked('client', 'lure-beside.example.com', '/v1/transfers')).status).toBe(403);
    expect((await asked('other', 'lure-wiki.example.com', '/')).status).toBe(403);

    const denied = async () => (await stage.cluster.accessLog('egress/out'))
      .filter(({ response_code_details: details }: Manifest) => String(details).startsWith('rbac_access_denied'));
    expect(await eventually(denied, lines => lines.length >= 8)).toHaveLength(8);
  });

  test('nor at the gateway, by whoever is known to nobody', async () => {
    const { spec: { clusterIP } } = (await stage.cluster.get('v1', 'Service', 'out', 'egress'))!;
    const pod = await gatewayAddress();
    const direct = (from: string): Promise<EchoResult[]> => Promise.all([
      ask(from, { ...plain('/v1/transfers'), address: `${clusterIP}:80` }),
      ask(from, { protocol: 'https', url: `https://${BANK}/v1/transfers`, address: `${pod}:20080` }),
      ask(from, { protocol: 'https', url: `https://${BANK}/v1/transfers`, address: `${pod}:20443` }),
    ]);
    // The network lets the first one through to the gateway, and none of the others
    for (const from of ['rogue', PLAIN, STRANGER]) {
      expect((await direct(from)).map(({ echo }) => echo)).toEqual([undefined, undefined, undefined]);
    }
  });

  test('so that nothing else has arrived outside', async () => {
    const arrived = async (host: string) => [...new Set((await stage.cluster.requests(host)).map(({ method, path: pathname, port }) => `${port} ${method ?? ''} ${pathname ?? ''}`.trim()))].sort();

    expect(await arrived(BANK)).toEqual(['443 GET /v1/slow', '443 GET /v1/transfers', '443 GET /v2/anything', '9000']);
    expect(await arrived(MAIL)).toEqual(['80 DELETE /', '80 GET /', '80 GET /flaky']);
    expect(await arrived('www.wiki.example.com')).toEqual(['443 GET /', '80 GET /']);
    expect(await arrived(RPC)).toEqual(['9000 POST /bank.v1.Bank/Pay']);
  });
});

test('a server that is signed by somebody else, or bears another name, gets nothing of the gateway', async () => {
  expect((await ask('client', plain('/', 'GET', 'unknown.example.com'))).status).toBe(503);
  expect((await ask('client', plain('/', 'GET', 'misnamed.example.com'))).status).toBe(503);
  expect(await Promise.all(['unknown', 'misnamed'].map(host => stage.cluster.requests(`${host}.example.com`)))).toEqual([[], []]);
});

test('istioctl analyze has nothing against it', async () => {
  const kinds: [string, string][] = [['networking.istio.io/v1', 'Gateway'], ['networking.istio.io/v1', 'VirtualService'], ['networking.istio.io/v1', 'DestinationRule'],
    ['networking.istio.io/v1', 'ServiceEntry'], ['security.istio.io/v1', 'AuthorizationPolicy'], ['v1', 'Service'], ['v1', 'Pod'], ['v1', 'Namespace']];
  expect(await analysisOf(stage.cluster, ['stage', 'egress', 'shop'], kinds, ({ metadata }) => !metadata.name.startsWith('lure'))).toEqual([]);
});
