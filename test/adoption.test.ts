import * as kplus from 'cdk8s-plus-28';
import { MeshPort, Spread } from '../src';
import { find, synthesize } from './support/manifests';
import { ordersWith, World } from './support/world';

const ADOPTED = { workload: 'orders-deployment', selector: { app: 'orders-api', tier: 'backend' }, serviceAccount: 'backend' };

describe('a service that is taken over in place', () => {
  const manifests = ordersWith({ adopts: ADOPTED });
  const deployment = find(manifests, 'Deployment', 'orders-deployment');

  test('keeps the name of its Deployment, and the selector that cannot be changed', () => {
    expect(deployment.spec.selector).toEqual({ matchLabels: ADOPTED.selector });
    expect(deployment.metadata.labels?.['app.kubernetes.io/instance']).toBe('orders-deployment');
  });

  test('has pods that carry its labels and the mesh\'s', () => {
    expect(deployment.spec.template.metadata.labels).toMatchObject({
      ...ADOPTED.selector, 'version': 'v1', 'service.istio.io/canonical-name': 'orders', 'app.kubernetes.io/name': 'orders',
    });
  });

  test('has a Service that finds the pods that are there and those that follow', () => {
    expect(find(manifests, 'Service', 'orders').spec.selector).toEqual(ADOPTED.selector);
  });

  test('has policies that find its pods by the mesh\'s label alone', () => {
    const labels = { matchLabels: { 'service.istio.io/canonical-name': 'orders' } };

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.selector).toEqual(labels);
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.podSelector).toEqual(labels);
    expect(find(manifests, 'PodDisruptionBudget', 'orders').spec.selector).toEqual(labels);
    expect(find(manifests, 'Sidecar', 'orders').spec.workloadSelector).toEqual({ labels: labels.matchLabels });
  });

  test('is known to the network of others by what its old pods carry too', () => {
    const world = new World();
    const orders = world.service('orders', { adopts: ADOPTED });
    orders.calls(world.service('cart'));
    world.service('frontend').calls(orders);
    const all = synthesize(world.shop);
    const pods = { podSelector: { matchLabels: ADOPTED.selector } };

    expect(find(all, 'NetworkPolicy', 'cart').spec.ingress[0].from).toMatchObject([pods]);
    expect(find(all, 'NetworkPolicy', 'frontend').spec.egress[0].to).toMatchObject([pods]);
  });

  test('is spread by its own selector', () => {
    const { topologySpreadConstraints } = deployment.spec.template.spec;

    expect(topologySpreadConstraints.map(({ labelSelector }: any) => labelSelector.matchLabels)).toEqual([ADOPTED.selector, ADOPTED.selector]);
  });

  test('is spread by it in the way that the user says, too', () => {
    const spread = ordersWith({ adopts: ADOPTED, scheduling: { spread: [Spread.over(kplus.Topology.ZONE)] } });
    const { topologySpreadConstraints } = find(spread, 'Deployment', 'orders-deployment').spec.template.spec;

    expect(topologySpreadConstraints).toMatchObject([{ topologyKey: 'topology.kubernetes.io/zone', labelSelector: { matchLabels: ADOPTED.selector } }]);
  });

  test('keeps what its selector goes by in a release too', () => {
    const world = new World();
    const selector = { 'app.kubernetes.io/name': 'rel', 'app.kubernetes.io/instance': 'rel' };
    world.release(world.service('orders', { adopts: { selector } }));
    const { spec } = find(synthesize(world.shop), 'Deployment', 'orders-v2');

    expect(spec.selector.matchLabels).toEqual({ ...selector, version: 'v2' });
    expect(spec.template.metadata.labels).toMatchObject({ ...selector, version: 'v2' });
    expect(spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual({ ...selector, version: 'v2' });
  });

  test('calls as its own account', () => {
    const world = new World();
    world.service('orders', { adopts: ADOPTED }).calls(world.service('cart'));
    const all = synthesize(world.shop);

    expect(find(all, 'Deployment', 'orders-deployment').spec.template.spec.serviceAccountName).toBe('backend');
    expect(find(all, 'ServiceAccount', 'backend')).toBeDefined();
    expect(find(all, 'AuthorizationPolicy', 'cart').spec.rules[0].from).toEqual([{ source: { principals: ['cluster.local/ns/shop/sa/backend'] } }]);
  });

  test('is released beside it, by a selector of the new version\'s own', () => {
    const world = new World();
    world.release(world.service('orders', { adopts: ADOPTED }));
    const next = find(synthesize(world.shop), 'Deployment', 'orders-v2');

    expect(next.spec.selector).toEqual({ matchLabels: { ...ADOPTED.selector, version: 'v2' } });
    expect(next.spec.template.metadata.labels).toMatchObject({ ...ADOPTED.selector, version: 'v2' });
  });

  test('with a version in its selector has a Service for every version', () => {
    const kept = ordersWith({ version: 'blue', adopts: { selector: { app: 'orders-api', version: 'blue' } } });

    expect(find(kept, 'Deployment', 'orders').spec.selector).toEqual({ matchLabels: { app: 'orders-api', version: 'blue' } });
    expect(find(kept, 'Service', 'orders').spec.selector).toEqual({ app: 'orders-api' });
  });

  test('and has peers is found by them under its own labels', () => {
    const kept = ordersWith({ adopts: ADOPTED, peers: [MeshPort.tcp(7000, { name: 'tcp-raft' })] });

    expect(find(kept, 'Service', 'orders-headless').spec.selector).toEqual(ADOPTED.selector);
  });
});
