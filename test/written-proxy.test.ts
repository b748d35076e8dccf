import { ApiObject, Cron, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Mesh, MeshCronJob, MeshJob, MeshProps, MeshService, MeshServiceProps, PodException, ProxyInjection, WorkloadKind, WrittenProxyOptions,
  ZeroTrustNamespace,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { World } from './support/world';

const IMAGE = 'docker.io/istio/proxyv2:1.31.0';

function worldWith(options: Partial<WrittenProxyOptions> = {}, mesh: MeshProps = {}): World {
  const world = new World();
  new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: IMAGE, ...options }), ...mesh });
  return world;
}

const templateOf = ({ spec }: Manifest) => (spec.jobTemplate ?? { spec }).spec.template;

interface Pod {
  readonly labels: { [key: string]: string };
  readonly annotations: { [key: string]: string };
  readonly spec: any;
  readonly proxy: any;
  readonly variables: { [name: string]: string };
}

function podOf(world: World, kind = 'Deployment', name = 'orders'): Pod {
  const { metadata: { labels, annotations }, spec } = templateOf(find(synthesize(world.shop), kind, name));
  const proxy = [...spec.initContainers ?? [], ...spec.containers].find((container: any) => container.name === 'istio-proxy');
  return { labels, annotations, spec, proxy, variables: Object.fromEntries((proxy?.env ?? []).map(({ name: key, value }: any) => [key, value])) };
}

function orders(
  props: Partial<MeshServiceProps> = {}, options: Partial<WrittenProxyOptions> = {}, mesh: MeshProps = {},
  change: (service: MeshService) => void = () => undefined,
): Pod {
  const world = worldWith(options, mesh);
  change(world.service('orders', props));
  return podOf(world);
}

const names = (containers: any[]) => containers.map(({ name }) => name);

test('without it the injector is asked as before', () => {
  const world = new World();
  new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.webhook() });
  world.service('orders');

  expect(podOf(world)).toMatchObject({ labels: { 'sidecar.istio.io/inject': 'true' }, proxy: undefined });
});

describe('every pod has a proxy', () => {
  test.each<[string, string, (world: World) => void, string]>([
    ['of a Deployment', 'Deployment', world => void world.service('orders'), 'apps/v1/namespaces/shop/deployments/orders'],
    ['of a StatefulSet', 'StatefulSet', world => void world.service('orders', { kind: WorkloadKind.statefulSet() }), 'apps/v1/namespaces/shop/statefulsets/orders'],
    ['of a DaemonSet', 'DaemonSet', world => void world.service('orders', { kind: WorkloadKind.daemonSet() }), 'apps/v1/namespaces/shop/daemonsets/orders'],
    ['of a Job', 'Job', ({ shop }) => void new MeshJob(shop, 'orders', { image: 'job:1' }), 'batch/v1/namespaces/shop/jobs/orders'],
    ['of a CronJob', 'CronJob', ({ shop }) => void new MeshCronJob(shop, 'orders', { image: 'job:1', schedule: Cron.schedule({ minute: '30' }) }),
      'batch/v1/namespaces/shop/cronjobs/orders'],
  ])('%s, which says whose it is', (_, kind, make, owner) => {
    const world = worldWith();
    make(world);
    const { spec, labels, variables } = podOf(world, kind);

    expect(names(spec.initContainers)).toEqual(['istio-validation', 'istio-proxy']);
    expect(labels).not.toHaveProperty(['sidecar.istio.io/inject']);
    expect(labels['security.istio.io/tlsMode']).toBe('istio');
    expect(variables).toMatchObject({ ISTIO_META_WORKLOAD_NAME: 'orders', ISTIO_META_OWNER: `kubernetes://apis/${owner}` });
  });

  test('of another version, under that version\'s name, once', () => {
    const world = worldWith();
    world.release(world.service('orders'));
    const { spec, variables, labels } = podOf(world, 'Deployment', 'orders-v2');

    expect(names(spec.initContainers)).toEqual(['istio-validation', 'istio-proxy']);
    expect(labels.version).toBe('v2');
    expect(variables).toMatchObject({ ISTIO_META_WORKLOAD_NAME: 'orders-v2', ISTIO_META_OWNER: 'kubernetes://apis/apps/v1/namespaces/shop/deployments/orders-v2' });
  });

  test('whether the Mesh comes first or last', () => {
    const world = new World();
    world.service('orders');
    new Mesh(world.app, 'mesh', { proxyInjection: ProxyInjection.written({ image: IMAGE }) });

    expect(podOf(world).proxy.image).toBe(IMAGE);
  });
});

describe('what the user has patched', () => {
  const probe = JsonPatch.replace('/spec/template/spec/containers/0/readinessProbe', { httpGet: { path: '/patched', port: 'http', scheme: 'HTTPS' }, timeoutSeconds: 4 });

  test('is asked through the agent, by the port\'s number', () => {
    const { spec, variables } = orders({}, {}, {}, ({ deployment }) => void ApiObject.of(deployment).addJsonPatch(probe));

    expect(spec.containers[0].readinessProbe).toEqual({ httpGet: { path: '/app-health/orders/readyz', port: 15020, scheme: 'HTTP' }, timeoutSeconds: 4 });
    expect(JSON.parse(variables.ISTIO_KUBE_APP_PROBERS)['/app-health/orders/readyz']).toEqual({ httpGet: { path: '/patched', port: 8080, scheme: 'HTTPS' }, timeoutSeconds: 4 });
  });

  test('of the new version alone is too', () => {
    const world = worldWith();
    const release = world.release(world.service('orders'));
    const canary = release.node.children.map(child => child as ApiObject).find(({ kind }) => kind === 'Deployment')!;
    canary.addJsonPatch(probe);

    expect(JSON.parse(podOf(world, 'Deployment', 'orders-v2').variables.ISTIO_KUBE_APP_PROBERS)['/app-health/orders/readyz'].httpGet.path).toBe('/patched');
    expect(JSON.parse(podOf(world).variables.ISTIO_KUBE_APP_PROBERS)['/app-health/orders/readyz']).toHaveProperty('tcpSocket');
  });

  test('by place finds the containers that it would find in an injected pod', () => {
    const { spec } = orders({}, {}, {}, ({ deployment }) => void ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/initContainers', [{ name: 'migrate', image: 'migrate:1' }]), JsonPatch.add('/spec/template/spec/containers/0/tty', true)));

    expect(names(spec.initContainers)).toEqual(['istio-validation', 'istio-proxy', 'migrate']);
    expect(spec.containers[0]).toMatchObject({ name: 'orders', tty: true });
  });
});

describe('probes', () => {
  test('that are commands stay, and hooks over HTTP are asked by the agent', () => {
    const { spec, variables } = orders({ startup: kplus.Probe.fromCommand(['/app/started']) }, {}, {}, ({ deployment }) => void deployment.addContainer({
      name: 'helper', image: 'helper:1', portNumber: 8200, lifecycle: { postStart: kplus.Handler.fromHttpGet('/began', { port: 8200 }) },
    }));

    expect(spec.containers[0].startupProbe).toMatchObject({ exec: { command: ['/app/started'] } });
    expect(spec.containers[1].lifecycle.postStart.httpGet).toMatchObject({ path: '/app-lifecycle/helper/poststartz', port: 15020 });
    const probers = JSON.parse(variables.ISTIO_KUBE_APP_PROBERS);
    expect(probers['/app-lifecycle/helper/poststartz']).toEqual({ httpGet: { path: '/began', port: 8200, scheme: 'HTTP' } });
    expect(probers).not.toHaveProperty(['/app-health/orders/startupz']);
  });

  test('of a worker are none', () => {
    expect(orders({ ports: undefined }).variables).not.toHaveProperty('ISTIO_KUBE_APP_PROBERS');
  });
});

describe('what is known of the installation', () => {
  test('reaches the proxy', () => {
    const { labels, variables } = orders({}, { clusterName: 'east', network: 'network1', proxyConfig: { meshId: 'acme', proxyMetadata: { B: '2', A: '1' } } },
      { trustDomain: 'acme.example', clusterDomain: 'acme.internal' });

    expect(variables).toMatchObject({ ISTIO_META_CLUSTER_ID: 'east', ISTIO_META_NETWORK: 'network1', ISTIO_META_MESH_ID: 'acme', TRUST_DOMAIN: 'acme.example', A: '1', B: '2' });
    expect(labels['topology.istio.io/network']).toBe('network1');
    expect(JSON.parse(variables.PROXY_CONFIG)).toEqual({ meshId: 'acme', proxyMetadata: { B: '2', A: '1' } });
  });

  test('and the cluster\'s domain, and the mesh of a trust domain', () => {
    const { proxy, variables } = orders({}, {}, { trustDomain: 'acme.example', clusterDomain: 'acme.internal' });

    expect(proxy.args.slice(0, 4)).toEqual(['proxy', 'sidecar', '--domain', '$(POD_NAMESPACE).svc.acme.internal']);
    expect(variables.ISTIO_META_MESH_ID).toBe('acme.example');
  });

  test.each<[MeshProps, string, string, object]>([
    [{}, 'istiod.istio-system.svc:15012', 'default', {}],
    [{ revision: 'default' }, 'istiod.istio-system.svc:15012', 'default', {}],
    [{ revision: 'v1-31' }, 'istiod-v1-31.istio-system.svc:15012', 'v1-31', { discoveryAddress: 'istiod-v1-31.istio-system.svc:15012' }],
    [{ istioNamespace: 'mesh' }, 'istiod.mesh.svc:15012', 'default', { discoveryAddress: 'istiod.mesh.svc:15012' }],
  ])('%j is asked of its own istiod', (mesh, address, revision, config) => {
    const { labels, annotations, variables } = orders({}, {}, mesh);

    expect(variables.CA_ADDR).toBe(address);
    expect(JSON.parse(variables.PROXY_CONFIG)).toEqual(config);
    expect(annotations['istio.io/rev']).toBe(revision);
    expect(labels).not.toHaveProperty(['istio.io/rev']);
  });

  test('gives way to what a service says of its proxy', () => {
    const { variables } = orders({ proxy: { concurrency: 4 } }, { proxyConfig: { concurrency: 2, drainDuration: '10s' } });

    expect(JSON.parse(variables.PROXY_CONFIG)).toEqual({ concurrency: 4, drainDuration: '10s' });
  });
});

describe('the webhook', () => {
  test('is not asked by a zero-trust namespace', () => {
    const world = worldWith({}, { revision: 'v1-31' });
    new ZeroTrustNamespace(world.shop, 'namespace');
    const { labels } = find(synthesize(world.shop), 'Namespace', 'shop').metadata;

    expect(Object.keys(labels!).filter(key => /istio/.test(key))).toEqual([]);
    expect(labels).not.toHaveProperty(['istio.io/rev']);
  });

  test('may be forbidden by the label of a namespace', () => {
    const make = (proxyInjection: ProxyInjection) => () => {
      const world = new World();
      new Mesh(world.app, 'mesh', { proxyInjection });
      new ApiObject(world.shop, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'disabled' } } });
      world.service('orders');
      world.synth();
    };

    expect(thrownBy(make(ProxyInjection.webhook()))).toMatchObject([{ code: 'UninjectedNamespace' }]);
    expect(make(ProxyInjection.written({ image: IMAGE }))).not.toThrow();
  });
});

test('a quota counts the proxy once, whoever brings it', () => {
  const needs = (proxyInjection: ProxyInjection) => {
    const world = new World();
    new Mesh(world.app, 'mesh', { proxyInjection });
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { requestsCpu: kplus.Cpu.millis(1) } });
    world.service('orders', { replicas: 1 });
    return thrownBy(() => world.synth()).map(({ code, message }) => `${code} ${message}`);
  };

  expect(needs(ProxyInjection.written({ image: IMAGE }))).toEqual(needs(ProxyInjection.webhook()));
  expect(needs(ProxyInjection.webhook())).toHaveLength(1);
});

test('the proxy is hardened as Pod Security asks, and by no exception of the program', () => {
  const { spec } = orders({ exceptions: [PodException.writableRoot()] });

  spec.initContainers.forEach(({ securityContext }: any) => expect(securityContext).toMatchObject({
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 1337, capabilities: { drop: ['ALL'] },
  }));
});

describe('without native sidecars', () => {
  test('it is a container that holds the program back, before all others', () => {
    const { spec, proxy } = orders({}, {}, { nativeSidecars: false });

    expect(names(spec.initContainers)).toEqual(['istio-validation']);
    expect(names(spec.containers)).toEqual(['istio-proxy', 'orders']);
    expect(proxy.restartPolicy).toBeUndefined();
    expect(proxy.lifecycle).toEqual({ postStart: { exec: { command: ['pilot-agent', 'wait'] } } });
  });
});

describe('metrics', () => {
  test.each<[string, { [key: string]: string }, { [key: string]: string }, object | undefined]>([
    ['are asked of the agent', {}, { 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/scrape': 'true' }, undefined],
    ['of the program too', { 'prometheus-io/port': '9090', 'prometheus.io/scrape': 'true' },
      { 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/scrape': 'true' }, { scrape: 'true', path: '', port: '9090' }],
    ['stay where nobody merges them', { 'prometheus.io/port': '9090', 'prometheus.istio.io/merge-metrics': 'false' }, { 'prometheus.io/port': '9090' }, undefined],
    ['stay unasked', { 'prometheus.io/scrape': 'false' }, { 'prometheus.io/scrape': 'false' }, undefined],
  ])('%s', (_, podAnnotations, expected, told) => {
    const { annotations, variables } = orders({ podAnnotations });

    expect(Object.fromEntries(Object.entries(annotations).filter(([key]) => /^prometheus[.-]io\//.test(key)))).toEqual(expected);
    expect(variables.ISTIO_PROMETHEUS_ANNOTATIONS && JSON.parse(variables.ISTIO_PROMETHEUS_ANNOTATIONS)).toEqual(told);
  });
});
