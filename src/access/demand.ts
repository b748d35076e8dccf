import { Call, compare } from '../graph/call';
import { overlap, Requests } from '../graph/overlap';
import { OperationManifest } from '../manifests/istio-security';
import { PathPattern } from '../traffic/path-pattern';

/** Which requests are meant, and what is asked of them. */
export type Demanding = Requests & Pick<Call, 'endUsers' | 'fromCidrs'>;

/** Requests that somebody has declared. Of two declarations for one request the closer one says what is asked of it. */
export interface Declared {
  readonly call: Demanding;
  /** Whether it has what others leave, and all of those go before it. */
  readonly rest?: boolean;
}

/** What is asked of a request beside the identity of who sends it, as a text that can be compared: empty if it is nothing. */
export function demandOf({ endUsers, fromCidrs }: Pick<Call, 'endUsers' | 'fromCidrs'>): string {
  const asked = endUsers?._isRequired ? { principals: endUsers._principals, conditions: endUsers._conditions } : undefined;
  return asked || fromCidrs ? JSON.stringify({ ...asked, fromCidrs }) : '';
}

type Judged = Pick<OperationManifest, 'methods' | 'notMethods' | 'paths' | 'notPaths'>;

/** What another declaration takes away: all, or some paths. */
interface Closer {
  readonly methods?: string[];
  readonly paths: 'all' | string[];
}

/**
 * The requests that a declaration is judged by: those that it names, without those that another names more closely and asks something else
 * of. The order is that of the routes (routing/client-policies.ts, closestFirst), so that a request is judged by what its route was declared with.
 */
export function judgedRequests(declared: Declared, all: Declared[]): Judged[] {
  const { call } = declared;
  const others = all.filter(other => demandOf(other.call) !== demandOf(call) && overlap(other.call, call));
  const joined = new Map<string, Judged>();
  for (const path of call.paths ?? [undefined]) {
    const closer = others.map((other): Closer => ({ methods: other.call.methods, paths: closerPaths(other, declared, path) }))
      .filter(({ paths }) => paths.length > 0);
    for (const part of partsOf(call, closer)) {
      const key = JSON.stringify(part);
      joined.set(key, { ...part, ...(path && { paths: [...joined.get(key)?.paths ?? [], path.text] }) });
    }
  }
  return [...joined.values()];
}

/** Methods of which the same paths are taken away, together. */
function partsOf({ methods }: Demanding, closer: Closer[]): Judged[] {
  const named = methods ?? [...new Set(closer.flatMap(other => other.methods ?? []))].sort();
  const parts = new Map<string, string[]>();
  for (const method of named) {
    const taken = takenAway(closer.filter(other => !other.methods || other.methods.includes(method)));
    if (taken !== 'all') {
      parts.set(taken.join(' '), [...parts.get(taken.join(' ')) ?? [], method]);
    }
  }
  const others = methods ? 'all' : takenAway(closer.filter(other => !other.methods));
  return [
    ...[...parts].map(([taken, ofThese]) => ({ methods: ofThese, ...without(taken === '' ? [] : taken.split(' ')) })),
    ...(others === 'all' ? [] : [{ ...(named.length > 0 && { notMethods: named }), ...without(others) }]),
  ];
}

function takenAway(closer: Closer[]): 'all' | string[] {
  return closer.some(({ paths }) => paths === 'all') ? 'all' : [...new Set(closer.flatMap(({ paths }) => paths))].sort();
}

function without(notPaths: string[]): Judged {
  return notPaths.length > 0 ? { notPaths } : {};
}

/** The paths of another declaration that go before this path. */
function closerPaths({ call: other, rest: otherRest = false }: Declared, { call, rest = false }: Declared, path?: PathPattern): Closer['paths'] {
  const paths = other.paths ?? [undefined];
  const key = (rank = '9', methods?: string[]) => `${rank}\u0000${methods?.join(' ') ?? '~'}`;
  const own = key(path?.rank, call.methods);
  const first = paths.filter(candidate => rest === otherRest ? compare(key(candidate?.rank, other.methods), own) < 0 : rest);
  return first.some(candidate => candidate === undefined || candidate.text === path?.text) ? 'all' : first.map(candidate => candidate!.text);
}
