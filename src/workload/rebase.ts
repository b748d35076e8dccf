/** By what the items of a list are told apart, so that a change of one is no change of the others. Lists of anything else are replaced as a whole. */
const KEYS: { readonly [list: string]: ((item: any) => string) | undefined } = {
  containers: ({ name }) => name,
  initContainers: ({ name }) => name,
  env: ({ name }) => name,
  volumes: ({ name }) => name,
  volumeMounts: ({ mountPath }) => mountPath,
  imagePullSecrets: ({ name }) => name,
  envFrom: ({ prefix = '', configMapRef, secretRef }) => `${prefix} ${configMapRef?.name} ${secretRef?.name}`,
};

/**
 * Does to an object what makes `after` of `before`, and leaves all else of it as it is: what somebody has done to the object, which was `before` once,
 * holds but for what is changed.
 *
 * @returns another object.
 */
export function rebase(object: any, before: any, after: any, list = ''): any {
  if (same(before, after)) {
    return object;
  }
  const keyOf = KEYS[list];
  if (keyOf && [before ?? [], after ?? []].every(Array.isArray)) {
    return rebaseList(object ?? [], before ?? [], after ?? [], keyOf, list);
  }
  return isMap(before) && isMap(after) && isMap(object ?? {}) ? rebaseMap(object ?? {}, before, after) : structuredClone(after);
}

function rebaseMap(object: any, before: any, after: any): any {
  // In the order in which the whole would be written at once: then nothing is another line when the change is folded into the object
  const keys = new Set([...Object.keys(after), ...Object.keys(object), ...Object.keys(before)]);
  const rebased = [...keys].map(key => [key, rebase(object[key], before[key], after[key], key)]);
  return Object.fromEntries(rebased.filter(([, value]) => value !== undefined));
}

function rebaseList(object: any[], before: any[], after: any[], keyOf: (item: any) => string, list: string): any[] | undefined {
  const find = (items: any[], key: string) => items.findIndex(item => keyOf(item) === key);
  const gone = before.filter(item => find(after, keyOf(item)) < 0).map(keyOf);
  const result = object.filter(item => !gone.includes(keyOf(item)));
  after.forEach((item, index) => {
    const old = before[find(before, keyOf(item))];
    if (same(old, item)) {
      return;
    }
    const at = find(result, keyOf(item));
    // The program may have been renamed: it is the first
    const place = at < 0 && list === 'containers' && index === 0 && result.length > 0 ? 0 : at;
    if (place >= 0) {
      const named = list === 'containers' && at < 0 ? { name: result[place].name } : {};
      result[place] = { ...rebase(result[place], old ?? result[place], item), ...named };
    } else if (list === 'initContainers') {
      // They start one after the other
      const previous = after.slice(0, index).map(each => find(result, keyOf(each))).filter(each => each >= 0);
      result.splice(Math.max(-1, ...previous) + 1, 0, structuredClone(item));
    } else {
      result.push(structuredClone(item));
    }
  });
  return result.length > 0 ? result : undefined;
}

function isMap(value: any): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whatever the order of keys. */
function same(one: any, other: any): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  }
  if (isMap(one) && isMap(other)) {
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return keys.every(key => same(one[key], other[key]));
  }
  return one === other;
}
