import { ExternalService, MeshPort } from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysis } from '../support/acceptance';
import { service, Stage } from '../support/stage';

let stage: Stage;

const HOST = 'api.pay.example.com';
const OTHER = 'api.mail.example.com';
const BOOKS = 'books.example.com';

/** `client` may charge over plain HTTP and call the other host over TLS; `tls` may do all over TLS; `stranger` nothing. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.show((chart, client) => {
    const pay = new ExternalService(chart, 'pay', { host: HOST, ports: [MeshPort.http(80), MeshPort.tls(443)] });
    const mail = new ExternalService(chart, 'mail', { host: OTHER, ports: [MeshPort.http(80), MeshPort.tls(443)] });
    client.calls(pay, { port: 'http', methods: ['GET'], paths: ['/v1/*', '/status'] });
    client.calls(mail, { port: 'tls' });
    const books = new ExternalService(chart, 'library', { host: BOOKS, ports: [MeshPort.http(80)], alias: 'books' });
    client.calls(books, { methods: ['GET'], paths: ['/v1/*'] });
    service(chart, 'tls').calls(pay, { port: 'tls' });
    service(chart, 'all').calls(pay, { port: 'http' });
    service(chart, 'stranger');
  });
});

afterAll(() => stage.cluster.disconnect());

async function ask(from: string, request: EchoRequest): Promise<number> {
  return (await answer(from, request)).status;
}

async function answer(from: string, request: EchoRequest): Promise<EchoResult> {
  const [result] = await stage.cluster.send(`stage/${from}`, [{ timeoutMs: 10_000, ...request }]);
  return result;
}

const plain = (method: string, path: string, host = HOST): EchoRequest => ({ method, url: `http://${host}${path}` });
const tls = (host = HOST): EchoRequest => ({ protocol: 'https', url: `https://${host}:443/v1/charge` });

describe('over plain HTTP the client\'s proxy lets through what was declared', () => {
  test.each([['GET', '/v1/charge'], ['GET', '/v1/a/b?c=d'], ['GET', '/status']])('%s %s', async (method, path) => {
    expect(await ask('client', plain(method, path))).toBe(200);
  });

  test.each([
    ['POST', '/v1/charge'], ['GET', '/v2/charge'], ['GET', '/'], ['GET', '/status/x'], ['GET', '/v1'], ['DELETE', '/status'], ['GET', '/v1/../v2/charge'],
  ])('and refuses %s %s', async (method, path) => {
    expect(await ask('client', plain(method, path))).toBe(403);
  });

  test('everything of a call that names neither methods nor paths', async () => {
    expect(await ask('all', plain('DELETE', '/anything'))).toBe(200);
  });

  test('nothing of who declares nothing, or the other port alone', async () => {
    expect(await ask('stranger', plain('GET', '/v1/charge'))).not.toBe(200);
    expect(await ask('tls', plain('GET', '/v1/charge'))).toBe(403);
  });

  test('nothing of a host of which the other port is called', async () => {
    expect(await ask('client', plain('GET', '/v1/charge', OTHER))).toBe(403);
  });
});

describe('over TLS', () => {
  test('the host that is called answers', async () => {
    expect(await ask('tls', tls())).toBe(200);
    expect(await ask('client', tls(OTHER))).toBe(200);
  });

  test('who does not call the host has no answer', async () => {
    expect(await ask('stranger', tls())).toBe(0);
    expect(await ask('tls', tls(OTHER))).toBe(0);
  });
});

describe('under a name of the cluster', () => {
  test.each([BOOKS, 'books', 'books.stage', 'books.stage.svc.cluster.local'])('%s is the host, which is asked by its own name', async (name) => {
    expect((await answer('client', plain('GET', '/v1/all', name))).echo).toMatchObject({ pod: BOOKS, host: BOOKS, path: '/v1/all' });
  });

  test('what was not declared is refused as under its own', async () => {
    expect(await ask('client', plain('GET', '/v2/all', 'books'))).toBe(403);
    expect(await ask('client', plain('POST', '/v1/all', 'books'))).toBe(403);
    expect(await ask('all', plain('GET', '/v1/all', 'books'))).not.toBe(200);
    expect((await stage.cluster.requests(BOOKS)).map(({ path }) => path)).toEqual(Array(4).fill('/v1/all'));
  });
});

test('nothing but what was declared arrived outside', async () => {
  const arrived = (await stage.cluster.requests(HOST)).map(({ method, path }) => `${method} ${path}`);

  expect([...new Set(arrived)].sort()).toEqual(['DELETE /anything', 'GET /status', 'GET /v1/a/b?c=d', 'GET /v1/charge']);
});

test('istioctl analyze has nothing against it', async () => {
  expect(await analysis(stage.cluster, await stage.cluster.list('networking.istio.io/v1', 'VirtualService', 'stage'))).toEqual([]);
});
