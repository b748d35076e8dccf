import { ApiObject, ApiObjectProps } from 'cdk8s';
import { Construct } from 'constructs';
import { DerivedObject } from './derived-object';
import { Head } from './head';

export type { Head };

/** An object whose spec is given, or derived at synth. */
export function emit<Spec>(scope: Construct, id: string, apiVersion: string, kind: string, head: Head, spec: Spec | (() => Spec)): ApiObject {
  return new DerivedObject(scope, id, apiVersion, kind, head, typeof spec === 'function' ? spec as () => Spec : () => spec);
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
