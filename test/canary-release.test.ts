import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { CanaryReleaseProps, MeshPort, MeshServiceProps, Percent, RouteMatch, StringMatch } from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'orders.shop.svc.cluster.local';
const RETRIES = { attempts: 2, retryOn: 'connect-failure,refused-stream,reset-before-request' };

function releasing(props: Partial<CanaryReleaseProps> = {}, service: Partial<MeshServiceProps> = {}): Manifest[] {
  const world = new World();
  world.release(world.service('orders', service), props);
  return synthesize(world.shop);
}

function split(stable: number, next: number) {
  return [
    { destination: { host: HOST, subset: 'v1' }, weight: stable },
    { destination: { host: HOST, subset: 'v2' }, weight: next },
  ];
}

const httpOf = (manifests: Manifest[]) => find(manifests, 'VirtualService', 'orders').spec.http;

test('adds a Deployment, and nothing else', () => {
  const alone = new World();
  alone.service('orders');
  const before = inventory(synthesize(alone.shop));

  expect(inventory(releasing()).filter(object => !before.includes(object))).toEqual(['Deployment shop/orders-v2']);
});

test('has the shape of this snapshot', () => {
  const manifests = releasing({ match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], mirror: Percent.of(5) });

  expect([find(manifests, 'VirtualService', 'orders'), find(manifests, 'DestinationRule', 'orders')]).toMatchSnapshot();
});

test('says what it is', () => {
  const world = new World();
  const release = world.release(world.service('orders'), { stages: [0, 25, 100], stage: 1, version: 'next' });

  expect(release.weight).toBe(25);
  expect(release.version).toBe('next');
  expect(release.deployment.name).toBe('orders-next');
});

test('gives both versions a subset by their label', () => {
  expect(find(releasing(), 'DestinationRule', 'orders').spec.subsets).toEqual([
    { name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } },
  ]);
});

test.each([[0, 0], [1, 5], [2, 33], [3, 50], [4, 100]])('at stage %i gives the new version %i percent and its own the rest', (stage, weight) => {
  const manifests = releasing({ stages: [0, 5, 33, 50, 100], stage });

  expect(find(manifests, 'VirtualService', 'orders').spec).toEqual({
    hosts: [HOST], http: [{ name: 'canary', retries: RETRIES, route: split(100 - weight, weight) }],
  });
});

test('is at its first stage when none is given', () => {
  expect(httpOf(releasing({ stage: undefined }))[0].route).toEqual(split(100, 0));
});

test('a stage changes two numbers and no more', () => {
  const changed = (from: number, to: number, props: Partial<CanaryReleaseProps> = {}) => {
    const lines = (stage: number) => JSON.stringify(releasing({ stages: [0, 25, 100], stage, ...props }), null, 1).split('\n');
    const [before, after] = [lines(from), lines(to)];
    expect(after).toHaveLength(before.length);
    return after.filter((line, index) => line !== before[index]).map(line => line.trim());
  };

  expect(changed(0, 1)).toEqual(['"weight": 75', '"weight": 25']);
  expect(changed(1, 2)).toEqual(['"weight": 0', '"weight": 100']);
  const tried = { match: [RouteMatch.headerPresent('x-qa')], mirror: Percent.of(5) };
  expect(changed(0, 1, tried)).toEqual(['"weight": 0', '"weight": 100', '"value": 5', '"weight": 75', '"weight": 25']);
});

describe('at the first stage nothing is sent to pods that may not be there yet', () => {
  const first = { stage: 0, match: [RouteMatch.headerPresent('x-qa')], mirror: Percent.of(5) };

  test('no share, no tester, no copy', () => {
    const [testers, others] = httpOf(releasing(first));

    expect(testers.route).toEqual(split(100, 0));
    expect(others.route).toEqual(split(100, 0));
    expect(others.mirrorPercentage).toEqual({ value: 0 });
  });

  test('no request of a route of the user\'s', () => {
    const route = (stage: number) => {
      const world = new World();
      const orders = world.service('orders');
      orders.addRoute('beta', { match: [RouteMatch.headerPresent('x-beta')], version: 'v2' });
      world.release(orders, { stage });
      return httpOf(synthesize(world.shop)).find(({ name }: { name: string }) => name === 'beta').route;
    };

    expect(route(0)).toEqual(split(100, 0));
    expect(route(1)).toEqual(split(0, 100));
  });

  test('a second 0 is the stage of a route of the user\'s alone, too', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.addRoute('beta', { match: [RouteMatch.headerPresent('x-beta')], version: 'v2' });
    world.release(orders, { stages: [0, 0, 100], stage: 1 });

    expect(() => world.synth()).not.toThrow();
  });

  test('a second 0 is the stage of testers and copies alone', () => {
    const [testers, others] = httpOf(releasing({ ...first, stages: [0, 0, 25, 100], stage: 1 }));

    expect(testers.route).toEqual(split(0, 100));
    expect(others.route).toEqual(split(100, 0));
    expect(others.mirrorPercentage).toEqual({ value: 5 });
  });
});

test('sends matching requests to the new version alone, before it splits the others', () => {
  const match = [RouteMatch.header('X-User', StringMatch.exactly('qa')), RouteMatch.path(StringMatch.prefix('/preview/'))];

  expect(httpOf(releasing({ match }))).toEqual([
    {
      name: 'canary-match',
      match: [{ headers: { 'x-user': { exact: 'qa' } } }, { uri: { prefix: '/preview/' } }],
      retries: RETRIES,
      route: split(0, 100),
    },
    { name: 'canary', retries: RETRIES, route: split(90, 10) },
  ]);
});

test('mirrors to the new version, in the fields of the current API', () => {
  const [route] = httpOf(releasing({ mirror: Percent.of(5) }));

  expect(route).toEqual({ name: 'canary', retries: RETRIES, route: split(90, 10), mirror: { host: HOST, subset: 'v2' }, mirrorPercentage: { value: 5 } });
});

test('mirrors shares of Istio\'s smallest step', () => {
  expect(httpOf(releasing({ mirror: Percent.of(0.0001) }))[0].mirrorPercentage).toEqual({ value: 0.0001 });
});

test('does not mirror what the match sent to the new version already', () => {
  const [matched] = httpOf(releasing({ match: [RouteMatch.headerPresent('x-qa')], mirror: Percent.of(5) }));

  expect(matched.mirror).toBeUndefined();
  expect(matched.mirrorPercentage).toBeUndefined();
});

test('splits the requests of a client with a timeout in the same way', () => {
  const world = new World();
  const orders = world.service('orders');
  world.service('frontend').calls(orders, { timeout: Duration.seconds(2) });
  world.release(orders, { mirror: Percent.of(5) });

  const [forFrontend, forAll] = httpOf(synthesize(world.shop));
  expect(forFrontend).toMatchObject({ timeout: '2s', route: split(90, 10), mirror: { subset: 'v2' }, mirrorPercentage: { value: 5 } });
  expect(forAll).toMatchObject({ name: 'canary', route: split(90, 10), mirror: { subset: 'v2' } });
  expect(forAll.timeout).toBeUndefined();
});

test('splits connections over TCP, by port', () => {
  expect(find(releasing({}, { ports: [MeshPort.tcp(6379)] }), 'VirtualService', 'orders').spec).toEqual({
    hosts: [HOST], tcp: [{ match: [{ port: 6379 }], route: split(90, 10) }],
  });
});

test('splits every port, each to its own number; only requests are matched and mirrored', () => {
  const ports = [MeshPort.http(80, { targetPort: 8080 }), MeshPort.grpc(50051), MeshPort.tcp(6379)];
  const { http, tcp } = find(releasing({ match: [RouteMatch.headerPresent('x-qa')], mirror: Percent.of(5) }, { ports }), 'VirtualService', 'orders').spec;
  const at = (number: number, splits: ReturnType<typeof split>) => splits.map(({ destination, weight }) => (
    { destination: { ...destination, port: { number } }, weight }));

  expect(http.map(({ match, mirror, route }: any) => ({ match, mirror, route }))).toEqual([80, 50051].flatMap(number => [
    { match: [{ port: number, headers: { 'x-qa': {} } }], route: at(number, split(0, 100)) },
    { match: [{ port: number }], mirror: { host: HOST, subset: 'v2', port: { number } }, route: at(number, split(90, 10)) },
  ]));
  expect(tcp).toEqual([{ match: [{ port: 6379 }], route: at(6379, split(90, 10)) }]);
});

describe('the new version\'s Deployment', () => {
  test('selects and labels its own pods, which the Service and every policy select too', () => {
    const manifests = releasing();
    const { spec, metadata } = find(manifests, 'Deployment', 'orders-v2');

    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/instance': 'orders-v2', 'app.kubernetes.io/version': 'v2' });
    expect(spec.selector).toEqual({ matchLabels: { app: 'orders', version: 'v2' } });
    expect(spec.template.metadata.labels).toMatchObject({
      'app': 'orders',
      'version': 'v2',
      'service.istio.io/canonical-name': 'orders',
      'service.istio.io/canonical-revision': 'v2',
    });
    expect(find(manifests, 'Service', 'orders').spec.selector).toEqual({ app: 'orders' });
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.selector.matchLabels).toEqual({ 'service.istio.io/canonical-name': 'orders' });
  });

  test('differs from the service\'s own in image and version alone', () => {
    const manifests = releasing({ image: 'ghcr.io/acme/orders:2.0.0' }, {
      replicas: 5, user: 1000, args: ['--verbose'], env: { CURRENCY: kplus.EnvValue.fromValue('EUR') }, ports: [MeshPort.grpc(50051)],
    });
    const [own, next] = ['orders', 'orders-v2'].map(name => find(manifests, 'Deployment', name));
    const expected = JSON.stringify(own.spec)
      .replaceAll('"version":"v1"', '"version":"v2"')
      .replace('"app.kubernetes.io/version":"v1"', '"app.kubernetes.io/version":"v2"')
      .replace('"app.kubernetes.io/instance":"orders"', '"app.kubernetes.io/instance":"orders-v2"')
      .replace('"service.istio.io/canonical-revision":"v1"', '"service.istio.io/canonical-revision":"v2"')
      .replace('ghcr.io/acme/orders:1.0.0', 'ghcr.io/acme/orders:2.0.0');

    expect(next.spec).toEqual(JSON.parse(expected));
  });

  test('has replicas of its own when they are given', () => {
    const manifests = releasing({ replicas: 1 }, { replicas: 5 });

    expect(find(manifests, 'Deployment', 'orders-v2').spec.replicas).toBe(1);
    expect(find(manifests, 'Deployment', 'orders').spec.replicas).toBe(5);
  });

  test('keeps the fields that a patch adds', () => {
    const world = new World();
    ApiObject.of(world.release(world.service('orders')).deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostUsers', false));

    expect(find(synthesize(world.shop), 'Deployment', 'orders-v2').spec.template.spec.hostUsers).toBe(false);
  });
});

test('the VirtualService keeps the fields that a patch adds', () => {
  const world = new World();
  const orders = world.service('orders');
  world.release(orders);
  ApiObject.of(orders.node.findChild('virtual-service')).addJsonPatch(JsonPatch.add('/spec/http/0/corsPolicy', { allowMethods: ['GET'] }));

  expect(httpOf(synthesize(world.shop))[0].corsPolicy).toEqual({ allowMethods: ['GET'] });
});
