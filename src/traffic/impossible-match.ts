import { accepts } from './match-intersection';
import { METHODS } from './methods';
import { checkLiteralPath } from './path-syntax';
import { Site } from '../diagnostics/site';
import { StringMatchManifest } from '../manifests/istio-networking';

/*
 * A match that no request can fulfil would be dropped without a word by the proxy. Nothing is refused here that is not sure: of an expression with
 * alternatives, or of what stands in a group, nothing is said.
 */

type SingleField = 'uri' | 'method' | 'authority' | 'scheme';

/** What no path, method, host or scheme is. */
export function checkPossible(site: Site, field: SingleField, match: StringMatchManifest): void {
  const beginning = match.exact ?? match.prefix;
  if (beginning === undefined) {
    checkPattern(site, field, match.regex!);
    return;
  }
  if (field === 'uri') {
    checkLiteralPath(site, beginning, 'Write StringMatch.prefix(\'/api/\') for what begins so, and StringMatch.regex(\'/orders/[^/]+\') for a segment of any text.');
  }
  if (field === 'method' && !METHODS.some(method => method.startsWith(beginning.toUpperCase()))) {
    site.fail('InvalidMethod', 'must be an HTTP method', beginning, `Use one of ${METHODS.join(', ')}.`);
  }
  if (field === 'method' && beginning !== beginning.toUpperCase()) {
    site.fail('InvalidMethod', 'must be in capitals', beginning, `Write ${beginning.toUpperCase()}: methods are compared letter by letter.`);
  }
  if (field === 'authority' && !/^[a-z0-9.:[\]_-]+$/.test(beginning)) {
    site.fail('InvalidHost', 'must be a host in small letters, with or without a port', beginning, 'Write the name alone, such as beta.example.com: no scheme, no path, no wildcard.');
  }
  if (field === 'scheme' && beginning !== 'http' && beginning !== 'https') {
    site.fail('ImpossibleMatch', 'must be http or https', beginning, 'Write \'https\', without colon and slashes.');
  }
}

function checkPattern(site: Site, field: SingleField, regex: string): void {
  if (field === 'method' && !METHODS.some(method => accepts({ regex }, method))) {
    site.fail('InvalidMethod', 'must take a method as it stands in the request', regex, `Write one or several of ${METHODS.join(', ')}, in capitals and between bars: GET|HEAD.`);
  }
  if (field !== 'uri') {
    return;
  }
  const parts = partsOf(regex) ?? [];
  const [first] = parts.filter(({ text }) => !STARTS.includes(text));
  if (first && !first.optional && /^[A-Za-z0-9]$/.test(first.text)) {
    site.fail('ImpossibleMatch', 'must begin with a slash, as every path does: the whole path is compared', regex, `Write /${regex.replace(/^\^/, '')}, or .* before it.`);
  }
  if (parts.some(({ text, optional }) => !optional && ['\\?', '[?]', '#'].includes(text))) {
    site.fail('ImpossibleMatch', 'must be for the path alone, which has no query', regex, 'Leave out what follows the path, and match a parameter by RouteMatch.queryParameter().');
  }
}

/** What a header's value has neither at its ends nor within: the proxy takes blanks at the ends away, and refuses requests with the others. RFC 9110, 5.5. */
export function checkHeaderText(site: Site, { exact, prefix }: StringMatchManifest): void {
  const text = exact ?? prefix;
  // eslint-disable-next-line no-control-regex
  if (text !== undefined && (/^[ \t]|[\u0000-\u0008\u000A-\u001F\u007F]/.test(text) || /[ \t]$/.test(exact ?? ''))) {
    site.fail('ImpossibleMatch', 'must be what a header can have: one line, without blanks at its ends', text, 'Write the value as it arrives: blanks at its ends do not.');
  }
}

/** The value of a parameter is compared as it stands in the query, percent-encoded. */
export function checkParameterText(site: Site, { exact, prefix }: StringMatchManifest): void {
  const text = exact ?? prefix;
  // Of a beginning the last character may be half of what is encoded
  if (text !== undefined && (/[^!-~]|[&#]/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(exact ?? prefix!.replace(/%[0-9A-Fa-f]?$/, '')))) {
    site.fail('ImpossibleMatch', 'must be what stands in a query', text, 'Blanks, \'&\', \'#\', \'%\' itself and characters outside of ASCII are percent-encoded there, \'&\' as %26: encodeURIComponent() writes them so.');
  }
}

/** Fails for an expression that goes on behind the end of the text, or begins before its start. */
export function checkAnchors(site: Site, regex: string): void {
  const parts = partsOf(regex) ?? [];
  const has = (part: Part) => !part.optional && part.text !== GROUP && !NOTHING.includes(part.text);
  const end = parts.findIndex(({ text, optional }) => !optional && ENDS.includes(text));
  const start = parts.map(({ text, optional }) => !optional && STARTS.includes(text)).lastIndexOf(true);
  if ((end >= 0 && parts.slice(end).some(has)) || parts.slice(0, Math.max(start, 0)).some(has)) {
    site.fail('ImpossibleMatch', 'must have ^ at its start and $ at its end alone', regex, 'Leave them out: the whole text is compared. The characters themselves are written \\^ and \\$.');
  }
}

interface Part {
  readonly text: string;
  readonly optional: boolean;
}

const GROUP = '()';
const STARTS = ['^', '\\A'];
const ENDS = ['$', '\\z'];
const NOTHING = [...STARTS, ...ENDS, '\\b', '\\B'];
const TOKENS = /\\[pPx]\{[^}]*\}|\\x..|\\[^]|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|[*+?]\??|\{\d+(?:,\d*)?\}\??|[^]/g;

/** What an expression consists of, one after the other; `undefined` where it has alternatives, or a syntax of its own. */
function partsOf(regex: string): Part[] | undefined {
  if (/\||\\[QE]|\(\?[A-Za-z]*m/.test(regex)) {
    return undefined;
  }
  const parts: Part[] = [];
  let depth = 0;
  for (const [token] of regex.matchAll(TOKENS)) {
    if (token === '(') {
      depth++;
    } else if (token === ')') {
      depth--;
      if (depth === 0) {
        parts.push({ text: GROUP, optional: false });
      }
    } else if (depth === 0 && /^([*+?]\??|\{\d.*)$/.test(token)) {
      const last = parts.pop();
      parts.push({ text: last?.text ?? GROUP, optional: Boolean(last?.optional) || /^([*?]|\{0[,}])/.test(token) });
    } else if (depth === 0) {
      parts.push({ text: token, optional: false });
    }
  }
  return parts;
}
