import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, ChaosExperiment, ChaosTarget, ExternalService, Fault, Mesh, MeshPort, MeshService, MeshServiceProps, VolumeClaim, WorkloadKind,
  ZeroTrustNamespace,
} from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { ordersWith, World } from './support/world';

const RAFT = MeshPort.tcp(7000, { name: 'tcp-raft' });
const OWN = { 'service.istio.io/canonical-name': 'orders' };
const HEADLESS = 'orders-headless';

const controllerOf = (manifests: Manifest[], kind = 'Deployment') => find(manifests, kind, 'orders');
const containerOf = (manifests: Manifest[], kind = 'Deployment') => controllerOf(manifests, kind).spec.template.spec.containers[0];
const kindsOf = (manifests: Manifest[]) => inventory(manifests).map(object => object.replace('shop/', ''));

/** What the namespace's quota would have to be for the pods of one service. */
function podsCounted(props: Partial<MeshServiceProps>): string | undefined {
  const world = new World();
  new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 1 } });
  world.service('orders', props);
  return thrownBy(() => world.synth()).find(({ property }) => property === 'quota.pods')?.fix;
}

describe('a Deployment', () => {
  const recreated = { replicas: 1, kind: WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() }) };

  test('is what runs a service that says nothing', () => {
    expect(ordersWith({ kind: WorkloadKind.deployment() })).toEqual(ordersWith());
  });

  test('stops the old pod before the new one starts, if it is told so', () => {
    expect(controllerOf(ordersWith(recreated)).spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  test('is updated as the user says', () => {
    const { percent, absolute } = kplus.PercentOrAbsolute;
    const strategy = kplus.DeploymentStrategy.rollingUpdate({ maxSurge: percent(50), maxUnavailable: absolute(1) });

    expect(controllerOf(ordersWith({ kind: WorkloadKind.deployment({ strategy }) })).spec.strategy)
      .toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: 1 } });
  });

  test('counts twice for the quota where an update runs old and new pods beside each other, and once where it does not', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 1 } });
    world.service('orders', recreated);

    expect(() => world.synth()).not.toThrow();
    expect(podsCounted({ replicas: 4 })).toBe('Raise it to 8 at least.');
  });

  describe('whose program starts slowly', () => {
    const deadline = (startup?: kplus.Probe) => controllerOf(ordersWith({ startup })).spec.progressDeadlineSeconds;
    const asked = (options: kplus.ProbeOptions) => kplus.Probe.fromTcpSocket({ port: 8080, ...options });

    test('fails to roll out after ten minutes', () => {
      expect(deadline()).toBe(600);
      expect(deadline(asked({ periodSeconds: Duration.seconds(1), failureThreshold: 300 }))).toBe(600);
    });

    test.each([
      ['its start-up may take', { periodSeconds: Duration.seconds(10), failureThreshold: 60 }, 600 + 300],
      ['it waits before it is asked', { initialDelaySeconds: Duration.seconds(100), periodSeconds: Duration.seconds(10), failureThreshold: 60 }, 100 + 600 + 300],
      ['Kubernetes asks by default', { failureThreshold: 60 }, 600 + 300],
      ['Kubernetes lets a probe fail by default', { periodSeconds: Duration.minutes(5) }, 900 + 300],
    ])('fails to roll out five minutes after as long as %s', (_, options, seconds) => {
      expect(deadline(asked(options))).toBe(seconds);
    });

    test('fails to roll out after ten minutes when nothing is asked at its start', () => {
      expect(controllerOf(ordersWith({ ports: undefined })).spec.progressDeadlineSeconds).toBe(600);
    });
  });
});

describe('a StatefulSet', () => {
  const stateful = (props: Partial<MeshServiceProps> = {}, options: Parameters<typeof WorkloadKind.statefulSet>[0] = {}) => (
    ordersWith({ kind: WorkloadKind.statefulSet(options), ...props }));

  test('takes the Deployment\'s place, and has a headless Service, which clients of the mesh reach encrypted too', () => {
    const before = kindsOf(ordersWith());
    const after = kindsOf(stateful());

    expect(after.filter(object => !before.includes(object))).toEqual([`DestinationRule ${HEADLESS}`, `Service ${HEADLESS}`, 'StatefulSet orders']);
    expect(before.filter(object => !after.includes(object))).toEqual(['Deployment orders']);
  });

  test('has the same pods as a Deployment', () => {
    const template = (manifests: Manifest[], kind: string) => controllerOf(manifests, kind).spec.template;

    expect(template(stateful(), 'StatefulSet')).toEqual(template(ordersWith(), 'Deployment'));
  });

  test('finds its pods by their labels, and gives them names under its headless Service', () => {
    const manifests = stateful({ replicas: 5 });

    expect(controllerOf(manifests, 'StatefulSet').spec).toMatchObject({
      replicas: 5, serviceName: HEADLESS, podManagementPolicy: 'OrderedReady', selector: { matchLabels: { app: 'orders', version: 'v1' } },
    });
    expect(controllerOf(manifests, 'StatefulSet').spec.progressDeadlineSeconds).toBeUndefined();
  });

  test('starts its pods all at once, if it is told so', () => {
    expect(controllerOf(stateful({}, { podManagement: kplus.PodManagementPolicy.PARALLEL }), 'StatefulSet').spec.podManagementPolicy).toBe('Parallel');
  });

  test('has a headless Service that tells the addresses of its own pods, of those too that are not ready', () => {
    const { spec, metadata } = find(stateful({ ports: [MeshPort.http(80, { targetPort: 8080 })] }), 'Service', HEADLESS);

    expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'orders' });
    expect(spec).toMatchObject({
      clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ name: 'http', port: 8080, targetPort: 8080 }],
    });
    expect(spec.ports).toHaveLength(1);
    expect(spec.selector).toEqual({ app: 'orders' });
  });

  test('opens nothing among its pods that is not said', () => {
    const manifests = stateful();

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules).toBeUndefined();
    expect(find(manifests, 'NetworkPolicy', 'orders').spec.egress).toHaveLength(2);
    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual(['istio-system/*']);
  });

  test('gives each pod volumes of its own, in its program\'s container', () => {
    const claims = [
      VolumeClaim.of('data', '/var/lib/orders', Size.gibibytes(10), { storageClass: 'fast' }), VolumeClaim.of('log', '/var/log/orders', Size.mebibytes(512)),
    ];
    const manifests = stateful({}, { claims });

    expect(controllerOf(manifests, 'StatefulSet').spec.volumeClaimTemplates).toEqual([
      { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '10Gi' } } } },
      { metadata: { name: 'log' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '512Mi' } } } },
    ]);
    expect(containerOf(manifests, 'StatefulSet').volumeMounts).toEqual([
      { name: 'tmp', mountPath: '/tmp' }, { name: 'data', mountPath: '/var/lib/orders' }, { name: 'log', mountPath: '/var/log/orders' },
    ]);
  });

  test('claims where nothing else is mounted', () => {
    expect(containerOf(stateful({ writablePaths: [] }, { claims: [VolumeClaim.of('data', '/data', Size.gibibytes(1))] }), 'StatefulSet').volumeMounts)
      .toEqual([{ name: 'data', mountPath: '/data' }]);
    expect('volumeClaimTemplates' in controllerOf(stateful(), 'StatefulSet').spec).toBe(false);
  });

  test('counts once for the quota: a pod is gone before another bears its name', () => {
    expect(podsCounted({ kind: WorkloadKind.statefulSet(), replicas: 4 })).toBe('Raise it to 4 at least.');
  });

  test('is left to an autoscaler, if it is told so', () => {
    expect('replicas' in controllerOf(stateful({ autoscaling: Autoscaling.byOthers({ min: 2, max: 5 }) }), 'StatefulSet').spec).toBe(false);

    const world = new World();
    const { workload } = world.service('orders', { kind: WorkloadKind.statefulSet(), autoscaling: Autoscaling.byOthers({ min: 2, max: 5 }) });
    new kplus.HorizontalPodAutoscaler(world.shop, 'scaling', { metadata: { name: 'orders' }, target: workload as kplus.StatefulSet, minReplicas: 2, maxReplicas: 5 });
    const manifests = synthesize(world.shop);

    expect('replicas' in controllerOf(manifests, 'StatefulSet').spec).toBe(false);
    expect(find(manifests, 'HorizontalPodAutoscaler', 'orders').spec.scaleTargetRef.kind).toBe('StatefulSet');
  });

  test('is left to no autoscaler otherwise', () => {
    const world = new World();
    const target = world.service('orders', { kind: WorkloadKind.statefulSet() }).workload as kplus.StatefulSet;

    expect(thrownBy(() => new kplus.HorizontalPodAutoscaler(world.shop, 'scaling', { target, maxReplicas: 5 }))).toMatchObject([{ code: 'InvalidReplicas', property: 'autoscaling' }]);
  });
});

describe('a DaemonSet', () => {
  const everywhere = (props: Partial<MeshServiceProps> = {}) => ordersWith({ kind: WorkloadKind.daemonSet(), ...props });

  test('takes the Deployment\'s place', () => {
    // Kubernetes counts no pods of it: with a PodDisruptionBudget none could ever be moved
    const expected = kindsOf(ordersWith()).filter(object => !object.startsWith('PodDisruptionBudget')).map(object => object.replace('Deployment', 'DaemonSet'));
    expect(kindsOf(everywhere()).sort()).toEqual(expected.sort());
  });

  test('has the same pods as a Deployment, one on every node', () => {
    const { spec } = controllerOf(everywhere(), 'DaemonSet');

    expect(spec.template).toEqual(controllerOf(ordersWith()).spec.template);
    expect(spec.selector).toEqual({ matchLabels: { app: 'orders', version: 'v1' } });
    expect('replicas' in spec).toBe(false);
  });

  test('counts for the quota with the nodes that it is told of', () => {
    expect(podsCounted({ kind: WorkloadKind.daemonSet({ nodes: 12 }) })).toBe('Raise it to 12 at least.');

    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 1 } });
    world.service('orders', { kind: WorkloadKind.daemonSet() });
    expect(() => world.synth()).not.toThrow();
  });
});

describe('a worker', () => {
  const working = (props: Partial<MeshServiceProps> = {}) => ordersWith({ ports: undefined, ...props });

  test('has all that a service has, but for what a caller needs', () => {
    const missing = kindsOf(ordersWith()).filter(object => !kindsOf(working()).includes(object));

    expect(missing).toEqual(['Service orders', 'DestinationRule orders', 'VirtualService orders']);
  });

  test('is not asked anything that it does not say', () => {
    const { startupProbe, readinessProbe, livenessProbe, ports } = containerOf(working());

    expect([startupProbe, readinessProbe, livenessProbe, ports]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test('is asked what it says', () => {
    const probe = kplus.Probe.fromCommand(['/alive']);
    const container = containerOf(working({ startup: probe, readiness: probe, liveness: probe }));

    expect([container.startupProbe, container.readinessProbe, container.livenessProbe].map(({ exec }) => exec)).toEqual([1, 2, 3].map(() => ({ command: ['/alive'] })));
  });

  test('calls others by its own identity', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('mailer', { ports: undefined }).calls(orders);

    expect(find(synthesize(world.shop), 'AuthorizationPolicy', 'orders').spec.rules[0].from[0].source.principals).toEqual(['cluster.local/ns/shop/sa/mailer']);
  });

  test('leaves the names free that it does not need', () => {
    const world = new World();
    world.service('mailer', { ports: undefined });

    expect(() => new ExternalService(world.chart('more', 'shop'), 'mailer', { host: 'smtp.example.com', ports: [MeshPort.tls(465)] })).not.toThrow();
  });

  test('may have peers and keep its pods\' names', () => {
    const manifests = working({ peers: [RAFT], kind: WorkloadKind.statefulSet() });

    expect(find(manifests, 'Service', HEADLESS).spec.ports).toEqual([{ name: 'tcp-raft', port: 7000, targetPort: 7000 }]);
    expect(containerOf(manifests, 'StatefulSet').ports).toEqual([{ name: 'tcp-raft', containerPort: 7000 }]);
    expect(containerOf(manifests, 'StatefulSet').readinessProbe.tcpSocket).toEqual({ port: 7000 });
  });
});

describe('peers', () => {
  const peering = (props: Partial<MeshServiceProps> = {}) => ordersWith({ peers: [RAFT], ...props });
  const SELF = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }, podSelector: { matchLabels: OWN } };
  const PORTS = [{ port: 7000, protocol: 'TCP' }];

  test('are let in by their own identity, on their port alone', () => {
    expect(find(peering(), 'AuthorizationPolicy', 'orders').spec.rules).toEqual([
      { from: [{ source: { principals: ['cluster.local/ns/shop/sa/orders'] } }], to: [{ operation: { ports: ['7000'] } }] },
    ]);
  });

  test('are let through by the network in both directions, on their port alone', () => {
    const { ingress, egress } = find(peering(), 'NetworkPolicy', 'orders').spec;

    expect(ingress[0]).toEqual({ from: [SELF], ports: PORTS });
    expect(egress[0]).toEqual({ to: [SELF], ports: PORTS });
    expect([ingress.length, egress.length]).toEqual([2, 3]);
  });

  test('are known to each other\'s proxy by the headless Service, which has them one by one', () => {
    const manifests = peering();

    expect(find(manifests, 'Sidecar', 'orders').spec.egress[0].hosts).toEqual([`shop/${HEADLESS}.shop.svc.cluster.local`, 'istio-system/*']);
    expect(find(manifests, 'Service', HEADLESS).spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(find(manifests, 'Service', HEADLESS).spec.selector).toEqual({ app: 'orders' });
    expect(find(manifests, 'Service', HEADLESS).spec.ports).toEqual([{ name: 'tcp-raft', port: 7000, targetPort: 7000 }]);
  });

  test('speak by mutual TLS, wherever the cluster\'s domain is', () => {
    const world = new World();
    world.service('orders', { peers: [RAFT] });
    new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });

    expect(find(synthesize(world.shop), 'DestinationRule', HEADLESS).spec).toEqual({
      host: `${HEADLESS}.shop.svc.acme.internal`,
      trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' }, loadBalancer: { localityLbSetting: { enabled: false } } },
    });
  });

  test('listen on ports of the container that the Service of the clients does not have', () => {
    const manifests = peering();

    expect(containerOf(manifests).ports).toEqual([{ name: 'http', containerPort: 8080 }, { name: 'tcp-raft', containerPort: 7000 }]);
    expect(find(manifests, 'Service', 'orders').spec.ports).toEqual([{ name: 'http', port: 8080, targetPort: 8080 }]);
  });

  test('are no callers of what clients call', () => {
    const world = new World();
    const orders = world.service('orders', { peers: [RAFT] });
    world.service('frontend').calls(orders, { timeout: Duration.seconds(1) });
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules.map(({ from, to }: any) => [from[0].source.principals[0].split('/').at(-1), to[0].operation.ports])).toEqual([
      ['frontend', ['8080']], ['orders', ['7000']],
    ]);
    expect(find(manifests, 'VirtualService', 'orders').spec.http.map(({ name }: any) => name)).toEqual(['default.frontend', 'default']);
  });

  test('of a release are peers of the service\'s own pods: they have its identity', () => {
    const world = new World();
    world.release(world.service('orders', { peers: [RAFT] }));
    const { spec } = find(synthesize(world.shop), 'Deployment', 'orders-v2');

    expect(spec.template.metadata.labels).toMatchObject(OWN);
    expect(spec.template.spec.containers[0].ports).toContainEqual({ name: 'tcp-raft', containerPort: 7000 });
  });
});

test('the workload is there for every kind, and takes patches', () => {
  const world = new World();
  const orders = world.service('orders', { kind: WorkloadKind.statefulSet() });
  ApiObject.of(orders.workload).addJsonPatch(JsonPatch.add('/spec/persistentVolumeClaimRetentionPolicy', { whenDeleted: 'Delete' }));

  expect(orders.workload.kind).toBe('StatefulSet');
  expect(controllerOf(synthesize(world.shop), 'StatefulSet').spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Delete' });
});

describe('a drill hits the program\'s own container, by the kind of what runs it:', () => {
  const engineFor = (target: (orders: MeshService) => ChaosTarget, kind?: WorkloadKind) => {
    const world = new World();
    const drills = world.chart('drills', 'drills');
    new ChaosExperiment(drills, 'cpu', { target: target(world.service('orders', { kind })), fault: Fault.podCpuHog() });
    const { spec } = synthesize(drills).find(manifest => manifest.kind === 'ChaosEngine')!;
    const [{ spec: { components: { env } } }] = spec.experiments;
    return { appkind: spec.appinfo.appkind, container: env.find(({ name }: { name: string }) => name === 'TARGET_CONTAINER')?.value };
  };

  test.each([
    ['deployment', WorkloadKind.deployment()], ['statefulset', WorkloadKind.statefulSet()], ['daemonset', WorkloadKind.daemonSet()],
  ])('%s', (appkind, kind) => {
    expect(engineFor(ChaosTarget.service, kind)).toEqual({ appkind, container: 'orders' });
  });

  test('but of pods that the app does not describe it leaves the container to Litmus', () => {
    expect(engineFor(() => ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' }))).toEqual({ appkind: 'deployment', container: undefined });
  });
});
