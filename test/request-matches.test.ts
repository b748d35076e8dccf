import * as fc from 'fast-check';
import { MeshPort, MeshServiceProps, RouteMatch, StringMatch } from '../src';
import { find, synthesize } from './support/manifests';
import { fulfils, RequestModel } from './support/request-model';
import { World } from './support/world';
import { HttpMatchManifest, StringMatchManifest } from '../src/manifests/istio-networking';
import { takes, UNKNOWN } from '../src/traffic/match-intersection';
import { meeting } from '../src/traffic/match-meeting';

describe('becomes', () => {
  const matchOf = (match: RouteMatch, props: Partial<MeshServiceProps> = {}) => {
    const world = new World();
    world.service('orders', props).addRoute('testers', { match: [match], version: 'v1' });
    return find(synthesize(world.shop), 'VirtualService', 'orders').spec.http[0].match;
  };

  test.each<[string, RouteMatch, HttpMatchManifest]>([
    ['a query parameter', RouteMatch.queryParameter('preview', StringMatch.exactly('yes')), { queryParams: { preview: { exact: 'yes' } } }],
    ['a query parameter that is there', RouteMatch.queryParameterPresent('Preview'), { queryParams: { Preview: {} } }],
    ['an authority', RouteMatch.authority(StringMatch.prefix('beta.')), { authority: { prefix: 'beta.' } }],
    ['a scheme', RouteMatch.scheme('https'), { scheme: { exact: 'https' } }],
    ['a header that is missing', RouteMatch.withoutHeader('X-User'), { withoutHeaders: { 'x-user': {} } }],
    ['a header of another value', RouteMatch.withoutHeader('x-user', StringMatch.regex('bot-.+')), { withoutHeaders: { 'x-user': { regex: 'bot-.+' } } }],
    ['a path in any letters', RouteMatch.path(StringMatch.prefix('/Api/'), { ignoreCase: true }), { uri: { prefix: '/Api/' }, ignoreUriCase: true }],
    ['a path in these letters', RouteMatch.path(StringMatch.exactly('/Api'), { ignoreCase: false }), { uri: { exact: '/Api' } }],
    ['a gRPC service', RouteMatch.grpc('orders.v1.Orders'), { uri: { prefix: '/orders.v1.Orders/' } }],
    ['a gRPC method', RouteMatch.grpc('orders.v1.Orders', 'Get'), { uri: { exact: '/orders.v1.Orders/Get' } }],
    ['all of them at once',
      RouteMatch.header('x-user', StringMatch.prefix('a')).also(RouteMatch.withoutHeader('x-user', StringMatch.exactly('ab'))).also(RouteMatch.queryParameterPresent('a'))
        .also(RouteMatch.queryParameterPresent('b')).also(RouteMatch.authority(StringMatch.exactly('orders:80'))).also(RouteMatch.method(StringMatch.exactly('GET'))),
      {
        method: { exact: 'GET' }, authority: { exact: 'orders:80' }, headers: { 'x-user': { prefix: 'a' } }, queryParams: { a: {}, b: {} }, withoutHeaders: { 'x-user': { exact: 'ab' } },
      }],
  ])('%s', (_, match, manifest) => expect(matchOf(match)).toEqual([manifest]));

  test.each([
    '/orders', '^/orders$', '/?orders', '.*orders', '(?:orders)?/a', '[o/]rders', 'orders|/a', '/a(?:\\?.*)?', '/a\\??', '/orders/[0-9]{2,}', '\\/a', '/%D0%B0', 'o*/a', '(?i)/Orders',
  ])('a path by %s', (pattern) => {
    expect(matchOf(RouteMatch.path(StringMatch.regex(pattern)))).toEqual([{ uri: { regex: pattern } }]);
  });

  test.each([
    '^qa$', 'a$|b', 'qa$x?', 'a?^b', '(?m)a$\n^b', '[$^]a', '\\$5', 'a\\^b', '.*', '[^\\x00-\\x7f]+', '\\xd0\\xb0', '\\p{L}+', '\\pL', '\\p{Latin}', '\\x{FF}', '\\\\x{400}', '\\377',
  ])('a header by %s', (pattern) => {
    expect(matchOf(RouteMatch.header('x-user', StringMatch.regex(pattern)))).toEqual([{ headers: { 'x-user': { regex: pattern } } }]);
  });

  test.each(['Bearer ', 'a\tb', 'größe'])('a header that begins with "%s"', (text) => {
    expect(matchOf(RouteMatch.header('x-user', StringMatch.prefix(text)))).toEqual([{ headers: { 'x-user': { prefix: text } } }]);
  });

  test.each(['a%2', 'a=b', 'a+b', '%C3%A4', 'a?b/c'])('a query parameter that begins with "%s"', (text) => {
    expect(matchOf(RouteMatch.queryParameter('a', StringMatch.prefix(text)))).toEqual([{ queryParams: { a: { prefix: text } } }]);
  });

  test.each(['GET|HEAD', 'P(OST|UT)', '(?i)get', '.*'])('a method by %s', (pattern) => {
    expect(matchOf(RouteMatch.method(StringMatch.regex(pattern)))).toEqual([{ method: { regex: pattern } }]);
  });

  test('a gRPC method on a port of gRPC alone', () => {
    expect(matchOf(RouteMatch.grpc('orders.v1.Orders', 'Get'), { ports: [MeshPort.grpc(50051)] })).toEqual([{ uri: { exact: '/orders.v1.Orders/Get' } }]);
  });
});

const few = (...list: string[]) => fc.constantFrom(...list);
const texts: fc.Arbitrary<StringMatchManifest> = fc.oneof(
  fc.record({ exact: few('a', 'ab', 'b') }), fc.record({ prefix: few('a', 'ab', 'b') }), fc.record({ regex: few('a+', 'a|b', '[ab]+', 'b.?') }),
);
const conditions = (names: string[]) => fc.dictionary(few(...names), fc.oneof(texts, fc.constant({})), { maxKeys: 2, noNullPrototype: true });
const uris: fc.Arbitrary<HttpMatchManifest> = fc.oneof(
  fc.record({ uri: fc.oneof(fc.record({ exact: few('/a', '/A', '/a/b') }), fc.record({ prefix: few('/', '/a', '/A', '/a/') })), ignoreUriCase: fc.constantFrom(undefined, true) }),
  fc.record({ uri: fc.record({ regex: few('/a.*', '/[ab]', '.*', '(?i)/a') }) }),
);
const labels = (all: boolean): fc.Arbitrary<{ [key: string]: string }> => fc.constantFrom<{ [key: string]: string }>({ app: 'a' }, { app: 'b' }, all ? { tier: 'c' } : { app: 'a', tier: 'c' });
const matches: fc.Arbitrary<HttpMatchManifest> = fc.tuple(
  fc.oneof(uris, fc.constant({})),
  fc.record({
    method: texts,
    authority: texts,
    scheme: texts,
    headers: conditions(['x', 'y']),
    withoutHeaders: conditions(['x', 'y']),
    queryParams: conditions(['q', 'r']),
    port: fc.constantFrom(80, 81),
    sourceNamespace: few('shop', 'web'),
    sourceLabels: labels(true),
  }, { requiredKeys: [] }),
).map(([path, rest]) => withoutUndefined({ ...path, ...rest }));

const values = () => few('', 'a', 'ab', 'b', 'c', 'aa');
const requests: fc.Arbitrary<RequestModel> = fc.record({
  path: few('/', '/a', '/A', '/a/b', '/A/b', '/b', '/abc'),
  method: values(),
  authority: values(),
  scheme: values(),
  headers: fc.dictionary(few('x', 'y'), values(), { maxKeys: 2, noNullPrototype: true }),
  query: fc.dictionary(few('q', 'r'), values(), { maxKeys: 2, noNullPrototype: true }),
  port: fc.constantFrom(80, 81),
  namespace: few('shop', 'web'),
  labels: labels(false),
});

function withoutUndefined(match: HttpMatchManifest): HttpMatchManifest {
  return Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined));
}

const RUNS = { numRuns: 2000 };

test('a match that is said to take all of another takes it', () => {
  const either = fc.tuple(matches, matches);
  const narrowed = fc.tuple(matches, matches).map(([a, b]): [HttpMatchManifest, HttpMatchManifest] => [a, { ...a, ...b }]);
  fc.assert(fc.property(fc.oneof(either, narrowed), fc.array(requests, { minLength: 10, maxLength: 30 }), ([wider, match], asked) => {
    if (takes(wider, match)) {
      asked.filter(request => fulfils(match, request)).forEach(request => expect(fulfils(wider, request)).toBe(true));
    }
  }), RUNS);
});

test('what two matches have in common is what fulfils both', () => {
  fc.assert(fc.property(matches, matches, fc.array(requests, { minLength: 10, maxLength: 30 }), (a, b, asked) => {
    const met = meeting(a, b);
    if (met !== UNKNOWN) {
      asked.forEach(request => expect(met !== undefined && fulfils(met, request)).toBe(fulfils(a, request) && fulfils(b, request)));
    }
  }), RUNS);
});

test('what two matches have in common has something in common with a third', () => {
  const paths = fc.oneof(matches, uris.map(withoutUndefined));
  fc.assert(fc.property(paths, paths, paths, fc.array(requests, { minLength: 10, maxLength: 30 }), (a, b, c, asked) => {
    const met = meeting(a, b);
    const all = met === undefined || met === UNKNOWN ? UNKNOWN : meeting(met, c);
    if (all !== UNKNOWN) {
      asked.forEach(request => expect(all !== undefined && fulfils(all, request)).toBe([a, b, c].every(match => fulfils(match, request))));
    }
  }), RUNS);
});

test('a path in any letters and one in these have one in common that says so itself', () => {
  const inAny = (uri: StringMatchManifest) => meeting({ uri, ignoreUriCase: true }, { uri: { prefix: '/a/' } });

  expect(inAny({ prefix: '/A/' })).toEqual({ uri: { prefix: '/a/' } });
  expect(inAny({ exact: '/A/' })).toEqual({ uri: { exact: '/a/' } });
  expect(inAny({ prefix: '/A/b' })).toEqual({ uri: { regex: '/a/(?i:b).*' } });
});

test('two matches without patterns always have a common one that is known', () => {
  const plain = matches.filter(match => !JSON.stringify(match).includes('regex'));
  fc.assert(fc.property(plain, plain, (a, b) => expect(meeting(a, b)).not.toBe(UNKNOWN)));
});

test.each<[string, HttpMatchManifest, HttpMatchManifest]>([
  ['schemes', { scheme: { exact: 'http' } }, { scheme: { exact: 'https' } }],
  ['a scheme and none', { scheme: { exact: 'http' } }, { method: { exact: 'GET' } }],
  ['namespaces', { sourceNamespace: 'shop' }, { sourceNamespace: 'web' }],
  ['ports', { port: 80 }, { port: 81 }],
  ['labels', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'b' } }],
])('%s take nothing from each other', (_, a, b) => expect([takes(a, b), takes(b, a)]).toEqual([false, false]));

test('two schemes have nothing in common, and the labels of two sources are those of one', () => {
  expect(meeting({ scheme: { exact: 'http' } }, { scheme: { exact: 'https' } })).toBeUndefined();
  expect(meeting({ sourceLabels: { app: 'a' } }, { sourceLabels: { tier: 'c' } })).toEqual({ sourceLabels: { app: 'a', tier: 'c' } });
  expect(meeting({ sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'b' } })).toBeUndefined();
});

test('two values that are left out are one pattern, up to the length that Istio takes', () => {
  const without = (text: string): HttpMatchManifest => ({ withoutHeaders: { x: { exact: text } } });
  const longest = 'a'.repeat(1024 - '(?:)|(?:b)'.length);

  expect(meeting(without('a'), without('b'))).toEqual({ withoutHeaders: { x: { regex: '(?:a)|(?:b)' } } });
  expect(meeting(without(longest), without('b'))).toEqual({ withoutHeaders: { x: { regex: `(?:${longest})|(?:b)` } } });
  expect(meeting(without(`${longest}a`), without('b'))).toBe(UNKNOWN);
});

test.each<[string, HttpMatchManifest, HttpMatchManifest]>([
  ['a query parameter', { queryParams: { q: {} } }, { queryParams: { q: { exact: 'a' } } }],
  ['an authority', { authority: { prefix: 'beta.' } }, { authority: { exact: 'beta.shop' } }],
  ['a scheme', { scheme: { exact: 'http' } }, { scheme: { exact: 'http' }, method: { exact: 'GET' } }],
  ['headers that are left out', { withoutHeaders: { x: { exact: 'a' } } }, { withoutHeaders: { x: { prefix: 'a' } } }],
  ['a header that is missing', { withoutHeaders: { x: { exact: 'a' } } }, { withoutHeaders: { x: {} } }],
  ['a path in any letters', { uri: { prefix: '/Api' }, ignoreUriCase: true }, { uri: { exact: '/aPI/7' } }],
  ['two paths in any letters', { uri: { prefix: '/Api' }, ignoreUriCase: true }, { uri: { prefix: '/API/' }, ignoreUriCase: true }],
])('%s takes the narrower one, and not the other way round', (_, wider, match) => {
  expect([takes(wider, match), takes(match, wider)]).toEqual([true, false]);
});
