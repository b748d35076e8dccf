import { GatewayEntrance } from './gateway-entrance';
import { Reach } from './reach';
import { Redirects } from './redirects';
import { RoutedService } from './routed-service';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call, compare } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { isAnsweredFor, overlap, takesPreflights } from '../graph/overlap';
import { HttpRouteManifest, virtualService, VirtualServiceSpec } from '../manifests/istio-networking';
import { hasOfTheRest, takesTheRest } from '../routing/exposure';
import { redirectCircles } from '../routing/redirect-circles';
import { circleFrom, hasTheRest } from '../routing/redirect-routes';
import { contradictions, unaskedPreflights, unresolvedOverlaps } from '../routing/route-checks';
import { seenFrom } from '../routing/seen-from';
import { virtualServiceSpec } from '../routing/virtual-service';
import { isWithin, overlaps } from '../traffic/gateway-servers';
import { objectLabels } from '../workload/labels';

/** One service as a gateway exposes it: one VirtualService, whatever the number of statements. */
interface Exposed {
  readonly service: RoutedService;
  readonly reach: Reach;
  readonly hosts: string[];
  readonly calls: Call[];
}

/** The requests that one gateway exposes, and the routes that follow: those of each service, with its versions, shares and matches. */
export class Exposures {
  private readonly exposed = new Map<RoutedService, Exposed>();

  constructor(
    private readonly path: string, private readonly graph: MeshGraph,
    private readonly entrance: GatewayEntrance, private readonly redirects: Redirects,
  ) {
    graph.check(() => [...this.conflicts(), ...this.redirected(), ...this.unansweredPreflights(), ...this.sharedCookies()]);
  }

  /** The namespaces from which the gateway takes routes for what a server's host stands for. */
  public namespacesOf(isServed: (host: string) => boolean): string[] {
    const namespaces = [...this.exposed.values()].filter(({ hosts }) => hosts.some(isServed)).map(({ service }) => service.namespace);
    const own = this.redirects.all.some(({ host }) => isServed(host)) ? [this.redirects.namespace] : [];
    return [...new Set([...namespaces, ...own])].sort(compare);
  }

  /** What is exposed, and of which host it has what others leave. */
  public requests(): { hosts: string[]; call: Call; rest: boolean }[] {
    return [...this.exposed.values()].flatMap((exposed) => {
      const rest = takesTheRest(this.spec(exposed).http ?? []);
      return exposed.calls.map(call => ({ hosts: exposed.hosts, call, rest }));
    });
  }

  public add(site: Site, service: RoutedService, hosts: string[], call: Call): void {
    const sorted = [...hosts].sort(compare);
    // istiod's webhook takes no such object (istio/istio pkg/config/validation/validation.go, ValidateVirtualService)
    const below = hosts.findIndex(host => hosts.some(other => other !== host && isWithin(host, other)));
    if (below >= 0) {
      site.in('hosts').at(below).fail('InvalidHost', 'must not be below another of them, which stands for it too', hosts[below], 'Leave one of the two out.');
    }
    const known = this.exposed.get(service);
    if (known && known.hosts.join() !== sorted.join()) {
      site.in('hosts').fail('AmbiguousExposure', `must be those of the other exposure of ${service.node.path}`, hosts,
        `Name ${known.hosts.join(', ')} in both: a service has one set of routes at a gateway.`);
    }
    const other = known?.calls.find(candidate => candidate.port !== call.port && overlap(candidate, call));
    if (other) {
      site.in('port').fail('AmbiguousExposure', `must take other requests than port ${other.port.name}, which is exposed on the same hosts`, call.port.name,
        'Give each port paths of its own.');
    }
    const asked = known?.calls.find(candidate => takesPreflights(call, candidate) || takesPreflights(candidate, call));
    if (asked) {
      site.in('methods').fail('AmbiguousExposure', 'must leave OPTIONS to the exposure whose policy answers what browsers ask before a request', call.methods,
        'Leave OPTIONS out: the program is not asked by browsers.');
    }
    if (known) {
      known.calls.push(call);
    } else {
      this.write(site, { service, reach: service._reach(site), hosts: sorted, calls: [call] });
    }
    this.graph.changed();
  }

  private write(site: Site, exposed: Exposed): void {
    const { graph, entrance: { client: gateway } } = this;
    const { service, reach } = exposed;
    this.exposed.set(service, exposed);
    const name = `${service.name}-${gateway.name}`;
    graph.claim(site, ['VirtualService'], service.namespace, name, service.node.path);
    const id = `virtual-service-${gateway.namespace}-${gateway.name}`;
    const spec = () => this.spec(exposed);
    reach.routedBy.push({ name, spec });
    graph.late.add(virtualService(service, id, { name, labels: objectLabels(service.name) }, spec));
    graph.check(() => unresolvedOverlaps(reach.gatewayTable(exposed.calls)).map(({ route, patterns }) => site.problem(
      'UnresolvedOverlap', `must not name paths by a pattern that overlaps with one of ${service.node.path}'s route ${route}`, patterns,
      'Write one of the two as exact paths, or match the route by a header.')));
    graph.check(() => contradictions(reach.gatewayTable(exposed.calls)).map(({ route, what }) => site.problem(
      'TreatedTwice', `must not change what ${service.node.path}'s route ${route} changes of the same requests`, what, 'Say it in one of the two places.')));
    graph.check(() => reach.lostCookies(reach.gatewayTable(exposed.calls)));
    const isAsked = (host: string) => exposed.hosts.some(other => overlaps(host, other));
    graph.check(() => redirectCircles(this.spec(exposed).http ?? [], {
      hosts: exposed.hosts, listening: this.redirects.listening.filter(server => server.hosts.some(isAsked)),
    }).map(({ route, way }) => site.problem('InvalidRedirect', `must not be led in a circle by ${service.node.path}'s route ${route}`, way,
      'Have the route lead to another host or path, or match the scheme that it is for by RouteMatch.scheme().')));
    graph.check(() => unaskedPreflights(reach.gatewayTable(exposed.calls)).map(({ route, methods }) => site.problem(
      'InvalidCors', `must have the policy for pages of other origins, which ${service.node.path}'s route ${route} says: browsers ask by an OPTIONS without a token, which it does not let in`,
      methods, 'Give the exposure cors, and leave it out of the route; or expose these paths without methods and demands.')));
    const byPath = () => exposed.calls.some(({ asked }) => asked) ? reach.routes.all.filter(({ match }) => match?.some(({ uri }) => uri)) : [];
    graph.check(() => byPath().map(({ name: route, match }) => site.in('rewrite').problem(
      'UnresolvedOverlap', `must leave the path as it is: ${service.node.path}'s route ${route} would compare the one before the rewrite`, match?.map(({ uri }) => uri),
      'Match the route by a header, or leave the rewrite out.')));
  }

  /** What a redirect sends elsewhere and a service could answer. */
  private redirected(): MeshProblem[] {
    const all = [...this.exposed.values()];
    const rules = this.redirects.all;
    const pathsOf = ({ calls }: Exposed) => calls.flatMap(({ paths }) => paths ?? [undefined]);
    const answered = all.flatMap(exposed => exposed.hosts.flatMap(host => pathsOf(exposed).map(path => ({ host, path }))));
    return rules.flatMap((rule) => {
      const { site, host, path } = rule;
      const requests = { paths: path && [path] };
      const rest = hasTheRest(rule);
      const meant = all.filter(({ hosts, calls }) => hosts.includes(host) && calls.some(call => overlap(call, requests)));
      const met = meant.find((exposed) => {
        const { http: routes = [] } = this.spec(exposed);
        return rest ? hasOfTheRest(routes) : !takesTheRest(routes);
      });
      const circle = circleFrom(rule, [...rules, ...answered], this.redirects.listening);
      return [
        ...met ? [site.problem('AmbiguousExposure', `must be for other requests than those of ${met.service.node.path} on ${host}: which of the two answers would be a matter of their age`, path?.text ?? '*',
          'Give each paths of its own. One of them may take all the rest of the host: without paths, and a service without methods, retries, and matches of its routes.')] : [],
        ...circle ? [site.problem('InvalidRedirect', 'must not lead in a circle', circle, 'Lead out of what is redirected: to another host or path, or name the paths that are to be redirected.')] : [],
      ];
    });
  }

  /** Whoever may not be asked from other origins must not be so by the consent of another. */
  private unansweredPreflights(): MeshProblem[] {
    const all = [...this.exposed.values()];
    const meet = (a: Exposed, b: Exposed) => a.hosts.some(host => b.hosts.includes(host));
    return all.flatMap(a => all.filter(b => meet(a, b)).flatMap(b => a.calls.filter(one => b.calls.some(other => isAnsweredFor(one, other)))
      .map(({ methods }) => Site.named(this.path, `exposes(${a.service.node.id}).cors`).problem('UnansweredPreflight',
        `must be said: of the same paths ${b.service.node.path} allows pages of other origins`, methods,
        `Give it a CorsPolicy of its own, or ${b.service.node.path}'s policy other methods.`))));
  }

  /** A browser has one cookie of a name for a host: what one service's answers set would be written over the other's, or mean a version of the other. */
  private sharedCookies(): MeshProblem[] {
    const all = [...this.exposed.values()];
    return all.flatMap((a, index) => all.slice(index + 1).flatMap((b) => {
      const host = a.hosts.find(name => b.hosts.includes(name));
      const names = a.reach.cookies.map(({ name }) => name);
      return host === undefined ? [] : b.reach.cookies.filter(({ name }) => names.includes(name)).map(({ site, name }) => site.problem(
        'IneffectiveAffinity', `must be another than the cookie of ${a.service.node.path}, which is exposed on ${host} too: a browser has one of a name`, name, 'Give one of the two another name.'));
    }));
  }

  private spec({ service, reach, hosts, calls }: Exposed): VirtualServiceSpec {
    const { client: { namespace }, gateway } = this.entrance;
    return {
      ...virtualServiceSpec(reach.gatewayTable(calls)),
      exportTo: seenFrom(service.namespace, [namespace]),
      hosts,
      gateways: [gateway],
    };
  }

  /** Where two services could take one request, the older VirtualService would: nothing that stands here. */
  private conflicts(): MeshProblem[] {
    const all = [...this.exposed.values()];
    return all.flatMap((a, index) => all.slice(index + 1).flatMap((b) => {
      const host = a.hosts.find(name => b.hosts.includes(name));
      const met = a.calls.some(one => b.calls.some(other => overlap(one, other)));
      if (host === undefined || !met) {
        return [];
      }
      const [ofA, ofB] = [a, b].map(exposed => this.spec(exposed).http ?? []);
      if (yieldsTo(ofA, ofB) || yieldsTo(ofB, ofA)) {
        return [];
      }
      return [Site.named(this.path, `exposes(${b.service.node.id})`).problem('AmbiguousExposure',
        `must take other requests than those of ${a.service.node.path} on ${host}: which of the two answers would be a matter of their age`, b.calls.flatMap(({ paths }) => paths?.map(({ text }) => text) ?? ['*']),
        'Give each paths of its own. One of them may take all the rest of the host: without paths, methods, retries, and matches of its routes.')];
    }));
  }
}

/** Whether all that the second one has goes before the first. */
function yieldsTo(routes: HttpRouteManifest[], others: HttpRouteManifest[]): boolean {
  return takesTheRest(routes) && !hasOfTheRest(others);
}
