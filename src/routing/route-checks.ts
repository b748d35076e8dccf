import { clientPolicies, sharedMethods } from './client-policies';
import { RouteContribution, RouteTable } from './virtual-service';
import { HttpMatchManifest, StringMatchManifest } from '../manifests/istio-networking';
import { takes, UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';

/** A route and a client's policy whose paths overlap in a way that one match cannot say. */
export interface UnresolvedOverlap {
  readonly route: string;
  readonly client: string;
  readonly uris: StringMatchManifest[];
}

/** To leave such a rule out would drop a timeout, to write it would widen a route. */
export function unresolvedOverlaps(table: RouteTable): UnresolvedOverlap[] {
  const policies = clientPolicies(table.calls.filter(call => call.port._isHttp), table.gateway);
  const overlaps = table.routes.flatMap(route => policies.flatMap(policy =>
    (route.match ?? []).filter(match => sharedMethods(match, policy)?.length !== 0).flatMap(match => (policy.uris ?? [])
      .filter(uri => meeting({ uri: match.uri, ignoreUriCase: match.ignoreUriCase }, { uri }) === UNKNOWN)
      .map(uri => ({ route: route.name, client: policy.client, uris: [match.uri!, uri!] })))));
  return [...new Map(overlaps.map(overlap => [JSON.stringify(overlap), overlap])).values()];
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
