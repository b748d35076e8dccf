import { ApiObject, JsonPatch } from 'cdk8s';
import { Construct } from 'constructs';

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
 */
export function completed<T extends Construct>(plus: T, complete: (json: any) => void = () => undefined): T {
  const object = ApiObject.of(plus);
  const render = object.toJson.bind(object);
  rendered(object, () => {
    const json = render();
    complete(json);
    return json;
  });
  return plus;
}

/** An object that is written by a function, and then patched. */
export function rendered(object: ApiObject, render: () => any): ApiObject {
  const patches: JsonPatch[] = [];
  object.addJsonPatch = (...more) => {
    patches.push(...more);
  };
  const write = () => patches.length > 0 ? JsonPatch.apply(render(), ...patches) : render();
  object.toJson = () => {
    if (!seen) {
      return write();
    }
    if (!seen.has(object)) {
      seen.set(object, write());
    }
    return seen.get(object);
  };
  return object;
}

/** What was rendered since the checks began. */
let seen: Map<ApiObject, any> | undefined;

/** Renders each object once while it runs: checks look at the same objects again and again, and change none. */
export function renderingOnce<T>(run: () => T): T {
  seen = new Map();
  try {
    return run();
  } finally {
    seen = undefined;
  }
}
