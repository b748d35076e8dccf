import { ApiObject, Duration } from 'cdk8s';
import {
  CallOptions, CircuitBreaker, ConnectionPool, LoadBalancing, Locality, MeshPort, MeshServiceProps, Percent, Retries, RetryOn, ServiceVersion,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { eventually } from '../support/eventually';
import { Stage, service } from '../support/stage';
import { countBy } from '../support/statistics';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
});

afterAll(() => stage.cluster.disconnect());

const SERVER = 'http://orders.stage:8080';

function calling(options: CallOptions[], props: Partial<MeshServiceProps> = {}) {
  return stage.show((chart, client) => {
    const orders = service(chart, 'orders', props);
    options.forEach(call => client.calls(orders, call));
  });
}

/** One request that the server is asked to fail, and how often it arrived. */
async function failing(path: string, method: string, headers: { [name: string]: string }) {
  const request = { url: `${SERVER}${path}`, method, headers: { 'x-echo-key': `${method} ${path}`, ...headers }, timeoutMs: 15_000 };
  const [result] = await stage.cluster.send('stage/client', [request]);
  return { status: result.status, durationMs: result.durationMs, arrived: (await stage.arrived('orders', 'v1', path)).length };
}

describe('a quiet connection over TCP', () => {
  const idle = async (connectionPool?: ConnectionPool) => {
    await stage.show(chart => service(chart, 'orders', { ports: [MeshPort.tcp(5432)], connectionPool }));
    const proxies: Manifest[] = [];
    JSON.stringify(await stage.cluster.configDump('stage/orders'), (_, value) => {
      if (value?.['@type']?.endsWith('.TcpProxy') && value.cluster === 'inbound|5432||') {
        proxies.push(value);
      }
      return value;
    });
    return [...new Set(proxies.map(({ idle_timeout: time }) => time))];
  };

  test('is kept for an hour by the server\'s own proxy, and for longer where the service says so', async () => {
    expect(await idle()).toEqual([undefined]);
    expect(await idle(ConnectionPool.of({ idleTimeout: Duration.hours(2) }))).toEqual(['7200s']);
    expect(await idle(ConnectionPool.of({ idleTimeout: Duration.seconds(0) }))).toEqual(['0s']);
  });
});

describe('a call with a timeout of 500ms', () => {
  beforeAll(() => calling([{ paths: ['/slow', '/quick'], timeout: Duration.millis(500) }, { paths: ['/patient'] }]));

  test('cuts an answer that takes longer', async () => {
    const { status, durationMs } = await failing('/slow', 'GET', { 'x-echo-delay': '8s' });
    expect(status).toBe(504);
    expect(durationMs).toBeGreaterThan(450);
    expect(durationMs).toBeLessThan(7500);
  });

  test('lets one through that takes less', async () => {
    // A busy machine may take longer than the program
    expect(await eventually(async () => (await failing('/quick', 'GET', { 'x-echo-delay': '100ms' })).status, status => status === 200)).toBe(200);
  });

  test('leaves the client\'s other call alone', async () => {
    expect((await failing('/patient', 'GET', { 'x-echo-delay': '1500ms' })).status).toBe(200);
  });
});

describe('a call that is retried up to twice', () => {
  beforeAll(() => calling([{ retries: Retries.upTo(2) }]));

  test('a GET that fails twice is sent three times and answered', async () => {
    expect(await failing('/a', 'GET', { 'x-echo-fail': '2' })).toMatchObject({ status: 200, arrived: 3 });
  });

  test('a GET that goes on failing is sent three times and no more', async () => {
    expect(await failing('/b', 'GET', { 'x-echo-fail': '9' })).toMatchObject({ status: 503, arrived: 3 });
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('a %s whose answer was a failure is sent once', async (method) => {
    expect(await failing(`/${method}`, method, { 'x-echo-fail': '9' })).toMatchObject({ status: 503, arrived: 1 });
  });

  test('a POST whose connection broke after it was read is sent once', async () => {
    expect(await failing('/dropped', 'POST', { 'x-echo-drop': 'true' })).toMatchObject({ status: 503, arrived: 1 });
  });

  test('a GET whose connection broke is sent again', async () => {
    expect((await failing('/dropped-get', 'GET', { 'x-echo-drop': 'true', 'x-echo-fail': '1' }))).toMatchObject({ status: 200, arrived: 2 });
  });
});

test('a GET whose try runs out of time is sent again, within the call\'s timeout', async () => {
  await calling([{ timeout: Duration.seconds(8), retries: Retries.upTo(2, { perTryTimeout: Duration.seconds(1) }) }]);
  const { status, arrived, durationMs } = await failing('/tries', 'GET', { 'x-echo-delay': '10s' });
  expect({ status, arrived }).toEqual({ status: 504, arrived: 3 });
  expect(durationMs).toBeLessThan(7500);
});

test('a call that asks for nothing sends a failing GET once', async () => {
  await calling([{}]);
  expect(await failing('/unasked', 'GET', { 'x-echo-fail': '9' })).toMatchObject({ status: 503, arrived: 1 });
  expect(await failing('/unasked-drop', 'GET', { 'x-echo-drop': 'true' })).toMatchObject({ status: 503, arrived: 1 });
});

test('Retries.none() sends a failing GET once', async () => {
  await calling([{ retries: Retries.none() }]);
  expect(await failing('/never', 'GET', { 'x-echo-fail': '9' })).toMatchObject({ status: 503, arrived: 1 });
});

test('a call whose failures may happen twice repeats a POST too', async () => {
  await calling([{ retries: Retries.upTo(2, { on: [RetryOn.GATEWAY_ERROR] }) }]);
  expect(await failing('/twice', 'POST', { 'x-echo-fail': '2' })).toMatchObject({ status: 200, arrived: 3 });
});

describe('a call that names codes and pauses', () => {
  beforeAll(() => calling([{ retries: Retries.upTo(2, { codes: [429], backoff: Duration.millis(400) }) }]));

  test('repeats a GET after the code, and a POST not', async () => {
    expect(await failing('/limited', 'GET', { 'x-echo-status': '429', 'x-echo-fail': '2' })).toMatchObject({ status: 200, arrived: 3 });
    expect(await failing('/limited-post', 'POST', { 'x-echo-status': '429', 'x-echo-fail': '2' })).toMatchObject({ status: 429, arrived: 1 });
    expect(await failing('/unnamed', 'GET', { 'x-echo-status': '500', 'x-echo-fail': '2' })).toMatchObject({ status: 500, arrived: 1 });
  });

  test('takes longer than without', async () => {
    // Pauses are drawn from 0 to 400 and to 800 ms, without a word of it from 0 to 25 and to 50
    const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/paused`, headers: { 'x-echo-status': '503' }, count: 10, concurrency: 10 }]);
    expect(Math.max(...results.map(({ durationMs }) => durationMs))).toBeGreaterThan(300);
    expect(Math.max(...results.map(({ durationMs }) => durationMs))).toBeLessThan(2500);
  });
});

describe('a retry where a hash picks the pod', () => {
  const USERS = Array.from({ length: 16 }, (_, index) => `user-${index}`);
  /** A pod fails each user's first request to it. */
  const answered = async (ignorePreviousHosts?: boolean, weight?: number) => {
    await stage.show((chart, client) => {
      const orders = service(chart, 'orders', { replicas: 2, loadBalancing: LoadBalancing.byHeader('x-user') });
      client.calls(orders, { retries: Retries.upTo(1, { ignorePreviousHosts }) });
      if (weight !== undefined) {
        new ServiceVersion(chart, 'eu', { service: orders, weight });
      }
    });
    const results = await Promise.all(USERS.map(user => stage.cluster.send('stage/client', [
      { url: `${SERVER}/picked`, headers: { 'x-user': user, 'x-echo-fail': '1', 'x-echo-key': `${user} ${ignorePreviousHosts} ${weight}` } },
    ])));
    return results.flat().filter(({ status }) => status === 200).length;
  };

  test('goes to the same one', async () => expect(await answered()).toBe(16));

  test('goes to the same one where versions share the requests', async () => expect(await answered(undefined, 50)).toBe(16));

  test('goes to another one where the call says so', async () => {
    // A ring has a pod at many places: its next place may be the same pod's, up to five times, which one user in 32 meets
    expect(await answered(true)).toBeLessThan(7);
  });
});

test('a proxy gives up a request in which nothing moves, and one of its own program that goes on for too long', async () => {
  await stage.show((chart, client) => {
    const [idle, orders] = [service(chart, 'idle', { proxy: { timeouts: { streamIdle: Duration.millis(500) } } }), service(chart, 'orders')];
    client.calls(idle);
    service(chart, 'impatient', { proxy: { timeouts: { stream: Duration.millis(500) } } }).calls(orders);
  });
  for (const [client, server] of [['client', 'idle'], ['impatient', 'orders']]) {
    const after = async (delay: string) => (
      await stage.cluster.send(`stage/${client}`, [{ url: `http://${server}.stage:8080/`, headers: { 'x-echo-delay': delay }, timeoutMs: 15_000 }]))[0];
    const slow = await after('8s');
    expect(await eventually(async () => (await after('100ms')).status, status => status === 200)).toBe(200);
    expect([408, 504]).toContain(slow.status);
    expect(slow.durationMs).toBeGreaterThan(450);
    expect(slow.durationMs).toBeLessThan(7500);
  }
});

describe('gRPC', () => {
  const METHOD = '/orders.v1.Orders/Get';
  const send = async (key: string, fail: number) => {
    const before = (await stage.arrived('orders', 'v1', METHOD)).length;
    const [result] = await stage.cluster.send('stage/client', [{
      protocol: 'grpc', url: 'orders.stage:50051', path: METHOD, headers: { 'x-echo-key': key, 'x-echo-fail': String(fail) },
    }]);
    return { grpcStatus: result.grpcStatus, arrived: (await stage.arrived('orders', 'v1', METHOD)).length - before };
  };
  const grpc = (retries?: Retries) => calling([{ paths: [METHOD], retries }], { ports: [MeshPort.grpc(50051)] });

  test('UNAVAILABLE is repeated when the call says so', async () => {
    await grpc(Retries.upTo(2, { on: [RetryOn.UNAVAILABLE] }));
    expect(await send('said', 2)).toEqual({ grpcStatus: 0, arrived: 3 });
  });

  test('a call that asks for nothing is sent once', async () => {
    await grpc();
    expect(await send('unasked', 2)).toEqual({ grpcStatus: 14, arrived: 1 });
  });

  test('a call that was answered is not repeated otherwise', async () => {
    await grpc(Retries.upTo(2));
    expect(await send('unsaid', 2)).toEqual({ grpcStatus: 14, arrived: 1 });
  });
});

test('the circuit breaker leaves a failing pod out, and not more than half of them', async () => {
  const circuitBreaker = CircuitBreaker.consecutiveErrors(5, { interval: Duration.seconds(1), ejectionTime: Duration.seconds(60) });
  await calling([{}], { replicas: 2, circuitBreaker });
  const before = await stage.cluster.send('stage/client', [{ url: `${SERVER}/ok`, count: 60 }]);
  expect(Object.keys(countBy(before, ({ echo }) => echo?.pod))).toHaveLength(2);
  await stage.cluster.send('stage/client', [{ url: `${SERVER}/fail`, headers: { 'x-echo-status': '500' }, count: 40 }]);
  const after = await stage.cluster.send('stage/client', [{ url: `${SERVER}/ok`, count: 60 }]);
  expect(countBy(after, ({ status }) => String(status))).toEqual({ 200: 60 });
  expect(Object.keys(countBy(after, ({ echo }) => echo?.pod))).toHaveLength(1);
});

test('round robin is even', async () => {
  await calling([{}], { replicas: 3, loadBalancing: LoadBalancing.roundRobin() });
  const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/even`, count: 300 }]);
  const counts = Object.values(countBy(results, ({ echo }) => echo?.pod));
  expect(counts).toHaveLength(3);
  counts.forEach(count => expect(Math.abs(count - 100)).toBeLessThanOrEqual(2));
});

test('by a header: one value, one pod', async () => {
  await calling([{}], { replicas: 3, loadBalancing: LoadBalancing.byHeader('x-user') });
  // Few of them may all have the same pod by chance
  const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  const results = await stage.cluster.send('stage/client', users.map(user => ({ id: user, url: `${SERVER}/sticky`, headers: { 'x-user': user }, count: 20 })), { parallel: 8 });
  const pods = users.map(user => Object.keys(countBy(results.filter(({ id }) => id === user), ({ echo }) => echo?.pod)));
  pods.forEach(ofUser => expect(ofUser).toHaveLength(1));
  expect(new Set(pods.flat()).size).toBeGreaterThan(1);
});

describe('clients of a zone', () => {
  const BREAKER = CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(100) });

  /** One pod in the client's zone and one in another. */
  const inZones = (locality?: Locality, circuitBreaker: CircuitBreaker | null = BREAKER, options?: CallOptions, ports?: MeshPort[]) => (
    stage.show((chart, client) => {
      const orders = service(chart, 'orders', { circuitBreaker: circuitBreaker ?? undefined, loadBalancing: LoadBalancing.roundRobin({ locality }), ...(ports && { ports }) });
      client.calls(orders, options);
      [client, orders].forEach(({ deployment }) => deployment.podMetadata.addLabel('istio-locality', 'region.near'));
      const { spec } = ApiObject.of(orders.deployment).toJson();
      new ApiObject(chart, 'far', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'far' }, spec: inZone(spec, 'region.far') });
    }));

  const zones = async (locality?: Locality, circuitBreaker?: CircuitBreaker | null, ports?: MeshPort[]): Promise<{ [zone: string]: number }> => {
    await inZones(locality, circuitBreaker, undefined, ports);
    const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/zone`, count: 60 }]);
    return countBy(results, ({ status, echo }) => status !== 200 ? String(status) : echo?.pod.startsWith('far-') ? 'far' : 'near');
  };

  test('go to the pods of every zone', async () => {
    expect(await zones()).toEqual({ near: 30, far: 30 });
  });

  test('stay in their zone when the service says so', async () => {
    expect(await zones(Locality.failover())).toEqual({ near: 60 });
  });

  test.each([
    [true, { near: 2, far: 2 }], [false, { near: 4 }],
  ])('leave it with the second retry, where the call says %s', async (remoteLocalities, expected) => {
    const circuitBreaker = CircuitBreaker.consecutiveErrors(100, { maxEjection: Percent.of(100) });
    await inZones(Locality.failover(), circuitBreaker, { retries: Retries.upTo(3, { remoteLocalities }) });
    await stage.cluster.send('stage/client', [{ url: `${SERVER}/remote-${remoteLocalities}`, headers: { 'x-echo-status': '503' } }]);
    const pods = (await stage.cluster.pods('stage')).filter(({ labels }) => labels.app === 'orders');
    const tries = await Promise.all(pods.map(async ({ name }) => (
      (await stage.cluster.requests(`stage/${name}`)).map(({ path }) => `${name.startsWith('far-') ? 'far' : 'near'} ${path}`))));
    expect(countBy(tries.flat().filter(text => text.endsWith(`/remote-${remoteLocalities}`)), text => text.split(' ')[0])).toEqual(expected);
  });

  test('stay in their zone without a circuit breaker when the Kubernetes Service says so', async () => {
    expect(await zones(Locality.preferSameZone(), null)).toEqual({ near: 60 });
    // A port that picks pods in another way says nothing of zones
    expect(await zones(Locality.preferSameZone(), null, [MeshPort.http(8080, { loadBalancing: LoadBalancing.random() })])).toEqual({ near: 60 });
    expect(await zones(Locality.off(), null)).toEqual({ near: 30, far: 30 });
  });
});

/** The same pods in another zone. */
function inZone(spec: Manifest, zone: string): Manifest {
  const { template } = spec;
  return {
    ...spec,
    selector: { matchLabels: { ...spec.selector.matchLabels, 'istio-locality': zone } },
    template: { ...template, metadata: { ...template.metadata, labels: { ...template.metadata.labels, 'istio-locality': zone } } },
  };
}
