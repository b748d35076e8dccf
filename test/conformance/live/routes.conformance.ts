import { Duration } from 'cdk8s';
import {
  CorsPolicy, DirectResponse, FaultInjection, GrpcStatus, HeaderChanges, MeshPort, Percent, Redirect, Rewrite, RouteMatch, RouteMirror,
  ServiceVersion, StringMatch,
} from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { eventually } from '../support/eventually';
import { service, Stage } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;

const text = StringMatch.exactly;
const PAY = 'pay.example.com';
const HEADERS: [string, RouteMatch][] = [
  ['query', RouteMatch.queryParameter('version', text('next'))],
  ['present', RouteMatch.queryParameterPresent('preview')],
  ['authority', RouteMatch.authority(StringMatch.prefix('orders.stage.svc'))],
  ['plain', RouteMatch.path(text('/scheme')).also(RouteMatch.scheme('http'))],
  ['without', RouteMatch.path(text('/without')).also(RouteMatch.withoutHeader('x-user', text('ann')))],
  ['missing', RouteMatch.path(text('/missing')).also(RouteMatch.withoutHeader('x-user'))],
  ['letters', RouteMatch.path(StringMatch.prefix('/Letters/'), { ignoreCase: true })],
  ['grpc', RouteMatch.grpc('echo.Echo', 'Next')],
];

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.show((chart, client) => {
    const orders = service(chart, 'orders', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] });
    const next = new ServiceVersion(chart, 'next', { service: orders });
    HEADERS.forEach(([name, match]) => orders.addRoute(name, { match: [match], version: next.version }));
    const path = (value: string) => [RouteMatch.path(StringMatch.exactly(value))];
    orders.addRoute('gone', { match: path('/gone'), directResponse: DirectResponse.of(410, { body: '{"use":"/new"}', contentType: 'application/json' }) });
    orders.addRoute('moved', { match: path('/moved'), redirect: Redirect.to({ path: '/new', code: 307 }) });
    orders.addRoute('old', { match: [RouteMatch.path(StringMatch.prefix('/old/'))], rewrite: Rewrite.prefix('/new/') });
    orders.addRoute('changed', {
      match: path('/changed'), headers: HeaderChanges.of({ request: { set: { 'x-route': '%PROTOCOL%' } }, response: { set: { 'x-answer': 'changed' } } }),
    });
    orders.addRoute('shared', { match: path('/shared'), versions: { v1: 30, next: 70 } });
    orders.addRoute('copied', { match: path('/copied'), version: 'v1', mirrors: [RouteMirror.toVersion('next')] });
    orders.addRoute('pages', {
      match: [RouteMatch.path(StringMatch.prefix('/pages/'))],
      cors: CorsPolicy.allow({ origins: [text('https://shop.example.com')], methods: ['PUT'], headers: ['x-user'] }),
    });
    const audit = service(chart, 'audit', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] });
    orders.addRoute('audited', { match: [RouteMatch.path(StringMatch.prefix('/audited/'))], rewrite: Rewrite.prefix('/a/'), mirrors: [RouteMirror.to(audit)] });
    const stub = DirectResponse.of(200, { body: '[]', contentType: 'application/json' });
    const vault = service(chart, 'vault', { ports: [MeshPort.tls(8443, { sniHosts: [PAY, '*.eu.example.com'] }), MeshPort.tcp(9090)] });
    new ServiceVersion(chart, 'vault-next', { service: vault, version: 'next' });
    const cart = service(chart, 'cart');
    client.calls(cart, { paths: ['/cart/*'], rewrite: Rewrite.prefix('/v2/') });
    const other = service(chart, 'other');
    [client, other].forEach(each => ['tls', 'tcp'].forEach(port => each.calls(vault, { port })));
    vault.addConnectionRoute('pay', { port: 'tls', sniHosts: [PAY], version: 'next' });
    vault.addConnectionRoute('europeans', { port: 'tls', sniHosts: ['*.eu.example.com'], clients: [other], version: 'next' });
    vault.addConnectionRoute('readers', { port: 'tcp', clients: [other], versions: { v1: 30, next: 70 } });
    const qa = [RouteMatch.header('x-user', text('qa'))];
    other.calls(orders, { port: 'http', paths: ['/', '/old/*', '/changed', '/audited/mine'] });
    other.calls(orders, { port: 'http', paths: ['/stubbed/*', '/gone'], directResponse: stub });
    other.calls(orders, { port: 'http', paths: ['/left'], redirect: Redirect.to({ host: 'new.example.com', code: 307 }) });
    other.calls(service(chart, 'away', { ports: [MeshPort.http(8080)] }), { directResponse: stub });
    client.calls(orders, {
      port: 'http',
      timeout: Duration.seconds(2),
      headers: HeaderChanges.of({ request: { set: { 'x-of': 'client' } } }),
      faults: [
        FaultInjection.abort(418, { match: [RouteMatch.queryParameter('fail', text('teapot'))] }),
        FaultInjection.abort(503, { share: Percent.of(30), match: [RouteMatch.path(text('/share'))] }),
        FaultInjection.delay(Duration.seconds(3), { match: qa }),
      ],
    });
    client.calls(orders, { port: 'grpc', faults: [FaultInjection.abortGrpc(GrpcStatus.RESOURCE_EXHAUSTED, { match: qa })] });
  });
});

afterAll(() => stage.cluster.disconnect());

async function ask(path: string, request: Partial<EchoRequest> = {}, from = 'stage/client'): Promise<EchoResult> {
  const [result] = await stage.cluster.send(from, [{ url: `http://orders:8080${path}`, timeoutMs: 15_000, ...request }]);
  return result;
}

/** Nobody waits for a copy. */
async function copied(workload: string, version: string, path: string) {
  return eventually(() => stage.arrived(workload, version, path), found => found.length > 0);
}

describe('a route is for the requests', () => {
  const version = async (path: string, headers: { [name: string]: string } = {}, url = 'http://orders:8080') => (await ask('', { url: `${url}${path}`, headers })).echo?.version;

  test('of a query parameter, by its value and by its being there', async () => {
    expect(await version('/?a=1&version=next')).toBe('next');
    expect(await version('/?version=nextt')).toBe('v1');
    expect(await version('/?preview')).toBe('next');
    expect(await version('/?previews=1')).toBe('v1');
  });

  test('that name the service in one way', async () => {
    expect(await version('/', {}, 'http://orders.stage.svc.cluster.local:8080')).toBe('next');
    expect(await version('/', {}, 'http://orders.stage:8080')).toBe('v1');
  });

  test('of a scheme', async () => expect(await version('/scheme')).toBe('next'));

  test('without a header, or with another value of it', async () => {
    expect(await version('/without')).toBe('next');
    expect(await version('/without', { 'x-user': 'bob' })).toBe('next');
    expect(await version('/without', { 'x-user': 'ann' })).toBe('v1');
    expect(await version('/missing')).toBe('next');
    expect(await version('/missing', { 'x-user': '' })).toBe('v1');
  });

  test('of a path in any letters', async () => {
    expect(await version('/LETTERS/a')).toBe('next');
    expect(await version('/letter/a')).toBe('v1');
  });

  test('of a gRPC method', async () => {
    const of = async (path: string) => (await ask('', { protocol: 'grpc', url: 'orders:50051', path })).echo?.version;
    expect([await of('/echo.Echo/Next'), await of('/echo.Echo/Other')]).toEqual(['next', 'v1']);
  });
});

describe('a fault of a call', () => {
  test('fails the requests that it is for, and reaches no server', async () => {
    expect((await ask('/failing?fail=teapot')).status).toBe(418);
    expect(await stage.arrived('orders', 'v1', '/failing?fail=teapot')).toEqual([]);
    expect((await ask('/failing')).status).toBe(200);
  });

  test('fails its share of them', async () => {
    const results = await stage.cluster.send('stage/client', [{ url: 'http://orders:8080/share', count: 600, concurrency: 8 }]);
    const counts = countBy(results, ({ status }) => String(status));
    expect(Object.keys(counts).sort()).toEqual(['200', '503']);
    expect({ counts, isShare: isShare(counts['503'], 600, 30) }).toEqual({ counts, isShare: true });
  });

  test('delays them beyond the timeout of the call, which does not count it', async () => {
    const { status, durationMs } = await ask('/', { headers: { 'x-user': 'qa' } });
    expect(status).toBe(200);
    expect(durationMs).toBeGreaterThan(2950);
  });

  test('delays and fails what both are for', async () => {
    const { status, durationMs } = await ask('/?fail=teapot', { headers: { 'x-user': 'qa' } });
    expect(status).toBe(418);
    expect(durationMs).toBeGreaterThan(2950);
  });

  test('holds on the way to another version too', async () => {
    expect((await ask('/?version=next&fail=teapot')).status).toBe(418);
  });

  test('fails a gRPC call by its status', async () => {
    const of = async (headers: { [name: string]: string }) => (await ask('', { protocol: 'grpc', url: 'orders:50051', path: '/echo.Echo/A', headers })).grpcStatus;
    expect([await of({ 'x-user': 'qa' }), await of({})]).toEqual([8, 0]);
  });

  test('is nothing to another client', async () => {
    const { status, durationMs } = await ask('/?fail=teapot', { headers: { 'x-user': 'qa' } }, 'stage/other');
    expect(status).toBe(200);
    expect(durationMs).toBeLessThan(2500);
  });
});

describe('a route', () => {
  test('answers by itself', async () => {
    const { status, headers } = await ask('/gone');
    expect({ status, type: headers?.['content-type'], length: headers?.['content-length'] }).toEqual({ status: 410, type: 'application/json', length: '14' });
    expect(await stage.arrived('orders', 'v1', '/gone')).toEqual([]);
  });

  test('redirects', async () => {
    const { status, headers } = await ask('/moved');
    expect({ status, location: headers?.location }).toEqual({ status: 307, location: 'http://orders:8080/new' });
  });

  test('rewrites the path, which the server lets in, also from a client whose paths are named', async () => {
    for (const from of ['stage/client', 'stage/other']) {
      expect((await ask('/old/7?a=b', {}, from)).echo).toMatchObject({ workload: 'orders', path: '/new/7?a=b' });
    }
    expect((await ask('/others', {}, 'stage/other')).status).toBe(403);
  });

  test('changes headers on the way in and out, beside those of the client\'s call', async () => {
    const [ofClient, ofOther] = [await ask('/changed'), await ask('/changed', {}, 'stage/other')];
    expect([ofClient, ofOther].map(({ echo, headers }) => [echo?.headers['x-route'], echo?.headers['x-of'], headers?.['x-answer']])).toEqual([
      ['HTTP/1.1', 'client', 'changed'], ['HTTP/1.1', undefined, 'changed'],
    ]);
  });

  test('copies its requests to another version', async () => {
    expect((await ask('/copied')).echo?.version).toBe('v1');
    expect([await stage.arrived('orders', 'v1', '/copied'), await copied('orders', 'next', '/copied')].map(({ length }) => length)).toEqual([1, 1]);
  });

  test('copies its requests to another service, as they are rewritten, for each client that may send them; the answer is the server\'s', async () => {
    for (const [from, path] of [['stage/client', 'all'], ['stage/other', 'mine']]) {
      const { status, echo } = await ask(`/audited/${path}?a=b`, {}, from);
      expect([status, echo?.workload, echo?.path]).toEqual([200, 'orders', `/a/${path}?a=b`]);
      const copies = await copied('audit', 'v1', `/a/${path}?a=b`);
      expect(copies.map(({ host }) => host)).toEqual(['orders:8080']);
    }
  });

  test('whose copies open the other service for nothing else, and none is made of other requests', async () => {
    const audit = async (path: string, from?: string) => (await ask('', { url: `http://audit:8080${path}` }, from)).status;
    expect([await audit('/a/direct'), await audit('/b'), await audit('/a/direct', 'stage/cart')]).toEqual([200, 403, 0]);
    await ask('/plain');
    expect(await stage.arrived('audit', 'v1', '/plain')).toEqual([]);
  });

  test('answers what a browser asks before it lets a page use it', async () => {
    const preflight = async (origin: string, path = '/pages/a') => {
      const { status, headers = {}, echo } = await ask(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT' } });
      const [allowed, methods, names] = ['origin', 'methods', 'headers'].map(name => headers[`access-control-allow-${name}`]);
      return { status, served: echo !== undefined, allowed, methods, names };
    };
    expect(await preflight('https://shop.example.com')).toEqual({
      status: 200, served: false, allowed: 'https://shop.example.com', methods: 'PUT', names: 'x-user',
    });
    expect(await preflight('https://evil.example.com')).toMatchObject({ served: false, allowed: undefined });
    expect(await preflight('https://shop.example.com', '/other')).toMatchObject({ served: true, allowed: undefined });
    const { headers, echo } = await ask('/pages/a', { method: 'PUT', headers: { origin: 'https://shop.example.com' } });
    expect([echo?.version, headers?.['access-control-allow-origin']]).toEqual(['v1', 'https://shop.example.com']);
  });

  test('shares its requests out', async () => {
    const results = await stage.cluster.send('stage/client', [{ url: 'http://orders:8080/shared', count: 400, concurrency: 8 }]);
    const shares = countBy(results, ({ echo }) => echo?.version);
    expect({ shares, isShare: isShare(shares.next, 400, 70) }).toEqual({ shares, isShare: true });
  });
});

describe('a call', () => {
  const of = async (path: string, from?: string) => {
    const { status, headers, echo } = await ask(path, {}, from);
    return { status, type: headers?.['content-type'], length: headers?.['content-length'], served: echo !== undefined };
  };
  const STUB = { status: 200, type: 'application/json', length: '2', served: false };

  test('is answered by the client\'s own proxy, before a route that answers, and the server gets nothing', async () => {
    expect([await of('/stubbed/a', 'stage/other'), await of('/gone', 'stage/other')]).toEqual([STUB, STUB]);
    expect(await stage.arrived('orders', 'v1', '/stubbed/a')).toEqual([]);
  });

  test('is nothing to another client', async () => {
    expect(await of('/stubbed/a')).toMatchObject({ status: 200, served: true });
    expect(await of('/left')).toMatchObject({ status: 200, served: true });
  });

  test('sends one client elsewhere', async () => {
    const { status, headers } = await ask('/left', {}, 'stage/other');
    expect({ status, location: headers?.location }).toEqual({ status: 307, location: 'http://new.example.com/left' });
  });

  test('stands in for a server that is open to nobody', async () => {
    const { status, headers, echo } = await ask('', { url: 'http://away:8080/any' }, 'stage/other');
    expect([status, headers?.['content-type'], echo]).toEqual([200, 'application/json', undefined]);
  });
});

test('a call rewrites its path, and the server lets in what results alone', async () => {
  expect((await ask('', { url: 'http://cart:8080/cart/7' })).echo).toMatchObject({ workload: 'cart', path: '/v2/7' });
  expect((await ask('', { url: 'http://cart:8080/other' })).status).toBe(403);
});

describe('connections', () => {
  /** To the address of the vault, by the name that is given. */
  async function open(from: string, name: string): Promise<EchoResult> {
    const address = `${(await stage.cluster.get('v1', 'Service', 'vault', 'stage'))!.spec.clusterIP}:8443`;
    return (await stage.cluster.send(from, [{ protocol: 'https', url: `https://${name}/`, address, timeoutMs: 10_000, newConnection: true }]))[0];
  }
  const led = async (from: string, name: string) => {
    const { status, echo } = await open(from, name);
    return status === 200 ? [echo?.version, echo?.serverName] : 'closed';
  };

  test('go by the name in their TLS, which nobody on the way ends', async () => {
    expect(await led('stage/client', PAY)).toEqual(['next', PAY]);
    expect(await led('stage/other', PAY)).toEqual(['next', PAY]);
    expect(await led('stage/client', 'vault.stage.svc.cluster.local')).toEqual(['v1', 'vault.stage.svc.cluster.local']);
  });

  test('go by name and client at once, and the others of the name keep the shares', async () => {
    expect(await led('stage/other', 'de.eu.example.com')).toEqual(['next', 'de.eu.example.com']);
    expect(await led('stage/client', 'de.eu.example.com')).toEqual(['v1', 'de.eu.example.com']);
  });

  test('for another name are closed', async () => {
    expect(await led('stage/client', 'other.example.com')).toBe('closed');
  });

  test('over TCP go by who makes them', async () => {
    const lines: EchoRequest = { protocol: 'tcp', url: 'vault.stage:9090', body: 'x', count: 300, concurrency: 6, newConnection: true };
    const shares = async (from: string) => countBy(await stage.cluster.send(from, [lines]), ({ status, echo }) => `${status} ${echo?.version}`);
    expect(await shares('stage/client')).toEqual({ '200 v1': 300 });
    const ofOther = await shares('stage/other');
    expect(Object.keys(ofOther).sort()).toEqual(['200 next', '200 v1']);
    expect({ ofOther, isShare: isShare(ofOther['200 next'], 300, 70) }).toEqual({ ofOther, isShare: true });
  });

  test('of who declares none reach no version', async () => {
    for (const name of [PAY, 'vault.stage.svc.cluster.local']) {
      expect(await led('stage/cart', name)).toBe('closed');
    }
  });
});
