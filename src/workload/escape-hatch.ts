import { ApiObject, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';
import { once, renderAnew } from './rendering-once';
import { isPlainlyWritten, OTHER, plainData, plainMetadata } from '../manifests/plain-data';

/**
 * The one way in which an object of cdk8s-plus enters the output: completes what its generated class renders, and lets
 * JSON patches add fields that the class does not know.
 *
 * cdk8s-plus-28 knows Kubernetes 1.28, and its classes drop every later field without a word, those of
 * `addJsonPatch` included (https://github.com/cdk8s-team/cdk8s/issues/2172). Here the patches are applied to
 * what the class has rendered.
 *
 * @param plus a resource of cdk8s-plus.
 * @param complete changes the rendered object, before the patches.
 * @param finish what is made of it after the patches: another object.
 */
export function completed<T extends Construct>(plus: T, complete: (json: any) => void = () => undefined, finish?: (json: any) => any): T {
  const object = ApiObject.of(plus);
  const render = renderingOf(object);
  rendered(object, () => {
    const json = render();
    complete(json);
    return json;
  }, finish);
  return plus;
}

/** What the generated class writes, of data that has been resolved in one walk. */
function renderingOf(object: ApiObject): () => any {
  const render = object.toJson.bind(object);
  const { manifest } = object.constructor as { manifest?: (data: any) => any };
  const { props } = object as unknown as { props?: object };
  if (!manifest || !props) {
    return render;
  }
  return () => {
    const data = isPlainlyWritten(object) ? plainData({ ...props, metadata: plainMetadata(object.metadata) }) : OTHER;
    return data === OTHER ? render() : manifest(data);
  };
}

/** An object that is written by a function, then patched, and then finished by what has to know all of it. */
export function rendered(object: ApiObject, render: () => any, finish: (json: any) => any = json => json): ApiObject {
  const patches: JsonPatch[] = [];
  object.addJsonPatch = (...more) => {
    patches.push(...more);
    renderAnew();
  };
  const write = () => once(write, () => patches.length > 0 ? JsonPatch.apply(render(), ...patches) : render());
  UNFINISHED.set(object, write);
  object.toJson = () => once(object, () => finish(write()));
  return object;
}

/** Data that YAML writes as it is: no field that holds nothing, and none that is written once and referred to. */
export function plain(value: any): any {
  if (Array.isArray(value)) {
    return value.map(plain);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const result: any = {};
  for (const key of Object.keys(value)) {
    if (value[key] !== undefined) {
      result[key] = plain(value[key]);
    }
  }
  return result;
}

/** An object as it was patched, before it is finished: what the user has said of it, and nothing that follows from that. */
export function unfinished(object: ApiObject): any {
  return UNFINISHED.get(object)!();
}

const UNFINISHED = new WeakMap<ApiObject, () => any>();
