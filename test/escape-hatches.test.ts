import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  ChaosExperiment, ChaosTarget, ExternalService, Fault, MeshPort, MeshService, Permission, Route, RouteMatch, WorkloadRole, ZeroTrustNamespace,
} from '../src';
import { find, Manifest, synthesizeApp } from './support/manifests';
import { World } from './support/world';

/** One of everything that this library emits. */
function everything(): World {
  const world = new World();
  new ZeroTrustNamespace(world.shop, 'namespace');
  const orders = world.service('orders');
  world.release(orders);
  world.service('frontend').calls(orders);
  new WorkloadRole(world.shop, 'reader', { workload: orders, permissions: [Permission.read(kplus.ApiResource.CONFIG_MAPS)] });
  new ChaosExperiment(world.chart('drills', 'drills'), 'loss', { target: ChaosTarget.service(orders), fault: Fault.podDelete() });
  return world;
}

test('a field that no class knows survives in every object', () => {
  const world = everything();
  const objects = world.app.node.findAll().filter(construct => ApiObject.isApiObject(construct)) as ApiObject[];
  objects.forEach(object => object.addJsonPatch(JsonPatch.add('/later', { field: true })));

  const manifests = synthesizeApp(world.app);

  expect(manifests.length).toBe(objects.length);
  expect(manifests.filter(({ later }) => later?.field !== true)).toEqual([]);
});

test('an object that a chart of the user\'s holds is left alone', () => {
  const world = everything();
  new ApiObject(new Chart(world.app, 'other', { namespace: 'shop' }), 'map', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' } });

  expect(find(synthesizeApp(world.app), 'ConfigMap', 'mine')).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine', namespace: 'shop' } });
});

describe('a route is found by its name', () => {
  const FAULT = { delay: { percentage: { value: 1 }, fixedDelay: '2s' } };
  const described = (more: (orders: MeshService, world: World) => void = () => undefined) => {
    const world = new World();
    const orders = world.service('orders');
    Route.named(orders, 'default').addJsonPatch(JsonPatch.add('/fault', FAULT));
    more(orders, world);
    const routes: Manifest[] = find(synthesizeApp(world.app), 'VirtualService', 'orders').spec.http;
    return routes.filter(({ fault }) => fault !== undefined).map(({ name, fault }) => ({ name, fault }));
  };

  test('and patched', () => {
    expect(described()).toEqual([{ name: 'default', fault: FAULT }]);
  });

  test('wherever it stands when calls and releases come later', () => {
    expect(described((orders, world) => {
      world.service('frontend').calls(orders, { timeout: Duration.seconds(1) });
      orders.addRoute('testers', { match: [RouteMatch.headerPresent('x-qa')], version: 'v1' });
    })).toEqual([{ name: 'default', fault: FAULT }]);
  });

  test('of an external service too', () => {
    const world = new World();
    const stripe = new ExternalService(world.shop, 'stripe', { host: 'api.stripe.com', ports: [MeshPort.http(80)] });
    world.service('orders').calls(stripe);
    Route.named(stripe, 'default.orders').addJsonPatch(JsonPatch.replace('/retries/attempts', 5));

    expect(find(synthesizeApp(world.app), 'VirtualService', 'stripe').spec.http[0]).toMatchObject({ name: 'default.orders', retries: { attempts: 5 } });
  });

  test('with the patches of several, in their order', () => {
    const world = new World();
    const orders = world.service('orders');
    ['1s', '2s'].forEach(timeout => Route.named(orders, 'default').addJsonPatch(JsonPatch.add('/timeout', timeout)));

    expect(find(synthesizeApp(world.app), 'VirtualService', 'orders').spec.http[0].timeout).toBe('2s');
  });
});
