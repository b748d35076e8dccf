import { Duration } from 'cdk8s';
import {
  Configuration, DirectResponse, ExistingWorkload, ExternalService, GlobalRateLimit, GlobalRateLimitProps, HeaderChanges, LimitKey, LocalRateLimit,
  LocalRateLimitProps, MeshPort, MeshService, Rate, RateLimit, RateLimitDomain, RateLimitOptions, Redirect, RouteMatch, StringMatch,
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

function limit(
  mistake: string, options: (world: World) => RateLimitOptions, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return wrong(mistake, world => ({ limits: [RateLimit.of(RATE), RateLimit.of(RATE, options(world))] }), code, `limits[1].${property}`, received, fix);
}

/** Of a frontend that may GET /a. */
function unasked(
  what: string, options: (world: World, orders: MeshService, frontend: MeshService) => RateLimitOptions, received: string,
): WrongInput {
  return wrong(`${what} that nobody may ask for`, (world) => {
    const service = world.service('orders');
    const frontend = world.service('frontend');
    frontend.calls(service, { paths: ['/a'], methods: ['GET'] });
    return { service, limits: [RateLimit.of(RATE, options(world, service, frontend))] };
  }, 'UndeclaredCall', 'limits[0].match', received, 'declared call');
}

function rate(mistake: string, value: () => Rate, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return wrong(mistake, () => ({ limits: [RateLimit.of(value())] }), code, `limits[0].rate.${property}`, received, fix);
}

function global(
  mistake: string, props: (world: World) => Partial<GlobalRateLimitProps>, code: ErrorCode, property: string, received: string, fix: string,
): WrongInput {
  return {
    mistake,
    make: (world) => {
      const { service = world.service('orders'), rateLimitService = world.service('limiter', { ports: [MeshPort.grpc(8081)] }), ...rest } = props(world);
      new GlobalRateLimit(world.shop, 'limit', { service, rateLimitService, domain: RateLimitDomain.of('orders', { all: RateLimit.of(RATE) }), ...rest });
      world.synth();
    },
    code,
    path: 'shop/limit',
    property,
    received,
    fix: [fix],
  };
}

function counted(mistake: string, one: (world: World) => RateLimit, code: ErrorCode, property: string, received: string, fix: string): WrongInput {
  return global(mistake, world => ({ domain: RateLimitDomain.of('orders', { all: one(world) }) }), code, `domain.limits.all.${property}`, received, fix);
}

const TWO = [MeshPort.http(8080), MeshPort.http(9090, { name: 'http-admin' })];

export const wrongRateLimits: WrongInput[] = [
  limit('a header by the bytes of a letter, which limits do not see', () => ({ match: [RouteMatch.header('x-city', StringMatch.regex('M\\xc3\\xbcn.*'))] }),
    'InvalidRegex', 'match[0].header(x-city)', '"M\\\\xc3\\\\xbcn.*"', 'StringMatch.prefix()'),
  wrong('no limits', () => ({ limits: [] }), 'EmptyList', 'limits', '[]', 'at least one RateLimit'),
  wrong('a bucket for each query of gRPC calls', () => ({ limits: [RateLimit.of(RATE, { per: LimitKey.queryParameter('tenant') })] }),
    'IneffectiveLimit', 'limits[0].per.queryParameter', '"tenant"', 'Use a header', [MeshPort.grpc(50051)]),
  global('a bucket of all pods for each query of gRPC calls', world => ({
    service: world.service('orders', { ports: [MeshPort.grpc(50051)] }),
    domain: RateLimitDomain.of('orders', { all: RateLimit.of(RATE, { per: LimitKey.queryParameter('tenant') }) }),
  }), 'IneffectiveLimit', 'domain.limits.all.per.queryParameter', '"tenant"', 'Use a header'),
  ...[false, true].map(redirects => answered(`a limit for what a route ${redirects ? 'sends elsewhere' : 'answers'}`, '/gone/old', redirects)),
  answered('a limit for all that a route answers', '/gone/', false),
  ...([
    ['for each value of', { per: LimitKey.header('X-User') }, 'per'],
    ['for some values of', { match: [RouteMatch.header('x-user', StringMatch.prefix('a')), RouteMatch.headerPresent('x-user')] }, 'match'],
  ] as const).map(([what, options, property]) => wrong(`a limit ${what} a header that the only call removes`, (world) => {
    const service = world.service('orders');
    world.service('frontend').calls(service, { headers: HeaderChanges.of({ request: { remove: ['x-user'] } }) });
    return { service, limits: [RateLimit.of(RATE, { ...options, match: 'match' in options ? [...options.match] : undefined })] };
  }, 'IneffectiveLimit', `limits[0].${property}`, '"x-user"', 'leave the header in a call')),
  wrong('a limit of the requests of a port that shows none', () => ({}), 'NotHttp', 'port', '"tcp"', 'MeshPort.http()', [MeshPort.tcp(9000)]),
  wrong('a limit by name of a port that shows no requests', () => ({ port: 'tcp' }), 'NotHttp', 'port', '"tcp"', 'MeshPort.http()',
    [MeshPort.http(8080), MeshPort.tcp(9000)]),
  wrong('a limit of two ports at once', () => ({}), 'AmbiguousPort', 'port', 'undefined', 'port: \'http\'', TWO),
  wrong('a limit of a port that is not there', () => ({ port: 'admin' }), 'UnknownPort', 'port', '"admin"', 'http-admin', TWO),
  wrong('a limit of a worker', world => ({ service: world.service('mailer', { ports: undefined }) }), 'NotCallable', 'service', '"shop/mailer"', 'ports'),
  wrong('a limit of another app\'s service', () => ({ service: new World().service('orders') }), 'OtherApp', 'service', '"shop/orders"', 'that describes the service'),
  wrong('an answer with a header of the proxy\'s', () => ({ answerHeaders: { 'x-ratelimit-limit': '10' } }),
    'InvalidHeader', 'answerHeaders.x-ratelimit-limit', '"x-ratelimit-limit"', 'retry-after'),
  ...['server', 'upgrade', 'x-envoy-ratelimited', 'X-Envoy-Ratelimited', 'transfer-encoding'].map(name => wrong(
    `an answer with the proxy's header ${name}`, () => ({ answerHeaders: { [name]: 'a' } }), 'InvalidHeader', `answerHeaders.${name}`, JSON.stringify(name), 'retry-after')),
  wrong('an answer with a pseudo-header', () => ({ answerHeaders: { ':status': '503' } }), 'InvalidHeader', 'answerHeaders.:status', '":status"', 'no colon'),
  wrong('an answer with a header of nothing', () => ({ answerHeaders: { 'retry-after': '' } }), 'InvalidHeader', 'answerHeaders.retry-after', '""', 'name it in remove'),
  wrong('an answer with a header that Envoy does not take', () => ({ answerHeaders: { 'x-why': 'a'.repeat(16385) } }), 'InvalidHeader', 'answerHeaders.x-why', '"16385 characters"', 'Shorten it'),
  ...['grpc-status', 'Grpc-Message', 'grpc-status-details-bin'].map(name => wrong(`an answer with ${name}`, () => ({ answerHeaders: { [name]: '0' } }),
    'InvalidHeader', `answerHeaders.${name}`, JSON.stringify(name), 'RESOURCE_EXHAUSTED')),
  wrong('an answer of gRPC with a content type', () => ({ answerHeaders: { 'content-type': 'application/json' } }), 'InvalidHeader', 'answerHeaders.content-type', '"content-type"', 'RESOURCE_EXHAUSTED',
    [MeshPort.grpc(50051)]),
  wrong('an answer with one header in two letter cases', () => ({ answerHeaders: { 'retry-after': '1', 'Retry-After': '2' } }), 'InvalidHeader', 'answerHeaders.Retry-After', '"Retry-After"', 'one of the two'),
  wrong('an answer with no headers', () => ({ answerHeaders: {} }), 'EmptyList', 'answerHeaders', '{}', 'Leave it out'),
  wrong('two limits that are the same', () => ({ limits: [RateLimit.of(RATE), RateLimit.of(Rate.perSecond(10))] }), 'IneffectiveLimit', 'limits[1]', '"10 in 1s"', 'Leave it out'),
  wrong('a limit beside a stricter one', () => ({ limits: [RateLimit.of(Rate.perSecond(20)), RateLimit.of(RATE)] }), 'IneffectiveLimit', 'limits[0]', '"20 in 1s"', 'differ in their time'),
  ...([['some requests', () => ({ match: [RouteMatch.method(StringMatch.exactly('POST'))] })], ['each value of a header', () => ({ per: LimitKey.header('x-c') })]] as const)
    .map(([what, options]) => wrong(`a limit for ${what} beside a stricter one for all`, () => ({ limits: [RateLimit.of(RATE), RateLimit.of(Rate.perSecond(20), options())] }),
      'IneffectiveLimit', 'limits[1]', '"20 in 1s"', 'fewer than the other')),
  wrong('a limit for one path beside a stricter one for all below', () => ({
    limits: [
      RateLimit.of(Rate.perSecond(20), { match: [RouteMatch.path(StringMatch.exactly('/a/b'))] }), RateLimit.of(RATE, { match: [RouteMatch.path(StringMatch.prefix('/a/'))] }),
    ],
  }), 'IneffectiveLimit', 'limits[0]', '"20 in 1s"', 'fewer than the other'),
  wrong('a limit for one caller beside a stricter one for all', (world) => {
    const service = world.service('orders');
    const from = world.service('frontend');
    from.calls(service);
    return { service, limits: [RateLimit.of(RATE), RateLimit.of(Rate.perSecond(20), { from })] };
  }, 'IneffectiveLimit', 'limits[1]', '"20 in 1s"', 'fewer than the other'),
  wrong('a limit for each value of a header in two letter cases', () => ({ limits: ['x-c', 'X-C'].map(name => RateLimit.of(RATE, { per: LimitKey.header(name) })) }),
    'IneffectiveLimit', 'limits[1]', '"10 in 1s"', 'Leave it out'),
  wrong('an answer in a dry run', () => ({ answerHeaders: { 'retry-after': '1' }, dryRun: true }), 'IneffectiveLimit', 'answerHeaders', '{"retry-after":"1"}', 'Leave one of them out'),
  wrong('buckets for values that no limit has', () => ({ rememberedValues: 5 }), 'IneffectiveLimit', 'rememberedValues', '5', 'Leave it out'),
  wrong('buckets for more values than Envoy counts', () => ({ limits: [RateLimit.of(RATE, { per: LimitKey.caller() })], rememberedValues: 4294967296 }),
    'InvalidRate', 'rememberedValues', '4294967296', 'of how many values'),
  wrong('buckets for no values', () => ({ limits: [RateLimit.of(RATE, { per: LimitKey.caller() })], rememberedValues: 0 }), 'InvalidRate', 'rememberedValues', '0', 'of how many values'),
  rate('a rate of nothing', () => Rate.perSecond(0), 'InvalidRate', 'requests', '0', 'no limit'),
  rate('a rate of half a request', () => Rate.perMinute(0.5), 'InvalidRate', 'requests', '0.5', 'no limit'),
  rate('a rate above what Envoy counts', () => Rate.perSecond(4294967296), 'InvalidRate', 'requests', '4294967296', 'no limit'),
  rate('a burst of nothing', () => Rate.perSecond(1, { burst: 0 }), 'InvalidRate', 'burst', '0', 'at once'),
  rate('a time that Envoy does not fill in', () => Rate.every(Duration.millis(49), 1), 'InvalidRate', 'interval', '"49ms"', 'Rate.perSecond(100)'),
  rate('a time of half a millisecond', () => Rate.every(Duration.millis(50.5), 1), 'InvalidDuration', 'interval', '"50.5ms"', 'Duration.millis()'),
  limit('the requests of one who does not call', world => ({ from: world.service('frontend') }), 'UndeclaredCall', 'from', '"shop/frontend"', 'Declare the call'),
  wrong('the requests of one who calls on another port', (world) => {
    const service = world.service('orders', { ports: TWO });
    const from = world.service('frontend');
    from.calls(service, { port: 'http-admin' });
    return { service, port: 'http', limits: [RateLimit.of(RATE, { from })] };
  }, 'UndeclaredCall', 'limits[0].from', '"shop/frontend"', 'Declare the call'),
  limit('the requests of whoever', world => ({ from: new ExistingWorkload(world.app, 'any') }), 'NoIdentity', 'from', '"any"', 'serviceAccount'),
  limit('the requests of a namespace', world => ({ from: new ExistingWorkload(world.app, 'web', { namespace: 'web' }) }), 'NoIdentity', 'from', '"web"', 'serviceAccount'),
  limit('a bucket for each caller of one', world => ({ from: world.service('frontend'), per: LimitKey.caller() }), 'IneffectiveLimit', 'per', '"caller()"', 'one caller'),
  limit('a bucket for each path', () => ({ per: LimitKey.header(':path') }), 'InvalidHeader', 'per.header', '":path"', 'no colon'),
  limit('the requests of a scheme', () => ({ match: [RouteMatch.scheme('https')] }), 'IneffectiveLimit', 'match[0]', '{"exact":"https"}', 'Leave the scheme out'),
  limit('the values of a header that its requests lack', () => ({ per: LimitKey.header('X-C'), match: [RouteMatch.withoutHeader('x-c')] }),
    'IneffectiveLimit', 'per', '"x-c"', 'Leave one of the two out'),
  unasked('a path', () => ({ match: [RouteMatch.path(StringMatch.prefix('/b'))] }), '[{"uri":{"prefix":"/b"}}]'),
  unasked('a method', () => ({ match: [RouteMatch.method(StringMatch.regex('PUT|DELETE'))] }), '[{"method":{"regex":"PUT|DELETE"}}]'),
  unasked('a path, of its one caller,', (world, orders, from) => {
    world.service('ledger').calls(orders);
    return { from, match: [RouteMatch.path(StringMatch.exactly('/b'))] };
  }, '[{"uri":{"exact":"/b"}}]'),
  limit('the requests with a parameter that would be two', () => ({ match: [RouteMatch.queryParameter('a', StringMatch.exactly('b&c'))] }),
    'ImpossibleMatch', 'match[0].queryParameter(a)', '"b&c"', '%26'),
  ...['b.*c', '[^a]b', '\\Sb', 'a&b', '[!-z]', '\\x26'].map(regex => limit(`the requests with a parameter that takes in the next one: ${regex}`, () => ({
    match: [RouteMatch.queryParameter('a', StringMatch.regex(regex))],
  }), 'InvalidRegex', 'match[0].queryParameter(a)', JSON.stringify(regex), '[^&]')),
  ...['^b', 'b$', 'a|^b'].map(regex => limit(`the requests with a parameter between anchors: ${regex}`, () => ({ match: [RouteMatch.queryParameter('a', StringMatch.regex(regex))] }),
    'InvalidRegex', 'match[0].queryParameter(a)', JSON.stringify(regex), 'Leave them out')),
  limit('a bucket for each parameter that is no name', () => ({ per: LimitKey.queryParameter('a=b') }), 'InvalidName', 'per.queryParameter', '"a=b"', 'Write the name alone'),
  limit('a bucket for each address that a client writes', () => ({ per: LimitKey.clientAddress() }), 'IneffectiveAddresses', 'per', '"clientAddress()"', 'Limit the gateway'),
  limit('the hosts of a service', () => ({ hosts: ['shop.example.com'] }), 'IneffectiveLimit', 'hosts', '["shop.example.com"]', 'limit the gateway'),
  wrong('a port of a gateway for a service', () => ({ gatewayPort: 80 }), 'IneffectiveLimit', 'gatewayPort', '80', 'use port'),
  limit('no matches', () => ({ match: [] }), 'EmptyList', 'match', '[]', 'RouteMatch'),
  limit('a match of a path that cannot be', () => ({ match: [RouteMatch.path(StringMatch.exactly('/a//b'))] }), 'InvalidPath', 'match[0].uri', '"/a//b"', 'one slash'),
  limit('a match by look-ahead', () => ({ match: [RouteMatch.path(StringMatch.regex('(?=x)'))] }), 'InvalidRegex', 'match[0].uri', '"(?=x)"', 'RE2'),
  global('limits of which the counter has others of the name', (world) => {
    const { configuration } = RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(20)) });
    const files = [Configuration.files('/data/ratelimit/config', { 'orders.yaml': configuration })];
    return { rateLimitService: world.service('limiter', { ports: [MeshPort.grpc(8081)], configuration: files }) };
  }, 'IneffectiveLimit', 'domain', '"orders"', 'the same RateLimitDomain'),
  global('limits without any', () => ({ domain: RateLimitDomain.of('orders', {}) }), 'EmptyList', 'domain.limits', '{}', 'at least one RateLimit'),
  global('limits of a domain in capitals', () => ({ domain: RateLimitDomain.of('Orders', { all: RateLimit.of(RATE) }) }), 'InvalidName', 'domain.name', '"Orders"', 'lower case'),
  global('a limit in capitals', () => ({ domain: RateLimitDomain.of('orders', { All: RateLimit.of(RATE) }) }), 'InvalidName', 'domain.limits.All', '"All"', 'lower case'),
  global('a counter on a port of HTTP', world => ({ rateLimitService: world.service('limiter') }), 'InvalidPort', 'rateLimitPort', '"http"', 'MeshPort.grpc(8081)'),
  global('a counter on a port of gRPC-Web', world => ({ rateLimitService: world.service('limiter', { ports: [MeshPort.grpcWeb(8081)] }) }),
    'InvalidPort', 'rateLimitPort', '"grpc-web"', 'MeshPort.grpc(8081)'),
  global('a counter on a port that is not there', () => ({ rateLimitPort: 'rls' }), 'UnknownPort', 'rateLimitPort', '"rls"', 'grpc'),
  global('a counter on either of two ports', world => ({ rateLimitService: world.service('limiter', { ports: [MeshPort.grpc(8081), MeshPort.grpc(8082, { name: 'grpc-b' })] }) }),
    'AmbiguousPort', 'rateLimitPort', 'undefined', 'grpc-b'),
  global('a counter that nobody can ask', world => ({ rateLimitService: world.service('limiter', { ports: undefined }) }), 'NotCallable', 'rateLimitService', '"shop/limiter"', 'ports'),
  global('a service that counts for itself', (world) => {
    const service = world.service('orders', { ports: [MeshPort.grpc(8081)] });
    return { service, rateLimitService: service };
  }, 'CallToSelf', 'rateLimitService', '"shop/orders"', 'something else'),
  global('a counter of another app', () => ({ rateLimitService: new World().service('limiter', { ports: [MeshPort.grpc(8081)] }) }), 'OtherApp', 'rateLimitService', '"shop/limiter"', 'ExistingWorkload'),
  global('a counter of many names', world => ({
    rateLimitService: new ExternalService(world.shop, 'limiters', { host: '*.limits.example.com', ports: [MeshPort.grpc(8081)] }),
  }), 'WildcardHost', 'rateLimitService', '"shop/limiters"', 'Name the host'),
  global('a wait for no time', () => ({ timeout: Duration.millis(0) }), 'InvalidDuration', 'timeout', '"0ms"', 'positive value'),
  global('a wait as long as that of a client', (world) => {
    const service = world.service('orders');
    world.service('frontend').calls(service, { timeout: Duration.seconds(1) });
    return { service, failClosed: true, timeout: Duration.millis(1000) };
  }, 'TimeoutTooShort', 'timeout', '"1s"', 'Write timeout: Duration.millis(999) at most'),
  ...([[20, 10], [undefined, 10], [undefined, 20], [undefined, 1]] as const).map(([timeout, own]) => global(
    `a wait ${timeout ? `of ${timeout} ms` : 'that is left out'} where a client waits for ${own} ms`, (world) => {
      const service = world.service('orders');
      world.service('frontend').calls(service, { timeout: Duration.millis(own) });
      return { service, timeout: timeout && Duration.millis(timeout) };
    }, 'TimeoutTooShort', 'timeout', '"20ms"', own > 1 ? `Write timeout: Duration.millis(${own - 1}) at most` : 'Give the call more time')),
  global('an answer of a refusal with the proxy\'s own header', () => ({ answerHeaders: { date: 'now' } }), 'InvalidHeader', 'answerHeaders.date', '"date"', 'retry-after'),
  global('a limit for all pods of connections', world => ({ service: world.service('orders', { ports: [MeshPort.tcp(9000)] }) }), 'NotHttp', 'port', '"tcp"', 'MeshPort.http()'),
  counted('a burst that nobody counts', () => RateLimit.of(Rate.perSecond(1, { burst: 2 })), 'InvalidRate', 'rate.burst', '2', 'LocalRateLimit'),
  global('two limits of all pods that are the same', () => ({ domain: RateLimitDomain.of('orders', { all: RateLimit.of(RATE), more: RateLimit.of(Rate.perSecond(20)) }) }),
    'IneffectiveLimit', 'domain.limits.more', '"20 in 1s"', 'differ in their time'),
  counted('a window of two seconds', () => RateLimit.of(Rate.every(Duration.seconds(2), 1)), 'InvalidRate', 'rate.interval', '"2s"', 'Rate.perMinute()'),
  counted('the requests of one who asks nothing of the pods', world => RateLimit.of(RATE, { from: world.service('frontend') }), 'UndeclaredCall', 'from', '"shop/frontend"', 'Declare the call'),
  {
    mistake: 'a file of a counter with a burst',
    make: () => RateLimitDomain.of('orders', { all: RateLimit.of(Rate.perSecond(1, { burst: 2 })) }).configuration,
    code: 'InvalidRate',
    path: 'RateLimitDomain',
    property: 'domain.limits.all.rate.burst',
    received: '2',
    fix: ['LocalRateLimit'],
  },
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
    mistake: 'two domains of one name that one service counts',
    make: (world) => {
      const rateLimitService = world.service('limiter', { ports: [MeshPort.grpc(8081)] });
      ['orders', 'cart'].forEach((name, index) => new GlobalRateLimit(world.shop, `limit-${name}`, {
        service: world.service(name), rateLimitService, domain: RateLimitDomain.of('shop', { all: RateLimit.of(Rate.perSecond(10 + index)) }),
      }));
    },
    code: 'DuplicateName',
    path: 'shop/limit-cart',
    property: 'domain.name',
    received: '"shop"',
    fix: ['one RateLimitDomain'],
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
  {
    mistake: 'two limits of one port that are counted',
    make: (world) => {
      const [service, rateLimitService] = [world.service('orders'), world.service('limiter', { ports: [MeshPort.grpc(8081)] })];
      const domain = RateLimitDomain.of('orders', { all: RateLimit.of(RATE) });
      ['one', 'two'].forEach(id => new GlobalRateLimit(world.shop, id, { service, rateLimitService, domain }));
    },
    code: 'DuplicateName',
    path: 'shop/two',
    property: 'port',
    received: '"http"',
    fix: ['to one construct'],
  },
  ...[false, true].map((isGlobal): WrongInput => ({
    mistake: `two limits of a name${isGlobal ? ', of which one is counted' : ''}`,
    make: (world) => {
      new LocalRateLimit(world.shop, 'limit', { service: world.service('orders'), limits: [RateLimit.of(RATE)] });
      const [chart, service] = [world.chart('more', 'shop'), world.service('cart')];
      if (isGlobal) {
        const rateLimitService = world.service('limiter', { ports: [MeshPort.grpc(8081)] });
        new GlobalRateLimit(chart, 'limit', { service, rateLimitService, domain: RateLimitDomain.of('cart', { all: RateLimit.of(RATE) }) });
      } else {
        new LocalRateLimit(chart, 'limit', { service, limits: [RateLimit.of(RATE)] });
      }
    },
    code: 'DuplicateName',
    path: 'more/limit',
    property: 'id',
    received: '"limit"',
    fix: ['another name'],
  })),
];

/** Of requests that a route of the service answers. */
function answered(mistake: string, path: string, redirects: boolean): WrongInput {
  return wrong(mistake, (world) => {
    const service = world.service('orders');
    world.service('frontend').calls(service);
    const [redirect, directResponse] = redirects ? [Redirect.to({ path: '/new' })] : [undefined, DirectResponse.of(410)];
    service.addRoute('gone', { match: [RouteMatch.path(StringMatch.prefix('/gone/'))], redirect, directResponse });
    return { service, limits: [RateLimit.of(RATE, { match: [RouteMatch.path(StringMatch.prefix(path))] })] };
  }, 'IneffectiveLimit', 'limits[0].match', `[{"uri":{"prefix":"${path}"}}]`, 'no route answers');
}
