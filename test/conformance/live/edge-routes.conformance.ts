import { ApiObject, Duration } from 'cdk8s';
import {
  CanaryRelease, CorsPolicy, DirectResponse, FaultInjection, GatewayServer, HeaderChanges, MeshGateway, MeshPort, Percent, Redirect,
  Rewrite, RouteMatch, ServerCertificate, StringMatch,
} from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysisOf, OF_GATEWAYS } from '../support/acceptance';
import { neighbours, PLAIN } from '../support/bystanders';
import { secretOf, selfSigned } from '../support/certificates';
import { eventually } from '../support/eventually';
import { service, Stage } from '../support/stage';
import { countBy } from '../support/statistics';

let stage: Stage;
let gateway: string;

const SHOP = 'shop.example.com';
const WWW = 'www.example.com';
const RPC = 'rpc.example.com';
const SITE = 'site.example.com';
const PAGE = 'https://pages.example.org';

/** Three services behind one gateway, and all that it may do to what passes it. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.cluster.apply(neighbours());
  await stage.show((chart) => {
    new ApiObject(chart, 'tls', secretOf(selfSigned(SHOP), { name: 'shop-tls' }));
    const orders = service(chart, 'orders', { ports: [MeshPort.http(80, { targetPort: 8080 })] });
    const frontend = service(chart, 'frontend');
    const site = service(chart, 'site');
    const rpc = service(chart, 'rpc', { ports: [MeshPort.grpc(8082)] });
    const edge = new MeshGateway(chart, 'border', {
      servers: [GatewayServer.http([SHOP, WWW, RPC, SITE]), GatewayServer.https([SHOP], { certificate: ServerCertificate.fromSecret('shop-tls') })],
      replicas: 1,
    });
    edge.exposes(orders, {
      hosts: [SHOP],
      methods: ['GET', 'PUT'],
      paths: ['/api/orders', '/api/orders/*'],
      rewrite: Rewrite.prefix('/v2'),
      cors: CorsPolicy.allow({
        origins: [StringMatch.exactly(PAGE), StringMatch.regex('https://[a-z]+\\.example\\.net')], headers: ['x-user'], exposeHeaders: ['x-total'], maxAge: Duration.minutes(10), credentials: true,
      }),
      headers: HeaderChanges.of({
        request: { set: { 'x-edge': '100%% of %REQ(x-user)%', 'x-tls': '%DOWNSTREAM_TLS_VERSION%' }, add: { 'x-list': 'edge' }, remove: ['x-debug'] },
        response: { set: { 'x-frame-options': 'DENY' }, remove: ['x-echo-pod'] },
      }),
    });
    edge.exposes(orders, { hosts: [SHOP], paths: ['/shops/{*}/orders'], rewrite: Rewrite.regex('^/shops/([^/]+)/orders$', '/orders/of/\\1', ['/orders/of/{*}']) });
    edge.exposes(orders, { hosts: [SHOP], paths: ['/status'], rewrite: Rewrite.path('/healthz').also(Rewrite.authority('orders.internal.example.com:8080')) });
    edge.exposes(frontend, { hosts: [SHOP], timeout: Duration.seconds(2) });
    site.addRoute('welcome', {
      match: [RouteMatch.path(StringMatch.exactly('/welcome'))], rewrite: Rewrite.path('/hello'), headers: HeaderChanges.of({ request: { set: { 'x-route': 'welcome' } } }),
    });
    site.addRoute('broken', { match: [RouteMatch.path(StringMatch.exactly('/broken'))], faults: [FaultInjection.abort(418)] });
    site.addRoute('closed', { match: [RouteMatch.path(StringMatch.exactly('/closed'))], directResponse: DirectResponse.of(410, { body: 'gone' }) });
    edge.exposes(site, { hosts: [SITE] });
    edge.exposes(rpc, { hosts: [RPC], paths: ['/echo.Echo/*'] });
    edge.redirects([WWW], Redirect.to({ host: SHOP, code: 308 }));
    edge.redirects([SHOP], Redirect.to({ path: '/catalogue', scheme: 'https', port: 8443, code: 302 }), { paths: ['/products/*'] });
    new CanaryRelease(chart, 'release', { service: orders, image: 'registry.example/orders:2.0.0', stages: [0, 0, 100], stage: 1, mirror: Percent.of(100) });
  });
  gateway = (await stage.cluster.get('v1', 'Service', 'border', 'stage'))!.spec.clusterIP;
});

afterAll(() => stage.cluster.disconnect());

/** From a pod outside of the mesh, as somebody outside of the cluster would. */
async function askAll(url: string, request: Partial<EchoRequest> = {}): Promise<EchoResult[]> {
  const secure = /^(https|wss):/.test(url);
  return stage.cluster.send(PLAIN, [{ url, protocol: secure ? 'https' : 'http', address: `${gateway}:${secure ? 443 : 80}`, timeoutMs: 15_000, ...request }]);
}

async function ask(url: string, request: Partial<EchoRequest> = {}): Promise<EchoResult> {
  const [answer] = await askAll(url, request);
  return answer;
}

describe('a rewrite', () => {
  test.each([
    ['/api/orders/7?a=b', '/v2/7?a=b', SHOP], ['/api/orders', '/v2', SHOP], ['/api/orders/', '/v2/', SHOP], ['/shops/7/orders?a=b', '/orders/of/7?a=b', SHOP], ['/status', '/healthz', 'orders.internal.example.com:8080'],
  ])('asks the service for another path than %s, which it allows', async (asked, path, host) => {
    const { status, echo } = await ask(`http://${SHOP}${asked}`);

    expect({ status, echo }).toMatchObject({ status: 200, echo: { workload: 'orders', path, host, headers: { 'x-envoy-original-path': asked } } });
  });

  test('opens no other path: what is not exposed is the frontend\'s', async () => {
    expect((await ask(`http://${SHOP}/v2/7`)).echo).toMatchObject({ workload: 'frontend', path: '/v2/7' });
    expect((await ask(`http://${SHOP}/api/ordersx`)).echo).toMatchObject({ workload: 'frontend' });
  });
});

test('headers are set, added and removed, on the way in and on the way out', async () => {
  const { echo, headers } = await ask(`https://${SHOP}/api/orders/7`, { headers: { 'x-user': 'ann', 'x-edge': 'mine', 'x-debug': '1', 'x-list': 'client' } });

  expect(echo?.headers).toMatchObject({ 'x-user': 'ann', 'x-edge': '100% of ann', 'x-tls': 'TLSv1.3', 'x-list': expect.stringMatching(/^client, ?edge$/) });
  expect(echo?.headers).not.toHaveProperty('x-debug');
  expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-echo-workload': 'orders' });
  expect(headers).not.toHaveProperty('x-echo-pod');
});

describe('pages of other origins', () => {
  const preflight = (origin: string, method: string, path: string) => (
    ask(`http://${SHOP}${path}`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'x-user' } }));

  test.each([[PAGE], ['https://shop.example.net']])('are told before a request what they may, if they are of %s', async (origin) => {
    const { status, headers, echo } = await preflight(origin, 'PUT', '/api/orders/asked');

    expect({ status, echo }).toEqual({ status: 200, echo: undefined });
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET,PUT',
      'access-control-allow-headers': 'x-user',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
    });
  });

  test.each([['https://evil.example.org'], ['null'], [`${PAGE}.evil.example.org`], ['https://shop.example.net:8443']])('are not, if they are of %s, and no program is asked', async (origin) => {
    const { status, headers, echo } = await preflight(origin, 'PUT', '/api/orders/asked');

    expect({ status, echo }).toEqual({ status: 200, echo: undefined });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(await stage.arrived('orders', 'v1', '/v2/asked')).toEqual([]);
  });

  test('are not told of methods and paths that have no such policy', async () => {
    for (const [method, path] of [['DELETE', '/api/orders/7'], ['GET', '/shops/7/orders'], ['GET', '/']]) {
      expect((await preflight(PAGE, method, path)).headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('may read the answers, if they are of an allowed origin', async () => {
    const answerTo = (origin: string) => ask(`http://${SHOP}/api/orders/7`, { headers: { origin } });

    expect((await answerTo(PAGE)).headers).toMatchObject({ 'access-control-allow-origin': PAGE, 'access-control-expose-headers': 'x-total', 'access-control-allow-credentials': 'true' });
    const { status, headers } = await answerTo('https://evil.example.org');
    expect({ status, allowed: headers?.['access-control-allow-origin'] }).toEqual({ status: 200, allowed: undefined });
  });
});

test.each([
  [`http://${WWW}/orders/7?a=b`, 308, `http://${SHOP}/orders/7?a=b`], [`http://${SHOP}/products/7?a=b`, 302, `https://${SHOP}:8443/catalogue?a=b`],
])('a redirect of %s answers %i with the other address', async (url, code, location) => {
  const { status, headers } = await ask(url);

  expect({ status, location: headers?.location }).toEqual({ status: code, location });
});

describe('what a service does on its own routes holds for what comes through the gateway', () => {
  test('a rewrite and headers', async () => {
    expect((await ask(`http://${SITE}/welcome`)).echo).toMatchObject({ workload: 'site', path: '/hello', headers: { 'x-route': 'welcome' } });
  });

  test('a fault and an answer of its own, of which no program hears', async () => {
    expect((await ask(`http://${SITE}/broken`)).status).toBe(418);
    expect(await ask(`http://${SITE}/closed`)).toMatchObject({ status: 410, body: 'gone' });
    expect([...await stage.arrived('site', 'v1', '/broken'), ...await stage.arrived('site', 'v1', '/closed')]).toEqual([]);
  });
});

describe('gRPC', () => {
  const call = (path: string) => ask(`${gateway}:80`, { protocol: 'grpc', path, body: 'hi', headers: { host: RPC }, address: undefined });

  test('is answered by its service', async () => {
    expect(await call('/echo.Echo/Echo')).toMatchObject({ status: 200, grpcStatus: 0, echo: { workload: 'rpc', protocol: 'grpc', body: 'hi', path: '/echo.Echo/Echo' } });
  });

  test('of what is not exposed is not implemented', async () => {
    expect(await call('/grpc.health.v1.Health/Check')).toMatchObject({ grpcStatus: 12 });
  });
});

describe('a WebSocket', () => {
  test.each([['ws'], ['wss']])('over %s carries messages both ways', async (scheme) => {
    const talk = await askAll(`${scheme}://${SHOP}/live`, { protocol: 'websocket', body: 'hello', headers: { 'x-echo-key': scheme }, count: 3 });

    expect(talk.map(({ status, echo }) => [status, echo?.workload, echo?.path, echo?.body, echo?.attempt])).toEqual([1, 2, 3].map(n => [101, 'frontend', '/live', 'hello', n]));
  });

  test('outlives the timeout of a request', async () => {
    const { status, error } = await ask(`ws://${SHOP}/live`, { protocol: 'websocket', body: 'hello', headers: { 'x-echo-delay': '3s' } });

    expect({ status, error }).toEqual({ status: 101, error: undefined });
    expect((await ask(`http://${SHOP}/live`, { headers: { 'x-echo-delay': '6s' } })).status).toBe(504);
  });
});

test('a release\'s mirror copies what comes in, with the path that the service is asked for', async () => {
  const results = await askAll(`http://${SHOP}/api/orders/copied`, { count: 100, concurrency: 4 });

  expect(countBy(results, ({ echo }) => echo?.version)).toEqual({ v1: 100 });
  // Nobody waits for a copy: the last ones arrive after the last answer
  expect(await eventually(async () => (await stage.arrived('orders', 'v2', '/v2/copied')).length, copies => copies >= 100)).toBe(100);
});

test('istioctl analyze has nothing against it', async () => {
  expect(await analysisOf(stage.cluster, ['stage'], OF_GATEWAYS)).toEqual([]);
});
