import { GatewayServer, MeshGateway, MeshMetric, MeshTelemetry, MetricTag, ProxyMetrics, ProxyMetricsOptions, Rewrite } from '../src';
import { find, synthesize } from './support/manifests';
import { World } from './support/world';

function metricsOf(describe: (world: World) => ProxyMetricsOptions) {
  const world = new World();
  const orders = world.service('orders');
  const options = describe(world);
  new MeshTelemetry(world.shop, 'orders-telemetry', { service: orders, metrics: ProxyMetrics.of(options) });
  return find(synthesize(world.shop), 'Telemetry', 'orders-telemetry').spec;
}

test('operations are named after the paths that callers and gateways declare, and those alone', () => {
  const { selector, metrics } = metricsOf((world) => {
    const [orders, one, other] = [world.shop.node.findChild('orders') as any, world.service('one'), world.service('other')];
    one.calls(orders, { paths: ['/orders/*', '/orders/{*}/items', '/health'] });
    other.calls(orders, { paths: ['/orders/*', '*.html', '*', '/files/{**}'] });
    new MeshGateway(world.chart('edge', 'edge'), 'edge', { servers: [GatewayServer.http(['shop.example.com'])] })
      .exposes(orders, { hosts: ['shop.example.com'], paths: ['/cart'] });
    return { tags: { operation: MetricTag.operation() } };
  });
  const value = [
    'request.url_path == "/health" ? "/health" : ',
    'request.url_path == "/cart" ? "/cart" : ',
    'request.url_path.matches("^/orders/[!-.0-~]+/items$") ? "/orders/{*}/items" : ',
    'request.url_path.startsWith("/orders/") ? "/orders/*" : ',
    'request.url_path.matches("^/files/.*$") ? "/files/{**}" : ',
    'request.url_path.endsWith(".html") ? "*.html" : "other"',
  ].join('');

  expect(selector).toEqual({ matchLabels: { 'service.istio.io/canonical-name': 'orders' } });
  expect(metrics).toEqual([{
    overrides: ['REQUEST_COUNT', 'REQUEST_DURATION'].map(metric => ({ match: { metric, mode: 'SERVER' }, tagOverrides: { operation: { operation: 'UPSERT', value } } })),
  }]);
});

test('a call that is declared later is among them', () => {
  const world = new World();
  const orders = world.service('orders');
  new MeshTelemetry(world.shop, 'orders-telemetry', { service: orders, metrics: ProxyMetrics.of({ tags: { operation: MetricTag.operation() } }) });
  world.service('late').calls(orders, { paths: ['/late'] });

  const [{ overrides: [{ tagOverrides }] }] = find(synthesize(world.shop), 'Telemetry', 'orders-telemetry').spec.metrics;
  expect(tagOverrides.operation.value).toBe('request.url_path == "/late" ? "/late" : "other"');
});

test('of what a gateway rewrites, the operation is that of the path that arrives', () => {
  const world = new World();
  const orders = world.service('orders');
  new MeshTelemetry(world.shop, 'orders-telemetry', { service: orders, metrics: ProxyMetrics.of({ tags: { operation: MetricTag.operation() } }) });
  const edge = new MeshGateway(world.shop, 'edge', { servers: [GatewayServer.http(['shop.example.com'])] });
  edge.exposes(orders, { hosts: ['shop.example.com'], paths: ['/api/orders/*'], rewrite: Rewrite.prefix('/v2') });

  const [{ overrides: [{ tagOverrides }] }] = find(synthesize(world.shop), 'Telemetry', 'orders-telemetry').spec.metrics;
  expect(tagOverrides.operation.value).toBe('request.url_path.startsWith("/v2/") ? "/v2/*" : "other"');
});

test('a header has the values that are named, and two more', () => {
  const { metrics: [{ overrides }] } = metricsOf(() => ({ tags: { tier: MetricTag.header('X-Tier', ['gold', 'sil"ver']) } }));

  expect(overrides.map(({ match }: any) => match)).toEqual([{ metric: 'REQUEST_COUNT' }, { metric: 'REQUEST_DURATION' }]);
  expect(overrides[0].tagOverrides.tier.value).toBe(
    '!("x-tier" in request.headers) ? "none" : request.headers["x-tier"] == "gold" ? "gold" : request.headers["x-tier"] == "sil\\"ver" ? "sil\\"ver" : "other"');
});

test('what is left out, and what is the same in all', () => {
  const { metrics: [{ overrides }] } = metricsOf(() => ({
    tags: { team: MetricTag.literal('shop'), request_protocol: MetricTag.removed(), tier: MetricTag.header('x-tier', ['gold']) },
    disabled: [MeshMetric.RESPONSE_SIZE, MeshMetric.REQUEST_DURATION],
  }));
  const operations = (tags = {}) => Object.values(tags).map(({ operation }: any) => operation);

  expect(overrides.map(({ match, disabled, tagOverrides }: any) => [match.metric, disabled, operations(tagOverrides)])).toEqual([
    ['ALL_METRICS', undefined, ['REMOVE']],
    ['ALL_METRICS', undefined, ['UPSERT']],
    ['REQUEST_COUNT', undefined, ['UPSERT']],
    ['REQUEST_DURATION', true, []],
    ['RESPONSE_SIZE', true, []],
  ]);
});
