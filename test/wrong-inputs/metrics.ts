import { MeshMetric, MeshService, MeshTelemetry, MetricTag, ProxyMetrics, ProxyMetricsOptions } from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const OPERATION = { operation: MetricTag.operation() };
const MANY = Array.from({ length: 101 }, (_, index) => `/path${index}`);
const LONG = `/a/{*}/${'b'.repeat(90)}`;

export const wrongMetrics: WrongInput[] = [
  metered('metrics that say nothing', {}, 'IneffectiveTelemetry', '', '{}', 'Give it tags'),
  metered('no tags for metrics', { tags: {} }, 'EmptyList', 'tags', '{}', 'Leave it out'),
  metered('no metrics that are left out', { disabled: [] }, 'EmptyList', 'disabled', '[]', 'Leave it out'),
  metered('a metric left out twice', { disabled: [MeshMetric.REQUEST_SIZE, MeshMetric.REQUEST_SIZE] }, 'IneffectiveTelemetry', 'disabled[1]', '"REQUEST_SIZE"', 'once'),
  metered('a metric\'s tag with a dash', { tags: { 'my-tag': MetricTag.literal('x') } }, 'InvalidName', 'tags', '"my-tag"', 'operation'),
  metered('a metric\'s tag of a histogram', { tags: { le: MetricTag.literal('x') } }, 'InvalidName', 'tags', '"le"', 'operation'),
  metered('a metric\'s tag that says nothing', { tags: { team: MetricTag.literal('') } }, 'EmptyMatch', 'tags.team', '""', 'letters'),
  metered('a metric\'s tag beyond ASCII', { tags: { team: MetricTag.literal('café') } }, 'EmptyMatch', 'tags.team', '"café"', 'letters'),
  metered('a metric\'s tag of a value that is not set', { tags: { team: MetricTag.literal(`team-${undefined}`) } }, 'UnsetValue', 'tags.team', '"team-undefined"', 'put together'),
  metered('a metric\'s tag of a pseudo header', { tags: { path: MetricTag.header(':path', ['/']) } }, 'InvalidHeader', 'tags.path', '":path"', 'x-tier'),
  metered('a metric\'s tag of any value', { tags: { user: MetricTag.header('x-user', []) } }, 'EmptyList', 'tags.user', '0', 'those that matter'),
  metered('a metric\'s tag of a value twice', { tags: { tier: MetricTag.header('x-tier', ['a', 'a']) } }, 'DuplicateCondition', 'tags.tier[1]', '"a"', 'once'),
  metered('a tag of metrics that are left out', { tags: { tier: MetricTag.header('x-tier', ['a']) }, disabled: [MeshMetric.REQUEST_COUNT, MeshMetric.REQUEST_DURATION] },
    'IneffectiveTelemetry', 'tags.tier', '["REQUEST_COUNT","REQUEST_DURATION"]', 'keep one'),
  metered('operations of all services', { tags: OPERATION }, 'MissingProperty', 'tags.operation', '"operation()"', 'service: orders'),
  operations('operations without declared paths', undefined, 'IneffectiveTelemetry', '"shop/orders"', 'paths'),
  operations('more operations than an expression holds', MANY, 'InvalidPath', '101', '/orders/*'),
  operations('an operation too long for the proxy', [LONG], 'InvalidPath', JSON.stringify(LONG), 'shorter'),
];

function metered(mistake: string, options: ProxyMetricsOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return {
    mistake,
    make: world => new MeshTelemetry(world.shop, 'telemetry', { metrics: ProxyMetrics.of(options) }),
    code,
    path: 'shop/telemetry',
    property: ['metrics', property].filter(Boolean).join('.'),
    received,
    fix: [fix],
  };
}

function operations(mistake: string, paths: string[] | undefined, code: ErrorCode, received: string, fix: string): WrongInput {
  const make = (world: World, orders: MeshService) => {
    world.service('client').calls(orders, { paths });
    new MeshTelemetry(world.shop, 'telemetry', { service: orders, metrics: ProxyMetrics.of({ tags: OPERATION }) });
    world.synth();
  };
  return { mistake, make: world => make(world, world.service('orders')), code, path: 'shop/telemetry', property: 'metrics.tags.operation', received, fix: [fix] };
}
