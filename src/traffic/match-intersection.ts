import { RE2JS } from 're2js';
import { escapeRegex } from './path-pattern';
import { HttpMatchManifest, StringMatchManifest } from '../manifests/istio-networking';

/** Two patterns of which nobody can say in one what both accept. */
export const UNKNOWN = Symbol('unknown');

/** Whether Envoy would accept the text. Its regular expressions match the whole of it. */
export function accepts(match: StringMatchManifest, text: string): boolean {
  if (match.exact !== undefined) {
    return match.exact === text;
  }
  return match.prefix !== undefined ? text.startsWith(match.prefix) : RE2JS.compile(match.regex!).matches(text);
}

/**
 * What both matches accept, as one match: Istio has room for one only. `undefined` when no text is accepted by both.
 */
export function intersection(a: StringMatchManifest, b: StringMatchManifest): StringMatchManifest | undefined | typeof UNKNOWN {
  if (a.exact !== undefined) {
    return accepts(b, a.exact) ? a : undefined;
  }
  if (b.exact !== undefined) {
    return accepts(a, b.exact) ? b : undefined;
  }
  if (a.prefix !== undefined && b.prefix !== undefined) {
    return a.prefix.startsWith(b.prefix) ? a : b.prefix.startsWith(a.prefix) ? b : undefined;
  }
  return a.regex !== undefined && a.regex === b.regex ? a : UNKNOWN;
}

/** Whether the first match accepts all that the second one does, as far as it can be told. An empty match is "present". */
export function covers(wider: StringMatchManifest, narrower: StringMatchManifest): boolean {
  if (narrower.exact !== undefined) {
    return isPresence(wider) || accepts(wider, narrower.exact);
  }
  if (narrower.prefix !== undefined && wider.prefix !== undefined) {
    return narrower.prefix.startsWith(wider.prefix);
  }
  return isPresence(wider) || (narrower.regex !== undefined && narrower.regex === wider.regex);
}

/** Whether anything at all will do. */
export function isPresence({ exact, prefix, regex }: StringMatchManifest): boolean {
  return exact === undefined && prefix === undefined && regex === undefined;
}

/** Every path begins with a slash; and every request has a method. */
function takesAll({ prefix, regex }: StringMatchManifest): boolean {
  return prefix === '/' || regex === '.*' || regex === '/.*';
}

/** A match that takes every request. */
export function isOpen(match: HttpMatchManifest): boolean {
  return Object.values(match).every(condition => condition === undefined);
}

/** The path of a match as one that is compared letter by letter, so that two can be compared with each other. */
export function comparedUri({ uri, ignoreUriCase }: HttpMatchManifest): StringMatchManifest | undefined {
  if (!uri || !ignoreUriCase || uri.regex !== undefined) {
    return uri;
  }
  return { regex: `(?i)${escapeRegex((uri.exact ?? uri.prefix)!)}${uri.exact === undefined ? '.*' : ''}` };
}

export type Conditions = { [name: string]: StringMatchManifest };

/** Whether every request that fulfils the second match fulfils the first one, as far as it can be told. */
export function takes(wider: HttpMatchManifest, match: HttpMatchManifest): boolean {
  return isSame(wider.port, match.port) && isSame(wider.sourceNamespace, match.sourceNamespace) && isSame(wider.sourceLabels, match.sourceLabels)
    && pathWithin(wider, match)
    && within(wider.method, match.method) && within(wider.authority, match.authority) && within(wider.scheme, match.scheme)
    && eachWithin(wider.headers, match.headers) && eachWithin(wider.queryParams, match.queryParams)
    // Whoever leaves out more leaves out these too
    && eachWithin(wider.withoutHeaders, match.withoutHeaders, (a, b) => covers(b, a));
}

function within(wider?: StringMatchManifest, match?: StringMatchManifest): boolean {
  return !wider || takesAll(wider) || (match !== undefined && covers(wider, match));
}

function eachWithin(wider?: Conditions, match: Conditions = {}, covered = covers): boolean {
  return !wider || Object.entries(wider).every(([name, value]) => match[name] !== undefined && covered(value, match[name]));
}

function isSame(wider: unknown, match: unknown): boolean {
  return wider === undefined || wider === match || (typeof wider === 'object' && JSON.stringify(wider) === JSON.stringify(match));
}

function pathWithin(wider: HttpMatchManifest, match: HttpMatchManifest): boolean {
  if (!wider.uri || takesAll(wider.uri)) {
    return true;
  }
  if (!match.uri) {
    return false;
  }
  const inAny = wider.ignoreUriCase && match.ignoreUriCase;
  return inAny ? covers(inSmall(wider.uri), inSmall(match.uri)) : covers(comparedUri(wider)!, comparedUri(match)!);
}

/** The same without a difference of letter case. */
export function inSmall({ exact, prefix, regex }: StringMatchManifest): StringMatchManifest {
  return { exact: exact?.toLowerCase(), prefix: prefix?.toLowerCase(), regex };
}
