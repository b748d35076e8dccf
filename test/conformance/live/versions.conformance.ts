import * as kplus from 'cdk8s-plus-28';
import { RouteMatch, ServiceVersion, StringMatch } from '../../../src';
import { lost, underLoad } from '../support/load';
import { service, Stage } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;

/** The service, one version of its identity with a share, and one that is somebody of its own, for whoever asks for it. */
const shown = (weight: number, routed = true, versions = true) => stage.show((chart, client) => {
  const orders = service(chart, 'orders');
  const [cart, ledger] = [service(chart, 'cart'), service(chart, 'ledger')];
  client.calls(orders);
  orders.calls(cart);
  if (!versions) {
    return;
  }
  new ServiceVersion(chart, 'beta', { service: orders, weight });
  const eu = new ServiceVersion(chart, 'eu', {
    service: orders, ownIdentity: true, replicas: 1, env: { ECHO_NOT_FOUND: kplus.EnvValue.fromValue('/only-elsewhere') },
  });
  eu.calls(ledger, { addressVariable: 'ECHO_CALL_AT_START' });
  if (routed) {
    orders.addRoute('europeans', { match: [RouteMatch.header('x-region', StringMatch.exactly('eu'))], version: 'eu' });
  }
});

const everybody = (count: number, headers = {}) => stage.cluster.send('stage/client', [{ url: 'http://orders:8080/', count, concurrency: 4, headers }]);
const statusOf = async (from: string, url: string, headers = {}) => (await stage.cluster.send(from, [{ url, headers, timeoutMs: 10_000 }]))[0].status;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await shown(0, false, false);
});

afterAll(() => stage.cluster.disconnect());

test('versions come under load, get what is theirs in the next commit, and no request is lost', async () => {
  const results = await underLoad(stage.cluster, 'stage/client', { url: 'http://orders:8080/' }, async () => {
    await shown(0, false);
    expect(countBy(await everybody(100), ({ echo }) => echo?.version)).toEqual({ v1: 100 });
    await shown(25);
  });
  expect(lost(results)).toEqual([]);

  const shares = countBy(await everybody(1000), ({ echo }) => echo?.version);
  expect({ shares, isShare: isShare(shares.beta, 1000, 25), eu: shares.eu }).toEqual({ shares, isShare: true, eu: undefined });
  expect(countBy(await everybody(50, { 'x-region': 'eu' }), ({ echo }) => echo?.version)).toEqual({ eu: 50 });
});

test('a version has its own environment', async () => {
  expect(await statusOf('stage/client', 'http://orders:8080/only-elsewhere', { 'x-region': 'eu' })).toBe(404);
  expect(await statusOf('stage/client', 'http://orders:8080/only-elsewhere')).toBe(200);
});

test('a version of the service\'s identity calls what the service calls, and one of its own what it declares', async () => {
  const calls = async (from: string) => [await statusOf(from, 'http://cart:8080/'), await statusOf(from, 'http://ledger:8080/')].map(status => status === 200);

  expect(await calls('stage/orders')).toEqual([true, false]);
  expect(await calls('stage/orders-beta')).toEqual([true, false]);
  expect(await calls('stage/orders-eu')).toEqual([false, true]);
});

test('who does not call the service reaches none of its versions', async () => {
  const pods = (await stage.cluster.pods('stage')).filter(({ labels }) => labels.app === 'orders');
  expect(pods.map(({ version }) => version).sort()).toEqual(['beta', 'eu', 'v1']);
  for (const { ip } of pods) {
    expect(await statusOf('stage/cart', `http://${ip}:8080/`)).not.toBe(200);
  }
  expect(await statusOf('stage/cart', 'http://orders:8080/', { 'x-region': 'eu' })).not.toBe(200);
});

test('versions go under load when their share is given back first', async () => {
  const results = await underLoad(stage.cluster, 'stage/client', { url: 'http://orders:8080/' }, async () => {
    await shown(0, false);
    await shown(0, false, false);
  });
  expect(lost(results)).toEqual([]);
  expect(countBy(await everybody(40), ({ echo }) => echo?.version)).toEqual({ v1: 40 });
});
