import { IConstruct } from 'constructs';
import { Site } from '../diagnostics/site';
import { Call, compare, Member } from '../graph/call';
import { countedHosts, Destination } from '../graph/destination';
import { MeshSettings } from '../graph/mesh-settings';
import { canonicalNameOf, Labels, oneOf, requestsOf } from '../graph/request-metrics';
import { MeshWorkload } from '../mesh/mesh-workload';

/** A workload of the app, and what of it passes the proxies as requests. */
export interface Watched {
  readonly construct: MeshWorkload;
  readonly client: Member;
  /** Absent where it has no port with requests. */
  readonly server?: Destination;
  /** Those who may ask it, the proxies that do so by themselves among them. */
  readonly incoming: Call[];
  /** All that it calls, over TCP too. */
  readonly outgoing: Call[];
  /** What it calls with requests, each once, whatever ports, methods and paths. */
  readonly servers: Destination[];
}

/** All of the app, in an order that no statement changes. */
export function watchedOf(root: IConstruct): Watched[] {
  return root.node.findAll().filter(isWorkload).flatMap((construct) => {
    const { client, allIncoming: incoming, outgoing: { all } } = construct._member;
    const outgoing = all.filter(({ answer }) => !answer); // Of what its own proxy answers it counts no server's requests
    if (client.name !== construct.name) {
      return []; // A version that is its service
    }
    const { _destination: server } = construct;
    const servers = outgoing.filter(({ port }) => port._isHttp).map(call => call.server);
    return [{
      construct,
      client,
      server: hasRequests(server) ? server : undefined,
      incoming,
      outgoing,
      servers: [...new Set(servers)].sort((a, b) => compare(a.path, b.path)),
    }];
  }).sort((a, b) => compare(keyOf(a), keyOf(b)));
}

/** Nobody behind a host outside counts requests for a client whose own proxies are not known. */
export function requestsOfCall({ node }: IConstruct, client: Member, destination: Destination, settings: MeshSettings): Labels {
  const host = oneOf(countedHosts(destination, settings));
  if (destination.through) {
    return requestsOf(destination.through.gateway, host); // To the client's proxy all hosts are the gateway
  }
  if (canonicalNameOf(client) === undefined && !destination.takesMutualTls) {
    Site.named(node.path, 'podLabels').fail('MissingProperty', `must have the label by which its proxy counts its requests to ${destination.path}`, client.podLabels,
      'Add service.istio.io/canonical-name with the value that the injector has given the pods: kubectl get pods --show-labels.');
  }
  return requestsOf(client, host);
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
