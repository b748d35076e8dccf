import { comparedUri, Conditions, covers, inSmall, intersection, isPresence, UNKNOWN } from './match-intersection';
import { escapeRegex } from './path-pattern';
import { HttpMatchManifest, StringMatchManifest } from '../manifests/istio-networking';

/** What fulfils both matches, as one match. `undefined` when no request does. */
export function meeting(a: HttpMatchManifest, b: HttpMatchManifest): HttpMatchManifest | undefined | typeof UNKNOWN {
  const apart = SOURCES.some(field => a[field] !== undefined && b[field] !== undefined && a[field] !== b[field])
    || (a.sourceLabels && b.sourceLabels && Object.entries(a.sourceLabels).some(([key, value]) => (b.sourceLabels![key] ?? value) !== value));
  const path = apart ? NOTHING : bothPaths(a, b);
  if (apart || path === NOTHING) {
    return undefined;
  }
  const met: { [field: string]: unknown } = {};
  put(met, a);
  put(met, b);
  let unknown = path === UNKNOWN;
  // Of letter case as they meet: what only one of them takes in any is a pattern
  const { uri, ignoreUriCase } = path as HttpMatchManifest;
  Object.assign(met, uri && { uri }, ignoreUriCase && { ignoreUriCase });
  for (const { field, meet } of FIELDS) {
    if (a[field] !== undefined && b[field] !== undefined) {
      met[field] = meet(a[field], b[field]);
      if (met[field] === NOTHING) {
        return undefined;
      }
      unknown ||= met[field] === UNKNOWN;
    }
  }
  if (a.sourceLabels && b.sourceLabels) {
    met.sourceLabels = { ...a.sourceLabels, ...b.sourceLabels };
  }
  return unknown ? UNKNOWN : met;
}

/** Two conditions that nothing fulfils at once; `undefined` is that there is none. */
const NOTHING = Symbol('nothing');

type Met<T> = T | undefined | typeof NOTHING | typeof UNKNOWN;

const SOURCES = ['port', 'sourceNamespace'] as const;

/** How the two conditions of a field are fulfilled at once. */
const FIELDS: readonly { readonly field: keyof HttpMatchManifest; readonly meet: (a: any, b: any) => Met<unknown> }[] = [
  ...(['scheme', 'method', 'authority'] as const).map(field => ({ field, meet: both })),
  ...(['headers', 'queryParams'] as const).map(field => ({ field, meet: (a: Conditions, b: Conditions) => eachOf(a, b, both) })),
  { field: 'withoutHeaders', meet: (a: Conditions, b: Conditions) => eachOf(a, b, either) },
];

/** All but the path. */
function put(fields: { [field: string]: unknown }, match: HttpMatchManifest): void {
  for (const [field, value] of Object.entries(match)) {
    if (value !== undefined && field !== 'uri' && field !== 'ignoreUriCase') {
      fields[field] = value;
    }
  }
}

function both(a?: StringMatchManifest, b?: StringMatchManifest): Met<StringMatchManifest> {
  if (!a || !b) {
    return a ?? b;
  }
  return isPresence(a) ? b : isPresence(b) ? a : intersection(a, b) ?? NOTHING;
}

function bothPaths(a: HttpMatchManifest, b: HttpMatchManifest): Met<HttpMatchManifest> {
  const pathOf = ({ uri, ignoreUriCase }: HttpMatchManifest): HttpMatchManifest => ignoreUriCase ? { uri, ignoreUriCase } : { uri };
  if (!a.uri || !b.uri) {
    return a.uri ? pathOf(a) : b.uri ? pathOf(b) : {};
  }
  const [any, strict] = a.ignoreUriCase ? [a, b] : [b, a];
  if (any.ignoreUriCase && strict.ignoreUriCase) {
    const uri = both(inSmall(a.uri), inSmall(b.uri));
    return typeof uri === 'symbol' ? uri : { uri, ignoreUriCase: true };
  }
  const uri = any.ignoreUriCase && strict.uri!.prefix !== undefined ? continued(strict.uri!.prefix, any.uri!) : both(comparedUri(a), comparedUri(b));
  return typeof uri === 'symbol' ? uri : { uri, ignoreUriCase: undefined };
}

/** What begins with these letters, and is or begins with others in any letter case. */
function continued(prefix: string, { exact, prefix: beginning }: StringMatchManifest): Met<StringMatchManifest> {
  const text = (exact ?? beginning)!;
  if (text.toLowerCase().startsWith(prefix.toLowerCase())) {
    const rest = text.slice(prefix.length);
    if (rest === '') {
      return exact === undefined ? { prefix } : { exact: prefix };
    }
    return { regex: `${escapeRegex(prefix)}(?i:${escapeRegex(rest)})${exact === undefined ? '.*' : ''}` };
  }
  return exact === undefined && prefix.toLowerCase().startsWith(text.toLowerCase()) ? { prefix } : NOTHING;
}

/** Neither of two texts, by one pattern of which it is none. */
function either(a?: StringMatchManifest, b?: StringMatchManifest): Met<StringMatchManifest> {
  if (!a || !b) {
    return a ?? b;
  }
  if (covers(a, b) || covers(b, a)) {
    return covers(a, b) ? a : b;
  }
  const patternOf = ({ exact, prefix, regex }: StringMatchManifest) => regex ?? (exact === undefined ? `${escapeRegex(prefix!)}.*` : escapeRegex(exact));
  const regex = `(?:${patternOf(a)})|(?:${patternOf(b)})`;
  return regex.length <= 1024 ? { regex } : UNKNOWN;
}

function eachOf(a: Conditions, b: Conditions, met: typeof both): Met<Conditions> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const values = names.map(name => met(a[name], b[name]));
  const lost = [NOTHING, UNKNOWN].find(symbol => values.includes(symbol as Met<StringMatchManifest>));
  if (lost !== undefined || names.length === 0) {
    return lost as Met<Conditions>;
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index] as StringMatchManifest]));
}
