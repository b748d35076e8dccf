import { MeshPort } from './mesh-port';
import { MeshSettings } from './mesh-settings';
import { NetworkPolicyPeerManifest } from '../manifests/kubernetes';

/** What can be called, as routes and policies see it: plain data, whatever construct describes it. */
export interface Destination {
  /** The path of the construct. */
  readonly path: string;
  readonly ports: MeshPort[];

  /** The hosts in the form of a Sidecar's egress: namespace/host. */
  readonly scopeHosts: (settings: MeshSettings) => string[];

  /** The addresses behind it, as a NetworkPolicy names them. */
  readonly networkPeers: NetworkPolicyPeerManifest[];

  /** The port that a packet bears when it reaches the destination. */
  readonly packetPort: (port: MeshPort) => number;
}
