import { App, Chart } from 'cdk8s';
import { MeshAlerts, MeshPort, MeshService, ProxyMonitor, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { synthesizeApp } from '../support/objects';
import { Series, seriesOf, selectorsOf, matches } from '../support/metrics';
import { service, Stage } from '../support/stage';

let stage: Stage;
let rules: Manifest[];
let series: { [workload: string]: Series[] };

const HTTP = 'orders.stage.svc.cluster.local';
const GRPC = 'grpc.stage.svc.cluster.local';

/** `stranger` calls what `client` calls, declared or not. */
function shop(declared: boolean): Manifest[] {
  return synthesizeApp((app: App) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const orders = service(chart, 'orders');
    const grpc = service(chart, 'grpc', { ports: [MeshPort.grpc(50051)] });
    service(chart, 'hidden', { ports: [MeshPort.http(8080), MeshPort.tcp(9999)] });
    const [client, stranger] = ['client', 'stranger'].map(name => service(chart, name, { ports: undefined }));
    const call = (from: MeshService) => [orders, grpc].forEach(server => from.calls(server));
    call(client);
    if (declared) {
      call(stranger);
    }
    new MeshAlerts(chart, 'alerts');
    new ProxyMonitor(chart, 'proxies');
  });
}

/** The network and the stranger's own proxy let it through: the servers' policies alone refuse it, and those count. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await installOperatorKinds(stage.cluster);
  const applied = [...await stage.cluster.apply(shop(true))];
  rules = shop(false).filter(({ kind }) => kind === 'PrometheusRule');
  applied.push(...await stage.cluster.apply(shop(false).filter(({ kind }) => kind === 'AuthorizationPolicy')));
  expect(applied.filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  await stage.cluster.podsReady();
  await stage.cluster.settled();
  for (const from of ['client', 'stranger']) {
    await stage.cluster.send(`stage/${from}`, [
      { url: 'http://orders:8080/orders' },
      { protocol: 'grpc', url: 'grpc:50051', path: '/orders.v1.Orders/Get' },
      { url: 'http://hidden:8080/', timeoutMs: 5000 },
      { protocol: 'tcp', url: 'hidden:9999', body: 'PING', timeoutMs: 5000 },
    ]);
  }
  await stage.cluster.send('stage/client', [
    { url: 'http://orders:8080/orders', headers: { 'x-echo-status': '503' } },
    { protocol: 'grpc', url: 'grpc:50051', path: '/orders.v1.Orders/Get', headers: { 'x-echo-status': '14' } },
  ]);
  await new Promise(resolve => setTimeout(resolve, 6000)); // connections are counted every five seconds
  series = Object.fromEntries(await Promise.all(['client', 'stranger', 'orders', 'grpc'].map(async (name) => (
    [name, seriesOf(await stage.cluster.admin(`stage/${name}`, '/stats/prometheus'))]))));
}, 180_000);

afterAll(() => stage.cluster.disconnect());

const ofAlert = (alert: string) => rules.flatMap(({ spec }) => spec.groups).flatMap(({ rules: all }) => all).filter((rule: Manifest) => rule.alert === alert);
const all = () => Object.values(series).flat();

test('every selector of a budget finds a series of the proxies', () => {
  const recorded = rules.filter(({ metadata }) => !metadata.name.endsWith('.hidden')).flatMap(({ spec }) => spec.groups)
    .flatMap((group: Manifest) => group.rules).filter(({ record }: Manifest) => record?.endsWith('requests:rate5m'));
  const selectors = recorded.flatMap(({ expr }: Manifest) => selectorsOf(expr));

  expect(recorded).toHaveLength(2 * 4);
  expect(selectors.filter(selector => !all().some(each => matches(each, selector)))).toEqual([]);
});

test('what failed is seen by its code, over gRPC by that of gRPC alone', () => {
  const codes = (host: string) => series.client.filter(({ name, labels }) => name === 'istio_requests_total' && labels.destination_service === host)
    .map(({ labels }) => `${labels.response_code}/${labels.grpc_response_status}`).sort();

  expect(codes(HTTP)).toEqual(['200/', '503/']);
  expect(codes(GRPC)).toEqual(['200/0', '200/14']);
});

test.each([[HTTP, 'orders'], [GRPC, 'grpc']])('who asks %s without a declared call is counted there by its identity, and nobody else is', (host, workload) => {
  const [rule] = ofAlert('MeshUndeclaredCaller').filter((each: Manifest) => each.labels.server === host);
  const found = series[workload].filter(each => selectorsOf(rule.expr).some(selector => matches(each, selector)));

  expect(found.map(({ labels }) => labels.source_principal)).toEqual(['spiffe://cluster.local/ns/stage/sa/stranger']);
});

test.each(['client', 'stranger'])('what %s sends to whom it has not declared is counted by its own proxy, requests and connections', (name) => {
  const [rule] = ofAlert('MeshUndeclaredCall').filter((each: Manifest) => each.labels.client === name);
  const found = series[name].filter(each => selectorsOf(rule.expr).some(selector => matches(each, selector)));

  expect([...new Set(found.map(each => each.name))].sort()).toEqual(['istio_requests_total', 'istio_tcp_connections_opened_total']);
});

test('the port that the monitor names is one of the proxy\'s', async () => {
  const pods = await stage.cluster.list('v1', 'Pod', 'stage');
  const ports = pods.map(({ spec, metadata }) => ({
    named: [...spec.initContainers ?? [], ...spec.containers].flatMap((container: Manifest) => container.ports ?? []).filter(({ name }: Manifest) => name === 'http-envoy-prom').length,
    labelled: metadata.labels['service.istio.io/canonical-name'] !== undefined,
  }));

  expect(ports).toEqual(pods.map(() => ({ named: 1, labelled: true })));
});
