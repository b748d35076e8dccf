import { Call } from './call';
import { intersection } from '../traffic/match-intersection';

/** Whether a request could be meant by both, as far as it can be told: of two patterns that cannot be compared it could. */
export function overlap(a: Call, b: Call): boolean {
  const methods = !a.methods || !b.methods || a.methods.some(method => b.methods!.includes(method));
  const uris = ({ paths }: Call) => paths?.map(path => path.toUriMatch()) ?? [undefined];
  return methods && uris(a).some(one => uris(b).some(other => !one || !other || intersection(one, other) !== undefined));
}
