import { Construct } from 'constructs';
import { takenHeader, unaskedLimit } from './effective-limits';
import { ResolvedLimit } from './rate-limit';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Client } from '../graph/call';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { notCallable } from '../graph/port-checks';
import { portOf } from '../graph/resolve-call';
import { clientOf } from '../mesh/client-of';
import { MeshWorkload } from '../mesh/mesh-workload';

/** The name and the namespace of what is written for a workload's proxies; fails where it would not be found there. */
export function checkFiltered(construct: Construct, workload: MeshWorkload): { name: string; namespace: string } {
  const site = Site.of(construct, 'service');
  const name = checkDnsLabel(Site.of(construct, 'id'), construct.node.id);
  const namespace = chartNamespace(construct);
  MeshGraph.of(construct).checkMember(site, workload, 'Describe it in the app that describes the service.');
  if (workload.namespace !== namespace) {
    site.fail('OtherNamespace', `must be in this chart's namespace ${namespace}`, `${workload.namespace}/${workload.name}`, `Put it into a chart with namespace: '${workload.namespace}'.`);
  }
  if (workload._member.client.name !== workload.name) {
    site.fail('NotOurs', 'must have an identity of its own: the policies that select these pods select the service\'s', workload.node.path,
      'Name the service, or give the version ownIdentity: true.');
  }
  return { name, namespace };
}

/** The port on which the proxy sees requests: the only one, or that of a name. */
export function filteredPort(site: Site, { _destination }: MeshWorkload, name: string | undefined): MeshPort {
  if (_destination.ports.length === 0) {
    notCallable(site.property === '' ? site.in('service') : site, _destination.path);
  }
  const http = _destination.ports.filter(port => port._isHttp);
  const meant = name === undefined && http.length > 0 ? { ..._destination, ports: http } : _destination;
  const port = portOf(site, meant, name);
  return port._isHttp ? port : site.in('port').fail('NotHttp', 'must be one on which the proxy sees requests', port.name,
    'Declare it as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or leave this out.');
}

/** Who is meant by a caller; fails for one of whom no single identity is known. */
export function callerOf(site: Site, caller: MeshDestination): Client {
  const client = clientOf(caller);
  if (!client?.namespace || !client.serviceAccount) {
    site.fail('NoIdentity', 'must be one whose single identity is known', caller.node.path, 'Give the ExistingWorkload its serviceAccount, or leave from out.');
  }
  return client;
}

/** Of a caller that does not call, and of what nobody may ask, no request would ever come. */
export function checkCalls(construct: Construct, limits: ResolvedLimit[], service: MeshWorkload, port: MeshPort): void {
  const known = limits.map((limit) => {
    const { site, from, per } = limit;
    if (from && per?.key === 'caller') {
      site.in('per').fail('IneffectiveLimit', 'has no effect beside from', 'caller()', 'Leave one of them out: there is one caller.');
    }
    return { limit, from, client: from && callerOf(site.in('from'), from) };
  });
  const graph = MeshGraph.of(construct);
  graph.check(() => known.flatMap(({ limit, from, client }) => {
    const copied = graph.copied.to(service.node.path).map(({ call }) => call);
    const ofClient = [...service._member.incoming, ...copied].filter(call => call.port === port && call.client === client);
    const calls = client ? ofClient : service._member.allIncoming.filter(call => call.port === port);
    return from && ofClient.length === 0 ? [limit.site.in('from').problem(
      'UndeclaredCall', `must be one that calls ${service.name} on port ${port.name}, or whose requests are copied there`, from.node.path, 'Declare the call, or leave the limit out.')]
      : [...takenHeader(limit, calls), ...unaskedLimit(limit, calls)];
  }));
}

/** Whose proxies have filters. */
interface Filtered {
  readonly name: string;
  readonly namespace?: string;
}

/** Of two filters of a name in one chain nobody knows which is meant. */
export function checkOnly(construct: Construct, kind: string, property: string, filtered: Filtered, port: string | number): void {
  const { name, namespace } = filtered;
  const graph = MeshGraph.of(construct);
  const site = Site.of(construct, property);
  const other = graph.ownerOf(kind, namespace!, `${name} ${port}`);
  if (other !== undefined) {
    site.fail('DuplicateName', `must be one that has no limits yet: ${other} has some for it`, port, 'Give all limits of a port to one construct.');
  }
  graph.claim(site, [kind], namespace!, `${name} ${port}`, construct.node.path);
}
