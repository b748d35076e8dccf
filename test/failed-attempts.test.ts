import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ChaosExperiment, ChaosTarget, ExistingWorkload, ExternalService, Fault, MeshPort, Permission, Retries, RouteMatch, StringMatch, WorkloadRole, ZeroTrustNamespace } from '../src';
import { find, inventory, lookUp, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';

const PODS = ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' });

const routeNames = (manifests: Manifest[]) => find(manifests, 'VirtualService', 'orders').spec.http.map(({ name }: { name: string }) => name);

/** What a program that goes on after an error gets: nothing of what failed. */
describe('after a failed', () => {
  test('call the server allows nothing, and neither network nor proxy lets it through', () => {
    const world = new World();
    const [frontend, orders] = [world.service('frontend'), world.service('orders')];
    thrownBy(() => frontend.calls(orders, { methods: ['FETCH'] }));
    thrownBy(() => frontend.calls(orders, { paths: ['orders'] }));
    thrownBy(() => frontend.calls(orders, { port: 'grpc' }));

    const manifests = synthesize(world.shop);
    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toBeUndefined();
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.ingress).toHaveLength(1); // Prometheus
    expect(find(manifests, 'NetworkPolicy', 'frontend').spec.egress).toHaveLength(2); // DNS and istiod
    expect(find(manifests, 'Sidecar', 'frontend').spec.egress).toEqual([{ hosts: ['istio-system/*'] }]);
    expect(routeNames(manifests)).toEqual(['default']);
  });

  test('second declaration of a call the first one stands', () => {
    const world = new World();
    const [frontend, orders] = [world.service('frontend'), world.service('orders')];
    frontend.calls(orders, { paths: ['/a'] });
    thrownBy(() => frontend.calls(orders, { paths: ['/a', '/b'] }));

    const { rules } = find(synthesize(world.shop), 'AuthorizationPolicy', 'orders').spec;
    expect(rules).toHaveLength(1);
    expect(rules[0].to[0].operation.paths).toEqual(['/a']);
  });

  test('call of an existing workload the server allows nothing, and the call can be declared rightly', () => {
    const world = new World();
    const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.grpc(50051)] });
    const ingress = new ExistingWorkload(world.app, 'ingress', { namespace: 'edge', serviceAccount: 'ingress', podLabels: { istio: 'ingress' } });
    thrownBy(() => ingress.calls(orders));
    ingress.calls(orders, { port: 'http' });

    const { rules } = find(synthesize(world.shop), 'AuthorizationPolicy', 'orders').spec;
    expect(rules).toHaveLength(1);
    expect(rules[0].to[0].operation.ports).toEqual(['8080']);
  });

  test('service its name is free and it has no object', () => {
    const world = new World();
    thrownBy(() => world.service('wrong', { name: 'orders', replicas: 0 }));
    thrownBy(() => world.service('worse', { name: 'orders', ports: [] }));
    world.service('orders');

    expect(inventory(synthesize(world.shop)).filter(name => name === 'Deployment shop/orders')).toHaveLength(1);
  });

  test('service of a taken name the first one is unchanged', () => {
    const world = new World();
    world.service('orders');
    const before = synthesize(world.shop);
    thrownBy(() => world.service('orders-2', { name: 'orders' }));

    expect(synthesize(world.shop)).toEqual(before);
  });

  test.each([
    ['stages', { stages: [50, 25] }],
    ['image', { image: '' }],
    ['match', { match: [RouteMatch.header('x-user', StringMatch.exactly(''))] }],
    ['version', { version: 'v1' }],
  ])('release (%s) the service has one version and no route to another', (_, props) => {
    const world = new World();
    const orders = world.service('orders');
    thrownBy(() => world.release(orders, props));

    const manifests = synthesize(world.shop);
    expect(find(manifests, 'DestinationRule', 'orders').spec.subsets).toEqual([{ name: 'v1', labels: { version: 'v1' } }]);
    expect(routeNames(manifests)).toEqual(['default']);
    expect(lookUp(manifests, 'Deployment', 'orders-v2')).toBeUndefined();
  });

  test('release a right one can follow', () => {
    const world = new World();
    const orders = world.service('orders');
    thrownBy(() => world.release(orders, { stage: 7 }));
    world.release(orders, { stage: 0 }, 'second-try');

    expect(find(synthesize(world.shop), 'DestinationRule', 'orders').spec.subsets.map(({ name }: { name: string }) => name)).toEqual(['v1', 'v2']);
  });

  test.each<[string, (world: World) => unknown, (world: World) => unknown]>([
    ['zero-trust namespace',
      ({ shop }) => new ZeroTrustNamespace(shop, 'wrong', { podSecurityVersion: 'latest' }), ({ shop }) => new ZeroTrustNamespace(shop, 'right')],
    ['zero-trust namespace of no pods',
      ({ shop }) => new ZeroTrustNamespace(shop, 'wrong', { quota: { pods: 0 } }), ({ shop }) => new ZeroTrustNamespace(shop, 'right')],
    ['external service',
      ({ shop }) => new ExternalService(shop, 'wrong', { host: 'api.stripe.com', ports: [] }),
      ({ shop }) => new ExternalService(shop, 'right', { host: 'api.stripe.com', ports: [MeshPort.tls(443)] })],
    ['drill',
      world => new ChaosExperiment(world.chart('one', 'drills'), 'loss', { target: PODS, fault: Fault.podCpuHog({ cores: 0 }) }),
      world => new ChaosExperiment(world.chart('two', 'drills'), 'loss', { target: PODS, fault: Fault.podCpuHog() })],
  ])('%s a right one can follow', (_, wrong, right) => {
    const world = new World();
    thrownBy(() => wrong(world));

    expect(() => right(world)).not.toThrow();
  });

  test('second release the first one goes on', () => {
    const world = new World();
    const orders = world.service('orders');
    world.release(orders);
    const before = synthesize(world.shop);
    thrownBy(() => world.release(orders, { version: 'v2' }, 'another'));

    expect(synthesize(world.shop)).toEqual(before);
  });

  test('route there is none', () => {
    const world = new World();
    thrownBy(() => world.service('orders').addRoute('testers', { match: [], version: 'v1' }));

    expect(routeNames(synthesize(world.shop))).toEqual(['default']);
  });

  test('role the workload has no token, no way to the API server and no Role', () => {
    const world = new World();
    const workload = world.service('orders');
    thrownBy(() => new WorkloadRole(world.shop, 'reader', {
      workload, permissions: [Permission.read(kplus.ApiResource.PODS), Permission.of(['*'], kplus.ApiResource.SECRETS)],
    }));

    const manifests = synthesize(world.shop);
    expect(find(manifests, 'Deployment', 'orders').spec.template.spec.automountServiceAccountToken).toBe(false);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress).toHaveLength(2);
    expect(lookUp(manifests, 'RoleBinding', 'reader')).toBeUndefined();
    expect(lookUp(manifests, 'Role', 'reader')).toBeUndefined();
  });
});

test('problems found at synth come together, and none comes twice', () => {
  const world = new World();
  const orders = world.service('orders');
  orders.addRoute('testers', { match: [RouteMatch.headerPresent('x-qa')], version: 'v7' });
  orders.addRoute('preview', { match: [RouteMatch.headerPresent('x-preview')], version: 'v8' });
  world.chart('more', 'more');

  expect(thrownBy(() => world.synth()).map(({ code, property, received }) => [code, property, received])).toEqual([
    ['UnknownVersion', 'addRoute(testers).version', '"v7"'],
    ['UnknownVersion', 'addRoute(preview).version', '"v8"'],
  ]);
});

test('a check that fails at once hides no other', () => {
  const world = new World();
  new ExternalService(world.shop, 'outside', { host: 'orders.shop', ports: [MeshPort.tls(443)] });
  new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 2 } });
  world.service('orders');

  expect(thrownBy(() => world.synth()).map(({ code }) => code)).toEqual(['InvalidHost', 'QuotaTooSmall']);
});

test('an overlap is one problem, and names the client', () => {
  const world = new World();
  const orders = world.service('orders');
  orders.addRoute('html', { match: [RouteMatch.path(StringMatch.regex('/[a-z]+\\.html'))], version: 'v1' });
  const frontend = world.service('frontend');
  frontend.calls(orders, { paths: ['/shop/*'], retries: Retries.upTo(1) });
  frontend.calls(orders, { paths: ['/cart'], timeout: Duration.seconds(1) });

  const problems = thrownBy(() => world.synth());
  expect(problems.map(({ code, path, property }) => [code, path, property])).toEqual([['UnresolvedOverlap', 'shop/orders', 'route html']]);
  expect(problems[0].message).toContain('of frontend\'s call');
});

test('a route and a call of different methods do not overlap', () => {
  const world = new World();
  const orders = world.service('orders');
  const html = RouteMatch.path(StringMatch.regex('/[a-z]+\\.html')).also(RouteMatch.method(StringMatch.exactly('GET')));
  orders.addRoute('html', { match: [html], version: 'v1' });
  world.service('frontend').calls(orders, { methods: ['POST'], paths: ['/shop/*'], timeout: Duration.seconds(1) });

  expect(() => world.synth()).not.toThrow();
});

test('a mistake that is put right after a failed synth is no mistake any more', () => {
  const world = new World();
  const orders = world.service('orders');
  orders.addRoute('testers', { match: [RouteMatch.headerPresent('x-qa')], version: 'v2' });
  thrownBy(() => world.synth());
  world.release(orders);

  expect(() => world.synth()).not.toThrow();
});

describe('after a good synth, a mistake is found', () => {
  test('in a route', () => {
    const world = new World();
    const orders = world.service('orders');
    world.synth();
    orders.addRoute('testers', { match: [RouteMatch.headerPresent('x-qa')], version: 'v9' });

    expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'UnknownVersion', received: '"v9"' }]);
  });

  test('in a call', () => {
    const world = new World();
    const [frontend, orders] = [world.service('frontend'), world.service('orders')];
    orders.addRoute('html', { match: [RouteMatch.path(StringMatch.regex('/[a-z]+\\.html'))], version: 'v1' });
    world.synth();
    frontend.calls(orders, { paths: ['/shop/*'], timeout: Duration.seconds(1) });

    expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'UnresolvedOverlap', property: 'route html' }]);
  });
});

test('a failed synth fails again', () => {
  const world = new World();
  world.service('orders').addRoute('testers', { match: [RouteMatch.headerPresent('x-qa')], version: 'v2' });

  expect(thrownBy(() => world.synth())).toEqual(thrownBy(() => world.synth()));
});
