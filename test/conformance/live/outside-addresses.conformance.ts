import { Endpoint, ExternalService, MeshPort } from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysis } from '../support/acceptance';
import { eventually } from '../support/eventually';
import { service, Stage } from '../support/stage';

let stage: Stage;

/** `client` calls everything; `plain` what needs no DNS of the proxy's; `stranger` nothing. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.show((chart, client) => {
    const outside = (id: string, host: string, props: Partial<ConstructorParameters<typeof ExternalService>[2]> = {}) =>
      new ExternalService(chart, id, { host, ports: [MeshPort.tcp(5432, { name: 'tcp-postgres' })], ...props });
    const customers = outside('customers', 'customers.db.example.com', { addresses: ['10.8.0.7', '10.8.0.9'] });
    const archive = outside('archive', 'archive.db.example.com', { addresses: ['10.9.0.0/24'], ports: [MeshPort.tcp(3306, { targetPort: 13306 })] });
    client.calls(outside('mixed', 'mixed.db.example.com', { addresses: ['10.9.3.9', '10.9.4.0/24', '10.9.5.9'], ports: [MeshPort.tcp(3307)] }));
    const s3 = outside('s3', '*.s3.example.com', { ports: [MeshPort.tls(443), MeshPort.http(80)] });
    const legacy = outside('legacy', 'legacy.nowhere.example.com', {
      ports: [MeshPort.http(80)], endpoints: [Endpoint.of('10.10.0.7', { weight: 3, labels: { site: 'north' } }), Endpoint.of('10.10.0.8')],
    });
    const pay = outside('pay', 'api.pay.example.com', { ports: [MeshPort.http(80), MeshPort.tls(443)] });
    [outside('ledger', 'ledger.db.example.com'), outside('stock', 'stock.db.example.com'), customers, archive].forEach(each => client.calls(each));
    client.calls(legacy, { paths: ['/v1/*'] });
    client.calls(pay, { port: 'http', paths: ['/v1/*'] });
    client.calls(pay, { port: 'tls' });
    client.calls(service(chart, 'orders'));
    const plain = service(chart, 'plain');
    [customers, archive].forEach(each => plain.calls(each));
    [client, plain].forEach((each) => {
      each.calls(s3, { port: 'tls' });
      each.calls(s3, { port: 'http', paths: ['/v1/*'] });
    });
    service(chart, 'stranger');
  });
});

afterAll(() => stage.cluster.disconnect());

async function send(from: string, request: EchoRequest): Promise<EchoResult[]> {
  return stage.cluster.send(`stage/${from}`, [{ timeoutMs: 10_000, ...request }]);
}

/** Who answered: a host outside, or nobody. */
async function answered(from: string, request: EchoRequest): Promise<string | undefined> {
  const [{ status, echo }] = await send(from, request);
  return status === 200 ? echo?.pod : undefined;
}

const tcp = (url: string): EchoRequest => ({ protocol: 'tcp', url, body: 'select 1' });
const tls = (host: string): EchoRequest => ({ protocol: 'https', url: `https://${host}:443/` });

describe('over TCP', () => {
  test('several hosts on one port are told apart, each by the address that its name has for the program', async () => {
    expect(await answered('client', tcp('ledger.db.example.com:5432'))).toBe('ledger.db.example.com');
    expect(await answered('client', tcp('stock.db.example.com:5432'))).toBe('stock.db.example.com');
  });

  test.each(['client', 'plain'])('%s reaches a host by its own address', async (from) => {
    expect(await answered(from, tcp('customers.db.example.com:5432'))).toBe('customers.db.example.com');
    expect(await answered(from, tcp('archive.db.example.com:3306'))).toBe('archive.db.example.com');
  });

  test('each of a host\'s addresses is one of it', async () => {
    expect(await answered('plain', tcp('10.8.0.9:5432'))).toBe('customers.db.example.com');
  });

  test('so is each of addresses and blocks together', async () => {
    const asked = ['10.9.3.9:3307', '10.9.4.5:3307', '10.9.5.9:3307', '10.9.6.9:3307'];
    await Promise.all(asked.map(url => send('client', { ...tcp(url), timeoutMs: 300 })));
    const taken = async () => {
      const log = await stage.cluster.accessLog('stage/client');
      return Object.fromEntries(asked.map(url => [url, log.find(line => line.downstream_local_address === url)?.upstream_cluster]));
    };
    // Nobody is there: a line is written when the proxy has given up
    expect(await eventually(taken, clusters => !Object.values(clusters).includes(undefined))).toEqual({
      ...Object.fromEntries(asked.map(url => [url, 'outbound|3307||mixed.db.example.com'])), '10.9.6.9:3307': 'BlackHoleCluster',
    });
  });

  test('who does not call a host has no answer, by name or by address', async () => {
    for (const [from, url] of [
      ['stranger', 'ledger.db.example.com:5432'], ['stranger', 'customers.db.example.com:5432'], ['stranger', '10.8.0.7:5432'],
      ['plain', 'ledger.db.example.com:5432'], ['client', '10.8.0.8:5432'], ['client', 'customers.db.example.com:3306'],
    ]) {
      expect(`${from} ${url} ${await answered(from, tcp(url))}`).toBe(`${from} ${url} undefined`);
    }
  });
});

describe('a client whose proxy answers DNS', () => {
  test('reaches hosts that are told by name as before, with what was declared of them', async () => {
    const [charge, other] = await Promise.all(['/v1/charge', '/v2/charge'].map(path => send('client', { url: `http://api.pay.example.com${path}` })));

    expect([charge[0].status, other[0].status]).toEqual([200, 403]);
    expect(await answered('client', tls('api.pay.example.com'))).toBe('api.pay.example.com');
  });

  test('reaches services of the mesh', async () => {
    expect((await send('client', { url: 'http://orders:8080/' }))[0].status).toBe(200);
  });

  test('finds no name that there is not', async () => {
    expect((await send('client', { url: 'http://nowhere.example.com/' }))[0].status).toBe(0);
  });
});

describe('endpoints', () => {
  test('answer to a name that no DNS knows, by their weights, and to what was declared', async () => {
    const answers = await send('client', { url: 'http://legacy.nowhere.example.com/v1/a', count: 400, concurrency: 4 });
    const first = answers.filter(({ echo }) => echo?.pod === '10.10.0.7').length;

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(first).toBeGreaterThan(240);
    expect(first).toBeLessThan(360);
    expect((await send('client', { url: 'http://legacy.nowhere.example.com/v2/a' }))[0].status).toBe(403);
  });
});

describe('a wildcard', () => {
  test.each(['client', 'plain'])('leads %s over TLS to the host that is asked for', async (from) => {
    const [{ status, echo }] = await send(from, tls('bucket.s3.example.com'));

    expect(status).toBe(200);
    expect(echo).toMatchObject({ pod: '*.s3.example.com', serverName: 'bucket.s3.example.com' });
  });

  test.each(['client', 'plain'])('leads %s over HTTP there with what was declared', async (from) => {
    const [declared, other] = await Promise.all(['/v1/a', '/v2/a'].map(path => send(from, { url: `http://bucket.s3.example.com${path}` })));

    expect([declared[0].status, other[0].status]).toEqual([200, 403]);
    expect(declared[0].echo).toMatchObject({ pod: '*.s3.example.com', host: 'bucket.s3.example.com' });
  });

  test('leads to no other host, and nobody else there', async () => {
    expect(await answered('plain', tls('api.pay.example.com'))).toBeUndefined();
    expect(await answered('stranger', tls('bucket.s3.example.com'))).toBeUndefined();
  });
});

test('istioctl analyze has nothing against it', async () => {
  expect(await analysis(stage.cluster, await stage.cluster.list('networking.istio.io/v1', 'ServiceEntry', 'stage'))).toEqual([]);
});
