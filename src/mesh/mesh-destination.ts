import { Construct } from 'constructs';
import { MeshGraph } from './mesh-graph';
import { MeshPort } from './mesh-port';
import { MeshSettings } from './mesh-settings';
import { NetworkPolicyPeerManifest } from '../manifests/kubernetes';
import { PathPattern } from '../traffic/path-pattern';
import { RetryVariant } from '../traffic/retries';

/**
 * Something that a service of the mesh can call: a `MeshService` or an `ExternalService`. Not for subclassing.
 */
export abstract class MeshDestination extends Construct {
  /** @internal */
  public abstract readonly _ports: MeshPort[];

  /** The hosts in the form of a Sidecar's egress: namespace/host. @internal */
  public abstract _scopeHosts(settings: MeshSettings): string[];

  /** The addresses behind it, as a NetworkPolicy names them. @internal */
  public abstract _networkPeers(): NetworkPolicyPeerManifest[];

  /** The port that a packet bears when it reaches the destination. @internal */
  public abstract _packetPort(port: MeshPort): number;

  /** @internal */
  public abstract _accept(call: Call): void;
}

/** Who calls: an identity, and the pods that bear it. */
export interface Client {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly podLabels: { [key: string]: string };
  readonly graph: MeshGraph;
}

/** One declared dependency: the only source of every policy and route between the two. */
export interface Call {
  readonly client: Client;
  readonly server: MeshDestination;
  readonly port: MeshPort;
  readonly methods?: string[];
  readonly paths?: PathPattern[];
  readonly timeout?: string;
  readonly retries?: RetryVariant[];
}
