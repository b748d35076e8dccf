import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AddedContainer, CanaryEngine, CanaryReleaseProps, Configuration, ExternalService, Mesh, MeshPort, MeshService, MeshServiceProps, PodException, ServiceVersion } from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { podOf, World } from './support/world';
import { describedType, propertiesOf } from '../src/diagnostics/assembly';
import { changesOf } from '../src/workload/merge-changes';
import { rebase } from '../src/workload/rebase';

const value = (text: string) => kplus.EnvValue.fromValue(text);

/** A static release, of these changes alone. */
function changing(
  changes: Partial<CanaryReleaseProps>, service: Partial<MeshServiceProps> = {}, more: (orders: MeshService, world: World) => void = () => undefined,
): Manifest[] {
  const world = new World();
  const orders = world.service('orders', service);
  more(orders, world);
  world.release(orders, { image: undefined, ...changes });
  return synthesize(world.shop);
}

const next = (manifests: Manifest[]) => podOf(manifests, 'orders-v2');
const variablesOf = ({ container }: ReturnType<typeof podOf>) => (container.env ?? []).map(({ name, value: text }: any) => [name, text]);

/** The Deployment of the new version, with what tells it from the service's own taken out. */
function difference(manifests: Manifest[]): { own: any; next: any } {
  const text = JSON.stringify(find(manifests, 'Deployment', 'orders-v2').spec)
    .replaceAll('"version":"v2"', '"version":"v1"')
    .replace('"app.kubernetes.io/version":"v2"', '"app.kubernetes.io/version":"v1"')
    .replace('"app.kubernetes.io/instance":"orders-v2"', '"app.kubernetes.io/instance":"orders"')
    .replace('"service.istio.io/canonical-revision":"v2"', '"service.istio.io/canonical-revision":"v1"');
  return { own: find(manifests, 'Deployment', 'orders').spec, next: JSON.parse(text) };
}

const asking = (command: string) => ({ exec: { command: [command] }, failureThreshold: 3 });

const EACH: [string, Partial<CanaryReleaseProps>, (pod: any) => void][] = [
  ['image', { image: 'ghcr.io/acme/orders:2.0.0' }, ({ container }) => { container.image = 'ghcr.io/acme/orders:2.0.0'; }],
  ['command', { command: ['/app/two'] }, ({ container }) => { container.command = ['/app/two']; }],
  ['args', { args: ['--two'] }, ({ container }) => { container.args = ['--two']; }],
  ['env', { env: { LEVEL: value('debug') } }, ({ container }) => { container.env = [{ name: 'LEVEL', value: 'debug' }]; }],
  ['resources', { resources: { memory: { limit: Size.mebibytes(512) } } }, ({ container }) => { container.resources.limits.memory = '512Mi'; }],
  ['terminationGracePeriod', { terminationGracePeriod: Duration.seconds(60) }, ({ spec }) => { spec.terminationGracePeriodSeconds = 60; }],
  ['imagePullSecrets', { imagePullSecrets: ['registry'] }, ({ spec }) => { spec.imagePullSecrets = [{ name: 'registry' }]; }],
  ['imagePullPolicy', { imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT }, ({ container }) => { container.imagePullPolicy = 'IfNotPresent'; }],
  ['podAnnotations', { podAnnotations: { 'acme.example/team': 'two' } }, ({ metadata }) => { metadata.annotations['acme.example/team'] = 'two'; }],
  ['priorityClassName', { priorityClassName: 'high' }, ({ spec }) => { spec.priorityClassName = 'high'; }],
  ['preStop', { preStop: kplus.Handler.fromCommand(['/app/stop']) }, ({ container }) => {
    container.lifecycle.preStop = { exec: { command: ['/bin/sh', '-c', 'sleep 5; exec "$@"', 'sh', '/app/stop'] } };
  }],
  ['scheduling', { scheduling: { tolerations: [kplus.NodeTaintQuery.exists('two')] } }, ({ spec }) => { spec.tolerations = [{ key: 'two', operator: 'Exists' }]; }],
  ['user', { user: 1000 }, ({ spec, container }) => {
    Object.assign(spec.securityContext, { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 });
    Object.assign(container.securityContext, { runAsUser: 1000, runAsGroup: 1000 });
  }],
  ['exceptions', { exceptions: [PodException.writableRoot()] }, ({ container }) => { container.securityContext.readOnlyRootFilesystem = false; }],
  ['writablePaths', { writablePaths: ['/cache'] }, ({ spec, container }) => {
    spec.volumes.push({ name: 'cache', emptyDir: { sizeLimit: '64Mi' } });
    container.volumeMounts.push({ name: 'cache', mountPath: '/cache' });
  }],
  ['readinessPath', { readinessPath: '/readyz' }, ({ container }) => {
    container.readinessProbe = { failureThreshold: 3, periodSeconds: 5, httpGet: { path: '/readyz', port: 8080, scheme: 'HTTP' } };
    container.livenessProbe = { failureThreshold: 6, periodSeconds: 10, tcpSocket: { port: 8080 } };
  }],
  ['envFrom', { envFrom: [kplus.Env.fromSecret(kplus.Secret.fromSecretName(new World().shop, 'secret', 'settings'))] }, ({ container }) => {
    container.envFrom = [{ secretRef: { name: 'settings' } }];
  }],
  ['readiness', { readiness: kplus.Probe.fromCommand(['/app/ready']) }, ({ container }) => {
    container.readinessProbe = asking('/app/ready');
    container.livenessProbe = { failureThreshold: 6, periodSeconds: 10, tcpSocket: { port: 8080 } };
  }],
  ['liveness', { liveness: kplus.Probe.fromCommand(['/app/alive']) }, ({ container }) => { container.livenessProbe = asking('/app/alive'); }],
  ['startup', { startup: kplus.Probe.fromCommand(['/app/started']) }, ({ container }) => { container.startupProbe = asking('/app/started'); }],
];

const KEPT = { podAnnotations: { 'acme.example/kept': 'yes' } };

test.each(EACH)('a release changes %s, and nothing else', (_property, changes, edit) => {
  const { own, next: released } = difference(changing(changes, KEPT));
  const expected = structuredClone(own);
  const { template } = expected;
  edit({ ...template, container: template.spec.containers[0] });

  expect(released).toEqual(expected);
  expect(released).not.toEqual(own);
});

test.each([
  ...EACH,
  ['configuration', { configuration: [Configuration.files('/etc/orders', { a: 'b' }), Configuration.variables({ C: 'd' }), Configuration.secret('db', { variables: { E: 'f' } })] }],
  ['addedContainers', { addedContainers: [AddedContainer.init('warm-up', { image: 'ghcr.io/acme/warm-up:1.0.0' })] }],
] as [string, Partial<CanaryReleaseProps>][])('a service that takes over the %s of its release is what the release is', (_property, changes) => {
  // A release adds paths to those of the service, which has /tmp without saying so
  const service = { ...changes, ...changes.writablePaths ? { writablePaths: ['/tmp', ...changes.writablePaths] } : {} };
  const { own, next: both } = difference(changing(changes, service));

  expect(difference(changing(changes)).next).toEqual(own);
  expect(both).toEqual(own);
});

test('every change is known to the merge', () => {
  const properties = propertiesOf(describedType('cdk8s-mesh.WorkloadChanges')!);
  const given = Object.fromEntries(properties.map(({ name }) => [name, 'x']));
  expect(Object.keys(changesOf(given)).sort()).toEqual(Object.keys(given).sort());
});

describe('what was done to the service\'s pods holds in the new version', () => {
  const patched = (changes: Partial<CanaryReleaseProps>) => changing(changes, { env: { LEVEL: value('info'), CURRENCY: value('EUR') } }, (orders, world) => {
    orders.calls(world.service('cart'), { addressVariable: 'CART_ADDR' });
    orders.deployment.containers[0].env.addVariable('BY_METHOD', value('1'));
    orders.deployment.addContainer({ name: 'agent', image: 'ghcr.io/acme/agent:1.0.0', resources: {} });
    ApiObject.of(orders.deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/hostUsers', false), JsonPatch.replace('/spec/template/spec/containers/0/resources/limits/cpu', '2'));
  });

  test('but for what the release changes', () => {
    const manifests = patched({ env: { LEVEL: value('debug'), REGION: value('eu') }, resources: { memory: { limit: Size.mebibytes(512) } } });
    const { spec, container } = next(manifests);

    expect(variablesOf(next(manifests))).toEqual([
      ['CART_ADDR', 'cart.shop.svc.cluster.local:8080'], ['LEVEL', 'debug'], ['CURRENCY', 'EUR'], ['BY_METHOD', '1'], ['REGION', 'eu'],
    ]);
    expect(spec.hostUsers).toBe(false);
    expect(spec.containers.map(({ name }: any) => name)).toEqual(['orders', 'agent']);
    expect(container.resources.limits).toMatchObject({ cpu: '2', memory: '512Mi' });
    expect(podOf(manifests).container.resources.limits.memory).toBe('256Mi');
    expect(variablesOf(podOf(manifests))).not.toContainEqual(['REGION', 'eu']);
  });

  test('an image that a patch has set gives way to the release\'s, be it the one of the property', () => {
    const manifests = changing({ image: 'ghcr.io/acme/orders:1.0.0' }, {}, orders => ApiObject.of(orders.deployment).addJsonPatch(
      JsonPatch.replace('/spec/template/spec/containers/0/image', 'ghcr.io/acme/orders:patched')));

    expect(next(manifests).container.image).toBe('ghcr.io/acme/orders:1.0.0');
  });

  test('a program that a patch has renamed is changed all the same', () => {
    const manifests = changing({ resources: { memory: { limit: Size.mebibytes(512) } }, image: 'ghcr.io/acme/orders:2.0.0' }, {}, orders => ApiObject.of(orders.deployment).addJsonPatch(
      JsonPatch.replace('/spec/template/spec/containers/0/name', 'program')));

    expect(next(manifests).spec.containers).toHaveLength(1);
    expect(next(manifests).container).toMatchObject({ name: 'program', image: 'ghcr.io/acme/orders:2.0.0', resources: { limits: { memory: '512Mi' } } });
  });
});

describe('configuration', () => {
  const FILES = Configuration.files('/etc/orders', { 'orders.yaml': 'currency: EUR' });
  const mapsOf = (manifests: Manifest[]) => manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata, data }: any) => [metadata.name, data]);
  const volumeOf = ({ spec, container }: ReturnType<typeof podOf>, path: string) => {
    const { name } = container.volumeMounts.find(({ mountPath }: any) => mountPath === path);
    return spec.volumes.find((volume: any) => volume.name === name).configMap?.name;
  };

  test('files take the place of the service\'s in the same directory, in a ConfigMap of their own', () => {
    const manifests = changing({ configuration: [Configuration.files('/etc/orders', { 'orders.yaml': 'currency: USD' })] }, { configuration: [FILES, Configuration.files('/etc/more', { a: 'b' })] });
    const maps = mapsOf(manifests);

    expect(maps.map(([, data]) => data)).toEqual([{ 'orders.yaml': 'currency: EUR' }, { a: 'b' }, { 'orders.yaml': 'currency: USD' }]);
    expect(volumeOf(podOf(manifests), '/etc/orders')).toBe(maps[0][0]);
    expect(volumeOf(next(manifests), '/etc/orders')).toBe(maps[2][0]);
    expect(volumeOf(next(manifests), '/etc/more')).toBe(maps[1][0]);
    expect(next(manifests).container.volumeMounts).toEqual(podOf(manifests).container.volumeMounts);
  });

  test('a variable takes the place of the one in env, in variables, and in a Secret', () => {
    const manifests = changing({ configuration: [Configuration.variables({ A: '2', B: '2', C: '2' })] }, {
      env: { A: value('1'), D: value('1') },
      configuration: [Configuration.variables({ B: '1', E: '1' }), Configuration.secret('db', { mountPath: '/etc/db', variables: { C: 'c', F: 'f' } })],
    });
    const maps = new Map(mapsOf(manifests) as [string, object][]);
    const { container, spec } = next(manifests);

    expect(container.env.map(({ name }: any) => name)).toEqual(['D', 'F']);
    expect(container.envFrom.map(({ configMapRef }: any) => maps.get(configMapRef.name))).toEqual([{ E: '1' }, { A: '2', B: '2', C: '2' }]);
    expect(spec.volumes.some(({ secret }: any) => secret?.secretName === 'db')).toBe(true);
    expect(podOf(manifests).container.env.map(({ name }: any) => name)).toEqual(['A', 'D', 'C', 'F']);
  });

  test('a variable of env takes the place of one of the configuration', () => {
    const manifests = changing({ env: { B: value('2') } }, { configuration: [Configuration.variables({ B: '1' }), Configuration.secret('db', { variables: { C: 'c' } })] });

    expect(next(manifests).container.envFrom).toBeUndefined();
    expect(next(manifests).container.env.map(({ name }: any) => name).sort()).toEqual(['B', 'C']);
  });

  test('the same content is one ConfigMap, whoever brings it', () => {
    const manifests = changing({ configuration: [FILES] }, { configuration: [FILES] }, (service, world) => new ServiceVersion(world.shop, 'eu', { service, configuration: [FILES] }));

    expect(mapsOf(manifests)).toHaveLength(1);
  });

  test('a release of configuration that is over leaves the ConfigMap as it is', () => {
    const USD = Configuration.files('/etc/orders', { 'orders.yaml': 'currency: USD' });
    const during = mapsOf(changing({ configuration: [USD] }, { configuration: [FILES] }));
    const after = mapsOf(changing({ image: 'ghcr.io/acme/orders:2.0.0' }, { configuration: [USD] }));

    expect(during).toContainEqual(after[0]);
  });
});

test('a release that is refused leaves no ConfigMap behind, and a right one can follow', () => {
  const world = new World();
  const orders = world.service('orders');
  const configuration = [Configuration.files('/etc/orders', { a: 'b' })];
  const maps = () => synthesize(world.shop).filter(({ kind }) => kind === 'ConfigMap');
  expect(() => world.release(orders, { configuration, stage: 7 }, 'wrong')).toThrow('stage');
  expect(maps()).toHaveLength(0);

  world.release(orders, { configuration }, 'right');
  expect(maps()).toHaveLength(1);
});

test('a container takes the place of the one of the same name, and others come after it in the order in which they start', () => {
  const init = (name: string, tag: string) => AddedContainer.init(name, { image: `ghcr.io/acme/${name}:${tag}` });
  const manifests = changing({ addedContainers: [init('first', '2'), init('third', '1')] }, { addedContainers: [init('first', '1'), init('second', '1')] });
  const images = ({ spec }: ReturnType<typeof podOf>) => spec.initContainers.map(({ image }: any) => image.replace('ghcr.io/acme/', ''));

  expect(images(next(manifests))).toEqual(['first:2', 'second:1', 'third:1']);
  expect(images(podOf(manifests))).toEqual(['first:1', 'second:1']);
});

test('a version of its own identity keeps what its own calls need when its time to end is changed', () => {
  const world = new World();
  // Without native sidecars the proxy's own time stands beside what the calls need, in one text
  new Mesh(world.app, 'mesh', { nativeSidecars: false });
  const service = world.service('orders');
  const version = new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true, terminationGracePeriod: Duration.seconds(60), podAnnotations: { 'acme.example/a': 'b' } });
  version.calls(new ExternalService(world.shop, 'db', { host: 'db.example.com', ports: [MeshPort.tcp(5432)] }));
  const { metadata, spec } = find(synthesize(world.shop), 'Deployment', 'orders-eu').spec.template;

  expect(spec.terminationGracePeriodSeconds).toBe(60);
  expect(metadata.annotations['proxy.istio.io/config']).toContain('ISTIO_META_DNS_CAPTURE');
  expect(metadata.annotations['proxy.istio.io/config']).toContain('"terminationDrainDuration":"60s"');
  expect(metadata.annotations['acme.example/a']).toBe('b');
});

describe('an engine that watches the service\'s own pods', () => {
  const watched = (changes: Partial<CanaryReleaseProps>, service: Partial<MeshServiceProps> = {}, more?: (orders: MeshService) => void) => changing(
    { engine: CanaryEngine.flagger(), stage: undefined, ...changes }, service, more);

  test('sees the changes in their template', () => {
    const pod = podOf(watched({ env: { LEVEL: value('debug') }, configuration: [Configuration.files('/etc/orders', { a: 'new' })] }, { configuration: [Configuration.files('/etc/orders', { a: 'old' })] }));

    expect(variablesOf(pod)).toEqual([['LEVEL', 'debug']]);
    expect(pod.labels.version).toBe('v1');
  });

  test('keeps the ConfigMap of the pods that serve until the change is the service\'s, and then no byte of the template changes', () => {
    const [old, fresh] = ['old', 'new'].map(text => Configuration.files('/etc/orders', { a: text }));
    const during = watched({ configuration: [fresh], args: ['--two'] }, { configuration: [old] });
    const after = watched({}, { configuration: [fresh], args: ['--two'] });

    expect(during.filter(({ kind }) => kind === 'ConfigMap')).toHaveLength(2);
    expect(JSON.stringify(find(during, 'Deployment', 'orders'))).toBe(JSON.stringify(find(after, 'Deployment', 'orders')));
  });

  test('sees what was done by patches, too', () => {
    const pod = podOf(watched({ args: ['--two'] }, {}, orders => ApiObject.of(orders.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostUsers', false))));

    expect(pod.spec.hostUsers).toBe(false);
    expect(pod.container.args).toEqual(['--two']);
  });
});

describe('rebase', () => {
  test.each<[string, any, any, any, any]>([
    ['leaves all of an object where nothing is changed', { a: 1, more: 2 }, { a: 0 }, { a: 0 }, { a: 1, more: 2 }],
    ['adds, changes and takes away', { a: 1, b: 1, mine: 1 }, { a: 1, b: 1 }, { b: 2, c: 3 }, { b: 2, mine: 1, c: 3 }],
    ['changes an item by its name', { env: [{ name: 'x', value: '1' }, { name: 'mine' }] }, { env: [{ name: 'x', value: '1' }] }, { env: [{ name: 'x', value: '2' }] },
      { env: [{ name: 'x', value: '2' }, { name: 'mine' }] }],
    ['takes away an item and leaves no empty list', { env: [{ name: 'x' }] }, { env: [{ name: 'x' }] }, {}, {}],
    ['replaces other lists', { args: ['mine'] }, { args: ['a'] }, { args: ['b', 'c'] }, { args: ['b', 'c'] }],
  ])('%s', (_what, object, before, after, expected) => {
    const given = structuredClone(object);
    expect(rebase(object, before, after)).toEqual(expected);
    expect(object).toEqual(given);
  });
});
