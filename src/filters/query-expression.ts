import { Site } from '../diagnostics/site';
import { StringMatchManifest } from '../manifests/istio-networking';

/**
 * Whether the query has a parameter with a value, as an expression of RE2 that is looked for in the text behind the question mark. Of a parameter that is there several
 * times any counts: programs differ in which they take, and a limit is not to be got around by a second one.
 */
export function queryPattern(name: string, { exact, prefix, regex }: StringMatchManifest): string {
  const parameter = `(?:^|&)${literal(name)}`;
  if (exact !== undefined) {
    return `${parameter}=${literal(exact)}(?:&|$)`;
  }
  if (prefix !== undefined) {
    return `${parameter}=${literal(prefix)}`;
  }
  return regex === undefined ? `${parameter}(?:[=&]|$)` : `${parameter}=(?:${regex})(?:&|$)`;
}

/** Fails for a value that no parameter has, or that could begin in one parameter and end in another. */
export function checkQueryValue(site: Site, { exact, prefix, regex }: StringMatchManifest): void {
  const text = exact ?? prefix;
  if (text !== undefined && /[&#\s]/.test(text)) {
    site.fail('ImpossibleMatch', 'must be a value as it stands in the query', text, 'Write it percent-encoded: %26 for &.');
  }
  if (regex !== undefined && /^\^|[^\\[]\^|(?:^|[^\\])(?:\\\\)*\$|\\A/.test(regex)) {
    site.fail('InvalidRegex', 'must be without ^ and $: it is compared with the whole value anyway', regex, 'Leave them out.');
  }
  if (regex !== undefined && takesNextParameter(regex)) {
    site.fail('InvalidRegex', 'must not take in &, behind which the next parameter begins', regex, 'Write [^&] in the place of a dot, and [^&a-z] of [^a-z]; or list the values as matches of their own.');
  }
}

function takesNextParameter(regex: string): boolean {
  const parts = regex.match(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]|[\s\S]/g) ?? [];
  return parts.some((part) => {
    // Spelt in ways that JavaScript reads otherwise
    if (/\\[xpPQECz0-9]|\[:/.test(part)) {
      return true;
    }
    return part.startsWith('[]') || part.startsWith('[^]') || part === '.' || part === '&' || (part.length > 1 && new RegExp(part).test('&'));
  });
}

function literal(text: string): string {
  return text.replace(/[^A-Za-z0-9/_%~-]/g, '\\$&');
}
