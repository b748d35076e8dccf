import { ApiObject, Chart, Duration } from 'cdk8s';
import {
  CallOptions, CircuitBreaker, ConnectionPool, ExternalService, FailoverOptions, HashAlgorithm, LoadBalancing, Locality, MeshPort, MeshService,
  MeshServiceProps, Percent, Retries, RetryBudget, RouteMatch, ServiceVersion, StringMatch, UpstreamProtocol, WarmUp,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { eventually } from '../support/eventually';
import { Stage, service } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;

const SECOND = Duration.seconds(1);
const EVERY = Percent.of(100);
const QUICK = { interval: Duration.millis(100), ejectionTime: Duration.seconds(6), maxEjection: Percent.of(34) };

/** Settings of the ports of one service, by the name of the port. */
const BOUNDS = {
  'http-pending': MeshPort.http(8080, { name: 'http-pending', connectionPool: ConnectionPool.of({ maxConnections: 1, maxPendingRequests: 1 }) }),
  'http-requests': MeshPort.http(8081, { name: 'http-requests', connectionPool: ConnectionPool.of({ maxRequests: 2 }) }),
  'http-idle': MeshPort.http(8082, { name: 'http-idle', connectionPool: ConnectionPool.of({ idleTimeout: SECOND }) }),
  'http-fresh': MeshPort.http(8083, { name: 'http-fresh', connectionPool: ConnectionPool.of({ maxRequestsPerConnection: 1 }) }),
  'http-old': MeshPort.http(8084, { name: 'http-old', connectionPool: ConnectionPool.of({ maxConnectionDuration: SECOND }) }),
  'http-plain': MeshPort.http(8085, { name: 'http-plain' }),
  'http2-streams': MeshPort.http2(8086, { name: 'http2-streams', connectionPool: ConnectionPool.of({ maxConcurrentStreams: 2 }) }),
  'http-client': MeshPort.http(8087, { name: 'http-client', connectionPool: ConnectionPool.of({ protocol: UpstreamProtocol.AS_CLIENT }) }),
  'tcp': MeshPort.tcp(9090, { connectionPool: ConnectionPool.of({ maxConnections: 1 }) }),
};

const CHOICES = {
  'http-cookie': MeshPort.http(8080, { name: 'http-cookie', loadBalancing: LoadBalancing.byCookie('session', { ttl: Duration.hours(1), path: '/' }) }),
  'http-query': MeshPort.http(8081, { name: 'http-query', loadBalancing: LoadBalancing.byQueryParameter('user', { algorithm: HashAlgorithm.maglev() }) }),
  'http-source': MeshPort.http(8082, { name: 'http-source', loadBalancing: LoadBalancing.bySourceAddress() }),
  'http-breaker': MeshPort.http(8083, { name: 'http-breaker', circuitBreaker: CircuitBreaker.consecutiveErrors(3, QUICK) }),
  'http-local': MeshPort.http(8084, { name: 'http-local', circuitBreaker: CircuitBreaker.consecutiveLocalOriginErrors(3, { ...QUICK, ejectionTime: Duration.minutes(1) }) }),
  'http-gateway': MeshPort.http(8086, { name: 'http-gateway', circuitBreaker: CircuitBreaker.consecutiveErrors(4, { ...QUICK, ejectionTime: Duration.minutes(1), gatewayErrors: 2 }) }),
  'http-mixed': MeshPort.http(8087, { name: 'http-mixed', circuitBreaker: CircuitBreaker.consecutiveErrors(4, { ...QUICK, ejectionTime: Duration.minutes(1), gatewayErrors: 2 }) }),
  'http-health': MeshPort.http(8085, {
    name: 'http-health', circuitBreaker: CircuitBreaker.consecutiveErrors(3, { ...QUICK, ejectionTime: Duration.minutes(1), maxEjection: EVERY, minHealth: Percent.of(60) }),
  }),
};

const urlOf = (server: string, { port }: MeshPort, path = '/') => `http://${server}.stage:${port}${path}`;

function callAll(client: MeshService, server: MeshService, ports: { [name: string]: MeshPort }, options: { [name: string]: CallOptions } = {}) {
  Object.keys(ports).forEach(port => client.calls(server, { port, ...options[port] }));
}

const send = (request: EchoRequest): Promise<EchoResult[]> => stage.cluster.send('stage/client', [{ timeoutMs: 15_000, ...request }]);
const statuses = (results: EchoResult[]) => countBy(results, ({ status }) => String(status));
const podsOf = (results: EchoResult[]) => countBy(results, ({ status, echo }) => echo?.pod ?? String(status));

/** A counter of the client's proxy for one port, and of a service with versions for one of them. */
async function counted(server: string, { port }: MeshPort, name: string, subset = server === 'bounds' ? 'v1' : ''): Promise<number> {
  const page = await stage.cluster.admin('stage/client', `/stats?format=json&filter=${name}`);
  const stats: { name: string; value: number }[] = JSON.parse(page).stats;
  const ours = stats.filter(stat => stat.name?.includes(`outbound|${port}|${subset}|${server}.stage.`) && stat.name.endsWith(`.${name}`));
  if (ours.length !== 1) {
    throw new Error(`${ours.length} counters ${name} of ${server}:${port}`);
  }
  return ours[0].value;
}

/** The flags in the client's access log of what was answered so. */
async function flagsOf(path: string, status: number): Promise<string[]> {
  const read = async () => (await stage.cluster.accessLog('stage/client')).filter(line => line.path === path && Number(line.response_code) === status);
  const lines = await eventually(read, found => found.length > 0);
  return [...new Set(lines.map(line => line.response_flags))];
}

/** One pod of a service near to the client, and one in each other place. */
function placed(chart: Chart, client: MeshService, name: string, props: Partial<MeshServiceProps>, others: { [place: string]: string } = { far: 'region.far' }): void {
  const near = service(chart, name, { circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: EVERY }), ...props });
  client.calls(near);
  near.deployment.podMetadata.addLabel('istio-locality', 'region.near');
  near.deployment.podMetadata.addLabel('tier', 'silver');
  const { spec } = ApiObject.of(near.deployment).toJson();
  Object.entries(others).forEach(([place, locality]) => {
    const id = `${name}-${place}`;
    new ApiObject(chart, id, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: id }, spec: elsewhere(spec, locality) });
  });
}

function elsewhere(spec: Manifest, locality: string): Manifest {
  const { template } = spec;
  const labels = { 'istio-locality': locality, 'tier': 'gold' };
  return {
    ...spec,
    selector: { matchLabels: { ...spec.selector.matchLabels, ...labels } },
    template: { ...template, metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...labels } } },
  };
}

interface Scene {
  readonly labels?: FailoverOptions['labels'];
  readonly warm: number;
}

const BANK = 'api.bank.example.com';

/** For four fifths of this time a new pod has its least share: the requests must be sent within it, and the pod beside it must be older. */
const WARM_SECONDS = 30;
const WARM = LoadBalancing.roundRobin({ warmUp: WarmUp.over(Duration.seconds(WARM_SECONDS), { minimum: Percent.of(10), aggression: 0.1 }) });

/** Since when its first pod is known. */
let warmSince = 0;

/** Everything at once: what is one scene costs the start of its pods once. */
const show = ({ labels, warm }: Scene) => stage.show((chart, client) => {
  client.deployment.podMetadata.addAnnotation('proxy.istio.io/config', JSON.stringify({ concurrency: 1, proxyStatsMatcher: { inclusionRegexps: ['.*outbound.*'] } }));
  client.deployment.podMetadata.addLabel('istio-locality', 'region.near');
  const bounds = service(chart, 'bounds', { ports: Object.values(BOUNDS), connectionPool: ConnectionPool.of({ connectTimeout: Duration.millis(700) }) });
  callAll(client, bounds, BOUNDS);
  new ServiceVersion(chart, 'eu', { service: bounds, connectionPool: ConnectionPool.of({ maxRequests: 3 }) });
  bounds.addRoute('eu', { match: [RouteMatch.header('x-region', StringMatch.exactly('eu'))], version: 'eu' });
  const choices = service(chart, 'choices', { ports: Object.values(CHOICES), replicas: 3, loadBalancing: LoadBalancing.roundRobin() });
  callAll(client, choices, CHOICES, { 'http-local': { timeout: Duration.millis(1500) } });
  const whole = service(chart, 'whole', {
    retryBudget: RetryBudget.of(Percent.of(0), { minConcurrency: 1 }),
    connectionPool: ConnectionPool.of({
      protocol: UpstreamProtocol.HTTP2,
      http2Keepalive: { interval: Duration.seconds(30), timeout: Duration.millis(500) },
      tcpKeepalive: { time: Duration.minutes(5), interval: Duration.seconds(30), probes: 3 },
    }),
  });
  client.calls(whole, { retries: Retries.upTo(3) });
  client.calls(service(chart, 'passed', { loadBalancing: LoadBalancing.passthrough(), replicas: 2 }));
  const locality = labels ? Locality.failover({ labels }) : Locality.distribution([{ from: 'region/near', to: { 'region/near': 80, 'region/far': 20 } }]);
  placed(chart, client, 'zones', { loadBalancing: LoadBalancing.roundRobin({ locality }) });
  placed(chart, client, 'regions', {
    loadBalancing: LoadBalancing.roundRobin({ locality: Locality.failover({ regions: { region: 'reserve' } }) }),
    circuitBreaker: CircuitBreaker.consecutiveErrors(3, { ...QUICK, ejectionTime: Duration.minutes(1), maxEjection: EVERY }),
  }, { reserve: 'reserve.a', third: 'third.a' });
  const mixed = service(chart, 'mixed', { ports: [MeshPort.http(8080), MeshPort.tcp(9090)], connectionPool: ConnectionPool.of({ maxRequests: 1 }) });
  ['http', 'tcp'].forEach(port => client.calls(mixed, { port }));
  client.calls(new ExternalService(chart, 'bank', { host: BANK, ports: [MeshPort.http(80)], connectionPool: ConnectionPool.of({ maxRequests: 2 }) }));
  client.calls(service(chart, 'quiet', { proxy: { timeouts: { connectionIdle: SECOND } } }));
  client.calls(service(chart, 'warm', { replicas: warm, loadBalancing: WARM }));
});

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await show({ warm: 1 });
  warmSince = Date.now();
  await send({ url: 'http://quiet.stage:8080/' });
});

afterAll(() => stage.cluster.disconnect());

describe('bounds', () => {
  test.each([
    ['one connection and one that waits', BOUNDS['http-pending'], { 200: 2, 503: 6 }, {}, 'v1', 'upstream_rq_pending_overflow'],
    ['two requests at a time', BOUNDS['http-requests'], { 200: 2, 503: 6 }, {}, 'v1', 'upstream_rq_active_overflow'],
    ['of the port, for a version too', BOUNDS['http-pending'], { 200: 2, 503: 6 }, { 'x-region': 'eu' }, 'eu', 'upstream_rq_pending_overflow'],
    ['of the version, on a port that has others', BOUNDS['http-idle'], { 200: 3, 503: 5 }, { 'x-region': 'eu' }, 'eu', 'upstream_rq_active_overflow'],
  ])('%s: what is too much is answered 503, marked UO, and counted', async (name, port, expected, headers, version, counter) => {
    const path = `/${encodeURIComponent(name)}`;
    // Until there is a connection, the one that makes it waits too
    expect(statuses(await send({ url: urlOf('bounds', port), headers }))).toEqual({ 200: 1 });
    const results = await send({ url: urlOf('bounds', port, path), headers: { ...headers, 'x-echo-delay': '1500ms' }, count: 8, concurrency: 8 });

    expect(statuses(results)).toEqual(expected);
    expect(await flagsOf(path, 503)).toEqual(['UO']);
    expect(await counted('bounds', port, counter, version)).toBe(expected[503]);
  });

  test('of requests are none of connections over TCP', async () => {
    const connections = await send({ protocol: 'tcp', url: 'mixed.stage:9090', body: 'x', headers: { 'x-echo-delay': '700ms' }, count: 4, concurrency: 4 });

    expect(statuses(connections)).toEqual({ 200: 4 });
    await send({ url: 'http://mixed.stage:8080/' });
    expect(statuses(await send({ url: 'http://mixed.stage:8080/', headers: { 'x-echo-delay': '1500ms' }, count: 4, concurrency: 4 }))).toEqual({ 200: 1, 503: 3 });
  });

  test('of what is outside', async () => {
    await send({ url: `http://${BANK}/` });
    const results = await send({ url: `http://${BANK}/bounded`, headers: { 'x-echo-delay': '1500ms' }, count: 8, concurrency: 8 });

    expect(statuses(results)).toEqual({ 200: 2, 503: 6 });
    expect(await flagsOf('/bounded', 503)).toEqual(['UO']);
  });

  test('of streams have further connections', async () => {
    expect(statuses(await send({ protocol: 'http2', url: urlOf('bounds', BOUNDS['http2-streams']), headers: { 'x-echo-delay': '1500ms' }, count: 8, concurrency: 8 }))).toEqual({ 200: 8 });
    expect(await counted('bounds', BOUNDS['http2-streams'], 'upstream_cx_total')).toBe(4);
  });

  test('none where none are said', async () => {
    expect(statuses(await send({ url: urlOf('bounds', BOUNDS['http-plain']), headers: { 'x-echo-delay': '300ms' }, count: 8, concurrency: 8 }))).toEqual({ 200: 8 });
  });

  test('a connection over TCP that is too much is closed', async () => {
    const results = await send({ protocol: 'tcp', url: 'bounds.stage:9090', body: 'x', headers: { 'x-echo-delay': '1500ms' }, count: 4, concurrency: 4 });

    expect(statuses(results)).toEqual({ 0: 3, 200: 1 });
    expect(await counted('bounds', BOUNDS.tcp, 'upstream_cx_overflow')).toBe(3);
  });

  test.each([
    ['nobody uses for a second', BOUNDS['http-idle'], 'upstream_cx_idle_timeout'],
    ['is a second old', BOUNDS['http-old'], 'upstream_cx_max_duration_reached'],
  ])('a connection that %s is closed', async (_, port, counter) => {
    expect(statuses(await send({ url: urlOf('bounds', port) }))).toEqual({ 200: 1 });
    const active = () => counted('bounds', port, 'upstream_cx_active');

    expect(await counted('bounds', port, 'upstream_cx_total')).toBe(1);
    expect(await eventually(active, count => count === 0, 30)).toBe(0);
    expect(await counted('bounds', port, counter)).toBe(1);
  });

  test('a connection of which the server\'s proxy hears nothing for a second is closed by it', async () => {
    const counter = (name: string) => counted('quiet', MeshPort.http(8080), name);

    // Said to be closing after a second, and closed five seconds later: the request was the first one of all
    expect(await eventually(() => counter('upstream_cx_active'), count => count === 0)).toBe(0);
    expect([await counter('upstream_cx_total'), await counter('upstream_cx_destroy_remote')]).toEqual([1, 1]);
  });

  test.each(['http', 'http2'] as const)('the proxies speak the client\'s %s where the port says so, and the program gets HTTP/1.1', async (protocol) => {
    const port = BOUNDS['http-client'];
    const [{ status, echo }] = await send({ protocol, url: urlOf('bounds', port) });

    expect({ status, httpVersion: echo?.httpVersion }).toEqual({ status: 200, httpVersion: 'HTTP/1.1' });
    expect(await counted('bounds', port, protocol === 'http2' ? 'upstream_cx_http2_total' : 'upstream_cx_http1_total')).toBe(1);
  });

  test('a connection takes one request where no more are allowed', async () => {
    await send({ url: urlOf('bounds', BOUNDS['http-fresh']), count: 5 });
    await send({ url: urlOf('bounds', BOUNDS['http-plain']), count: 5 });

    expect(await counted('bounds', BOUNDS['http-fresh'], 'upstream_cx_total')).toBe(5);
    expect(await counted('bounds', BOUNDS['http-plain'], 'upstream_rq_total')).toBeGreaterThan(await counted('bounds', BOUNDS['http-plain'], 'upstream_cx_total'));
  });

  test('the proxies speak HTTP/2, and the program HTTP/1.1; its keepalive is the proxy\'s', async () => {
    const [{ echo }] = await send({ url: 'http://whole.stage:8080/' });
    const port = MeshPort.http(8080);

    expect(echo?.httpVersion).toBe('HTTP/1.1');
    expect(await counted('whole', port, 'upstream_cx_http2_total')).toBeGreaterThan(0);
    const clusters = (await stage.cluster.configDump('stage/client')).configs.flatMap((config: Manifest) => config.dynamic_active_clusters ?? []).map((each: Manifest) => each.cluster);
    const named = (name: string) => clusters.find((cluster: Manifest) => cluster.name.startsWith(name));
    expect(named('outbound|8080||whole.stage').upstream_connection_options.tcp_keepalive).toEqual({ keepalive_time: 300, keepalive_interval: 30, keepalive_probes: 3 });
    const [options] = Object.values<Manifest>(named('outbound|8080||whole.stage').typed_extension_protocol_options);
    expect(options.explicit_http_config.http2_protocol_options.connection_keepalive).toEqual({ interval: '30s', timeout: '0.500s' });
    expect(named('outbound|8085||bounds.stage').connect_timeout).toBe('0.700s');
  });

  test('retries keep to their budget', async () => {
    const before = await stage.arrived('whole', 'v1', '/failing');
    await send({ url: 'http://whole.stage:8080/failing', headers: { 'x-echo-status': '503', 'x-echo-delay': '100ms' }, count: 20, concurrency: 20 });
    const arrived = (await stage.arrived('whole', 'v1', '/failing')).length - before.length;

    // Without a budget each would be sent four times
    expect(arrived).toBeGreaterThan(20);
    expect(arrived).toBeLessThan(40);
    expect(await counted('whole', MeshPort.http(8080), 'upstream_rq_retry_overflow')).toBeGreaterThan(0);
  });
});

describe('one pod for one', () => {
  /** Few of them may all have the same pod by chance. */
  const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);

  /** Which pods each of them has met. */
  const met = async (request: (user: string) => EchoRequest) => {
    const results = await stage.cluster.send('stage/client', USERS.map(user => ({ id: user, count: 10, ...request(user) })), { parallel: 8 });
    return USERS.map(user => Object.keys(podsOf(results.filter(({ id }) => id === user))));
  };

  test('cookie, which the proxy sets where there is none', async () => {
    const url = urlOf('choices', CHOICES['http-cookie']);
    const [first] = await send({ url });
    const [, cookie] = /^(session="?[^";]+"?); Max-Age=3600; Path=\/; HttpOnly/.exec(first.headers?.['set-cookie'] ?? first.headers?.['Set-Cookie'] ?? '')!;

    expect(podsOf(await send({ url, headers: { cookie }, count: 20 }))).toEqual({ [first.echo?.pod]: 20 });
    const pods = await met(user => ({ url, headers: { cookie: `session=${user}` } }));
    pods.forEach(ofUser => expect(ofUser).toHaveLength(1));
    expect(new Set(pods.flat()).size).toBeGreaterThan(1);
  });

  test('query parameter, by a table', async () => {
    const pods = await met(user => ({ url: urlOf('choices', CHOICES['http-query'], `/?user=${user}`) }));

    pods.forEach(ofUser => expect(ofUser).toHaveLength(1));
    expect(new Set(pods.flat()).size).toBeGreaterThan(1);
  });

  test('source address', async () => {
    expect(Object.values(podsOf(await send({ url: urlOf('choices', CHOICES['http-source']), count: 30, concurrency: 3 })))).toEqual([30]);
  });

  test('and all in turn on a port that says nothing', async () => {
    expect(Object.values(podsOf(await send({ url: urlOf('choices', CHOICES['http-breaker']), count: 30 })))).toEqual([10, 10, 10]);
  });
});

test('where nobody chooses, the network does', async () => {
  const pods = podsOf(await send({ url: 'http://passed.stage:8080/', count: 40, newConnection: true }));

  expect(Object.keys(pods).every(pod => pod.startsWith('passed-'))).toBe(true);
});

describe('a circuit breaker', () => {
  test('closed, open and closed again, with nothing between', async () => {
    const url = (path: string) => urlOf('choices', CHOICES['http-breaker'], path);
    const pods = async (count: number) => Object.keys(podsOf(await send({ url: url('/ok'), count }))).length;
    const fail = (count: number) => send({ url: url('/fail'), headers: { 'x-echo-status': '500' }, count });

    await fail(6);
    expect(await pods(30)).toBe(3);
    const opened = Date.now();
    await fail(9);
    expect(await pods(30)).toBe(2);
    expect(await counted('choices', CHOICES['http-breaker'], 'ejections_active')).toBe(1);
    expect(await eventually(() => pods(6), found => found === 3)).toBe(3);
    expect(Date.now() - opened).toBeGreaterThanOrEqual(6000);
    // Two failures of each are no more than they were before it opened
    await fail(6);
    expect(await pods(30)).toBe(3);
    expect(await counted('choices', CHOICES['http-breaker'], 'ejections_enforced_total')).toBe(1);
  });

  test.each([
    ['two gateway errors in a row', CHOICES['http-gateway'], [503, 503], 'ejections_enforced_consecutive_gateway_failure'],
    ['four errors in a row, whatever they are', CHOICES['http-mixed'], [503, 500, 503, 500], 'ejections_enforced_consecutive_5xx'],
  ])('opens after %s', async (_, port, codes, counter) => {
    const pods = async () => Object.keys(podsOf(await send({ url: urlOf('choices', port, '/ok'), count: 6 }))).length;
    // Each of the three pods gets one after the other
    for (const code of codes.slice(0, -1)) {
      await send({ url: urlOf('choices', port, '/fail'), headers: { 'x-echo-status': String(code) }, count: 3 });
    }
    expect(await counted('choices', port, 'ejections_enforced_total')).toBe(0);
    await send({ url: urlOf('choices', port, '/fail'), headers: { 'x-echo-status': String(codes.at(-1)) }, count: 3 });
    expect(await pods()).toBe(2);
    expect(await counted('choices', port, counter)).toBe(1);
    expect(await counted('choices', port, 'ejections_enforced_total')).toBe(1);
  });

  test('of local errors stays closed for answers, and opens where none come', async () => {
    const url = (path: string) => urlOf('choices', CHOICES['http-local'], path);
    const pods = async () => Object.keys(podsOf(await send({ url: url('/ok'), count: 30 }))).length;

    await send({ url: url('/fail'), headers: { 'x-echo-status': '500' }, count: 30 });
    expect(await pods()).toBe(3);
    expect(statuses(await send({ url: url('/slow'), headers: { 'x-echo-delay': '8s' }, count: 12, concurrency: 12 }))).toEqual({ 504: 12 });
    expect(await pods()).toBe(2);
  });

  test('ends where too few are well', async () => {
    const url = (path: string) => urlOf('choices', CHOICES['http-health'], path);

    await send({ url: url('/fail'), headers: { 'x-echo-status': '500' }, count: 12 });
    // All three are left out, and nothing but the bound has them asked
    expect(await counted('choices', CHOICES['http-health'], 'ejections_active')).toBe(3);
    const bounded = async () => {
      expect(statuses(await send({ url: url('/ok'), count: 6 }))).toEqual({ 200: 6 });
      return counted('choices', CHOICES['http-health'], 'lb_healthy_panic');
    };
    // After the first pod, Envoy gathers for a second what else is left out
    expect(await eventually(bounded, count => count > 0)).toBeGreaterThan(0);
    expect(Object.keys(podsOf(await send({ url: url('/ok'), count: 30 })))).toHaveLength(3);
  });
});

describe('near and far', () => {
  const places = async () => countBy(await send({ url: 'http://zones.stage:8080/', count: 1000, concurrency: 4 }), ({ echo }) => echo?.pod.startsWith('zones-far-') ? 'far' : 'near');

  test('by weight', async () => {
    const { near, far } = await places();

    expect(near + far).toBe(1000);
    expect(isShare(far, 1000, 20)).toBe(true);
  });

  test('to the region that is named, and to no other, when the own one has no pod that is well', async () => {
    const url = 'http://regions.stage:8080/';
    const regions = async () => countBy(await send({ url, count: 60 }), ({ echo }) => /^regions-(reserve|third)-/.exec(echo?.pod ?? '')?.[1] ?? 'own');
    const fail = () => send({ url, headers: { 'x-echo-status': '500' }, count: 3 });

    expect(await regions()).toEqual({ own: 60 });
    await fail();
    expect(await regions()).toEqual({ reserve: 60 });
    await fail();
    // After the first pod, Envoy gathers for a second what else is left out
    expect(await eventually(regions, found => found.third === 60)).toEqual({ third: 60 });
  });

  test('by a label, and a new pod by little at first', async () => {
    const all = Object.keys(podsOf(await send({ url: 'http://warm.stage:8080/', count: 10 })));
    expect(all).toHaveLength(1);
    await new Promise(resolve => setTimeout(resolve, warmSince + 1000 * WARM_SECONDS - Date.now()));
    await show({ warm: 2, labels: ['tier=gold'] });
    const pods = podsOf(await send({ url: 'http://warm.stage:8080/', count: 400 }));

    expect(await places()).toEqual({ far: 1000 });
    // A tenth of the weight of the other: one in eleven
    expect(isShare(400 - pods[all[0]], 400, 100 / 11)).toBe(true);
  });
});
