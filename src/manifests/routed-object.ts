import { JsonPatch } from 'cdk8s';
import { DerivedObject } from './derived-object';

/** A VirtualService in which a route is found by its name when the whole is written. */
export class RoutedObject extends DerivedObject {
  private readonly routePatches: { route: string; operations: JsonPatch[]; failed: (error: Error) => never }[] = [];

  /** @param failed is told why the route, as it is written, cannot be changed so. */
  public patchRoute(route: string, operations: JsonPatch[], failed: (error: Error) => never): void {
    this.routePatches.push({ route, operations, failed });
  }

  public get routeNames(): string[] {
    return super.toJson().spec.http?.map(({ name }: { name: string }) => name) ?? [];
  }

  public toJson(): any {
    const json = super.toJson();
    for (const { route, operations, failed } of this.routePatches) {
      const at = json.spec.http.findIndex(({ name }: { name: string }) => name === route);
      try {
        json.spec.http[at] = JsonPatch.apply(json.spec.http[at], ...operations);
      } catch (error) {
        failed(error as Error);
      }
    }
    return json;
  }
}
