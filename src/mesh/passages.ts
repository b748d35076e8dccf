import { Construct } from 'constructs';
import { Site } from '../diagnostics/site';
import { Call, Member } from '../graph/call';
import { isBlock } from '../graph/cidr';
import { Destination, inNamespace } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { hostOf, MeshSettings } from '../graph/mesh-settings';
import { virtualService } from '../manifests/istio-networking';
import { beyondGatewaySpec, Passage, sortedPassages, towardsGatewaySpec } from '../routing/egress-route';
import { seenFrom } from '../routing/seen-from';
import { overlaps } from '../traffic/gateway-servers';
import { objectLabels } from '../workload/labels';

/** What is claimed for the namespace of a gateway: its proxies know one service of a host, of all that are shown to it. */
export const LED_HOST = 'host that a gateway leads to from';

/** Something outside, as it is described. */
export interface Outside {
  readonly construct: Construct;
  readonly namespace: string;
  /** As whoever goes there without a gateway sees it. */
  readonly direct: Destination;
  readonly calls: Call[];
}

/** The same with the gateway in front of it. */
export interface Led extends Passage {
  readonly direct: Destination;
  /** As its callers see it. */
  readonly destination: Destination;
}

/** What one egress gateway leads to. */
export class Passages {
  private readonly led: Led[] = [];

  constructor(private readonly graph: MeshGraph, private readonly gateway: Member) {}

  public get all(): Led[] {
    return sortedPassages(this.led);
  }

  public get host(): string {
    return hostOf(this.graph.settings, this.gateway.namespace, this.gateway.name);
  }

  /** Everything that comes to the gateway. */
  public get calls(): Call[] {
    return this.led.flatMap(({ calls }) => calls).filter(({ answer }) => !answer);
  }

  /** The same from the gateway on. */
  public get onward(): Call[] {
    return this.led.flatMap(({ calls, direct }) => calls.filter(({ answer }) => !answer).map(({ port }) => ({
      client: this.gateway, server: direct, port: direct.ports.find(({ name }) => name === port.name)!,
    })));
  }

  /** Those of the Service, and of the pods behind it: each number once. */
  public get ports(): { name: string; port: number; targetPort: number; protocol: string }[] {
    const ports = this.led.flatMap(passage => passage.ports).map(({ port, targetPort }) => ({ name: `tls-${port}`, port, targetPort, protocol: 'TCP' }));
    return ports.filter(({ port }, index) => ports.findIndex(other => other.port === port) === index).sort((a, b) => a.port - b.port);
  }

  public add(at: (property: string) => Site, { construct, namespace, direct, calls }: Outside): Led {
    const { graph, gateway } = this;
    const { id, path } = construct.node;
    const host = direct.host(graph.settings);
    checkLeadable(at, direct);
    const known = graph.ownerOf(LED_HOST, gateway.namespace, host);
    if (known !== undefined) {
      at('host').fail('AmbiguousHost', `must be described once for all callers: ${known} leads to it from namespace ${gateway.namespace}, too`, host,
        `Call ${known} from here, or give each a gateway in a namespace of its own.`);
    }
    // istiod gives the server of a name the routes of a wildcard around it, too (istio/istio pkg/config/host/names.go, Intersection)
    const around = this.led.find(other => overlaps(other.host, host));
    if (around) {
      at('host').fail('AmbiguousHost', `must not overlap with ${around.host}, to which the gateway leads, too: what is declared for the one would reach where the other is`, host,
        'Give each a gateway of its own, or describe all hosts by their names.');
    }
    graph.claim(at('host'), [LED_HOST], gateway.namespace, host, path);
    const subset = `${namespace}-${id}`;
    if (subset.length > 63) {
      at('id').fail('NameTooLong', `must leave its namespace and itself 63 characters together: ${subset} has ${subset.length}`, id, 'Shorten it: the gateway tells its hosts apart by both.');
    }
    graph.claim(at('id'), ['subset of the DestinationRule'], `${gateway.namespace}/${gateway.name}`, subset, path);
    const ports = direct.ports.map(asListenedFor);
    this.checkFree(at('ports'), ports);
    const destination = {
      ...direct,
      ports,
      networkPeers: [inNamespace(gateway.namespace, gateway.podLabels)],
      knownByNameAlone: false,
      packetPort: (port: MeshPort) => port.targetPort,
      through: { gateway, scopeHost: (settings: MeshSettings) => `${gateway.namespace}/${hostOf(settings, gateway.namespace, gateway.name)}` },
    };
    const passage: Led = { host, namespace, subset, ports, calls, direct, destination };
    this.led.push(passage);
    this.write(at, construct, passage);
    graph.changed();
    return passage;
  }

  /** The first step, of which the callers' proxies know. */
  public towards(passage: Led) {
    return towardsGatewaySpec(passage, this.host);
  }

  /** The second one, of which the gateway alone knows. */
  private write(at: (property: string) => Site, construct: Construct, passage: Led): void {
    const { id, path } = construct.node;
    const { namespace, name } = this.gateway;
    const route = `${id}-${name}`;
    this.graph.claim(at('id'), ['VirtualService'], passage.namespace, route, path);
    virtualService(construct, 'egress-virtual-service', { name: route, labels: objectLabels(id) }, () => ({
      ...beyondGatewaySpec(passage), gateways: [`${namespace}/${name}`], exportTo: seenFrom(passage.namespace, [namespace]),
    }));
    this.graph.check(() => !this.graph.proxyCalls.anyTo(path) ? [] : [at('through').problem(
      'IneffectiveEgress', 'cannot hold for what proxies call by themselves: they look for no routes, and would go there directly', name,
      'Leave through out for it, or have the proxies call a collector within the mesh that sends on.')]);
  }

  private checkFree(site: Site, ports: MeshPort[]): void {
    const known = this.led.flatMap(passage => passage.ports);
    ports.forEach(({ port, targetPort }, index) => {
      const other = [...known, ...ports.slice(0, index)].find(each => each.targetPort === targetPort && each.port !== port);
      if (other) {
        site.at(index).in('port').fail('DuplicatePort', `must leave the port ${targetPort} of the gateway's pods to port ${other.port}`, port,
          'Lead it through another gateway: below 1024 the pods listen 20000 higher.');
      }
    });
  }
}

/** A gateway's proxy is not root, and 443 and 8443 are different hosts' ports. */
function asListenedFor(port: MeshPort): MeshPort {
  return MeshPort._of(port._protocol, port.port, { name: port.name, targetPort: port.port < 1024 ? port.port + 20000 : port.port })!;
}

/**
 * What a gateway has to know is the one host, by a name that it looks up itself. Istio has what looks up whatever name it is told (DYNAMIC_DNS) for sidecars and
 * waypoints, and leaves it out of a gateway's listeners.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/networkfilter.go, buildCompleteNetworkFilters; listener_builder.go, buildHTTPConnectionManager.
 */
function checkLeadable(at: (property: string) => Site, { ports, addresses = [], wildcard, foundAt, path }: Destination): void {
  if (wildcard && foundAt === undefined) {
    at('through').fail('WildcardHost', 'needs the one host to which the gateway is to lead: it would know no address of the others', path,
      'Say which host answers for all of the names: servedBy; or describe each host, or leave through out and bound the network by cidrs.');
  }
  const udp = ports.findIndex(port => port._isUdp);
  if (udp >= 0) {
    at('ports').at(udp).fail('InvalidPort', 'cannot be UDP where a gateway leads to the host: it is a proxy, which UDP does not pass', ports[udp].name,
      'Describe what is asked over UDP as an ExternalService of its own, without through.');
  }
  const web = ports.findIndex(({ _protocol }) => _protocol === 'grpc-web');
  if (web >= 0) {
    at('ports').at(web).fail('InvalidPort', 'cannot be gRPC-Web where a gateway leads to the host: the caller\'s proxy makes gRPC of it, which needs HTTP/2 on the way', ports[web].name,
      'Have the program speak gRPC, as MeshPort.grpc(), or leave through out.');
  }
  const block = addresses.findIndex(isBlock);
  if (block >= 0) {
    at('addresses').at(block).fail('InvalidAddress', 'must be a single one where a gateway leads to the host: it does not hear to which of a block the program wanted', addresses[block],
      'Write the single address to which programs connect, or leave addresses out.');
  }
}
