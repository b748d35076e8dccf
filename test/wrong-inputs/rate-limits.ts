import { Duration } from 'cdk8s';
import {
  ExistingWorkload, LimitKey, LocalRateLimit, LocalRateLimitProps, MeshPort, Rate, RateLimit, RateLimitOptions, RouteMatch, StringMatch,
} from '../../src';
import { ErrorCode } from '../../src/diagnostics/error-codes';
import { World } from '../support/world';
import { WrongInput } from '../support/wrong-input';

const RATE = Rate.perSecond(10);

function wrong(
  mistake: string, props: (world: World) => Partial<LocalRateLimitProps>, code: ErrorCode, property: string, received: string, fix: string,
  ports = [MeshPort.http(8080)],
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const { service = world.service('orders', { ports }), ...rest } = props(world);
      new LocalRateLimit(world.shop, 'limit', { service, limits: [RateLimit.of(RATE)], ...rest });
      world.synth();
    },
    code,
    path: 'shop/limit',
    property,
    received,
    fix: [fix],
  };
}

function limit(mistake: string, options: (world: World) => RateLimitOptions, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return wrong(mistake, world => ({ limits: [RateLimit.of(RATE), RateLimit.of(RATE, options(world))] }), code, `limits[1].${property}`, received, fix);
}

function rate(mistake: string, value: () => Rate, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return wrong(mistake, () => ({ limits: [RateLimit.of(value())] }), code, `limits[0].rate.${property}`, received, fix);
}

const TWO = [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })];

export const wrongRateLimits: WrongInput[] = [
  wrong('no limits', () => ({ limits: [] }), 'EmptyList', 'limits', '[]', 'at least one RateLimit'),
  wrong('a limit of the requests of a port that shows none', () => ({}), 'NotHttp', 'port', '"tcp"', 'MeshPort.http()', [MeshPort.tcp(9000)]),
  wrong('a limit by name of a port that shows no requests', () => ({ port: 'tcp' }), 'NotHttp', 'port', '"tcp"', 'MeshPort.http()',
    [MeshPort.http(8080), MeshPort.tcp(9000)]),
  wrong('a limit of two ports at once', () => ({}), 'AmbiguousPort', 'port', 'undefined', 'port: \'http\'', TWO),
  wrong('a limit of a port that is not there', () => ({ port: 'admin' }), 'UnknownPort', 'port', '"admin"', 'http-admin', TWO),
  wrong('a limit of a worker', world => ({ service: world.service('mailer', { ports: undefined }) }), 'NotCallable', '', '"shop/mailer"', 'ports'),
  wrong('a limit of another app\'s service', () => ({ service: new World().service('orders') }), 'OtherApp', 'service', '"shop/orders"', 'that describes the service'),
  wrong('an answer with a header of the proxy\'s', () => ({ answerHeaders: { 'x-ratelimit-limit': '10' } }),
    'InvalidHeader', 'answerHeaders.x-ratelimit-limit', '"x-ratelimit-limit"', 'retry-after'),
  wrong('an answer with a pseudo-header', () => ({ answerHeaders: { ':status': '503' } }), 'InvalidHeader', 'answerHeaders.:status', '":status"', 'no colon'),
  wrong('an answer with a header of nothing', () => ({ answerHeaders: { 'retry-after': '' } }), 'InvalidHeader', 'answerHeaders.retry-after', '""', 'name it in remove'),
  wrong('an answer in a dry run', () => ({ answerHeaders: { 'retry-after': '1' }, dryRun: true }), 'IneffectiveLimit', 'answerHeaders', '{"retry-after":"1"}', 'Leave one of them out'),
  wrong('buckets for values that no limit has', () => ({ rememberedValues: 5 }), 'IneffectiveLimit', 'rememberedValues', '5', 'Leave it out'),
  wrong('buckets for no values', () => ({ limits: [RateLimit.of(RATE, { per: LimitKey.caller() })], rememberedValues: 0 }), 'InvalidRate', 'rememberedValues', '0', 'of how many values'),
  rate('a rate of nothing', () => Rate.perSecond(0), 'InvalidRate', 'requests', '0', 'no limit'),
  rate('a rate of half a request', () => Rate.perMinute(0.5), 'InvalidRate', 'requests', '0.5', 'no limit'),
  rate('a rate above what Envoy counts', () => Rate.perSecond(4294967296), 'InvalidRate', 'requests', '4294967296', 'no limit'),
  rate('a burst of nothing', () => Rate.perSecond(1, { burst: 0 }), 'InvalidRate', 'burst', '0', 'at once'),
  rate('a time that Envoy does not fill in', () => Rate.every(Duration.millis(49), 1), 'InvalidRate', 'interval', '"49ms"', 'Rate.perSecond(100)'),
  rate('a time of half a millisecond', () => Rate.every(Duration.millis(50.5), 1), 'InvalidDuration', 'interval', '"50.5ms"', 'Duration.millis()'),
  limit('the requests of one who does not call', world => ({ from: world.service('frontend') }), 'UndeclaredCall', 'from', '"shop/frontend"', 'Declare the call'),
  limit('the requests of whoever', world => ({ from: new ExistingWorkload(world.app, 'any') }), 'NoIdentity', 'from', '"any"', 'serviceAccount'),
  limit('the requests of a namespace', world => ({ from: new ExistingWorkload(world.app, 'web', { namespace: 'web' }) }), 'NoIdentity', 'from', '"web"', 'serviceAccount'),
  limit('a bucket for each caller of one', world => ({ from: world.service('frontend'), per: LimitKey.caller() }), 'IneffectiveLimit', 'per', '"caller()"', 'one caller'),
  limit('a bucket for each path', () => ({ per: LimitKey.header(':path') }), 'InvalidHeader', 'per.header', '":path"', 'no colon'),
  limit('no matches', () => ({ match: [] }), 'EmptyList', 'match', '[]', 'RouteMatch'),
  limit('a match of a path that cannot be', () => ({ match: [RouteMatch.path(StringMatch.exactly('/a//b'))] }), 'InvalidPath', 'match[0].uri', '"/a//b"', 'one slash'),
  limit('a match by look-ahead', () => ({ match: [RouteMatch.path(StringMatch.regex('(?=x)'))] }), 'InvalidRegex', 'match[0].uri', '"(?=x)"', 'RE2'),
  {
    mistake: 'a limit in another namespace',
    make: world => new LocalRateLimit(world.chart('web', 'web'), 'limit', { service: world.service('orders'), limits: [RateLimit.of(RATE)] }),
    code: 'OtherNamespace',
    path: 'web/limit',
    property: 'service',
    received: '"shop/orders"',
    fix: ['namespace: \'shop\''],
  },
  {
    mistake: 'a limit in a chart without a namespace',
    make: world => new LocalRateLimit(world.chart('nowhere'), 'limit', { service: world.service('orders'), limits: [RateLimit.of(RATE)] }),
    code: 'MissingNamespace',
    path: 'nowhere/limit',
    property: 'namespace',
    received: 'undefined',
    fix: ['Give the chart a namespace'],
  },
  {
    mistake: 'two limits of one port',
    make: (world) => {
      const service = world.service('orders');
      ['one', 'two'].forEach(id => new LocalRateLimit(world.shop, id, { service, limits: [RateLimit.of(RATE)] }));
    },
    code: 'DuplicateName',
    path: 'shop/two',
    property: 'port',
    received: '"http"',
    fix: ['to one construct'],
  },
];
