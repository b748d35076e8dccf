import * as fs from 'node:fs';
import { Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  ExistingWorkload, ExtensionFilter, ExtensionPhase, ExternalService, FailStrategy, GatewayServer, GlobalRateLimit, LimitKey, LoadBalancing,
  LocalRateLimit, MeshDestination, MeshGateway, MeshPort, MeshService, Rate, RateLimit, RateLimitDomain, Rewrite, RouteMatch, StringMatch,
  TrafficExtension, TrafficMatch,
} from '../../../src';
import { analysis } from '../support/acceptance';
import { neighbours, PLAIN } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';
import { countBy } from '../support/statistics';
import { headerModule } from '../support/wasm';

/** What is slow enough that nothing of it comes back while a test runs. */
const SLOW = Duration.hours(1);

let stage: Stage;
let cluster: Stage['cluster'];

beforeAll(async () => {
  stage = await Stage.open();
  cluster = stage.cluster;
  await stage.clear();
});

afterAll(() => cluster.disconnect());

/** How often each status was the answer. */
async function statuses(from: string, at: string, count: number, headers: Record<string, string> = {}) {
  return countBy(await cluster.send(from, [{ url: `http://orders:8080${at}`, count, headers }]), ({ status }) => `${status}`);
}

describe('a limit of each pod', () => {
  beforeAll(() => stage.show((chart, client) => {
    const orders = service(chart, 'orders', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] });
    const others = ['other', 'third'].map(name => service(chart, name));
    [client, ...others].forEach((caller: MeshService) => ['http', 'grpc'].forEach(port => caller.calls(orders, { port, methods: port === 'http' ? ['GET', 'POST'] : undefined })));
    new LocalRateLimit(chart, 'limit', {
      service: orders,
      port: 'http',
      limits: [
        RateLimit.of(Rate.every(SLOW, 5), { from: client, match: [RouteMatch.path(StringMatch.exactly('/caller'))] }),
        RateLimit.of(Rate.every(SLOW, 3), { match: [RouteMatch.path(StringMatch.prefix('/slow/')), RouteMatch.path(StringMatch.regex('/[0-9]+/slow'))] }),
        RateLimit.of(Rate.every(SLOW, 4), { per: LimitKey.header('x-customer') }),
        RateLimit.of(Rate.every(SLOW, 2), { per: LimitKey.caller(), match: [RouteMatch.path(StringMatch.prefix('/each'))] }),
        RateLimit.of(Rate.every(Duration.millis(500), 1, { burst: 6 }), { match: [RouteMatch.path(StringMatch.exactly('/refills'))] }),
        RateLimit.of(Rate.every(SLOW, 2), { match: [RouteMatch.path(StringMatch.exactly('/counted'))] }),
        RateLimit.of(Rate.every(SLOW, 2), {
          match: [RouteMatch.path(StringMatch.exactly('/any.case'), { ignoreCase: true }).also(RouteMatch.withoutHeader('x-tier', StringMatch.exactly('gold')))],
        }),
        RateLimit.of(Rate.every(SLOW, 2), { match: [RouteMatch.path(StringMatch.exactly('/method')).also(RouteMatch.method(StringMatch.exactly('POST')))] }),
      ],
      tellsWhatIsLeft: true,
      answerHeaders: { 'x-limited-by': 'orders' },
    });
    new LocalRateLimit(chart, 'grpc-limit', { service: orders, port: 'grpc', limits: [RateLimit.of(Rate.every(SLOW, 2))] });
  }));

  test('for one caller touches no other', async () => {
    expect(await statuses('stage/client', '/caller', 12)).toEqual({ 200: 5, 429: 7 });
    expect(await statuses('stage/other', '/caller', 12)).toEqual({ 200: 12 });
  });

  test('for some paths holds for all who ask, whatever the query, and for no other path', async () => {
    expect(await statuses('stage/client', '/slow/1?a=/x', 2)).toEqual({ 200: 2 });
    expect(await statuses('stage/other', '/12/slow', 4)).toEqual({ 200: 1, 429: 3 });
    expect(await statuses('stage/client', '/fast/1?to=/slow/', 8)).toEqual({ 200: 8 });
    expect(await statuses('stage/client', '/fast?to=/12/slow', 8)).toEqual({ 200: 8 });
  });

  test('for a method leaves the others alone', async () => {
    const post = await cluster.send('stage/client', [{ url: 'http://orders:8080/method', method: 'POST', count: 5 }]);
    expect(countBy(post, ({ status }) => `${status}`)).toEqual({ 200: 2, 429: 3 });
    expect(await statuses('stage/client', '/method', 5)).toEqual({ 200: 5 });
  });

  test('for a path of any letter case, without a header, leaves those with it alone', async () => {
    expect(await statuses('stage/client', '/Any.Case', 4, { 'x-tier': 'gold' })).toEqual({ 200: 4 });
    expect(await statuses('stage/client', '/anyxcase', 4)).toEqual({ 200: 4 });
    expect(await statuses('stage/client', '/ANY.case?q=1', 2)).toEqual({ 200: 2 });
    expect(await statuses('stage/client', '/any.case', 2, { 'x-tier': 'free' })).toEqual({ 429: 2 });
  });

  test('counts no requests that may not be asked', async () => {
    const put = await cluster.send('stage/client', [{ url: 'http://orders:8080/counted', method: 'PUT', count: 5 }]);
    expect(countBy(put, ({ status }) => `${status}`)).toEqual({ 403: 5 });
    expect(await statuses('stage/client', '/counted', 4)).toEqual({ 200: 2, 429: 2 });
  });

  test('for each value of a header is one for each, and none for requests without', async () => {
    for (const customer of ['acme', 'umbrella']) {
      expect(await statuses('stage/client', '/', 6, { 'x-customer': customer })).toEqual({ 200: 4, 429: 2 });
    }
    expect(await statuses('stage/client', '/', 10)).toEqual({ 200: 10 });
  });

  test('for each caller is one for each', async () => {
    for (const caller of ['client', 'other', 'third']) {
      expect(await statuses(`stage/${caller}`, '/each', 5)).toEqual({ 200: 2, 429: 3 });
    }
  });

  test('is full again after a while, and no fuller than its burst', async () => {
    const first = await statuses('stage/client', '/refills', 40);
    expect(first[200]).toBeGreaterThanOrEqual(6);
    expect(first[429]).toBeGreaterThan(20);
    expect(await eventually(() => statuses('stage/client', '/refills', 1), counts => counts[200] === 1)).toEqual({ 200: 1 });
  });

  test('says what is left, and who refused', async () => {
    const [passed] = await cluster.send('stage/other', [{ url: 'http://orders:8080/', headers: { 'x-customer': 'initech' } }]);
    expect(passed.headers).toMatchObject({ 'x-ratelimit-limit': '4', 'x-ratelimit-remaining': '3' });
    const [refused] = await cluster.send('stage/client', [{ url: 'http://orders:8080/caller' }]);
    expect(refused).toMatchObject({ status: 429, headers: { 'x-limited-by': 'orders', 'x-ratelimit-remaining': '0' } });
  });

  test('of a gRPC port is answered in its own words', async () => {
    const results = await cluster.send('stage/client', [{ protocol: 'grpc', url: 'orders:50051', path: '/orders.v1.Orders/Get', count: 5 }]);
    expect(countBy(results, ({ grpcStatus }) => `${grpcStatus}`)).toEqual({ 0: 2, 8: 3 });
  });
});

test('a dry run lets all through and tells the program', async () => {
  await stage.show((chart, client) => {
    const orders = service(chart, 'orders');
    client.calls(orders);
    new LocalRateLimit(chart, 'limit', { service: orders, limits: [RateLimit.of(Rate.every(SLOW, 2))], dryRun: true });
  });
  const results = await cluster.send('stage/client', [{ url: 'http://orders:8080/', count: 5 }]);
  expect(countBy(results, ({ status, echo }) => `${status} ${echo?.headers?.['x-over-rate-limit'] ?? 'within'}`)).toEqual({ '200 within': 2, '200 true': 3 });
});

test('no analyzer has anything against a limit', async () => {
  const objects = synthesizeApp((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    const orders = service(chart, 'orders');
    new LocalRateLimit(chart, 'limit', { service: orders, limits: [RateLimit.of(Rate.perSecond(10), { per: LimitKey.caller() })] });
    new GlobalRateLimit(chart, 'global', {
      service: orders, rateLimitService: service(chart, 'limiter', { ports: [MeshPort.grpc(8081)] }), domain: RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(10)) }),
    });
    const filter = ExtensionFilter.lua('function envoy_on_request(handle) end');
    new TrafficExtension(chart, 'audit', { service: orders, filter });
    const edge = new MeshGateway(chart, 'border', { servers: [GatewayServer.http(['shop.example.com'])], trustedProxies: 1 });
    edge.exposes(orders, { hosts: ['shop.example.com'] });
    new LocalRateLimit(chart, 'edge-limit', { gateway: edge, limits: [RateLimit.of(Rate.perSecond(10), { per: LimitKey.clientAddress() })] });
    new TrafficExtension(chart, 'edge-audit', { gateway: edge, filter });
  });
  expect(await analysis(cluster, objects)).toEqual([]);
});

describe('an extension', () => {
  const tag = (function_: string, header: string) => ExtensionFilter.lua(`function ${function_}(handle) handle:headers():add("${header}", "seen") end`);

  test('sees what comes in, in its order, and what goes out to a port', async () => {
    await stage.show((chart, client) => {
      const orders = service(chart, 'orders');
      client.calls(orders, { methods: ['GET'] });
      new TrafficExtension(chart, 'answers', { service: orders, filter: tag('envoy_on_response', 'x-answer') });
      new TrafficExtension(chart, 'last', { service: orders, filter: order('last'), phase: ExtensionPhase.BEFORE_AUTHORIZATION, priority: -1 });
      new TrafficExtension(chart, 'first', { service: orders, filter: order('first'), phase: ExtensionPhase.BEFORE_AUTHORIZATION, priority: 1 });
      new TrafficExtension(chart, 'asks', { service: client, filter: tag('envoy_on_request', 'x-asked'), match: [TrafficMatch.outgoing(8080)] });
      new TrafficExtension(chart, 'early', { service: orders, filter: teapot('x-early'), phase: ExtensionPhase.BEFORE_AUTHORIZATION });
      new TrafficExtension(chart, 'late', { service: orders, filter: teapot('x-late'), phase: ExtensionPhase.BEFORE_STATISTICS });
    });
    const [got] = await cluster.send('stage/client', [{ url: 'http://orders:8080/' }]);
    expect(got).toMatchObject({ status: 200, headers: { 'x-answer': 'seen' } });
    expect(got.echo!.headers).toMatchObject({ 'x-order': 'first last', 'x-asked': 'seen' });
    // Who may not ask with POST is refused between the two
    const asked = (method: string, header: string) => ({ url: 'http://orders:8080/', method, headers: { [header]: 'true' } });
    const answers = await cluster.send('stage/client', [asked('GET', 'x-early'), asked('POST', 'x-early'), asked('GET', 'x-late'), asked('POST', 'x-late')]);
    expect(answers.map(({ status }) => status)).toEqual([418, 418, 418, 403]);
  });

  function teapot(header: string): ExtensionFilter {
    return ExtensionFilter.lua(`function envoy_on_request(handle)
      if handle:headers():get("${header}") then handle:respond({[":status"] = "418"}, "") end
    end`);
  }

  function order(name: string): ExtensionFilter {
    return ExtensionFilter.lua(`function envoy_on_request(handle)
      local before = handle:headers():get("x-order")
      handle:headers():replace("x-order", (before and before .. " " or "") .. "${name}")
    end`);
  }

  test('of a module runs it', async () => {
    // As if it were in the proxy's image: every pod has a /tmp of its own, and the machine's /var/tmp
    const folder = fs.mkdtempSync('/var/tmp/module-');
    fs.chmodSync(folder, 0o755);
    fs.writeFileSync(`${folder}/header.wasm`, headerModule('x-module', 'seen'));
    await stage.show((chart, client) => {
      const orders = service(chart, 'orders');
      client.calls(orders);
      new TrafficExtension(chart, 'module', { service: orders, filter: ExtensionFilter.wasm(`file://${folder}/header.wasm`) });
    });
    const [answer] = await eventually(() => cluster.send('stage/client', [{ url: 'http://orders:8080/' }]), ([{ headers }]) => headers?.['x-module'] === 'seen');
    expect(answer).toMatchObject({ status: 200, headers: { 'x-module': 'seen' } });
    fs.rmSync(folder, { recursive: true });
  });

  test('of a module that cannot be fetched closes what it is for, or lets it pass if it may', async () => {
    const url = 'http://modules.example.com/waf.wasm';
    await stage.show((chart, client) => {
      const modules = new ExternalService(chart, 'modules', { host: 'modules.example.com', ports: [MeshPort.http(80)] });
      (['closed', 'open'] as const).forEach((name) => {
        const server = service(chart, name);
        client.calls(server);
        new TrafficExtension(chart, `${name}-module`, {
          service: server,
          filter: ExtensionFilter.wasm(url, { fetchedFrom: [modules], sha256: 'a'.repeat(64), failStrategy: name === 'open' ? FailStrategy.OPEN : FailStrategy.CLOSE }),
        });
      });
    });
    const [closed, open] = await cluster.send('stage/client', ['closed', 'open'].map(name => ({ url: `http://${name}:8080/` })));
    expect([closed.status, open.status]).toEqual([403, 200]);
    expect((await cluster.requests('modules.example.com')).map((request) => request.path)).toContain('/waf.wasm');
  });
});

describe('a limit of all pods together', () => {
  const ASKED = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit';
  const on = (text: string) => [RouteMatch.path(StringMatch.exactly(text))];

  beforeAll(() => stage.show((chart, client) => {
    const limiter = service(chart, 'limiter', { ports: [MeshPort.grpc(8081)], env: { ECHO_RATE_LIMIT: kplus.EnvValue.fromValue('6') } });
    const gone = new ExistingWorkload(chart, 'gone', { namespace: 'stage', podLabels: { app: 'gone' }, ports: [MeshPort.grpc(8081)] });
    const other = service(chart, 'other');
    const limited = (name: string, rateLimitService: MeshDestination, failClosed?: boolean) => {
      // In turns: by chance alone all requests that are let through may be one pod's
      const server = service(chart, name, { replicas: name === 'orders' ? 2 : 1, loadBalancing: LoadBalancing.roundRobin() });
      [client, other].forEach(caller => caller.calls(server));
      const rate = Rate.perMinute(6);
      new GlobalRateLimit(chart, `${name}-limit`, {
        service: server,
        domain: RateLimitDomain.of(name, {
          all: RateLimit.of(rate, { match: on('/all') }),
          mine: RateLimit.of(rate, { from: client, match: on('/mine') }),
          each: RateLimit.of(rate, { per: LimitKey.caller(), match: on('/each') }),
        }),
        rateLimitService,
        failClosed,
        timeout: Duration.seconds(5), // A busy machine is no service that is gone
        answerHeaders: { 'x-limited-by': 'all' },
      });
    };
    limited('orders', limiter);
    limited('open', gone);
    limited('closed', gone, true);
  }));

  const asked = async () => countBy(await stage.arrived('limiter', 'v1', ASKED), ({ body }) => body);

  test('is counted for both pods', async () => {
    const answers = await cluster.send('stage/client', [{ url: 'http://orders:8080/all', count: 24, newConnection: true }]);
    expect(countBy(answers, ({ status }) => `${status}`)).toEqual({ 200: 6, 429: 18 });
    expect(answers.find(({ status }) => status === 429)!.headers).toMatchObject({ 'x-limited-by': 'all' });
    expect(Object.keys(countBy(answers.filter(({ status }) => status === 200), ({ echo }) => echo!.pod))).toHaveLength(2);
    expect(await asked()).toEqual({ 'orders limit=all': 24 });
  });

  test('asks about each caller by its identity, and of what no limit is for not at all', async () => {
    const spiffe = (name: string) => `orders limit=each,caller=spiffe://cluster.local/ns/stage/sa/${name}`;
    for (const caller of ['client', 'other']) {
      expect(await statuses(`stage/${caller}`, '/each', 8)).toEqual({ 200: 6, 429: 2 });
    }
    expect(await statuses('stage/client', '/mine', 8)).toEqual({ 200: 6, 429: 2 });
    expect(await statuses('stage/other', '/mine', 8)).toEqual({ 200: 8 });
    expect(await statuses('stage/other', '/none', 8)).toEqual({ 200: 8 });
    expect(await asked()).toEqual({ 'orders limit=all': 24, 'orders limit=mine': 8, [spiffe('client')]: 8, [spiffe('other')]: 8 });
  });

  test('lets requests pass while nobody counts, unless it is to be closed', async () => {
    expect(await eventually(() => cluster.send('stage/client', [{ url: 'http://open:8080/all' }]), ([{ status }]) => status === 200)).toMatchObject([{ status: 200 }]);
    const [closed, uncounted] = await cluster.send('stage/client', [{ url: 'http://closed:8080/all' }, { url: 'http://closed:8080/none' }]);
    expect([closed.status, uncounted.status]).toEqual([500, 200]);
  });
});

describe('at a gateway', () => {
  const [SHOP, API] = ['shop.example.com', 'api.example.com'];
  const on = (text: string) => [RouteMatch.path(StringMatch.exactly(text))];
  let gateway: string;

  beforeAll(async () => {
    await cluster.apply(neighbours());
    await stage.show((chart, client) => {
      const orders = service(chart, 'orders');
      client.calls(orders);
      const limiter = service(chart, 'limiter', { ports: [MeshPort.grpc(8081)], env: { ECHO_RATE_LIMIT: kplus.EnvValue.fromValue('3') } });
      const edge = new MeshGateway(chart, 'border', { servers: [GatewayServer.http([SHOP, API]), GatewayServer.http([SHOP], { port: 8088 })], replicas: 1, trustedProxies: 1 });
      edge.exposes(orders, { hosts: [SHOP, API], paths: ['/limits/*'] });
      edge.exposes(orders, { hosts: [SHOP, API], paths: ['/written/*'], rewrite: Rewrite.prefix('/asked/') });
      const slow = Rate.every(SLOW, 2);
      new LocalRateLimit(chart, 'edge-limit', {
        gateway: edge,
        limits: [
          RateLimit.of(slow, { hosts: [SHOP], match: on('/limits/host') }),
          RateLimit.of(slow, { per: LimitKey.clientAddress(), match: on('/limits/address') }),
          RateLimit.of(slow, { match: [RouteMatch.queryParameter('export', StringMatch.regex('full|all')).also(on('/limits/query')[0])] }),
          RateLimit.of(slow, { per: LimitKey.queryParameter('tenant'), match: on('/limits/tenant') }),
          RateLimit.of(slow, { match: on('/written/one') }),
          RateLimit.of(slow, { per: LimitKey.path(), match: [RouteMatch.path(StringMatch.prefix('/limits/each/'))] }),
          RateLimit.of(slow, { match: [...on('/nowhere'), RouteMatch.scheme('https')] }),
          RateLimit.of(Rate.every(Duration.millis(500), 1, { burst: 6 }), { match: on('/limits/refills') }),
        ],
        answerHeaders: { 'x-limited-by': 'edge' },
      });
      new GlobalRateLimit(chart, 'edge-limits', {
        gateway: edge,
        domain: RateLimitDomain.of('edge', {
          api: RateLimit.of(Rate.perMinute(3), { hosts: [API], match: on('/limits/all') }),
          client: RateLimit.of(Rate.perMinute(3), { per: LimitKey.clientAddress({ ipv4Prefix: 24 }), match: on('/limits/shared') }),
        }),
        rateLimitService: limiter,
        gatewayPort: 80,
        timeout: Duration.seconds(5),
      });
      new TrafficExtension(chart, 'edge-script', {
        gateway: edge,
        filter: ExtensionFilter.lua('function envoy_on_response(handle) handle:headers():add("x-script", "ran") end'),
        match: [TrafficMatch.gatewayPort(80)],
      });
    });
    gateway = (await cluster.get('v1', 'Service', 'border', 'stage'))!.spec.clusterIP;
  });

  async function asked(host: string, at: string, count: number, { port = 80, headers = {} as Record<string, string> } = {}) {
    return countBy(await cluster.send(PLAIN, [{ url: `http://${host}${at}`, address: `${gateway}:${port}`, count, headers }]), ({ status }) => `${status}`);
  }

  test('a limit of a host, however it is written, touches no other host, and nobody who comes another way', async () => {
    expect(await asked('SHOP.example.com:80', '/limits/host?x', 1)).toEqual({ 200: 1 });
    expect(await asked(SHOP, '/limits/host', 3)).toEqual({ 200: 1, 429: 2 });
    expect(await asked(API, '/limits/host', 4)).toEqual({ 200: 4 });
    expect(await asked(SHOP, '/limits/host', 3, { port: 8088 })).toEqual({ 200: 2, 429: 1 });
    expect(await statuses('stage/client', '/limits/host', 4)).toEqual({ 200: 4 });
  });

  test('a limit of a client counts by the address that the last trusted proxy has written', async () => {
    for (const address of ['203.0.113.7', '203.0.113.8']) {
      expect(await asked(SHOP, '/limits/address', 3, { headers: { 'x-forwarded-for': address } })).toEqual({ 200: 2, 429: 1 });
    }
    expect(await asked(SHOP, '/limits/address', 1, { headers: { 'x-forwarded-for': '198.51.100.9, 203.0.113.7' } })).toEqual({ 429: 1 });
  });

  test('a limit of a query parameter counts whichever of its values is one of the limit\'s', async () => {
    expect(await asked(SHOP, '/limits/query?export=fuller&x=full&export=', 4)).toEqual({ 200: 4 });
    expect(await asked(SHOP, '/limits/query?a=b&export=full', 1)).toEqual({ 200: 1 });
    expect(await asked(SHOP, '/limits/query?export=none&export=all&a', 2)).toEqual({ 200: 1, 429: 1 });
    for (const tenant of ['acme', 'umbrella']) {
      expect(await asked(SHOP, `/limits/tenant?tenant=${tenant}`, 3)).toEqual({ 200: 2, 429: 1 });
    }
    expect(await asked(SHOP, '/limits/tenant', 4)).toEqual({ 200: 4 });
  });

  test('a path is the client\'s, before it is rewritten, also one that nothing is exposed on', async () => {
    expect(await asked(SHOP, '/written/one', 3)).toEqual({ 200: 2, 429: 1 });
    expect(await asked(SHOP, '/written/two', 3)).toEqual({ 200: 3 });
    expect(await asked(SHOP, '/nowhere', 4)).toEqual({ 404: 2, 429: 2 });
    for (const path of ['/limits/each/1', '/limits/each/2']) {
      expect(await asked(SHOP, `${path}?a`, 1)).toEqual({ 200: 1 });
      expect(await asked(SHOP, `${path}?b`, 2)).toEqual({ 200: 1, 429: 1 });
    }
  });

  test('a bucket fills again', async () => {
    expect((await asked(SHOP, '/limits/refills', 40))[429]).toBeGreaterThan(20);
    expect(await eventually(() => asked(SHOP, '/limits/refills', 1), counts => counts[200] === 1)).toEqual({ 200: 1 });
  });

  test('who counts for all pods is asked by the gateway, of one host or for each network of clients', async () => {
    expect(await asked(API, '/limits/all', 5)).toEqual({ 200: 3, 429: 2 });
    expect(await asked(SHOP, '/limits/all', 5)).toEqual({ 200: 5 });
    expect(await asked(SHOP, '/limits/shared', 2, { headers: { 'x-forwarded-for': '203.0.113.7' } })).toEqual({ 200: 2 });
    expect(await asked(SHOP, '/limits/shared', 2, { headers: { 'x-forwarded-for': '203.0.113.200' } })).toEqual({ 200: 1, 429: 1 });
    expect(await asked(SHOP, '/limits/shared', 1, { headers: { 'x-forwarded-for': '198.51.100.9' } })).toEqual({ 200: 1 });
    const arrived = await stage.arrived('limiter', 'v1', '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit');
    expect(countBy(arrived, ({ body }) => body)).toEqual({
      'edge limit=api': 5, 'edge limit=client,masked_remote_address=203.0.113.0/24': 4, 'edge limit=client,masked_remote_address=198.51.100.0/24': 1,
    });
  });

  test('a script runs for what comes in by its port, and for nothing else', async () => {
    const scripted = async (port: number) => (await cluster.send(PLAIN, [{ url: `http://${SHOP}/limits/script`, address: `${gateway}:${port}` }]))[0].headers?.['x-script'];
    expect([await scripted(80), await scripted(8088)]).toEqual(['ran', undefined]);
    const [inside] = await cluster.send('stage/client', [{ url: 'http://orders:8080/limits/script' }]);
    expect(inside.headers).not.toHaveProperty('x-script');
  });
});
