import { IConstruct } from 'constructs';
import { canonicalNameOf, Labels, requestsOf } from './request-metrics';
import { Site } from '../diagnostics/site';
import { Call, compare, Member } from '../graph/call';
import { Destination } from '../graph/destination';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshSettings } from '../graph/mesh-settings';
import { MeshWorkload } from '../mesh/mesh-workload';

/** A workload of the app, and what of it passes the proxies as requests. */
export interface Watched {
  readonly construct: MeshWorkload;
  readonly client: Member;
  /** Absent where it has no port with requests. */
  readonly server?: Destination;
  /** Those who may ask it. */
  readonly incoming: Call[];
  /** All that it calls, over TCP too. */
  readonly outgoing: Call[];
  /** What it calls with requests, each once, whatever ports, methods and paths. */
  readonly servers: Destination[];
}

/** All of the app, in an order that no statement changes. */
export function watchedOf(root: IConstruct): Watched[] {
  const constructs = root.node.findAll();
  const destinations = new Set(constructs.filter(isDestination).map(({ _destination }) => _destination));
  const seen = new Set<Member>();
  return constructs.filter(isWorkload).flatMap((construct) => {
    const { client, incoming, outgoing } = construct._member;
    if (seen.has(client)) {
      return []; // A version that is its service
    }
    seen.add(client);
    const { _destination: server } = construct;
    // What members of a quorum say to each other goes to a host of their own
    const servers = outgoing.all.filter(call => call.port._isHttp && destinations.has(call.server)).map(call => call.server);
    return [{
      construct,
      client,
      server: hasRequests(server) ? server : undefined,
      incoming,
      outgoing: outgoing.all,
      servers: [...new Set(servers)].sort((a, b) => compare(a.path, b.path)),
    }];
  }).sort((a, b) => compare(keyOf(a), keyOf(b)));
}

/** Nobody behind a host outside counts requests for a client whose own proxies are not known. */
export function requestsOfCall({ node }: IConstruct, client: Member, destination: Destination, settings: MeshSettings): Labels {
  if (canonicalNameOf(client) === undefined && !destination.takesMutualTls) {
    Site.named(node.path, 'podLabels').fail('MissingProperty', `must have the label by which its proxy counts its requests to ${destination.path}`, client.podLabels,
      'Add service.istio.io/canonical-name with the value that the injector has given the pods: kubectl get pods --show-labels.');
  }
  return requestsOf(client, destination.host(settings));
}

export function hasRequests({ ports }: Destination): boolean {
  return ports.some(port => port._isHttp);
}

function keyOf({ client }: Watched): string {
  return `${client.namespace}/${client.name}`;
}

function isDestination(construct: IConstruct): construct is MeshDestination {
  return construct instanceof MeshDestination;
}

function isWorkload(construct: IConstruct): construct is MeshWorkload {
  return construct instanceof MeshWorkload;
}
