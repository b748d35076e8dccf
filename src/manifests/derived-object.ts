import { ApiObject, App, ImplicitTokenResolver, JsonPatch, Lazy, LazyResolver, NumberStringUnionResolver } from 'cdk8s';
import { Construct } from 'constructs';
import { Head } from './head';

/** Those that every app has. */
const BUILT_IN = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver];

/**
 * An object whose spec is derived at synth, when the whole call graph is known.
 *
 * A bare `ApiObject`: unlike the generated classes it keeps every key that a user's `addJsonPatch` adds
 * (https://github.com/cdk8s-team/cdk8s/issues/2172). What is derived is data already: cdk8s would look in each of its values for something to
 * resolve, and for the app of each value (cdk8s-team/cdk8s-core src/resolve.ts), which takes longer than to derive it. With resolvers of the
 * user's own, or patches, it is written by cdk8s.
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
    if (this.patched || process.env.CDK8S_DISABLE_SORT || App.of(this).resolvers.some(own => !BUILT_IN.some(each => own.constructor === each))) {
      return super.toJson();
    }
    const spec = sorted(this.derive());
    return spec === OTHER ? super.toJson() : { apiVersion: this.apiVersion, kind: this.kind, metadata: this.metadata.toJson(), spec };
  }
}

/** What is no data, and for cdk8s to resolve or to refuse. */
const OTHER = Symbol('other');

/** With the keys in the order in which cdk8s writes them, and without those that hold nothing. */
function sorted(value: any): any {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' ? OTHER : value;
  }
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    return items.includes(OTHER) ? OTHER : items;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return OTHER;
  }
  const result: any = {};
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined && member !== null) {
      const written = sorted(member);
      if (written === OTHER) {
        return OTHER;
      }
      result[key] = written;
    }
  }
  return result;
}
