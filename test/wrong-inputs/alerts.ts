import { App, Chart, Duration } from 'cdk8s';
import { ExistingService, ExternalService, LatencyObjective, Mesh, MeshAlerts, MeshAlertsProps, MeshPort, ProxyMonitor, ServiceObjective, ServiceVersion } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const ALERTS = 'shop/alerts';
const { availability } = ServiceObjective;
const latency = (percent: number, within: Duration, window?: Duration) => (
  () => ServiceObjective.of({ availability: 99.9, latency: LatencyObjective.of({ percent, within }), window })
);

export const wrongAlerts: WrongInput[] = [
  ...[100, 0, -1, NaN, 100.1].map(percent => objective(`an objective of ${percent} percent`, () => availability(percent), 'InvalidPercent', 'percent', String(percent), '99.9')),
  objective('an objective as a share of 1', () => availability(0.999), 'InvalidPercent', 'percent', '0.999', 'Write 99.9.'),
  objective('so low an objective that an outage is no alert', () => availability(93), 'InvalidPercent', 'percent', '93', 'Promise more'),
  objective('too low an objective for 90 days', () => availability(97.6, { window: Duration.days(90) }), 'InvalidPercent', 'percent', '97.6', 'Promise more'),
  objective('an objective for less than four weeks', () => availability(99.9, { window: Duration.days(27) }), 'InvalidDuration', 'window', '27', 'Duration.days(30)'),
  objective('an objective for more than a quarter', () => availability(99.9, { window: Duration.days(91) }), 'InvalidDuration', 'window', '91', 'Duration.days(30)'),
  objective('an objective for a week', () => availability(99.9, { window: Duration.days(7) }), 'InvalidDuration', 'window', '7', 'Duration.days(30)'),
  objective('an objective for a year', () => availability(99.9, { window: Duration.days(365) }), 'InvalidDuration', 'window', '365', 'Duration.days(30)'),
  objective('an objective for a day and a half more', () => availability(99.9, { window: Duration.hours(732) }), 'InvalidDuration', 'window', '30.5', 'whole days'),
  ...([
    [Duration.millis(300), '"300 ms"', 'Duration.millis(250) or Duration.millis(500)'],
    [Duration.millis(0), '"0 ms"', 'Take Duration.millis(0.5).'],
    [Duration.seconds(2), '"2000 ms"', 'Duration.millis(1000) or Duration.millis(2500)'],
    [Duration.hours(2), '"7200000 ms"', 'Take Duration.millis(3600000).'],
  ] as const).map(([within, received, fix]) => objective(
    `a latency of ${within.toHumanString()}`, latency(99, within), 'InvalidDuration', 'latency.within', received, fix)),
  ...([[100, '99.9'], [0, '99.9'], [NaN, '99.9'], [0.99, 'Write 99.'], [93, 'Promise more']] as const).map(([percent, fix]) => objective(
    `a latency for ${percent} percent`, latency(percent, Duration.seconds(1)), 'InvalidPercent', 'latency.percent', String(percent), fix)),
  objective('too low a latency for 90 days', latency(97, Duration.seconds(1), Duration.days(90)), 'InvalidPercent', 'latency.percent', '97', 'Promise more'),
  objective('a latency with an availability of 100 percent', () => ServiceObjective.of({
    availability: 100, latency: LatencyObjective.of({ percent: 99, within: Duration.seconds(1) }),
  }), 'InvalidPercent', 'availability', '100', '99.9'),
  props('an override whose latency is none', world => ({
    overrides: [{ server: world.service('stock'), objective: latency(99, Duration.millis(1))() },
      { server: world.service('web'), objective: latency(99, Duration.millis(3))() }],
  }),
  'InvalidDuration', 'overrides[1].objective.latency.within', '"3 ms"', 'Duration.millis(1) or Duration.millis(5)'),
  props('overrides of nothing', () => ({ overrides: [] }), 'EmptyList', 'overrides', '[]', 'Leave it out'),
  props('an override for a service of TCP', world => ({
    overrides: [{ server: world.service('db', { ports: [MeshPort.tcp(5432)] }), objective: availability(99) }],
  }), 'NotHttp', 'overrides[0].server', '"shop/db"', 'MeshPort.http()'),
  props('an override for a service of another app', () => ({ overrides: [{ server: new World().service('stock'), objective: availability(99) }] }),
    'OtherApp', 'overrides[0].server', '"shop/stock"', 'what this app describes'),
  props('an override for a client of another app', world => ({
    overrides: [{ server: world.service('stock'), client: new World().service('web'), objective: availability(99) }],
  }), 'OtherApp', 'overrides[0].client', '"shop/web"', 'a workload of this app'),
  props('two overrides for one service', (world) => {
    const server = world.service('stock');
    return { overrides: [{ server, objective: availability(99) }, { server, objective: availability(95) }] };
  }, 'DuplicateName', 'overrides[1]', '"shop/stock"', 'Keep one'),
  props('an override whose objective is none', world => ({ overrides: [{ server: world.service('stock'), objective: availability(100) }] }),
    'InvalidPercent', 'overrides[0].objective.percent', '100', '99.9'),
  props('an override for a call that another one declares', (world) => {
    const server = world.service('stock');
    world.service('mailer').calls(server);
    return { overrides: [{ server, client: world.service('web'), objective: availability(99) }] };
  }, 'UnknownService', 'overrides[0].client', '"shop/web"', 'Declare the call'),
  props('an override for the call of a version that is its service', (world) => {
    const [server, service] = ['stock', 'web'].map(name => world.service(name));
    service.calls(server);
    return { overrides: [{ server, client: new ServiceVersion(world.shop, 'eu', { service }), objective: availability(99) }] };
  }, 'UnknownService', 'overrides[0].client', '"shop/eu"', 'Declare the call'),
  props('an override for a call that nobody declares', world => ({
    overrides: [{ server: world.service('stock'), client: world.service('web'), objective: availability(99) }],
  }), 'UnknownService', 'overrides[0].client', '"shop/web"', 'Declare the call'),
  props('an override for what is outside and not called', world => ({
    overrides: [{ server: new ExternalService(world.shop, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)] }), objective: availability(99) }],
  }), 'UnknownService', 'overrides[0].server', '"shop/bank"', 'Declare the call'),
  props('a label of Kubernetes on an alert', () => ({ alertLabels: { 'app.kubernetes.io/team': 'shop' } }), 'InvalidLabels', 'alertLabels', '"app.kubernetes.io/team"', 'dots or dashes'),
  ...['severity', 'server', 'client', 'client_namespace', 'alertname'].map(label => (
    props(`a label ${label} of your own`, () => ({ alertLabels: { [label]: 'mine' } }), 'ReservedMetadata', 'alertLabels', `"${label}"`, 'another name'))),
  props('a label of Prometheus\' own on an alert', () => ({ alertLabels: { __name__: 'mine' } }), 'InvalidLabels', 'alertLabels', '"__name__"', 'begin with a letter'),
  props('a label that is none', () => ({ labels: { release: 'a b' } }), 'InvalidLabels', 'labels', '{"release":"a b"}', 'at most 63'),
  named('alerts in capitals', (world, id) => new MeshAlerts(world.shop, id), 'Alerts'),
  named('a monitor in capitals', (world, id) => new ProxyMonitor(world.shop, id), 'Proxies'),
  {
    mistake: 'a label of a monitor that is none',
    make: world => new ProxyMonitor(world.shop, 'proxies', { labels: { release: 'a b' } }),
    code: 'InvalidLabels',
    path: 'shop/proxies',
    property: 'labels',
    received: '{"release":"a b"}',
    fix: ['at most 63'],
  },
  {
    mistake: 'two alerts in an app',
    make: (world) => {
      new MeshAlerts(world.shop, 'alerts');
      new MeshAlerts(world.shop, 'more');
    },
    code: 'DuplicateName',
    path: 'shop/more',
    property: 'id',
    received: '"MeshAlerts"',
    fix: ['another name'],
  },
  {
    mistake: 'alerts in a chart without a namespace',
    make: () => new MeshAlerts(new Chart(new App(), 'shop'), 'alerts'),
    code: 'MissingNamespace',
    path: ALERTS,
    property: 'namespace',
    received: 'undefined',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'a monitor in a chart without a namespace',
    make: () => new ProxyMonitor(new Chart(new App(), 'shop'), 'proxies'),
    code: 'MissingNamespace',
    path: 'shop/proxies',
    property: 'namespace',
    received: 'undefined',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'alerts where there is no request',
    make: (world) => {
      world.service('db', { ports: [MeshPort.tcp(5432)] });
      new MeshAlerts(world.shop, 'alerts');
      world.synth();
    },
    code: 'UnknownService',
    path: ALERTS,
    property: 'id',
    received: '"alerts"',
    fix: ['HTTP or gRPC'],
  },
  {
    mistake: 'alerts of metrics that are read every two minutes',
    make: (world) => {
      new Mesh(world.app, 'mesh', { scrapeInterval: Duration.minutes(2) });
      world.service('orders');
      new MeshAlerts(world.shop, 'alerts');
      world.synth();
    },
    code: 'InvalidDuration',
    path: ALERTS,
    property: 'scrapeInterval',
    received: '120',
    fix: ['Duration.seconds(30)'],
  },
  {
    mistake: 'a call to outside of pods that their proxies name otherwise',
    make: (world) => {
      const reports = new ExistingService(world.shop, 'reports', { serviceAccount: 'reports', podLabels: { app: 'reports' } });
      reports.calls(new ExternalService(world.shop, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)], addresses: ['203.0.113.7'] }));
      new MeshAlerts(world.shop, 'alerts');
      world.synth();
    },
    code: 'MissingProperty',
    path: 'shop/reports',
    property: 'podLabels',
    received: '{"app":"reports"}',
    fix: ['service.istio.io/canonical-name'],
  },
  {
    mistake: 'a monitor of nothing',
    make: (world) => {
      new ProxyMonitor(world.shop, 'proxies');
      world.synth();
    },
    code: 'UnknownService',
    path: 'shop/proxies',
    property: 'id',
    received: '"proxies"',
    fix: ['Leave it out'],
  },
  {
    mistake: 'two monitors, which would count each request twice',
    make: (world) => {
      new ProxyMonitor(world.shop, 'proxies');
      new ProxyMonitor(world.shop, 'more');
    },
    code: 'DuplicateName',
    path: 'shop/more',
    property: 'id',
    received: '"more"',
    fix: ['Keep one'],
  },
];

function named(mistake: string, make: (world: World, id: string) => unknown, id: string): WrongInput {
  return { mistake, make: world => make(world, id), code: 'InvalidName', path: `shop/${id}`, property: 'id', received: `"${id}"`, fix: ['lower case'] };
}

function objective(
  mistake: string, value: () => ServiceObjective, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return props(mistake, () => ({ objective: value() }), code, `objective.${property}`, received, fix);
}

function props(
  mistake: string, value: (world: World) => MeshAlertsProps, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      world.service('orders');
      new MeshAlerts(world.shop, 'alerts', value(world));
      world.synth();
    },
    code,
    path: ALERTS,
    property,
    received,
    fix: [fix],
  };
}
