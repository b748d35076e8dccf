import { HeaderOperationsManifest, HeadersManifest, TreatmentManifest } from '../manifests/istio-networking';
import { namedIn } from '../traffic/header-changes';

/** What a route and a call make of the same requests, together. */
export function bothTreatments(a: TreatmentManifest = {}, b: TreatmentManifest = {}): TreatmentManifest {
  return { rewrite: b.rewrite ?? a.rewrite, corsPolicy: b.corsPolicy ?? a.corsPolicy, headers: bothHeaders(a.headers, b.headers) };
}

/** What is left of it where no server is asked. */
export function ofAnswers({ corsPolicy, headers }: TreatmentManifest): TreatmentManifest {
  return { corsPolicy, headers: headers?.response && { response: headers.response } };
}

/** What both would change, so that one of them would be lost. */
export function treatedTwice(a: TreatmentManifest = {}, b: TreatmentManifest = {}): string | undefined {
  const headers = (['request', 'response'] as const).flatMap(direction => namedIn(a.headers?.[direction]).filter(name => namedIn(b.headers?.[direction]).includes(name)));
  const [header] = headers;
  return a.rewrite && b.rewrite ? 'rewrite' : a.corsPolicy && b.corsPolicy ? 'cors' : header === undefined ? undefined : `header ${header}`;
}

function bothHeaders(a?: HeadersManifest, b?: HeadersManifest): HeadersManifest | undefined {
  if (!a || !b) {
    return a ?? b;
  }
  return { request: bothOperations(a.request, b.request), response: bothOperations(a.response, b.response) };
}

function bothOperations(a?: HeaderOperationsManifest, b?: HeaderOperationsManifest): HeaderOperationsManifest | undefined {
  if (!a || !b) {
    return a ?? b;
  }
  const list = [...a.remove ?? [], ...b.remove ?? []];
  return {
    set: a.set || b.set ? { ...a.set, ...b.set } : undefined,
    add: a.add || b.add ? { ...a.add, ...b.add } : undefined,
    remove: list.length > 0 ? list : undefined,
  };
}
