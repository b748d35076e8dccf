import { blockOf } from './cidr';
import { MeshPort } from './mesh-port';
import { hostOf, MeshSettings } from './mesh-settings';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { NetworkPolicyPeerManifest } from '../manifests/kubernetes';
import { PathPattern } from '../traffic/path-pattern';
import { NAMESPACE_NAME } from '../workload/labels';

/** What can be called, as routes and policies see it: plain data, whatever construct describes it. */
export interface Destination {
  /** The path of the construct. */
  readonly path: string;
  readonly ports: MeshPort[];

  /** The name under which it is reached. */
  readonly host: (settings: MeshSettings) => string;

  /** Those that a release has for versions of it, by which its requests are counted. */
  versionHosts?: () => string[];

  /** The hosts in the form of a Sidecar's egress: namespace/host. */
  readonly scopeHosts: (settings: MeshSettings) => string[];

  /** The addresses behind it, as a NetworkPolicy names them. */
  readonly networkPeers: NetworkPolicyPeerManifest[];

  /** Whether its peers are whatever there is, because nothing is said but its name. */
  readonly knownByNameAlone?: boolean;

  /** Whether pods with proxies stand behind it, which take mutual TLS alone. */
  readonly takesMutualTls?: boolean;

  /** The port that a packet bears when it reaches the destination. */
  readonly packetPort: (port: MeshPort) => number;

  /** Those by which connections to it are known: single ones, or blocks. */
  readonly addresses?: string[];

  /** Whether its host stands for many. */
  readonly wildcard?: boolean;

  /** The name that the proxies look up for it: without one its host, or, of a wildcard, none. */
  readonly foundAt?: string;

  /** Of a collector of telemetry: its ports by what is spoken there, and what it passes on. */
  telemetry?: { readonly ports: { readonly [protocol: string]: string }; readonly signals: string[] };

  /** Whether another app routes what it is asked. */
  routedElsewhere?: boolean;

  /** Whether its name has to be answered by the caller's own proxy. */
  readonly needsDnsCapture?: boolean;

  /** What its routes ask it for in the place of what clients do. */
  rewritten?: Rewritten[];

  /** The gateway of the mesh through which alone its callers reach it. */
  readonly through?: Through;
}

/** Paths that result for some requests, on their way to the server. */
export interface Rewritten {
  readonly match: HttpMatchManifest[];
  readonly paths: PathPattern[];
}

export interface Through {
  /** Who goes on from there. */
  readonly gateway: { readonly name: string; readonly namespace: string; readonly carried: { [key: string]: string } };
  /** Its host, in the form of a Sidecar's egress. */
  readonly scopeHost: (settings: MeshSettings) => string;
}

/** All under which its requests are counted: Istio names the Service that the route has led to, its own name first. */
export function countedHosts(destination: Destination, settings: MeshSettings): string[] {
  return [destination.host(settings), ...destination.versionHosts?.() ?? []];
}

/** Pods behind a Service of their own, or of another name; with addresses machines that are no pods. */
export function podDestination(
  path: string, ports: MeshPort[], pods: { name: string; namespace: string; podLabels?: { [key: string]: string }; addresses?: string[] },
): Destination {
  const host = (settings: MeshSettings) => hostOf(settings, pods.namespace, pods.name);
  return {
    path,
    ports,
    host,
    scopeHosts: settings => [`${pods.namespace}/${host(settings)}`],
    networkPeers: peersOf(pods),
    takesMutualTls: true,
    packetPort: port => port.targetPort,
  };
}

/** Who has pods, as a NetworkPolicy names them: without a namespace, of every one; of machines that are no pods, where they are. */
export function peersOf(
  { namespace, podLabels, addresses }: { namespace?: string; podLabels?: { [key: string]: string }; addresses?: string[] },
): NetworkPolicyPeerManifest[] {
  return addresses ? atAddresses(addresses) : [inNamespace(namespace, podLabels)];
}

/** What has these addresses, as a NetworkPolicy names it. */
function atAddresses(addresses: string[]): NetworkPolicyPeerManifest[] {
  return addresses.map(address => ({ ipBlock: { cidr: blockOf(address) } }));
}

/** The pods of a namespace, or of every one, as a NetworkPolicy names them: all, or those with these labels. */
export function inNamespace(name: string | undefined, podLabels?: { [key: string]: string }): NetworkPolicyPeerManifest {
  const namespaceSelector = name === undefined ? {} : { matchLabels: { [NAMESPACE_NAME]: name } };
  return podLabels ? { namespaceSelector, podSelector: { matchLabels: podLabels } } : { namespaceSelector };
}
