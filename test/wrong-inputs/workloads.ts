import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { GrpcProbe, MeshPort, MeshServiceProps, ZeroTrustNamespace } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { WrongInput } from '../support/wrong-input';

const ORDERS = 'shop/orders';

type Row = [mistake: string, props: Partial<MeshServiceProps>, code: ErrorCode, property: string, received: string, fix: string];

export const wrongWorkloads: WrongInput[] = [
  ...([
    ['no image', undefined, 'MissingProperty', 'undefined', ['container\'s image', 'ghcr.io/acme/orders:1.4.2']],
    ['an empty image', '', 'MissingImage', '""', ['Name the container\'s image']],
    ['an image of white space', '  ', 'MissingImage', '"  "', ['Name the container\'s image']],
    ['white space in an image', 'ghcr.io/acme/orders: 1.4.2', 'InvalidImage', '"ghcr.io/acme/orders: 1.4.2"', ['without white space']],
    ['a tag without a repository', ':1.4.2', 'InvalidImage', '":1.4.2"', ['registry/repository:tag']],
    ['a repository in capitals', 'ghcr.io/Acme/orders:1.4.2', 'InvalidImage', '"ghcr.io/Acme/orders:1.4.2"', ['in lower case']],
    ['a digest that is too short', 'ghcr.io/acme/orders@sha256:abc', 'InvalidImage', '"ghcr.io/acme/orders@sha256:abc"', ['64 digits']],
    ['the tag latest', 'ghcr.io/acme/orders:latest', 'UnpinnedImage', '"ghcr.io/acme/orders:latest"', ['tag other than latest', 'digest']],
    ['an image without a tag', 'ghcr.io/acme/orders', 'UnpinnedImage', '"ghcr.io/acme/orders"', ['tag other than latest', 'digest']],
    ['a tag that is not set', 'ghcr.io/acme/orders:undefined', 'InvalidImage', '"ghcr.io/acme/orders:undefined"', ['was empty']],
    ['a tag that is null', 'ghcr.io/acme/orders:v-null', 'InvalidImage', '"ghcr.io/acme/orders:v-null"', ['was empty']],
    ['a tag that is not a number', 'orders:1.NaN@sha256:' + 'a'.repeat(64), 'InvalidImage', `"orders:1.NaN@sha256:${'a'.repeat(64)}"`, ['was empty']],
    ['a tag that is null alone', 'ghcr.io/acme/orders:null', 'InvalidImage', '"ghcr.io/acme/orders:null"', ['was empty']],
    ['a registry that is not set', 'undefined/orders:1', 'InvalidImage', '"undefined/orders:1"', ['was empty']],
    ['a registry that is null', 'null/orders:1', 'InvalidImage', '"null/orders:1"', ['was empty']],
    ['a repository that is not set', 'ghcr.io/acme/undefined:1', 'InvalidImage', '"ghcr.io/acme/undefined:1"', ['was empty']],
    ['a registry\'s port in place of a tag', 'registry:5000/orders', 'UnpinnedImage', '"registry:5000/orders"', ['Add a tag']],
  ] as const).map(([mistake, image, code, received, fix]): WrongInput => ({
    mistake,
    make: world => world.service('orders', { image: image as string }),
    code,
    path: ORDERS,
    property: 'image',
    received,
    fix: [...fix],
  })),
  ...([0, -1, 2.5, 1001, NaN] as const).map((replicas): WrongInput => ({
    mistake: `${replicas} replicas`,
    make: world => world.service('orders', { replicas }),
    code: 'InvalidReplicas',
    path: ORDERS,
    property: 'replicas',
    received: String(replicas),
    fix: ['three replicas'],
  })),
  ...([
    [0, 'root'], [-5, 'root'], [1000.5, 'root'], [65536, 'root'], [1337, 'another number'],
  ] as const).map(([user, fix]): WrongInput => ({
    mistake: `the user ${user}`,
    make: world => world.service('orders', { user }),
    code: 'InvalidUser',
    path: ORDERS,
    property: 'user',
    received: String(user),
    fix: [fix],
  })),
  {
    mistake: 'a CPU request above the default limit',
    make: world => world.service('orders', { resources: { cpu: { request: kplus.Cpu.units(2) } } }),
    code: 'RequestAboveLimit',
    path: ORDERS,
    property: 'resources.cpu',
    received: '"2 > 1"',
    fix: ['Set both', 'default'],
  },
  {
    mistake: 'a memory request above its limit',
    make: world => world.service('orders', { resources: { memory: { request: Size.gibibytes(1), limit: Size.mebibytes(512) } } }),
    code: 'RequestAboveLimit',
    path: ORDERS,
    property: 'resources.memory',
    received: '"1Gi > 512Mi"',
    fix: ['Set both'],
  },
  {
    mistake: 'a storage limit below the default request',
    make: world => world.service('orders', { resources: { ephemeralStorage: { limit: Size.mebibytes(32) } } }),
    code: 'RequestAboveLimit',
    path: ORDERS,
    property: 'resources.ephemeralStorage',
    received: '"64Mi > 32Mi"',
    fix: ['Set both'],
  },
  ...(['cache', '/', '/var/cache/', '/a b', '//tmp'] as const).map((path): WrongInput => ({
    mistake: `the writable path '${path}'`,
    make: world => world.service('orders', { writablePaths: ['/tmp', path] }),
    code: 'InvalidPath',
    path: ORDERS,
    property: 'writablePaths[1]',
    received: JSON.stringify(path),
    fix: ['from the root', 'without a trailing slash'],
  })),
  {
    mistake: 'a writable path where a volume is',
    make: world => world.service('orders', { writablePaths: ['/data'], volumeMounts: [{ path: '/data', volume: kplus.Volume.fromEmptyDir(world.shop, 'data', 'data') }] }),
    code: 'InvalidPath',
    path: ORDERS,
    property: 'writablePaths[0]',
    received: '"/data"',
    fix: ['volumeMounts'],
  },
  {
    mistake: 'a writable path named twice',
    make: world => world.service('orders', { writablePaths: ['/tmp', '/var/cache', '/tmp'] }),
    code: 'InvalidPath',
    path: ORDERS,
    property: 'writablePaths[2]',
    received: '"/tmp"',
    fix: ['once'],
  },
  ...([
    ['a drain as long as the grace period', { drain: Duration.seconds(35) }, 'InvalidDuration', 'drain', '35', 'terminationGracePeriod'],
    ['a drain of half a second', { drain: Duration.millis(500) }, 'InvalidDuration', 'drain', '0.5', 'lengthen'],
    ['no grace period', { terminationGracePeriod: Duration.seconds(0) }, 'InvalidDuration', 'terminationGracePeriod', '0', 'whole seconds'],
    ['a grace period over an hour', { terminationGracePeriod: Duration.hours(2) }, 'InvalidDuration', 'terminationGracePeriod', '7200', 'whole seconds'],
    ['a readiness path that is none', { readinessPath: 'readyz' }, 'InvalidPath', 'readinessPath', '"readyz"', 'as it stands in the request'],
    ['a readiness path on TCP', { readinessPath: '/readyz', ports: [MeshPort.tcp(6379)] }, 'NotHttp', 'readinessPath', '"/readyz"', 'another port'],
    ['a readiness path on gRPC', { readinessPath: '/readyz', ports: [MeshPort.grpc(50051)] }, 'NotHttp', 'readinessPath', '"/readyz"', 'GrpcProbe.of()'],
    ['a readiness path beside a readiness', { readinessPath: '/readyz', readiness: GrpcProbe.of() }, 'InvalidProbe', 'readinessPath', '"/readyz"', 'Keep the one'],
  ] as Row[]).map(([mistake, props, code, property, received, fix]): WrongInput => ({
    mistake, make: world => world.service('orders', props), code, path: ORDERS, property, received, fix: [fix],
  })),
  ...['data', './data', '/', '/data/', '/data/../etc', '/a:b'].map((path): WrongInput => ({
    mistake: `a volume at '${path}'`,
    make: world => world.service('orders', { volumeMounts: [{ path, volume: kplus.Volume.fromEmptyDir(world.shop, 'data', 'data') }] }),
    code: 'InvalidPath',
    path: ORDERS,
    property: 'volumeMounts[0].path',
    received: JSON.stringify(path),
    fix: ['from the root'],
  })),
  {
    mistake: 'two volumes at one path',
    make: world => world.service('orders', {
      volumeMounts: ['a', 'b'].map(name => ({ path: '/data', volume: kplus.Volume.fromEmptyDir(world.shop, name, name) })),
    }),
    code: 'InvalidPath',
    path: ORDERS,
    property: 'volumeMounts[1]',
    received: '"/data"',
    fix: ['one volume at each path'],
  },
  {
    mistake: 'a container of root in a zero-trust namespace',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      world.service('orders').deployment.addContainer({ name: 'side', image: 'side:1', securityContext: { user: 0 } });
      world.synth();
    },
    code: 'PodSecurityViolation',
    path: ORDERS,
    property: 'pod.containers[1].securityContext.runAsUser',
    received: '0',
    fix: ['another user'],
  },
];
