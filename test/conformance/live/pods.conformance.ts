import { ApiObject, App, Chart, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AddedContainer, CanaryRelease, Mesh, MeshPort, MeshServiceProps, PodException, PodSecurity, ProxyLogLevel, Spread, ZeroTrustNamespace,
} from '../../../src';
import { podSecurityViolations } from '../../../src/workload/pod-security';
import { Manifest } from '../../cluster/api/client';
import { complaint } from '../support/eventually';
import { lost, underLoad } from '../support/load';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

beforeEach(() => stage.clear());

afterAll(() => stage.cluster.disconnect());

async function applied(build: (app: App) => void): Promise<void> {
  const refused = (await stage.cluster.apply(synthesizeApp(build))).filter(({ ok, warnings }) => !ok || warnings.length > 0);
  expect(refused).toEqual([]);
  await stage.cluster.podsReady();
  await stage.cluster.settled();
}

/** A namespace that says nothing of injection. */
function plain(app: App): Chart {
  const chart = new Chart(app, 'plain', { namespace: 'plain' });
  new ApiObject(chart, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'plain' } });
  return chart;
}

describe('in a namespace without injection', () => {
  test.each([[undefined], ['default']])('a service has its proxy, its identity and its walls (revision %s)', async (revision) => {
    await applied((app) => {
      new Mesh(app, 'mesh', { revision });
      const chart = plain(app);
      const orders = service(chart, 'orders');
      service(chart, 'client').calls(orders, { paths: ['/orders'] });
      service(chart, 'stranger');
    });

    expect((await stage.cluster.pods('plain')).map(({ hasProxy }) => hasProxy)).toEqual([true, true, true]);
    const ask = async (from: string, path: string) => (await stage.cluster.send(from, [{ url: `http://orders.plain:8080${path}` }]))[0].status;
    expect(await ask('plain/client', '/orders')).toBe(200);
    expect(await ask('plain/client', '/other')).toBe(403);
    expect(await ask('plain/stranger', '/orders')).not.toBe(200);
  });

  test('the proxy is a native sidecar, or holds the program back', async () => {
    const containers = async (nativeSidecars: boolean) => {
      await stage.clear();
      await applied((app) => {
        new Mesh(app, 'mesh', { nativeSidecars });
        service(plain(app), 'orders');
      });
      const [{ spec }] = await stage.cluster.list('v1', 'Pod', 'plain');
      return { spec, first: spec.containers[0], native: (spec.initContainers as Manifest[]).some(({ name }) => name === 'istio-proxy') };
    };

    expect((await containers(true)).native).toBe(true);
    const { native, first, spec } = await containers(false);
    expect(native).toBe(false);
    expect(first.name).toBe('istio-proxy');
    expect(first.lifecycle.postStart.exec.command).toEqual(['pilot-agent', 'wait']);
    const { value } = first.env.find(({ name }: Manifest) => name === 'PROXY_CONFIG');
    expect(JSON.parse(value)).toMatchObject({ holdApplicationUntilProxyStarts: true, terminationDrainDuration: `${spec.terminationGracePeriodSeconds}s` });
  });
});

test('a release runs the pods of its service, containers and patches of the user\'s included', async () => {
  await stage.show((chart, client) => {
    const orders = service(chart, 'orders');
    client.calls(orders);
    orders.deployment.addContainer({ name: 'shipper', image: 'registry.example/shipper:1.0.0' });
    orders.deployment.addInitContainer({ name: 'migrate', image: 'registry.example/migrate:1.0.0' });
    orders.deployment.podMetadata.addLabel('team', 'shop');
    ApiObject.of(orders.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/priorityClassName', 'system-cluster-critical'));
    new CanaryRelease(chart, 'release', { service: orders, image: 'registry.example/orders:2.0.0', stages: [0, 50, 100], stage: 1 });
  });
  const pods = (await stage.cluster.list('v1', 'Pod', 'stage')).filter(({ metadata }) => metadata.labels.app === 'orders');

  expect(pods.map(({ metadata }) => metadata.labels.version).sort()).toEqual(['v1', 'v2']);
  pods.forEach(({ metadata, spec }) => {
    expect(metadata.labels.team).toBe('shop');
    expect(spec.priorityClassName).toBe('system-cluster-critical');
    expect(spec.containers.map(({ name }: Manifest) => name)).toContain('shipper');
    expect(spec.initContainers.map(({ name }: Manifest) => name)).toContain('migrate');
  });
});

test('an update of a service under load loses no request, in a namespace whose quota is just what the error asks for', async () => {
  const show = (stamp: string) => applied((app) => {
    const chart = new Chart(app, 'tight', { namespace: 'tight' });
    new ZeroTrustNamespace(chart, 'namespace', { quota: { pods: 8 } });
    const orders = service(chart, 'orders', { replicas: 3, env: { STAMP: kplus.EnvValue.fromValue(stamp) } });
    service(chart, 'client').calls(orders);
  });
  await show('one');
  const results = await underLoad(stage.cluster, 'tight/client', { url: 'http://orders.tight:8080/' }, () => show('two'));

  expect(lost(results)).toEqual([]);
  expect(results.length).toBeGreaterThan(300);
});

describe('a pod with all that can be said of it', () => {
  const port80 = [MeshPort.http(80)];
  const shape = (stamp: string): Partial<MeshServiceProps> => ({
    ports: port80,
    env: { STAMP: kplus.EnvValue.fromValue(stamp) },
    imagePullSecrets: ['registry'],
    podLabels: { team: 'shop' },
    podAnnotations: { 'acme.example/owner': 'ann' },
    priorityClassName: 'system-cluster-critical',
    scheduling: {
      preferredNodes: [kplus.NodeLabelQuery.is('disk', 'ssd')],
      tolerations: [kplus.NodeTaintQuery.is('dedicated', 'shop')],
      spread: [Spread.over(kplus.Topology.ZONE, { required: true })],
    },
    preStop: kplus.Handler.fromCommand(['/app/stop']),
    writablePaths: ['/tmp', '/var/log/app'],
    exceptions: [PodException.lowPorts(), PodException.writableRoot()],
    addedContainers: [
      AddedContainer.init('warm-up', { image: 'registry.example/warm-up:1.0.0', sharedPaths: ['/var/log/app'] }),
      // It calls before it listens, and ends if that does not work: so the proxy is there, and the call is the service's own
      AddedContainer.sidecar('shipper', {
        image: 'registry.example/shipper:1.0.0',
        ports: [{ number: 5140, name: 'tcp-syslog' }],
        readiness: kplus.Probe.fromTcpSocket({ port: 5140 }),
        env: { ECHO_CALL_AT_START: kplus.EnvValue.fromValue('http://cart:8080/'), ECHO_CALL_MUST_WORK: kplus.EnvValue.fromValue('true') },
        sharedPaths: ['/var/log/app'],
      }),
      AddedContainer.beside('agent', { image: 'registry.example/agent:1.0.0', ports: [{ number: 8125, name: 'tcp-statsd' }] }),
    ],
    proxy: {
      resources: {
        cpu: { request: kplus.Cpu.millis(50), limit: kplus.Cpu.units(1) }, memory: { request: Size.mebibytes(96), limit: Size.mebibytes(512) },
      },
      logLevel: ProxyLogLevel.ERROR,
      concurrency: 1,
      statistics: { suffixes: ['upstream_rq_timeout'] },
      excludedInboundPorts: [9102],
      excludedOutboundPorts: [5432],
    },
  });
  const show = (stamp: string, released = false) => stage.show((chart, client) => {
    const cart = service(chart, 'cart');
    const orders = service(chart, 'orders', shape(stamp));
    orders.calls(cart);
    client.calls(orders);
    if (released) {
      new CanaryRelease(chart, 'release', { service: orders, image: 'registry.example/orders:2.0.0', stages: [0, 50, 100], stage: 1 });
    }
  });
  const ordersPods = async () => (await stage.cluster.list('v1', 'Pod', 'stage')).filter(({ metadata }) => metadata.labels.app === 'orders');

  test('is admitted under restricted, runs in the order that is promised, and answers on port 80, in both versions', async () => {
    await show('one', true);
    const pods = await ordersPods();

    expect(pods.map(({ metadata }) => metadata.labels.version).sort()).toEqual(['v1', 'v2']);
    for (const { metadata, spec } of pods) {
      expect(metadata.labels.team).toBe('shop');
      expect(spec.initContainers.map(({ name }: Manifest) => name)).toEqual(['istio-validation', 'istio-proxy', 'warm-up', 'shipper']);
      expect(spec.containers.map(({ name }: Manifest) => name)).toEqual(['orders', 'agent']);
      const proxy = spec.initContainers[1];
      expect(proxy.resources).toEqual({ requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '1', memory: '512Mi' } });
      expect(proxy.args).toContain('--proxyLogLevel=error');
      const config = JSON.parse(proxy.env.find(({ name }: Manifest) => name === 'PROXY_CONFIG').value);
      expect(config).toMatchObject({ concurrency: 1, proxyStatsMatcher: { inclusionSuffixes: ['upstream_rq_timeout'] } });
      expect(metadata.annotations['traffic.sidecar.istio.io/excludeInboundPorts']).toBe('9102,15020');
      const validation: string[] = spec.initContainers[0].args;
      expect(validation[validation.indexOf('-d') + 1]).toBe('15090,15021,9102,15020');
      expect(validation[validation.indexOf('-o') + 1]).toBe('5432');
    }
    const answers = await stage.cluster.send('stage/client', [{ url: 'http://orders/', count: 20 }]);
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(JSON.stringify(await stage.cluster.configDump('stage/orders'))).toContain('upstream_rq_timeout');
  });

  test('loses no request in an update, although it has a hook of its own beside the drain', async () => {
    await show('one');
    const results = await underLoad(stage.cluster, 'stage/client', { url: 'http://orders/' }, () => show('two'));

    expect(lost(results)).toEqual([]);
    expect(results.length).toBeGreaterThan(100);
  });

  test('does not get ready without what its low port needs: the program may not open it', async () => {
    await stage.cluster.apply(synthesizeApp((app) => {
      const chart = new Chart(app, 'low', { namespace: 'low' });
      new ZeroTrustNamespace(chart, 'namespace');
      const orders = service(chart, 'orders', { ports: port80, exceptions: [PodException.lowPorts()] });
      ApiObject.of(orders.deployment).addJsonPatch(JsonPatch.remove('/spec/template/spec/securityContext/sysctls'));
    }));
    expect(await complaint(stage.cluster, /^low\/orders-\S+: .*container orders.*ended/m)).toMatch(/^low\/orders-\S+: .*container orders.*ended/m);
  });
});

test('a program of root, with some of its capabilities, runs and answers in a BASELINE namespace', async () => {
  await applied((app) => {
    const chart = new Chart(app, 'legacy', { namespace: 'legacy' });
    new ZeroTrustNamespace(chart, 'namespace', { podSecurity: PodSecurity.BASELINE });
    const database = service(chart, 'database', {
      exceptions: [PodException.user(0), PodException.capability(kplus.Capability.SETUID), PodException.capability(kplus.Capability.SETGID)],
    });
    service(chart, 'client').calls(database);
  });
  const [{ spec }] = (await stage.cluster.list('v1', 'Pod', 'legacy')).filter(({ metadata }) => metadata.labels.app === 'database');

  expect(spec.containers[0].securityContext).toMatchObject({ runAsUser: 0, runAsNonRoot: false, capabilities: { add: ['SETUID', 'SETGID'], drop: ['ALL'] } });
  expect((await stage.cluster.send('legacy/client', [{ url: 'http://database:8080/' }]))[0].status).toBe(200);
});

describe('what is told at synth is what Pod Security refuses', () => {
  const container = (securityContext: object, more: object = {}) => ({
    name: 'app',
    image: 'registry.example/app:1.0.0',
    securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, ...securityContext },
    ...more,
  });
  const pod = (spec: object = {}) => ({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } }, containers: [container({})], ...spec });
  const PODS: [string, any][] = [
    ['a hardened pod', pod()],
    ['privileged', pod({ containers: [container({ privileged: true, allowPrivilegeEscalation: true })] })],
    ['privilege escalation', pod({ containers: [container({ allowPrivilegeEscalation: true })] })],
    ['privilege escalation left open', pod({ containers: [container({ allowPrivilegeEscalation: undefined })] })],
    ['capabilities kept', pod({ containers: [container({ capabilities: undefined })] })],
    ['some capabilities dropped', pod({ containers: [container({ capabilities: { drop: ['NET_RAW'] } })] })],
    ['NET_BIND_SERVICE added', pod({ containers: [container({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })] })],
    ['CHOWN added', pod({ containers: [container({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } })] })],
    ['NET_ADMIN added', pod({ containers: [container({ capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } })] })],
    ['root by number', pod({ containers: [container({ runAsUser: 0 })] })],
    ['root by the pod', pod({ securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } } })],
    ['root not excluded', pod({ containers: [container({ runAsNonRoot: undefined })] })],
    ['root excluded by the pod', pod({ securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, containers: [container({ runAsNonRoot: undefined })] })],
    ['root allowed by a container', pod({ containers: [container({ runAsNonRoot: false })] })],
    ['no seccomp profile', pod({ securityContext: {} })],
    ['a seccomp profile by container', pod({ securityContext: {}, containers: [container({ seccompProfile: { type: 'RuntimeDefault' } })] })],
    ['an unconfined container', pod({ containers: [container({ seccompProfile: { type: 'Unconfined' } })] })],
    ['an init container that is not hardened', pod({ initContainers: [{ name: 'init', image: 'registry.example/init:1.0.0' }] })],
    ['the node\'s network', pod({ hostNetwork: true })],
    ['the node\'s processes', pod({ hostPID: true })],
    ['the node\'s port', pod({ containers: [container({}, { ports: [{ containerPort: 8080, hostPort: 8080 }] })] })],
    ['the node\'s files', pod({ volumes: [{ name: 'host', hostPath: { path: '/var' } }] })],
    ['an empty volume', pod({ volumes: [{ name: 'empty', emptyDir: {} }] })],
    ['a volume over the network', pod({ volumes: [{ name: 'nfs', nfs: { server: 'nfs.example.com', path: '/' } }] })],
    ['a safe sysctl', pod({ securityContext: { seccompProfile: { type: 'RuntimeDefault' }, sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } })],
    ['an unsafe sysctl', pod({ securityContext: { seccompProfile: { type: 'RuntimeDefault' }, sysctls: [{ name: 'kernel.msgmax', value: '1' }] } })],
    ['a user of SELinux', pod({ containers: [container({ seLinuxOptions: { user: 'root' } })] })],
    ['a type of SELinux', pod({ containers: [container({ seLinuxOptions: { type: 'container_init_t' } })] })],
    ['no AppArmor', pod({ containers: [container({ appArmorProfile: { type: 'Unconfined' } })] })],
  ];

  test.each(['restricted', 'baseline'] as const)('%s', async (level) => {
    await stage.cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'secured', labels: { 'pod-security.kubernetes.io/enforce': level } } }]);
    const results = await stage.cluster.apply(PODS.map(([, spec], index) => (
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: `pod-${index}`, namespace: 'secured' }, spec })), { dryRun: true });

    const byServer = PODS.map(([what], index) => ({ what, refused: !results[index].ok, because: results[index].error?.slice(0, 300) }));
    const byUs = PODS.map(([what, spec]) => ({ what, refused: podSecurityViolations(JSON.parse(JSON.stringify(spec)), level).length > 0 }));
    expect(byServer.filter(({ refused, what }, index) => refused !== byUs[index].refused && what)).toEqual([]);
    expect(byServer.filter(({ refused }) => refused).every(({ because }) => because!.includes('PodSecurity'))).toBe(true);
  });
});
