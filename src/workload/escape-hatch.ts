import { ApiObject, JsonPatch } from 'cdk8s';

/**
 * Completes what the generated class of an object renders, and lets JSON patches add fields that the class does not know.
 *
 * cdk8s-plus-28 knows Kubernetes 1.28, and its classes drop every later field without a word, those of
 * `addJsonPatch` included (https://github.com/cdk8s-team/cdk8s/issues/2172). Here the patches are applied to
 * what the class has rendered.
 *
 * @param complete changes the rendered object, before the patches.
 */
export function completeRendering(object: ApiObject, complete: (json: any) => void = () => undefined): void {
  const patches: JsonPatch[] = [];
  const render = object.toJson.bind(object);
  object.addJsonPatch = (...more) => void patches.push(...more);
  object.toJson = () => {
    const json = render();
    complete(json);
    return patches.length > 0 ? JsonPatch.apply(json, ...patches) : json;
  };
}
