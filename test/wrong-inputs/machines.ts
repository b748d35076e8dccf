import * as kplus from 'cdk8s-plus-28';
import {
  CircuitBreaker, ExistingService, ExternalService, LoadBalancing, Locality, MeshPort, Percent, Permission, RouteMatch, StringMatch, TlsOrigination,
  VirtualMachine, VirtualMachineOptions, VirtualMachineService, VirtualMachineServiceProps, WorkloadRole,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const MACHINES = [VirtualMachine.at('10.8.0.7'), VirtualMachine.at('10.8.0.8')];
const BY_ZONE = { loadBalancing: LoadBalancing.leastRequest({ locality: Locality.failover() }), circuitBreaker: CircuitBreaker.consecutiveErrors(5) };

/** Machines outside of the cluster. */
export const wrongMachines: WrongInput[] = [
  service('no machine', { machines: [] }, 'EmptyList', 'machines', '[]', 'VirtualMachine.at'),
  service('a machine by its name', { machines: [VirtualMachine.at('vm-1.example.com')] }, 'InvalidAddress', 'machines[0].address', '"vm-1.example.com"', 'Write numbers'),
  service('a machine that is every pod itself', { machines: [VirtualMachine.at('127.0.0.1')] }, 'InvalidAddress', 'machines[0].address', '"127.0.0.1"', 'address of the host'),
  service('a machine that is asked over UDP', { ports: [MeshPort.udp(8125)] }, 'InvalidPort', 'ports[0]', '8125', 'with cidrs'),
  service('a machine that is no node', { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameNode() }) }, 'IneffectiveLocality', 'loadBalancing.locality', '"PreferSameNode"', 'preferSameZone()'),
  service('a zone that is preferred, and a machine of which none is said', { loadBalancing: LoadBalancing.random({ locality: Locality.preferSameZone() }) },
    'MissingProperty', 'machines[0].locality', 'undefined', 'where the machine is'),
  service('one machine twice', { machines: [...MACHINES, VirtualMachine.at('10.8.0.7')] }, 'InvalidAddress', 'machines[2]', '"10.8.0.7"', 'each machine once'),
  service('one machine twice, written in two ways', { machines: [VirtualMachine.at('2001:db8::7'), VirtualMachine.at('2001:DB8:0:0::7')] }, 'InvalidAddress', 'machines[1]', '"2001:db8::7"', 'each machine once'),
  machine('a machine that is to get nothing', { weight: 0 }, 'InvalidWeight', 'weight', '0', 'Leave a machine out'),
  machine('a machine in a zone without its region', { locality: '/eu-1a' }, 'InvalidLocality', 'locality', '"/eu-1a"', 'eu-1/eu-1a'),
  machine('a machine in a rack of a rack', { locality: 'eu/a/b/c' }, 'InvalidLocality', 'locality', '"eu/a/b/c"', 'eu-1/eu-1a'),
  machine('a machine anywhere', { locality: 'eu-1/*' }, 'InvalidLocality', 'locality', '"eu-1/*"', 'eu-1/eu-1a'),
  machine('a machine of a version with a dot', { version: '1.2' }, 'InvalidName', 'version', '"1.2"', 'lower case'),
  service('an empty list of ports of machines', { ports: [] }, 'MissingPorts', 'ports', '[]', 'targetPort: 8080'),
  service('the port of a machine\'s SSH', { ports: [MeshPort.tcp(2222, { targetPort: 22 })] }, 'BypassedProxy', 'ports[0].targetPort', '22', 'another port'),
  service('the port of a machine\'s proxy', { ports: [MeshPort.http(80, { targetPort: 15006 })] }, 'InvalidPort', 'ports[0].targetPort', '15006', 'Choose one other'),
  service('machines as the account default', { serviceAccount: 'default' }, 'InvalidName', 'serviceAccount', '"default"', 'another name'),
  service('a weight for machines that are not called', { ports: undefined, machines: [VirtualMachine.at('10.8.0.7', { weight: 2 })] }, 'NotCallable', 'machines[0].weight', '"billing"', 'ports:'),
  service('shares of machines that are not called', { ports: undefined, versionWeights: { v1: 100 } }, 'NotCallable', 'versionWeights', '"billing"', 'ports:'),
  service('a preference for the zone of machines that are nowhere', BY_ZONE, 'MissingProperty', 'machines[0].locality', 'undefined', 'where the machine is'),
  service('a preference for the zone of machines without a breaker', { loadBalancing: BY_ZONE.loadBalancing, machines: [VirtualMachine.at('10.8.0.7', { locality: 'eu-1' })] },
    'IneffectiveLocality', 'loadBalancing.locality', '"failover"', 'circuitBreaker'),
  service('a breaker that can leave out none of two machines', { circuitBreaker: CircuitBreaker.consecutiveErrors(5, { maxEjection: Percent.of(20) }) },
    'InvalidCircuitBreaker', 'circuitBreaker.maxEjection', '20', 'Percent.of(50)'),
  service('the share of a version that no machine has', { machines: versions('v1', 'v2'), versionWeights: { v1: 90, v3: 10 } }, 'UnknownVersion', 'versionWeights', '"v3"', 'Use v1, v2'),
  service('the share of one version of two', { machines: versions('v1', 'v2'), versionWeights: { v1: 100 } }, 'InvalidWeights', 'versionWeights.v2', 'NaN', 'every version'),
  service('shares that make 90 percent', { machines: versions('v1', 'v2'), versionWeights: { v1: 80, v2: 10 } }, 'InvalidWeights', 'versionWeights', '[80,10]', 'make 90'),
  service('shares beside a machine that has no version', { machines: [...versions('v1'), VirtualMachine.at('10.8.9.9')], versionWeights: { v1: 100 } },
    'MissingProperty', 'machines[1].version', 'undefined', 'no request'),
  {
    mistake: 'one machine in two services',
    make: (world) => {
      billing(world);
      new VirtualMachineService(world.shop, 'mail', { machines: [VirtualMachine.at('10.8.0.9'), VirtualMachine.at('10.8.0.8')] });
    },
    code: 'InvalidAddress',
    path: 'shop/mail',
    property: 'machines[1].address',
    received: '"10.8.0.8"',
    fix: ['one service with several ports'],
  },
  {
    mistake: 'machines with the name of a service',
    make: (world) => {
      world.service('invoices', { name: 'billing' });
      billing(world);
    },
    code: 'DuplicateName',
    path: 'shop/billing',
    property: 'id',
    received: '"billing"',
    fix: ['another name'],
  },
  {
    mistake: 'machines as the account of a service',
    make: (world) => {
      world.service('invoices');
      billing(world, { serviceAccount: 'invoices' });
    },
    code: 'DuplicateName',
    path: 'shop/billing',
    property: 'serviceAccount',
    received: '"invoices"',
    fix: ['another name'],
  },
  {
    mistake: 'machines of a version with the name of other machines',
    make: (world) => {
      billing(world, { machines: versions('v1') });
      new VirtualMachineService(world.shop, 'billing-v1', { machines: MACHINES });
    },
    code: 'DuplicateName',
    path: 'shop/billing-v1',
    property: 'id',
    received: '"billing-v1"',
    fix: ['another name'],
  },
  {
    mistake: 'pods that bear the labels of machines',
    make: (world) => {
      billing(world);
      new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'billing' } });
      world.synth();
    },
    code: 'AmbiguousPods',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app":"billing"}',
    fix: ['tells them apart'],
  },
  {
    mistake: 'a route to a version that no machine has',
    make: (world) => {
      billing(world).addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'v2' });
      world.synth();
    },
    code: 'UnknownVersion',
    path: 'shop/billing',
    property: 'addRoute(qa).version',
    received: '"v2"',
    fix: ['Use one of'],
  },
  {
    mistake: 'the variable of a program on a machine',
    make: world => billing(world).calls(world.service('orders'), { addressVariable: 'ORDERS_ADDR' }),
    code: 'NotOurs',
    path: 'shop/billing',
    property: 'calls(orders).addressVariable',
    received: '"ORDERS_ADDR"',
    fix: ['where it is deployed'],
  },
  {
    mistake: 'a database by its name alone for machines',
    make: world => billing(world).calls(new ExternalService(world.shop, 'db', { host: 'db.example.com', ports: [MeshPort.tcp(5432)] })),
    code: 'NotOurs',
    path: 'shop/billing',
    property: 'calls(db)',
    received: '"shop/db"',
    fix: ['addresses'],
  },
  {
    mistake: 'a certificate in the proxies of machines',
    make: world => billing(world).calls(new ExternalService(world.shop, 'bank', {
      host: 'bank.example.com', ports: [MeshPort.http(80, { tls: TlsOrigination.mutual('bank-client') })],
    })),
    code: 'NotOurs',
    path: 'shop/billing',
    property: 'calls(bank)',
    received: '"bank-client"',
    fix: ['MeshService'],
  },
  {
    mistake: 'the Kubernetes API for machines',
    make: world => billing(world).usesKubernetesApi(),
    code: 'NotOurs',
    path: 'shop/billing',
    property: 'usesKubernetesApi()',
    received: '"shop/billing"',
    fix: ['credential of its own'],
  },
  {
    mistake: 'a role for machines',
    make: world => new WorkloadRole(world.shop, 'reader', { workload: billing(world), permissions: [Permission.read(kplus.ApiResource.CONFIG_MAPS)] }),
    code: 'NotOurs',
    path: 'shop/billing',
    property: 'usesKubernetesApi()',
    received: '"shop/billing"',
    fix: ['credential of its own'],
  },
  {
    mistake: 'a call to machines that are not called',
    make: world => world.service('orders').calls(billing(world, { ports: undefined })),
    code: 'NotCallable',
    path: 'shop/orders',
    property: 'calls(billing)',
    received: '"shop/billing"',
    fix: ['ports:'],
  },
];

function versions(...names: string[]): VirtualMachine[] {
  return names.map((version, index) => VirtualMachine.at(`10.8.1.${index + 1}`, { version }));
}

function billing(world: World, props: Partial<VirtualMachineServiceProps> = {}): VirtualMachineService {
  return new VirtualMachineService(world.shop, 'billing', { ports: [MeshPort.http(8080)], machines: MACHINES, ...props });
}

function service(
  mistake: string, props: Partial<VirtualMachineServiceProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return { mistake, make: world => billing(world, props), code, path: 'shop/billing', property, received, fix: [fix] };
}

function machine(mistake: string, options: VirtualMachineOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return service(mistake, { machines: [VirtualMachine.at('10.8.0.7', options)] }, code, `machines[0].${property}`, received, fix);
}
