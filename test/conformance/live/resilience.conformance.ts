import { ApiObject, Duration } from 'cdk8s';
import {
  CallOptions, CircuitBreaker, LoadBalancing, Locality, MeshPort, MeshServiceProps, Percent, Retries, RetryOn,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
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
  const [result] = await stage.cluster.send('stage/client', [{ url: `${SERVER}${path}`, method, headers: { 'x-echo-key': `${method} ${path}`, ...headers } }]);
  return { status: result.status, durationMs: result.durationMs, arrived: (await stage.arrived('orders', 'v1', path)).length };
}

describe('a call with a timeout of 500ms', () => {
  beforeAll(() => calling([{ paths: ['/slow', '/quick'], timeout: Duration.millis(500) }, { paths: ['/patient'] }]));

  test('cuts an answer that takes longer', async () => {
    const { status, durationMs } = await failing('/slow', 'GET', { 'x-echo-delay': '3s' });
    expect(status).toBe(504);
    expect(durationMs).toBeGreaterThan(450);
    expect(durationMs).toBeLessThan(2500);
  });

  test('lets one through that takes less', async () => {
    expect((await failing('/quick', 'GET', { 'x-echo-delay': '100ms' })).status).toBe(200);
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
  await calling([{ timeout: Duration.seconds(2), retries: Retries.upTo(2, { perTryTimeout: Duration.millis(300) }) }]);
  const { status, arrived, durationMs } = await failing('/tries', 'GET', { 'x-echo-delay': '3s' });
  expect({ status, arrived }).toEqual({ status: 504, arrived: 3 });
  expect(durationMs).toBeLessThan(2200);
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
  const users = ['ann', 'bob', 'eve', 'joe', 'kim', 'lee', 'max', 'pat'];
  const pods = await Promise.all(users.map(async user => Object.keys(countBy(
    await stage.cluster.send('stage/client', [{ url: `${SERVER}/sticky`, headers: { 'x-user': user }, count: 20 }]), ({ echo }) => echo?.pod))));
  pods.forEach(ofUser => expect(ofUser).toHaveLength(1));
  expect(new Set(pods.flat()).size).toBeGreaterThan(1);
});

describe('clients of a zone', () => {
  const BREAKER = CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(100) });

  /** One pod in the client's zone and one in another. */
  const zones = async (locality?: Locality, circuitBreaker: CircuitBreaker | null = BREAKER): Promise<{ [zone: string]: number }> => {
    await stage.show((chart, client) => {
      const orders = service(chart, 'orders', { circuitBreaker: circuitBreaker ?? undefined, loadBalancing: LoadBalancing.roundRobin({ locality }) });
      client.calls(orders);
      [client, orders].forEach(({ deployment }) => deployment.podMetadata.addLabel('istio-locality', 'region.near'));
      const { spec } = ApiObject.of(orders.deployment).toJson();
      new ApiObject(chart, 'far', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'far' }, spec: inZone(spec, 'region.far') });
    });
    const results = await stage.cluster.send('stage/client', [{ url: `${SERVER}/zone`, count: 60 }]);
    return countBy(results, ({ status, echo }) => status !== 200 ? String(status) : echo?.pod.startsWith('far-') ? 'far' : 'near');
  };

  test('go to the pods of every zone', async () => {
    expect(await zones()).toEqual({ near: 30, far: 30 });
  });

  test('stay in their zone when the service says so', async () => {
    expect(await zones(Locality.failover())).toEqual({ near: 60 });
  });

  test('stay in their zone without a circuit breaker when the Kubernetes Service says so', async () => {
    expect(await zones(Locality.preferSameZone(), null)).toEqual({ near: 60 });
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
