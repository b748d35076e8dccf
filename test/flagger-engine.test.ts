import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import { ConfigMap, Probe, Secret } from 'cdk8s-plus-28';
import {
  AnalysisMetric, Autoscaling, CanaryAnalysis, CanaryAnalysisOptions, CanaryEngine, CanaryReleaseProps, CircuitBreaker, Configuration,
  ExistingWorkload, FlaggerOptions, GatewayServer, Handover, HeaderChanges, MeshGateway, MeshPort, MeshServiceProps, Percent, ReleaseAlert,
  ReleaseGate, ReleaseTest, Retries, RouteMatch, ScalingMetric, StringMatch, ZeroTrustNamespace,
} from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';
import { MeshGraph } from '../src/graph/mesh-graph';

const QA = RouteMatch.header('x-user', StringMatch.exactly('qa'));
const DELEGATE = { name: 'orders-release', namespace: 'shop' };
const RETRIES = { attempts: 2, retryOn: 'connect-failure,refused-stream,reset-before-request' };
const FRONTEND = { sourceNamespace: 'shop', sourceLabels: { 'service.istio.io/canonical-name': 'frontend' } };
const STAGES = [0, 5, 25, 50, 100];

function released(
  props: Partial<CanaryReleaseProps> = {},
  options: FlaggerOptions = {},
  service: Partial<MeshServiceProps> = {},
  more: (world: World) => void = () => undefined,
): Manifest[] {
  const world = new World();
  const orders = world.service('orders', { replicas: 3, ...service });
  world.service('frontend').calls(orders, { timeout: Duration.seconds(2), retries: Retries.upTo(3) });
  world.service('reports').calls(orders);
  world.release(orders, { stages: STAGES, stage: undefined, engine: CanaryEngine.flagger(options), ...props });
  more(world);
  return synthesize(world.shop);
}

const ADDED = ['Canary shop/orders', 'DestinationRule shop/orders-canary', 'DestinationRule shop/orders-primary', 'HorizontalPodAutoscaler shop/orders'];
const every = (options: CanaryAnalysisOptions) => CanaryAnalysis.every(Duration.minutes(1), options);
const canaryOf = (manifests: Manifest[]) => find(manifests, 'Canary', 'orders').spec;
const analysisOf = (...of: Parameters<typeof released>) => canaryOf(released(...of)).analysis;

function alone(service: Partial<MeshServiceProps> = {}): Manifest[] {
  const world = new World();
  const orders = world.service('orders', { replicas: 3, ...service });
  world.service('frontend').calls(orders, { timeout: Duration.seconds(2), retries: Retries.upTo(3) });
  world.service('reports').calls(orders);
  return synthesize(world.shop);
}

test('adds a Canary, rules for its two Services, and an autoscaler that keeps the number of pods: nothing that Flagger makes', () => {
  const before = inventory(alone());

  expect(inventory(released()).filter(object => !before.includes(object)).sort()).toEqual(ADDED);
});

test('of a service with an autoscaler adds no second one', () => {
  const autoscaling = Autoscaling.horizontal({ min: 2, max: 6, metrics: [ScalingMetric.cpu(70)] });
  const before = inventory(alone({ replicas: undefined, autoscaling }));

  const manifests = released({}, {}, { replicas: undefined, autoscaling });

  expect(inventory(manifests).filter(object => !before.includes(object)).sort()).toEqual(ADDED.slice(0, 3));
  expect(canaryOf(manifests).autoscalerRef).toEqual({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'orders' });
  expect(find(manifests, 'Deployment', 'orders').spec).not.toHaveProperty('replicas');
});

test('has the shape of this snapshot', () => {
  expect(find(released(), 'Canary', 'orders')).toMatchSnapshot();
});

test('keeps the number of pods out of the Deployment, which Flagger writes, and in the autoscaler', () => {
  const manifests = released();

  expect(find(manifests, 'Deployment', 'orders').spec).not.toHaveProperty('replicas');
  expect(find(manifests, 'HorizontalPodAutoscaler', 'orders').spec).toEqual({
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' }, minReplicas: 3, maxReplicas: 3, metrics: expect.anything(),
  });
  expect(canaryOf(manifests).autoscalerRef).toEqual({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'orders' });
});

test('changes the image of the service\'s own Deployment, and no byte of its pods more', () => {
  const [before, after] = [alone(), released()].map(manifests => find(manifests, 'Deployment', 'orders').spec.template);

  expect(after.spec.containers[0].image).toBe('ghcr.io/acme/orders:2.0.0');
  after.spec.containers[0].image = before.spec.containers[0].image;
  expect(after).toEqual(before);
});

test('changes nothing but the image when the new version is folded into the service', () => {
  const folded = released({}, {}, { image: 'ghcr.io/acme/orders:2.0.0' });

  expect(folded).toEqual(released());
});

test('a JSON patch of the release\'s Deployment is one of the service\'s', () => {
  const world = new World();
  const release = world.release(world.service('orders'), { stages: STAGES, stage: undefined, engine: CanaryEngine.flagger() });
  release.deployment.addJsonPatch(JsonPatch.add('/spec/template/metadata/annotations/note', 'yes'));

  expect(release.weight).toBeUndefined();
  expect(release.version).toBe('v1');
  expect(find(synthesize(world.shop), 'Deployment', 'orders').spec.template.metadata.annotations.note).toBe('yes');
});

test('routes each client by its own route to the VirtualService of Flagger, with its timeout and its retries', () => {
  const { http } = find(released(), 'VirtualService', 'orders').spec;

  expect(http).toEqual([
    {
      name: 'canary.frontend.safe',
      match: [{ ...FRONTEND, method: { regex: 'GET|HEAD|OPTIONS' } }],
      timeout: '2s',
      retries: expect.objectContaining({ attempts: 3 }),
      delegate: DELEGATE,
    },
    { name: 'canary.frontend', match: [FRONTEND], timeout: '2s', retries: expect.objectContaining({ attempts: 3 }), delegate: DELEGATE },
    { name: 'canary', retries: RETRIES, delegate: DELEGATE },
  ]);
});

test('tells clients by their labels where testers try the version: Istio would drop the testers\' route beside a namespace', () => {
  const { http } = find(released({ stages: [0, 100], match: [QA] }), 'VirtualService', 'orders').spec;

  expect(http[1].match).toEqual([{ sourceLabels: FRONTEND.sourceLabels }]);
});

test('a gateway with the name of a client is told from it all the same', () => {
  const world = new World();
  const orders = world.service('orders');
  world.service('web').calls(orders);
  const edge = new MeshGateway(world.chart('edge', 'edge'), 'web', { servers: [GatewayServer.http(['shop.example.com'])] });
  edge.exposes(orders, { hosts: ['shop.example.com'] });
  world.release(orders, { stages: [0, 100], match: [QA], stage: undefined, engine: CanaryEngine.flagger() });

  expect(() => world.synth()).not.toThrow();
});

test('says of a route which header of the testers it takes, beside that it is none of Flagger\'s', () => {
  const world = new World();
  const orders = world.service('orders');
  orders.addRoute('qa', { match: [QA], version: 'v1' });
  world.release(orders, { stages: [0, 100], match: [RouteMatch.header('x-preview', StringMatch.exactly('yes')), QA], stage: undefined, engine: CanaryEngine.flagger() });

  expect(thrownBy(() => world.synth()).map(({ property, received }) => [property, received])).toEqual([['addRoute(qa)', '"qa"'], ['match[1]', '"x-user"']]);
});

test('a path in any letter case is no matter where Flagger\'s own route matches nothing', () => {
  const manifests = (() => {
    const world = new World();
    const orders = world.service('orders');
    orders.addRoute('old', { match: [RouteMatch.path(StringMatch.prefix('/old'), { ignoreCase: true })], headers: HeaderChanges.of({ request: { remove: ['x-old'] } }) });
    world.release(orders, { stages: STAGES, stage: undefined, engine: CanaryEngine.flagger() });
    return synthesize(world.shop);
  })();

  expect(find(manifests, 'VirtualService', 'orders').spec.http[0]).toMatchObject({ match: [{ uri: { prefix: '/old' }, ignoreUriCase: true }], delegate: DELEGATE });
});

test('routes what comes through a gateway in the same way', () => {
  const world = new World();
  const orders = world.service('orders');
  new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] }).exposes(orders, { hosts: ['shop.example.com'], timeout: Duration.seconds(7) });
  world.release(orders, { stages: STAGES, stage: undefined, engine: CanaryEngine.flagger() });

  const routes = find(synthesize(world.shop), 'VirtualService', 'orders-edge').spec.http;
  expect(routes.map(({ delegate, timeout, route }: Manifest) => ({ delegate, timeout, route }))).toEqual([{ delegate: DELEGATE, timeout: '7s', route: undefined }]);
});

test('while it begins, leaves routes and the number of pods as they are', () => {
  const service = { image: 'ghcr.io/acme/orders:2.0.0' };
  const [before, after] = [alone(service), released({ image: undefined }, { handover: Handover.BEGIN }, service)];

  expect(find(after, 'VirtualService', 'orders')).toEqual(find(before, 'VirtualService', 'orders'));
  expect(find(after, 'Deployment', 'orders')).toEqual(find(before, 'Deployment', 'orders'));
  expect(canaryOf(after)).toEqual(canaryOf(released({ image: undefined }, {}, service)));
});

test.each([undefined, Handover.BEGIN, Handover.END])('the Service has the pods of both Deployments behind it, by the label that Flagger copies (handover %s)', (handover) => {
  expect(find(released({ image: undefined }, { handover }), 'Service', 'orders').spec.selector).toEqual({ 'service.istio.io/canonical-name': 'orders' });
  expect(find(alone(), 'Service', 'orders').spec.selector).toEqual({ app: 'orders' });
});

test('no policy selects the label that Flagger renames', () => {
  const selectors = released().filter(({ kind }) => ['AuthorizationPolicy', 'NetworkPolicy', 'Sidecar', 'PodDisruptionBudget'].includes(kind))
    .map(({ spec }) => JSON.stringify(spec.selector ?? spec.podSelector ?? spec.workloadSelector));

  expect(selectors.length).toBeGreaterThan(8);
  expect(selectors.filter(selector => /"app"/.test(selector))).toEqual([]);
});

test('hands Flagger the port as it was declared', () => {
  expect(canaryOf(released({}, {}, { ports: [MeshPort.grpc(80, { targetPort: 50051 })] })).service).toMatchObject({ name: 'orders-release', port: 80, portName: 'grpc', targetPort: 50051, delegation: true });
  expect(canaryOf(released({}, {}, { ports: [MeshPort.http(8080, { appProtocol: 'http' })] })).service).toMatchObject({ portName: 'http', appProtocol: 'http' });
  for (const field of ['hosts', 'gateways', 'timeout', 'retries', 'match', 'headers', 'portDiscovery']) {
    expect(canaryOf(released()).service).not.toHaveProperty(field);
  }
});

test.each<[string, Partial<CanaryReleaseProps>, FlaggerOptions, object]>([
  ['rising shares', { stages: STAGES }, {}, { stepWeights: [5, 25, 50, 100] }],
  ['blue-green', { stages: [0, 100] }, {}, { iterations: 5 }],
  ['blue-green in two looks', { stages: [0, 100], analysis: every({ iterations: 2 }) }, {}, { iterations: 2 }],
  ['testers', { stages: [0, 0, 100], match: [QA], analysis: every({ iterations: 3 }) }, {}, { iterations: 3, match: [{ headers: { 'x-user': { exact: 'qa' } } }] }],
  ['testers by one of two', { stages: [0, 100], match: [QA, RouteMatch.header('x-preview', StringMatch.regex('.+'))] }, {},
    { iterations: 5, match: [{ headers: { 'x-user': { exact: 'qa' } } }, { headers: { 'x-preview': { regex: '.+' } } }] }],
  ['copies before shares', { stages: [0, 0, 50, 100], mirror: Percent.of(20) }, {}, { stepWeights: [50, 100], mirror: true, mirrorWeight: 20 }],
  ['copies alone', { stages: [0, 0, 100], mirror: Percent.of(100) }, {}, { iterations: 5, mirror: true, mirrorWeight: 100 }],
  ['a promotion in steps', {}, { stepWeightPromotion: 20 }, { stepWeights: [5, 25, 50, 100], stepWeightPromotion: 20 }],
])('%s', (_, props, options, expected) => {
  expect(analysisOf(props, options)).toEqual({ interval: '60s', threshold: 1, ...expected });
});

test('waits for as long as the new pods may take to start', () => {
  const startup = Probe.fromCommand(['/app/started'], { periodSeconds: Duration.seconds(10), failureThreshold: 100 });
  const manifests = released({ startup });

  expect(canaryOf(manifests).progressDeadlineSeconds).toBe(find(manifests, 'Deployment', 'orders').spec.progressDeadlineSeconds);
  expect(canaryOf(manifests).progressDeadlineSeconds).toBe(1300);
});

test('goes by the deadline of the Deployment, and leaves the service as it was', () => {
  const manifests = released();
  const { progressDeadlineSeconds } = find(manifests, 'Deployment', 'orders').spec;

  expect(canaryOf(manifests)).toMatchObject({ progressDeadlineSeconds, revertOnDeletion: true, provider: 'istio' });
});

test('asks Flagger for no traffic policy, and says its own of each of its Services: Flagger would drop a part', () => {
  const manifests = released({}, {}, { circuitBreaker: CircuitBreaker.consecutiveErrors(5) });
  const { trafficPolicy } = find(manifests, 'DestinationRule', 'orders').spec;

  expect(canaryOf(manifests).service).not.toHaveProperty('trafficPolicy');
  for (const which of ['primary', 'canary']) {
    expect(find(manifests, 'DestinationRule', `orders-${which}`).spec).toEqual({ host: `orders-release-${which}.shop.svc.cluster.local`, trafficPolicy });
  }
  expect(trafficPolicy.loadBalancer).toEqual({ localityLbSetting: { enabled: false } });
});

test('measures what the clients see of the new pods, by templates of its own', () => {
  const manifests = released({ analysis: every({ metrics: [AnalysisMetric.successRate({ atLeast: 99 })], failureLimit: 2 }) });
  const { analysis } = canaryOf(manifests);

  expect(analysis.threshold).toBe(3);
  const [{ templateRef, interval, thresholdRange }] = analysis.metrics;
  expect({ templateRef, interval, thresholdRange }).toEqual({ templateRef: { name: expect.stringMatching(/^orders-/), namespace: 'shop' }, interval: '60s', thresholdRange: { min: 99 } });
  const { provider, query } = find(manifests, 'MetricTemplate', templateRef.name).spec;
  expect(provider.type).toBe('prometheus');
  expect(query).toContain('destination_service="orders-release-canary.shop.svc.cluster.local"');
  expect(query).toContain('reporter="source"');
  expect(query).not.toContain('destination_workload');
});

test('measures copies where they arrive: a client\'s proxy does not count them', () => {
  const analysis = every({ metrics: [AnalysisMetric.successRate({ atLeast: 99 })] });
  const manifests = released({ stages: [0, 0, 100], mirror: Percent.of(10), analysis });
  const { query } = find(manifests, 'MetricTemplate', 'orders-success-rate').spec;

  expect(canaryOf(manifests).analysis).toMatchObject({ iterations: 5, mirror: true, mirrorWeight: 10, metrics: [{ name: 'success-rate' }] });
  expect(query).toContain('{reporter="destination",destination_workload_namespace="shop",destination_workload="orders"}');
  expect(query).not.toContain('destination_service');
});

test.each<[{ atLeast?: number; atMost?: number }, object]>([
  [{ atLeast: 1, atMost: 9 }, { min: 1, max: 9 }], [{ atLeast: 0 }, { min: 0 }], [{ atMost: 0 }, { max: 0 }],
])('tells Flagger the bounds %j, and no other', (bounds, thresholdRange) => {
  expect(analysisOf({ analysis: every({ metrics: [AnalysisMetric.promQl('baskets', 'sum(baskets)', bounds)] }) }).metrics[0].thresholdRange).toEqual(thresholdRange);
});

test.each([[11, 'Raise it to 12 at least'], [12, undefined]])('a quota of %i pods has to hold those of both Deployments', (pods, error) => {
  const world = new World();
  new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods } });
  world.release(world.service('orders', { replicas: 3 }), { stages: STAGES, stage: undefined, engine: CanaryEngine.flagger() });
  const synth = () => world.synth();

  error ? expect(synth).toThrow(error) : expect(synth).not.toThrow();
});

const CLAIMED = [
  ...['Service', 'VirtualService', 'DestinationRule'].map(kind => [kind, 'orders-release']),
  ...['primary', 'canary'].flatMap(which => ['Service', 'DestinationRule'].map(kind => [kind, `orders-release-${which}`])),
  ...['Deployment', 'HorizontalPodAutoscaler', 'ScaledObject'].map(kind => [kind, 'orders-primary']),
  ['ConfigMap', 'orders-config-primary'], ['Secret', 'db-primary'],
];
const OURS = [
  ['Canary', 'orders'], ['DestinationRule', 'orders-primary'], ['DestinationRule', 'orders-canary'], ['HorizontalPodAutoscaler', 'orders'],
  ['MetricTemplate', 'orders-success-rate'], ['AlertProvider', 'orders-slack'],
];

describe('the names of a release', () => {
  const LOOKED_UP = Configuration.files('/etc/orders', { 'orders.json': '{}' });
  const configuration = [LOOKED_UP, Configuration.secret('db', { mountPath: '/etc/db' })];
  const nameOf = (name: string) => name.replace('orders-config', LOOKED_UP._configMap('orders')!.name);
  const described = (world: World) => {
    const orders = world.service('orders', { replicas: 3, configuration });
    world.service('frontend').calls(orders);
    const analysis = every({
      metrics: [AnalysisMetric.successRate({ atLeast: 99 })],
      alerts: [ReleaseAlert.slack({ channel: 'releases', secret: Secret.fromSecretName(world.shop, 'slack', 'slack') })],
    });
    world.release(orders, { stages: STAGES, stage: undefined, engine: CanaryEngine.flagger(), analysis });
  };

  test.each([...CLAIMED, ...OURS])('are nobody else\'s: %s %s', (kind, name) => {
    const world = new World();
    MeshGraph.of(world.shop).claim(Site.of(world.shop, 'other'), [kind], 'shop', nameOf(name), 'shop/other');

    expect(() => described(world)).toThrow('[DuplicateName]');
  });

  test.each(CLAIMED)('are none of an object of the user\'s own: %s %s', (kind, name) => {
    const synth = (namespace: string, given = nameOf(name)) => {
      const world = new World();
      described(world);
      new ApiObject(world.chart('more', namespace), 'mine', { apiVersion: 'v1', kind, metadata: { name: given } });
      world.synth();
    };

    expect(() => synth('shop')).toThrow(`Flagger, which writes the ${kind} ${nameOf(name)} itself`);
    expect(() => synth('elsewhere')).not.toThrow();
    expect(() => synth('shop', `${nameOf(name)}-mine`)).not.toThrow();
  });
});

test('keeps the names for itself under which Flagger copies what the service is configured with', () => {
  const configuration = [Configuration.files('/etc/orders', { 'orders.json': '{}' })];
  const [{ metadata: { name } }] = released({}, {}, { configuration }).filter(({ kind }) => kind === 'ConfigMap');

  expect(() => released({}, {}, { configuration }, (world) => {
    new ConfigMap(world.shop, 'copy', { metadata: { name: `${name}-primary` } });
    world.synth();
  })).toThrow('[DuplicateName]');
});

test('while it ends, the pods and the routes are the service\'s own again, and Flagger does nothing any more', () => {
  const manifests = released({ image: undefined }, { handover: Handover.END });
  const before = alone();

  for (const kind of ['VirtualService', 'Deployment']) {
    expect(find(manifests, kind, 'orders')).toEqual(find(before, kind, 'orders'));
  }
  expect(find(manifests, 'Deployment', 'orders').spec.replicas).toBe(3);
  expect(find(manifests, 'Service', 'orders').spec.selector).toEqual({ 'service.istio.io/canonical-name': 'orders' });
  expect(canaryOf(manifests)).toMatchObject({ suspend: true, revertOnDeletion: false });
  expect(manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toEqual([]);
  expect(canaryOf(released())).not.toHaveProperty('suspend');
});

describe('aborted', () => {
  const templateOf = (props: Partial<CanaryReleaseProps>) => find(released(props), 'Deployment', 'orders').spec.template;
  const ABORTED = 'release.cdk8s-mesh.dev/aborted';

  test('the pods are as they were but for an annotation, without which Flagger would go on', () => {
    const { metadata: { annotations, ...metadata }, ...template } = templateOf({ aborted: true });
    const before = find(alone(), 'Deployment', 'orders').spec.template;

    expect(annotations).toEqual({ ...before.metadata.annotations, [ABORTED]: expect.stringMatching(/^[0-9a-f]{8}$/) });
    expect({ ...template, metadata: { ...metadata, annotations: before.metadata.annotations } }).toEqual(before);
  });

  test('each image is another revision, and the same one when the app is synthesized again', () => {
    const of = (image: string) => templateOf({ aborted: true, image }).metadata.annotations[ABORTED];

    expect(of('ghcr.io/acme/orders:2.0.0')).not.toBe(of('ghcr.io/acme/orders:2.0.1'));
    expect(of('ghcr.io/acme/orders:2.0.0')).toBe(of('ghcr.io/acme/orders:2.0.0'));
  });
});

test('a trial without shares is measured where load is sent to the new pods', () => {
  const world = new World();
  const orders = world.service('orders');
  const tester = world.service('tester');
  tester.calls(orders);
  const controller = new ExistingWorkload(world.app, 'controller', { namespace: 'engine', serviceAccount: 'engine' });
  const analysis = every({ metrics: [AnalysisMetric.successRate({ atLeast: 99 })], tests: [ReleaseTest.load(tester, { path: '/load' })], failureLimit: 1 });
  world.release(orders, { stages: [0, 100], stage: undefined, engine: CanaryEngine.flagger({ controller }), analysis });

  expect(canaryOf(synthesize(world.shop)).analysis).toMatchObject({ iterations: 5, metrics: [{ name: 'success-rate' }], webhooks: [{ type: 'rollout' }] });
});

test.each([undefined, Handover.BEGIN, Handover.END])('a client\'s proxy knows the hosts of both versions before a route leads there, and after (handover %s)', (handover) => {
  const [{ hosts }] = find(released({ image: undefined }, { handover }), 'Sidecar', 'frontend').spec.egress;

  expect(hosts).toEqual(expect.arrayContaining([
    'shop/orders.shop.svc.cluster.local', 'shop/orders-release-canary.shop.svc.cluster.local', 'shop/orders-release-primary.shop.svc.cluster.local',
  ]));
});

test.each<[string, (number | undefined)[], number[]]>([
  ['before each share keeps the last of them', [undefined], [5, 50, 100]],
  ['before everybody leaves the last to the promotion', [100], [5, 50]],
  ['before each and before everybody does so too', [undefined, 100], [5, 50]],
])('a gate %s', (_, befores, stepWeights) => {
  const world = new World();
  const orders = world.service('orders');
  const approver = world.service('approver');
  const controller = new ExistingWorkload(world.app, 'controller', { namespace: 'engine', serviceAccount: 'engine' });
  const gates = befores.map(before => ReleaseGate.webhook(approver, { path: '/approve', before }));
  world.release(orders, { stages: [0, 5, 50, 100], stage: undefined, engine: CanaryEngine.flagger({ controller }), analysis: every({ gates }) });

  expect(canaryOf(synthesize(world.shop)).analysis.stepWeights).toEqual(stepWeights);
});
