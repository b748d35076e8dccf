import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ApiObject, App, Chart, Duration, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Autoscaling, CaCertificates, ExistingWorkload, ExternalService, Mesh, MeshPort, MeshService, MeshServiceProps, Permission, ProxyInjection,
  RouteMatch, ScalingMetric, ServiceVersion, ServiceVersionProps, StringMatch, TlsOrigination, WorkloadRole,
} from '../src';
import { find, inventory, Manifest, synthesize } from './support/manifests';
import { podOf, World } from './support/world';
import { MeshGraph } from '../src/graph/mesh-graph';

const HOST = 'orders.shop.svc.cluster.local';

/** `orders` with the version `eu`, which it calls `cart` with. */
function withVersion(
  props: Partial<ServiceVersionProps> = {}, orders: Partial<MeshServiceProps> = {},
  more: (world: World, version: ServiceVersion) => void = () => undefined,
): Manifest[] {
  const world = new World();
  const service = world.service('orders', orders);
  const cart = world.service('cart');
  world.service('frontend').calls(service);
  service.calls(cart, { addressVariable: 'CART_ADDR' });
  more(world, new ServiceVersion(world.shop, 'eu', { service, ...props }));
  return synthesize(world.shop);
}

const splitOf = (manifests: Manifest[]) => find(manifests, 'VirtualService', 'orders').spec.http.at(-1).route.map(({ destination, weight }: any) => [destination.subset, weight]);

test('adds a Deployment, and with an identity of its own what makes a member of the mesh', () => {
  const world = new World();
  ['orders', 'cart', 'frontend'].forEach(name => world.service(name));
  const before = inventory(synthesize(world.shop));
  const added = (props: Partial<ServiceVersionProps>) => inventory(withVersion(props)).filter(object => !before.includes(object));

  expect(added({})).toEqual(['Deployment shop/orders-eu']);
  expect(added({ ownIdentity: true }).sort()).toEqual([
    'AuthorizationPolicy', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount', 'Sidecar',
  ].map(kind => `${kind} shop/orders-eu`));
});

test('is the service\'s own Deployment but for what is said', () => {
  const manifests = withVersion(
    { env: { REGION: kplus.EnvValue.fromValue('eu'), LEVEL: kplus.EnvValue.fromValue('debug') }, replicas: 2, image: 'ghcr.io/acme/orders:1.4.0-eu' },
    { env: { LEVEL: kplus.EnvValue.fromValue('info'), CURRENCY: kplus.EnvValue.fromValue('EUR') }, terminationGracePeriod: Duration.seconds(50) },
  );
  const { labels, container, spec } = podOf(manifests, 'orders-eu');

  expect(container).toMatchObject({ name: 'orders', image: 'ghcr.io/acme/orders:1.4.0-eu' });
  expect(container.env.map(({ name, value }: any) => [name, value])).toEqual([
    ['CART_ADDR', 'cart.shop.svc.cluster.local:8080'], ['LEVEL', 'debug'], ['CURRENCY', 'EUR'], ['REGION', 'eu'],
  ]);
  expect(spec.terminationGracePeriodSeconds).toBe(50);
  expect(spec.serviceAccountName).toBe('orders');
  expect(labels).toMatchObject({ 'app': 'orders', 'version': 'eu', 'service.istio.io/canonical-name': 'orders', 'service.istio.io/canonical-revision': 'eu' });
  expect(find(manifests, 'Deployment', 'orders-eu').spec).toMatchObject({ replicas: 2, selector: { matchLabels: { app: 'orders', version: 'eu' } } });
  const recommended = { 'app.kubernetes.io/name': 'orders', 'app.kubernetes.io/instance': 'orders-eu', 'app.kubernetes.io/version': 'eu' };
  expect(labels).toMatchObject(recommended);
  expect(find(manifests, 'Deployment', 'orders-eu').metadata.labels).toMatchObject(recommended);
  // The service's own stay as they are
  expect(podOf(manifests).container.env.map(({ value }: any) => value)).toEqual(['cart.shop.svc.cluster.local:8080', 'info', 'EUR']);
});

test('a variable that is replaced stays before those that are made of it', () => {
  const value = (text: string) => kplus.EnvValue.fromValue(text);
  const { container } = podOf(withVersion({ env: { REGION: value('eu') } }, { env: { REGION: value('world'), BUCKET: value('data-$(REGION)') } }), 'orders-eu');

  expect(container.env.slice(1)).toEqual([{ name: 'REGION', value: 'eu' }, { name: 'BUCKET', value: 'data-$(REGION)' }]);
});

test('nothing is written that holds nothing, and nothing twice by reference', () => {
  const world = new World();
  const service = world.service('orders', { env: { SECRET: kplus.EnvValue.fromSecretValue({ secret: kplus.Secret.fromSecretName(world.shop, 's', 's'), key: 'k' }) } });
  new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true, env: { REGION: kplus.EnvValue.fromValue('eu') } });
  new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: 'docker.io/istio/proxyv2:1.31.0' }) });
  const yaml = world.app.synthYaml();

  expect(yaml).not.toMatch(/: null$/m);
  expect(yaml).not.toMatch(/: [&*]a\d+$/m);
});

test('what is patched in the service holds in the version, and what is patched in the version there alone', () => {
  const manifests = withVersion({}, {}, (world, version) => {
    version.deployment.addJsonPatch(JsonPatch.add('/spec/minReadySeconds', 7));
    (world.shop.node.findChild('orders') as any).deployment.podMetadata.addLabel('team', 'shop');
  });

  expect(podOf(manifests, 'orders-eu').labels.team).toBe('shop');
  expect(find(manifests, 'Deployment', 'orders-eu').spec.minReadySeconds).toBe(7);
  expect(find(manifests, 'Deployment', 'orders').spec.minReadySeconds).toBe(0);
});

test('takes nothing from the service\'s own, in a synthesis that renders each object once', () => {
  const written = (versioned: boolean) => {
    const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk8s-mesh-'));
    const shop = new Chart(new App({ outdir }), 'shop', { namespace: 'shop' });
    const service = new MeshService(shop, 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)] });
    if (versioned) {
      new ServiceVersion(shop, 'eu', { service, image: 'orders:1-eu', replicas: 7 });
    }
    App.of(shop).synth();
    return fs.readFileSync(path.join(outdir, 'shop.k8s.yaml'), 'utf8').split('---').find(text => /kind: Deployment/.test(text));
  };

  expect(written(true)).toBe(written(false));
});

test('its pods keep away from each other, and from others as the service\'s do', () => {
  const world = new World();
  const service = world.service('orders');
  const others = { podAffinityTerm: { labelSelector: { matchLabels: { app: 'batch' } }, topologyKey: 'kubernetes.io/hostname' }, weight: 1 };
  ApiObject.of(service.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/-', others));
  new ServiceVersion(world.shop, 'eu', { service });
  const manifests = synthesize(world.shop);
  const apart = (name: string) => podOf(manifests, name).spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution
    .map(({ podAffinityTerm }: any) => podAffinityTerm.labelSelector.matchLabels);

  expect(apart('orders')).toEqual([{ app: 'orders', version: 'v1' }, { app: 'batch' }]);
  expect(apart('orders-eu')).toEqual([{ app: 'orders', version: 'eu' }, { app: 'batch' }]);
});

test('the image is the program\'s, wherever its container stands', () => {
  const world = new World();
  const service = world.service('orders');
  ApiObject.of(service.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0', { ...podOf(synthesize(world.shop)).container, name: 'helper', image: 'helper:1', ports: [] }));
  new ServiceVersion(world.shop, 'eu', { service, image: 'ghcr.io/acme/orders:1.4.0-eu' });

  expect(podOf(synthesize(world.shop), 'orders-eu').spec.containers.map(({ name, image }: any) => [name, image])).toEqual([
    ['helper', 'helper:1'], ['orders', 'ghcr.io/acme/orders:1.4.0-eu'],
  ]);
});

test.each([[undefined, 100, 0], [30, 70, 30], [100, 0, 100]])('with weight %p the service\'s own gets %i percent', (weight, own, eu) => {
  const manifests = withVersion({ weight });

  expect(splitOf(manifests)).toEqual([['v1', own], ['eu', eu]]);
  expect(find(manifests, 'DestinationRule', 'orders').spec.subsets).toEqual([{ name: 'v1', labels: { version: 'v1' } }, { name: 'eu', labels: { version: 'eu' } }]);
});

test('several share, and routes go before', () => {
  const world = new World();
  const service = world.service('orders');
  new ServiceVersion(world.shop, 'orders-eu', { service, version: 'eu', weight: 20 });
  new ServiceVersion(world.shop, 'orders-us', { service, version: 'us', weight: 30 });
  new ServiceVersion(world.shop, 'orders-beta', { service, version: 'beta' });
  service.addRoute('testers', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'beta' });
  const manifests = synthesize(world.shop);

  expect(splitOf(manifests)).toEqual([['v1', 50], ['eu', 20], ['us', 30], ['beta', 0]]);
  expect(find(manifests, 'VirtualService', 'orders').spec.http[0]).toMatchObject({ name: 'testers', route: [{ destination: { host: HOST, subset: 'beta' } }] });
});

test('of TCP too', () => {
  const manifests = withVersion({ weight: 30 }, { ports: [MeshPort.tcp(6379)] });

  expect(find(manifests, 'VirtualService', 'orders').spec.tcp).toEqual([{
    match: [{ port: 6379 }],
    route: [{ destination: { host: HOST, subset: 'v1' }, weight: 70 }, { destination: { host: HOST, subset: 'eu' }, weight: 30 }],
  }]);
});

test('a release runs beside versions that have no share', () => {
  const manifests = withVersion({}, {}, world => world.release(world.shop.node.findChild('orders') as any, { stages: [0, 40, 100], stage: 1 }));

  expect(splitOf(manifests)).toEqual([['v1', 60], ['v2', 40]]);
  expect(find(manifests, 'DestinationRule', 'orders').spec.subsets.map(({ name }: any) => name)).toEqual(['v1', 'eu', 'v2']);
});

test('has an autoscaler where the service has one, unless it says how many', () => {
  const autoscaling = Autoscaling.horizontal({ min: 2, max: 5, metrics: [ScalingMetric.cpu(70)] });
  const scalers = (props: Partial<ServiceVersionProps>) => withVersion(props, { autoscaling }).filter(({ kind }) => kind === 'HorizontalPodAutoscaler').map(({ metadata }) => metadata.name);

  expect(scalers({})).toEqual(['orders', 'orders-eu']);
  expect(scalers({ replicas: 3 })).toEqual(['orders']);
});

describe('with an identity of its own', () => {
  const own = (more?: Parameters<typeof withVersion>[2]) => withVersion({ ownIdentity: true }, {}, more);
  const policyOf = (manifests: Manifest[], name: string) => find(manifests, 'AuthorizationPolicy', name).spec;

  test('its pods are found by its own walls and not by the service\'s', () => {
    const manifests = own();
    const { labels, spec } = podOf(manifests, 'orders-eu');

    expect(labels).toMatchObject({ 'app': 'orders', 'version': 'eu', 'service.istio.io/canonical-name': 'orders-eu' });
    expect(spec.serviceAccountName).toBe('orders-eu');
    for (const kind of ['AuthorizationPolicy', 'Sidecar', 'NetworkPolicy', 'PodDisruptionBudget']) {
      const { selector, workloadSelector, podSelector } = find(manifests, kind, 'orders-eu').spec;
      expect((selector ?? podSelector)?.matchLabels ?? workloadSelector.labels).toEqual({ 'service.istio.io/canonical-name': 'orders-eu' });
    }
  });

  test('its account has no token, and its pods are moved one by one, sick ones at once', () => {
    const manifests = own();

    expect(find(manifests, 'ServiceAccount', 'orders-eu').automountServiceAccountToken).toBe(false);
    expect(podOf(manifests, 'orders-eu').spec.automountServiceAccountToken).toBe(false);
    expect(find(manifests, 'PodDisruptionBudget', 'orders-eu').spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  test('a variable may be made of one that the version has itself, by whatever name the service has its server\'s address', () => {
    const value = (text: string) => kplus.EnvValue.fromValue(text);

    expect(() => withVersion({ ownIdentity: true, env: { CART_ADDR: value('cart.example.com:80'), CART_URL: value('http://$(CART_ADDR)/') } })).not.toThrow();
  });

  test('who calls the service reaches it, and nobody else does', () => {
    const manifests = own();

    expect(policyOf(manifests, 'orders-eu').rules).toEqual(policyOf(manifests, 'orders').rules);
    expect(policyOf(manifests, 'orders-eu').rules).toHaveLength(1);
    expect(find(manifests, 'NetworkPolicy', 'orders-eu').spec.ingress).toEqual(find(manifests, 'NetworkPolicy', 'orders').spec.ingress);
    const [{ to }] = find(manifests, 'NetworkPolicy', 'frontend').spec.egress;
    expect(to.map(({ podSelector }: any) => podSelector.matchLabels)).toEqual(['orders', 'orders-eu'].map(name => ({ 'service.istio.io/canonical-name': name })));
  });

  test('a caller that comes after it reaches it too', () => {
    const manifests = own(world => world.service('late').calls(world.shop.node.findChild('orders') as any));

    expect(policyOf(manifests, 'orders-eu').rules).toHaveLength(2);
  });

  test('it calls what it declares, and nothing that the service does', () => {
    const manifests = own((world, version) => version.calls(world.service('ledger'), { addressVariable: 'LEDGER_ADDR' }));

    expect(policyOf(manifests, 'ledger').rules[0].from).toEqual([{ source: { principals: ['cluster.local/ns/shop/sa/orders-eu'] } }]);
    expect(policyOf(manifests, 'cart').rules.map(({ from }: any) => from[0].source.principals)).toEqual([['cluster.local/ns/shop/sa/orders']]);
    expect(find(manifests, 'Sidecar', 'orders-eu').spec.egress[0].hosts).toEqual(['shop/ledger.shop.svc.cluster.local', 'istio-system/*']);
    expect(podOf(manifests, 'orders-eu').container.env).toEqual([{ name: 'LEDGER_ADDR', value: 'ledger.shop.svc.cluster.local:8080' }]);
  });

  test('its proxy has what its own calls need, and not what the service\'s do', () => {
    const world = new World();
    const bank = (id: string, tls?: TlsOrigination) => new ExternalService(world.shop, id, {
      host: `${id}.example.com`, ports: [tls ? MeshPort.http(80, { tls }) : MeshPort.tcp(5432)],
    });
    const service = world.service('orders');
    service.calls(bank('bank', TlsOrigination.simple({ caCertificates: CaCertificates.fromConfigMap('bank-ca') })));
    const version = new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true });
    version.calls(bank('db'));
    const manifests = synthesize(world.shop);
    const annotations = (name: string) => Object.keys(find(manifests, 'Deployment', name).spec.template.metadata.annotations).sort();

    expect(annotations('orders')).toEqual(['sidecar.istio.io/nativeSidecar', 'sidecar.istio.io/userVolume', 'sidecar.istio.io/userVolumeMount']);
    expect(annotations('orders-eu')).toEqual(['proxy.istio.io/config', 'sidecar.istio.io/nativeSidecar']);
    expect(find(manifests, 'Deployment', 'orders-eu').spec.template.metadata.annotations['proxy.istio.io/config']).toContain('ISTIO_META_DNS_CAPTURE');
  });

  test('what the user has written in the place of what follows from the service\'s calls holds for it, too', () => {
    const world = new World();
    const service = world.service('orders');
    service.calls(world.service('cart'), { addressVariable: 'CART_ADDR' });
    service.calls(new ExternalService(world.shop, 'db', { host: 'db.example.com', ports: [MeshPort.tcp(5432)] }));
    new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true });
    const config = '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"},"concurrency":1}';
    const template = '/spec/template';
    ApiObject.of(service.deployment).addJsonPatch(
      JsonPatch.replace(`${template}/spec/containers/0/env/0/value`, 'cart.example.com:80'), JsonPatch.replace(`${template}/metadata/annotations/proxy.istio.io~1config`, config));
    const pod = find(synthesize(world.shop), 'Deployment', 'orders-eu').spec.template;

    expect(pod.spec.containers[0].env).toEqual([{ name: 'CART_ADDR', value: 'cart.example.com:80' }]);
    expect(pod.metadata.annotations['proxy.istio.io/config']).toBe(config);
  });

  test('a role is given to it alone', () => {
    const manifests = own((world, version) => new WorkloadRole(world.shop, 'reader', { workload: version, permissions: [Permission.read(kplus.ApiResource.CONFIG_MAPS)] }));

    expect(podOf(manifests, 'orders-eu').spec.automountServiceAccountToken).toBe(true);
    expect(podOf(manifests).spec.automountServiceAccountToken).toBe(false);
    expect(find(manifests, 'RoleBinding', 'reader').subjects).toMatchObject([{ name: 'orders-eu' }]);
  });

  test('other apps know the pods of all versions', () => {
    const world = new World();
    const service = world.service('orders');
    new ExistingWorkload(world.app, 'web', { namespace: 'web', serviceAccount: 'web', podLabels: { app: 'web' }, keepsRoutes: true }).calls(service);
    const offered = () => MeshGraph.of(world.app).offered().map(({ podLabels }) => podLabels)[0];
    expect(offered()).toEqual({ 'service.istio.io/canonical-name': 'orders' });

    new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true });

    expect(offered()).toEqual({ app: 'orders' });
    expect(podOf(synthesize(world.shop), 'orders-eu').labels.app).toBe('orders');
  });
});
