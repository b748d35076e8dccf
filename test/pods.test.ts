import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshService, PodSecurity, ZeroTrustNamespace } from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { ordersWith, podOf, World } from './support/world';

const deploymentOf = (world: World, name = 'orders') => find(synthesize(world.shop), 'Deployment', name);

/** The service's own pods and those of a release, after something was done to the service. */
function versionsAfter(change: (orders: MeshService, world: World) => void): { own: Manifest; next: Manifest } {
  const world = new World();
  const orders = world.service('orders');
  world.release(orders);
  change(orders, world);
  return { own: deploymentOf(world), next: deploymentOf(world, 'orders-v2') };
}

describe('what is done to a service\'s pods holds for every version', () => {
  const CHANGES: [string, (orders: MeshService, world: World) => void, (pod: any, metadata: any) => unknown][] = [
    ['a JSON patch', ({ deployment }) => ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/priorityClassName', 'high')), pod => pod.priorityClassName],
    ['a patch of a field that cdk8s-plus does not know', ({ deployment }) => ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostUsers', false)), pod => pod.hostUsers === false],
    ['a label of the pods', ({ deployment }) => deployment.podMetadata.addLabel('team', 'shop'), (_, metadata) => metadata.labels.team],
    ['an annotation of the pods', ({ deployment }) => deployment.podMetadata.addAnnotation('vault', 'yes'), (_, metadata) => metadata.annotations.vault],
    ['a container', ({ deployment }) => void deployment.addContainer({ name: 'shipper', image: 'shipper:1' }), pod => pod.containers[1]?.name],
    ['an init container', ({ deployment }) => void deployment.addInitContainer({ name: 'migrate', image: 'migrate:1' }), pod => pod.initContainers?.[0].name],
    ['a volume', ({ deployment }, { shop }) => deployment.addVolume(kplus.Volume.fromEmptyDir(shop, 'scratch', 'scratch')), pod => pod.volumes.map((volume: any) => volume.name)],
    ['a mount', ({ deployment }, { shop }) => deployment.containers[0].mount('/data', kplus.Volume.fromEmptyDir(shop, 'data', 'data')), pod => pod.containers[0].volumeMounts],
    ['a variable', ({ deployment }) => deployment.containers[0].env.addVariable('MODE', kplus.EnvValue.fromValue('fast')), pod => pod.containers[0].env],
    ['scheduling', ({ deployment }) => deployment.scheduling.attract(kplus.Node.labeled(kplus.NodeLabelQuery.is('disk', 'ssd'))), pod => pod.affinity.nodeAffinity],
    ['a pull secret', ({ deployment }) => ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/imagePullSecrets', [{ name: 'registry' }])), pod => pod.imagePullSecrets],
    ['a token', orders => orders.usesKubernetesApi(), pod => pod.automountServiceAccountToken],
  ];

  test.each(CHANGES)('%s', (_, change, read) => {
    const { own, next } = versionsAfter(change);
    const of = ({ spec: { template } }: Manifest) => read(template.spec, template.metadata);

    expect(of(own)).toBeTruthy();
    expect(of(next)).toEqual(of(own));
  });

  test('whichever comes first, the release or the change', () => {
    const world = new World();
    const orders = world.service('orders');
    orders.deployment.addContainer({ name: 'shipper', image: 'shipper:1' });
    world.release(orders);

    expect(deploymentOf(world, 'orders-v2').spec.template.spec.containers[1].name).toBe('shipper');
  });

  test('an annotation of the Deployment itself', () => {
    const { next } = versionsAfter(({ deployment }) => deployment.metadata.addAnnotation('reloader', 'true'));

    expect(next.metadata.annotations).toEqual({ reloader: 'true' });
  });

  test('but the new version keeps its image, its replicas, and away from its own kind', () => {
    const { next } = versionsAfter(({ deployment }) => ApiObject.of(deployment).addJsonPatch(
      JsonPatch.replace('/spec/replicas', 7), JsonPatch.replace('/spec/template/spec/containers/0/image', 'patched:1')));

    expect(next.spec.replicas).toBe(3);
    expect(next.spec.template.spec.containers[0].image).toBe('ghcr.io/acme/orders:2.0.0');
    expect(JSON.stringify(next.spec)).not.toContain('"version":"v1"');
  });

  test('and it is the program that gets the image, wherever its container stands', () => {
    const { next } = versionsAfter(({ deployment }) => ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/containers/0', { name: 'shipper', image: 's:1' })));

    expect(next.spec.template.spec.containers.map(({ name, image }: any) => [name, image])).toEqual([
      ['shipper', 's:1'], ['orders', 'ghcr.io/acme/orders:2.0.0'],
    ]);
  });

  test('and its distance to the pods of another service, which keep their version', () => {
    const { next } = versionsAfter(({ deployment }, world) => deployment.scheduling.separate(world.service('payments').deployment));
    const [payments, ...more] = next.spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution;

    expect(payments.labelSelector).toEqual({ matchLabels: { app: 'payments', version: 'v1' } });
    expect(more).toEqual([]);
  });

  test('and a selector that says no version, which goes on to be for all of them', () => {
    const whole = { maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'orders' } } };
    const { next } = versionsAfter(({ deployment }) => ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/topologySpreadConstraints/-', whole)));

    expect(next.spec.template.spec.topologySpreadConstraints.at(-1)).toEqual(whole);
  });

  test('and what is done to the release is its own', () => {
    const world = new World();
    const orders = world.service('orders');
    world.release(orders).deployment.addJsonPatch(JsonPatch.add('/spec/template/spec/priorityClassName', 'low'));

    expect(deploymentOf(world, 'orders-v2').spec.template.spec.priorityClassName).toBe('low');
    expect(deploymentOf(world).spec.template.spec.priorityClassName).toBeUndefined();
  });
});

/** What a restricted namespace, or another, finds in the pods after a change. */
const violations = (change: (orders: MeshService, world: World) => void, podSecurity = PodSecurity.RESTRICTED) => {
  const world = new World();
  new ZeroTrustNamespace(world.shop, 'namespace', { podSecurity });
  change(world.service('orders'), world);
  return thrownBy(() => world.synth()).map(({ code, path, property, received }) => [code, path, property, received]);
};

describe('a container that the user adds', () => {
  const added = (props: Omit<kplus.ContainerProps, 'image'>) => {
    const world = new World();
    world.service('orders').deployment.addContainer({ image: 'side:1', name: 'side', ...props });
    return deploymentOf(world).spec.template.spec.containers[1].securityContext;
  };
  const HARDENED = {
    allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] },
  };

  test('is hardened as ours are', () => {
    expect(added({})).toEqual(HARDENED);
  });

  test('keeps what he says of it', () => {
    const securityContext = { readOnlyRootFilesystem: false, user: 999, capabilities: { add: [kplus.Capability.NET_BIND_SERVICE] } };

    expect(added({ securityContext })).toEqual({
      ...HARDENED, readOnlyRootFilesystem: false, runAsUser: 999, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    });
  });

  test('keeps what he says of its capabilities', () => {
    expect(added({ securityContext: { capabilities: { drop: [kplus.Capability.NET_RAW] } } }).capabilities).toEqual({ drop: ['NET_RAW'] });
  });

  test('is hardened by a patch too', () => {
    const world = new World();
    world.service('orders').deployment.addInitContainer({ image: 'init:1' });

    expect(deploymentOf(world).spec.template.spec.initContainers[0].securityContext).toEqual(HARDENED);
  });

  test('is refused at synth with the fields that Pod Security will refuse, all at once', () => {
    expect(violations(({ deployment }, { shop }) => {
      deployment.addContainer({
        name: 'side', image: 'side:1', securityContext: { privileged: true, allowPrivilegeEscalation: true, ensureNonRoot: false, user: 0 },
      });
      deployment.addVolume(kplus.Volume.fromHostPath(shop, 'host', 'host', { path: '/var/log' }));
      ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostNetwork', true));
    })).toEqual([
      ['PodSecurityViolation', 'shop/orders', 'pod.hostNetwork', 'true'],
      ['PodSecurityViolation', 'shop/orders', 'pod.containers[1].securityContext.privileged', 'true'],
      ['PodSecurityViolation', 'shop/orders', 'pod.containers[1].securityContext.allowPrivilegeEscalation', 'true'],
      ['PodSecurityViolation', 'shop/orders', 'pod.containers[1].securityContext.runAsNonRoot', 'false'],
      ['PodSecurityViolation', 'shop/orders', 'pod.containers[1].securityContext.runAsUser', '0'],
      ['PodSecurityViolation', 'shop/orders', 'pod.volumes[1].hostPath', '{"path":"/var/log","type":""}'],
      ['MembershipLost', 'shop/orders', 'pod.hostNetwork', 'true'],
    ]);
  });

  test('is refused in a BASELINE namespace for less', () => {
    const root = (orders: MeshService) => void orders.deployment.addContainer({ image: 'side:1', name: 'side', securityContext: { ensureNonRoot: false, user: 0 } });
    const admin = (orders: MeshService) => void orders.deployment.addContainer({ image: 'side:1', name: 'side', securityContext: { capabilities: { add: [kplus.Capability.SYS_ADMIN] } } });
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { podSecurity: PodSecurity.BASELINE });
    root(world.service('orders'));

    expect(() => world.synth()).not.toThrow();
    expect(violations(admin, PodSecurity.BASELINE).map(([,, property]) => property)).toEqual(['pod.containers[1].securityContext.capabilities.add']);
  });

  test('counts for the quota and for the limits of the namespace', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { limitsMemory: Size.mebibytes(7680) } });
    world.service('orders').deployment.addContainer({ image: 'side:1', name: 'side', resources: { cpu: { limit: kplus.Cpu.units(5) }, memory: { limit: Size.mebibytes(10) } } });

    expect(thrownBy(() => world.synth()).map(({ property, fix }) => [property, fix])).toEqual([
      ['quota.limitsMemory', 'Raise it to 7740Mi at least.'],
      ['limits', 'Raise limits.maxCpu and limits.maxMemory, or lower the service\'s limits.'],
    ]);
  });
});

describe('what Pod Security will refuse is told with its field, whoever brings it:', () => {
  const HOST = { path: '/var/log' };
  const CHANGES: [string, (orders: MeshService, world: World) => void, string, string][] = [
    ['an init container', ({ deployment }) => void deployment.addInitContainer({ name: 'first', image: 'first:1', securityContext: { ensureNonRoot: true, user: 0 } }),
      'initContainers[0].securityContext.runAsUser', '0'],
    ['a volume that nobody mounts', ({ deployment }, { shop }) => deployment.addVolume(kplus.Volume.fromHostPath(shop, 'host', 'host', HOST)),
      'volumes[1].hostPath', '{"path":"/var/log","type":""}'],
    ['a volume of an added container', ({ deployment }, { shop }) => void deployment.addContainer({
      name: 'side', image: 'side:1', volumeMounts: [{ path: '/host', volume: kplus.Volume.fromHostPath(shop, 'host', 'host', HOST) }],
    }), 'volumes[1].hostPath', '{"path":"/var/log","type":""}'],
    ['a mount', ({ deployment }, { shop }) => deployment.containers[0].mount('/host', kplus.Volume.fromHostPath(shop, 'host', 'host', HOST)),
      'volumes[1].hostPath', '{"path":"/var/log","type":""}'],
    ['a port of the node', ({ deployment }) => deployment.containers[0].addPort({ number: 9090, hostPort: 9090 }),
      'containers[0].ports', '[{"containerPort":8080,"name":"http"},{"containerPort":9090,"hostPort":9090}]'],
    ['a JSON patch', ({ deployment }) => ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostPID', true)), 'hostPID', 'true'],
  ];

  test.each(CHANGES)('%s', (_, change, field, received) => {
    expect(violations(change)).toEqual([['PodSecurityViolation', 'shop/orders', `pod.${field}`, received]]);
  });

  test('a patch of a release, of its own pods alone', () => {
    expect(violations((orders, world) => world.release(orders).deployment.addJsonPatch(JsonPatch.add('/spec/template/spec/hostIPC', true))))
      .toEqual([['PodSecurityViolation', 'shop/orders-next', 'pod.hostIPC', 'true']]);
  });
});

describe('the proxy', () => {
  test('is injected wherever the pod lands', () => {
    expect(podOf(ordersWith()).labels).toMatchObject({ 'sidecar.istio.io/inject': 'true' });
    expect(podOf(ordersWith()).labels['istio.io/rev']).toBeUndefined();
  });

  test('is that of the mesh\'s revision, whenever it is said', () => {
    const world = new World();
    world.release(world.service('orders'));
    new Mesh(world.app, 'mesh', { revision: 'canary' });

    ['orders', 'orders-v2'].forEach(name => expect(deploymentOf(world, name).spec.template.metadata.labels).toMatchObject({
      'sidecar.istio.io/inject': 'true', 'istio.io/rev': 'canary',
    }));
  });

  test('starts before the program and ends after it', () => {
    expect(find(ordersWith(), 'Deployment', 'orders').spec.template.metadata.annotations).toEqual({ 'sidecar.istio.io/nativeSidecar': 'true' });
  });

  const annotated = (annotations: { [key: string]: string }) => {
    const world = new World();
    const { podMetadata } = world.service('orders').deployment;
    Object.entries(annotations).forEach(([key, value]) => podMetadata.addAnnotation(key, value));
    return world;
  };

  test('is as the user\'s own annotations want it', () => {
    const own = { 'sidecar.istio.io/nativeSidecar': 'false', 'proxy.istio.io/config': '{"holdApplicationUntilProxyStarts":true,"terminationDrainDuration":"35s"}' };
    const world = annotated(own);

    expect(deploymentOf(world).spec.template.metadata.annotations).toEqual(own);
    expect(() => world.synth()).not.toThrow();
  });

  test('but not so that the program goes on without it', () => {
    expect(thrownBy(() => annotated({ 'sidecar.istio.io/nativeSidecar': 'false' }).synth()).map(({ code, property, message }) => [code, property, message.includes('terminationDrainDuration')])).toEqual([
      ['MembershipLost', 'pod.annotations.proxy.istio.io/config', false], ['MembershipLost', 'pod.annotations.proxy.istio.io/config', true],
    ]);
  });

  test('without native sidecars holds the program back, and stays as long as it may', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { nativeSidecars: false });
    world.service('orders', { terminationGracePeriod: Duration.minutes(2) });
    const { annotations } = deploymentOf(world).spec.template.metadata;

    expect(Object.keys(annotations)).toEqual(['sidecar.istio.io/nativeSidecar', 'proxy.istio.io/config']);
    expect(annotations['sidecar.istio.io/nativeSidecar']).toBe('false');
    expect(JSON.parse(annotations['proxy.istio.io/config'])).toEqual({ holdApplicationUntilProxyStarts: true, terminationDrainDuration: '120s' });
  });
});

describe('the end of a pod', () => {
  test('by default drains for 5 seconds and leaves 30 to the program', () => {
    const { spec, container } = podOf(ordersWith());

    expect(container.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    expect(spec.terminationGracePeriodSeconds).toBe(35);
  });

  test('is the user\'s to say', () => {
    const { spec, container } = podOf(ordersWith({ drain: Duration.seconds(20), terminationGracePeriod: Duration.minutes(5) }));

    expect(container.lifecycle).toEqual({ preStop: { sleep: { seconds: 20 } } });
    expect(spec.terminationGracePeriodSeconds).toBe(300);
  });

  test('has no drain when there is to be none', () => {
    expect(podOf(ordersWith({ drain: Duration.seconds(0) })).container.lifecycle).toBeUndefined();
  });
});
