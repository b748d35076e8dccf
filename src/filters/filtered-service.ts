import { Construct } from 'constructs';
import { checkDnsLabel } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Client } from '../graph/call';
import { chartNamespace } from '../graph/chart-namespace';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { portOf } from '../graph/resolve-call';
import { ExistingWorkload } from '../mesh/existing-workload';
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
export function filteredPort(construct: Construct, { _destination }: MeshWorkload, name: string | undefined): MeshPort {
  const http = _destination.ports.filter(port => port._isHttp);
  const meant = name === undefined && http.length > 0 ? { ..._destination, ports: http } : _destination;
  const port = portOf(Site.of(construct, ''), meant, name);
  return port._isHttp ? port : Site.of(construct, 'port').fail('NotHttp', 'must be one on which the proxy sees requests', port.name,
    'Declare it as MeshPort.http() or MeshPort.grpc() if that is what it speaks, or leave this out.');
}

/** Who is meant by a caller; fails for one of whom no single identity is known. */
export function callerOf(site: Site, caller: MeshDestination): Client {
  const client = caller instanceof MeshWorkload ? caller._member.client : caller instanceof ExistingWorkload ? caller._client : undefined;
  if (!client?.namespace || !client.serviceAccount) {
    site.fail('NoIdentity', 'must be one whose single identity is known', caller.node.path, 'Give the ExistingWorkload its serviceAccount, or leave from out.');
  }
  return client;
}
