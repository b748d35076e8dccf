import { ApiObject } from 'cdk8s';
import { IConstruct } from 'constructs';
import { compare } from './call';

/**
 * Objects of a construct that are made when something is first said of it: a call, an exposure, the settings of the mesh. cdk8s writes what stands in one
 * construct in the order in which it was made, and the order of statements is not to be that of the output.
 */
export class LateObjects {
  private readonly byScope = new Map<IConstruct, ApiObject[]>();

  public add(object: ApiObject): void {
    const { scope } = object.node;
    const known = this.byScope.get(scope!);
    if (known) {
      known.push(object);
    } else {
      this.byScope.set(scope!, [object]);
    }
  }

  /** Puts those of each construct in the order of their ids, behind what it has in any case: a few each, for cdk8s walks such a chain for each of its members. */
  public sort(): void {
    for (const objects of this.byScope.values()) {
      const sorted = [...objects].sort((a, b) => compare(a.node.id, b.node.id));
      sorted.slice(1).forEach((object, index) => object.addDependency(sorted[index]));
    }
  }
}
