import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import {
  AnalysisMetric, ArgoRolloutsOptions, Autoscaling, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, CanaryReleaseProps, GatewayServer,
  ExistingWorkload, Handover, IpFamilies, LoadBalancing, Locality, Mesh, MeshGateway, MeshPort, MeshService, MeshServiceProps, Percent, ReleaseGate,
  ReleaseTest, Retries, RouteMatch, ScalingMetric, ServiceVersion, StringMatch,
} from '../src';
import { find, inventory, lookUp, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';
import { MeshGraph } from '../src/graph/mesh-graph';

const STABLE = 'orders-stable.shop.svc.cluster.local';
const CANARY = 'orders-canary.shop.svc.cluster.local';
const TESTERS = [RouteMatch.header('x-user', StringMatch.exactly('qa'))];

interface Described {
  readonly release?: Partial<CanaryReleaseProps>;
  readonly engine?: ArgoRolloutsOptions;
  readonly service?: Partial<MeshServiceProps>;
  readonly more?: (orders: MeshService, world: World) => void;
}

function releasing({ release, engine, service, more }: Described = {}): Manifest[] {
  const world = new World();
  const orders = world.service('orders', service);
  if (release?.analysis) {
    world.service('caller').calls(orders); // Somebody whose requests are measured
  }
  world.release(orders, { stages: [0, 5, 50, 100], stage: undefined, image: undefined, engine: CanaryEngine.argoRollouts(engine), ...release }, 'release');
  more?.(orders, world);
  return synthesizeApp(world.app);
}

function alone(service?: Partial<MeshServiceProps>): Manifest[] {
  const world = new World();
  world.service('orders', service);
  return synthesize(world.shop);
}

const rollout = (manifests: Manifest[]) => find(manifests, 'Rollout', 'orders');
const canaryOf = (manifests: Manifest[]) => rollout(manifests).spec.strategy.canary;
const httpOf = (manifests: Manifest[], name = 'orders') => find(manifests, 'VirtualService', name).spec.http;
const weights = (stable: number, canary: number, port?: number) => [[STABLE, stable], [CANARY, canary]].map(([host, weight]) => (
  { destination: { host, ...port === undefined ? {} : { port: { number: port } } }, weight }));
const MEASURED = [AnalysisMetric.successRate({ atLeast: 99 })];
const minutely = (metrics = MEASURED, more: CanaryAnalysisOptions = {}) => CanaryAnalysis.every(Duration.minutes(1), { metrics, ...more });

test('the Deployment becomes a Rollout, and two more ways lead to its pods', () => {
  const before = inventory(alone());
  const after = inventory(releasing());

  expect(before.filter(object => !after.includes(object))).toEqual(['Deployment shop/orders']);
  expect(after.filter(object => !before.includes(object)).sort()).toEqual([
    'DestinationRule shop/orders-canary', 'DestinationRule shop/orders-stable', 'Rollout shop/orders', 'Service shop/orders-canary', 'Service shop/orders-stable',
  ]);
});

test('has the shape of this snapshot', () => {
  const release = { match: TESTERS, mirror: Percent.of(10), analysis: minutely() };
  const { spec: { template: _, ...spec }, ...rest } = rollout(releasing({ release }));

  expect({ ...rest, spec }).toMatchSnapshot();
});

describe('the Rollout', () => {
  test('has the pods and the labels of the Deployment, and its strategy in other words', () => {
    const { spec: { strategy, ...deployment }, metadata } = find(alone({ replicas: 3 }), 'Deployment', 'orders');
    const its = rollout(releasing({ service: { replicas: 3 } }));
    const { spec: { strategy: { canary }, progressDeadlineAbort, ...spec }, metadata: itsMetadata, apiVersion } = its;

    expect(apiVersion).toBe('argoproj.io/v1alpha1');
    expect(itsMetadata).toEqual(metadata);
    expect(JSON.stringify(spec).replaceAll('rollouts-pod-template-hash', 'pod-template-hash')).toBe(JSON.stringify(deployment));
    expect(progressDeadlineAbort).toBe(true);
    expect({ maxSurge: canary.maxSurge, maxUnavailable: canary.maxUnavailable }).toEqual(strategy.rollingUpdate);
  });

  test('has no field of a Deployment alone, no hash, no managed route and no weight that does not stay', () => {
    const manifests = releasing({ release: { match: TESTERS, mirror: Percent.of(10), analysis: minutely() } });
    const text = JSON.stringify(manifests);

    expect(rollout(manifests).spec).not.toHaveProperty('strategy.rollingUpdate');
    expect(rollout(manifests).spec).not.toHaveProperty('strategy.type');
    expect(rollout(manifests).spec).not.toHaveProperty('workloadRef');
    const theirs = ['managedRoutes', 'managed-by-rollouts', 'setHeaderRoute', 'setMirrorRoute', 'dynamicStableScale', 'blueGreen'];
    theirs.forEach(word => expect(text).not.toContain(word));
    expect(lookUp(manifests, 'Deployment', 'orders')).toBeUndefined();
    ['ReplicaSet', 'AnalysisRun', 'Experiment'].forEach(kind => expect(manifests.map(each => each.kind)).not.toContain(kind));
  });

  test('keeps JSON patches of the pods, and those of the service for its own', () => {
    const patch = JsonPatch.add('/spec/template/spec/priorityClassName', 'high');
    const patched = releasing({ more: orders => ApiObject.of(orders.deployment).addJsonPatch(patch) });

    expect(rollout(patched).spec.template.spec.priorityClassName).toBe('high');
  });

  test('runs the release\'s image, and the service\'s own without one', () => {
    const imageOf = (manifests: Manifest[]) => rollout(manifests).spec.template.spec.containers[0].image;

    expect(imageOf(releasing({ release: { image: 'ghcr.io/acme/orders:2.0.0' } }))).toBe('ghcr.io/acme/orders:2.0.0');
    expect(imageOf(releasing())).toBe('ghcr.io/acme/orders:1.0.0');
  });

  test('of a promoted image that the service has been given is the same, byte for byte', () => {
    const image = 'ghcr.io/acme/orders:2.0.0';

    expect(releasing({ service: { image } })).toEqual(releasing({ release: { image } }));
  });

  test('is what the autoscaler scales, and has no number then', () => {
    const manifests = releasing({ service: { autoscaling: Autoscaling.horizontal({ min: 2, max: 5, metrics: [ScalingMetric.cpu(80)] }) } });

    expect(rollout(manifests).spec).not.toHaveProperty('replicas');
    expect(find(manifests, 'HorizontalPodAutoscaler', 'orders').spec.scaleTargetRef).toEqual({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'orders' });
  });

  test('spreads the new pods among themselves by the label that a Rollout gives them', () => {
    const keysOf = (manifests: Manifest[], kind: string) => find(manifests, kind, 'orders').spec.template.spec.topologySpreadConstraints.map(({ matchLabelKeys }: any) => matchLabelKeys);

    expect(keysOf(releasing(), 'Rollout')).toEqual(keysOf(alone(), 'Deployment').map(() => ['rollouts-pod-template-hash']));
    expect(keysOf(alone(), 'Deployment')[0]).toEqual(['pod-template-hash']);
  });
});

const scaled = (weight: number) => ({ setCanaryScale: { weight } });
const MATCHED = { setCanaryScale: { matchTrafficWeight: true } };
const paused = (seconds: number) => ({ pause: { duration: `${seconds}s` } });
const waiting = (gate: ReleaseGate) => CanaryAnalysis.every(Duration.minutes(1), { gates: [gate] });
const weighed = (weight: number, seconds = 60) => [{ setWeight: weight }, paused(seconds)];

test.each<[string, Partial<CanaryReleaseProps>, ArgoRolloutsOptions, object[]]>([
  ['shares', {}, {}, [...weighed(5), ...weighed(50), ...weighed(100)]],
  ['somebody\'s word', { stages: [0, 50, 100], analysis: waiting(ReleaseGate.manual({ before: 100 })) }, {}, [...weighed(50), { pause: {} }, ...weighed(100)]],
  ['all at once', { stages: [0, 100] }, {}, [scaled(100), paused(300), ...weighed(100)]],
  ['all at once at somebody\'s word', { stages: [0, 100], analysis: waiting(ReleaseGate.manual()) }, {}, [scaled(100), paused(300), { pause: {} }, ...weighed(100)]],
  ['testers before shares', { stages: [0, 0, 50, 100], match: TESTERS }, {}, [scaled(50), paused(300), ...weighed(50), MATCHED, ...weighed(100)]],
  ['testers beside shares', { stages: [0, 50, 100], match: TESTERS }, {}, [...weighed(50), ...weighed(100)]],
  ['copies of all before and beside shares', { stages: [0, 0, 50, 100], mirror: Percent.of(100) }, {}, [
    scaled(100), paused(300), scaled(100), ...weighed(50), scaled(100), ...weighed(100),
  ]],
  ['copies of some beside shares', { stages: [0, 5, 50, 100], mirror: Percent.of(9.5) }, {}, [
    scaled(15), ...weighed(5), scaled(60), ...weighed(50), scaled(100), ...weighed(100),
  ]],
  ['an interval', { stages: [0, 100], analysis: CanaryAnalysis.every(Duration.seconds(30), { iterations: 2 }) }, {}, [
    scaled(100), paused(60), ...weighed(100, 30),
  ]],
])('goes on by %s', (_, release, engine, steps) => {
  expect(canaryOf(releasing({ release, engine })).steps).toEqual(steps);
});

test.each<[string, Partial<CanaryReleaseProps>]>([
  ['testers', { match: TESTERS }], ['copies', { mirror: Percent.of(5) }],
])('%s meet pods from the trial on: none goes before there is a share', (_, release) => {
  const { steps } = canaryOf(releasing({ release: { stages: [0, 0, 50, 100], ...release } }));
  const first = steps.findIndex(({ setWeight }: any) => setWeight !== undefined);

  expect(steps.slice(0, first).filter(({ setCanaryScale }: any) => setCanaryScale?.matchTrafficWeight)).toEqual([]);
  expect(steps[0].setCanaryScale.weight).toBeGreaterThan(0);
});

describe('the ways to the pods', () => {
  test('Services of stable and of new pods find all of them, and leave the rest to the controller', () => {
    const manifests = releasing();
    const own = find(manifests, 'Service', 'orders').spec;

    for (const name of ['orders-stable', 'orders-canary']) {
      expect(find(manifests, 'Service', name).spec).toEqual(own);
    }
    expect(canaryOf(manifests)).toMatchObject({ stableService: 'orders-stable', canaryService: 'orders-canary' });
    expect(own.selector).toEqual({ app: 'orders' });
  });

  test.each<[string, Partial<MeshServiceProps>, { [key: string]: string }]>([
    ['a selector that was kept', { adopts: { selector: { component: 'orders', tier: 'api' } } } as Partial<MeshServiceProps>, { component: 'orders', tier: 'api' }],
    ['addresses of two families', { ipFamilies: IpFamilies.preferDualStack() } as Partial<MeshServiceProps>, { app: 'orders' }],
    ['answers of the same zone', { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }) }, { app: 'orders' }],
  ])('Services of stable and of new pods have %s', (_, service, selector) => {
    const manifests = releasing({ service });
    const own = find(manifests, 'Service', 'orders').spec;

    expect(own.selector).toEqual(selector);
    expect(own).not.toEqual(find(releasing(), 'Service', 'orders').spec);
    ['orders-stable', 'orders-canary'].forEach(name => expect(find(manifests, 'Service', name).spec).toEqual(own));
  });

  test('are reached as the service is', () => {
    const manifests = releasing();

    for (const [name, host] of [['orders-stable', STABLE], ['orders-canary', CANARY]]) {
      const { spec } = find(manifests, 'DestinationRule', name);
      expect(spec).toEqual({ host, trafficPolicy: find(manifests, 'DestinationRule', 'orders').spec.trafficPolicy });
    }
  });

  test('every route that is shared is named, and leads to both', () => {
    const manifests = releasing({
      more: (orders, world) => {
        const gateway = new MeshGateway(world.chart('edge', 'edge'), 'entrance', { servers: [GatewayServer.http(['shop.example.com'])] });
        gateway.exposes(orders, { hosts: ['shop.example.com'] });
        world.service('frontend').calls(orders, { timeout: Duration.seconds(2), retries: Retries.none() });
      },
    });
    const [own, gateways] = [httpOf(manifests), httpOf(manifests, 'orders-entrance')];

    expect(own.map(({ route }: any) => route)).toEqual([weights(100, 0), weights(100, 0)]);
    expect(gateways.map(({ route }: any) => route)).toEqual([weights(100, 0)]);
    expect(own[0].timeout).toBe('2s');
    const [names, gatewayNames] = [own, gateways].map(routes => routes.map(({ name }: any) => name));
    expect(canaryOf(manifests).trafficRouting.istio.virtualServices).toEqual([{ name: 'orders', routes: names }, { name: 'orders-entrance', routes: gatewayNames }]);
    expect(new Set(names).size).toBe(own.length);
  });

  test('connections are shared, too', () => {
    const manifests = releasing({ service: { ports: [MeshPort.http(8080), MeshPort.tcp(6379)] } });

    expect(find(manifests, 'VirtualService', 'orders').spec.tcp).toEqual([{ match: [{ port: 6379 }], route: weights(100, 0, 6379) }]);
    expect(canaryOf(manifests).trafficRouting.istio.virtualServices).toEqual([{ name: 'orders', routes: ['canary.http'], tcpRoutes: [{ port: 6379 }] }]);
    const connected = releasing({ service: { ports: [MeshPort.tcp(6379)] } });
    expect(canaryOf(connected).trafficRouting.istio.virtualServices).toEqual([{ name: 'orders', tcpRoutes: [{ port: 6379 }] }]);
  });

  test('a user\'s route to the service\'s own version leads to the stable pods, and keeps its weight', () => {
    const manifests = releasing({ more: orders => orders.addRoute('old', { match: [RouteMatch.headerPresent('x-old')], version: 'v1' }) });

    expect(httpOf(manifests)[0]).toMatchObject({ name: 'old', route: [{ destination: { host: STABLE } }] });
    expect(canaryOf(manifests).trafficRouting.istio.virtualServices).toEqual([{ name: 'orders', routes: ['canary'] }]);
  });

  test('a user\'s route to a version that stays leads to its own pods', () => {
    const manifests = releasing({
      more: (service, world) => {
        new ServiceVersion(world.shop, 'eu', { service });
        service.addRoute('eu', { match: [RouteMatch.headerPresent('x-eu')], version: 'eu' });
      },
    });

    expect(httpOf(manifests)[0]).toMatchObject({ name: 'eu', route: [{ destination: { host: 'orders.shop.svc.cluster.local', subset: 'eu' } }] });
    expect(canaryOf(manifests).trafficRouting.istio.virtualServices).toEqual([{ name: 'orders', routes: ['canary'] }]);
  });

  test('testers get the new pods, whatever the weights', () => {
    const manifests = releasing({ release: { match: TESTERS } });

    const match = [{ headers: { 'x-user': { exact: 'qa' } } }];
    expect(httpOf(manifests)[0]).toMatchObject({ name: 'canary-match', match, route: [{ destination: { host: CANARY } }] });
    expect(canaryOf(manifests).trafficRouting.istio.virtualServices[0].routes).toEqual(['canary']);
  });

  test('copies go to pods that bear a label while they are new', () => {
    const manifests = releasing({ release: { mirror: Percent.of(10) } });
    const label = { 'release.cdk8s-mesh.dev/canary-of': 'orders' };

    const mirror = { host: 'orders-copies.shop.svc.cluster.local' };
    expect(httpOf(manifests)[0]).toMatchObject({ mirror, mirrorPercentage: { value: 10 }, route: weights(100, 0) });
    expect(canaryOf(manifests).canaryMetadata).toEqual({ labels: label });
    expect(canaryOf(manifests)).not.toHaveProperty('stableMetadata');
    expect(find(manifests, 'Service', 'orders-copies').spec.selector).toEqual({ app: 'orders', ...label });
    expect(find(manifests, 'DestinationRule', 'orders-copies').spec.host).toBe('orders-copies.shop.svc.cluster.local');
    expect(rollout(manifests).spec.template.metadata.labels).not.toMatchObject(label);
    expect(lookUp(releasing(), 'Service', 'orders-copies')).toBeUndefined();
  });

  test('of a Mesh with another domain have its names', () => {
    const world = new World();
    const orders = world.service('orders');
    world.release(orders, { stage: undefined, engine: CanaryEngine.argoRollouts() });
    new Mesh(world.app, 'mesh', { clusterDomain: 'corp.local' });
    const manifests = synthesize(world.shop);

    expect(httpOf(manifests)[0].route[1].destination.host).toBe('orders-canary.shop.svc.corp.local');
    expect(canaryOf(manifests).trafficRouting.istio.virtualServices).toEqual([{ name: 'orders', routes: ['canary'] }]);
  });
});

describe('an analysis', () => {
  test('asks Prometheus of what clients see of the new pods, before each stage ends', () => {
    const metrics = [AnalysisMetric.successRate({ atLeast: 99 }), AnalysisMetric.promQl('baskets', 'sum(baskets)', { atLeast: 1, atMost: 9 })];
    const manifests = releasing({ release: { analysis: minutely(metrics, { failureLimit: 2 }) } });
    const [rate, baskets] = find(manifests, 'AnalysisTemplate', 'orders-release').spec.metrics;

    expect(rate).toMatchObject({ name: 'success-rate', interval: '60s', initialDelay: '48s', failureLimit: 2, successCondition: 'len(result) == 1 && result[0] >= 99' });
    expect(rate).not.toHaveProperty('count');
    expect(rate.provider.prometheus.query).toContain('reporter="source"');
    expect(rate.provider.prometheus.query).toContain(`destination_service="${CANARY}"`);
    expect(baskets).toMatchObject({ successCondition: 'len(result) == 1 && result[0] >= 1 && result[0] <= 9', provider: { prometheus: { query: 'sum(baskets)' } } });
  });

  test.each<[string, Partial<CanaryReleaseProps>, any]>([
    ['the first share', {}, { pause: { duration: '60s' } }],
    ['testers before shares', { stages: [0, 0, 50, 100], match: TESTERS }, { pause: { duration: '300s' } }],
    ['the shares beside copies', { stages: [0, 50, 100], mirror: Percent.of(10) }, { pause: { duration: '60s' } }],
    ['the shares after copies', { stages: [0, 0, 50, 100], mirror: Percent.of(10) }, { pause: { duration: '60s' } }],
    ['testers who try it alone', { stages: [0, 100], match: TESTERS }, { pause: { duration: '300s' } }],
    ['the switch of all', { stages: [0, 100] }, { pause: { duration: '60s' } }],
  ])('begins with %s', (_, release, step) => {
    const { analysis: { templates, startingStep }, steps } = canaryOf(releasing({ release: { ...release, analysis: minutely() } }));

    expect(templates).toEqual([{ templateName: 'orders-release' }]);
    expect(steps[startingStep]).toEqual(step);
    expect(steps.slice(0, startingStep).filter((each: any) => each.setWeight > 0).length).toBe(step.pause.duration === '300s' ? 0 : 1);
  });

  test('is not there where nothing is measured', () => {
    const manifests = releasing({ release: { analysis: CanaryAnalysis.every(Duration.seconds(30)) } });

    expect(lookUp(manifests, 'AnalysisTemplate', 'orders-release')).toBeUndefined();
    expect(canaryOf(manifests)).not.toHaveProperty('analysis');
  });
});

describe('the commit before, and the one after', () => {
  const engine = { handover: Handover.BEGIN };
  const prepared = (service?: Partial<MeshServiceProps>, release?: Partial<CanaryReleaseProps>) => releasing({ engine, service, release });

  test('has the pods of both, and the routes as they are', () => {
    const manifests = prepared();
    const before = alone();

    for (const kind of ['Deployment', 'VirtualService', 'DestinationRule', 'Service']) {
      expect(find(manifests, kind, 'orders')).toEqual(find(before, kind, 'orders'));
    }
    expect(JSON.stringify(rollout(manifests).spec.template).replaceAll('rollouts-pod', 'pod')).toBe(JSON.stringify(find(before, 'Deployment', 'orders').spec.template));
    expect(canaryOf(manifests)).toEqual({ maxSurge: 1, maxUnavailable: 0, stableService: 'orders-stable', canaryService: 'orders-canary' });
  });

  test('have the autoscaler with whoever is to bear the requests, who has all pods before the others go', () => {
    const service = { autoscaling: Autoscaling.horizontal({ min: 2, max: 5, metrics: [ScalingMetric.cpu(80)] }) };
    const scaledBy = (handover?: Handover) => {
      const { spec: { scaleTargetRef, minReplicas, maxReplicas } } = find(releasing({ engine: { handover }, service }), 'HorizontalPodAutoscaler', 'orders');
      return [scaleTargetRef.kind, minReplicas, maxReplicas];
    };

    expect([Handover.BEGIN, undefined, Handover.END].map(scaledBy)).toEqual([['Rollout', 5, 5], ['Rollout', 2, 5], ['Deployment', 5, 5]]);
  });

  test('has the same Rollout but for its strategy, so that its pods stay', () => {
    const { strategy: _, ...before } = rollout(prepared()).spec;
    const { strategy: __, ...after } = rollout(releasing()).spec;

    expect(before).toEqual(after);
    expect(rollout(prepared()).metadata).toEqual(rollout(releasing()).metadata);
    expect(before.template).toEqual(after.template);
  });

  test('measures and copies nothing', () => {
    const manifests = prepared({}, { match: TESTERS, mirror: Percent.of(10), analysis: minutely() });

    ['analysis', 'steps', 'trafficRouting', 'canaryMetadata'].forEach(field => expect(canaryOf(manifests)).not.toHaveProperty(field));
    expect(httpOf(manifests)).toEqual(httpOf(alone()));
  });

  test('a patch of the pods holds for both', () => {
    const patch = JsonPatch.add('/spec/template/spec/priorityClassName', 'high');
    const manifests = releasing({ engine: { handover: Handover.END }, more: orders => ApiObject.of(orders.deployment).addJsonPatch(patch) });

    expect([find(manifests, 'Deployment', 'orders'), rollout(manifests)].map(({ spec }) => spec.template.spec.priorityClassName)).toEqual(['high', 'high']);
  });
});

const CLAIMED = [
  ['Rollout', 'orders'],
  ...['stable', 'canary', 'copies'].flatMap(which => ['Service', 'DestinationRule'].map(kind => [kind, `orders-${which}`])),
  ...['release', 'gate-tester', 'acceptance-tester'].map(which => ['AnalysisTemplate', `orders-${which}`]),
];

test.each(CLAIMED)('the names of a release are nobody else\'s: %s %s', (kind, name) => {
  const world = new World();
  const [orders, tester] = ['orders', 'tester'].map(each => world.service(each));
  tester.calls(orders);
  const controller = new ExistingWorkload(world.app, 'controller', { namespace: 'engine', serviceAccount: 'engine' });
  MeshGraph.of(world.shop).claim(Site.of(world.shop, 'other'), [kind], 'shop', name, 'shop/other');

  expect(() => world.release(orders, {
    stage: undefined,
    mirror: Percent.of(10),
    engine: CanaryEngine.argoRollouts({ controller }),
    analysis: minutely(MEASURED, { gates: [ReleaseGate.webhook(tester, { path: '/approve' })], tests: [ReleaseTest.acceptance(tester, { path: '/accept' })] }),
  })).toThrow('[DuplicateName]');
});
