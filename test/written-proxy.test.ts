import { ApiObject, Cron, JsonPatch } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AddedContainer, CaCertificates, ExternalService, GrpcProbe, Mesh, MeshCronJob, MeshJob, MeshPort, MeshProps, MeshService, MeshServiceProps,
  PodException, ProxyInjection, TlsOrigination, WorkloadKind, WrittenProxyOptions, ZeroTrustNamespace,
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

/** With annotations that `proxy` has no word for. */
function annotated(annotations: { [key: string]: string }, options: Partial<WrittenProxyOptions> = {}): Pod {
  return orders({}, options, {}, ({ deployment: { podMetadata } }) => (
    Object.entries(annotations).forEach(([key, value]) => podMetadata.addAnnotation(key, value))));
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

/** Upstream: istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml; a live test compares with what it makes. */
describe('a pod that says nothing of its proxy', () => {
  const RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } };

  test('is checked before anything runs: all goes in and out by the proxy, but for what it is asked itself', () => {
    const [validation] = orders().spec.initContainers;

    expect(validation).toMatchObject({ name: 'istio-validation', image: IMAGE, resources: RESOURCES });
    expect(validation.args).toEqual([
      'istio-iptables', '-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-x', '', '-b', '*', '-d', '15090,15021,15020',
      '--log_output_level=default:info', '--run-validation', '--skip-rule-apply',
    ]);
    expect(validation).not.toHaveProperty('env');
  });

  test('has a native sidecar that is ready before the program starts, and drains before it ends', () => {
    const ready = { httpGet: { path: '/healthz/ready', port: 15021 }, initialDelaySeconds: 0, timeoutSeconds: 3 };

    expect(orders().proxy).toMatchObject({
      image: IMAGE,
      restartPolicy: 'Always',
      ports: [{ containerPort: 15090, protocol: 'TCP', name: 'http-envoy-prom' }],
      args: [
        'proxy', 'sidecar', '--domain', '$(POD_NAMESPACE).svc.cluster.local', '--proxyLogLevel=warning', '--proxyComponentLogLevel=misc:error',
        '--log_output_level=default:info',
      ],
      lifecycle: { preStop: { exec: { command: ['pilot-agent', 'request', '--debug-port=15020', 'POST', 'drain'] } } },
      startupProbe: { ...ready, periodSeconds: 1, failureThreshold: 600 },
      readinessProbe: { ...ready, periodSeconds: 15, failureThreshold: 4 },
      resources: RESOURCES,
    });
  });

  test('tells the proxy what istiod has to know of it', () => {
    const { proxy, variables } = orders({}, {}, {}, ({ deployment }) => void deployment.addContainer({ name: 'helper', image: 'helper:1', portNumber: 8200 }));
    const fields = proxy.env.filter(({ valueFrom }: any) => valueFrom).map(({ name, valueFrom: { fieldRef, resourceFieldRef } }: any) => (
      [name, fieldRef?.fieldPath ?? resourceFieldRef.resource]));

    expect(Object.fromEntries(fields)).toEqual({
      POD_NAME: 'metadata.name',
      POD_NAMESPACE: 'metadata.namespace',
      INSTANCE_IP: 'status.podIP',
      SERVICE_ACCOUNT: 'spec.serviceAccountName',
      HOST_IP: 'status.hostIP',
      ISTIO_META_NODE_NAME: 'spec.nodeName',
      ISTIO_CPU_LIMIT: 'limits.cpu',
      GOMEMLIMIT: 'limits.memory',
      GOMAXPROCS: 'limits.cpu',
    });
    expect(variables).toMatchObject({
      PILOT_CERT_PROVIDER: 'istiod',
      CA_ADDR: 'istiod.istio-system.svc:15012',
      ISTIO_META_APP_CONTAINERS: 'orders,helper',
      ISTIO_META_CLUSTER_ID: 'Kubernetes',
      ISTIO_META_INTERCEPTION_MODE: 'REDIRECT',
      ISTIO_META_MESH_ID: 'cluster.local',
      TRUST_DOMAIN: 'cluster.local',
    });
    expect(variables).not.toHaveProperty('ISTIO_META_NETWORK');
    expect(JSON.parse(variables.ISTIO_META_POD_PORTS)).toEqual([{ name: 'http', containerPort: 8080, protocol: 'TCP' }, { containerPort: 8200, protocol: 'TCP' }]);
  });

  test('has the proxy\'s files, each where the agent looks for it, beside its own', () => {
    const { spec, proxy } = orders();
    const sources = Object.fromEntries(spec.volumes.map(({ name, ...source }: any) => [name, source]));

    expect(Object.fromEntries(proxy.volumeMounts.map(({ name, mountPath }: any) => [mountPath, name]))).toEqual({
      '/var/run/secrets/workload-spiffe-uds': 'workload-socket',
      '/var/run/secrets/credential-uds': 'credential-socket',
      '/var/run/secrets/workload-spiffe-credentials': 'workload-certs',
      '/var/run/secrets/istio': 'istiod-ca-cert',
      '/var/run/secrets/istio/crl': 'istio-ca-crl',
      '/var/lib/istio/data': 'istio-data',
      '/etc/istio/proxy': 'istio-envoy',
      '/var/run/secrets/tokens': 'istio-token',
      '/etc/istio/pod': 'istio-podinfo',
    });
    expect(sources).toMatchObject({
      'istiod-ca-cert': { configMap: { name: 'istio-ca-root-cert' } },
      'istio-ca-crl': { configMap: { name: 'istio-ca-crl', optional: true } },
      'istio-token': { projected: { sources: [{ serviceAccountToken: { path: 'istio-token', expirationSeconds: 43200, audience: 'istio-ca' } }] } },
      'tmp': { emptyDir: { sizeLimit: '64Mi' } },
    });
    expect(sources['istio-podinfo'].downwardAPI.items.map(({ path, fieldRef }: any) => [path, fieldRef.fieldPath])).toEqual([['labels', 'metadata.labels'], ['annotations', 'metadata.annotations']]);
    expect(proxy.volumeMounts.filter(({ name }: any) => !(name in sources))).toEqual([]);
  });

  test('says to the CNI plugin what is captured, to an injector what is there, and to kubectl what is meant', () => {
    const { annotations, spec, proxy } = orders();

    expect(annotations).toMatchObject({
      'kubectl.kubernetes.io/default-container': 'orders',
      'kubectl.kubernetes.io/default-logs-container': 'orders',
      'sidecar.istio.io/interceptionMode': 'REDIRECT',
      'traffic.sidecar.istio.io/includeOutboundIPRanges': '*',
      'traffic.sidecar.istio.io/includeInboundPorts': '*',
      'traffic.sidecar.istio.io/excludeInboundPorts': '15020',
    });
    expect(JSON.parse(annotations['sidecar.istio.io/status'])).toEqual({
      initContainers: ['istio-validation', 'istio-proxy'],
      containers: null,
      volumes: spec.volumes.map(({ name }: any) => name).filter((name: string) => name !== 'tmp'),
      imagePullSecrets: null,
      revision: 'default',
    });
    expect(names(proxy.volumeMounts).sort()).toEqual([...JSON.parse(annotations['sidecar.istio.io/status']).volumes].sort());
  });
});

describe('what is said of the proxy', () => {
  test('narrows the capture where it is set up, where it is checked, and for the ports of metrics once', () => {
    const { annotations, spec } = annotated({
      'traffic.sidecar.istio.io/includeInboundPorts': '8080',
      'traffic.sidecar.istio.io/excludeInboundPorts': '9102, 15020',
      'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.0/8',
      'traffic.sidecar.istio.io/excludeOutboundIPRanges': '10.1.0.0/16',
      'traffic.sidecar.istio.io/includeOutboundPorts': '5432',
      'traffic.sidecar.istio.io/excludeOutboundPorts': '6379',
    });
    const args: string[] = spec.initContainers[0].args;
    const after = (flag: string) => args[args.indexOf(flag) + 1];

    expect(['-b', '-d', '-i', '-x', '-q', '-o'].map(after)).toEqual(['8080', '15090,15021,9102,15020', '10.0.0.0/8', '10.1.0.0/16', '5432', '6379']);
    expect(annotations).toMatchObject({ 'traffic.sidecar.istio.io/includeInboundPorts': '8080', 'traffic.sidecar.istio.io/excludeInboundPorts': '9102,15020' });
  });

  test('is its share of the machine, all of it or Istio\'s own, and how much it tells', () => {
    const { proxy, spec } = annotated({
      'sidecar.istio.io/proxyCPU': '50m', 'sidecar.istio.io/logLevel': 'error', 'sidecar.istio.io/componentLogLevel': 'misc:info', 'sidecar.istio.io/agentLogLevel': 'default:error',
    });

    expect([proxy, spec.initContainers[0]].map(({ resources }) => resources)).toEqual(Array(2).fill({ requests: { cpu: '50m' }, limits: {} }));
    expect(proxy.args.slice(-3)).toEqual(['--proxyLogLevel=error', '--proxyComponentLogLevel=misc:info', '--log_output_level=default:error']);
  });

  test('adds to the installation\'s variables and headers, of which the pod\'s own count, in an order of their own', () => {
    const proxyConfig = { proxyMetadata: { Z: 'mesh', B: 'mesh' }, proxyHeaders: { server: { disabled: true } } };
    const { variables, proxy, spec } = annotated(
      { 'proxy.istio.io/config': '{"proxyMetadata":{"B":"pod","A":"pod"},"proxyHeaders":{"requestId":{"disabled":true}}}' }, { proxyConfig });

    expect(JSON.parse(variables.PROXY_CONFIG)).toEqual({
      proxyMetadata: { Z: 'mesh', B: 'pod', A: 'pod' }, proxyHeaders: { server: { disabled: true }, requestId: { disabled: true } },
    });
    const metadata = [{ name: 'A', value: 'pod' }, { name: 'B', value: 'pod' }, { name: 'Z', value: 'mesh' }];
    expect(proxy.env.filter(({ name }: any) => name.length === 1)).toEqual(metadata);
    expect(spec.initContainers[0].env).toEqual(metadata);
  });

  test('brings the files of its calls', () => {
    const world = worldWith();
    world.service('orders').calls(new ExternalService(world.shop, 'bank', {
      host: 'bank.example.com', ports: [MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CaCertificates.fromConfigMap('bank-ca') }) })],
    }));
    const { spec, proxy } = podOf(world);
    const [{ name }] = spec.volumes.filter((volume: any) => JSON.stringify(volume).includes('bank-ca'));

    expect(proxy.volumeMounts.filter((mount: any) => mount.name === name)).toHaveLength(1);
    expect(spec.containers[0].volumeMounts.map((mount: any) => mount.name)).not.toContain(name);
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

  test('of every kind and of every container are asked by the agent, with the time that they had', () => {
    const { spec, variables } = orders({
      readiness: GrpcProbe.of(),
      ports: [MeshPort.grpc(50051)],
      startup: kplus.Probe.fromTcpSocket({ port: 50051 }),
      addedContainers: [AddedContainer.sidecar('agent', { image: 'agent:1', ports: [{ number: 8125, name: 'tcp-statsd' }], readiness: kplus.Probe.fromTcpSocket({ port: 8125 }) })],
    }, {}, {}, ({ deployment }) => {
      deployment.addContainer({ name: 'helper', image: 'helper:1', portNumber: 8200, lifecycle: { preStop: kplus.Handler.fromHttpGet('/end', { port: 8200 }) } });
      // A hook without a path is one of '/'
      ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/1/livenessProbe', { httpGet: { path: '/live', port: 8200 }, periodSeconds: 9 }),
        JsonPatch.add('/spec/template/spec/containers/1/lifecycle/postStart', { httpGet: { port: 8200 } }),
        JsonPatch.replace('/spec/template/spec/containers/0/startupProbe/tcpSocket/port', 'grpc'));
    });
    const probers = JSON.parse(variables.ISTIO_KUBE_APP_PROBERS);

    expect(probers).toMatchObject({
      '/app-health/agent/readyz': { tcpSocket: { port: 8125 }, timeoutSeconds: 1 },
      '/app-health/helper/livez': { httpGet: { path: '/live', port: 8200, scheme: 'HTTP' }, timeoutSeconds: 1 },
      '/app-health/orders/readyz': { grpc: { port: 50051, service: '' }, timeoutSeconds: 1 },
      '/app-health/orders/startupz': { tcpSocket: { port: 50051 }, timeoutSeconds: 1 },
      '/app-lifecycle/helper/poststartz': { httpGet: { path: '/', port: 8200, scheme: 'HTTP' } },
      '/app-lifecycle/helper/prestopz': { httpGet: { path: '/end', port: 8200, scheme: 'HTTP' } },
    });
    expect(probers['/app-lifecycle/helper/prestopz']).not.toHaveProperty('timeoutSeconds');
    expect(Object.keys(probers)).toEqual(Object.keys(probers).sort());
    const [program, helper] = spec.containers;
    expect([program.readinessProbe, program.startupProbe].map(({ grpc, tcpSocket, httpGet }) => [grpc, tcpSocket, httpGet])).toEqual(
      ['readyz', 'startupz'].map(word => [undefined, undefined, { path: `/app-health/orders/${word}`, port: 15020 }]));
    expect(helper.livenessProbe).toEqual({ httpGet: { path: '/app-health/helper/livez', port: 15020 }, periodSeconds: 9 });
    expect(helper.lifecycle.preStop.httpGet).toMatchObject({ path: '/app-lifecycle/helper/prestopz', port: 15020 });
    expect(spec.initContainers.find(({ name }: any) => name === 'agent').readinessProbe.httpGet).toEqual({ path: '/app-health/agent/readyz', port: 15020 });
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

  test('it stands behind the program, and nothing waits, where no one has it hold', () => {
    const { spec, proxy, annotations } = annotated({ 'sidecar.istio.io/nativeSidecar': 'false', 'proxy.istio.io/config': '{"holdApplicationUntilProxyStarts":false,"terminationDrainDuration":"35s"}' });

    expect(names(spec.containers)).toEqual(['orders', 'istio-proxy']);
    expect(proxy.lifecycle).toBeUndefined();
    expect(JSON.parse(annotations['sidecar.istio.io/status'])).toMatchObject({ initContainers: ['istio-validation'], containers: ['istio-proxy'] });
  });
});

describe('metrics', () => {
  test.each<[string, { [key: string]: string }, { [key: string]: string }, object | undefined]>([
    ['are asked of the agent', {}, { 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/scrape': 'true' }, undefined],
    ['of the program too', { 'prometheus-io/port': '9090', 'prometheus.io/scrape': 'true' },
      { 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/scrape': 'true' }, { scrape: 'true', path: '', port: '9090' }],
    ['stay where nobody merges them', { 'prometheus.io/port': '9090', 'prometheus.istio.io/merge-metrics': 'false' }, { 'prometheus.io/port': '9090' }, undefined],
    ['are the agent\'s already', { 'prometheus.io/port': '15020' }, { 'prometheus.io/port': '15020' }, undefined],
    ['stay unasked', { 'prometheus.io/scrape': 'false' }, { 'prometheus.io/scrape': 'false' }, undefined],
  ])('%s', (_, podAnnotations, expected, told) => {
    const { annotations, variables } = orders({ podAnnotations });

    expect(Object.fromEntries(Object.entries(annotations).filter(([key]) => /^prometheus[.-]io\//.test(key)))).toEqual(expected);
    expect(variables.ISTIO_PROMETHEUS_ANNOTATIONS && JSON.parse(variables.ISTIO_PROMETHEUS_ANNOTATIONS)).toEqual(told);
  });
});
