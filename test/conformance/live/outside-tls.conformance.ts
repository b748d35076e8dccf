import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ApiObject, Duration } from 'cdk8s';
import { CaCertificates, ExternalService, MeshPort, TlsOrigination } from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysis } from '../support/acceptance';
import { service, Stage } from '../support/stage';

let stage: Stage;

const BANK = 'api.bank.example.com';
const AUTHORITY = fs.readFileSync(path.join(__dirname, '../../cluster/programs/go/echo/authority.pem'), 'utf8');
const CA = CaCertificates.fromConfigMap('outside-ca');

/** The authority's own key, which is the number 1: it also says who the client is. */
function authorityKey(): string {
  const generator = ['6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296', '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'];
  const [d, x, y] = [`${'0'.repeat(63)}1`, ...generator].map(hex => Buffer.from(hex, 'hex').toString('base64url'));
  return crypto.createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d, x, y }, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }) as string;
}

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.show((chart, client) => {
    new ApiObject(chart, 'ca', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'outside-ca' }, data: { 'ca.crt': AUTHORITY } });
    new ApiObject(chart, 'identity', {
      apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'bank-client' }, stringData: { 'tls.crt': AUTHORITY, 'tls.key': authorityKey() },
    });
    const outside = (id: string, host: string, ports: MeshPort[]) => new ExternalService(chart, id, { host, ports });
    const bank = outside('bank', BANK, [
      MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CA }) }),
      MeshPort.http2(8080, { tls: TlsOrigination.simple({ caCertificates: CA }), targetPort: 8443 }),
      MeshPort.tcp(6380, { tls: TlsOrigination.simple({ caCertificates: CA }), targetPort: 6379 }),
    ]);
    client.calls(bank, { port: 'http', methods: ['GET'], paths: ['/v1/*'], timeout: Duration.seconds(2) });
    client.calls(bank, { port: 'http2' });
    client.calls(bank, { port: 'tcp' });
    client.calls(outside('partner', 'partner.example.com', [MeshPort.http(80, { tls: TlsOrigination.mutual('bank-client', { caCertificates: CA }) })]));
    client.calls(outside('unknown', 'unknown.example.com', [MeshPort.http(80, { tls: TlsOrigination.simple() })]));
    client.calls(outside('misnamed', 'misnamed.example.com', [MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CA, sni: 'else.example.com' }) })]));
    client.calls(outside('misnamed-db', 'misnamed-db.example.com', [
      MeshPort.tcp(6380, { tls: TlsOrigination.simple({ caCertificates: CA, subjectAltNames: ['else.example.com'] }) }),
    ]));
    service(chart, 'stranger');
  });
});

afterAll(() => stage.cluster.disconnect());

async function ask(from: string, request: EchoRequest): Promise<EchoResult> {
  const [answer] = await stage.cluster.send(`stage/${from}`, [{ timeoutMs: 10_000, ...request }]);
  return answer;
}

test('what the program says in plain text arrives in TLS, under the host\'s name', async () => {
  const { status, echo } = await ask('client', { url: `http://${BANK}/v1/transfers` });

  expect(status).toBe(200);
  expect(echo).toMatchObject({ pod: BANK, port: 443, protocol: 'https', serverName: BANK, host: BANK, path: '/v1/transfers' });
});

test('requests are held to what was declared of them', async () => {
  expect((await ask('client', { url: `http://${BANK}/v2/transfers` })).status).toBe(403);
  expect((await ask('client', { method: 'DELETE', url: `http://${BANK}/v1/transfers` })).status).toBe(403);
  expect((await ask('client', { url: `http://${BANK}/v1/slow`, headers: { 'x-echo-delay': '6s' } })).status).toBe(504);
  expect((await ask('stranger', { url: `http://${BANK}/v1/transfers` })).status).not.toBe(200);
});

test('HTTP/2 arrives as HTTP/2', async () => {
  const { status, echo } = await ask('client', { protocol: 'http2', url: `http://${BANK}:8080/` });

  expect(status).toBe(200);
  expect(echo).toMatchObject({ port: 8443, protocol: 'https', httpVersion: 'HTTP/2.0' });
});

test('TCP arrives in TLS, too', async () => {
  const { status, echo } = await ask('client', { protocol: 'tcp', url: `${BANK}:6380`, body: 'ping' });

  expect(status).toBe(200);
  expect(echo).toMatchObject({ pod: BANK, port: 6379, protocol: 'tls', serverName: BANK });
});

test('the proxy says who it is where it is to, and nowhere else', async () => {
  expect((await ask('client', { url: 'http://partner.example.com/' })).echo).toMatchObject({ clientName: 'the authority of what is outside' });
  expect((await ask('client', { url: `http://${BANK}/v1/transfers` })).echo).not.toHaveProperty('clientName');
});

test('a server that is signed by somebody else, or bears another name, gets nothing', async () => {
  expect((await ask('client', { url: 'http://unknown.example.com/' })).status).toBe(503);
  expect((await ask('client', { url: 'http://misnamed.example.com/' })).status).toBe(503);
  expect((await ask('client', { protocol: 'tcp', url: 'misnamed-db.example.com:6380', body: 'ping' })).status).toBe(0);
  expect(await Promise.all(['unknown', 'misnamed', 'misnamed-db'].map(host => stage.cluster.requests(`${host}.example.com`)))).toEqual([[], [], []]);
});

test('istioctl analyze has nothing against it', async () => {
  expect(await analysis(stage.cluster, await stage.cluster.list('networking.istio.io/v1', 'DestinationRule', 'stage'))).toEqual([]);
});
