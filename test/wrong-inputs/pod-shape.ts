import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AddedContainer, AddedContainerOptions, Autoscaling, ExistingWorkload, ExternalService, LastingContainerOptions, Mesh, MeshJob, MeshPort,
  MeshServiceProps, PodException, ProxyOptions, Spread, TlsOrigination, WorkloadKind, ZeroTrustNamespace,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

type AddedRow = [mistake: string, name: string, options: Partial<AddedContainerOptions>, code: ErrorCode, property: string, received: string,
  fix: string];

type Row = [mistake: string, props: Partial<MeshServiceProps>, code: ErrorCode, property: string, received: string, fix: string];

/** What a user says of the pods and of the containers in them. */
export const wrongShapes: WrongInput[] = [
  ...([
    ['a pull secret in capitals', { imagePullSecrets: ['Registry'] }, 'InvalidName', 'imagePullSecrets[0]', '"Registry"', 'lower case'],
    ['a pull secret named twice', { imagePullSecrets: ['a', 'a'] }, 'DuplicateName', 'imagePullSecrets[1]', '"a"', 'once'],
    ['a priority class with a space', { priorityClassName: 'very high' }, 'InvalidName', 'priorityClassName', '"very high"', 'lower case'],
    ['a label of pods by which they are selected', { podLabels: { app: 'other' } }, 'ReservedMetadata', 'podLabels.app', '"other"', 'another key'],
    ['a label of pods that belongs to the mesh', { podLabels: { 'istio.io/rev': 'x' } }, 'ReservedMetadata', 'podLabels.istio.io/rev', '"x"', 'another key'],
    ['a label of pods with a space', { podLabels: { team: 'the shop' } }, 'InvalidLabels', 'podLabels', '{"team":"the shop"}', 'Use letters'],
    ['an annotation for the proxy', { podAnnotations: { 'sidecar.istio.io/proxyCPU': '1' } }, 'ReservedMetadata', 'podAnnotations.sidecar.istio.io/proxyCPU', '"1"', 'Use proxy'],
    ['an annotation against injection', { podAnnotations: { 'sidecar.istio.io/inject': 'false' } }, 'ReservedMetadata', 'podAnnotations.sidecar.istio.io/inject', '"false"', 'Use proxy'],
    ['an annotation with a space in its key', { podAnnotations: { 'the team': 'shop' } }, 'InvalidLabels', 'podAnnotations.the team', '"the team"', 'Use letters'],
    ['variables from nowhere', { envFrom: [new kplus.EnvFrom()] }, 'InvalidVariable', 'envFrom[0]', 'a EnvFrom', 'fromConfigMap'],
    ['a condition on a node without values', { scheduling: { nodes: [kplus.NodeLabelQuery.in('zone', [])] } }, 'InvalidScheduling', 'scheduling.nodes[0]', '[]', 'exists()'],
    ['a comparison of a node with a word', { scheduling: { preferredNodes: [kplus.NodeLabelQuery.gt('cores', ['many'])] } }, 'InvalidScheduling', 'scheduling.preferredNodes[0]', '["many"]', '\'8\''],
    ['a node\'s label with a space', { scheduling: { nodes: [kplus.NodeLabelQuery.exists('the zone')] } }, 'InvalidScheduling', 'scheduling.nodes[0]', '"the zone"', 'key'],
    ['a toleration of a value with a slash', { scheduling: { tolerations: [kplus.NodeTaintQuery.is('dedicated', 'a/b')] } }, 'InvalidScheduling', 'scheduling.tolerations[0]', '"a/b"', 'Use letters'],
    ['pods spread over nothing', { scheduling: { spread: [] } }, 'EmptyList', 'scheduling.spread', '[]', 'Leave it out'],
    ['pods spread over zones twice', { scheduling: { spread: [Spread.over(kplus.Topology.ZONE), Spread.over(kplus.Topology.ZONE, { required: true })] } }, 'InvalidScheduling', 'scheduling.spread[1]', '"topology.kubernetes.io/zone"', 'once'],
    ['pods spread with no skew at all', { scheduling: { spread: [Spread.over(kplus.Topology.ZONE, { maxSkew: 0 })] } }, 'InvalidScheduling', 'scheduling.spread[0].maxSkew', '0', 'Leave it out'],
    ['a hook by a connection', { preStop: kplus.Handler.fromTcpSocket() }, 'InvalidHook', 'preStop', '"a connection"', 'fromCommand()'],
    ['a hook by no command', { preStop: kplus.Handler.fromCommand([]) }, 'InvalidHook', 'preStop', '[]', 'fromCommand('],
    ['a hook at a path that is none', { preStop: kplus.Handler.fromHttpGet('stop'), drain: Duration.seconds(0) }, 'InvalidHook', 'preStop', '"stop"', 'fromHttpGet('],
    ['a hook over HTTP beside a drain', { preStop: kplus.Handler.fromHttpGet('/stop') }, 'InvalidHook', 'preStop', '"/stop"', 'Duration.seconds(0)'],
    ['the proxy\'s user as an exception', { exceptions: [PodException.user(1337)] }, 'InvalidUser', 'exceptions[0]', '1337', 'IST0144'],
    ['a user below root', { exceptions: [PodException.user(-1)] }, 'InvalidUser', 'exceptions[0]', '-1', '0 is root'],
    ['all capabilities as an exception', { exceptions: [PodException.capability(kplus.Capability.ALL)] }, 'InvalidException', 'exceptions[0]', '"ALL"', 'exception of its own'],
    ['an exception named twice', { exceptions: [PodException.writableRoot(), PodException.writableRoot()] }, 'InvalidException', 'exceptions[1]', '"writableRoot"', 'once'],
    ['a user beside one as an exception', { user: 1000, exceptions: [PodException.user(0)] }, 'InvalidException', 'user', '1000', 'Keep the one'],
    ['a low port of root\'s', { ports: [MeshPort.http(80)], exceptions: [PodException.user(0)] }, 'InvalidPort', 'ports[0].targetPort', '80', 'PodException.lowPorts()'],
  ] as Row[]).map(([mistake, props, code, property, received, fix]): WrongInput => ({
    mistake, make: world => world.service('orders', props), code, path: 'shop/orders', property, received, fix: [fix],
  })),
  {
    mistake: 'variables with a dash in their prefix',
    make: world => world.service('orders', { envFrom: [kplus.Env.fromConfigMap(kplus.ConfigMap.fromConfigMapName(world.shop, 'map', 'map'), 'orders-')] }),
    ...of('InvalidVariable', 'envFrom[0].prefix', '"orders-"', 'ORDERS_'),
  },
  ...([
    ['a container with a name in capitals', 'Ship', {}, 'InvalidName', '.name', '"Ship"', 'lower case'],
    ['a container of latest', 'ship', { image: 'ship:latest' }, 'UnpinnedImage', '.image', '"ship:latest"', 'Add a tag'],
    ['a container of root', 'ship', { user: 0 }, 'InvalidUser', '.user', '0', 'PodException.user(0)'],
    ['a container that requests more than its limit', 'ship', { resources: { memory: { request: Size.gibibytes(1) } } }, 'RequestAboveLimit', '.resources.memory', '"1Gi > 256Mi"', 'Set both'],
    ['a container that writes to /etc', 'ship', { writablePaths: ['/etc'] }, 'InvalidPath', '.writablePaths[0]', '"/etc"', 'would hide'],
    ['a container that shares what the program has not', 'ship', { sharedPaths: ['/var/log'] }, 'InvalidPath', '.sharedPaths[0]', '"/var/log"', 'there are /tmp'],
    ['a container that shares what it has for itself', 'ship', { sharedPaths: ['/tmp'], writablePaths: ['/tmp'] }, 'InvalidPath', '.sharedPaths[0]', '"/tmp"', 'Leave it out'],
    ['a container that shares a directory twice', 'ship', { sharedPaths: ['/tmp', '/tmp'] }, 'InvalidPath', '.sharedPaths[1]', '"/tmp"', 'once'],
    ['a container with an exception for everything', 'ship', { exceptions: [PodException.capability(kplus.Capability.ALL)] }, 'InvalidException', '.exceptions[0]', '"ALL"', 'those that'],
    ['a container with a probe that never can pass', 'ship', { readiness: kplus.Probe.fromTcpSocket() } as any, 'UnknownProperty', 'readiness', 'a Probe', 'There are'],
  ] as AddedRow[]).map(([mistake, name, options, code, property, received, fix]): WrongInput => ({
    mistake: `${mistake}, in a list`,
    make: world => world.service('orders', { addedContainers: [AddedContainer.init(name, { image: 'ship:1', ...options })] }),
    ...of(code, property.startsWith('.') ? `addedContainers[0]${property}` : property, received, fix),
    ...(code === 'UnknownProperty' ? { path: 'AddedContainer.init' } : {}),
  })),
  ...([
    ['a container on a low port', [{ number: 80 }], 'InvalidPort', 'addedContainers[0].ports[0].number', '80', 'PodException.lowPorts()'],
    ['a container on a port with a long name', [{ number: 8125, name: 'statistics-of-all' }], 'NameTooLong', 'addedContainers[0].ports[0].name', '"statistics-of-all"', 'by 2'],
    ['a container on one port twice', [{ number: 8125 }, { number: 8125 }], 'DuplicatePort', 'addedContainers[0].ports[1]', '"8125/TCP"', 'once'],
    ['a container with two ports of one name', [{ number: 8125, name: 'a' }, { number: 8126, name: 'a' }], 'DuplicatePort', 'addedContainers[0].ports[1]', '"a"', 'of its own'],
    ['a sidecar on the program\'s port', [{ number: 8080 }], 'DuplicatePort', 'pod.containers[0].ports[0].containerPort', '8080', 'another port'],
  ] as [string, LastingContainerOptions['ports'], ErrorCode, string, string, string][]).map(([mistake, ports, code, property, received, fix]): WrongInput => ({
    mistake,
    make: (world) => {
      world.service('orders', { addedContainers: [AddedContainer.sidecar('ship', { image: 'ship:1', ports })] });
      world.synth();
    },
    ...of(code, property, received, fix),
  })),
  {
    mistake: 'two containers of one name in a list',
    make: world => world.service('orders', { addedContainers: ['a:1', 'b:1'].map(image => AddedContainer.beside('ship', { image })) }),
    ...of('InvalidContainer', 'addedContainers[1]', '"ship"', 'name of its own'),
  },
  {
    mistake: 'a container of a list named as the program\'s',
    make: synthesized({ ports: undefined, addedContainers: [AddedContainer.beside('orders', { image: 'ship:1', ports: [{ number: 9000 }] })] }),
    ...of('InvalidContainer', 'pod.containers[1].name', '"orders"', 'another name'),
  },
  {
    mistake: 'a container beside a job',
    make: world => new MeshJob(world.shop, 'migrate', { image: 'migrate:1', addedContainers: [AddedContainer.beside('ship', { image: 'ship:1' })] }),
    ...of('InvalidContainer', 'addedContainers[0]', '"ship"', 'AddedContainer.sidecar()'),
    path: 'shop/migrate',
  },
  {
    mistake: 'a sidecar in a mesh without native ones',
    make: (world) => {
      new Mesh(world.app, 'mesh', { nativeSidecars: false });
      synthesized({ addedContainers: [AddedContainer.sidecar('ship', { image: 'ship:1' })] })(world);
    },
    ...of('NeedsNativeSidecars', 'pod.initContainers[0]', '"ship"', 'AddedContainer.beside()'),
  },
  {
    mistake: 'a capability that the namespace refuses',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      synthesized({ exceptions: [PodException.capability(kplus.Capability.CHOWN)] })(world);
    },
    ...of('PodSecurityViolation', 'pod.containers[0].securityContext.capabilities.add', '["CHOWN"]', 'PodSecurity.BASELINE'),
  },
  ...([
    ['a proxy that requests more than its limit', { resources: { memory: { limit: Size.mebibytes(64) } } }, 'RequestAboveLimit', 'resources.memory', '"128Mi > 64Mi"', 'Set both'],
    ['a proxy without a thread', { concurrency: 0 }, 'InvalidProxy', 'concurrency', '0', 'Leave it out'],
    ['a proxy that counts nothing more', { statistics: {} }, 'EmptyList', 'statistics', '{}', 'upstream_rq_timeout'],
    ['a proxy that counts by a prefix with a star', { statistics: { prefixes: ['cluster.*'] } }, 'InvalidProxy', 'statistics.prefixes[0]', '"cluster.*"', 'dots'],
    ['a proxy that counts by an expression that is none', { statistics: { regexps: ['('] } }, 'InvalidRegex', 'statistics.regexps[0]', '"("', 'RE2'],
    ['an empty list of excluded ports', { excludedOutboundPorts: [] }, 'EmptyList', 'excludedOutboundPorts', '[]', 'Leave it out'],
    ['an excluded port that is none', { excludedInboundPorts: [0] }, 'InvalidPort', 'excludedInboundPorts[0]', '0', 'number'],
    ['a port excluded twice', { excludedInboundPorts: [9100, 9100] }, 'DuplicatePort', 'excludedInboundPorts[1]', '"9100"', 'once'],
    ['ports excluded and included', { excludedInboundPorts: [9100], includedInboundPorts: [8080] }, 'InvalidProxy', 'excludedInboundPorts', '[9100]', 'Keep the one'],
    ['the service\'s own port excluded', { excludedInboundPorts: [8080] }, 'BypassedProxy', 'excludedInboundPorts[0]', '8080', 'check who connects'],
    ['the service\'s own port not included', { includedInboundPorts: [9100] }, 'BypassedProxy', 'includedInboundPorts', '[9100]', 'Add it'],
  ] as [string, ProxyOptions, ErrorCode, string, string, string][]).map(([mistake, proxy, code, property, received, fix]): WrongInput => ({
    mistake, make: world => world.service('orders', { proxy }), ...of(code, `proxy.${property}`, received, fix),
  })),
  {
    mistake: 'an annotation in place of what the proxy was told',
    make: (world) => {
      world.service('orders', { proxy: { concurrency: 2 } }).deployment.podMetadata.addAnnotation('proxy.istio.io/config', '{"statusPort":15020}');
      world.synth();
    },
    ...of('InvalidProxy', 'pod.annotations.proxy.istio.io/config', JSON.stringify('{"statusPort":15020}'), 'Leave the annotation out'),
  },
  {
    mistake: 'a hook over HTTP on no port at all',
    make: synthesized({ ports: undefined, preStop: kplus.Handler.fromHttpGet('/stop'), drain: Duration.seconds(0) }),
    ...of('InvalidHook', 'pod.containers[0].lifecycle.preStop.httpGet.port', '80', 'port: 8081'),
  },
  {
    mistake: 'a call on a port that goes around the proxy',
    make: (world) => {
      world.service('orders', { proxy: { excludedOutboundPorts: [5432, 8080] } }).calls(world.service('cart'));
      world.synth();
    },
    ...of('BypassedProxy', 'proxy.excludedOutboundPorts[1]', '8080', 'speaks TLS'),
  },
  {
    mistake: 'a call around the proxy to the proxy of another team',
    make: (world) => {
      world.service('orders', { proxy: { excludedOutboundPorts: [9092] } })
        .calls(new ExistingWorkload(world.app, 'kafka', { namespace: 'streams', ports: [MeshPort.tcp(9092)] }));
      world.synth();
    },
    ...of('BypassedProxy', 'proxy.excludedOutboundPorts[0]', '9092', 'speaks TLS'),
  },
  ...([
    ['whose address the proxy alone knows', MeshPort.tcp(5432), '5432'],
    ['with which the proxy speaks TLS', MeshPort.http(80, { tls: TlsOrigination.simple() }), '80'],
  ] as [string, MeshPort, string][]).map(([what, port, received]): WrongInput => ({
    mistake: `a call around the proxy of a host ${what}`,
    make: (world) => {
      world.service('orders', { proxy: { excludedOutboundPorts: [port.port] } })
        .calls(new ExternalService(world.shop, 'outside', { host: 'outside.example.com', ports: [port] }));
      world.synth();
    },
    ...of('BypassedProxy', 'proxy.excludedOutboundPorts[0]', received, 'alone knows its address'),
  })),
  ...([
    ['a claim of one node for three pods', {}, 'replicas', '3', 'recreate()'],
    ['a claim of one node for an autoscaler', { autoscaling: Autoscaling.byOthers({ min: 1, max: 4 }) }, 'autoscaling', '4', 'statefulSet('],
    ['a claim of one node for an update that begins with the new pod', { replicas: 1 }, 'kind', '"RollingUpdate"', 'recreate()'],
    ['a claim of one node on every node', { kind: WorkloadKind.daemonSet() }, 'kind', '"DaemonSet"', 'ReadWriteMany'],
  ] as [string, Partial<MeshServiceProps>, string, string, string][]).map(([mistake, props, property, received, fix]): WrongInput => ({
    mistake,
    make: world => synthesized({ ...props, volumeMounts: [claimed(world)] })(world),
    ...of('SingleNodeVolume', property, received, fix),
  })),
  {
    mistake: 'a claim of one node for a service that is released',
    make: (world) => {
      world.release(world.service('orders', { replicas: 1, volumeMounts: [claimed(world)] }));
      world.synth();
    },
    ...of('SingleNodeVolume', 'kind', '"RollingUpdate"', 'cannot be released'),
  },
  {
    mistake: 'a claim of one node for a job of two pods',
    make: (world) => {
      new MeshJob(world.shop, 'migrate', { image: 'migrate:1', parallelism: 2, volumeMounts: [claimed(world)] });
      world.synth();
    },
    ...of('SingleNodeVolume', 'parallelism', '2', 'ReadWriteMany'),
    path: 'shop/migrate',
  },
];

function of(code: ErrorCode, property: string, received: string, fix: string) {
  return { code, path: 'shop/orders', property, received, fix: [fix] };
}

function synthesized(props: Partial<MeshServiceProps>): (world: World) => void {
  return (world) => {
    world.service('orders', props);
    world.synth();
  };
}

function claimed({ shop }: World): kplus.VolumeMount {
  const claim = new kplus.PersistentVolumeClaim(shop, 'claim', { metadata: { name: 'data' }, accessModes: [kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE], storage: Size.gibibytes(1) });
  return { path: '/data', volume: kplus.Volume.fromPersistentVolumeClaim(shop, 'data', claim) };
}
