import {
  ExistingService, ExistingServiceProps, ExistingWorkload, ExposureOptions, ExternalService, GatewayServer, ImportedApp, MeshGateway, MeshJob,
  MeshPort, RouteMatch, ServiceVersion, SessionAffinity, StringMatch, VirtualMachine, VirtualMachineService, VirtualMachineServiceProps,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const HOST = 'shop.example.com';
const EXPOSED = { hosts: [HOST] };

/** What may not be behind a gateway, or not so, of what this app does not run itself. */
export const wronglyExposed: WrongInput[] = [
  foreign('something outside', world => new ExternalService(world.shop, 'pay', { host: 'api.pay.example.com', ports: [MeshPort.tls(443)] }), 'pay', 'shop/pay'),
  foreign('what another app offers', world => new ImportedApp(world.app, 'books', { file: `${__dirname}/../support/books-contract.json`, version: 1 }).service('catalog'), 'books-catalog', 'books/books-catalog'),
  foreign('what another app describes', world => new ExistingWorkload(world.app, 'kafka', { namespace: 'streams', ports: [MeshPort.http(80)] }), 'kafka', 'kafka'),
  foreign('a job', world => new MeshJob(world.shop, 'import', { image: 'import:1' }), 'import', 'shop/import'),
  existing('an exposed worker of a chart', { ports: undefined }, EXPOSED, 'NotCallable', '', '"shop/reports"', 'ports'),
  existing('an exposed database of a chart', { ports: [MeshPort.tcp(5432)] }, EXPOSED, 'NotHttp', 'port', '"tcp"', 'MeshPort.http()'),
  existing('a port that a chart\'s service does not have', {}, { ...EXPOSED, port: 'grpc' }, 'UnknownPort', 'port', '"grpc"', 'http'),
  existing('a chart\'s service at a host that no server has', {}, { hosts: ['reports.example.org'] }, 'UnexposedHost', 'hosts[0]', '"reports.example.org"', HOST),
  machines('exposed machines that nobody calls', { ports: undefined }, EXPOSED, 'NotCallable', '', '"shop/billing"', 'ports'),
  machines('exposed machines of several ports', { ports: [MeshPort.http(80), MeshPort.http(9090, { name: 'http-admin' })] }, EXPOSED, 'AmbiguousPort', 'port', 'undefined', 'http-admin'),
  machines('machines at no host', {}, { hosts: [] }, 'EmptyList', 'hosts', '[]', 'hosts'),
  {
    mistake: 'a host beside a wildcard that stands for it too',
    make: world => new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['*.example.com'])] }).exposes(reportsIn(world), { hosts: ['*.example.com', HOST] }),
    code: 'InvalidHost',
    path: 'shop/edge',
    property: 'exposes(reports).hosts[1]',
    received: `"${HOST}"`,
    fix: ['Leave one of the two out'],
  },
  {
    mistake: 'a chart\'s service and machines for one path of a host',
    make: (world) => {
      const edge = edgeIn(world);
      edge.exposes(reportsIn(world), { ...EXPOSED, paths: ['/a/*'] });
      edge.exposes(billingIn(world), { ...EXPOSED, paths: ['/a/b'] });
      world.synth();
    },
    code: 'AmbiguousExposure',
    path: 'shop/edge',
    property: 'exposes(billing)',
    received: '["/a/b"]',
    fix: ['paths of its own'],
  },
  {
    mistake: 'one cookie for the versions of two services on one host',
    make: (world) => {
      const edge = edgeIn(world);
      const [cart, orders] = ['cart', 'orders'].map((name) => {
        const service = world.service(name);
        edge.exposes(service, { ...EXPOSED, paths: [`/${name}/*`] });
        return service;
      });
      new ServiceVersion(world.shop, 'cart-eu', { service: cart, version: 'eu', weight: 10, sessionAffinity: SessionAffinity.byCookie('version') });
      world.release(orders, { sessionAffinity: SessionAffinity.byCookie('version') });
      world.synth();
    },
    code: 'IneffectiveAffinity',
    path: 'shop/orders-next',
    property: 'sessionAffinity.name',
    received: '"version"',
    fix: ['another name'],
  },
  {
    mistake: 'a chart\'s service whose routes at the gateway would bear the name of a service',
    make: (world) => {
      world.service('reports-edge');
      edgeIn(world).exposes(reportsIn(world), EXPOSED);
    },
    code: 'DuplicateName',
    path: 'shop/edge',
    property: 'exposes(reports)',
    received: '"reports-edge"',
    fix: ['another name'],
  },
  {
    mistake: 'a chart\'s service that another app describes',
    make: world => edgeIn(world).exposes(reportsIn(new World()), EXPOSED),
    code: 'OtherApp',
    path: 'shop/edge',
    property: 'exposes(reports)',
    received: '"shop/reports"',
    fix: ['one app'],
  },
  {
    mistake: 'a route of machines whose pattern cannot be joined with that of an exposure',
    make: (world) => {
      const billing = billingIn(world, { machines: [VirtualMachine.at('10.8.0.7', { version: 'v1' })] });
      edgeIn(world).exposes(billing, { ...EXPOSED, paths: ['/invoices/{*}/items'] });
      billing.addRoute('odd', { match: [RouteMatch.path(StringMatch.regex('/invoices/[0-9]+/.*'))], version: 'v1' });
      world.synth();
    },
    code: 'UnresolvedOverlap',
    path: 'shop/edge',
    property: 'exposes(billing)',
    received: '[{"regex":"/invoices/[0-9]+/.*"},{"regex":"/invoices/[^/]+/items"}]',
    fix: ['by a header'],
  },
  unkept('a share of a version that stays', 'shop/eu', 'service', (world) => {
    const orders = world.service('orders');
    new ServiceVersion(world.shop, 'eu', { service: orders, weight: 20 });
    return orders;
  }),
  unkept('a version that stays and is to have no request', 'shop/eu', 'service', (world) => {
    const orders = world.service('orders');
    new ServiceVersion(world.shop, 'eu', { service: orders });
    return orders;
  }),
  unkept('the shares of a chart\'s versions', 'shop/reports', 'versions', world => reportsIn(world, {
    versions: [{ name: 'stable', labels: { track: 'stable' }, weight: 80 }, { name: 'next', labels: { track: 'next' }, weight: 20 }],
  })),
  unkept('the shares of machines', 'shop/billing', 'versionWeights', world => billingIn(world, {
    machines: [VirtualMachine.at('10.8.0.7', { version: 'v1' }), VirtualMachine.at('10.8.0.8', { version: 'v2' })], versionWeights: { v1: 80, v2: 20 },
  })),
];

function edgeIn(world: World): MeshGateway {
  return new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http([HOST])] });
}

function reportsIn(world: World, props: Partial<ExistingServiceProps> = {}): ExistingService {
  return new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { instance: 'reports' }, ports: [MeshPort.http(80)], ...props });
}

function billingIn(world: World, props: Partial<VirtualMachineServiceProps> = {}): VirtualMachineService {
  return new VirtualMachineService(world.shop, 'billing', { ports: [MeshPort.http(80)], machines: [VirtualMachine.at('10.8.0.7')], ...props });
}

/** The compiler refuses it too. */
function foreign(mistake: string, make: (world: World) => unknown, id: string, path: string): WrongInput {
  return {
    mistake: `${mistake}, behind a gateway`,
    make: world => edgeIn(world).exposes(make(world) as any, EXPOSED),
    code: 'WrongType',
    path: 'shop/edge',
    property: `exposes(${id}).service`,
    received: path,
    fix: ['ExistingService', 'MeshService', 'VirtualMachineService'],
  };
}

function existing(
  mistake: string, props: Partial<ExistingServiceProps>, options: ExposureOptions, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return at(mistake, world => edgeIn(world).exposes(reportsIn(world, props), options), 'reports', code, property, received, fix);
}

function machines(
  mistake: string, props: Partial<VirtualMachineServiceProps>, options: ExposureOptions,
  code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return at(mistake, world => edgeIn(world).exposes(billingIn(world, props), options), 'billing', code, property, received, fix);
}

function at(mistake: string, make: WrongInput['make'], exposed: string, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return { mistake, make, code, path: 'shop/edge', property: [`exposes(${exposed})`, property].filter(Boolean).join('.'), received, fix: [fix] };
}

function unkept(mistake: string, path: string, property: string, describe: (world: World) => Parameters<ExistingWorkload['calls']>[0]): WrongInput {
  return {
    mistake: `${mistake}, that a gateway of others may not keep`,
    make: (world) => {
      new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress' }).calls(describe(world));
      world.synth();
    },
    code: 'UnkeptStages',
    path,
    property,
    received: '["ingress"]',
    fix: ['keepsRoutes: true', 'MeshGateway'],
  };
}
