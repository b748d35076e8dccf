import { Reach } from './reach';
import { RouteMirror } from './route-mirror';
import { ServiceMirror } from './route-mirrors';
import { Site } from '../diagnostics/site';
import { Destination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';

/** Another service that gets copies, and where that is said. */
export interface ServiceCopies extends ServiceMirror {
  readonly site: Site;
  readonly to: Destination;
}

/**
 * What a user wrote, checked.
 *
 * @param from the service whose requests are copied.
 * @param reachOf how clients reach a service that this app routes; `undefined` for what it does not.
 */
export function serviceCopies(
  site: Site, from: MeshDestination, mirrors: RouteMirror[], reachOf: (site: Site, other: MeshDestination) => Reach | undefined,
): ServiceCopies[] {
  return mirrors.flatMap((mirror, index) => {
    const at = site.at(index);
    const { _other: other } = mirror;
    if (!other) {
      return [];
    }
    const { service, port } = other;
    MeshGraph.of(from).checkMember(at, service, 'Copy to a service of this app, which may call the other one.');
    if (service === from) {
      at.fail('IneffectiveMirror', 'must be another service', service.node.path, 'Copy to one of its versions by RouteMirror.toVersion(), or leave it out.');
    }
    if (mirrors.findIndex(({ _other }) => _other?.service === service) < index) {
      at.fail('IneffectiveMirror', 'must name each service once', service.node.path, 'Copy a greater share to it.');
    }
    const { _destination: to } = service;
    const reach = reachOf(at, service) ?? at.fail('NotOurs', 'must be a service that this app routes: it lets in those who send the copies', service.node.path,
      'Copy to a MeshService, an ExistingService or a VirtualMachineService, which may call the other one.');
    reach.checkPicked(at); // A copy has no pod that its client has picked
    const ports = new Map(from._destination.ports.filter(({ _isHttp }) => _isHttp).map(own => [own, portFor(at, own, to, port)]));
    return [{
      site: at,
      to,
      percent: mirror._percent(at),
      portOf: (own: MeshPort) => ports.get(own)!,
      targets: () => reach.routes.standing.map(({ host = reach.host, ...target }) => ({ ...target, host })),
    }];
  });
}

/** Which of its ports takes what comes in on one of the service's. */
function portFor(site: Site, own: MeshPort, { path, ports }: Destination, named?: string): MeshPort {
  const http = ports.filter(({ _isHttp }) => _isHttp);
  const known = ports.find(({ name }) => name === named);
  if (named !== undefined && !known) {
    site.in('port').fail('UnknownPort', `must be a port of ${path}`, named, `Use one of ${ports.map(({ name }) => name).join(', ')}.`);
  }
  if (known ? !known._isHttp : http.length === 0) {
    site.fail('NotHttp', `needs a port of ${path} that speaks HTTP: nothing else is copied`, (known ?? ports[0]).name, 'Copy to another port, or to another service.');
  }
  const port = known ?? http.find(({ name }) => name === own.name) ?? (http.length === 1 ? http[0] : undefined);
  if (!port) {
    return site.in('port').fail('AmbiguousPort', `must say which of ${path}'s ports gets what comes in on ${own.name}`, named, `Use one of ${http.map(({ name }) => name).join(', ')}.`);
  }
  if (port._isGrpc !== own._isGrpc) {
    site.in('port').fail('IneffectiveMirror', `must speak what ${own.name} does: no program could read the copies`, port.name,
      own._isGrpc ? 'Copy to a port of gRPC.' : 'Copy to a port of HTTP, or match calls of gRPC on a service that speaks nothing else.');
  }
  return port;
}
