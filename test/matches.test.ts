import * as fc from 'fast-check';
import { World } from './support/world';
import { Site } from '../src/diagnostics/site';
import { HttpMatchManifest, StringMatchManifest } from '../src/manifests/istio-networking';
import { accepts, intersection, takes as takesAllOf, UNKNOWN } from '../src/traffic/match-intersection';
import { PathPattern } from '../src/traffic/path-pattern';

/** Short texts over two letters, and all of them: what two matches say can be compared one text at a time. */
const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 });
const TEXTS = allOver(['a', 'b'], 5);

const regexes = fc.constantFrom('.*', 'a.*', '.*b', 'a+', '(a|b)b?', '[^a]+', 'ab|ba', 'a?');
const matches: fc.Arbitrary<StringMatchManifest> = fc.oneof(
  fc.record({ exact: texts }), fc.record({ prefix: texts }), fc.record({ regex: regexes }),
);

function allOver(letters: string[], length: number): string[] {
  return length === 0 ? [''] : ['', ...letters.flatMap(letter => allOver(letters, length - 1).map(rest => letter + rest))];
}

/** Written with other means than the code under test. */
function reallyAccepts({ exact, prefix, regex }: StringMatchManifest, text: string): boolean {
  return exact !== undefined ? text === exact : prefix !== undefined ? text.slice(0, prefix.length) === prefix : new RegExp(`^(?:${regex})$`, 'u').test(text);
}

test('accepts() takes what Envoy takes', () => {
  fc.assert(fc.property(matches, match => TEXTS.forEach(text => expect(accepts(match, text)).toBe(reallyAccepts(match, text)))));
});

test('an intersection accepts what both accept, and nothing else', () => {
  fc.assert(fc.property(matches, matches, (a, b) => {
    const both = intersection(a, b);
    if (both !== UNKNOWN) {
      TEXTS.forEach(text => expect(both !== undefined && reallyAccepts(both, text)).toBe(reallyAccepts(a, text) && reallyAccepts(b, text)));
    }
  }), { numRuns: 500 });
});

test('an intersection is unknown only where a regular expression meets a pattern', () => {
  fc.assert(fc.property(matches, matches, (a, b) => {
    const patterns = [a, b].filter(({ exact }) => exact === undefined);
    if (intersection(a, b) === UNKNOWN) {
      expect(patterns).toHaveLength(2);
      expect(patterns.some(({ regex }) => regex !== undefined)).toBe(true);
    }
  }));
});

test('an intersection does not depend on the order of the two', () => {
  const says = (a: StringMatchManifest, b: StringMatchManifest) => {
    const both = intersection(a, b);
    return both === UNKNOWN ? 'unknown' : TEXTS.filter(text => both !== undefined && accepts(both, text));
  };

  fc.assert(fc.property(matches, matches, (a, b) => expect(says(a, b)).toEqual(says(b, a))));
});

test('an intersection of a regular expression with itself is known', () => {
  expect(intersection({ regex: 'a+' }, { regex: 'a+' })).toEqual({ regex: 'a+' });
});

describe('of two matches the first takes all that the second does', () => {
  const FROM = { sourceNamespace: 'shop', sourceLabels: { app: 'frontend' } };
  const TAKEN: [string, HttpMatchManifest, HttpMatchManifest][] = [
    ['when it says nothing', {}, { uri: { exact: '/a' }, method: { exact: 'GET' }, headers: { 'x-qa': {} }, port: 80, ...FROM }],
    ...[{ prefix: '/' }, { regex: '.*' }, { regex: '/.*' }].map((uri): [string, HttpMatchManifest, HttpMatchManifest] => [`when it is for every path: ${JSON.stringify(uri)}`, { uri }, {}]),
    ['when it is for every method', { method: { regex: '.*' } }, {}],
    ['by a wider prefix', { uri: { prefix: '/a' } }, { uri: { prefix: '/a/b' } }],
    ['by a pattern of the path', { uri: { regex: '/a+' } }, { uri: { exact: '/aaa' } }],
    ['by the same pattern', { uri: { regex: '/a+' } }, { uri: { regex: '/a+' } }],
    ['by a pattern of the method', { method: { regex: 'GET|PUT' } }, { method: { exact: 'GET' } }],
    ['by any value of a header', { headers: { 'x-qa': {} } }, { headers: { 'x-qa': { exact: 'a' }, 'x-more': {} } }],
    ['by the same client', FROM, { ...FROM, uri: { exact: '/a' } }],
    ['by the same port', { port: 80 }, { port: 80, ...FROM }],
  ];
  const LEFT: [string, HttpMatchManifest, HttpMatchManifest][] = [
    ['a path', { uri: { exact: '/a' } }, {}],
    ['a wider prefix', { uri: { prefix: '/a/b' } }, { uri: { prefix: '/a' } }],
    ['another path', { uri: { exact: '/a' } }, { uri: { exact: '/b' } }],
    ['another pattern', { uri: { regex: '/a+' } }, { uri: { regex: '/a*' } }],
    ['every other method', { method: { exact: 'GET' } }, {}],
    ['another method', { method: { exact: 'GET' } }, { method: { exact: 'PUT' } }],
    ['requests without the header', { headers: { 'x-qa': {} } }, {}],
    ['another header', { headers: { 'x-qa': {} } }, { headers: { 'x-more': {} } }],
    ['any other value of the header', { headers: { 'x-qa': { exact: 'a' } } }, { headers: { 'x-qa': {} } }],
    ['one header of two', { headers: { 'x-qa': {}, 'x-more': {} } }, { headers: { 'x-qa': {} } }],
    ['other clients', FROM, {}],
    ['clients of other labels', FROM, { ...FROM, sourceLabels: { app: 'cart' } }],
    ['clients of another namespace', FROM, { ...FROM, sourceNamespace: 'web' }],
    ['another port', { port: 80 }, { port: 81 }],
  ];

  test.each(TAKEN)('%s', (_, first, second) => expect(takesAllOf(first, second)).toBe(true));

  test.each(LEFT)('but leaves it %s', (_, first, second) => expect(takesAllOf(first, second)).toBe(false));
});

describe('a path pattern', () => {
  const segments = fc.constantFrom('a', 'b', 'a.b', 'a+b', '(a)');
  const paths = fc.array(segments, { minLength: 1, maxLength: 3 }).map(list => `/${list.join('/')}`);
  const patterns = fc.oneof(
    paths,
    paths.map(path => `${path}/*`),
    paths.map(path => `${path}*`),
    segments.map(segment => `*${segment}`),
    fc.constantFrom('*', '/*', '/{**}', '/'),
    fc.tuple(fc.array(fc.oneof(segments, fc.constant('{*}')), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([list, rest]) => `/${[...list, ...rest ? ['{**}'] : []].join('/')}`),
  );
  const asked = fc.oneof(paths, paths.map(path => `${path}/`), fc.constant('/'));

  /** Segment by segment, without a regular expression. */
  function reallyTakes(pattern: string, path: string): boolean {
    if (pattern.includes('{')) {
      const [wanted, given] = [pattern.split('/'), path.split('/')];
      const any = wanted.at(-1) === '{**}';
      const fixed = any ? wanted.slice(0, -1) : wanted;
      return (any ? given.length > fixed.length : given.length === fixed.length)
        && fixed.every((segment, index) => segment === '{*}' ? given[index] !== '' : segment === given[index]);
    }
    return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern.startsWith('*') ? path.endsWith(pattern.slice(1)) : path === pattern;
  }

  const parse = (pattern: string) => PathPattern.parse(Site.of(new World().shop, 'paths'), pattern);
  const takes = (pattern: string, path: string) => {
    const match = parse(pattern).toUriMatch();
    return match === undefined || accepts(match, path);
  };

  test('becomes a match that takes the same paths', () => {
    fc.assert(fc.property(patterns, asked, (pattern, path) => expect(takes(pattern, path)).toBe(reallyTakes(pattern, path))), { numRuns: 1000 });
  });

  test.each([
    ['/a', { exact: '/a' }],
    ['/a/*', { prefix: '/a/' }],
    ['/a*', { prefix: '/a' }],
    ['/*', { prefix: '/' }],
    ['*.html', { regex: '.*\\.html' }],
    ['/a/{*}/b', { regex: '/a/[^/]+/b' }],
    ['/a.b/{**}', { regex: '/a\\.b/.*' }],
    ['*', undefined],
  ])('%s', (pattern, match) => expect(parse(pattern).toUriMatch()).toEqual(match));

  test('that is narrower than another stands before it', () => {
    const literals = ['a', 'b'];
    const listed = [
      ...combined(literals, 2), ...combined(literals, 2).map(path => `${path}/*`), ...combined(literals, 2).map(path => `${path}*`),
      ...combined([...literals, '{*}'], 3), ...combined([...literals, '{*}'], 2).map(path => `${path}/{**}`),
      '*', '/*', '/{**}', '*a', '*/a', '*a/b',
    ];
    const places = combined(['', 'a', 'b', 'ax', 'bx', 'c'], 4);
    const taken = new Map([...new Set(listed)].map(pattern => [pattern, new Set(places.filter(path => reallyTakes(pattern, path)))]));

    const misplaced = [...taken].flatMap(([narrow, few]) => [...taken]
      .filter(([, many]) => few.size < many.size && [...few].every(path => many.has(path)))
      .filter(([wide]) => parse(narrow).rank >= parse(wide).rank)
      .map(([wide]) => `${narrow} behind ${wide}`));

    expect(misplaced).toEqual([]);
  });
});

/** Every path of one to so many of these segments. */
function combined(segments: string[], length: number): string[] {
  return length === 0 ? [] : segments.flatMap(segment => [`/${segment}`, ...combined(segments, length - 1).map(rest => `/${segment}${rest}`)]);
}
