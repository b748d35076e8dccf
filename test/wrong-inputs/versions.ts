import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  CircuitBreaker, ExistingService, HeaderChanges, LoadBalancing, MeshJob, MeshPort, MeshService, MeshServiceProps, Percent, RouteMatch,
  ServiceVersion, ServiceVersionProps, SessionAffinity, StringMatch, WorkloadKind,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

export const wrongVersions: WrongInput[] = [
  version('a version with the name of the service\'s own', { version: 'v1' }, 'DuplicateVersion', 'version', '"v1"', 'There are v1'),
  version('a version with a dot in its name', { version: '1.5' }, 'InvalidName', 'version', '"1.5"', 'lower case'),
  version('a version whose Deployment has too long a name', { version: 'a'.repeat(60) }, 'NameTooLong', 'version', `"orders-${'a'.repeat(60)}"`, 'Shorten it'),
  ...([
    ['of the service', { loadBalancing: LoadBalancing.byCookie('shop', { ttl: Duration.hours(1) }) }, {}],
    ['of a port', { ports: [MeshPort.http(8080, { loadBalancing: LoadBalancing.byCookie('shop') }), MeshPort.grpc(50051)] }, {}],
    ['of the version', {}, { loadBalancing: LoadBalancing.byCookie('shop') }],
  ] as [string, Partial<MeshServiceProps>, Partial<ServiceVersionProps>][]).map(([whose, service, props]): WrongInput => ({
    mistake: `users kept by the cookie by which pods ${whose} are picked`,
    make: (world) => {
      new ServiceVersion(world.shop, 'eu', { service: world.service('orders', service), weight: 10, sessionAffinity: SessionAffinity.byCookie('shop'), ...props });
      world.synth();
    },
    code: 'IneffectiveAffinity',
    path: 'shop/eu',
    property: 'sessionAffinity.name',
    received: '"shop"',
    fix: ['another name'],
  })),
  {
    mistake: 'users kept by a cookie that a route takes from the answers',
    make: (world) => {
      const orders = world.service('orders');
      orders.addRoute('static', { match: [RouteMatch.path(StringMatch.prefix('/static/'))], headers: HeaderChanges.of({ response: { remove: ['set-cookie'] } }) });
      new ServiceVersion(world.shop, 'eu', { service: orders, weight: 10, sessionAffinity: SessionAffinity.byCookie('version') });
      world.synth();
    },
    code: 'IneffectiveAffinity',
    path: 'shop/eu',
    property: 'sessionAffinity.name',
    received: '"version"',
    fix: ['add to set-cookie'],
  },
  version('users kept on a version that has all', { weight: 100, sessionAffinity: SessionAffinity.byCookie('orders') }, 'IneffectiveAffinity', 'sessionAffinity', '100', 'Leave it out'),
  version('users kept on a version without a share', { weight: 0, sessionAffinity: SessionAffinity.byCookie('orders') }, 'IneffectiveAffinity', 'sessionAffinity', '0', 'Give it weight'),
  {
    mistake: 'users kept on versions by two cookies',
    make: (world) => {
      const service = world.service('orders');
      ['eu', 'us'].forEach(id => new ServiceVersion(world.shop, id, { service, replicas: 1, weight: 10, sessionAffinity: SessionAffinity.byCookie(id) }));
    },
    code: 'IneffectiveAffinity',
    path: 'shop/us',
    property: 'sessionAffinity.name',
    received: '"us"',
    fix: ['the same'],
  },
  ...[-1, 101, 12.5, NaN].map(weight => version(`a version's share of ${weight}`, { weight }, 'InvalidWeights', 'weight', String(weight), 'whole percents')),
  version('a version of latest', { image: 'ghcr.io/acme/orders:latest' }, 'UnpinnedImage', 'image', '"ghcr.io/acme/orders:latest"', 'tag other than latest'),
  version('a version of no pods', { replicas: 0 }, 'InvalidReplicas', 'replicas', '0', 'three replicas'),
  version('a variable of a version that holds nothing', { env: { REGION: undefined as any } }, 'MissingProperty', 'env.REGION', 'undefined', 'EnvValue.fromValue()'),
  of('a version of a StatefulSet', { kind: WorkloadKind.statefulSet() }, {}, 'NotReleasable', 'service', '"shop/orders"', 'service of their own'),
  of('a version of a worker', { ports: undefined }, {}, 'NotCallable', 'service', '"orders"', 'ports: [MeshPort.http(8080)]'),
  of('a version of a headless service', { headless: true }, {}, 'HeadlessService', 'service', '"orders"', 'Leave headless out'),
  of('a version beside a port of UDP', { ports: [MeshPort.http(8080), MeshPort.udp(8125)] }, {}, 'NotReleasable', 'service', '"orders"', 'a service of its own'),
  of('a version beside a port of Redis', { ports: [MeshPort.redis(6379)] }, {}, 'NotReleasable', 'service', '"orders"', 'MeshPort.tcp(6379)'),
  of('a version beside a port of TLS', { ports: [MeshPort.tls(8443)] }, {}, 'NotReleasable', 'service', '"orders"', 'MeshPort.tcp(8443)'),
  of('a version of its own identity among peers', { peers: [MeshPort.tcp(7000)] }, { ownIdentity: true }, 'NotReleasable', 'ownIdentity', '"shop/orders"', 'quorum'),
  of('a version with too few pods for its breaker', { circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(40) }) }, { replicas: 2 },
    'InvalidCircuitBreaker', 'replicas.circuitBreaker.maxEjection', '40', ''),
  {
    mistake: 'a version with the name of another service\'s pods',
    make: (world) => {
      world.service('orders-eu');
      new ServiceVersion(world.shop, 'eu', { service: world.service('orders') });
    },
    code: 'DuplicateName',
    path: 'shop/eu',
    property: 'version',
    received: '"orders-eu"',
    fix: ['another name'],
  },
  {
    mistake: 'a version with the identity of a job',
    make: (world) => {
      new MeshJob(world.shop, 'orders-eu', { image: 'job:1' });
      new ServiceVersion(world.shop, 'eu', { service: world.service('orders'), ownIdentity: true });
    },
    code: 'DuplicateName',
    path: 'shop/eu',
    property: 'version',
    received: '"orders-eu"',
    fix: ['another name'],
  },
  {
    mistake: 'pods that bear the labels of a version with an identity of its own',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true });
      new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'orders', version: 'eu' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app":"orders","version":"eu"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'two versions of one service with one name',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service });
      new ServiceVersion(world.shop, 'eu-too', { service, version: 'eu' });
    },
    code: 'DuplicateVersion',
    path: 'shop/eu-too',
    property: 'version',
    received: '"eu"',
    fix: ['v1, eu'],
  },
  of('a version of its own identity beside labels that were kept', { adopts: { selector: { app: 'old-orders' } } }, { ownIdentity: true },
    'NotReleasable', 'ownIdentity', '{"app":"old-orders"}', 'service of their own'),
  {
    mistake: 'a variable of a version that is the address of what it calls',
    make: (world) => {
      new ServiceVersion(world.shop, 'eu', { service: world.service('orders'), ownIdentity: true, env: { DB: kplus.EnvValue.fromValue('x') } })
        .calls(world.service('ledger'), { addressVariable: 'DB' });
      world.synth();
    },
    code: 'InvalidVariable',
    path: 'shop/eu',
    property: 'env.DB',
    received: '"x"',
    fix: ['another addressVariable'],
  },
  {
    mistake: 'a variable made of the address of what a version does not call',
    make: (world) => {
      const service = world.service('orders', { env: { URL: kplus.EnvValue.fromValue('pg://$(DB)/x') } });
      service.calls(world.service('ledger'), { addressVariable: 'DB' });
      new ServiceVersion(world.shop, 'eu', { service, ownIdentity: true });
      world.synth();
    },
    code: 'InvalidVariable',
    path: 'shop/eu',
    property: 'pod.containers[0].env.URL',
    received: '"pg://$(DB)/x"',
    fix: ['Let the version call it'],
  },
  {
    mistake: 'a release of a version that is there',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'v2', { service });
      world.release(service);
    },
    code: 'DuplicateVersion',
    path: 'shop/orders-next',
    property: 'version',
    received: '"v2"',
    fix: ['v1, v2'],
  },
  {
    mistake: 'shares of more than everything',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service, weight: 60 });
      new ServiceVersion(world.shop, 'us', { service, weight: 41 });
    },
    code: 'InvalidWeights',
    path: 'shop/us',
    property: 'weight',
    received: '41',
    fix: ['101'],
  },
  {
    mistake: 'a call of a version that is the service',
    make: (world) => {
      const service = world.service('orders');
      new ServiceVersion(world.shop, 'eu', { service }).calls(world.service('cart'));
    },
    code: 'NotOurs',
    path: 'shop/eu',
    property: 'calls(cart)',
    received: '"shop/orders"',
    fix: ['ownIdentity: true'],
  },
  {
    mistake: 'the Kubernetes API for a version that is the service',
    make: world => new ServiceVersion(world.shop, 'eu', { service: world.service('orders') }).usesKubernetesApi(),
    code: 'NotOurs',
    path: 'shop/eu',
    property: 'usesKubernetesApi',
    received: '"shop/orders"',
    fix: ['ownIdentity: true'],
  },
  {
    mistake: 'a call to a version',
    make: (world) => {
      world.service('web').calls(new ServiceVersion(world.shop, 'eu', { service: world.service('orders'), ownIdentity: true }));
    },
    code: 'NotCallable',
    path: 'shop/web',
    property: 'calls(eu)',
    received: '"shop/eu"',
    fix: ['ports'],
  },
  {
    mistake: 'a version in another namespace',
    make: world => new ServiceVersion(world.chart('web', 'web'), 'eu', { service: world.service('orders') }),
    code: 'OtherNamespace',
    path: 'web/eu',
    property: 'service',
    received: '"shop/orders"',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'a version of another app\'s service',
    make: world => new ServiceVersion(world.shop, 'eu', { service: new World().service('orders') }),
    code: 'OtherApp',
    path: 'shop/eu',
    property: 'service',
    received: '"shop/orders"',
    fix: ['in the app that describes the service'],
  },
];

function version(mistake: string, props: Partial<ServiceVersionProps>, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return of(mistake, {}, props, code, property, received, fix);
}

function of(
  mistake: string, service: Partial<MeshServiceProps>, props: Partial<ServiceVersionProps>,
  code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  const make = (world: World): MeshService | ServiceVersion => new ServiceVersion(world.shop, 'eu', { service: world.service('orders', service), ...props });
  return { mistake, make, code, path: 'shop/eu', property, received, fix: [fix] };
}
