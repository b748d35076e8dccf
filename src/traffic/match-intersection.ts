import { RE2JS } from 're2js';
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
  if (Object.keys(wider).length === 0) {
    return true;
  }
  return Object.keys(narrower).length > 0 && JSON.stringify(intersection(wider, narrower)) === JSON.stringify(narrower);
}

/** Every path begins with a slash; and every request has a method. */
function takesAll({ prefix, regex }: StringMatchManifest): boolean {
  return prefix === '/' || regex === '.*' || regex === '/.*';
}

/** Whether every request that fulfils the second match fulfils the first one, as far as it can be told. */
export function takes(wider: HttpMatchManifest, match: HttpMatchManifest): boolean {
  const within = (a?: StringMatchManifest, b?: StringMatchManifest) => !a || takesAll(a) || (b !== undefined && covers(a, b));
  return within(wider.uri, match.uri) && within(wider.method, match.method)
    && Object.entries(wider.headers ?? {}).every(([name, value]) => match.headers?.[name] !== undefined && covers(value, match.headers[name]))
    && (['port', 'sourceNamespace', 'sourceLabels'] as const).every(
      field => wider[field] === undefined || JSON.stringify(wider[field]) === JSON.stringify(match[field]));
}
