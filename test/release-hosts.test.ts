import { ApiObject } from 'cdk8s';
import {
  CanaryEngine, CanaryRelease, ChaosExperiment, ChaosTarget, Fault, MeshAlerts, MeshDashboard, MeshPort, MeshService, SteadyState,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const ENGINES: [string, () => CanaryEngine, string[]][] = [
  ['static', () => CanaryEngine.static(), ['orders']],
  ['Flagger', () => CanaryEngine.flagger(), ['orders', 'orders-release-primary', 'orders-release-canary']],
  ['Argo Rollouts', () => CanaryEngine.argoRollouts(), ['orders', 'orders-stable', 'orders-canary']],
];

interface Stage { readonly world: World; readonly orders: MeshService; readonly release: CanaryRelease }

function stage(engine: CanaryEngine): Stage {
  const world = new World();
  const orders = world.service('orders', { ports: [MeshPort.http(80, { targetPort: 8080 })] });
  world.service('frontend').calls(orders);
  return { world, orders, release: released(world, orders, engine) };
}

function released(world: World, orders: MeshService, engine: CanaryEngine): CanaryRelease {
  return new CanaryRelease(world.shop, 'release', { service: orders, image: 'ghcr.io/acme/orders:2', stages: [0, 50, 100], engine });
}

/** All texts, those of a dashboard in a ConfigMap too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') {
    return value.startsWith('{') && value.includes('"panels"') ? textsOf(JSON.parse(value)) : [value];
  }
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
}

/** The values of a label in what Prometheus is asked. */
function asked(manifest: Manifest, label: string): { operator: string; value: string }[] {
  const wanted = new RegExp(`\\b${label}(=~|=)(["'])(.*?)\\2`, 'g');
  return textsOf(manifest).flatMap(text => [...text.matchAll(wanted)].map(([, operator, , value]) => ({ operator, value: value.replaceAll('\\', '') })));
}

const fqdns = (names: string[]) => names.map(name => `${name}.shop.svc.cluster.local`);
const selected = (names: string[]) => ({ operator: names.length === 1 ? '=' : '=~', value: names.join('|') });

describe.each(ENGINES)('on %s', (_name, engine, services) => {
  test('an alert counts the requests to every Service that a route leads to', () => {
    const { world } = stage(engine());
    new MeshAlerts(world.shop, 'alerts');
    const manifests = synthesize(world.shop);

    for (const workload of ['orders', 'frontend']) {
      const selectors = asked(find(manifests, 'PrometheusRule', `alerts.shop.${workload}`), 'destination_service').filter(({ value }) => !value.startsWith('frontend.'));
      expect(selectors.length).toBeGreaterThan(3);
      selectors.forEach(each => expect(each).toEqual({ ...selected(services), value: fqdns(services).join('|') }));
    }
  });

  test('an alert is about the service, by its own name', () => {
    const { world } = stage(engine());
    new MeshAlerts(world.shop, 'alerts');
    const { groups } = find(synthesize(world.shop), 'PrometheusRule', 'alerts.shop.orders').spec;
    const servers = groups.flatMap(({ rules }: any) => rules).flatMap(({ labels }: any) => labels?.server ?? []);

    expect([...new Set(servers)]).toEqual(fqdns(['orders']));
  });

  test('a dashboard shows the requests to every Service that a route leads to', () => {
    const { world } = stage(engine());
    new MeshDashboard(world.shop, 'mesh');
    const manifests = synthesize(world.shop);

    for (const name of ['mesh.shop', 'mesh.shop.orders', 'mesh.shop.frontend']) {
      const selectors = asked(find(manifests, 'ConfigMap', name), 'destination_service').filter(({ value }) => value.includes('orders'));
      expect(selectors.length).toBeGreaterThan(3);
      selectors.forEach(({ value }) => expect(value.split('|')).toEqual(expect.arrayContaining(fqdns(services))));
    }
    expect(JSON.stringify(find(manifests, 'ConfigMap', 'mesh.shop.orders'))).toContain(`Who asks ${fqdns(['orders'])[0]}`);
  });

  test('a drill\'s hypothesis counts the same', () => {
    const { world, orders } = stage(engine());
    const drills = world.chart('drills', 'chaos');
    new ChaosExperiment(drills, 'loss', { target: ChaosTarget.service(orders), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast: 99 })] });
    const engineObject = synthesize(drills).find(({ kind }) => kind === 'ChaosEngine')!;
    const selectors = asked(engineObject, 'destination_service_name');

    expect(selectors).not.toEqual([]);
    selectors.forEach(each => expect(each).toEqual(selected(services)));
  });
});

test.each([
  ['static', CanaryEngine.static(), 'app.kubernetes.io/instance=orders-v2', 'deployment'],
  ['Flagger', CanaryEngine.flagger(), 'app=orders', 'deployment'],
  ['Argo Rollouts', CanaryEngine.argoRollouts(), 'release.cdk8s-mesh.dev/canary-of=orders', 'rollout'],
] as const)('a drill hits the new pods alone on %s', (_name, engine, applabel, appkind) => {
  const { world, orders, release } = stage(engine);
  const drills = world.chart('drills', 'chaos');
  new ChaosExperiment(drills, 'loss', { target: ChaosTarget.release(release), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast: 99 })] });
  const manifests = synthesize(world.shop);
  const { appinfo, experiments: [{ spec }] } = synthesize(drills).find(each => each.kind === 'ChaosEngine')!.spec;

  expect(appinfo).toEqual({ appns: 'shop', applabel, appkind });
  expect(spec.components.env).toContainEqual({ name: 'TARGET_CONTAINER', value: 'orders' });
  expect(spec.probe[0]['promProbe/inputs'].query).toContain('destination_service_namespace=\'shop\'');
  const [key, value] = applabel.split('=');
  const bearing = manifests.filter(({ spec: own }) => own?.template?.metadata.labels?.[key] === value).map(({ metadata }) => metadata.name);
  // Argo Rollouts puts its label on the new pods itself
  expect(bearing).toEqual(appkind === 'rollout' ? [] : [applabel === 'app=orders' ? 'orders' : 'orders-v2']);
  expect(orders.name).toBe(release.service.name);
});

test.each([
  ['static', CanaryEngine.static(), 'deployment', false],
  ['Flagger', CanaryEngine.flagger(), 'deployment', false],
  ['Argo Rollouts', CanaryEngine.argoRollouts(), 'rollout', true],
] as const)('a drill hits the old and the new pods on %s, and may look at what runs them', (_name, engine, kind, rollouts) => {
  const { world, orders } = stage(engine);
  const drills = world.chart('drills', 'chaos');
  new ChaosExperiment(drills, 'loss', { target: ChaosTarget.service(orders), fault: Fault.podDelete() });
  const role = find(synthesize(world.shop), 'Role', 'loss-chaos');
  const { appinfo } = synthesize(drills).find(each => each.kind === 'ChaosEngine')!.spec;

  expect(appinfo).toEqual({ appns: 'shop', applabel: 'service.istio.io/canonical-name=orders', appkind: kind });
  expect(JSON.stringify(role.rules).includes('rollouts')).toBe(rollouts);
  expect(ApiObject.of(orders.workload).toJson().spec.template.metadata.labels['service.istio.io/canonical-name']).toBe('orders');
});
