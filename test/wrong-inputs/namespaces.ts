import { ApiObject, Chart, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ChaosNamespace, ExternalService, Mesh, MeshPort, MeshService, Permission, WorkloadRole, ZeroTrustNamespace, ZeroTrustNamespaceProps } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

export const wrongNamespaces: WrongInput[] = [
  ...['kube-system', 'kube-public', 'istio-system', 'istio-ingress'].flatMap((name): WrongInput[] => [
    { mistake: `a service in ${name}`, make: world => serviceIn(world.chart('system', name)), ...system('orders', name) },
    { mistake: `drills in ${name}`, make: world => new ChaosNamespace(world.chart('system', name), 'namespace'), ...system('namespace', name) },
    {
      mistake: `something outside in ${name}`,
      make: world => new ExternalService(world.chart('system', name), 'stripe', { host: 'api.stripe.com', ports: [MeshPort.tls(443)] }),
      ...system('stripe', name),
    },
    { mistake: `a zero-trust namespace ${name}`, make: world => new ZeroTrustNamespace(world.chart('system', name), 'namespace'), ...system('namespace', name) },
  ]),
  {
    mistake: 'a service in no chart',
    make: world => new MeshService(world.app, 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)] }),
    code: 'MissingNamespace',
    path: 'orders',
    property: 'namespace',
    received: 'undefined',
    fix: ['new Chart(app'],
  },
  {
    mistake: 'a service in a namespace of a value that is not set',
    make: world => serviceIn(world.chart('system', `bank-${undefined}`)),
    code: 'UnsetValue',
    path: 'system/orders',
    property: 'namespace',
    received: '"bank-undefined"',
    fix: ['put together'],
  },
  {
    mistake: 'a service in a Namespace of the user\'s own that forbids injection',
    make: (world) => {
      new ApiObject(world.shop, 'own', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'disabled' } } });
      world.service('orders');
      world.synth();
    },
    code: 'UninjectedNamespace',
    path: 'shop/orders',
    property: 'namespace',
    received: '"shop"',
    fix: ['istio-injection: disabled'],
  },
  {
    mistake: 'a service among drills',
    make: (world) => {
      new ChaosNamespace(world.shop, 'namespace');
      world.service('orders');
      world.synth();
    },
    code: 'UninjectedNamespace',
    path: 'shop/orders',
    property: 'namespace',
    received: '"shop"',
    fix: ['namespace of its own'],
  },
  {
    mistake: 'a Namespace around what is in it',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      serviceIn(new Chart(world.shop, 'inner', { namespace: 'shop' }));
      world.synth();
    },
    code: 'NamespaceTooLate',
    path: 'shop/namespace/namespace',
    property: 'metadata.name',
    received: '"shop"',
    fix: ['a chart of its own'],
  },
  {
    mistake: 'a service where the mesh itself runs',
    make: (world) => {
      new Mesh(world.app, 'mesh', { istioNamespace: 'mesh' });
      serviceIn(world.chart('system', 'mesh'));
      world.synth();
    },
    ...system('orders', 'mesh'),
  },
  {
    mistake: 'a zero-trust namespace where the mesh itself runs',
    make: (world) => {
      new Mesh(world.app, 'mesh', { istioNamespace: 'mesh' });
      new ZeroTrustNamespace(world.chart('system', 'mesh'), 'namespace');
      world.synth();
    },
    ...system('namespace', 'mesh'),
  },
  {
    mistake: 'a limit of memory that refuses a service of the namespace',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace');
      world.service('orders', { resources: { memory: { limit: Size.gibibytes(9) } } });
      world.synth();
    },
    code: 'LimitTooLow',
    path: 'shop/namespace',
    property: 'limits',
    received: '"4000m and 8192Mi"',
    fix: ['limits.maxMemory'],
  },
  ...['1.32', 'v1.4', 'latest', 'v1.32.1', ''].map(version => namespace(
    `the pod security version '${version}'`, { podSecurityVersion: version }, 'InvalidPodSecurityVersion', 'podSecurityVersion', JSON.stringify(version), 'v1.32')),
  namespace('a CPU limit below the proxy\'s', { limits: { maxCpu: kplus.Cpu.millis(1999) } }, 'LimitTooLow', 'limits.maxCpu', '"1999m"', '2 CPUs'),
  namespace('a memory limit below the proxy\'s', { limits: { maxMemory: Size.mebibytes(1023) } }, 'LimitTooLow', 'limits.maxMemory', '"1023Mi"', '1024Mi'),
  ...[0, -1, 1.5, NaN].map(pods => namespace(`a quota of ${pods} pods`, { quota: { pods } }, 'QuotaTooSmall', 'quota.pods', String(pods), 'Leave it out')),
  // One service: three pods and one more in an update, each with its proxy
  quota('pods', { pods: 5 }, '"5"', 'Raise it to 6 at least'),
  quota('requested CPU', { requestsCpu: kplus.Cpu.millis(1199) }, '"1199m"', 'Raise it to 1200m at least'),
  quota('requested memory', { requestsMemory: Size.mebibytes(1535) }, '"1535Mi"', 'Raise it to 1536Mi at least'),
  quota('limits of CPU', { limitsCpu: kplus.Cpu.units(17) }, '"17000m"', 'Raise it to 18000m at least'),
  quota('limits of memory', { limitsMemory: Size.gibibytes(7) }, '"7168Mi"', 'Raise it to 7680Mi at least'),
  {
    mistake: 'a quota too small for a release beside the service',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace', { quota: { pods: 7 } });
      world.release(world.service('orders'), { replicas: 1 });
      world.synth();
    },
    code: 'QuotaTooSmall',
    path: 'shop/namespace',
    property: 'quota.pods',
    received: '"7"',
    fix: ['Raise it to 8 at least'],
  },
  {
    mistake: 'a limit that refuses a service of the namespace',
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace', { limits: { maxCpu: kplus.Cpu.units(2) } });
      world.service('orders', { resources: { cpu: { request: kplus.Cpu.units(1), limit: kplus.Cpu.units(3) } } });
      world.synth();
    },
    code: 'LimitTooLow',
    path: 'shop/namespace',
    property: 'limits',
    received: '"2000m and 8192Mi"',
    fix: ['Raise limits.maxCpu', 'lower the service\'s limits'],
  },
  role('a role that may do nothing', () => [], 'EmptyList', 'permissions', '[]', 'Permission.read'),
  role('a permission without verbs', () => [Permission.of([], kplus.ApiResource.SECRETS)], 'EmptyList', 'permissions[0].verbs', '[]', 'Use one or more of'),
  ...['*', 'read', 'GET', ''].map(verb => role(
    `the verb '${verb}'`, () => [Permission.read(kplus.ApiResource.PODS), Permission.of(['get', verb], kplus.ApiResource.SECRETS)],
    'InvalidVerb', 'permissions[1].verbs[1]', JSON.stringify(verb), 'use one of get, list')),
  role('every kind of object', () => [Permission.read(kplus.ApiResource.custom({ apiGroup: '', resourceType: '*' }))],
    'WildcardResource', 'permissions[0].resource', '"*"', 'Name the kind'),
  role('every kind of a group and its parts', () => [Permission.read(kplus.ApiResource.custom({ apiGroup: 'apps', resourceType: '*/scale' }))],
    'WildcardResource', 'permissions[0].resource', '"*/scale"', 'Name the kind'),
  {
    mistake: 'a role for a service of another app',
    make: world => new WorkloadRole(world.shop, 'reader', {
      workload: new World().service('orders'), permissions: [Permission.read(kplus.ApiResource.SECRETS)],
    }),
    code: 'OtherApp',
    path: 'shop/reader',
    property: 'workload',
    received: '"shop/orders"',
    fix: ['app that describes the workload'],
  },
];

function namespace(
  mistake: string, props: ZeroTrustNamespaceProps, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      new ZeroTrustNamespace(world.shop, 'namespace', props);
      world.synth();
    },
    code,
    path: 'shop/namespace',
    property,
    received,
    fix: [fix],
  };
}

function quota(what: string, amounts: NonNullable<ZeroTrustNamespaceProps['quota']>, received: string, fix: string): WrongInput {
  return {
    mistake: `a quota of too few ${what}`,
    make: (world) => {
      world.service('orders');
      new ZeroTrustNamespace(world.shop, 'namespace', { quota: amounts });
      world.synth();
    },
    code: 'QuotaTooSmall',
    path: 'shop/namespace',
    property: `quota.${Object.keys(amounts)[0]}`,
    received,
    fix: [fix],
  };
}

function role(mistake: string, permissions: () => Permission[], code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: world => new WorkloadRole(world.shop, 'reader', { workload: world.service('orders'), permissions: permissions() }),
    code,
    path: 'shop/reader',
    property,
    received,
    fix: [fix],
  };
}

function serviceIn(chart: Chart): MeshService {
  return new MeshService(chart, 'orders', { image: 'ghcr.io/acme/orders:1.0.0', ports: [MeshPort.http(8080)] });
}

function system(id: string, name: string): Omit<WrongInput, 'mistake' | 'make'> {
  return { code: 'SystemNamespace', path: `system/${id}`, property: 'namespace', received: JSON.stringify(name), fix: ['a namespace of its own'] };
}
