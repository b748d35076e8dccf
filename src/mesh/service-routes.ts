import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { unreachableMatches, unresolvedOverlaps } from '../routing/route-checks';
import { RouteContribution, RouteTable } from '../routing/virtual-service';

/** The names of the routes that a release contributes, and of the one for all that is left. */
const RESERVED_ROUTES = ['canary', 'canary-match', 'default'];

/** The versions of a service and the routes between them, from its user and from a release. */
export class ServiceRoutes {
  private readonly known: string[];
  private readonly userRoutes: RouteContribution[] = [];
  private release?: { path: string; routes: RouteContribution[] };

  constructor(ownVersion: string) {
    this.known = [ownVersion];
  }

  public get versions(): string[] {
    return [...this.known];
  }

  /** In the order in which they are tried. */
  public get all(): RouteContribution[] {
    return [...this.userRoutes, ...this.release?.routes ?? []];
  }

  public add(site: Site, route: RouteContribution): void {
    if (RESERVED_ROUTES.includes(route.name) || this.userRoutes.some(other => other.name === route.name)) {
      site.fail('DuplicateRoute', `must be unique within the service, and none of ${RESERVED_ROUTES.join(', ')}`, route.name,
        'List several matches in one route, or choose another name.');
    }
    this.userRoutes.push(route);
  }

  public addRelease(site: Site, service: string, path: string, version: string, routes: RouteContribution[]): void {
    if (this.release) {
      site.fail('DuplicateRelease', `must have no other release: ${this.release.path} is one`, service, 'End it first: give the service its image and remove it.');
    }
    this.release = { path, routes };
    this.known.push(version);
  }

  /** What only the whole app shows to be wrong. */
  public problems(at: (property: string) => Site, table: RouteTable): MeshProblem[] {
    const unknown = this.userRoutes.filter(route => !this.known.includes(route.split[0].subset));
    return [
      ...unknown.map(route => at(`addRoute(${route.name}).version`).problem('UnknownVersion', 'must be a version of the service', route.split[0].subset,
        `Use one of ${this.known.join(', ')}, or add the version with a CanaryRelease.`)),
      ...unreachableMatches(this.all).map(({ route, match, takenBy }) => at(`route ${route}`).problem(
        'UnreachableRoute', `must match requests that no earlier route takes: ${takenBy} takes all of these`, match,
        'Add the narrower route first, or leave this match out.')),
      ...unresolvedOverlaps(table).map(({ route, client, uris }) => at(`route ${route}`).problem(
        'UnresolvedOverlap', `must not match paths by a pattern that overlaps with a pattern of ${client}'s call`, uris,
        'Write one of the two as exact paths, or match the route by a header.')),
    ];
  }
}
