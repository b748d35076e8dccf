import { ApiObject, App, ImplicitTokenResolver, Lazy, LazyResolver, NumberStringUnionResolver } from 'cdk8s';

/** Those that every app has. */
const BUILT_IN = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver];

/** Whether cdk8s would write an object as `plainData` does: in its order of keys, and with no resolvers of the user's own. */
export function isPlainlyWritten(object: ApiObject): boolean {
  return !process.env.CDK8S_DISABLE_SORT && App.of(object).resolvers.every(resolver => BUILT_IN.some(each => resolver.constructor === each));
}

/** What is no data, and for cdk8s to refuse. */
export const OTHER = Symbol('other');

/**
 * What cdk8s makes of a value, in one walk: it looks in each part for something to resolve and for the app that it belongs to, and then for keys to
 * sort and to leave out, which takes longer than to derive the value.
 *
 * Upstream: cdk8s-team/cdk8s-core src/resolve.ts, src/_util.ts, sanitizeValue.
 *
 * @returns `undefined` for what holds nothing.
 */
export function plainData(value: any): any {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'object') {
    return typeof value === 'function' ? OTHER : value;
  }
  if (Array.isArray(value)) {
    const items = value.map(plainData);
    return items.includes(OTHER) ? OTHER : items;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return value instanceof Lazy ? plainData(value.produce()) : typeof value.resolve === 'function' ? plainData(value.resolve())
      : ['number', 'string'].includes(typeof value.value) ? { value: value.value } : OTHER;
  }
  const result: any = {};
  for (const key of inOrder(Object.keys(value))) {
    const member = plainData(value[key]);
    if (member === OTHER) {
      return OTHER;
    }
    if (member !== undefined) {
      result[key] = member;
    }
  }
  return result;
}

const FEW = 32;

/** In place, and where there are few by insertion: the sort of the engine takes a kilobyte of memory each time. */
function inOrder(keys: string[]): string[] {
  if (keys.length > FEW) {
    return keys.sort();
  }
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index];
    let place = index;
    for (; place > 0 && keys[place - 1] > key; place--) {
      keys[place] = keys[place - 1];
    }
    keys[place] = key;
  }
  return keys;
}
