import { Cron, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AddedContainer, Mesh, MeshCronJob, MeshJob, MeshPort, MeshServiceProps, PodException, PodSecurity, ProxyLogLevel, ProxyTimeouts, Spread,
  VolumeClaim, WorkloadKind, ZeroTrustNamespace,
} from '../src';
import { find, Manifest, synthesize } from './support/manifests';
import { thrownBy } from './support/thrown-by';
import { ordersWith, podOf, World } from './support/world';

/** The template of the service's pods. */
const templateWith = (props: Partial<MeshServiceProps>) => find(ordersWith(props), 'Deployment', 'orders').spec.template;

const programWith = (props: Partial<MeshServiceProps>) => templateWith(props).spec.containers[0];

/** With all that a pod can be given. */
const everything = (world: World): Partial<MeshServiceProps> => ({
  imagePullSecrets: ['registry'],
  imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
  podLabels: { team: 'shop' },
  podAnnotations: { 'acme.example/owner': 'ann' },
  priorityClassName: 'important',
  envFrom: [kplus.Env.fromConfigMap(kplus.ConfigMap.fromConfigMapName(world.shop, 'settings', 'settings'))],
  scheduling: {
    nodes: [kplus.NodeLabelQuery.is('disk', 'ssd')], tolerations: [kplus.NodeTaintQuery.is('dedicated', 'shop')], spread: [Spread.over(kplus.Topology.ZONE, { required: true })],
  },
  preStop: kplus.Handler.fromCommand(['/app/stop']),
  writablePaths: ['/tmp', '/var/log/app'],
  addedContainers: [
    AddedContainer.init('warm-up', { image: 'warm-up:1' }),
    AddedContainer.sidecar('shipper', { image: 'shipper:1', sharedPaths: ['/var/log/app'] }),
    AddedContainer.beside('agent', { image: 'agent:1', ports: [{ number: 8125, name: 'statsd' }] }),
  ],
  exceptions: [PodException.lowPorts(), PodException.writableRoot()],
  proxy: { resources: { cpu: { limit: kplus.Cpu.millis(500) } }, logLevel: ProxyLogLevel.DEBUG, concurrency: 2 },
});

test('the shape of a pod is that of every version, and of every kind', () => {
  const world = new World();
  const orders = world.service('orders', everything(world));
  world.release(orders);
  const template = (name: string) => find(synthesize(world.shop), 'Deployment', name).spec.template;
  const ofVersion = (manifest: Manifest) => JSON.parse(JSON.stringify(manifest).replaceAll('orders-v2', 'orders').replaceAll('"v2"', '"v1"').replaceAll('2.0.0', '1.0.0'));

  expect(ofVersion(template('orders-v2'))).toEqual(template('orders'));
  expect(template('orders-v2').metadata.labels).toMatchObject({ team: 'shop', version: 'v2' });
});

test('and of jobs, which have no drain and nobody beside them', () => {
  const world = new World();
  const { addedContainers, ...shape } = everything(world);
  const props = { ...shape, image: 'migrate:1', addedContainers: addedContainers!.slice(0, 2) };
  new MeshJob(world.shop, 'migrate', props);
  new MeshCronJob(world.shop, 'report', { ...props, schedule: Cron.daily() });
  const manifests = synthesize(world.shop);

  for (const { metadata, spec } of [find(manifests, 'Job', 'migrate').spec.template, find(manifests, 'CronJob', 'report').spec.jobTemplate.spec.template]) {
    expect(metadata.labels.team).toBe('shop');
    expect(metadata.annotations['sidecar.istio.io/logLevel']).toBe('debug');
    expect(spec.initContainers.map(({ name, restartPolicy }: Manifest) => [name, restartPolicy])).toEqual([['warm-up', undefined], ['shipper', 'Always']]);
    expect(spec.containers[0].lifecycle).toEqual({ preStop: { exec: { command: ['/app/stop'] } } });
    expect(spec.topologySpreadConstraints).toHaveLength(1);
    expect(spec.priorityClassName).toBe('important');
  }
});

describe('what is pulled', () => {
  test('always, by the node\'s own secrets', () => {
    const { spec } = templateWith({});

    expect(spec.containers[0].imagePullPolicy).toBe('Always');
    expect(spec.imagePullSecrets).toBeUndefined();
  });

  test('as it is told', () => {
    const { spec } = templateWith({ imagePullSecrets: ['a', 'b'], imagePullPolicy: kplus.ImagePullPolicy.NEVER });

    expect(spec.containers[0].imagePullPolicy).toBe('Never');
    expect(spec.imagePullSecrets).toEqual([{ name: 'a' }, { name: 'b' }]);
  });
});

test('labels and annotations of the user\'s stand beside those of the mesh', () => {
  const { metadata } = templateWith({
    podLabels: { 'team': 'shop', 'app.kubernetes.io/part-of': 'shop' }, podAnnotations: { 'vault.hashicorp.com/agent-inject': 'true', 'kubernetes.io/egress-bandwidth': '10M' },
  });

  expect(metadata.labels).toMatchObject({ 'team': 'shop', 'app.kubernetes.io/part-of': 'shop', 'app': 'orders', 'sidecar.istio.io/inject': 'true' });
  expect(metadata.annotations).toEqual({ 'sidecar.istio.io/nativeSidecar': 'true', 'vault.hashicorp.com/agent-inject': 'true', 'kubernetes.io/egress-bandwidth': '10M' });
});

test('all variables of a ConfigMap and a Secret', () => {
  const { shop } = new World();
  const settings = kplus.ConfigMap.fromConfigMapName(shop, 'settings', 'settings');
  const secret = kplus.Secret.fromSecretName(shop, 'secret', 'secret');

  expect(programWith({ envFrom: [kplus.Env.fromConfigMap(settings, 'APP_'), kplus.Env.fromSecret(secret)] }).envFrom).toEqual([
    { configMapRef: { name: 'settings' }, prefix: 'APP_' }, { secretRef: { name: 'secret' } },
  ]);
});

describe('where the pods run', () => {
  test('on nodes with all of the labels', () => {
    const { affinity } = templateWith({ scheduling: { nodes: [kplus.NodeLabelQuery.is('disk', 'ssd'), kplus.NodeLabelQuery.gt('cores', ['8'])] } }).spec;

    expect(affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }, { key: 'cores', operator: 'Gt', values: ['8'] }] }],
    });
    expect(affinity.podAntiAffinity).toBeDefined(); // The default stays
  });

  test('also where a method allows one of two', () => {
    const world = new World();
    const { deployment } = world.service('orders', { scheduling: { nodes: [kplus.NodeLabelQuery.exists('gpu')] } });
    ['a', 'b'].forEach(zone => deployment.scheduling.attract(kplus.Node.labeled(kplus.NodeLabelQuery.is('zone', zone))));
    const { nodeSelectorTerms } = podOf(synthesize(world.shop)).spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;

    expect(nodeSelectorTerms).toEqual(['a', 'b'].map(zone => ({ matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }, { key: 'gpu', operator: 'Exists' }] })));
  });

  test('rather on some', () => {
    expect(templateWith({ scheduling: { preferredNodes: [kplus.NodeLabelQuery.doesNotExist('spot')] } }).spec.affinity.nodeAffinity).toEqual({
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: { matchExpressions: [{ key: 'spot', operator: 'DoesNotExist' }] } }],
    });
  });

  test('in spite of taints', () => {
    const tolerations = [
      kplus.NodeTaintQuery.is('dedicated', 'shop', { effect: kplus.TaintEffect.NO_SCHEDULE }),
      kplus.NodeTaintQuery.exists('node.kubernetes.io/not-ready', { effect: kplus.TaintEffect.NO_EXECUTE, evictAfter: Duration.minutes(1) }),
    ];

    expect(templateWith({ scheduling: { tolerations } }).spec.tolerations).toEqual([
      { key: 'dedicated', operator: 'Equal', value: 'shop', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
    ]);
  });

  test('spread as it is told, in place of the default', () => {
    expect(templateWith({ scheduling: { spread: [Spread.over(kplus.Topology.custom('rack'), { required: true, maxSkew: 2 })] } }).spec.topologySpreadConstraints).toEqual([{
      maxSkew: 2,
      topologyKey: 'rack',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'orders', version: 'v1' } },
      matchLabelKeys: ['pod-template-hash'],
    }]);
  });
});

describe('before its end the program runs a command of its own', () => {
  const preStop = kplus.Handler.fromCommand(['/app/stop', '--now']);

  test('after the drain', () => {
    expect(programWith({ preStop, drain: Duration.seconds(7) }).lifecycle.preStop).toEqual({
      exec: { command: ['/bin/sh', '-c', 'sleep 7; exec "$@"', 'sh', '/app/stop', '--now'] },
    });
  });

  test('at once where there is no drain', () => {
    expect(programWith({ preStop, drain: Duration.seconds(0) }).lifecycle.preStop).toEqual({ exec: { command: ['/app/stop', '--now'] } });
  });

  test('or is asked over HTTP', () => {
    expect(programWith({ preStop: kplus.Handler.fromHttpGet('/stop'), drain: Duration.seconds(0) }).lifecycle.preStop).toEqual({
      httpGet: { path: '/stop', port: 8080, scheme: 'HTTP' },
    });
  });

  test('while the others drain as before', () => {
    const { containers } = templateWith({ preStop, addedContainers: [AddedContainer.beside('agent', { image: 'agent:1' })] }).spec;

    expect(containers[1].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  });
});

describe('an added container', () => {
  const HARDENED = {
    allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, capabilities: { drop: ['ALL'] },
  };

  test('that runs before, lasts beside, or surrounds the program', () => {
    const { initContainers, containers } = templateWith({
      addedContainers: [
        AddedContainer.sidecar('shipper', { image: 'shipper:1' }), AddedContainer.beside('agent', { image: 'agent:1' }), AddedContainer.init('warm-up', { image: 'warm-up:1' }),
      ],
    }).spec;

    expect(initContainers.map(({ name, restartPolicy }: Manifest) => [name, restartPolicy])).toEqual([['shipper', 'Always'], ['warm-up', undefined]]);
    expect(containers.map(({ name }: Manifest) => name)).toEqual(['orders', 'agent']);
    [...initContainers, containers[1]].forEach(({ securityContext }) => expect(securityContext).toEqual(HARDENED));
    expect(initContainers[0].lifecycle).toBeUndefined(); // It is stopped after the program, which drains
    expect(initContainers[1].startupProbe).toBeUndefined();
  });

  test('asks for little, unless it says more', () => {
    const [small, large] = templateWith({
      addedContainers: [
        AddedContainer.init('small', { image: 'small:1' }),
        AddedContainer.init('large', { image: 'large:1', resources: { cpu: { request: kplus.Cpu.units(1), limit: kplus.Cpu.units(2) }, ephemeralStorage: { limit: Size.mebibytes(512) } } }),
      ],
    }).spec.initContainers;

    expect(small.resources).toEqual({ requests: { 'cpu': '50m', 'memory': '64Mi', 'ephemeral-storage': '64Mi' }, limits: { 'cpu': '500m', 'memory': '256Mi', 'ephemeral-storage': '256Mi' } });
    expect(large.resources).toEqual({ requests: { 'cpu': '1', 'memory': '64Mi', 'ephemeral-storage': '64Mi' }, limits: { 'cpu': '2', 'memory': '256Mi', 'ephemeral-storage': '512Mi' } });
  });

  test('has what it is given', () => {
    const { shop } = new World();
    const [container] = templateWith({
      addedContainers: [AddedContainer.init('load', {
        image: 'load:1',
        command: ['load'],
        args: ['--all'],
        user: 1000,
        env: { MODE: kplus.EnvValue.fromValue('fast') },
        envFrom: [kplus.Env.fromSecret(kplus.Secret.fromSecretName(shop, 'secret', 'secret'))],
        imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
        exceptions: [PodException.capability(kplus.Capability.CHOWN), PodException.writableRoot()],
      })],
    }).spec.initContainers;

    expect(container).toMatchObject({
      command: ['load'], args: ['--all'], imagePullPolicy: 'IfNotPresent', env: [{ name: 'MODE', value: 'fast' }], envFrom: [{ secretRef: { name: 'secret' } }],
    });
    expect(container.securityContext).toEqual({ ...HARDENED, runAsUser: 1000, runAsGroup: 1000, readOnlyRootFilesystem: false, capabilities: { add: ['CHOWN'], drop: ['ALL'] } });
  });

  test('has started when it listens, and is asked as it says', () => {
    const [shipper] = templateWith({
      addedContainers: [AddedContainer.sidecar('shipper', {
        image: 'shipper:1', ports: [{ number: 5140, name: 'syslog' }, { number: 9000 }], readiness: kplus.Probe.fromHttpGet('/ready', { port: 9000 }),
      })],
    }).spec.initContainers;

    expect(shipper.ports).toEqual([{ containerPort: 5140, name: 'syslog', protocol: 'TCP' }, { containerPort: 9000 }]);
    expect(shipper.startupProbe).toMatchObject({ tcpSocket: { port: 5140 }, periodSeconds: 2, failureThreshold: 150 });
    expect(shipper.readinessProbe.httpGet).toMatchObject({ path: '/ready', port: 9000 });
    expect(shipper.livenessProbe).toBeUndefined();
  });

  test('shares a directory of the program, and has a temporary one of its own', () => {
    const { spec } = templateWith({ writablePaths: ['/tmp', '/var/log/app'], addedContainers: [AddedContainer.sidecar('shipper', { image: 'shipper:1', sharedPaths: ['/var/log/app'] })] });

    expect(spec.containers[0].volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }, { name: 'var-log-app', mountPath: '/var/log/app' }]);
    expect(spec.initContainers[0].volumeMounts).toEqual([{ name: 'shipper-tmp', mountPath: '/tmp' }, { name: 'var-log-app', mountPath: '/var/log/app' }]);
    expect(spec.volumes.map(({ name }: Manifest) => name)).toEqual(['tmp', 'var-log-app', 'shipper-tmp']);
  });

  test('shares even /tmp, and the claim of a StatefulSet', () => {
    const world = new World();
    world.service('orders', {
      kind: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('data', '/data', Size.gibibytes(1))] }),
      addedContainers: [AddedContainer.beside('backup', { image: 'backup:1', sharedPaths: ['/tmp', '/data'] })],
    });
    const { containers } = find(synthesize(world.shop), 'StatefulSet', 'orders').spec.template.spec;

    expect(containers[1].volumeMounts).toEqual([{ name: 'tmp', mountPath: '/tmp' }, { name: 'data', mountPath: '/data' }]);
  });

  test('counts for the quota of its namespace', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', { quota: { limitsMemory: Size.mebibytes(1) } });
    world.service('orders', { replicas: 1, addedContainers: [AddedContainer.sidecar('shipper', { image: 'shipper:1' })] });

    expect(thrownBy(() => world.synth())[0].fix).toBe('Raise it to 3072Mi at least.'); // Twice 256 + 256 + 1024
  });

  test('gives up what it names alone, not what the program names', () => {
    const { containers } = templateWith({ exceptions: [PodException.user(0)], addedContainers: [AddedContainer.beside('agent', { image: 'agent:1' })] }).spec;

    const users = containers.map(({ securityContext: { runAsUser, runAsNonRoot } }: Manifest) => [runAsUser, runAsNonRoot]);

    expect(users).toEqual([[0, false], [65532, true]]);
  });
});

describe('an exception', () => {
  const contextWith = (...exceptions: PodException[]) => programWith({ exceptions }).securityContext;

  test('is root, and nothing more', () => {
    expect(contextWith(PodException.user(0))).toEqual({ ...contextWith(), runAsUser: 0, runAsGroup: 0, runAsNonRoot: false });
    expect(templateWith({ exceptions: [PodException.user(0)] }).spec.securityContext).toMatchObject({ runAsUser: 65532, runAsNonRoot: true });
  });

  test('is a high number, which is not root', () => {
    expect(contextWith(PodException.user(1000680000))).toEqual({ ...contextWith(), runAsUser: 1000680000, runAsGroup: 1000680000 });
  });

  test('is a capability, while the others stay dropped', () => {
    expect(contextWith(PodException.capability(kplus.Capability.NET_ADMIN), PodException.capability(kplus.Capability.CHOWN)).capabilities).toEqual({
      drop: ['ALL'], add: ['NET_ADMIN', 'CHOWN'],
    });
  });

  test('is an image that may be written to', () => {
    expect(contextWith(PodException.writableRoot())).toEqual({ ...contextWith(), readOnlyRootFilesystem: false });
  });

  test('is a low port, for whatever user, by the kernel\'s setting that restricted admits', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace');
    world.service('orders', { ports: [MeshPort.http(80)], exceptions: [PodException.lowPorts()] });
    const { spec, container } = podOf(synthesize(world.shop));

    expect(() => world.synth()).not.toThrow();
    expect(spec.securityContext.sysctls).toEqual([{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }]);
    expect(container.ports).toEqual([{ containerPort: 80, name: 'http' }]);
    expect(container.securityContext).toMatchObject({ runAsUser: 65532, capabilities: { drop: ['ALL'] } });
  });

  test('that restricted refuses is admitted by BASELINE, which the error says', () => {
    const synth = (podSecurity: PodSecurity, ...exceptions: PodException[]) => {
      const world = new World();
      new ZeroTrustNamespace(world.shop, 'namespace', { podSecurity });
      world.service('orders', { exceptions });
      world.synth();
    };
    const root = [PodException.user(0), PodException.capability(kplus.Capability.SETUID)];

    expect(() => synth(PodSecurity.BASELINE, ...root)).not.toThrow();
    const problems = thrownBy(() => synth(PodSecurity.RESTRICTED, ...root));
    expect(problems.map(({ property }) => property)).toEqual([
      'pod.containers[0].securityContext.capabilities.add', 'pod.containers[0].securityContext.runAsNonRoot', 'pod.containers[0].securityContext.runAsUser',
    ]);
    problems.forEach(({ fix }) => expect(fix).toContain('podSecurity: PodSecurity.BASELINE'));
    thrownBy(() => synth(PodSecurity.RESTRICTED, PodException.capability(kplus.Capability.NET_ADMIN))).forEach(({ fix }) => expect(fix).not.toContain('BASELINE'));
  });
});

describe('the proxy', () => {
  const annotationsWith = (proxy: MeshServiceProps['proxy']) => templateWith({ proxy }).metadata.annotations;

  test('says all four amounts as soon as one is given: Istio would leave out the others', () => {
    expect(annotationsWith({ resources: { memory: { request: Size.mebibytes(64) } } })).toEqual({
      'sidecar.istio.io/nativeSidecar': 'true',
      'sidecar.istio.io/proxyCPU': '100m',
      'sidecar.istio.io/proxyCPULimit': '2000m',
      'sidecar.istio.io/proxyMemory': '64Mi',
      'sidecar.istio.io/proxyMemoryLimit': '1024Mi',
    });
  });

  test('tells, works and counts as it is told', () => {
    const annotations = annotationsWith({ logLevel: ProxyLogLevel.ERROR, concurrency: 4, statistics: { prefixes: ['cluster.outbound'], regexps: ['.*circuit_breakers.*'] } });

    expect(annotations['sidecar.istio.io/logLevel']).toBe('error');
    expect(JSON.parse(annotations['proxy.istio.io/config'])).toEqual({
      concurrency: 4, proxyStatsMatcher: { inclusionPrefixes: ['cluster.outbound'], inclusionRegexps: ['.*circuit_breakers.*'] },
    });
  });

  test('gives up what nothing moves in as it is told', () => {
    const settings = (timeouts: ProxyTimeouts) => JSON.parse(annotationsWith({ timeouts })['proxy.istio.io/config']).connectionSettings;

    expect(settings({ streamIdle: Duration.millis(500), stream: Duration.hours(1), connectionIdle: Duration.minutes(5) })).toEqual({
      httpStreamIdleTimeout: '0.5s', httpMaxStreamDuration: '3600s', httpIdleTimeout: '300s',
    });
    expect(settings({ stream: Duration.seconds(2) })).toEqual({ httpMaxStreamDuration: '2s' });
  });

  test('keeps what holds the program back where there are no native sidecars', () => {
    const world = new World();
    new Mesh(world.app, 'mesh', { nativeSidecars: false });
    world.service('orders', { proxy: { concurrency: 1 } });
    const { annotations } = find(synthesize(world.shop), 'Deployment', 'orders').spec.template.metadata;

    expect(JSON.parse(annotations['proxy.istio.io/config'])).toEqual({ concurrency: 1, holdApplicationUntilProxyStarts: true, terminationDrainDuration: '35s' });
  });

  test('leaves out ports', () => {
    expect(annotationsWith({ excludedInboundPorts: [9100, 8125], excludedOutboundPorts: [5432] })).toMatchObject({
      'traffic.sidecar.istio.io/excludeInboundPorts': '8125,9100', 'traffic.sidecar.istio.io/excludeOutboundPorts': '5432',
    });
    expect(annotationsWith({ includedInboundPorts: [8080] })).toMatchObject({ 'traffic.sidecar.istio.io/includeInboundPorts': '8080' });
  });

  test('counts as it is for the quota and the limits', () => {
    const small = {
      cpu: { request: kplus.Cpu.millis(10), limit: kplus.Cpu.millis(200) }, memory: { request: Size.mebibytes(40), limit: Size.mebibytes(128) },
    };
    const least = { cpu: kplus.Cpu.millis(1), memory: Size.mebibytes(1) };
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace', {
      limits: { maxCpu: kplus.Cpu.units(1), maxMemory: Size.mebibytes(256) },
      quota: { requestsCpu: least.cpu, requestsMemory: least.memory, limitsCpu: least.cpu, limitsMemory: least.memory },
    });
    world.service('orders', { replicas: 1, proxy: { resources: small } });

    expect(thrownBy(() => world.synth()).map(({ property, fix }) => [property, fix])).toEqual([
      ['quota.requestsCpu', 'Raise it to 220m at least.'],
      ['quota.requestsMemory', 'Raise it to 336Mi at least.'],
      ['quota.limitsCpu', 'Raise it to 2400m at least.'],
      ['quota.limitsMemory', 'Raise it to 768Mi at least.'],
    ]);
  });

  test('may be larger than the namespace lets in', () => {
    const world = new World();
    new ZeroTrustNamespace(world.shop, 'namespace');
    world.service('orders', { proxy: { resources: { cpu: { limit: kplus.Cpu.units(6) } } } });

    expect(thrownBy(() => world.synth())).toMatchObject([{ code: 'LimitTooLow', property: 'limits.maxCpu', received: '"4000m"' }]);
  });
});

describe('a claim that one node can have at a time', () => {
  const RECREATE = WorkloadKind.deployment({ strategy: kplus.DeploymentStrategy.recreate() });
  const synth = (accessModes: kplus.PersistentVolumeAccessMode[], props: Partial<MeshServiceProps>) => {
    const world = new World();
    const claim = new kplus.PersistentVolumeClaim(world.shop, 'claim', { metadata: { name: 'data' }, accessModes, storage: Size.gibibytes(1) });
    world.service('orders', { volumeMounts: [{ path: '/data', volume: kplus.Volume.fromPersistentVolumeClaim(world.shop, 'data', claim) }], ...props });
    world.synth();
  };
  const { READ_WRITE_ONCE, READ_WRITE_MANY } = kplus.PersistentVolumeAccessMode;

  test('is one pod\'s, which goes before the next one comes', () => {
    expect(() => synth([READ_WRITE_ONCE], { replicas: 1, kind: RECREATE })).not.toThrow();
    expect(() => synth([READ_WRITE_ONCE], { replicas: 1, kind: WorkloadKind.statefulSet() })).not.toThrow();
  });

  test('is not what many nodes can have', () => {
    expect(() => synth([READ_WRITE_MANY], {})).not.toThrow();
    expect(() => synth([READ_WRITE_ONCE, READ_WRITE_MANY], {})).not.toThrow();
  });

  test('is known to be of this namespace', () => {
    const world = new World();
    new kplus.PersistentVolumeClaim(world.chart('other', 'other'), 'claim', { metadata: { name: 'data' }, accessModes: [READ_WRITE_ONCE] });
    const claim = kplus.PersistentVolumeClaim.fromClaimName(world.shop, 'claim', 'data');
    world.service('orders', { volumeMounts: [{ path: '/data', volume: kplus.Volume.fromPersistentVolumeClaim(world.shop, 'data', claim) }] });

    expect(() => world.synth()).not.toThrow();
  });
});
