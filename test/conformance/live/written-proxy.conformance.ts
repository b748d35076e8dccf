import { ApiObject, App, Chart, Cron, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AddedContainer, CaCertificates, CanaryRelease, ExternalService, GrpcProbe, Mesh, MeshCronJob, MeshJob, MeshPort, MeshProps, MeshService,
  ProxyInjection, ProxyLogLevel, ProxyOptions, TlsOrigination, WorkloadKind, ZeroTrustNamespace,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';
import { bystander, namespace, PLAIN } from '../support/bystanders';
import { complaint, eventually } from '../support/eventually';
import { copy, pick, synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';

const IMAGE = 'registry.istio.io/testing/proxyv2:1.31.0';
/** `meshConfig.defaultConfig` of the test cluster (test/cluster/control-plane/istio.ts), in the words in which istiod writes it. */
const WRITTEN = ProxyInjection.written({ image: IMAGE, proxyConfig: { fileFlushInterval: '0.100s', drainDuration: '1s' } });

let stage: Stage;
let cluster: ConnectedCluster;

beforeAll(async () => {
  stage = await Stage.open();
  cluster = stage.cluster;
});

beforeEach(() => stage.clear());

afterAll(() => cluster.disconnect());

const text = (words: { [name: string]: string }) => (
  Object.fromEntries(Object.entries(words).map(([name, value]) => [name, kplus.EnvValue.fromValue(value)])));

async function accepted(objects: Manifest[]): Promise<void> {
  expect((await cluster.apply(objects)).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
}

describe('a written pod is the one that the injector makes', () => {
  const TUNED: ProxyOptions = {
    resources: {
      cpu: { request: kplus.Cpu.millis(50), limit: kplus.Cpu.units(1) }, memory: { request: Size.mebibytes(96), limit: Size.mebibytes(512) },
    },
    logLevel: ProxyLogLevel.ERROR,
    concurrency: 1,
    statistics: { suffixes: ['upstream_rq_timeout'] },
    excludedInboundPorts: [9102],
    excludedOutboundPorts: [5432],
  };

  /** Every shape whose pod the injector treats in a way of its own, but for those that end, which a mesh without native sidecars has not. */
  function lasting(chart: Chart): string[] {
    service(chart, 'plain');
    service(chart, 'asked', {
      ports: [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })],
      readiness: kplus.Probe.fromHttpGet('/readyz', { port: 9090 }),
      startup: kplus.Probe.fromCommand(['/app/started']),
      podAnnotations: { 'prometheus.io/port': '9090', 'prometheus.io/path': '/metrics', 'sidecar.istio.io/agentLogLevel': 'default:error', 'sidecar.istio.io/componentLogLevel': 'misc:info' },
    });
    service(chart, 'unmerged', { podAnnotations: { 'prometheus.istio.io/merge-metrics': 'false', 'kubectl.kubernetes.io/default-container': 'unmerged' } });
    service(chart, 'unscraped', { podAnnotations: { 'prometheus.io/scrape': 'false' } });
    service(chart, 'grpc', { ports: [MeshPort.grpc(50051)], readiness: GrpcProbe.of() });
    service(chart, 'tuned', { proxy: TUNED });
    service(chart, 'narrow', { proxy: { includedInboundPorts: [8080] } });
    service(chart, 'crowded', {
      addedContainers: [
        AddedContainer.init('warm-up', { image: 'registry.example/warm-up:1.0.0' }),
        AddedContainer.beside('agent', { image: 'registry.example/agent:1.0.0', ports: [{ number: 8125, name: 'tcp-statsd' }], readiness: kplus.Probe.fromTcpSocket({ port: 8125 }) }),
      ],
    });
    const patched = service(chart, 'patched');
    patched.deployment.addContainer({
      name: 'helper',
      image: 'registry.example/helper:1.0.0',
      portNumber: 8200,
      securityContext: { user: 65532 },
      lifecycle: { postStart: kplus.Handler.fromHttpGet('/began', { port: 8200 }), preStop: kplus.Handler.fromHttpGet('/end', { port: 8200 }) },
    });
    ApiObject.of(patched.deployment).addJsonPatch(
      JsonPatch.replace('/spec/template/spec/containers/0/readinessProbe', { httpGet: { path: '/patched', port: 'http', scheme: 'HTTPS', httpHeaders: [{ name: 'Host', value: 'patched' }] }, timeoutSeconds: 4 }),
      JsonPatch.add('/spec/template/spec/containers/0/ports/-', { containerPort: 8125, protocol: 'UDP' }),
    );
    const outside = (id: string, port: MeshPort) => new ExternalService(chart, id, { host: `${id}.example.com`, ports: [port] });
    const caller = service(chart, 'caller', { proxy: { concurrency: 2 } });
    caller.calls(outside('bank', MeshPort.http(80, { tls: TlsOrigination.simple({ caCertificates: CaCertificates.fromConfigMap('outside-ca') }) })));
    caller.calls(outside('database', MeshPort.tcp(5433)));
    const released = service(chart, 'released', { readinessPath: '/readyz' });
    new CanaryRelease(chart, 'release', { service: released, image: 'registry.example/released:2.0.0', stages: [0, 50, 100], stage: 1 });
    service(chart, 'stateful', { kind: WorkloadKind.statefulSet() });
    service(chart, 'daemon', { kind: WorkloadKind.daemonSet(), replicas: undefined });
    return ['plain', 'asked', 'unmerged', 'unscraped', 'grpc', 'tuned', 'narrow', 'crowded', 'patched', 'caller', 'released', 'released', 'stateful', 'daemon'];
  }

  function ending(chart: Chart): string[] {
    new MeshJob(chart, 'job', { image: 'registry.example/job:1.0.0' });
    new MeshCronJob(chart, 'cron', { image: 'registry.example/cron:1.0.0', schedule: Cron.schedule({ minute: '30' }) });
    return ['job', 'cron'];
  }

  const nameOf = ({ metadata: { labels } }: Manifest) => `${labels['service.istio.io/canonical-name']} ${labels.version}`;

  /** The pods as the API server has them, by service and version, with all that it or an injector has added. */
  async function podsOf(mesh: MeshProps, ...fill: ((chart: Chart) => string[])[]): Promise<Map<string, Manifest>> {
    await cluster.reset();
    await cluster.runPods(false); // Until the next reset
    const expected: string[] = [];
    const objects = synthesizeApp((app) => {
      new Mesh(app, 'mesh', mesh);
      const chart = new Chart(app, 'shapes', { namespace: 'shapes' });
      new ZeroTrustNamespace(chart, 'namespace');
      expected.push(...fill.flatMap(each => each(chart)));
    });
    await accepted([...objects, ...objects.filter(({ kind }) => kind === 'CronJob').map(({ metadata, spec }) => (
      // As the controller does, with the minute of the schedule
      { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: `${metadata.name}-29000000`, namespace: 'shapes' }, ...spec.jobTemplate }))]);
    const pods = await eventually(() => cluster.list('v1', 'Pod', 'shapes'), found => found.length >= expected.length);
    expect(pods.map(nameOf).map(name => name.split(' ')[0]).sort()).toEqual([...expected].sort());
    return new Map(pods.map(pod => [nameOf(pod), pod]));
  }

  /** Texts that are JSON compare by what they say, and what is of one pod alone is left out. */
  function comparable(pod: Manifest): any {
    const { metadata: { labels, annotations }, spec: { nodeName, ...spec } } = copy(pod);
    // Its controller's, and its node's
    const own = /^(pod-template-hash|controller-revision-hash|(batch\.kubernetes\.io\/)?(controller-uid|job-name)|topology\.kubernetes\.io\/(region|zone))$/;
    const hash = labels['pod-template-hash'];
    const parsed = (value: any, key = ''): any => {
      if (typeof value === 'string' && /^\s*[{[]/.test(value) && key !== 'mountPath') {
        return parsed(JSON.parse(value));
      }
      if (Array.isArray(value)) {
        return value.map(each => parsed(each));
      }
      return typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, parsed(part, name)])) : value === hash && hash ? 'HASH' : value;
    };
    return parsed({ labels: Object.fromEntries(Object.entries(labels).filter(([key]) => !own.test(key))), annotations, spec });
  }

  /** The places in which two values differ. */
  function differences(a: any, b: any, at = ''): string[] {
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      return a === b ? [] : [`${at}: ${JSON.stringify(a)} | ${JSON.stringify(b)}`];
    }
    const named = (list: any) => Array.isArray(list) && list.every(each => typeof each?.name === 'string');
    const order = named(a) && named(b) && a.map((each: any) => each.name).join() !== b.map((each: any) => each.name).join()
      ? [`${at}: ${a.map((each: any) => each.name).join()} | ${b.map((each: any) => each.name).join()}`] : [];
    const keyed = (value: any) => named(value) ? Object.fromEntries(value.map((each: any) => [each.name, each])) : value;
    const [x, y] = [keyed(a), keyed(b)];
    return [...order, ...[...new Set([...Object.keys(x), ...Object.keys(y)])].flatMap(key => differences(x[key], y[key], `${at}.${key}`))];
  }

  /** What has to differ, and why. */
  const EXPECTED = [
    // Whoever writes the proxy asks nobody to inject one, and the CNI plugin leaves pods alone that say `false`
    '.labels.sidecar.istio.io/inject: "true" | undefined',
    // That of the test cluster's installation is not pinned: so it is always pulled
    ...['istio-validation', 'istio-proxy'].flatMap(container => ['initContainers', 'containers'].flatMap(list => [
      `.spec.${list}.${container}.image: "registry.istio.io/testing/proxyv2:latest" | "${IMAGE}"`,
      `.spec.${list}.${container}.imagePullPolicy: "Always" | "IfNotPresent"`,
    ])),
  ];

  async function compare(mesh: MeshProps, ...fill: ((chart: Chart) => string[])[]): Promise<void> {
    const injected = await podsOf(mesh, ...fill);
    const written = await podsOf({ ...mesh, proxyInjection: WRITTEN }, ...fill);

    expect([...written.keys()].sort()).toEqual([...injected.keys()].sort());
    const found = [...injected].map(([name, pod]) => ({ name, differs: differences(comparable(pod), comparable(written.get(name)!)) }));
    const unexpected = found.map(({ name, differs }) => ({ name, differs: differs.filter(each => !EXPECTED.includes(each)) }));
    expect(unexpected.filter(({ differs }) => differs.length > 0)).toEqual([]);
    // The one that is there in any case: nothing is compared with itself
    found.forEach(({ differs }) => expect(differs).toContain(EXPECTED[0]));
  }

  test('with a native sidecar', () => compare({}, lasting, ending));

  test('with one that holds the program back', () => compare({ nativeSidecars: false }, lasting));
});

describe('where nothing is injected', () => {
  function shop(app: App, mesh: MeshProps = {}, fill: (chart: Chart, orders: MeshService) => void = () => undefined): void {
    new Mesh(app, 'mesh', { proxyInjection: WRITTEN, ...mesh });
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const orders = service(chart, 'orders', { readinessPath: '/readyz' });
    service(chart, 'client').calls(orders, { paths: ['/orders'] });
    service(chart, 'stranger');
    fill(chart, orders);
  }

  /** The network lets everybody reach orders, so that the proxy alone refuses. */
  const OPEN: Manifest[] = [
    namespace('plain', false), ...bystander('plain', 'plain'),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'open', namespace: 'stage' },
      spec: { podSelector: { matchLabels: { app: 'orders' } }, policyTypes: ['Ingress'], ingress: [{}] },
    },
  ];
  const ask = async (from: string, path: string) => (await cluster.send(from, [{ url: `http://orders.stage:8080${path}`, timeoutMs: 10_000, newConnection: true }]))[0].status;

  test.each([[true], [false]])('a written proxy lets in what is declared, refuses the rest, and is asked by the kubelet (native: %s)', async (nativeSidecars) => {
    const objects = synthesizeApp(app => shop(app, { nativeSidecars }));
    expect(await cluster.analyze(objects)).toEqual([]);
    await accepted([...objects, ...OPEN]);
    await cluster.podsReady();
    await cluster.settled();

    expect((await cluster.get('v1', 'Namespace', 'stage'))!.metadata.labels['istio-injection']).toBeUndefined();
    expect((await cluster.pods('stage')).map(({ hasProxy }) => hasProxy)).toEqual([true, true, true]);
    expect(await ask('stage/client', '/orders')).toBe(200);
    expect(await ask('stage/client', '/other')).toBe(403);
    expect(await ask('stage/stranger', '/orders')).not.toBe(200);
    // The network lets it through to the agent, so it is the proxy that takes no plain text
    const { ip } = (await cluster.pods('stage')).find(({ labels }) => labels.app === 'orders')!;
    expect((await cluster.send(PLAIN, [{ url: `http://${ip}:15021/healthz/ready` }]))[0].status).toBe(200);
    expect(await ask(PLAIN, '/orders')).toBe(0);
    // What the kubelet asked came from the agent, and reached the program as the path that was declared
    expect((await cluster.requests('stage/orders')).map(({ path }) => path)).toContain('/readyz');
    expect((await cluster.requests('stage/orders')).filter(({ path }) => path === '/other')).toEqual([]);
  });

  test('a program that is not ready is found out through the agent', async () => {
    await cluster.apply(synthesizeApp(app => shop(app, {}, chart => void service(chart, 'sick', { readinessPath: '/readyz', env: text({ ECHO_NOT_FOUND: '/readyz' }) }))));

    expect(await complaint(cluster, /^stage\/sick-\S+: .*readiness .*answered 404/m)).toMatch(/^stage\/sick-\S+: .*readiness .*answered 404/m);
  });

  test('jobs end, and both versions of a release have a proxy that says whose it is', async () => {
    const work = text({ ECHO_CALL_AT_START: 'http://orders:8080/orders', ECHO_CALL_MUST_WORK: 'true' });
    await accepted(synthesizeApp(app => shop(app, {}, (chart, orders) => {
      new MeshJob(chart, 'migrate', { image: 'registry.example/migrate:1.0.0', env: work }).calls(orders);
      new CanaryRelease(chart, 'release', { service: orders, image: 'registry.example/orders:2.0.0', stages: [0, 50, 100], stage: 1 });
    })));
    const [job] = await eventually(() => cluster.list('batch/v1', 'Job', 'stage'), ([only]) => only.status?.succeeded === 1, 180);
    expect(job.status).toMatchObject({ succeeded: 1 });
    await cluster.podsReady();
    await cluster.settled();

    const answers = await cluster.send('stage/client', [{ url: 'http://orders:8080/orders', count: 60 }]);
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200]);
    expect([...new Set(answers.map(({ echo }) => echo?.version))].sort()).toEqual(['v1', 'v2']);
  });

  test('a webhook that is there after all puts its own proxy in the place of the written one', async () => {
    const objects = synthesizeApp(app => shop(app));
    pick(objects, 'Namespace', 'stage').metadata.labels['istio-injection'] = 'enabled';
    await accepted([...objects, ...OPEN]);
    await cluster.podsReady();
    await cluster.settled();

    for (const { spec } of await cluster.list('v1', 'Pod', 'stage')) {
      const all: Manifest[] = [...spec.initContainers, ...spec.containers];
      expect(all.map(({ name }) => name).slice(0, 2)).toEqual(['istio-validation', 'istio-proxy']);
      expect(all).toHaveLength(3);
      expect(all[1].image).not.toBe(IMAGE);
    }
    expect(await ask('stage/client', '/orders')).toBe(200);
    expect(await ask('stage/client', '/other')).toBe(403);
    expect((await cluster.requests('stage/orders')).map(({ path }) => path)).toContain('/readyz');
  });

  test('the label that would keep a webhook away keeps the CNI plugin away too, and the pod does not start', async () => {
    const objects = synthesizeApp(app => shop(app));
    pick(objects, 'Deployment', 'orders').spec.template.metadata.labels['sidecar.istio.io/inject'] = 'false';
    await accepted(objects);

    expect(await complaint(cluster, /^stage\/orders-\S+: .*istio-validation failed/m)).toMatch(/^stage\/orders-\S+: .*istio-validation failed/m);
  });
});
