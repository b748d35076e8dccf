import { App, Chart, Duration } from 'cdk8s';
import * as fc from 'fast-check';
import { LatencyObjective, MeshAlerts, MeshPort, MeshService, ProxyMonitor, ServiceObjective, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { build } from '../../support/build-app';
import { randomApps } from '../../support/random-app';
import { complaints } from '../support/acceptance';
import { copy, pick, synthesizeApp } from '../support/objects';
import { checkRules, testRules } from '../support/promtool';
import { service } from '../support/stage';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.runPods(false);
  await installOperatorKinds(cluster);
});

afterAll(() => cluster.disconnect());

const AVAILABLE = ServiceObjective.availability(99.9);

function shop(describe: (chart: Chart, orders: MeshService) => void = () => undefined, objective = AVAILABLE): Manifest[] {
  return synthesizeApp((app: App) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const orders = service(chart, 'orders', { ports: [MeshPort.grpc(50051)] });
    service(chart, 'client').calls(orders);
    new MeshAlerts(chart, 'alerts', { objective, labels: { release: 'prometheus' } });
    new ProxyMonitor(chart, 'proxies');
    describe(chart, orders);
  });
}

const HOST = 'orders.stage.svc.cluster.local';
const CALL = `reporter="source",source_workload_namespace="stage",source_canonical_service="client",destination_service="${HOST}"`;
const CRITICAL = { severity: 'critical', server: HOST };
const OF_CALL = { ...CRITICAL, client: 'client', client_namespace: 'stage' };

/** So many requests a minute, each of its own code. */
const requests = (labels: string, codes: { [code: string]: number }, minutes = 180) => (
  Object.fromEntries(Object.entries(codes).map(([code, perMinute]) => {
    const [http, grpc = ''] = code.split('/');
    return [`istio_requests_total{${labels},response_code="${http}",grpc_response_status="${grpc}",pod="a"}`, `0+${perMinute}x${minutes}`];
  }))
);

test('the operator\'s kinds take what is written without a word', async () => {
  expect(await complaints(cluster, shop())).toEqual([]);
});

test.each([
  ['PrometheusRule', 'alerts.stage.orders', (spec: any) => { spec.groups[0].rules[0].expression = 'up'; }],
  ['PodMonitor', 'proxies', (spec: any) => { spec.podMetricsEndpoints[0].interval = '1 minute'; }],
])('a wrong %s would be refused', async (kind, name, spoil) => {
  const wrong = copy(pick(shop(), kind, name));
  spoil(wrong.spec);

  expect((await cluster.apply([wrong])).map(({ ok }) => ok)).toEqual([false]);
});

test('promtool takes the rules, and would say so if it did not', () => {
  expect(checkRules(shop())).toBe('');
  const wrong = shop();
  pick(wrong, 'PrometheusRule', 'alerts.stage.orders').spec.groups[0].rules[0].expr += ')';
  expect(checkRules(wrong)).toContain('unexpected');
});

describe('an alert of a budget of 0.1%', () => {
  const budget = (name: string, codes: { [code: string]: number }, fires: boolean, at = '65m') => test(name, () => {
    const series = requests(CALL, codes);
    expect(testRules(shop(), [
      { series, at, alert: 'MeshCallErrorBudgetBurn', fires: fires ? [OF_CALL, { ...OF_CALL, severity: 'warning' }] : [] },
      { series, at, alert: 'MeshServiceErrorBudgetBurn', fires: fires ? [CRITICAL, { ...CRITICAL, severity: 'warning' }] : [] },
    ])).toBe('');
  });

  budget('fires when 2% of the requests fail for an hour', { 200: 9800, 503: 200 }, true);
  budget('does not when 0.01% do', { 200: 9999, 503: 1 }, false);
  budget('fires when no request is answered', { 0: 100 }, true);
  budget('fires for gRPC, whose failures are answers of 200', { '200/0': 9800, '200/14': 200 }, true);
  budget('does not for what a client does wrong', { '200/0': 5000, '200/7': 2500, '200/5': 2500, '403': 100, '404': 100 }, false);
  budget('does not without requests', { 200: 0 }, false);
});

test('a short outage that is over alerts nobody any more', () => {
  const failed = `istio_requests_total{${CALL},response_code="503",grpc_response_status=""}`;
  const series = { ...requests(CALL, { 200: 9000 }), [failed]: '0+1000x30 30000+0x150' };
  const critical = { alert: 'MeshCallErrorBudgetBurn', fires: [OF_CALL, { ...OF_CALL, severity: 'warning' }] };

  expect(testRules(shop(), [{ ...critical, series, at: '30m' }])).toBe('');
  expect(testRules(shop(), [{ ...critical, series, at: '75m', fires: [{ ...OF_CALL, severity: 'warning' }] }])).toBe('');
});

describe('an alert of 99% within half a second', () => {
  const objective = (within: Duration) => ServiceObjective.of({ availability: 99.9, latency: LatencyObjective.of({ percent: 99, within }) });

  /** So many requests a minute, of each code and HTTP or gRPC alike: how many there were, and how many of them in time. */
  type Codes = { [code: string]: [all: number, inTime: number] };
  const durations = (le: string, codes: Codes) => Object.fromEntries(Object.entries(codes).flatMap(([code, [all, inTime]]) => {
    const [http, grpc = ''] = code.split('/');
    const labels = `${CALL},response_code="${http}",grpc_response_status="${grpc}",pod="a"`;
    return [
      [`istio_request_duration_milliseconds_count{${labels}}`, `0+${all}x180`],
      [`istio_request_duration_milliseconds_bucket{${labels},le="${le}"}`, `0+${inTime}x180`],
      [`istio_request_duration_milliseconds_bucket{${labels},le="+Inf"}`, `0+${all}x180`],
    ];
  }));

  const latency = (name: string, codes: { [code: string]: [number, number] }, fires: boolean, le = '500', within = Duration.millis(500)) => test(name, () => {
    const both = (labels: { [label: string]: string }) => fires ? [labels, { ...labels, severity: 'warning' }] : [];
    const series = durations(le, codes);
    expect(testRules(shop(undefined, objective(within)), [
      { series, at: '65m', alert: 'MeshCallLatencyBudgetBurn', fires: both(OF_CALL) },
      { series, at: '65m', alert: 'MeshServiceLatencyBudgetBurn', fires: both(CRITICAL) },
      { series, at: '65m', alert: 'MeshCallErrorBudgetBurn', fires: [] },
    ])).toBe('');
  });

  latency('fires when a fifth of the requests is slower', { 200: [1000, 800] }, true);
  latency('does not when one of a thousand is', { 200: [1000, 999] }, false);
  latency('fires by the bucket\'s name of Prometheus 3', { 200: [1000, 800] }, true, '500.0');
  latency('does not by that name when they are fast', { 200: [1000, 1000] }, false, '500.0');
  latency('does not when half an hour is enough, by either name', { 200: [1000, 1000] }, false, '1.8e+06', Duration.minutes(30));
  latency('fires when the proxies have no such bucket', { 200: [1000, 1000] }, true, '400');
  latency('does not without requests', { 200: [0, 0] }, false);
  latency('does not for what failed, however slowly, nor for WebSockets', { '503': [500, 0], '0': [500, 0], '101': [500, 0], '200/14': [500, 0], '200/0': [1000, 1000] }, false);
  latency('fires for what a client did wrong, slowly told', { 404: [1000, 0] }, true);
});

test('a slow loss is a warning', () => {
  const series = requests(CALL, { 200: 9960, 503: 40 }, 1500);

  expect(testRules(shop(), [{ series, at: '1440m', alert: 'MeshCallErrorBudgetBurn', fires: [{ ...OF_CALL, severity: 'warning' }] }])).toBe('');
});

test('the alert of a call is about its client alone', () => {
  const series = requests(CALL.replace('"client"', '"other"'), { 503: 100 });

  expect(testRules(shop(), [
    { series, at: '65m', alert: 'MeshCallErrorBudgetBurn', fires: [] },
    { series, at: '65m', alert: 'MeshServiceErrorBudgetBurn', fires: [CRITICAL, { ...CRITICAL, severity: 'warning' }] },
  ])).toBe('');
});

describe('who asks without a declared call', () => {
  const asked = (account: string) => `istio_requests_total{reporter="destination",destination_service="${HOST}",source_principal="spiffe://acme.example/ns/stage/sa/${account}",response_code="200"}`;
  const alert = (account: string) => ({ severity: 'warning', server: HOST, source_principal: `spiffe://acme.example/ns/stage/sa/${account}` });

  test.each([
    ['the first request of a stranger', 'stranger', '_x30 1x30', '35m', true],
    ['one more', 'stranger', '1x30 2x30', '35m', true],
    ['one that was long ago', 'stranger', '_x10 1x120', '90m', false],
    ['whom the call declares', 'client', '_x30 1+1x30', '35m', false],
  ])('%s', (_, account, values, at, fires) => {
    expect(testRules(shop(), [{ series: { [asked(account)]: values }, at, alert: 'MeshUndeclaredCaller', fires: fires ? [alert(account)] : [] }])).toBe('');
  });

  test.each(['istio_requests_total', 'istio_tcp_connections_opened_total'])('what a client\'s proxy has dropped, by %s', (metric) => {
    const series = { [`${metric}{reporter="source",source_workload_namespace="stage",source_canonical_service="client",destination_service_name="BlackHoleCluster"}`]: '_x30 1x30' };
    const fires = [{ severity: 'warning', client: 'client', client_namespace: 'stage', source_canonical_service: 'client' }];

    expect(testRules(shop(), [{ series, at: '35m', alert: 'MeshUndeclaredCall', fires }])).toBe('');
  });
});

test('promtool takes the rules of random apps', () => {
  const all = fc.sample(randomApps(), { numRuns: 60, seed: 20261125 }).filter(({ services, calls, externals }) => services.some(({ ports }) => ports.some(({ protocol }) => protocol === 'http'))
    && !calls.some(({ client, server }) => externals.some(({ key }) => key === server) && services.some(({ key, type }) => key === client && type === 'existing')));
  expect(all.length).toBeGreaterThan(10);
  for (const description of all) {
    expect(checkRules(synthesizeApp((app) => {
      build(app, description);
      new MeshAlerts(new Chart(app, 'alerts', { namespace: 'monitoring' }), 'alerts');
    }))).toBe('');
  }
});
