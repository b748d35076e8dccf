import { HttpMatchManifest, StringMatchManifest } from '../../src/manifests/istio-networking';

/** A request as a client's proxy sees it. */
export interface RequestModel {
  readonly path: string;
  readonly method: string;
  readonly authority: string;
  readonly scheme: string;
  readonly headers: { readonly [name: string]: string };
  readonly query: { readonly [name: string]: string };
  readonly port: number;
  readonly namespace: string;
  readonly labels: { readonly [key: string]: string };
}

type Texts = { readonly [name: string]: string };
type Conditions = { [name: string]: StringMatchManifest };

/** Whether Envoy takes the request by the match, as Istio translates it: written from its documentation, and not from the code under test. */
export function fulfils(match: HttpMatchManifest, request: RequestModel): boolean {
  const each = (listed: Conditions | undefined, holds: (name: string, value: StringMatchManifest) => boolean) => (
    Object.entries(listed ?? {}).every(([name, value]) => holds(name, value)));
  const isIn = (given: Texts) => (name: string, value: StringMatchManifest) => given[name] !== undefined && isTextOf(value, given[name]);
  const { headers } = request;
  const isOut = (name: string, value: StringMatchManifest) => (isPresence(value) ? headers[name] === undefined : !isTextOf(value, headers[name] ?? ''));
  const single = (field: 'method' | 'authority' | 'scheme') => {
    const value = match[field];
    return !value || isTextOf(value, request[field]);
  };
  return (!match.uri || isTextOf(match.uri, request.path, match.ignoreUriCase)) && single('method') && single('authority') && single('scheme')
    && each(match.headers, isIn(headers)) && each(match.queryParams, isIn(request.query)) && each(match.withoutHeaders, isOut)
    && (match.port ?? request.port) === request.port && (match.sourceNamespace ?? request.namespace) === request.namespace
    && Object.entries(match.sourceLabels ?? {}).every(([key, value]) => request.labels[key] === value);
}

function isPresence(value: StringMatchManifest): boolean {
  return Object.keys(value).length === 0;
}

function isTextOf({ exact, prefix, regex }: StringMatchManifest, text: string, ignoreCase = false): boolean {
  const same = (value: string) => ignoreCase ? value.toLowerCase() : value;
  if (exact !== undefined) {
    return same(text) === same(exact);
  }
  if (prefix !== undefined) {
    return same(text).startsWith(same(prefix));
  }
  if (regex === undefined) {
    return true;
  }
  // JavaScript has no flags within an expression
  const anyCase = (part: string) => part.replace(/[a-z]/gi, letter => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  const pattern = regex.startsWith('(?i)') ? anyCase(regex.slice(4)) : regex.replace(/\(\?i:([^)]*)\)/g, (_, part) => anyCase(part));
  return new RegExp(`^(?:${pattern})$`, 'u').test(text);
}
