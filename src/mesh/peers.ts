import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { headlessService } from './kubernetes-service';
import { Membership } from './membership';
import { Site } from '../diagnostics/site';
import { podDestination } from '../graph/destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { destinationRule } from '../manifests/istio-networking';
import { destinationRuleSpec } from '../routing/destination-rule';
import { IpFamilies } from '../traffic/ip-families';
import { objectLabels, PodIdentity } from '../workload/labels';

export interface PeersProps {
  readonly ports: MeshPort[];
  /** The ports on which the pods talk to each other. */
  readonly peers: MeshPort[];
  readonly member: Membership;
  readonly identity: PodIdentity;
  readonly ipFamilies?: IpFamilies;
}

/**
 * The headless Service of pods that are reached one by one, and what lets them talk to each other: a call like any other, from
 * an identity to itself.
 */
export function addPeers(scope: Construct, graph: MeshGraph, { ports, peers, member, identity, ipFamilies }: PeersProps): kplus.Service {
  const { client } = member;
  const name = `${client.name}-headless`;
  const head = { name, labels: objectLabels(client.name) };
  graph.claim(Site.of(scope, 'name'), ['Service', 'DestinationRule'], client.namespace, name, scope.node.path);
  const destination = podDestination(scope.node.path, peers, { ...client, name });
  member.talkAmong(destination, peers);
  if (peers.some(port => !port._isUdp) || peers.length === 0) {
    destinationRule(scope, 'headless-destination-rule', head, () => destinationRuleSpec({ host: destination.host(graph.settings), subsets: [] }));
  }
  return headlessService(scope, head, identity.served, peers.length > 0 ? peers : ports, ipFamilies);
}
