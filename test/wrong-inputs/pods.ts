import { ApiObject, Duration, JsonPatch, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { GrpcProbe, Mesh, MeshPort, MeshService, MeshServiceProps, ZeroTrustNamespace } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST_PATH = (world: World) => ({ path: '/host', volume: kplus.Volume.fromHostPath(world.shop, 'host', 'host', { path: '/' }) });

/** What is wrong with a pod whoever has put it there: found in what is written. */
export const wrongPods: WrongInput[] = [
  ...([
    ['an added container named as the program\'s', { name: 'orders', image: 'side:1' }, 'InvalidContainer', '.name', '"orders"', 'another name'],
    ['an added container named as the proxy', { name: 'istio-proxy', image: 'side:1' }, 'InvalidContainer', '.name', '"istio-proxy"', 'merge'],
    ['an added container with a name in capitals', { name: 'Log_Shipper', image: 'side:1' }, 'InvalidContainer', '.name', '"Log_Shipper"', 'lower case'],
    ['an added container of a value that is not set', { name: 'side', image: `side:${undefined}` }, 'InvalidImage', '.image', '"side:undefined"', 'put together'],
    ['an added container of latest', { name: 'side', image: 'side:latest' }, 'UnpinnedImage', '.image', '"side:latest"', 'Add a tag'],
    ['an added container as the proxy\'s user', { name: 'side', image: 'side:1', securityContext: { user: 1337 } }, 'InvalidUser', '.securityContext.runAsUser', '1337', 'IST0144'],
    ['an added container on the program\'s port', { name: 'side', image: 'side:1', portNumber: 8080 }, 'DuplicatePort', '.ports[0].containerPort', '8080', 'another port'],
    ['an added container on a port of the proxy', { name: 'side', image: 'side:1', portNumber: 15001 }, 'InvalidPort', '.ports[0].containerPort', '15001', 'other than'],
    ['a variable with a number for its value', { name: 'side', image: 'side:1', envVariables: { LEVEL: kplus.EnvValue.fromValue(5 as any) } }, 'InvalidVariable', '.env.LEVEL', '5', 'as text'],
    ['a variable with nothing in it', { name: 'side', image: 'side:1', envVariables: { LEVEL: kplus.EnvValue.fromValue(undefined as any) } }, 'InvalidVariable', '.env.LEVEL', 'undefined', 'comes from'],
    ['a variable whose name begins with a digit', { name: 'side', image: 'side:1', envVariables: { '1A': kplus.EnvValue.fromValue('x') } }, 'InvalidVariable', '.env.1A', '"1A"', 'LOG_LEVEL'],
  ] as Container[]).map(([mistake, container, code, property, received, fix]) => pod(
    mistake, ({ deployment }) => deployment.addContainer(container), code, `containers[1]${property}`, received, fix)),
  ...([
    ['a variable made of nothing', { env: { REGION: kplus.EnvValue.fromValue(`${undefined}`) } }, 'env.REGION', '"undefined"'],
    ['a variable of an address made of nothing', { env: { DB: kplus.EnvValue.fromValue(`postgres://${undefined}:5432/orders`) } }, 'env.DB', '"postgres://undefined:5432/orders"'],
    ['an argument made of nothing', { args: ['--region', `--zone=${undefined}`] }, 'args[1]', '"--zone=undefined"'],
  ] as [string, Partial<MeshServiceProps>, string, string][]).map(([mistake, props, property, received]): WrongInput => ({
    mistake,
    make: (world) => {
      world.service('orders', props);
      world.synth();
    },
    code: 'UnsetValue',
    path: 'shop/orders',
    property: `pod.containers[0].${property}`,
    received,
    fix: ['put together'],
  })),
  {
    mistake: 'a variable of an address that is set already',
    make: (world) => {
      world.service('orders', { env: { CART: kplus.EnvValue.fromValue('cart:80') } }).calls(world.service('cart'), { addressVariable: 'CART' });
      world.synth();
    },
    code: 'InvalidVariable',
    path: 'shop/orders',
    property: 'pod.containers[0].env.CART',
    received: '"CART"',
    fix: ['addressVariable'],
  },
  pod('an init container of latest', ({ deployment }) => deployment.addInitContainer({ name: 'first', image: 'first:latest' }), 'UnpinnedImage', 'initContainers[0].image', '"first:latest"', 'Add a tag'),
  pod('a relative mount of an added container', ({ deployment }, { shop }) => deployment.addContainer({
    name: 'side', image: 'side:1', volumeMounts: [{ path: 'var/log', volume: kplus.Volume.fromEmptyDir(shop, 'logs', 'logs') }],
  }), 'InvalidPath', 'containers[1].volumeMounts[0]', '"var/log"', 'from the root'),
  pod('two mounts at one path', ({ deployment }, { shop }) => ['a', 'b'].forEach(name => deployment.containers[0].mount('/data', kplus.Volume.fromEmptyDir(shop, name, name))),
    'InvalidPath', 'containers[0].volumeMounts[2]', '"/data"', 'one volume'),
  ...([
    ['app', 'other'], ['version', '1.4.2'], ['service.istio.io/canonical-name', 'other'], ['sidecar.istio.io/inject', 'false'],
  ] as const).map(([label, value]) => pod(
    `pods with the label ${label}=${value}`, ({ deployment }) => deployment.podMetadata.addLabel(label, value), 'MembershipLost', `labels.${label}`, JSON.stringify(value), 'Leave this label')),
  pod('pods on their node\'s network', ({ deployment }) => ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostNetwork', true)),
    'MembershipLost', 'hostNetwork', 'true', 'no proxy'),
  {
    ...pod('a proxy\'s configuration that lets the program go first', ({ deployment }, { app }) => {
      new Mesh(app, 'mesh', { nativeSidecars: false });
      deployment.podMetadata.addAnnotation('proxy.istio.io/config', '{"concurrency":2,"holdApplicationUntilProxyStarts":true}');
    }, 'MembershipLost', 'annotations.proxy.istio.io/config', '', 'end before it'),
    received: JSON.stringify('{"concurrency":2,"holdApplicationUntilProxyStarts":true}'),
  },
  ...([
    ['a gRPC probe on HTTP', { readiness: GrpcProbe.of() }, 'readinessProbe.grpc.port', '8080', 'readinessPath'],
    ['an HTTP probe on gRPC', { ports: [MeshPort.grpc(50051)], readiness: kplus.Probe.fromHttpGet('/readyz') }, 'readinessProbe.httpGet.port', '50051', 'GrpcProbe.of()'],
    ['an HTTP probe on TCP', { ports: [MeshPort.tcp(6379)], startup: kplus.Probe.fromHttpGet('/readyz') }, 'startupProbe.httpGet.port', '6379', 'fromTcpSocket()'],
    ['a gRPC probe on port 0', { ports: [MeshPort.grpc(50051)], readiness: GrpcProbe.of({ port: 0 }) }, 'readinessProbe.grpc.port', '0', '50051'],
    ['a liveness that must pass twice', { liveness: kplus.Probe.fromTcpSocket({ port: 8080, successThreshold: 2 }) }, 'livenessProbe.successThreshold', '2', 'Leave it out'],
    ['a start-up that may fail NaN times', { startup: kplus.Probe.fromTcpSocket({ port: 8080, failureThreshold: NaN }) }, 'startupProbe.failureThreshold', 'NaN', 'Give a number'],
    ['an HTTP probe without a path', { readiness: kplus.Probe.fromHttpGet(undefined as any) }, 'readinessProbe.httpGet.path', 'undefined', '/readyz'],
    ['a probe by no command', { liveness: kplus.Probe.fromCommand([]) }, 'livenessProbe.exec.command', '[]', 'fromCommand'],
    ['a probe of another host', { readiness: kplus.Probe.fromHttpGet('/readyz', { host: '10.0.0.1' }) }, 'readinessProbe.httpGet.host', '"10.0.0.1"', 'Leave it out'],
  ] as [string, Partial<MeshServiceProps>, string, string, string][]).map(([mistake, props, field, received, fix]): WrongInput => ({
    ...pod(mistake, () => undefined, 'InvalidProbe', `containers[0].${field}`, received, fix),
    make: (world) => {
      world.service('orders', props);
      world.synth();
    },
  })),
  ...([
    ['CPUs of a value that is not set', { cpu: { limit: kplus.Cpu.millis(NaN) } }, 'cpu.limit', '"NaNm"'],
    ['fewer CPUs than none', { cpu: { request: kplus.Cpu.millis(-5) } }, 'cpu.request', '"-5m"'],
    ['no CPU at all', { cpu: { request: kplus.Cpu.millis(0) } }, 'cpu.request', '"0m"'],
    ['memory of a value that is not set', { memory: { limit: Size.mebibytes(NaN) } }, 'memory.limit', '"NaNMi"'],
    ['a part of a CPU', { cpu: { limit: kplus.Cpu.units(1.5) } }, 'cpu.limit', '"1.5"'],
    ['a part of a milli-CPU', { cpu: { request: kplus.Cpu.millis(0.5) } }, 'cpu.request', '"0.5m"'],
    ['no memory at all', { memory: { request: Size.mebibytes(0) } }, 'memory.request', '"0Mi"'],
    ['storage of a value that is not set', { ephemeralStorage: { limit: Size.mebibytes(NaN) } }, 'ephemeralStorage.limit', '"NaNMi"'],
    ['no storage at all', { ephemeralStorage: { request: Size.gibibytes(0) } }, 'ephemeralStorage.request', '"0Gi"'],
    ['memory in kibibytes', { memory: { request: Size.kibibytes(256) } }, 'memory.request', '"256Ki"'],
  ] as [string, kplus.ContainerResources, string, string][]).map(([mistake, resources, property, received]): WrongInput => ({
    mistake, make: world => world.service('orders', { resources }), code: 'InvalidResources', path: 'shop/orders', property: `resources.${property}`, received, fix: ['comes from'],
  })),
  ...['/proc', '/usr', '/bin', '/etc'].map((path): WrongInput => ({
    mistake: `${path} as a directory to write to`,
    make: world => world.service('orders', { writablePaths: [path] }),
    code: 'InvalidPath',
    path: 'shop/orders',
    property: 'writablePaths[0]',
    received: JSON.stringify(path),
    fix: ['would hide'],
  })),
  {
    mistake: 'a directory of the node by a property, in a zero-trust namespace',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      world.service('orders', { volumeMounts: [HOST_PATH(world)] });
      world.synth();
    },
    code: 'PodSecurityViolation',
    path: 'shop/orders',
    property: 'pod.volumes[0].hostPath',
    received: '{"path":"/","type":""}',
    fix: ['emptyDir'],
  },
  {
    mistake: 'a request above the limit that the namespace gives',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      ApiObject.of(world.service('orders').deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/1', {
        name: 'side',
        image: 'side:1',
        resources: { requests: { cpu: '1' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      }));
      world.synth();
    },
    code: 'RequestAboveLimit',
    path: 'shop/orders',
    property: 'pod.containers[1].resources.limits.cpu',
    received: '"1 > 500m"',
    fix: ['limit of its own'],
  },
];

type Container = [string, kplus.ContainerProps, ErrorCode, string, string, string];

function pod(
  mistake: string, change: (orders: MeshService, world: World) => unknown, code: ErrorCode, field: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      change(world.service('orders', { startup: kplus.Probe.fromTcpSocket({ port: 8080, periodSeconds: Duration.seconds(1) }) }), world);
      world.synth();
    },
    code,
    path: 'shop/orders',
    property: `pod.${field}`,
    received,
    fix: [fix],
  };
}
