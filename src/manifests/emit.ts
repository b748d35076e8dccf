import { ApiObject, ApiObjectMetadata, ApiObjectProps, Lazy } from 'cdk8s';
import { Construct } from 'constructs';

/**
 * Where an object goes and what it is called. The namespace is the chart's.
 */
export interface Head extends ApiObjectMetadata {
  readonly name: string;
}

/**
 * An object whose spec is derived at synth, when the whole call graph is known.
 *
 * A bare `ApiObject`: unlike the generated classes it keeps every key that a user's `addJsonPatch` adds
 * (https://github.com/cdk8s-team/cdk8s/issues/2172).
 */
export function emit<Spec>(scope: Construct, id: string, apiVersion: string, kind: string, head: Head, spec: Spec | (() => Spec)): ApiObject {
  return new ApiObject(scope, id, {
    apiVersion,
    kind,
    metadata: head,
    spec: typeof spec === 'function' ? Lazy.any({ produce: spec as () => Spec }) : spec,
  });
}

/**
 * An object that belongs to no namespace. A chart gives its own to every object, and the API server refuses it there.
 */
export class ClusterObject extends ApiObject {
  constructor(scope: Construct, id: string, props: ApiObjectProps, private readonly derivedLabels: () => { [key: string]: string }) {
    super(scope, id, props);
  }

  public toJson(): any {
    const json = super.toJson();
    delete json.metadata.namespace;
    const labels = Object.entries({ ...this.derivedLabels(), ...json.metadata.labels }).sort(([a], [b]) => a < b ? -1 : 1);
    return { ...json, metadata: { ...json.metadata, labels: Object.fromEntries(labels) } };
  }
}
