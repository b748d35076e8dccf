import { ClientPolicy, clientPolicies, sharedMethods } from './client-policies';
import { bothTreatments, ofAnswers, treatedTwice } from './treatments';
import { RouteContribution, RouteTable } from './virtual-service';
import { HttpMatchManifest, StringMatchManifest, TreatmentManifest } from '../manifests/istio-networking';
import { FaultVariant, faultVariants } from '../traffic/fault-variants';
import { takes, UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';

/** A route and a client's policy whose requests overlap in a way that one match cannot say. */
export interface UnresolvedOverlap {
  readonly route: string;
  readonly client: string;
  /** What overlaps: two patterns of a path, or the matches of a route and a fault. */
  readonly patterns: (StringMatchManifest | HttpMatchManifest)[];
  /** Whether a fault is what overlaps. */
  readonly ofFault: boolean;
}

/** To leave such a rule out would drop a timeout or a fault, to write it would widen a route. */
export function unresolvedOverlaps(table: RouteTable): UnresolvedOverlap[] {
  const areTold = [...table.routes, ...table.calls].some(({ faults }) => faults) || table.routes.some(({ match }) => match?.some(({ uri }) => uri));
  if (!areTold) {
    return []; // Neither a path nor a fault on the side of the routes: every policy is for all of one
  }
  const policies = clientPolicies(table.calls.filter(call => call.port._isHttp), table.gateway);
  const routes: RouteContribution[] = [...table.routes, { name: 'default', split: [] }];
  const overlaps = routes.flatMap(route => policies.flatMap(policy => (
    faultVariants([...policy.faults ?? [], ...route.faults ?? []]).flatMap(variant => unresolved(route, policy, variant)))));
  return [...new Map(overlaps.map(overlap => [JSON.stringify(overlap), overlap])).values()];
}

function unresolved(route: RouteContribution, policy: ClientPolicy, variant: FaultVariant): UnresolvedOverlap[] {
  const [{ name }, { client }] = [route, policy];
  return (route.match ?? [{}]).flatMap(match => (variant.match ?? [undefined]).flatMap((failing): UnresolvedOverlap[] => {
    const met = failing ? meeting(match, failing) : match;
    if (met === undefined || (met !== UNKNOWN && sharedMethods(met, policy)?.length === 0)) {
      return [];
    }
    if (met === UNKNOWN) {
      return [{ route: name, client, patterns: [match, failing!], ofFault: true }];
    }
    const { uri, ignoreUriCase } = met;
    const unknown = !uri ? [] : (policy.uris ?? []).filter(other => meeting({ uri, ignoreUriCase }, { uri: other }) === UNKNOWN);
    return unknown.map(other => ({ route: name, client, patterns: [uri!, other!], ofFault: failing?.uri !== undefined }));
  }));
}

/** A match all of whose requests an earlier route takes (IST0130). */
export interface UnreachableMatch {
  readonly route: string;
  readonly match: HttpMatchManifest;
  readonly takenBy: string;
}

export function unreachableMatches(routes: RouteContribution[]): UnreachableMatch[] {
  const matches = routes.flatMap(route => (route.match ?? [{}]).map(match => ({ route: route.name, match })));
  return matches.flatMap(({ route, match }, index) => {
    const earlier = matches.slice(0, index).find(other => takes(other.match, match));
    return earlier ? [{ route, match, takenBy: earlier.route }] : [];
  });
}

/** A route and a policy that both change the same of a request: Istio has room for one. */
export function contradictions(table: RouteTable): { route: string; client: string; what: string }[] {
  const routes = table.routes.filter(({ treatment, answer }) => treatment ?? answer?.redirect);
  const all = routes.length === 0 ? [] : clientPolicies(table.calls.filter(call => call.port._isHttp), table.gateway);
  const policies = all.filter(({ treatment, answer, isPreflight }) => (treatment ?? answer?.redirect) && !isPreflight);
  return routes.flatMap(route => policies.flatMap((policy) => {
    const answers = route.answer ?? policy.answer;
    const [ofRoute, ofCall] = [treatmentOf(route), treatmentOf(policy)].map(treatment => answers ? ofAnswers(treatment) : treatment);
    const what = route.answer && policy.answer ? undefined : treatedTwice(ofRoute, ofCall);
    return what !== undefined && isMet(route, policy) ? [{ route: route.name, client: policy.client, what }] : [];
  }));
}

/** With what a redirect writes. */
function treatmentOf({ treatment, answer }: Pick<RouteContribution, 'treatment' | 'answer'>): TreatmentManifest {
  return answer?.redirect ? bothTreatments(treatment, { headers: { response: { set: { location: '' } } } }) : treatment ?? {};
}

/** Whether some requests may be those of both. */
export function isMet(route: RouteContribution, policy: ClientPolicy): boolean {
  return (route.match ?? [{}]).some(({ method, ...match }) => sharedMethods({ method }, policy)?.length !== 0
    && (policy.uris ?? [undefined]).some(uri => meeting(match, { uri, ...policy.source }) !== undefined));
}

/** Routes whose policy for pages of other origins no browser would be told: what it asks before is an OPTIONS, and brings no token. */
export function unaskedPreflights(table: RouteTable): { route: string; methods?: string[] }[] {
  const asked = table.routes.filter(({ treatment }) => treatment?.corsPolicy);
  const calls = table.calls.filter(({ treatment }) => !treatment?.corsPolicy)
    .filter(({ methods, endUsers, fromCidrs }) => [methods, endUsers?._isRequired, fromCidrs].some(Boolean));
  return asked.flatMap(({ name: route, match = [{}] }) => calls.filter(({ paths = [undefined] }) => match.some(each => (
    paths.some(path => meeting(each, { uri: path?.toUriMatch() }) !== undefined)))).map(({ methods }) => ({ route, methods })));
}

/** Routes by path, and calls whose own path is another one when it arrives. */
export function rewrittenBefore(table: RouteTable): { route: string; client: string; uri: unknown }[] {
  const rewriting = table.calls.filter(({ asked }) => asked);
  return rewriting.length === 0 ? [] : table.routes.flatMap(({ name, match = [] }) => match.filter(({ uri }) => uri).flatMap(({ uri }) => (
    rewriting.map(({ client }) => ({ route: name, client: client.name, uri })))));
}
