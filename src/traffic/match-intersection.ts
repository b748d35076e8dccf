import { RE2JS } from 're2js';
import { StringMatchManifest } from '../manifests/istio-networking';

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
