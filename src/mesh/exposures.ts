import { GatewayEntrance } from './gateway-entrance';
import { Reach } from './reach';
import { RoutedService } from './routed-service';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Call, compare } from '../graph/call';
import { MeshGraph } from '../graph/mesh-graph';
import { overlap } from '../graph/overlap';
import { virtualService, VirtualServiceSpec } from '../manifests/istio-networking';
import { takesTheRest } from '../routing/exposure';
import { unresolvedOverlaps } from '../routing/route-checks';
import { virtualServiceSpec } from '../routing/virtual-service';
import { isWithin } from '../traffic/gateway-servers';
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

  constructor(private readonly path: string, private readonly graph: MeshGraph, private readonly entrance: GatewayEntrance) {
    graph.check(() => this.conflicts());
  }

  /** The namespaces from which the gateway takes routes for what a server's host stands for. */
  public namespacesOf(isServed: (host: string) => boolean): string[] {
    const namespaces = [...this.exposed.values()].filter(({ hosts }) => hosts.some(isServed)).map(({ service }) => service.namespace);
    return [...new Set(namespaces)].sort(compare);
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
    virtualService(service, id, { name, labels: objectLabels(service.name) }, () => this.spec(exposed));
    graph.check(() => unresolvedOverlaps(reach.gatewayTable(exposed.calls)).map(({ route, uris }) => site.problem(
      'UnresolvedOverlap', `must not name paths by a pattern that overlaps with one of ${service.node.path}'s route ${route}`, uris,
      'Write one of the two as exact paths, or match the route by a header.')));
  }

  private spec({ service, reach, hosts, calls }: Exposed): VirtualServiceSpec {
    const { client: { namespace }, gateway } = this.entrance;
    return {
      ...virtualServiceSpec(reach.gatewayTable(calls)),
      exportTo: [namespace === service.namespace ? '.' : namespace],
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
      if (host === undefined || !met || takesTheRest(this.spec(a).http ?? []) !== takesTheRest(this.spec(b).http ?? [])) {
        return [];
      }
      return [Site.named(this.path, `exposes(${b.service.node.id})`).problem('AmbiguousExposure',
        `must take other requests than those of ${a.service.node.path} on ${host}: which of the two answers would be a matter of their age`, b.calls.flatMap(({ paths }) => paths?.map(({ text }) => text) ?? ['*']),
        'Give each paths of its own. One of them may take all the rest of the host: without paths, methods, retries, and matches of its routes.')];
    }));
  }
}
