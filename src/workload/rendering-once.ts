/** What was rendered since a synthesis, or its checks, began. */
let seen: Map<unknown, any> | undefined;

/** @param key an object that is of nothing else that is rendered. */
export function once<T>(key: object, make: () => T): T {
  if (!seen) {
    return make();
  }
  if (seen.has(key)) {
    return seen.get(key);
  }
  const before = seen;
  const made = make();
  before.set(key, made); // which is forgotten where to make it has changed something
  return made;
}

/** To be told of whatever changes an object, or what follows from it, in the midst of a synthesis. */
export function renderAnew(): void {
  if (seen && seen.size > 0) {
    seen = new Map();
  }
}

/** Renders each object once while it runs: a synthesis, and the checks in it, look at the same objects again and again, and change none. */
export function renderingOnce<T>(run: () => T): T {
  if (seen) {
    return run();
  }
  seen = new Map();
  try {
    return run();
  } finally {
    seen = undefined;
  }
}
