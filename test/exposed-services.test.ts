import { Duration } from 'cdk8s';
import {
  ExistingService, ExistingWorkload, GatewayServer, MeshGateway, MeshPort, Retries, RouteMatch, ServiceVersion, StringMatch,
  VirtualMachine, VirtualMachineService,
} from '../src';
import { find, Manifest, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const HOST = 'shop.example.com';
const EXPOSED = { hosts: [HOST], methods: ['GET'], paths: ['/reports/*'], timeout: Duration.seconds(9) };

/** A gateway in a namespace of its own. */
function edgeOf(world: World): MeshGateway {
  return new MeshGateway(world.chart('edge', 'edge'), 'edge', { servers: [GatewayServer.http(['*.example.com'])] });
}

function reportsIn(world: World): ExistingService {
  return new ExistingService(world.shop, 'reports', {
    serviceAccount: 'reports-web',
    podLabels: { instance: 'reports' },
    service: 'reports-web',
    ports: [MeshPort.http(80, { targetPort: 8080 })],
    versions: [{ name: 'stable', labels: { track: 'stable' }, weight: 80 }, { name: 'next', labels: { track: 'next' }, weight: 20 }],
  });
}

function machinesIn(world: World): VirtualMachineService {
  return new VirtualMachineService(world.shop, 'reports', {
    ports: [MeshPort.http(80, { targetPort: 8080 })],
    machines: [VirtualMachine.at('10.8.0.7', { version: 'stable' }), VirtualMachine.at('10.8.0.8', { version: 'next' })],
    versionWeights: { stable: 80, next: 20 },
  });
}

const KINDS = { 'a service of a chart': reportsIn, 'a service on machines': machinesIn };

describe.each(Object.entries(KINDS))('%s behind a gateway', (_, reports) => {
  function exposed(): Manifest[] {
    const world = new World();
    const service = reports(world);
    service.addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'next' });
    edgeOf(world).exposes(service, EXPOSED);
    return synthesizeApp(world.app);
  }

  test('has its routes and its shares there, in the namespace in which the service is described', () => {
    const manifests = exposed();
    const { host } = reports(new World());
    const to = (subset: string, weight?: number) => ({ destination: { host, subset }, ...(weight === undefined ? {} : { weight }) });

    expect(find(manifests, 'VirtualService', 'reports-edge', 'shop').spec).toEqual({
      exportTo: ['edge'],
      hosts: [HOST],
      gateways: ['edge/edge'],
      http: [
        expect.objectContaining({ name: 'qa.edge', match: [{ uri: { prefix: '/reports/' }, method: { exact: 'GET' }, headers: { 'x-user': { exact: 'qa' } } }], route: [to('next')], timeout: '9s' }),
        expect.objectContaining({ name: 'default.edge', match: [{ uri: { prefix: '/reports/' }, method: { exact: 'GET' } }], route: expect.arrayContaining([to('stable', 80), to('next', 20)]), timeout: '9s' }),
      ],
    });
    expect(find(manifests, 'Gateway', 'edge').spec.servers[0].hosts).toEqual(['shop/*.example.com']);
  });

  test('lets the gateway\'s identity in, for what is exposed and nothing else', () => {
    expect(find(exposed(), 'AuthorizationPolicy', 'reports', 'shop').spec.rules).toEqual([{
      from: [{ source: { principals: ['cluster.local/ns/edge/sa/edge'] } }], to: [{ operation: { ports: ['8080'], methods: ['GET'], paths: ['/reports/*'] } }],
    }]);
  });

  test('has no route for it in the mesh, where nobody calls', () => {
    expect(find(exposed(), 'VirtualService', 'reports', 'shop').spec.http.map(({ name }: any) => name)).toEqual(['qa', 'default']);
  });
});

const pods = (namespace: string, labels: { [key: string]: string }) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels: labels },
});
const EDGE = pods('edge', { 'service.istio.io/canonical-name': 'edge' });
const OPEN = [{ port: 8080, protocol: 'TCP' }];

test('the network lets the gateway through to the pods of a chart, by the labels that the chart gives them', () => {
  const world = new World();
  edgeOf(world).exposes(reportsIn(world), EXPOSED);
  const manifests = synthesizeApp(world.app);

  expect(find(manifests, 'NetworkPolicy', 'edge', 'edge').spec.egress[0]).toEqual({ to: [pods('shop', { instance: 'reports' })], ports: OPEN });
  expect(find(manifests, 'NetworkPolicy', 'reports', 'shop').spec.ingress[0]).toEqual({ from: [EDGE], ports: OPEN });
});

test('the network lets the gateway out to machines by their addresses', () => {
  const world = new World();
  edgeOf(world).exposes(machinesIn(world), EXPOSED);

  expect(find(synthesizeApp(world.app), 'NetworkPolicy', 'edge', 'edge').spec.egress[0])
    .toEqual({ to: [{ ipBlock: { cidr: '10.8.0.7/32' } }, { ipBlock: { cidr: '10.8.0.8/32' } }], ports: OPEN });
});

test('services of every kind share a host by their paths', () => {
  const world = new World();
  const edge = edgeOf(world);
  edge.exposes(world.service('frontend'), { hosts: [HOST] });
  edge.exposes(reportsIn(world), { ...EXPOSED, retries: Retries.none() });
  edge.exposes(new VirtualMachineService(world.chart('machines', 'machines'), 'billing', { ports: [MeshPort.http(8080)], machines: [VirtualMachine.at('10.8.0.9')] }), {
    hosts: [HOST], paths: ['/invoices/*'],
  });
  const manifests = synthesizeApp(world.app);

  expect(find(manifests, 'Gateway', 'edge').spec.servers[0].hosts).toEqual(['machines/*.example.com', 'shop/*.example.com']);
  expect(manifests.filter(({ kind, spec }) => kind === 'VirtualService' && spec.gateways).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).sort())
    .toEqual(['machines/billing-edge', 'shop/frontend-edge', 'shop/reports-edge']);
});

describe('a gateway of others holds up shares until it is said whether it keeps them:', () => {
  const called = (describe: (world: World) => Parameters<ExistingWorkload['calls']>[0], keepsRoutes?: boolean) => () => {
    const world = new World();
    new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress', keepsRoutes }).calls(describe(world));
    world.synth();
  };
  const versioned = (weight?: number) => (world: World) => {
    const orders = world.service('orders');
    new ServiceVersion(world.shop, 'eu', { service: orders, weight });
    return orders;
  };

  test.each([
    ['those of a version that stays', versioned(20)],
    ['that of one that is to have no request', versioned()],
    ['those of a chart\'s versions', reportsIn],
    ['those of machines', machinesIn],
  ])('%s', (_, describe) => {
    expect(called(describe)).toThrow('UnkeptStages');
    expect(called(describe, true)).not.toThrow();
    expect(called(describe, false)).not.toThrow();
  });

  test('but not where there are none', () => {
    expect(called(world => new ExistingService(world.shop, 'reports', {
      serviceAccount: 'reports', podLabels: { instance: 'reports' }, ports: [MeshPort.http(80)], versions: [{ name: 'stable', labels: { track: 'stable' } }],
    }))).not.toThrow();
    expect(called(world => world.service('orders'))).not.toThrow();
  });
});
