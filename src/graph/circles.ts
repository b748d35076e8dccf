/** One step from somewhere to somewhere. */
interface Step {
  readonly from: string;
  readonly to: string;
}

/**
 * Which places lead to each other, there and back: those of one number are in circles with each other, and a path that has left a number never comes back to it.
 *
 * Tarjan's algorithm, without recursion: a path of calls may be long.
 */
export function circlesOf(outgoing: ReadonlyMap<string, readonly Step[]>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const lower = (place: string, to: number) => lowest.set(place, Math.min(lowest.get(place)!, to));
  for (const root of outgoing.keys()) {
    const walk: { place: string; next: number }[] = [];
    const enter = (place: string) => {
      order.set(place, order.size);
      lowest.set(place, order.get(place)!);
      open.push(place);
      walk.push({ place, next: 0 });
    };
    if (!order.has(root)) {
      enter(root);
    }
    for (let at = walk.at(-1); at !== undefined; at = walk.at(-1)) {
      const { place } = at;
      const step = outgoing.get(place)?.[at.next++];
      if (step && !order.has(step.to)) {
        enter(step.to);
      } else if (step) {
        lower(place, found.has(step.to) ? Infinity : order.get(step.to)!);
      } else {
        walk.pop();
        if (walk.length > 0) {
          lower(walk.at(-1)!.place, lowest.get(place)!);
        }
        if (lowest.get(place) === order.get(place)) {
          const number = order.get(place)!;
          for (let member; member !== place;) {
            member = open.pop()!;
            found.set(member, number);
          }
        }
      }
    }
  }
  return found;
}
