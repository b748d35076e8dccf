import { ApiObject, ApiObjectMetadataDefinition, App, Chart, ImplicitTokenResolver, Lazy, LazyResolver, NumberStringUnionResolver } from 'cdk8s';

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
 * @param sparse leaves out lists and objects in which nothing is.
 * @returns `undefined` for what holds nothing.
 */
export function plainData(value: any, sparse = false): any {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'object') {
    return typeof value === 'function' ? OTHER : value;
  }
  if (Array.isArray(value)) {
    const items: any[] = [];
    for (const each of value) {
      items.push(plainData(each, sparse));
    }
    return items.includes(OTHER) ? OTHER : sparse && items.length === 0 ? undefined : items;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return value instanceof Lazy ? plainData(value.produce(), sparse) : typeof value.resolve === 'function' ? plainData(value.resolve(), sparse)
      : ['number', 'string'].includes(typeof value.value) ? { value: value.value } : OTHER;
  }
  const result: any = {};
  let isEmpty = true;
  for (const key of inOrder(Object.keys(value))) {
    const member = plainData(value[key], sparse);
    if (member === OTHER) {
      return OTHER;
    }
    if (member !== undefined) {
      result[key] = member;
      isEmpty = false;
    }
  }
  return sparse && isEmpty ? undefined : result;
}

/**
 * What cdk8s makes of an object's metadata, in one walk. It keeps labels and annotations to itself: where another version of it keeps them in another
 * way, it is asked.
 *
 * Upstream: cdk8s-team/cdk8s-core src/metadata.ts, toJson.
 */
export function plainMetadata(metadata: ApiObjectMetadataDefinition): any {
  metadataIsKnown ??= isKnown();
  const data = metadataIsKnown ? walked(metadata) : OTHER;
  return data === OTHER ? metadata.toJson() : data;
}

let metadataIsKnown: boolean | undefined;

function isKnown(): boolean {
  const { metadata } = new ApiObject(new Chart(new App(), 'all'), 'all', {
    apiVersion: 'v1',
    kind: 'All',
    metadata: {
      name: 'all',
      namespace: 'all',
      labels: { b: 'b', a: '' },
      annotations: { b: 'b', a: '' },
      finalizers: ['b', 'a'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'All', name: 'all', uid: '1' }],
      others: [{ b: [], a: { c: {} } }],
    },
  });
  metadata.add('more', { b: null, a: 0 });
  return JSON.stringify(walked(metadata)) === JSON.stringify(metadata.toJson());
}

function walked(metadata: ApiObjectMetadataDefinition): any {
  const { _additionalAttributes, name, namespace, labels, annotations, finalizers, ownerReferences } = metadata as any;
  return plainData(Object.assign({}, _additionalAttributes, { name, namespace, labels, annotations, finalizers, ownerReferences }), true);
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
