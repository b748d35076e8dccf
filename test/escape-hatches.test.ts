import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ChaosExperiment, ChaosTarget, Fault, Permission, WorkloadRole, ZeroTrustNamespace } from '../src';
import { find, synthesizeApp } from './support/manifests';
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
