import { FaultRule } from './fault-injection';
import { takes, UNKNOWN } from './match-intersection';
import { meeting } from './match-meeting';
import { FaultManifest, HttpMatchManifest } from '../manifests/istio-networking';

/** The requests that meet with the same faults. */
export interface FaultVariant {
  /** Alternatives; without it, all that no earlier variant takes. */
  readonly match?: HttpMatchManifest[];
  readonly fault?: FaultManifest;
  /** What tells its route apart from those of the others. No name of a route, port or client has a plus. */
  readonly suffix: string;
}

/**
 * A proxy knows one delay and one abort for a route. Each request is to meet with the first delay and the first abort that are for it: so there is a
 * variant for each pair of them, and for none, those of the first delay first. Whatever takes a variant for a pair is for no earlier one of either.
 */
export function faultVariants(faults: FaultRule[]): FaultVariant[] {
  if (faults.length === 0) {
    return UNTOUCHED;
  }
  const variants = pairsOf(faults).map(({ delay, abort, match }) => ({
    match: match === UNKNOWN ? [] : match,
    fault: delay || abort ? { delay: delay?.delay, abort: abort?.abort } : undefined,
  })).filter(({ match }) => match?.length !== 0);
  const several = variants.length > 1;
  return variants.map((variant, index) => ({ ...variant, suffix: several && variant.fault ? `+fault-${index + 1}` : '' }));
}

const UNTOUCHED: FaultVariant[] = [{ suffix: '' }];

/** Two faults for requests of which nobody can say in one match what they have in common. */
export function unknownPair(faults: FaultRule[]): FaultRule[] | undefined {
  const pair = pairsOf(faults).find(({ match }) => match === UNKNOWN);
  return pair && [pair.delay!, pair.abort!];
}

/** The index of a fault that would never happen: an earlier one is for all of its requests. */
export function shadowedFault(faults: FaultRule[]): number {
  return faults.findIndex((fault, index) => faults.slice(0, index).some(other => Boolean(other.delay) === Boolean(fault.delay)
    && (fault.match ?? [{}]).every(match => (other.match ?? [{}]).some(wider => takes(wider, match)))));
}

interface Pair {
  readonly delay?: FaultRule;
  readonly abort?: FaultRule;
  readonly match?: HttpMatchManifest[] | typeof UNKNOWN;
}

function pairsOf(faults: FaultRule[]): Pair[] {
  const delays = upToTheRest(faults.filter(({ delay }) => delay));
  const aborts = upToTheRest(faults.filter(({ abort }) => abort));
  return delays.flatMap(delay => aborts.map(abort => ({ delay, abort, match: common(delay?.match, abort?.match) })));
}

/** Behind one that is for every request there is none, and without one there is no fault for what is left. */
function upToTheRest(faults: FaultRule[]): (FaultRule | undefined)[] {
  const last = faults.findIndex(({ match }) => !match);
  return last < 0 ? [...faults, undefined] : faults.slice(0, last + 1);
}

function common(a?: HttpMatchManifest[], b?: HttpMatchManifest[]): HttpMatchManifest[] | undefined | typeof UNKNOWN {
  if (!a || !b) {
    return a ?? b;
  }
  const met = a.flatMap(one => b.map(other => meeting(one, other)));
  return met.includes(UNKNOWN) ? UNKNOWN : met.filter(match => match !== undefined && match !== UNKNOWN);
}
