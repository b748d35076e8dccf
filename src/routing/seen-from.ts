import { compare } from '../graph/call';

/** Namespaces to which an object of one of them is shown, as `exportTo` has it. */
export function seenFrom(namespace: string, others: string[]): string[] {
  const seen = new Set(others.map(other => other === namespace ? '.' : other));
  return seen.size > 0 ? [...seen].sort(compare) : ['.'];
}
