import { ApiObject, Chart, Duration } from 'cdk8s';
import {
  ExistingService, ExistingWorkload, ExternalService, Mesh, MeshAlerts, MeshAlertsProps, MeshPort, MeshService, ProxyMonitor, ServiceObjective,
  ServiceVersion, VirtualMachine, VirtualMachineService,
} from '../src';
import { find, lookUp, Manifest, synthesize, synthesizeApp } from './support/manifests';
import { World } from './support/world';

const HOST = 'orders.shop.svc.cluster.local';

/** frontend calls orders. */
function shop(props: MeshAlertsProps = {}, describe: (world: World) => void = () => undefined): Manifest[] {
  const world = new World();
  const orders = world.service('orders', { ports: [MeshPort.grpc(50051)] });
  world.service('frontend').calls(orders);
  describe(world);
  new MeshAlerts(world.shop, 'alerts', props);
  return synthesize(world.shop);
}

const groupsOf = (manifests: Manifest[], workload: string): any[] => find(manifests, 'PrometheusRule', `alerts.shop.${workload}`).spec.groups;
const rulesOf = (manifests: Manifest[], workload: string, group: string): any[] => (
  groupsOf(manifests, workload).find(({ name }) => name === group).rules
);
const COMPARISON = /rate(\w+)\{[^}]*\} > ([\d.e-]+)/g;
const thresholds = (rules: any[]) => rules.filter(({ alert }) => alert)
  .flatMap(({ expr }) => [...expr.matchAll(COMPARISON)].map(([, window, value]: string[]) => `${window} ${value}`));

test('a service has a group of its own, and one for each call', () => {
  expect(groupsOf(shop(), 'frontend').map(({ name }) => name)).toEqual(['shop/frontend', `shop/frontend -> ${HOST}`, 'shop/frontend refusals']);
  expect(groupsOf(shop(), 'orders').map(({ name }) => name)).toEqual(['shop/orders', 'shop/orders refusals']);
});

test('an alert fires at the rates of the workbook: 14.4, 6, 3 and 1 times what would last for 30 days', () => {
  expect(thresholds(rulesOf(shop(), 'orders', 'shop/orders'))).toEqual([
    '1h 0.0144', '5m 0.0144', '6h 0.006', '30m 0.006', '1d 0.003', '2h 0.003', '3d 0.001', '6h 0.001',
  ]);
});

test('of a longer window the same share of the budget is used up faster', () => {
  const objective = ServiceObjective.availability(99, { window: Duration.days(60) });

  expect(thresholds(rulesOf(shop({ objective }), 'orders', 'shop/orders'))).toEqual([
    '1h 0.288', '5m 0.288', '6h 0.12', '30m 0.12', '1d 0.06', '2h 0.06', '3d 0.02', '6h 0.02',
  ]);
});

/** Of Prometheus' own language: promtool runs these in the acceptance tests, here every word has its place. */
describe('the rules of a call', () => {
  const labels = { client: 'frontend', client_namespace: 'shop', server: HOST };
  const recorded = (what: string) => `mesh_call:${what}{client="frontend",client_namespace="shop",server="${HOST}"}`;
  const asked = (more = '') => 'sum(rate(istio_requests_total{reporter="source",source_workload_namespace="shop",source_canonical_service="frontend",'
    + `destination_service="${HOST}"${more}}[5m]))`;
  const rules = (props: MeshAlertsProps = {}) => rulesOf(shop(props), 'frontend', `shop/frontend -> ${HOST}`);

  test('record what was asked, and of that what had no good answer, over HTTP or gRPC: all where nothing had', () => {
    expect(rules().slice(0, 2)).toEqual([
      { record: 'mesh_call:requests:rate5m', expr: asked(), labels },
      {
        record: 'mesh_call:failed_requests:rate5m',
        expr: `${asked()} - (${asked(',response_code!~"0|5..",grpc_response_status!~"2|4|13|14|15"')} or 0 * ${asked()})`,
        labels,
      },
    ]);
  });

  test('record the share of failures, over each window that an alert compares', () => {
    const over = (what: string, window: string) => `sum_over_time(${recorded(`${what}:rate5m`)}[${window}])`;

    expect(rules().slice(2, -2)).toEqual([
      { record: 'mesh_call:failed_requests:ratio_rate5m', expr: `${recorded('failed_requests:rate5m')} / ${recorded('requests:rate5m')}`, labels },
      ...['30m', '1h', '2h', '6h', '1d', '3d'].map(window => ({
        record: `mesh_call:failed_requests:ratio_rate${window}`, expr: `${over('failed_requests', window)} / ${over('requests', window)}`, labels,
      })),
    ]);
  });

  test('fire when both windows of a pair are above, the long one for what was lost and the short one because it goes on', () => {
    const pair = (threshold: number, ...windows: string[]) => `(${windows.map(window => `${recorded(`failed_requests:ratio_rate${window}`)} > ${threshold}`).join(' and ')})`;
    const annotations = {
      summary: `The call of shop/frontend to ${HOST} uses up its error budget too fast.`,
      description: '{{ $value | humanizePercentage }} of the requests fail; over 60 days 0.1% may.',
    };

    expect(rules({ objective: ServiceObjective.availability(99.9, { window: Duration.days(60) }), alertLabels: { team: 'shop' } }).slice(-2)).toEqual([
      {
        alert: 'MeshCallErrorBudgetBurn',
        expr: `${pair(0.0288, '1h', '5m')} or ${pair(0.012, '6h', '30m')}`,
        labels: { team: 'shop', ...labels, severity: 'critical' },
        annotations,
      },
      {
        alert: 'MeshCallErrorBudgetBurn',
        expr: `${pair(0.006, '1d', '2h')} or ${pair(0.002, '3d', '6h')}`,
        labels: { team: 'shop', ...labels, severity: 'warning' },
        annotations,
      },
    ]);
  });

  test('are those of a service but for its name, its labels and the requests that are meant', () => {
    const own = rulesOf(shop(), 'orders', 'shop/orders');
    const asService = (text: string) => text.replaceAll('mesh_call', 'mesh_service').replaceAll('client="frontend",client_namespace="shop",', '')
      .replaceAll('source_workload_namespace="shop",source_canonical_service="frontend",', '');

    expect(own.map(({ record, alert }) => record ?? alert)).toEqual(rules().map(({ record }) => record ? asService(record) : 'MeshServiceErrorBudgetBurn'));
    expect(own.map(({ expr }) => expr)).toEqual(rules().map(({ expr }) => asService(expr)));
    expect(own.map(({ labels: { severity, ...others } }) => others)).toEqual(own.map(() => ({ server: HOST })));
    expect(own.at(-1).annotations.summary).toContain('shop/orders uses up');
  });
});

/** At 14.4 times a budget of 1 / 14.4 every request fails, and no share of failures is above that. */
test.each([[28, 92.5, 92.6], [30, 93, 93.1], [90, 97.6, 97.7]])('within %i days a complete outage is no alert at %d%%, and one at %d%%', (days, silent, least) => {
  const promised = (percent: number) => () => shop({ objective: ServiceObjective.availability(percent, { window: Duration.days(days) }) });

  expect(promised(silent)).toThrow('InvalidPercent');
  expect(promised(least)).not.toThrow();
});

test('a promise may be in percent down to where it would be a share of 1, and as close to 100 as one likes', () => {
  const [description] = rulesOf(shop({ objective: ServiceObjective.availability(99.999) }), 'orders', 'shop/orders').slice(-1).map(({ annotations }) => annotations.description);

  expect(description).toContain('over 30 days 0.001% may');
});

test('the proxies\' series are read over five minutes alone: longer windows are sums of two recorded series', () => {
  const raw = groupsOf(shop({ refusals: false }), 'frontend').flatMap(({ rules }) => rules).filter(({ expr }: any) => expr.includes('istio_'));

  expect(raw.map(({ record }: any) => record)).toEqual([
    'mesh_service:requests:rate5m', 'mesh_service:failed_requests:rate5m', 'mesh_call:requests:rate5m', 'mesh_call:failed_requests:rate5m',
  ]);
  expect(raw.flatMap(({ expr }: any) => expr.match(/\[\w+\]/g)).every((window: string) => window === '[5m]')).toBe(true);
});

test('a service is measured by all of its clients, a call by one', () => {
  const [ofService] = rulesOf(shop(), 'orders', 'shop/orders');
  const [ofCall] = rulesOf(shop(), 'frontend', `shop/frontend -> ${HOST}`);

  expect(ofService.expr).toBe(`sum(rate(istio_requests_total{reporter="source",destination_service="${HOST}"}[5m]))`);
  expect(ofCall.expr).toBe('sum(rate(istio_requests_total{reporter="source",source_workload_namespace="shop",source_canonical_service="frontend",'
    + `destination_service="${HOST}"}[5m]))`);
  expect(ofCall.labels).toEqual({ client: 'frontend', client_namespace: 'shop', server: HOST });
});

test('the objective of a call goes before that of its server, and that before the common one', () => {
  const world = new World();
  const [orders, stock] = ['orders', 'stock'].map(name => world.service(name));
  const frontend = world.service('frontend');
  const worker = world.service('worker', { ports: undefined });
  [frontend, worker].forEach(client => [orders, stock].forEach(server => client.calls(server)));
  new MeshAlerts(world.shop, 'alerts', {
    objective: ServiceObjective.availability(99),
    overrides: [
      { server: orders, objective: ServiceObjective.availability(99.9) },
      { server: orders, client: worker, objective: ServiceObjective.availability(95) },
    ],
  });
  const manifests = synthesize(world.shop);
  const budget = (workload: string, group: string) => thresholds(rulesOf(manifests, workload, group)).at(-1);

  expect(budget('orders', 'shop/orders')).toBe('6h 0.001');
  expect(budget('frontend', `shop/frontend -> ${HOST}`)).toBe('6h 0.001');
  expect(budget('worker', `shop/worker -> ${HOST}`)).toBe('6h 0.05');
  expect(budget('worker', 'shop/worker -> stock.shop.svc.cluster.local')).toBe('6h 0.01');
});

test('an override may be for what is only called, for what nobody calls, and for several servers', () => {
  const world = new World();
  const bank = new ExternalService(world.shop, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)] });
  world.service('payments').calls(bank);
  const frontend = world.service('frontend');
  new MeshAlerts(world.shop, 'alerts', {
    overrides: [{ server: bank, objective: ServiceObjective.availability(98) }, { server: frontend, objective: ServiceObjective.availability(97) }],
  });
  const manifests = synthesize(world.shop);
  const budget = (workload: string, group: string) => thresholds(rulesOf(manifests, workload, group)).at(-1);

  expect(budget('payments', 'shop/payments -> api.bank.example')).toBe('6h 0.02');
  expect(budget('frontend', 'shop/frontend')).toBe('6h 0.03');
  expect(budget('payments', 'shop/payments')).toBe('6h 0.001');
});

test('who has nothing to tell has no object', () => {
  const manifests = shop({ refusals: false }, (world) => {
    world.service('mailer', { ports: undefined });
    world.service('db', { ports: [MeshPort.tcp(5432)] });
  });

  expect(manifests.filter(({ kind }) => kind === 'PrometheusRule').map(({ metadata }) => metadata.name)).toEqual(['alerts.shop.frontend', 'alerts.shop.orders']);
});

test('every synthesis writes what is declared by then, once', () => {
  const world = new World();
  const [orders, stock] = ['orders', 'stock'].map(name => world.service(name));
  const frontend = world.service('frontend');
  frontend.calls(orders);
  new MeshAlerts(world.shop, 'alerts');
  const groups = () => groupsOf(synthesize(world.shop), 'frontend').map(({ name }) => name);
  expect(groups()).toEqual(['shop/frontend', `shop/frontend -> ${HOST}`, 'shop/frontend refusals']);

  frontend.calls(stock);

  expect(groups()).toEqual(['shop/frontend', `shop/frontend -> ${HOST}`, 'shop/frontend -> stock.shop.svc.cluster.local', 'shop/frontend refusals']);
});

test('calls of several methods and ports to one server are one group, and those over TCP none', () => {
  const manifests = shop({}, (world) => {
    const stock = world.service('stock', { ports: [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' }), MeshPort.tcp(9999)] });
    const mailer = world.service('mailer', { ports: undefined });
    mailer.calls(stock, { port: 'http', paths: ['/a'] });
    mailer.calls(stock, { port: 'http', paths: ['/b'] });
    mailer.calls(stock, { port: 'http-admin' });
    world.service('db-client', { ports: undefined }).calls(stock, { port: 'tcp' });
  });

  expect(groupsOf(manifests, 'mailer').map(({ name }) => name)).toEqual(['shop/mailer -> stock.shop.svc.cluster.local', 'shop/mailer refusals']);
  expect(groupsOf(manifests, 'db-client').map(({ name }) => name)).toEqual(['shop/db-client refusals']);
});

test('a version with an identity of its own has alerts of its own, and one without is its service', () => {
  const manifests = shop({}, (world) => {
    const stock = world.service('stock');
    const own = new ServiceVersion(world.shop, 'eu', { service: stock, ownIdentity: true });
    own.calls(world.service('tax'));
    new ServiceVersion(world.shop, 'us', { service: stock });
  });

  expect(rulesOf(manifests, 'stock-eu', 'shop/stock-eu -> tax.shop.svc.cluster.local')[0].expr).toContain('source_canonical_service="stock-eu"');
  expect(lookUp(manifests, 'PrometheusRule', 'alerts.shop.stock-us')).toBeUndefined();
});

test('a version that is its service takes none of the service\'s alerts, whichever stands first in the app', () => {
  const world = new World();
  const service = new MeshService(world.chart('late', 'shop'), 'orders', { image: 'orders:1', ports: [MeshPort.http(8080)] });
  new ServiceVersion(world.shop, 'eu', { service });
  new MeshAlerts(world.shop, 'alerts');

  expect(groupsOf(synthesizeApp(world.app), 'orders').map(({ name }) => name)).toEqual(['shop/orders', 'shop/orders refusals']);
});

test('pods whose canonical name is not known are measured by their certificate, where they ask', () => {
  const world = new World();
  const reports = new ExistingService(world.shop, 'reports', { serviceAccount: 'reports.web', podLabels: { instance: 'reports' } });
  reports.calls(world.service('orders'));
  new MeshAlerts(world.shop, 'alerts');

  expect(rulesOf(synthesize(world.shop), 'reports', `shop/reports -> ${HOST}`)[0].expr).toBe(
    `sum(rate(istio_requests_total{reporter="destination",source_principal=~"spiffe://[^/]+/ns/shop/sa/reports[.]web",destination_service="${HOST}"}[5m]))`);
});

test('what is outside has alerts for the calls of it', () => {
  const manifests = shop({}, (world) => {
    const bank = new ExternalService(world.shop, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)] });
    world.service('payments').calls(bank);
  });

  expect(rulesOf(manifests, 'payments', 'shop/payments -> api.bank.example')[0].expr).toContain('destination_service="api.bank.example"');
});

describe('undeclared callers', () => {
  const callers = (manifests: Manifest[]) => rulesOf(manifests, 'orders', 'shop/orders refusals').find(({ alert }) => alert === 'MeshUndeclaredCaller');
  const asked = (others: string) => `istio_requests_total{reporter="destination",destination_service="${HOST}"${others}}`;
  const news = (series: string) => `sum by (source_principal) (increase(${series}[10m])) > 0 or sum by (source_principal) (${series} unless ${series} offset 10m) > 0`;

  test('are told by the server\'s proxy: who has begun to ask, or asked once more', () => {
    const series = asked(',source_principal!~"spiffe://[^/]+/ns/shop/sa/frontend"');

    expect(callers(shop({ alertLabels: { team: 'shop' } }))).toEqual({
      alert: 'MeshUndeclaredCaller',
      expr: news(series),
      labels: { team: 'shop', severity: 'warning', server: HOST },
      annotations: {
        summary: `Somebody whose call is not declared asks ${HOST}.`,
        description: 'Requests of {{ $labels.source_principal }} were refused. Declare the call, or find out who asks.',
      },
    });
  });

  test('are all, where no call is declared, or none with requests', () => {
    const world = new World();
    const orders = world.service('orders', { ports: [MeshPort.http(8080), MeshPort.tcp(5432)] });
    world.service('batch', { ports: undefined }).calls(orders, { port: 'tcp' });
    new MeshAlerts(world.shop, 'alerts');

    expect(callers(synthesize(world.shop)).expr).toBe(news(asked('')));
  });

  test('are no proxies that send spans there, which the policy lets in by themselves', () => {
    const world = new World();
    const collector = world.service('orders', { ports: [MeshPort.grpc(4317)] });
    const mesh = new Mesh(world.app, 'mesh');
    world.service('frontend');
    new MeshAlerts(world.shop, 'alerts');
    mesh.proxiesCall(collector);
    const manifests = synthesize(world.shop);

    expect(find(manifests, 'AuthorizationPolicy', 'orders').spec.rules[0].from).toEqual([{ source: { principals: ['cluster.local/ns/shop/sa/frontend'] } }]);
    expect(callers(manifests).expr).toBe(news(asked(',source_principal!~"spiffe://[^/]+/ns/shop/sa/frontend"')));
  });

  test('are all but the identities that are declared, from other apps too', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('frontend').calls(orders);
    new ExistingWorkload(world.app, 'ingress', { namespace: 'istio-ingress', serviceAccount: 'ingress' }).calls(orders);
    new ExistingWorkload(world.app, 'tools', { namespace: 'tools' }).calls(orders);
    new MeshAlerts(world.shop, 'alerts');

    expect(callers(synthesize(world.shop)).expr).toContain(
      'source_principal!~"spiffe://[^/]+/ns/istio-ingress/sa/ingress|spiffe://[^/]+/ns/shop/sa/frontend|spiffe://[^/]+/ns/tools/sa/.+"');
  });

  test('are none where anybody of the mesh may ask', () => {
    const world = new World();
    const orders = world.service('orders');
    world.service('frontend').calls(orders);
    new ExistingWorkload(world.app, 'anybody').calls(orders);
    new MeshAlerts(world.shop, 'alerts');

    expect(callers(synthesize(world.shop))).toBeUndefined();
  });

  test('are not told when that is not wanted', () => {
    expect(groupsOf(shop({ refusals: false }), 'orders').map(({ name }) => name)).toEqual(['shop/orders']);
  });
});

test('an undeclared call is told by the client\'s own proxy, of requests and of connections', () => {
  const alert = rulesOf(shop({ alertLabels: { team: 'shop' } }), 'frontend', 'shop/frontend refusals').find(each => each.alert === 'MeshUndeclaredCall');
  const news = ['istio_requests_total', 'istio_tcp_connections_opened_total'].map((metric) => {
    const series = `${metric}{reporter="source",source_workload_namespace="shop",source_canonical_service="frontend",destination_service_name="BlackHoleCluster"}`;
    return `sum by (source_canonical_service) (increase(${series}[10m])) > 0 or sum by (source_canonical_service) (${series} unless ${series} offset 10m) > 0`;
  });

  expect(alert).toMatchObject({ expr: news.join(' or '), labels: { team: 'shop', severity: 'warning', client: 'frontend', client_namespace: 'shop' } });
  expect(alert.annotations.summary).toBe('shop/frontend calls what it has not declared.');
});

test('calls that are declared after the alerts have theirs too, and in no order that matters', () => {
  const described = (first: boolean) => {
    const world = new World();
    const alerts = () => new MeshAlerts(world.shop, 'alerts');
    if (first) {
      alerts();
    }
    const names = ['orders', 'stock', 'frontend'];
    const services = new Map((first ? names : [...names].reverse()).map(name => [name, world.service(name)]));
    (first ? ['orders', 'stock'] : ['stock', 'orders']).forEach(name => services.get('frontend')!.calls(services.get(name)!));
    if (!first) {
      alerts();
    }
    return synthesize(world.shop).filter(({ kind }) => kind === 'PrometheusRule');
  };

  expect(described(true)).toEqual(described(false));
  expect(described(true)).toHaveLength(3);
});

test('what a Prometheus and its Alertmanager go by stands on every object and every alert', () => {
  const manifests = shop({ labels: { release: 'prometheus' }, alertLabels: { team: 'shop' } });
  const rules = manifests.filter(({ kind }) => kind === 'PrometheusRule');

  expect(rules.map(({ metadata }) => metadata.labels)).toEqual(Array(2).fill({ 'app.kubernetes.io/managed-by': 'cdk8s-mesh', 'release': 'prometheus' }));
  const alerts = rules.flatMap(({ spec }) => spec.groups).flatMap(({ rules: all }: any) => all).filter(({ alert }: any) => alert);
  expect(new Set(alerts.map(({ labels }: any) => labels.team))).toEqual(new Set(['shop']));
});

test.each(['PrometheusRule alerts.shop.orders', 'PodMonitor proxies'])('a %s of the user\'s own is told that it is one of ours', (object) => {
  const [kind, name] = object.split(' ');
  expect(() => shop({}, ({ shop: chart }) => {
    new ProxyMonitor(chart, 'proxies');
    new ApiObject(chart, 'mine', { apiVersion: 'monitoring.coreos.com/v1', kind, metadata: { name } });
  })).toThrow('DuplicateName');
});

test('metrics that are read every 75 seconds are enough, as the docs say', () => {
  expect(() => shop({}, ({ app }) => void new Mesh(app, 'mesh', { scrapeInterval: Duration.seconds(75) }))).not.toThrow();
  expect(() => shop({}, ({ app }) => void new Mesh(app, 'mesh', { scrapeInterval: Duration.seconds(76) }))).toThrow('InvalidDuration');
});

test('the proxies of every namespace with pods of the app are read, as often as the Mesh says', () => {
  const world = new World();
  new Mesh(world.app, 'mesh', { scrapeInterval: Duration.seconds(15), clusterDomain: 'acme.example' });
  world.service('orders');
  // Neither in the order of their names, nor with those of machines, which are no pods
  for (const namespace of ['web', 'audit']) {
    new ExistingService(new Chart(world.app, namespace, { namespace }), 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' } });
  }
  new VirtualMachineService(new Chart(world.app, 'machines', { namespace: 'machines' }), 'billing', { machines: [VirtualMachine.at('10.8.0.7')] });
  new ProxyMonitor(world.shop, 'proxies', { labels: { release: 'prometheus' } });

  expect(find(synthesize(world.shop), 'PodMonitor', 'proxies')).toEqual({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name: 'proxies', namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'cdk8s-mesh', 'release': 'prometheus' } },
    spec: {
      namespaceSelector: { matchNames: ['audit', 'shop', 'web'] },
      selector: { matchExpressions: [{ key: 'service.istio.io/canonical-name', operator: 'Exists' }] },
      podMetricsEndpoints: [{ port: 'http-envoy-prom', path: '/stats/prometheus', interval: '15s' }],
    },
  });
});
