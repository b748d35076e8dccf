import { App, Chart, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AnalysisMetric, CanaryAnalysis, CanaryEngine, CanaryRelease, CircuitBreaker, ExistingWorkload, MeshService,
  ReleaseAlert, ReleaseGate, ReleaseTest, ZeroTrustNamespace,
} from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { connect, ConnectedCluster } from '../../cluster/remote';
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

interface Cast { chart: Chart; orders: MeshService; client: MeshService; controller: () => ExistingWorkload }

function stage(describe: (cast: Cast) => void): Manifest[] {
  return synthesizeApp((app: App) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const orders = service(chart, 'orders', { circuitBreaker: CircuitBreaker.consecutiveErrors(5), replicas: 4 });
    const client = service(chart, 'client');
    client.calls(orders);
    describe({ chart, orders, client, controller: () => new ExistingWorkload(app, 'controller', { namespace: 'engine', serviceAccount: 'engine' }) });
  });
}

const METRICS = (client: MeshService) => [
  AnalysisMetric.successRate({ atLeast: 99 }), AnalysisMetric.successRate({ atLeast: 99, of: client }),
  AnalysisMetric.latency({ percent: 99, within: Duration.millis(500) }),
  AnalysisMetric.breakerOpenings({ atMost: 0 }), AnalysisMetric.promQl('baskets', 'sum(baskets)', { atLeast: 1, atMost: 9 }),
];
const MINUTE = Duration.minutes(1);

type More = (cast: Cast) => { gates: ReleaseGate[]; alerts: ReleaseAlert[] };

const byController = (engine: (controller: ExistingWorkload) => CanaryEngine, more: More) => stage((cast) => {
  const { chart, orders, client, controller } = cast;
  const tests = [ReleaseTest.acceptance(client, { path: '/accept' }), ReleaseTest.load(client, { path: '/load', metadata: { cmd: 'hey' } })];
  new CanaryRelease(chart, 'orders-release', {
    service: orders,
    image: 'registry.example/orders:2.0.0',
    stages: [0, 5, 50, 100],
    engine: engine(controller()),
    analysis: CanaryAnalysis.every(MINUTE, { metrics: METRICS(client), failureLimit: 2, tests, ...more(cast) }),
  });
});

const FLAGGER = () => byController(controller => CanaryEngine.flagger({ controller }), ({ chart, client }) => ({
  gates: [ReleaseGate.webhook(client, { path: '/approve' }), ReleaseGate.webhook(client, { path: '/promote', before: 100 })],
  alerts: [ReleaseAlert.msTeams, ReleaseAlert.slack, ReleaseAlert.googleChat].map((to, index) => (
    to.call(ReleaseAlert, { channel: 'releases', secret: kplus.Secret.fromSecretName(chart, `secret-${index}`, 'hook') }))),
}));
const ARGO = () => byController(controller => CanaryEngine.argoRollouts({ controller }), ({ client }) => ({
  gates: [ReleaseGate.webhook(client, { path: '/approve' }), ReleaseGate.manual({ before: 50 })],
  alerts: [ReleaseAlert.slack({ channel: 'releases' })],
}));
const COMMITS = (failureLimit = 2) => stage(({ chart, orders, client }) => new CanaryRelease(chart, 'orders-release', {
  service: orders,
  image: 'registry.example/orders:2.0.0',
  stages: [0, 5, 50, 100],
  stage: 1,
  analysis: CanaryAnalysis.every(MINUTE, { metrics: METRICS(client), failureLimit, alerts: [ReleaseAlert.prometheus({ labels: { release: 'prometheus' } })] }),
}));

test.each([['Flagger', FLAGGER], ['Argo Rollouts', ARGO], ['commits', COMMITS]])('the kinds of %s take what is written without a word', async (_, objects) => {
  expect(await complaints(cluster, objects())).toEqual([]);
});

test.each([
  ['Canary', 'orders', FLAGGER, (spec: any) => { spec.analysis.webhooks[0].type = 'confirm'; }],
  ['AlertProvider', 'orders-slack', FLAGGER, (spec: any) => { spec.type = 'mail'; }],
  ['AnalysisTemplate', 'orders-gate-client', ARGO, (spec: any) => { spec.metrics[0].provider.web.timeout = 5; }],
  ['PrometheusRule', 'orders-v2-release', COMMITS, (spec: any) => { spec.groups[0].rules[0].for = '2 minutes'; }],
])('a wrong %s would be refused', async (kind, name, objects, spoil) => {
  const wrong = copy(pick(objects(), kind, name));
  spoil(wrong.spec);

  expect((await cluster.apply([wrong])).map(({ ok }) => ok)).toEqual([false]);
});

test('promtool takes the rules', () => {
  expect(checkRules(COMMITS())).toBe('');
});

describe('an alert for commits of 99%, of which two failed measurements are borne', () => {
  const HOST = 'orders.stage.svc.cluster.local';
  const requests = (version: string, codes: { [code: string]: string }) => Object.fromEntries(Object.entries(codes).map(([code, values]) => [
    `istio_requests_total{reporter="source",destination_service="${HOST}",destination_version="${version}",response_code="${code}",grpc_response_status="",pod="a"}`, values,
  ]));
  const own = { server: HOST, version: 'v2', metric: 'success-rate' };
  const FAILS = { ...own, severity: 'critical' };
  const UNMEASURED = { ...own, severity: 'warning' };
  // Of the metrics of the analysis one alone, so that the others are silent
  const rules = () => {
    const objects = COMMITS();
    const [group] = pick(objects, 'PrometheusRule', 'orders-v2-release').spec.groups;
    group.rules = group.rules.filter(({ labels }: any) => labels.metric === 'success-rate');
    return objects;
  };
  type Firing = { fails?: boolean; unmeasured?: boolean };
  const says = (name: string, series: { [series: string]: string }, at: string, fires: Firing) => test(name, () => {
    expect(testRules(rules(), [
      { series, at, alert: 'ReleaseFails', fires: fires.fails ? [FAILS] : [] },
      { series, at, alert: 'ReleaseUnmeasured', fires: fires.unmeasured ? [UNMEASURED] : [] },
    ])).toBe('');
  });

  says('fires when 2% fail', requests('v2', { 200: '0+980x30', 503: '0+20x30' }), '20m', { fails: true });
  says('does not while two measurements have failed', requests('v2', { 200: '0+980x30', 503: '0+20x30' }), '2m', {});
  says('fires when all fail', requests('v2', { 503: '0+20x30' }), '20m', { fails: true });
  says('does not when 0.5% fail', requests('v2', { 200: '0+995x30', 503: '0+5x30' }), '20m', {});
  says('does not for what the old version does, and says that nothing is measured', requests('v1', { 503: '0+20x30' }), '20m', { unmeasured: true });
  says('takes no request for no measurement', requests('v2', { 200: '5+0x30' }), '20m', { unmeasured: true });
  says('is silent again when it is well', requests('v2', { 200: '0+980x10 9800+1000x30', 503: '0+20x10 200+0x30' }), '35m', {});
});
