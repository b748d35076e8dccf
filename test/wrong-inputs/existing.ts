import { Duration } from 'cdk8s';
import { AdoptedObjects, ExistingService, ExistingServiceProps, ExistingWorkload, ExistingWorkloadProps, ExternalService, MeshJob, MeshPort, Retries, RouteMatch, StringMatch, TlsOrigination } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const REPORTS = { serviceAccount: 'reports-web', podLabels: { instance: 'reports' }, ports: [MeshPort.http(80, { targetPort: 8080 })] };
const KAFKA = { namespace: 'streams', podLabels: { cluster: 'main' }, ports: [MeshPort.http(9092)] };

/** What this app does not deploy, or does not describe at all. */
export const wrongExisting: WrongInput[] = [
  {
    mistake: 'a service of this app, described as another one\'s',
    make: (world) => {
      world.service('orders');
      world.service('web').calls(new ExistingWorkload(world.app, 'again', {
        namespace: 'shop', podLabels: { app: 'orders' }, service: 'orders', ports: [MeshPort.http(8080)], inMesh: false,
      }));
      world.synth();
    },
    code: 'DuplicateName',
    path: 'again',
    property: 'service',
    received: '"orders"',
    fix: ['Call shop/orders itself'],
  },
  service('an existing service as the account default', { serviceAccount: 'default' }, 'InvalidName', 'serviceAccount', '"default"', 'give the pods one'),
  service('an existing service with an account in capitals', { serviceAccount: 'Web' }, 'InvalidName', 'serviceAccount', '"Web"', 'lower case'),
  service('an existing service of all pods', { podLabels: {} }, 'InvalidLabels', 'podLabels', '{}', 'every pod'),
  service('an existing service with a Service in capitals', { service: 'Web' }, 'InvalidName', 'service', '"Web"', 'lower case'),
  service('an existing service with an empty list of ports', { ports: [] }, 'MissingPorts', 'ports', '[]', 'targetPort: 8080'),
  service('an existing service that listens nowhere', { ports: [MeshPort.http(80, { targetPort: 0 })] }, 'InvalidPort', 'ports[0].targetPort', '0', 'container listens'),
  service('versions of what is not called', { ports: undefined, versions: [{ name: 'v1', labels: { track: 'v1' } }] }, 'NotCallable', 'versions', '"v1"', 'ports:'),
  service('a version without labels', { versions: [{ name: 'v1', labels: {} }] }, 'InvalidLabels', 'versions[0].labels', '{}', 'Write the labels'),
  service('a version whose labels no pod of the service has', { versions: [{ name: 'v1', labels: { instance: 'v1' } }] },
    'InvalidLabels', 'versions[0].labels.instance', '"v1"', 'Leave out of podLabels'),
  service('a version whose labels all pods of the service have', { versions: [{ name: 'v1', labels: { instance: 'reports' } }] },
    'InvalidLabels', 'versions[0].labels', '{"instance":"reports"}', 'only the pods of this version'),
  service('two versions of the same labels', { versions: [{ name: 'v1', labels: { track: 'a' } }, { name: 'v2', labels: { track: 'a', instance: 'reports' } }] },
    'InvalidLabels', 'versions[1].labels', '{"track":"a","instance":"reports"}', 'differ'),
  service('two versions of one name', { versions: ['a', 'b'].map(track => ({ name: 'v1', labels: { track } })) }, 'DuplicateVersion', 'versions[1]', '"v1"', 'name of its own'),
  service('weights that make 90 percent', { versions: [weighted('a', 80), weighted('b', 10)] }, 'InvalidWeights', 'versions', '[80,10]', 'make 90'),
  service('a weight for one version of two', { versions: [weighted('a', 100), { name: 'b', labels: { track: 'b' } }] }, 'InvalidWeights', 'versions[1].weight', 'NaN', 'every version'),
  service('a weight of half a percent', { versions: [weighted('a', 99.5), weighted('b', 0.5)] }, 'InvalidWeights', 'versions[0].weight', '99.5', 'whole percentage'),
  {
    mistake: 'a route to a version that an existing service does not have',
    make: (world) => {
      reports(world).addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'v2' });
      world.synth();
    },
    code: 'UnknownVersion',
    path: 'shop/reports',
    property: 'addRoute(qa).version',
    received: '"v2"',
    fix: ['Use one of'],
  },
  {
    mistake: 'the variable of a program that something else deploys',
    make: world => reports(world).calls(world.service('orders'), { addressVariable: 'ORDERS_ADDR' }),
    code: 'NotOurs',
    path: 'shop/reports',
    property: 'calls(orders).addressVariable',
    received: '"ORDERS_ADDR"',
    fix: ['where it is deployed'],
  },
  {
    mistake: 'an existing service whose labels a service of ours carries',
    make: (world) => {
      world.service('orders');
      reports(world, { podLabels: { app: 'orders' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app":"orders"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'two existing services, of which one has all labels of the other and more',
    make: (world) => {
      reports(world);
      new ExistingService(world.shop, 'batch', { ...REPORTS, serviceAccount: 'batch', service: 'batch', podLabels: { instance: 'reports', component: 'batch' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"instance":"reports"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'two existing services as one account',
    make: (world) => {
      reports(world);
      new ExistingService(world.shop, 'batch', { ...REPORTS, service: 'batch', podLabels: { instance: 'batch' } });
    },
    code: 'DuplicateName',
    path: 'shop/batch',
    property: 'serviceAccount',
    received: '"reports-web"',
    fix: ['another name'],
  },
  {
    mistake: 'an existing service whose labels a user has given to one of ours',
    make: (world) => {
      world.service('orders', { podLabels: { team: 'web' } });
      reports(world, { podLabels: { team: 'web' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"team":"web"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'an existing service whose labels a job carries',
    make: (world) => {
      new MeshJob(world.shop, 'migrate', { image: 'migrate:1' });
      reports(world, { podLabels: { 'app.kubernetes.io/name': 'migrate' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app.kubernetes.io/name":"migrate"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'the adoption of a selector that another service\'s pods fulfil',
    make: (world) => {
      world.service('orders');
      world.service('web', { adopts: { selector: { app: 'orders' } } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/web',
    property: 'adopts.selector',
    received: '{"app":"orders"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'a database by its name alone for pods that something else deploys',
    make: world => reports(world).calls(new ExternalService(world.shop, 'db', { host: 'db.example.com', ports: [MeshPort.tcp(5432)] })),
    code: 'NotOurs',
    path: 'shop/reports',
    property: 'calls(db)',
    received: '"shop/db"',
    fix: ['addresses'],
  },
  {
    mistake: 'a client\'s certificate for pods that something else deploys',
    make: world => reports(world).calls(new ExternalService(world.shop, 'bank', {
      host: 'bank.example.com', ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('bank-client') })],
    })),
    code: 'NotOurs',
    path: 'shop/reports',
    property: 'calls(bank)',
    received: '"bank-client"',
    fix: ['MeshService'],
  },
  {
    mistake: 'two names for what runs without a proxy, from one namespace',
    make: world => ['crm-a', 'crm-b'].forEach((id, index) => world.service(`client-${index}`).calls(
      new ExistingWorkload(world.app, id, { ...KAFKA, service: 'crm', inMesh: false }))),
    code: 'DuplicateName',
    path: 'crm-b',
    property: 'service',
    received: '"crm.streams.svc.cluster.local"',
    fix: ['another name'],
  },
  {
    mistake: 'an existing service with the Service of one of ours',
    make: (world) => {
      world.service('orders');
      reports(world, { service: 'orders' });
    },
    code: 'DuplicateName',
    path: 'shop/reports',
    property: 'service',
    received: '"orders"',
    fix: ['another name'],
  },
  ...([
    ['the account default', { serviceAccount: 'default' }, 'InvalidName', 'serviceAccount', '"default"', 'leave it out'],
    ['a Deployment in capitals', { workload: 'Orders' }, 'InvalidName', 'workload', '"Orders"', 'lower case'],
    ['a selector that selects everything', { selector: {} }, 'InvalidLabels', 'selector', '{}', 'every pod'],
    ['a selector of another version', { selector: { app: 'orders', version: 'v7' } }, 'InvalidLabels', 'selector.version', '"v7"', 'version: \'v7\''],
    ['a selector of a ReplicaSet', { selector: { 'app': 'orders', 'pod-template-hash': 'abc' } }, 'InvalidLabels', 'selector.pod-template-hash', '"abc"', 'not that of its ReplicaSet'],
    ['a version alone', { selector: { version: 'v1' } }, 'InvalidLabels', 'selector', '{"version":"v1"}', 'whole selector'],
    ['the mesh\'s own label', { selector: { 'service.istio.io/canonical-name': 'x' } }, 'InvalidLabels', 'selector.service.istio.io/canonical-name', '"x"', 'that name'],
  ] as [string, AdoptedObjects, ErrorCode, string, string, string][]).map(([mistake, adopts, code, property, received, fix]): WrongInput => ({
    mistake: `the adoption of ${mistake}`, make: world => world.service('orders', { adopts }), code, path: 'shop/orders', property: `adopts.${property}`, received, fix: [fix],
  })),
  {
    mistake: 'two services that adopt one Deployment',
    make: world => ['orders', 'cart'].forEach(name => world.service(name, { adopts: { workload: 'backend' } })),
    code: 'DuplicateName',
    path: 'shop/cart',
    property: 'name',
    received: '"backend"',
    fix: ['another name'],
  },
  workload('an account in no namespace', { serviceAccount: 'ingress' }, 'MissingProperty', 'namespace', 'undefined', 'where its pods are'),
  workload('ports in no namespace', { ports: KAFKA.ports }, 'MissingProperty', 'namespace', 'undefined', 'where its pods are'),
  workload('an existing workload with an empty list of ports', { namespace: 'streams', ports: [] }, 'MissingPorts', 'ports', '[]', 'its Service'),
  workload('an existing workload with a Service in capitals', { namespace: 'streams', service: 'Kafka' }, 'InvalidName', 'service', '"Kafka"', 'lower case'),
  {
    mistake: 'a call of what has no proxy',
    make: world => new ExistingWorkload(world.app, 'kafka', { ...KAFKA, inMesh: false }).calls(world.service('orders')),
    code: 'NoIdentity',
    path: 'kafka',
    property: 'calls(orders)',
    received: '"shop/orders"',
    fix: ['through a gateway'],
  },
  {
    mistake: 'a call to an existing workload that is not called',
    make: world => world.service('orders').calls(new ExistingWorkload(world.app, 'monitor', { namespace: 'monitoring' })),
    code: 'NotCallable',
    path: 'shop/orders',
    property: 'calls(monitor)',
    received: '"monitor"',
    fix: ['ports:'],
  },
  ...([['timeout', { timeout: Duration.seconds(1) }, '"1s"'], ['retries', { retries: Retries.none() }, '[{"retries":{"attempts":0}}]']] as const).map(([property, options, received]): WrongInput => ({
    mistake: `${property} for what another app routes`,
    make: world => world.service('orders').calls(new ExistingWorkload(world.app, 'kafka', KAFKA), options),
    code: 'NotOurs',
    path: 'shop/orders',
    property: `calls(kafka).${property}`,
    received,
    fix: ['Leave it out'],
  })),
  {
    mistake: 'what has no proxy, named as a service of its caller\'s namespace',
    make: world => world.service('kafka').calls(new ExistingWorkload(world.app, 'kafka', { ...KAFKA, inMesh: false })),
    code: 'DuplicateName',
    path: 'kafka',
    property: 'id',
    received: '"kafka"',
    fix: ['another name'],
  },
];

function weighted(name: string, weight: number) {
  return { name, labels: { track: name }, weight };
}

function reports(world: World, props: Partial<ExistingServiceProps> = {}): ExistingService {
  return new ExistingService(world.shop, 'reports', { ...REPORTS, ...props });
}

function service(
  mistake: string, props: Partial<ExistingServiceProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return { mistake, make: world => reports(world, props), code, path: 'shop/reports', property, received, fix: [fix] };
}

function workload(mistake: string, props: ExistingWorkloadProps, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make: world => new ExistingWorkload(world.app, 'kafka', props), code, path: 'kafka', property, received, fix: [fix] };
}
