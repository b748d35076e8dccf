import { ApiObject, JsonPatch } from 'cdk8s';

/**
 * Lets JSON patches add fields that the generated class of an object does not know.
 *
 * cdk8s-plus-28 knows Kubernetes 1.28, and its classes drop every later field without a word, those of
 * `addJsonPatch` included (https://github.com/cdk8s-team/cdk8s/issues/2172). Here the patches are applied to
 * what the class has rendered.
 */
export function keepPatchedFields(object: ApiObject): void {
  const patches: JsonPatch[] = [];
  const render = object.toJson.bind(object);
  object.addJsonPatch = (...more) => void patches.push(...more);
  object.toJson = () => JsonPatch.apply(render(), ...patches);
}
