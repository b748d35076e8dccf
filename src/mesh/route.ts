import { JsonPatch } from 'cdk8s';
import { closest } from 'fastest-levenshtein';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { RoutedObject } from '../manifests/routed-object';

/**
 * One route of a service's VirtualService, found by the name that it has in the YAML, wherever it stands: the escape hatch
 * for what has no property yet. The list changes with every call and every release, so that a patch by index
 * (`/spec/http/0`) is another route's one day.
 *
 * Names are made of the route, the port if there are several, and the client if it asks for something: `default`,
 * `default.frontend`, `testers.http-admin.frontend`.
 *
 * Istio: `VirtualService.spec.http`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute
 */
@checked
export class Route {
  /**
   * The route of this name.
   *
   * Throws `UnknownRoute`: at once for a service without HTTP ports or an external one that nobody calls yet, at synth where
   * no route has the name.
   *
   * @param destination the service, in this app or outside.
   * @param name the route's name in the YAML.
   *
   * @example
   * Route.named(orders, 'default').addJsonPatch(JsonPatch.add('/corsPolicy', { allowOrigins: [{ exact: 'https://shop.example.com' }] }));
   */
  public static named(destination: MeshDestination, name: string): Route {
    const site = Site.of(destination, `Route.named(${name})`);
    // Not by instanceof, which is true for every ApiObject
    const object = destination.node.tryFindChild('virtual-service') as RoutedObject | undefined;
    if (!object) {
      return site.fail('UnknownRoute', 'must be a route of the service, which has none', name, 'Routes are for requests over HTTP; those of an external service begin with its first call.');
    }
    MeshGraph.of(destination).check(() => {
      const names = object.routeNames;
      return names.includes(name) ? [] : [site.problem('UnknownRoute', 'must be a route of the service', name, `Did you mean ${closest(name, names)}? There are ${names.join(', ')}.`)];
    });
    return new Route(object, name, site);
  }

  private constructor(private readonly object: RoutedObject, private readonly name: string, private readonly site: Site) {}

  /**
   * Changes the route when it is written.
   *
   * Throws at synth `InvalidPatch` where the route has not what is to be changed.
   *
   * @param operations with paths within the route: `/timeout`, `/headers/request/set`.
   *
   * @example
   * Route.named(orders, 'default').addJsonPatch(JsonPatch.add('/headers', { request: { set: { 'x-mesh': 'true' } } }));
   */
  public addJsonPatch(...operations: JsonPatch[]): void {
    const { site } = this;
    this.object.patchRoute(this.name, operations, ({ message }) => site.in('addJsonPatch').fail(
      'InvalidPatch', `must change what the route has (${message.split('\n')[0]})`, operations.map(operation => operation._toJson()),
      'Look at the route in the YAML: a path is within it, and JsonPatch.add() makes the last field of it, not those above.'));
  }
}
