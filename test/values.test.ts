import { Duration } from 'cdk8s';
import { CircuitBreaker, LoadBalancing, Locality, MeshErrors, MeshPort, Percent, Retries, RetryOn, RouteMatch, StringMatch } from '../src';
import { World } from './support/world';
import { checkDuration } from '../src/diagnostics/checks';
import { MeshError } from '../src/diagnostics/mesh-error';
import { Site } from '../src/diagnostics/site';

const SITE = Site.of(new World().shop, 'value');

describe('StringMatch', () => {
  test.each([
    ['exactly', StringMatch.exactly('qa'), { exact: 'qa' }],
    ['prefix', StringMatch.prefix('/api/'), { prefix: '/api/' }],
    ['regex', StringMatch.regex('qa-[0-9]+'), { regex: 'qa-[0-9]+' }],
    ['regex of RE2\'s own kind', StringMatch.regex('(?i)qa\\pL*'), { regex: '(?i)qa\\pL*' }],
  ])('%s', (_, match, manifest) => expect(match._toManifest(SITE)).toEqual(manifest));
});

describe('RouteMatch', () => {
  test.each([
    ['a header, whatever the case of its name', RouteMatch.header('X-User', StringMatch.exactly('QA')), { headers: { 'x-user': { exact: 'QA' } } }],
    ['a header\'s presence', RouteMatch.headerPresent('x-preview'), { headers: { 'x-preview': {} } }],
    ['a path', RouteMatch.path(StringMatch.prefix('/api/')), { uri: { prefix: '/api/' } }],
    ['a method', RouteMatch.method(StringMatch.exactly('GET')), { method: { exact: 'GET' } }],
    ['methods that begin alike', RouteMatch.method(StringMatch.prefix('P')), { method: { prefix: 'P' } }],
    [
      'all conditions at once',
      RouteMatch.path(StringMatch.exactly('/a')).also(RouteMatch.headerPresent('x-b')).also(RouteMatch.method(StringMatch.exactly('GET')))
        .also(RouteMatch.header('x-c', StringMatch.regex('c+'))),
      { uri: { exact: '/a' }, method: { exact: 'GET' }, headers: { 'x-b': {}, 'x-c': { regex: 'c+' } } },
    ],
    ['a header named like a property of every object', RouteMatch.headerPresent('constructor'), { headers: { constructor: {} } }],
  ])('%s', (_, match, manifest) => expect(match._toManifest(SITE)).toEqual(manifest));

  test('also() changes neither of the two', () => {
    const path = RouteMatch.path(StringMatch.exactly('/a'));
    const header = RouteMatch.headerPresent('x-b');
    path.also(header);

    expect(path._toManifest(SITE)).toEqual({ uri: { exact: '/a' } });
    expect(header._toManifest(SITE)).toEqual({ headers: { 'x-b': {} } });
  });
});

describe('Percent', () => {
  test.each([0, 0.0001, 5, 33.3333, 100])('%d', value => expect(Percent.of(value)._toNumber(SITE)).toBe(value));
});

describe('LoadBalancing', () => {
  test.each([
    ['roundRobin', LoadBalancing.roundRobin(), { simple: 'ROUND_ROBIN' }],
    ['leastRequest', LoadBalancing.leastRequest(), { simple: 'LEAST_REQUEST' }],
    ['random', LoadBalancing.random(), { simple: 'RANDOM' }],
    ['byHeader', LoadBalancing.byHeader('X-User'), { consistentHash: { httpHeaderName: 'x-user' } }],
  ])('%s, the zone aside', (_, value, manifest) => {
    expect(value._toManifest(SITE)).toEqual({ ...manifest, localityLbSetting: { enabled: false } });
  });

  test.each([
    ['off()', Locality.off(), false],
    ['failover()', Locality.failover(), true],
  ])('with Locality.%s', (_, locality, enabled) => {
    for (const value of [LoadBalancing.random({ locality }), LoadBalancing.byHeader('x-user', { locality })]) {
      expect(value._toManifest(SITE).localityLbSetting).toEqual({ enabled });
    }
  });
});

describe('CircuitBreaker', () => {
  test('consecutiveErrors, by default for 30 seconds and half of the pods', () => {
    expect(CircuitBreaker.consecutiveErrors(5)._toManifest(SITE)).toEqual({
      consecutive5xxErrors: 5, interval: '10s', baseEjectionTime: '30s', maxEjectionPercent: 50,
    });
  });

  test('consecutiveGatewayErrors switches Istio\'s own count of 5xx errors off', () => {
    expect(CircuitBreaker.consecutiveGatewayErrors(3)._toManifest(SITE)).toEqual({
      consecutive5xxErrors: 0, consecutiveGatewayErrors: 3, interval: '10s', baseEjectionTime: '30s', maxEjectionPercent: 50,
    });
  });

  test('with everything', () => {
    const options = { interval: Duration.millis(500), ejectionTime: Duration.minutes(2), maxEjection: Percent.of(100) };

    expect(CircuitBreaker.consecutiveErrors(1, options)._toManifest(SITE)).toEqual({
      consecutive5xxErrors: 1, interval: '500ms', baseEjectionTime: '120s', maxEjectionPercent: 100,
    });
  });
});

describe('Retries', () => {
  const NOT_PROCESSED = 'connect-failure,refused-stream,reset-before-request';

  test('upTo over HTTP: safe methods are repeated after more failures', () => {
    expect(Retries.upTo(10)._toVariants(SITE, { grpc: false })).toEqual([
      { methods: ['GET', 'HEAD', 'OPTIONS'], retries: { attempts: 10, retryOn: `${NOT_PROCESSED},gateway-error` } },
      { retries: { attempts: 10, retryOn: NOT_PROCESSED } },
    ]);
  });

  test('upTo over gRPC', () => {
    expect(Retries.upTo(1)._toVariants(SITE, { grpc: true })).toEqual([{ retries: { attempts: 1, retryOn: NOT_PROCESSED } }]);
  });

  test('upTo keeps the conditions that it was given, whatever becomes of the list', () => {
    const on = [RetryOn.UNAVAILABLE];
    const retries = Retries.upTo(1, { on });
    on.push(RetryOn.RESET);

    expect(retries._toVariants(SITE, { grpc: true })).toEqual([{ retries: { attempts: 1, retryOn: 'unavailable' } }]);
  });

  test('none', () => {
    expect(Retries.none()._toVariants(SITE, { grpc: false })).toEqual([{ retries: { attempts: 0 } }]);
  });

  test('pauses, other pods and other zones are said of every method', () => {
    const retries = Retries.upTo(2, { backoff: Duration.millis(100), ignorePreviousHosts: false, remoteLocalities: true });
    const said = { attempts: 2, backoff: '100ms', retryIgnorePreviousHosts: false, retryRemoteLocalities: true };

    expect(retries._toVariants(SITE, { grpc: false, timeout: Duration.millis(101) })).toEqual([
      { methods: ['GET', 'HEAD', 'OPTIONS'], retries: { ...said, retryOn: `${NOT_PROCESSED},gateway-error` } },
      { retries: { ...said, retryOn: NOT_PROCESSED } },
    ]);
    expect(retries._toVariants(SITE, { grpc: true })).toEqual([{ retries: { ...said, retryOn: NOT_PROCESSED } }]);
  });

  test('what is left to the mesh is not written', () => {
    const retries = Retries.upTo(1, { remoteLocalities: false });

    expect(retries._toVariants(SITE, { grpc: true })).toEqual([{ retries: { attempts: 1, retryOn: NOT_PROCESSED } }]);
  });

  test('codes are for methods that change nothing', () => {
    expect(Retries.upTo(2, { codes: [429, 500] })._toVariants(SITE, { grpc: false })).toEqual([
      { methods: ['GET', 'HEAD', 'OPTIONS'], retries: { attempts: 2, retryOn: `${NOT_PROCESSED},gateway-error,429,500` } },
      { retries: { attempts: 2, retryOn: NOT_PROCESSED } },
    ]);
  });

  test('codes beside conditions are for every method', () => {
    const codes = [429];
    const retries = Retries.upTo(2, { on: [RetryOn.CONNECT_FAILURE, RetryOn.RATE_LIMITED], codes });
    codes.push(500);

    expect(retries._toVariants(SITE, { grpc: false, methods: ['POST'] })).toEqual([
      { retries: { attempts: 2, retryOn: 'connect-failure,envoy-ratelimited,429' } },
    ]);
  });

  test.each([RetryOn.GATEWAY_ERROR, RetryOn.SERVER_ERROR, RetryOn.RESET])('%s takes up a try that ran out of time', (condition) => {
    const retries = Retries.upTo(2, { perTryTimeout: Duration.seconds(1), on: [RetryOn.UNAVAILABLE, condition] });

    expect(retries._toVariants(SITE, { grpc: true })).toEqual([{ retries: { attempts: 2, perTryTimeout: '1s', retryOn: `unavailable,${condition}` } }]);
  });
});

describe('MeshPort', () => {
  test.each([
    [MeshPort.http(80, { targetPort: 8080 }), 'http', 80, 8080],
    [MeshPort.http2(8080), 'http2', 8080, 8080],
    [MeshPort.grpc(50051, { name: 'grpc-orders' }), 'grpc-orders', 50051, 50051],
    [MeshPort.tcp(6379), 'tcp', 6379, 6379],
    [MeshPort.tls(443), 'tls', 443, 443],
  ])('%#', (port, name, number, target) => {
    expect([port.name, port.port, port.targetPort]).toEqual([name, number, target]);
  });
});

describe('a duration', () => {
  test.each([
    [Duration.millis(1), '1ms'], [Duration.millis(1500), '1500ms'], [Duration.seconds(2), '2s'], [Duration.minutes(1), '60s'], [Duration.hours(1), '3600s'],
  ])('%s', (duration, text) => expect(checkDuration(SITE, duration)).toBe(text));
});

describe('MeshErrors', () => {
  test('finds nothing in other errors', () => {
    expect(MeshErrors.problemsOf(new Error('no'))).toEqual([]);
    expect(MeshErrors.problemsOf(undefined)).toEqual([]);
    expect(MeshErrors.problemsOf('text')).toEqual([]);
  });

  test('gives all problems of one error, in order, as a copy', () => {
    const error = new MeshError([
      SITE.problem('InvalidPort', 'must be a port', 0, 'Use another.'), SITE.in('name').at(2).problem('InvalidName', 'must be a name', 'A', 'Write a.'),
    ]);

    expect(MeshErrors.problemsOf(error)).toEqual([
      {
        code: 'InvalidPort',
        path: 'shop',
        property: 'value',
        received: '0',
        fix: 'Use another.',
        message: 'shop: value must be a port, got 0. Use another. [InvalidPort]',
      },
      {
        code: 'InvalidName',
        path: 'shop',
        property: 'value.name[2]',
        received: '"A"',
        fix: 'Write a.',
        message: 'shop: value.name[2] must be a name, got "A". Write a. [InvalidName]',
      },
    ]);
    expect(error.message).toBe('shop: value must be a port, got 0. Use another. [InvalidPort]\nshop: value.name[2] must be a name, got "A". Write a. [InvalidName]');
    MeshErrors.problemsOf(error).pop();
    expect(MeshErrors.problemsOf(error)).toHaveLength(2);
  });
});
