import { ApiObject, Chart, Duration, JsonPatch } from 'cdk8s';
import {
  ChaosExperiment, ChaosExperimentProps, ChaosNamespace, ChaosTarget, ChaosTargetKind, ContainerRuntime,
  Fault, Mesh, MeshPort, MeshService, Percent, SteadyState,
} from '../src';
import { find, inventory, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const PODS = ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app' });
const NO_PROXY = { 'sidecar.istio.io/inject': 'false' };

function drillWith(props: Partial<ChaosExperimentProps> = {}, namespace = 'chaos'): { manifests: Manifest[]; drill: ChaosExperiment } {
  const world = new World();
  const chart = world.chart('drills', namespace);
  const drill = new ChaosExperiment(chart, 'pod-loss', { target: PODS, fault: Fault.podDelete(), ...props });
  return { manifests: synthesize(chart), drill };
}

function engineOf(manifests: Manifest[]): Manifest {
  return find(manifests, 'ChaosEngine', manifests.find(({ kind }) => kind === 'ChaosEngine')!.metadata.name);
}

function envOf(manifests: Manifest[]): { [name: string]: string } {
  const { env } = engineOf(manifests).spec.experiments[0].spec.components;
  return Object.fromEntries(env.map(({ name, value }: { name: string; value: string }) => [name, value]));
}

test('becomes these objects, in the drills\' namespace and in the target\'s', () => {
  const { manifests, drill } = drillWith();

  expect(inventory(manifests).sort()).toEqual([
    `ChaosEngine chaos/${drill.engineName}`,
    'ChaosExperiment chaos/pod-delete',
    'Role chaos/pod-loss',
    'Role default/pod-loss-chaos',
    'RoleBinding chaos/pod-loss',
    'RoleBinding default/pod-loss-chaos',
    'ServiceAccount chaos/pod-loss',
  ]);
});

test('has the shape of this snapshot', () => {
  expect(drillWith().manifests).toMatchSnapshot();
});

describe('the engine', () => {
  test('runs the fault on the target with the drill\'s account', () => {
    const engine = engineOf(drillWith().manifests);

    expect(engine.apiVersion).toBe('litmuschaos.io/v1alpha1');
    expect(engine.spec).toMatchObject({
      engineState: 'active',
      appinfo: { appns: 'default', applabel: 'run=my-app', appkind: 'deployment' },
      chaosServiceAccount: 'pod-loss',
      defaultHealthCheck: true,
      jobCleanUpPolicy: 'retain',
      terminationGracePeriodSeconds: 30,
    });
    expect(engine.spec.experiments).toHaveLength(1);
    expect(engine.spec.experiments[0].name).toBe('pod-delete');
  });

  test('and the pods of the drill have no proxy', () => {
    const { metadata, spec } = engineOf(drillWith().manifests);

    expect(metadata.labels).toMatchObject(NO_PROXY);
    expect(spec.components.runner.runnerLabels).toEqual(NO_PROXY);
    expect(spec.experiments[0].spec.components.experimentAnnotations).toEqual(NO_PROXY);
  });

  test('is not put back by Flux when Litmus has stopped it', () => {
    expect(engineOf(drillWith().manifests).metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' });
  });

  test('has a name with room for what Litmus appends', () => {
    const world = new World();
    const { engineName } = new ChaosExperiment(world.shop, 'a'.repeat(36), { target: PODS, fault: Fault.podNetworkLoss() });

    expect(engineName).toMatch(/^a{36}-[0-9a-f]{8}$/);
    expect(`${engineName}-runner`.length).toBeLessThanOrEqual(63);
    expect(`${engineName}-pod-network-loss`.length).toBeLessThanOrEqual(63);
  });

  test('keeps the fields that a patch adds', () => {
    const world = new World();
    const drill = new ChaosExperiment(world.shop, 'pod-loss', { target: PODS, fault: Fault.podDelete() });
    ApiObject.of(drill.node.findChild('engine')).addJsonPatch(JsonPatch.add('/spec/auxiliaryAppInfo', 'default:run=other'));

    expect(engineOf(synthesize(world.shop)).spec.auxiliaryAppInfo).toBe('default:run=other');
  });
});

describe('the engine\'s name', () => {
  const name = (props: Partial<ChaosExperimentProps> = {}) => drillWith(props).drill.engineName;

  test('is the same for the same description', () => {
    expect(name()).toBe(name());
  });

  test.each<[string, Partial<ChaosExperimentProps>]>([
    ['fault', { fault: Fault.podCpuHog() }],
    ['fault\'s options', { fault: Fault.podDelete({ podsAffected: Percent.of(50) }) }],
    ['target', { target: ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'other' }) }],
    ['run', { run: 'again' }],
  ])('changes with the %s', (_, props) => {
    expect(name(props)).not.toBe(name());
  });

  test('changes with the hypothesis', () => {
    const names = [99, 95].map((atLeast) => {
      const world = new World();
      return new ChaosExperiment(world.shop, 'pod-loss', {
        target: ChaosTarget.service(world.service('orders')), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast })],
      }).engineName;
    });

    expect(names[0]).not.toBe(names[1]);
  });
});

describe('the target', () => {
  test('is a service by the label of all its versions', () => {
    const world = new World();
    new ChaosExperiment(world.shop, 'pod-loss', { target: ChaosTarget.service(world.service('orders')), fault: Fault.podDelete() });

    expect(engineOf(synthesize(world.shop)).spec.appinfo).toEqual({
      appns: 'shop', applabel: 'service.istio.io/canonical-name=orders', appkind: 'deployment',
    });
  });

  test.each([
    [ChaosTargetKind.DEPLOYMENT, 'deployment'],
    [ChaosTargetKind.STATEFUL_SET, 'statefulset'],
    [ChaosTargetKind.DAEMON_SET, 'daemonset'],
    [ChaosTargetKind.ROLLOUT, 'rollout'],
  ])('is of the kind %s', (kind, appkind) => {
    const target = ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app', kind });

    expect(engineOf(drillWith({ target }).manifests).spec.appinfo.appkind).toBe(appkind);
  });
});

describe('the fault', () => {
  test('pod-delete: as in an update, one pod, for a minute', () => {
    expect(envOf(drillWith().manifests)).toEqual({ TOTAL_CHAOS_DURATION: '60', CHAOS_INTERVAL: '10', FORCE: 'false' });
  });

  test('pod-delete with everything', () => {
    const fault = Fault.podDelete({ duration: Duration.minutes(2), interval: Duration.seconds(30), force: true, podsAffected: Percent.of(50) });

    expect(envOf(drillWith({ fault }).manifests)).toEqual({
      TOTAL_CHAOS_DURATION: '120', CHAOS_INTERVAL: '30', FORCE: 'true', PODS_AFFECTED_PERC: '50',
    });
  });

  test('pod-cpu-hog', () => {
    expect(envOf(drillWith({ fault: Fault.podCpuHog() }).manifests)).toEqual({ TOTAL_CHAOS_DURATION: '60', CPU_CORES: '1', CPU_LOAD: '100' });
    expect(envOf(drillWith({ fault: Fault.podCpuHog({ cores: 2, load: Percent.of(80) }) }).manifests)).toMatchObject({ CPU_CORES: '2', CPU_LOAD: '80' });
  });

  test('pod-network-loss', () => {
    expect(envOf(drillWith({ fault: Fault.podNetworkLoss() }).manifests)).toEqual({ TOTAL_CHAOS_DURATION: '60', NETWORK_PACKET_LOSS_PERCENTAGE: '100' });
    expect(envOf(drillWith({ fault: Fault.podNetworkLoss({ loss: Percent.of(30) }) }).manifests)).toMatchObject({ NETWORK_PACKET_LOSS_PERCENTAGE: '30' });
  });

  function towards(order: string[], mesh?: 'before' | 'after') {
    const world = new World();
    const settings = () => new Mesh(world.app, 'mesh', { clusterDomain: 'acme.internal' });
    if (mesh === 'before') {
      settings();
    }
    const orders = world.service('orders');
    const destinations = Object.fromEntries(['cart', 'payments'].map(id => [id, world.service(id)]));
    const drills = world.chart('drills', 'chaos');
    new ChaosExperiment(drills, 'loss', {
      target: ChaosTarget.service(orders), fault: Fault.podNetworkLoss({ destinations: order.map(id => destinations[id]) }),
    });
    if (mesh === 'after') {
      settings();
    }
    return synthesize(drills);
  }

  test('pod-network-loss towards services names their hosts, in any order', () => {
    expect(envOf(towards(['payments', 'cart']))).toMatchObject({ DESTINATION_HOSTS: 'cart.shop.svc.cluster.local,payments.shop.svc.cluster.local' });
    expect(towards(['payments', 'cart'])).toEqual(towards(['cart', 'payments']));
  });

  test('pod-network-loss names the hosts as Litmus looks them up, whatever the cluster\'s domain is', () => {
    expect(envOf(towards(['cart'], 'before'))).toMatchObject({ DESTINATION_HOSTS: 'cart.shop.svc.cluster.local' });
    expect(towards(['cart'], 'after')).toEqual(towards(['cart'], 'before'));
  });

  test('lies beside the engine as Litmus knows it, with a pinned image and without proxy', () => {
    const { metadata, spec: { definition } } = find(drillWith().manifests, 'ChaosExperiment', 'pod-delete');

    expect(metadata.namespace).toBe('chaos');
    expect(metadata.labels).toMatchObject({ 'name': 'pod-delete', 'app.kubernetes.io/part-of': 'litmus' });
    expect(definition).toMatchObject({ scope: 'Namespaced', imagePullPolicy: 'Always', command: ['/bin/bash'], args: ['-c', './experiments -name pod-delete'] });
    expect(definition.image).toMatch(/^[^:]+\/go-runner:\d+\.\d+\.\d+$/);
    expect(definition.labels).toEqual({
      'name': 'pod-delete', 'app.kubernetes.io/part-of': 'litmus', 'app.kubernetes.io/component': 'experiment-job', ...NO_PROXY,
    });
  });

  test.each([['pod-cpu-hog', Fault.podCpuHog()], ['pod-network-loss', Fault.podNetworkLoss()]])('%s acts from a helper on the node', (name, fault) => {
    const { definition } = find(drillWith({ fault }).manifests, 'ChaosExperiment', name).spec;
    const env = Object.fromEntries(definition.env.map((entry: { name: string; value: string }) => [entry.name, entry.value]));

    expect(definition.labels['app.kubernetes.io/runtime-api-usage']).toBe('true');
    expect(env).toMatchObject({ CONTAINER_RUNTIME: 'containerd', SOCKET_PATH: '/run/containerd/containerd.sock', LIB_IMAGE: definition.image });
  });

  test.each([
    [ContainerRuntime.containerd('/run/k3s/containerd/containerd.sock'), 'containerd', '/run/k3s/containerd/containerd.sock'],
    [ContainerRuntime.crio(), 'crio', '/run/crio/crio.sock'],
    [ContainerRuntime.docker(), 'docker', '/run/docker.sock'],
  ])('asks the container runtime of a Mesh that comes later', (containerRuntime, name, socket) => {
    const world = new World();
    new ChaosExperiment(world.shop, 'hog', { target: PODS, fault: Fault.podCpuHog() });
    new Mesh(world.app, 'mesh', { containerRuntime });
    const { env } = find(synthesize(world.shop), 'ChaosExperiment', 'pod-cpu-hog').spec.definition;

    expect(env).toContainEqual({ name: 'CONTAINER_RUNTIME', value: name });
    expect(env).toContainEqual({ name: 'SOCKET_PATH', value: socket });
  });

  // The runner lets a fault's environment win over the engine
  test.each([Fault.podDelete(), Fault.podCpuHog(), Fault.podNetworkLoss()])('leaves the health checks before and after to the engine', (fault) => {
    const { manifests } = drillWith({ fault });
    const { env } = manifests.find(({ kind }) => kind === 'ChaosExperiment')!.spec.definition;

    expect(env.map(({ name }: { name: string }) => name)).not.toContain('DEFAULT_HEALTH_CHECK');
    expect(engineOf(manifests).spec.defaultHealthCheck).toBe(true);
  });

  test('lies there once for all the drills of a namespace, and in each namespace', () => {
    const world = new World();
    const [one, two] = [world.chart('one', 'chaos'), world.chart('two', 'more-chaos')];
    new ChaosExperiment(one, 'first', { target: PODS, fault: Fault.podDelete() });
    new ChaosExperiment(one, 'second', { target: PODS, fault: Fault.podDelete({ force: true }) });
    new ChaosExperiment(two, 'third', { target: PODS, fault: Fault.podDelete() });

    expect(inventory(synthesizeApp(world.app)).filter(object => object.startsWith('ChaosExperiment'))).toEqual([
      'ChaosExperiment chaos/pod-delete', 'ChaosExperiment more-chaos/pod-delete',
    ]);
  });
});

describe('the drill\'s account', () => {
  const looks = { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'replicasets', 'daemonsets'], verbs: ['get', 'list'] };

  test('mounts its token and is bound in both namespaces', () => {
    const { manifests } = drillWith();

    expect(find(manifests, 'ServiceAccount', 'pod-loss').automountServiceAccountToken).toBe(true);
    for (const [name, namespace] of [['pod-loss', 'chaos'], ['pod-loss-chaos', 'default']]) {
      const { metadata, roleRef, subjects } = find(manifests, 'RoleBinding', name);
      expect(metadata.namespace).toBe(namespace);
      expect(roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name });
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'pod-loss', namespace: 'chaos' }]);
    }
  });

  test('handles Litmus\' own objects and pods where the engine is', () => {
    expect(find(drillWith().manifests, 'Role', 'pod-loss').rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'deletecollection'] },
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'get', 'list', 'patch', 'update'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'list', 'create'] },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'list', 'get', 'delete', 'deletecollection'] },
      {
        apiGroups: ['litmuschaos.io'],
        resources: ['chaosengines', 'chaosexperiments', 'chaosresults'],
        verbs: ['create', 'list', 'get', 'patch', 'update', 'delete'],
      },
    ]);
  });

  test('may delete the target\'s pods when that is the fault', () => {
    expect(find(drillWith().manifests, 'Role', 'pod-loss-chaos').rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'delete'] }, looks,
    ]);
  });

  test('only looks there otherwise', () => {
    expect(find(drillWith({ fault: Fault.podCpuHog() }).manifests, 'Role', 'pod-loss-chaos').rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }, looks,
    ]);
  });

  test('looks at Rollouts where they control the target', () => {
    const target = ChaosTarget.pods({ namespace: 'default', labelKey: 'run', labelValue: 'my-app', kind: ChaosTargetKind.ROLLOUT });

    expect(find(drillWith({ target }).manifests, 'Role', 'pod-loss-chaos').rules).toContainEqual({
      apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs: ['get', 'list'],
    });
  });

  test('has one Role when engine and target share a namespace', () => {
    const { manifests } = drillWith({}, 'default');

    expect(inventory(manifests).filter(object => object.startsWith('Role '))).toEqual(['Role default/pod-loss']);
    expect(find(manifests, 'Role', 'pod-loss').rules).toContainEqual(looks);
  });

  test('looks up the hosts of a network fault where they are, and only there', () => {
    const world = new World();
    const other = new MeshService(world.chart('other', 'other'), 'cart', { image: 'ghcr.io/acme/cart:1.0.0', ports: [MeshPort.http(8080)] });
    const drills = world.chart('drills', 'chaos');
    new ChaosExperiment(drills, 'loss', { target: ChaosTarget.service(world.service('orders')), fault: Fault.podNetworkLoss({ destinations: [other] }) });

    expect(find(synthesize(Chart.of(other)), 'Role', 'loss-chaos', 'other').rules).toEqual([
      { apiGroups: [''], resources: ['services'], verbs: ['get'] }, { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
  });

  test('never may everything', () => {
    const rules = drillWith().manifests.filter(({ kind }) => kind === 'Role').flatMap(role => role.rules);

    rules.forEach(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs].forEach(word => expect(word).not.toContain('*')));
  });
});

describe('the steady state', () => {
  function observed(mesh: 'before' | 'after' = 'before'): Manifest[] {
    const world = new World();
    const settings = () => new Mesh(world.app, 'mesh', { prometheusUrl: 'http://prometheus.monitoring:9090' });
    if (mesh === 'before') {
      settings();
    }
    const drills = world.chart('drills', 'chaos');
    new ChaosExperiment(drills, 'pod-loss', {
      target: ChaosTarget.service(world.service('orders')),
      fault: Fault.podDelete(),
      hypothesis: [SteadyState.successRate({ atLeast: 99.5 }), SteadyState.successRate({ atLeast: 95, of: world.service('frontend') })],
    });
    if (mesh === 'after') {
      settings();
    }
    return synthesize(drills);
  }

  const probes = engineOf(observed()).spec.experiments[0].spec.probe;

  const named = (manifests: Manifest[], name: string) => (
    engineOf(manifests).spec.experiments[0].spec.probe.find((probe: Manifest) => probe.name === name));

  test('is asked before, during and after, and what fails before or during stops the drill', () => {
    expect(probes.map(({ name, mode, runProperties: { stopOnFailure } }: any) => [name, mode, stopOnFailure])).toEqual([
      ['orders-success-rate-before', 'SOT', true],
      ['frontend-success-rate-before', 'SOT', true],
      ['orders-success-rate-during', 'Continuous', true],
      ['frontend-success-rate-during', 'Continuous', true],
      ['orders-success-rate-after', 'EOT', false],
      ['frontend-success-rate-after', 'EOT', false],
    ]);
  });

  test('is a query to Prometheus', () => {
    const asked = { endpoint: 'http://prometheus.monitoring:9090', comparator: { criteria: '>=', value: '99.5' } };
    const run = { probeTimeout: '5s', interval: '2s', attempt: 2 };

    expect(named(observed(), 'orders-success-rate-before')).toMatchObject({ 'type': 'promProbe', 'promProbe/inputs': asked, 'runProperties': run });
    expect(named(observed(), 'orders-success-rate-during').runProperties).toMatchObject({ ...run, probePollingInterval: '5s' });
    expect(named(observed(), 'orders-success-rate-after').runProperties).toMatchObject({ ...run, initialDelay: '65s' });
  });

  test('asks what share of the clients\' requests was answered without a server\'s error', () => {
    const all = 'reporter=\'source\',destination_service_namespace=\'shop\',destination_service_name=\'orders\'';
    const good = `${all},response_code!~'0|5..',grpc_response_status!~'2|4|13|14|15'`;

    expect(probes[0]['promProbe/inputs'].query).toBe(
      `(sum(rate(istio_requests_total{${good}}[240s])) or vector(0)) / sum(rate(istio_requests_total{${all}}[240s])) * 100`);
  });

  test('is asked over four scrapes, and afterwards when one more has been made', () => {
    const world = new World();
    new ChaosExperiment(world.shop, 'pod-loss', {
      target: ChaosTarget.service(world.service('orders')), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast: 99 })],
    });
    new Mesh(world.app, 'mesh', { scrapeInterval: Duration.seconds(15) });
    const manifests = synthesize(world.shop);

    ['before', 'during', 'after'].forEach(phase => expect(named(manifests, `orders-success-rate-${phase}`)['promProbe/inputs'].query).toContain('}[60s]))'));
    expect(named(manifests, 'orders-success-rate-after').runProperties.initialDelay).toBe('20s');
  });

  test('is of the target, or of the service that is named', () => {
    expect(named(observed(), 'frontend-success-rate-during')['promProbe/inputs'].query).toContain('destination_service_name=\'frontend\'');
  });

  test('has nothing that the shell of Litmus would read', () => {
    probes.forEach((probe: any) => expect(probe['promProbe/inputs'].query).not.toMatch(/["$`\\]/));
  });

  test('is asked of the Mesh\'s Prometheus, wherever the Mesh stands', () => {
    expect(observed('after')).toEqual(observed('before'));
  });

  test.each(['https://prometheus.monitoring:9090', 'https://metrics.example.com/prometheus'])('is asked of %s', (prometheusUrl) => {
    const world = new World();
    new Mesh(world.app, 'mesh', { prometheusUrl });
    const orders = world.service('orders');
    const drills = world.chart('drills', 'drills');
    new ChaosExperiment(drills, 'loss', { target: ChaosTarget.service(orders), fault: Fault.podDelete(), hypothesis: [SteadyState.successRate({ atLeast: 99 })] });

    expect(engineOf(synthesize(drills)).spec.experiments[0].spec.probe[0]['promProbe/inputs'].endpoint).toBe(prometheusUrl);
  });

  test('may be absent', () => {
    expect(engineOf(drillWith().manifests).spec.experiments[0].spec.probe).toBeUndefined();
  });
});

test('a namespace for drills admits their helpers and injects no proxy', () => {
  const world = new World();
  const drills = world.chart('drills', 'chaos');
  new ChaosNamespace(drills, 'namespace');

  expect(synthesize(drills)).toEqual([{
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'chaos',
      labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', 'istio-injection': 'disabled', 'pod-security.kubernetes.io/enforce': 'privileged' },
    },
  }]);
});
