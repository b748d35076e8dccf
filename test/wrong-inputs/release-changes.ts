import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AddedContainer, CanaryReleaseProps, Configuration, ConfigurationUpdates, GrpcProbe, MeshPort, MeshServiceProps,
  PodException, ReleaseGroup, ServiceVersion,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const FILES = { 'orders.yaml': 'currency: USD' };
const value = (text: string) => kplus.EnvValue.fromValue(text);

export const wrongReleaseChanges: WrongInput[] = [
  change('a release of replicas alone', { replicas: 2 }, 'NothingReleased', 'image', 'undefined', 'its configuration'),
  change('a release of an empty environment', { env: {}, configuration: [], resources: {} }, 'NothingReleased', 'image', 'undefined', 'WorkloadChanges'),
  change('ports of a release', { ports: [MeshPort.http(9090)] } as any, 'UnknownProperty', 'ports', '["a MeshPort"]', 'There are'),
  change('labels of a release\'s pods', { podLabels: { team: 'a' } } as any, 'UnknownProperty', 'podLabels', '{"team":"a"}', 'podAnnotations'),
  change('a release of an image of latest beside configuration', { image: 'orders:latest', configuration: [Configuration.files('/etc/orders', FILES)] },
    'UnpinnedImage', 'image', '"orders:latest"', 'tag other than latest'),
  change('files of a release that are changed in place', { configuration: [Configuration.files('/etc/orders', FILES, { updates: ConfigurationUpdates.LIVE })] },
    'InvalidConfiguration', 'configuration[0]', '"/etc/orders"', 'Leave updates out'),
  change('two configurations of a release in one directory', { configuration: [Configuration.files('/etc/orders', FILES), Configuration.files('/etc/orders', { a: 'b' })] },
    'InvalidPath', 'configuration[1]', '"/etc/orders"', 'one Configuration'),
  change('a variable that a release sets twice', { env: { LEVEL: value('debug') }, configuration: [Configuration.variables({ LEVEL: 'info' })] },
    'InvalidVariable', 'configuration[0]', '"LEVEL"', 'one would hide the other'),
  change('files of a release where the service writes', { configuration: [Configuration.files('/cache', FILES)] }, 'InvalidPath', 'configuration[0]', '"/cache"', 'writablePaths',
    { writablePaths: ['/cache'] }),
  change('files of a release in a directory of the system', { configuration: [Configuration.files('/etc', FILES)] }, 'InvalidPath', 'configuration[0].path', '"/etc"', '/etc/orders'),
  change('a request of memory above the limit that the service has', { resources: { memory: { request: Size.gibibytes(1) } } },
    'RequestAboveLimit', 'resources.memory', '"1Gi > 256Mi"', 'Set both'),
  change('a CPU limit below the request that the service has', { resources: { cpu: { limit: kplus.Cpu.millis(100) } } },
    'RequestAboveLimit', 'resources.cpu', '"500m > 100m"', 'Set both', { resources: { cpu: { request: kplus.Cpu.millis(500) } } }),
  change('a release whose program has less time than the service\'s drain', { terminationGracePeriod: Duration.seconds(10) },
    'InvalidDuration', 'drain', '20', 'lengthen the other', { drain: Duration.seconds(20) }),
  change('a directory that a release writes to twice', { writablePaths: ['/data', '/data'] }, 'InvalidPath', 'writablePaths[1]', '"/data"', 'once', { writablePaths: [] }),
  change('a user of a release beside an exception of the service', { user: 1000 }, 'InvalidException', 'user', '1000', 'Keep the one', { exceptions: [PodException.user(0)] }),
  change('an exception that a release has twice', { exceptions: [PodException.writableRoot(), PodException.writableRoot()] },
    'InvalidException', 'exceptions[1]', '"writableRoot"', 'once'),
  change('two ways in which a release is asked', { readinessPath: '/readyz', readiness: GrpcProbe.of() }, 'InvalidProbe', 'readinessPath', '"/readyz"', 'Keep the one'),
  change('a path of readiness on a port of gRPC', { readinessPath: '/readyz' }, 'NotHttp', 'readinessPath', '"/readyz"', 'GrpcProbe.of()', { ports: [MeshPort.grpc(50051)] }),
  change('an annotation of a release that the mesh goes by', { podAnnotations: { 'sidecar.istio.io/inject': 'false' } },
    'ReservedMetadata', 'podAnnotations.sidecar.istio.io/inject', '"false"', 'Use proxy'),
  change('two containers of a release with one name', {
    addedContainers: [AddedContainer.init('warm-up', { image: 'warm-up:1' }), AddedContainer.init('warm-up', { image: 'warm-up:2' })],
  }, 'InvalidContainer', 'addedContainers[1]', '"warm-up"', 'a name of its own'),
  change('a container of a release that shares what the program has not', { addedContainers: [AddedContainer.init('warm-up', { image: 'warm-up:1', sharedPaths: ['/cache'] })] },
    'InvalidPath', 'addedContainers[0].sharedPaths[0]', '"/cache"', 'writablePaths'),
  change('a hook of a release that is a request beside a drain', { preStop: kplus.Handler.fromHttpGet('/stop') }, 'InvalidHook', 'preStop', '"/stop"', 'Use a command'),
  change('a Secret for images that is none', { imagePullSecrets: ['No Name'] }, 'InvalidName', 'imagePullSecrets[0]', '"No Name"', ''),
  {
    mistake: 'a claim of one node in the pods of a release',
    make: (world) => {
      const claim = new kplus.PersistentVolumeClaim(world.shop, 'data', {
        metadata: { name: 'data' }, accessModes: [kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE], storage: Size.gibibytes(1),
      });
      const volume = kplus.Volume.fromPersistentVolumeClaim(world.shop, 'volume', claim, { name: 'data' });
      world.release(world.service('orders'), { volumeMounts: [{ path: '/data', volume }] });
      world.synth();
    },
    code: 'SingleNodeVolume',
    path: 'shop/orders-next',
    property: 'volumeMounts',
    received: '["data"]',
    fix: ['ReadWriteMany'],
  },
  {
    mistake: 'a configuration of a release with the variable of an address',
    make: (world) => {
      const orders = world.service('orders');
      orders.calls(world.service('cart'), { addressVariable: 'CART_ADDR' });
      world.release(orders, { configuration: [Configuration.variables({ CART_ADDR: 'cart:80' })] });
      world.synth();
    },
    code: 'InvalidVariable',
    path: 'shop/orders-next',
    property: 'configuration[0]',
    received: '"CART_ADDR"',
    fix: ['another addressVariable'],
  },
  {
    mistake: 'a variable of a release that is made of a later one',
    make: (world) => {
      world.release(world.service('orders', { env: { URL: value('x') } }), { env: { URL: value('$(HOST)/x'), HOST: value('h') } });
      world.synth();
    },
    code: 'InvalidVariable',
    path: 'shop/orders-next',
    property: 'pod.containers[0].env.URL',
    received: '"$(HOST)/x"',
    fix: ['Write HOST before it'],
  },
  {
    mistake: 'files of a version that are changed in place',
    make: world => new ServiceVersion(world.shop, 'eu', {
      service: world.service('orders'), configuration: [Configuration.files('/etc/orders', FILES, { updates: ConfigurationUpdates.LIVE })],
    }),
    code: 'InvalidConfiguration',
    path: 'shop/eu',
    property: 'configuration[0]',
    received: '"/etc/orders"',
    fix: ['Leave updates out'],
  },
  {
    mistake: 'a service of a group of which nothing is released',
    make: world => new ReleaseGroup(world.shop, 'train', { releases: [{ service: world.service('orders') }], stages: [0, 100] }),
    code: 'NothingReleased',
    path: 'shop/train/orders',
    property: 'image',
    received: 'undefined',
    fix: ['its configuration'],
  },
];

/** Of a release that has no image, unless it is said. */
function change(
  mistake: string, changes: Partial<CanaryReleaseProps>,
  code: ErrorCode, property: string, received: string, fix: string, service: Partial<MeshServiceProps> = {},
): WrongInput {
  const make = (world: World) => world.release(world.service('orders', service), { image: undefined, ...changes });
  return { mistake, make, code, path: 'shop/orders-next', property, received, fix: [fix] };
}
