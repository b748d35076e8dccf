import { App, Chart } from 'cdk8s';
import * as fc from 'fast-check';
import { ExternalService, GatewayServer, MeshDashboard, MeshGateway, MeshPort, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { build } from '../../support/build-app';
import { randomApps } from '../../support/random-app';
import { complaints } from '../support/acceptance';
import { pick, synthesizeApp } from '../support/objects';
import { checkRules, testQueries } from '../support/promtool';
import { service } from '../support/stage';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  await cluster.runPods(false);
});

afterAll(() => cluster.disconnect());

const HOST = 'orders.stage.svc.cluster.local';

const shop = synthesizeApp((app: App) => {
  const chart = new Chart(app, 'stage', { namespace: 'stage' });
  new ZeroTrustNamespace(chart, 'namespace');
  const orders = service(chart, 'orders', { ports: [MeshPort.grpc(50051)] });
  const client = service(chart, 'client');
  client.calls(orders);
  client.calls(new ExternalService(chart, 'bank', { host: 'api.bank.example', ports: [MeshPort.http(80)] }));
  new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] }).exposes(client, { hosts: ['shop.example.com'] });
  new MeshDashboard(chart, 'mesh');
});

/** The queries of all panels, as Prometheus gets them from Grafana. */
function queriesOf(objects: Manifest[]): string[] {
  return objects.filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.grafana_dashboard)
    .flatMap(({ data }) => Object.values(data).flatMap(text => JSON.parse(text as string).panels))
    .flatMap(({ targets = [] }: Manifest) => targets.map(({ expr }: Manifest) => resolved(expr)));
}

function resolved(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m');
}

/** Those of one panel, by its number. */
function panelOf(dashboard: string, id: number): string[] {
  const { panels } = JSON.parse(pick(shop, 'ConfigMap', dashboard).data[`${dashboard}.json`]);
  return panels.find((panel: Manifest) => panel.id === id).targets.map(({ expr }: Manifest) => resolved(expr));
}

const asRules = (queries: string[]): Manifest[] => (
  [{ apiVersion: 'v1', kind: 'PrometheusRule', metadata: { name: 'queries' }, spec: { groups: [{ name: 'queries', rules: queries.map((expr, index) => ({ record: `query_${index}`, expr })) }] } }]
);

test('the API server takes the ConfigMaps without a word', async () => {
  expect(await complaints(cluster, shop)).toEqual([]);
});

test('promtool takes every query, and would say so if it did not', () => {
  const queries = queriesOf(shop);

  expect(queries.length).toBeGreaterThan(30);
  expect(checkRules(asRules(queries))).toBe('');
  expect(checkRules(asRules([`${queries[0]})`]))).toContain('unexpected');
});

test('promtool takes the queries of random apps', () => {
  const all = fc.sample(randomApps(), { numRuns: 25, seed: 20261126 }).filter(({ services, calls, externals }) => services.some(({ ports }) => ports.some(({ protocol }) => protocol === 'http'))
    && !calls.some(({ client, server }) => externals.some(({ key }) => key === server) && services.some(({ key, type }) => key === client && type === 'existing')));
  expect(all.length).toBeGreaterThan(5);
  for (const description of all) {
    const queries = queriesOf(synthesizeApp((app) => {
      build(app, description);
      new MeshDashboard(new Chart(app, 'dashboards', { namespace: 'monitoring' }), 'mesh');
    }));
    expect(queries.length).toBeGreaterThan(0);
    expect(checkRules(asRules(queries))).toBe('');
  }
});

describe('what the panels show', () => {
  const CALL = `reporter="source",source_workload_namespace="stage",source_canonical_service="client",destination_service="${HOST}"`;
  const OTHER = CALL.replace('"client"', '"other"');
  const BY_CLIENT = '{source_workload_namespace="stage", source_canonical_service="client"}';
  const BY_SERVER = `{destination_service="${HOST}"}`;
  const requests = (labels: string, code: string, perMinute: number) => ({ [`istio_requests_total{${labels},${code}}`]: `0+${perMinute}x20` });
  const OK = 'response_code="200",grpc_response_status="0"';
  const UNAVAILABLE = 'response_code="200",grpc_response_status="14"';

  /** Of ten a second, five within 10 ms, nine within 100 and all within 250. */
  const durations = (labels: string) => Object.fromEntries(([['10', 300], ['100', 540], ['250', 600], ['+Inf', 600]] as const).map(([le, perMinute]) => (
    [`istio_request_duration_milliseconds_bucket{${labels},${OK},le="${le}"}`, `0+${perMinute}x20`])));

  test.each([
    ['the requests of each client', 'mesh.stage.orders', 101, 0, { ...requests(CALL, OK, 60), ...requests(CALL, UNAVAILABLE, 60) }, { [BY_CLIENT]: 2 }],
    ['the share of them that failed', 'mesh.stage.orders', 102, 0, { ...requests(CALL, OK, 180), ...requests(CALL, UNAVAILABLE, 60) }, { [BY_CLIENT]: 0.25 }],
    ['all of them, when none succeeds', 'mesh.stage.orders', 102, 0, requests(CALL, UNAVAILABLE, 60), { [BY_CLIENT]: 1 }],
    ['no share without requests', 'mesh.stage.orders', 102, 0, requests(CALL, OK, 0), {}],
    ['how long half of them took', 'mesh.stage.orders', 103, 0, durations(CALL), { [BY_CLIENT]: 10 }],
    ['how long 99 of a hundred took', 'mesh.stage.orders', 103, 1, durations(CALL), { [BY_CLIENT]: 235 }],
    ['a call, and no other client\'s', 'mesh.stage.client', 301, 0, { ...requests(CALL, OK, 60), ...requests(OTHER, OK, 60) }, { [BY_SERVER]: 1 }],
    ['a call that fails', 'mesh.stage.client', 302, 0, { ...requests(CALL, UNAVAILABLE, 60), ...requests(OTHER, OK, 60) }, { [BY_SERVER]: 1 }],
    ['a service, from all of its clients', 'mesh.stage', 401, 0, { ...requests(CALL, OK, 60), ...requests(OTHER, OK, 60) }, { [BY_SERVER]: 2 }],
    ['no service of another name', 'mesh.stage', 401, 0, requests(CALL.replace('orders.stage.svc', 'orders-stage.svc'), OK, 60), {}],
    ['what the gateway lets in', 'mesh.stage.edge', 301, 0, requests(CALL.replace('"client"', '"edge"').replaceAll(HOST, 'client.stage.svc.cluster.local'), OK, 60),
      { '{destination_service="client.stage.svc.cluster.local"}': 1 }],
    ['a gateway beside the services', 'mesh.stage', 501, 0, requests(CALL.replace('"client"', '"edge"'), OK, 60), { '{source_canonical_service="edge"}': 1 }],
    ['what is called outside', 'mesh.stage', 601, 0, requests(CALL.replace(HOST, 'api.bank.example'), OK, 60), { '{destination_service="api.bank.example"}': 1 }],
    ['a stranger', 'mesh.stage.orders', 701, 0, {
      ...requests(`reporter="destination",destination_service="${HOST}",source_principal="spiffe://cluster.local/ns/stage/sa/stranger"`, 'response_code="200"', 60),
      ...requests(`reporter="destination",destination_service="${HOST}",source_principal="spiffe://cluster.local/ns/stage/sa/client"`, 'response_code="200"', 60),
    }, { '{source_principal="spiffe://cluster.local/ns/stage/sa/stranger"}': 1 }],
    ['a refusal', 'mesh.stage.orders', 702, 0, requests(CALL.replace('source"', 'destination"'), 'response_code="403"', 60),
      { '{source_workload_namespace="stage", source_canonical_service="client", response_code="403"}': 1 }],
    ['one over gRPC', 'mesh.stage.orders', 702, 1, requests(CALL.replace('source"', 'destination"'), 'response_code="200",grpc_response_status="7"', 60),
      { '{source_workload_namespace="stage", source_canonical_service="client", grpc_response_status="7"}': 1 }],
    ['what the client\'s own proxy drops', 'mesh.stage.client', 703, 0,
      requests('reporter="source",source_workload_namespace="stage",source_canonical_service="client",destination_service_name="BlackHoleCluster"', 'response_code="502"', 60),
      { '{source_canonical_service="client"}': 1 }],
  ] as const)('%s', (_, dashboard, id, target, series, answers) => {
    const expr = `round(${panelOf(dashboard, id)[target]}, 0.001)`;
    expect(testQueries([{ series, at: '15m', expr, answers: answers as { [labels: string]: number } }])).toBe('');
  });

  test('two versions side by side', () => {
    const version = (revision: string, code: string, perMinute: number) => (
      requests(`reporter="destination",destination_service="${HOST}",destination_canonical_revision="${revision}"`, code, perMinute));
    const series = { ...version('v1', OK, 540), ...version('v2', OK, 30), ...version('v2', UNAVAILABLE, 30) };
    const [rates] = panelOf('mesh.stage.orders', 201);
    const [failed] = panelOf('mesh.stage.orders', 202);
    const of = (v1: number, v2: number) => ({ '{destination_canonical_revision="v1"}': v1, '{destination_canonical_revision="v2"}': v2 });

    expect(testQueries([{ series, at: '15m', expr: rates, answers: of(9, 1) }, { series, at: '15m', expr: failed, answers: of(0, 0.5) }])).toBe('');
  });
});
