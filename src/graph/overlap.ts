import { Call } from './call';
import { StringMatchManifest } from '../manifests/istio-networking';
import { covers, intersection } from '../traffic/match-intersection';
import { PathPattern } from '../traffic/path-pattern';

/** Which requests are meant, and what becomes of them. */
export type Requests = Pick<Call, 'methods' | 'paths' | 'treatment'>;

/** Whether a request could be meant by both, as far as it can be told: of two patterns that cannot be compared it could. */
export function overlap(a: Requests, b: Requests): boolean {
  return (share(a.methods, b.methods) || takesPreflights(a, b) || takesPreflights(b, a)) && sharedPaths(a, b).length > 0;
}

/** Whether one is for OPTIONS, and the other's proxy answers those that browsers send before a request. */
export function takesPreflights(a: Requests, b: Requests): boolean {
  return a.treatment?.corsPolicy !== undefined && a.methods !== undefined && !a.methods.includes('OPTIONS') && b.methods?.includes('OPTIONS') === true
    && sharedPaths(a, b).length > 0;
}

/**
 * Whether a browser that asks before a request to the first would be answered by the policy of the second, which says yes: the first is not for OPTIONS
 * and has no policy, and the second has its paths, and allows one of its methods.
 */
export function isAnsweredFor(a: Requests, b: Requests): boolean {
  const policy = b.treatment?.corsPolicy;
  if (a.treatment?.corsPolicy || !a.methods || a.methods.includes('OPTIONS') || !policy) {
    return false;
  }
  const allowed = policy.allowMethods.includes('*') ? b.methods : policy.allowMethods;
  const narrower = ([ofA, ofB]: UriPair) => ofB !== undefined && (!ofA || (covers(ofA, ofB) && !covers(ofB, ofA)));
  return share(a.methods, allowed) && sharedPaths(a, b).some(pair => !narrower(pair));
}

type UriPair = [StringMatchManifest | undefined, StringMatchManifest | undefined];

function share(a?: string[], b?: string[]): boolean {
  return !a || !b || a.some(method => b.includes(method));
}

function sharedPaths(a: Requests, b: Requests): UriPair[] {
  const of = ({ paths }: Requests) => paths ?? [undefined];
  const alike = of(a).flatMap(one => of(b).filter(other => !one || !other || beginAlike(one, other)).map(other => [one, other]));
  const pairs = alike.map(([one, other]): UriPair => [one?.toUriMatch(), other?.toUriMatch()]);
  return pairs.filter(([one, other]) => !one || !other || intersection(one, other) !== undefined);
}

/** Two patterns that nobody can compare may still begin differently. */
function beginAlike({ beginning: a }: PathPattern, { beginning: b }: PathPattern): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
