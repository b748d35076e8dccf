import { Call } from './call';
import { Site } from '../diagnostics/site';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { FaultInjection, FaultRule } from '../traffic/fault-injection';
import { shadowedFault, unknownPair } from '../traffic/fault-variants';
import { UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';

/**
 * What a user wrote, checked: each can happen, and whatever a request meets with can be said.
 *
 * @param of the requests of which they are.
 */
export function faultsOf(site: Site, faults: FaultInjection[], grpc: boolean, of: HttpMatchManifest[]): FaultRule[] {
  if (faults.length === 0) {
    site.fail('EmptyList', 'must not be empty', faults, 'Leave it out for no faults.');
  }
  const rules = faults.map((fault, index) => fault._toRule(site.at(index), grpc));
  rules.forEach((rule, index) => rule.match?.forEach((match, place) => checkWithin(site.at(index).in('match').at(place), match, of)));
  const shadowed = shadowedFault(rules);
  if (shadowed >= 0) {
    site.at(shadowed).fail('IneffectiveFault', 'must be for requests that an earlier fault of its kind leaves', rules[shadowed].match ?? {},
      'A request meets with one delay and one abort, the first that are for it: put the narrower first, or let their matches differ.');
  }
  const pair = unknownPair(rules);
  if (pair) {
    site.fail('UnresolvedOverlap', 'must have no delay and abort whose matches overlap in a way that no one match says', pair.map(({ match }) => match),
      'Write one of the two patterns as exact values, or give both faults the same match.');
  }
  return rules;
}

/** The requests of a call, as matches. */
export function matchesOf({ methods, paths }: Pick<Call, 'methods' | 'paths'>): HttpMatchManifest[] {
  const exactly = (method?: string) => method === undefined ? undefined : { exact: method };
  return (paths ?? [undefined]).flatMap(path => (methods ?? [undefined]).map(method => ({ uri: path?.toUriMatch(), method: exactly(method) })));
}

function checkWithin(site: Site, match: HttpMatchManifest, of: HttpMatchManifest[]): void {
  const met = of.map(requests => meeting(requests, match));
  if (met.every(both => both === undefined)) {
    site.fail('IneffectiveFault', 'must match some of the requests that the fault is of', match, 'Match what the call, or the route, is for.');
  }
  const unknown = met.indexOf(UNKNOWN);
  if (unknown >= 0) {
    site.fail('UnresolvedOverlap', 'must not match by a pattern that overlaps with one of the call, or of the route', [of[unknown], match],
      'Write one of the two as exact values, or match the fault by a header.');
  }
}
