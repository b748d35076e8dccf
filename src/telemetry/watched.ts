import { IConstruct } from 'constructs';
import { Call, compare, Member } from '../graph/call';
import { Destination } from '../graph/destination';
import { MeshWorkload } from '../mesh/mesh-workload';

/** A workload of the app, and what of it passes the proxies as requests. */
export interface Watched {
  readonly construct: MeshWorkload;
  readonly client: Member;
  /** Absent where it has no port with requests. */
  readonly server?: Destination;
  /** Those who may ask it, the proxies that do so by themselves among them. */
  readonly incoming: Call[];
  /** What it calls, each once, whatever ports, methods and paths. */
  readonly servers: Destination[];
}

/** All of the app, in an order that no statement changes. */
export function watchedOf(root: IConstruct): Watched[] {
  return root.node.findAll().filter(isWorkload).flatMap((construct) => {
    const { client, allIncoming: incoming, outgoing } = construct._member;
    if (client.name !== construct.name) {
      return []; // A version that is its service
    }
    const { _destination: server } = construct;
    const servers = outgoing.all.filter(({ port }) => port._isHttp).map(call => call.server);
    return [{
      construct,
      client,
      server: hasRequests(server) ? server : undefined,
      incoming,
      servers: [...new Set(servers)].sort((a, b) => compare(a.path, b.path)),
    }];
  }).sort((a, b) => compare(keyOf(a), keyOf(b)));
}

export function hasRequests({ ports }: Destination): boolean {
  return ports.some(port => port._isHttp);
}

function keyOf({ client }: Watched): string {
  return `${client.namespace}/${client.name}`;
}

function isWorkload(construct: IConstruct): construct is MeshWorkload {
  return construct instanceof MeshWorkload;
}
