import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshPort, WorkloadProps } from '../src';
import { find, synthesize } from './support/manifests';
import { ordersWith, podOf, World } from './support/world';

describe('availability', () => {
  test('three replicas, one of which may be away', () => {
    const manifests = ordersWith();

    expect(find(manifests, 'Deployment', 'orders').spec.replicas).toBe(3);
    expect(find(manifests, 'PodDisruptionBudget', 'orders').spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  test('the replicas can be chosen', () => {
    expect(find(ordersWith({ replicas: 7 }), 'Deployment', 'orders').spec.replicas).toBe(7);
  });

  test('an update adds a pod before it takes one', () => {
    expect(find(ordersWith(), 'Deployment', 'orders').spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  test('pods of one version are spread over nodes and zones', () => {
    const selector = { matchLabels: { app: 'orders', version: 'v1' } };
    const spread = { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector, matchLabelKeys: ['pod-template-hash'] };

    expect(podOf(ordersWith()).spec.topologySpreadConstraints).toEqual([
      { ...spread, topologyKey: 'kubernetes.io/hostname' },
      { ...spread, topologyKey: 'topology.kubernetes.io/zone' },
    ]);
  });

  test('the pods\' affinity is to their own version, on other nodes', () => {
    const [{ podAffinityTerm }] = podOf(ordersWith()).spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;

    expect(podAffinityTerm.topologyKey).toBe('kubernetes.io/hostname');
    expect(podAffinityTerm.labelSelector).toEqual({ matchLabels: { app: 'orders', version: 'v1' } });
  });

  test('a pod that ends serves until the proxies know it', () => {
    const { spec, container } = podOf(ordersWith());

    expect(container.lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    expect(spec.terminationGracePeriodSeconds).toBe(35);
  });
});

describe('the hardened pod', () => {
  test('is not root and has the default seccomp profile, the proxy included', () => {
    expect(podOf(ordersWith()).spec.securityContext).toMatchObject({
      runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('gives its container no privilege and a read-only file system', () => {
    expect(podOf(ordersWith()).container.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('can run as another user, in all places', () => {
    const { spec, container } = podOf(ordersWith({ user: 1000 }));

    expect(spec.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 });
    expect(container.securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 1000 });
  });

  test('shares nothing with its node and knows no other Service by variables', () => {
    const { spec } = podOf(ordersWith());

    expect(spec.hostNetwork).toBe(false);
    expect(spec.hostPID).toBeUndefined();
    expect(spec.enableServiceLinks).toBe(false);
  });

  test('has an identity of its own, without a token', () => {
    const manifests = ordersWith();

    expect(podOf(manifests).spec).toMatchObject({ serviceAccountName: 'orders', automountServiceAccountToken: false });
    expect(find(manifests, 'ServiceAccount', 'orders').automountServiceAccountToken).toBe(false);
  });

  test('may write to /tmp', () => {
    const { spec, container } = podOf(ordersWith());

    expect(spec.volumes).toEqual([{ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } }]);
    expect(container.volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }]);
  });

  test('may write to other directories in its place, or to none', () => {
    const { spec, container } = podOf(ordersWith({ writablePaths: ['/var/Cache_App', '/run'] }));
    expect(spec.volumes).toEqual([{ name: 'var-cache-app', emptyDir: { sizeLimit: '64Mi' } }, { name: 'run', emptyDir: { sizeLimit: '64Mi' } }]);
    expect(container.volumeMounts).toEqual([{ name: 'var-cache-app', mountPath: '/var/Cache_App' }, { name: 'run', mountPath: '/run' }]);

    expect(podOf(ordersWith({ writablePaths: [] })).container.volumeMounts).toBeUndefined();
  });

  test.each([
    ['a hidden directory', ['/.cache']],
    ['a directory that ends in a dash', ['/cache_']],
    ['directories that differ in signs only', ['/a/b', '/a-b', '/a_b']],
    ['directories that differ in case only', ['/ax2', '/a', '/A']],
    ['a long path', [`/${'a'.repeat(40)}/${'b'.repeat(40)}`]],
  ])('gives %s a volume with a name of its own that Kubernetes takes', (_, writablePaths) => {
    const { spec, container } = podOf(ordersWith({ writablePaths }));
    const names: string[] = spec.volumes.map(({ name }: { name: string }) => name);

    names.forEach(name => expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/));
    expect(new Set(names).size).toBe(writablePaths.length);
    expect(container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual(writablePaths);
  });
});

describe('the container', () => {
  test('has the default resources', () => {
    expect(podOf(ordersWith()).container.resources).toEqual({
      requests: { 'cpu': '100m', 'memory': '128Mi', 'ephemeral-storage': '64Mi' },
      limits: { 'cpu': '1', 'memory': '256Mi', 'ephemeral-storage': '256Mi' },
    });
  });

  test('keeps the default of each resource that is left out', () => {
    const resources: WorkloadProps['resources'] = {
      cpu: { limit: kplus.Cpu.units(2) }, memory: { request: Size.mebibytes(200) }, ephemeralStorage: { limit: Size.gibibytes(1) },
    };

    expect(podOf(ordersWith({ resources })).container.resources).toEqual({
      requests: { 'cpu': '100m', 'memory': '200Mi', 'ephemeral-storage': '64Mi' },
      limits: { 'cpu': '2', 'memory': '256Mi', 'ephemeral-storage': '1Gi' },
    });
  });

  test('may request as much as it may use, in other units', () => {
    const both = (request: Size, limit: Size) => ({ request, limit });
    const resources: WorkloadProps['resources'] = {
      cpu: { request: kplus.Cpu.millis(2000), limit: kplus.Cpu.units(2) },
      memory: both(Size.mebibytes(1024), Size.gibibytes(1)),
      ephemeralStorage: both(Size.gibibytes(1), Size.gibibytes(1)),
    };

    expect(podOf(ordersWith({ resources })).container.resources).toEqual({
      requests: { 'cpu': '2000m', 'memory': '1024Mi', 'ephemeral-storage': '1Gi' }, limits: { 'cpu': '2', 'memory': '1024Mi', 'ephemeral-storage': '1Gi' },
    });
  });

  test.each([['2Gi', Size.gibibytes(2)], ['3Ti', Size.tebibytes(3)], ['1Pi', Size.pebibyte(1)]])('may use %s of memory, which is written in mebibytes', (_, limit) => {
    expect(podOf(ordersWith({ resources: { memory: { limit } } })).container.resources.limits.memory).toBe(`${limit.toMebibytes()}Mi`);
  });

  test('takes an explicit undefined for left out', () => {
    const { container } = podOf(ordersWith({
      resources: { cpu: { request: undefined, limit: kplus.Cpu.units(2) }, memory: undefined }, replicas: undefined, user: undefined,
    }));

    expect(container.resources.requests).toEqual({ 'cpu': '100m', 'memory': '128Mi', 'ephemeral-storage': '64Mi' });
    expect(container.resources.limits.cpu).toBe('2');
  });

  test('runs what was asked for', () => {
    const { container } = podOf(ordersWith({
      image: 'ghcr.io/acme/orders@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
      command: ['/orders'],
      args: ['--verbose'],
      env: { CURRENCY: kplus.EnvValue.fromValue('EUR') },
    }));

    expect(container).toMatchObject({
      name: 'orders',
      image: 'ghcr.io/acme/orders@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
      imagePullPolicy: 'Always',
      command: ['/orders'],
      args: ['--verbose'],
      env: [{ name: 'CURRENCY', value: 'EUR' }],
    });
  });

  test('mounts the user\'s volumes beside its own', () => {
    const world = new World();
    const config = new kplus.ConfigMap(world.shop, 'config', { metadata: { name: 'orders-config' } });
    world.service('orders', { volumeMounts: [{ path: '/etc/orders', volume: kplus.Volume.fromConfigMap(world.shop, 'volume', config, { name: 'config' }) }] });
    const { spec, container } = podOf(synthesize(world.shop));

    expect(container.volumeMounts).toEqual([{ name: 'config', mountPath: '/etc/orders' }, { name: 'tmp', mountPath: '/tmp' }]);
    expect(spec.volumes).toContainEqual({ name: 'config', configMap: { name: 'orders-config' } });
  });

  test('mounts a volume of the user\'s in place of the default /tmp', () => {
    const world = new World();
    const big = kplus.Volume.fromEmptyDir(world.shop, 'volume', 'scratch', { sizeLimit: Size.gibibytes(2) });
    world.service('orders', { volumeMounts: [{ path: '/tmp', volume: big }] });

    expect(podOf(synthesize(world.shop)).container.volumeMounts).toEqual([{ name: 'scratch', mountPath: '/tmp' }]);
  });

  test('mounts a volume of the user\'s that is named like one of its own', () => {
    const world = new World();
    world.service('orders', { volumeMounts: [{ path: '/scratch', volume: kplus.Volume.fromEmptyDir(world.shop, 'volume', 'tmp') }] });
    const { spec, container } = podOf(synthesize(world.shop));

    expect(new Set(spec.volumes.map(({ name }: { name: string }) => name)).size).toBe(2);
    expect(container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath).sort()).toEqual(['/scratch', '/tmp']);
  });

  test('keeps the user\'s probes, on gRPC too', () => {
    const { container } = podOf(ordersWith({
      ports: [MeshPort.grpc(50051)],
      readiness: kplus.Probe.fromTcpSocket({ port: 50051, periodSeconds: Duration.seconds(1) }),
      liveness: kplus.Probe.fromHttpGet('/healthz', { port: 9000 }),
    }));

    expect(container.readinessProbe).toMatchObject({ tcpSocket: { port: 50051 }, periodSeconds: 1 });
    expect(container.readinessProbe.grpc).toBeUndefined();
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: '/healthz', port: 9000 } });
  });
});
