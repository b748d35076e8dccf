import { Chart, Duration } from 'cdk8s';
import {
  EgressGateway, ExistingService, ExistingWorkload, ExternalService, GatewayServer, Mesh, MeshDashboard, MeshDashboardProps, MeshGateway, MeshPort,
  ServiceVersion,
} from '../src';
import { find, lookUp, Manifest, synthesize } from './support/manifests';
import { World } from './support/world';

const HOST = 'orders.shop.svc.cluster.local';

/** frontend calls orders, and a bank outside. */
function shop(props: MeshDashboardProps = {}, describe: (world: World) => void = () => undefined): Manifest[] {
  const world = new World();
  const orders = world.service('orders', { ports: [MeshPort.grpc(50051)] });
  const frontend = world.service('frontend');
  frontend.calls(orders, { paths: ['/orders.v1.Orders/Get'] });
  frontend.calls(new ExternalService(world.shop, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)] }), { methods: ['POST'] });
  describe(world);
  new MeshDashboard(world.shop, 'mesh', props);
  return synthesize(world.shop);
}

function dashboardOf(manifests: Manifest[], name: string): any {
  return JSON.parse(find(manifests, 'ConfigMap', name).data[`${name}.json`]);
}

const dashboards = (manifests: Manifest[]) => manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.grafana_dashboard);
const rows = (dashboard: any): string[] => dashboard.panels.filter(({ type }: any) => type === 'row').map(({ title }: any) => title);
const panel = (dashboard: any, id: number): any => dashboard.panels.find((each: any) => each.id === id);
const queries = (dashboard: any, id: number): string[] => panel(dashboard, id).targets.map(({ expr }: any) => expr);
const table = (dashboard: any): string[] => panel(dashboard, 1).options.content.split('\n').slice(2);

test('there is a dashboard for each namespace and each workload, in ConfigMaps that Grafana\'s sidecar finds', () => {
  const manifests = dashboards(shop());

  expect(manifests.map(({ metadata }) => metadata)).toEqual(['mesh.shop', 'mesh.shop.frontend', 'mesh.shop.orders'].map(name => (
    { name, namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', 'grafana_dashboard': '1' } })));
  expect(manifests.map(({ data }) => Object.keys(data))).toEqual([['mesh.shop.json'], ['mesh.shop.frontend.json'], ['mesh.shop.orders.json']]);
});

test('what the sidecar goes by can be another label, and a folder', () => {
  const [{ metadata }] = dashboards(shop({ labels: { grafana_dashboard: 'shop' }, annotations: { grafana_folder: 'Mesh' } }));

  expect(metadata).toMatchObject({ labels: { grafana_dashboard: 'shop' }, annotations: { grafana_folder: 'Mesh' } });
});

test('a service shows who asks it, its versions side by side, and whom it refused', () => {
  const orders = dashboardOf(shop(), 'mesh.shop.orders');

  expect(rows(orders)).toEqual(['Declared calls', `Who asks ${HOST}`, 'Versions side by side', 'Refused']);
  expect(queries(orders, 101)).toEqual([
    `sum by (source_workload_namespace, source_canonical_service) (rate(istio_requests_total{reporter="source",destination_service="${HOST}"}[$__rate_interval]))`,
  ]);
  expect(queries(orders, 201)).toEqual([
    `sum by (destination_canonical_revision) (rate(istio_requests_total{reporter="destination",destination_service="${HOST}"}[$__rate_interval]))`,
  ]);
  expect(queries(orders, 701)[0]).toContain('source_principal!~"spiffe://[^/]+/ns/shop/sa/frontend"');
});

test('a client shows each of its calls, by the name that its proxy has', () => {
  const frontend = dashboardOf(shop(), 'mesh.shop.frontend');

  expect(rows(frontend)).toEqual(['Declared calls', 'Who asks frontend.shop.svc.cluster.local', 'Versions side by side', 'What it calls', 'Refused']);
  expect(queries(frontend, 301)).toEqual(['sum by (destination_service) (rate(istio_requests_total{reporter="source",source_workload_namespace="shop",'
    + 'source_canonical_service="frontend",destination_service=~"api\\\\.bank\\\\.example|orders\\\\.shop\\\\.svc\\\\.cluster\\\\.local"}[$__rate_interval]))']);
  expect(queries(frontend, 303).map(expr => expr.slice(0, 52))).toEqual([
    'histogram_quantile(0.5, sum by (le, destination_serv', 'histogram_quantile(0.99, sum by (le, destination_ser',
  ]);
  expect(panel(frontend, 303).targets.map(({ refId, legendFormat }: any) => `${refId} ${legendFormat}`)).toEqual([
    'A {{destination_service}} p50', 'B {{destination_service}} p99',
  ]);
});

test('the graph stands above, call by call', () => {
  expect(table(dashboardOf(shop(), 'mesh.shop'))).toEqual([
    '| shop/frontend | api.bank.example | http | POST |',
    '| shop/frontend | orders.shop.svc.cluster.local | grpc | `/orders.v1.Orders/Get` |',
  ]);
});

test('a namespace shows its services, its gateways and what it calls outside', () => {
  const manifests = shop({}, (world) => {
    const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
    edge.exposes(world.service('web'), { hosts: ['shop.example.com'] });
  });
  const namespace = dashboardOf(manifests, 'mesh.shop');

  expect(rows(namespace)).toEqual(['Declared calls', 'Services', 'Gateways', 'Outside', 'Refused']);
  expect(queries(namespace, 501)[0]).toContain('source_workload_namespace="shop",source_canonical_service="edge"');
  expect(queries(namespace, 601)[0]).toContain('destination_service="api.bank.example"');
  expect(rows(dashboardOf(manifests, 'mesh.shop.edge'))).toEqual(['Declared calls', 'What it lets in']);
  expect(table(dashboardOf(manifests, 'mesh.shop.edge'))).toEqual(['| shop/edge (gateway) | web.shop.svc.cluster.local | http |  |']);
});

test('a version with an identity of its own calls by itself, and is asked as its service', () => {
  const manifests = shop({}, (world) => {
    const stock = world.service('stock');
    new ServiceVersion(world.shop, 'eu', { service: stock, ownIdentity: true }).calls(world.service('tax'));
  });

  expect(queries(dashboardOf(manifests, 'mesh.shop.stock-eu'), 301)[0]).toContain('source_canonical_service="stock-eu"');
  expect(rows(dashboardOf(manifests, 'mesh.shop.stock'))).toContain('Versions side by side');
});

test('pods whose canonical name is not known are found by their certificate', () => {
  const manifests = shop({}, (world) => {
    new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { instance: 'reports' } }).calls(world.service('stock'));
  });

  expect(queries(dashboardOf(manifests, 'mesh.shop.reports'), 301)[0]).toContain('reporter="destination",source_principal=~"spiffe://[^/]+/ns/shop/sa/reports"');
});

test('of a server that anybody may ask nobody is a stranger', () => {
  const manifests = shop({}, world => new ExistingWorkload(world.app, 'anybody').calls(world.service('stock')));

  expect(dashboardOf(manifests, 'mesh.shop.stock').panels.map(({ id }: any) => id)).not.toContain(701);
  expect(table(dashboardOf(manifests, 'mesh.shop.stock'))).toEqual(['| anybody of the mesh | stock.shop.svc.cluster.local | http |  |']);
});

test('what is called through a gateway of the mesh is what the gateway counts', () => {
  const manifests = shop({}, (world) => {
    const ledger = new ExternalService(world.shop, 'ledger', { host: 'ledger.example.com', ports: [MeshPort.http(80)], through: new EgressGateway(world.shop, 'out') });
    world.service('web').calls(ledger);
  });

  for (const name of ['mesh.shop', 'mesh.shop.web']) {
    expect(queries(dashboardOf(manifests, name), 311)[0]).toContain(
      'reporter="source",source_workload_namespace="shop",source_canonical_service="out",destination_service="ledger.example.com"');
  }
  expect(rows(dashboardOf(manifests, 'mesh.shop.web'))).not.toContain('What it calls');
  expect(queries(dashboardOf(manifests, 'mesh.shop'), 601)[0]).not.toContain('ledger');
});

test('where no request passes there is no dashboard', () => {
  const manifests = shop({}, (world) => {
    world.service('db', { ports: [MeshPort.tcp(5432)] });
  });

  expect(lookUp(manifests, 'ConfigMap', 'mesh.shop.db')).toBeUndefined();
});

test('a dashboard\'s address, its panels\' numbers and the dashboards of others stay when a call is added', () => {
  const before = shop();
  const after = shop({}, world => world.service('web').calls(world.service('stock')));

  for (const name of ['mesh.shop.frontend', 'mesh.shop.orders']) {
    expect(find(after, 'ConfigMap', name)).toEqual(find(before, 'ConfigMap', name));
  }
  const [old, now] = [before, after].map(manifests => dashboardOf(manifests, 'mesh.shop'));
  expect(now.uid).toBe(old.uid);
  expect(now.panels.map(({ id, title }: any) => [id, title])).toEqual(old.panels.map(({ id, title }: any) => [id, title]));
});

test('no statement\'s order matters', () => {
  const described = (turn: (all: (() => void)[]) => (() => void)[]) => {
    const world = new World();
    const [orders, stock, frontend, worker] = ['orders', 'stock', 'frontend', 'worker'].map(name => world.service(name));
    turn([
      () => frontend.calls(orders, { methods: ['GET'] }), () => frontend.calls(stock), () => worker.calls(orders), () => frontend.calls(orders, { methods: ['POST'] }),
      () => new MeshDashboard(world.shop, 'mesh'),
    ]).forEach(statement => statement());
    return dashboards(synthesize(world.shop));
  };

  expect(described(all => [...all].reverse())).toEqual(described(all => all));
});

describe('what Grafana takes', () => {
  const all = dashboards(shop({ title: 'Shop', dataSource: 'prometheus-1' }, (world) => {
    new Mesh(world.app, 'settings', { scrapeInterval: Duration.seconds(45) });
    const web = new Chart(world.app, 'web', { namespace: 'web' });
    new ExistingService(web, 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' } }).calls(world.service('stock'));
  })).map(({ metadata, data }) => JSON.parse(data[`${metadata.name}.json`]));

  test('is an address of its own for each, of at most 40 letters and digits', () => {
    expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
    all.forEach(({ uid }) => expect(uid).toMatch(/^[a-zA-Z0-9_-]{1,40}$/));
  });

  test('is a title of its own for each', () => {
    expect(all.map(({ title }) => title)).toEqual(['Shop: shop', 'Shop: shop/frontend', 'Shop: shop/orders', 'Shop: shop/stock', 'Shop: web/reports'].sort());
  });

  test('are panels with numbers of their own, beside and below each other', () => {
    for (const { panels } of all) {
      expect(new Set(panels.map(({ id }: any) => id)).size).toBe(panels.length);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: any) => Array.from({ length: w * h }, (_, cell) => `${x + cell % w}:${y + Math.floor(cell / w)}`));
      expect(new Set(cells).size).toBe(cells.length);
      panels.forEach(({ gridPos: { x, w } }: any) => expect(Number.isInteger(w) && x + w <= 24).toBe(true));
    }
  });

  test('are queries of the chosen data source, no closer together than the metrics are read', () => {
    for (const { panels, templating } of all) {
      expect(templating.list).toEqual([{
        type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus', current: { selected: true, text: 'prometheus-1', value: 'prometheus-1' },
      }]);
      const graphs = panels.filter(({ type }: any) => type === 'timeseries');
      graphs.forEach(({ datasource, targets }: any) => {
        expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
        targets.forEach((target: any) => expect(target).toMatchObject({ interval: '45s', range: true, datasource }));
      });
    }
  });
});
