import { ApiObject, JsonPatch, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { Head } from './head';
import { isPlainlyWritten, OTHER, plainData, plainMetadata } from './plain-data';

/**
 * An object whose spec is derived at synth, when the whole call graph is known.
 *
 * A bare `ApiObject`: unlike the generated classes it keeps every key that a user's `addJsonPatch` adds
 * (https://github.com/cdk8s-team/cdk8s/issues/2172). With patches, or resolvers of the user's own, it is written by cdk8s.
 */
export class DerivedObject extends ApiObject {
  private patched = false;

  constructor(scope: Construct, id: string, apiVersion: string, kind: string, metadata: Head, private readonly derive: () => any) {
    super(scope, id, { apiVersion, kind, metadata, spec: Lazy.any({ produce: derive }) });
  }

  public addJsonPatch(...operations: JsonPatch[]): void {
    this.patched = true;
    super.addJsonPatch(...operations);
  }

  public toJson(): any {
    const spec = this.patched || !isPlainlyWritten(this) ? OTHER : plainData(this.derive());
    return spec === OTHER ? super.toJson() : { apiVersion: this.apiVersion, kind: this.kind, metadata: plainMetadata(this.metadata), spec };
  }
}
