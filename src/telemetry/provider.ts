import { IConstruct } from 'constructs';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { MeshSettings } from '../graph/mesh-settings';
import { ProxyCall } from '../graph/proxy-calls';
import { portOf } from '../graph/resolve-call';
import { ExtensionProviderManifest } from '../manifests/istio-telemetry';

/** What the installation has to know under a name, before a Telemetry may speak of it. */
export interface Provider {
  readonly name: string;
  readonly manifest: (settings: MeshSettings) => Omit<ExtensionProviderManifest, 'name'>;
  /** What the proxies call for it. */
  readonly call?: ProxyCall;
}

/** What every installation of Istio knows without being told: it writes as `meshConfig.accessLogFormat` and `accessLogEncoding` say. */
export const BUILT_IN = 'envoy';

/** Upstream: istio/istio pkg/config/mesh/mesh.go, DefaultMeshConfig. An entry of the name would take its place for the whole mesh. */
const OF_EVERY_INSTALLATION = [BUILT_IN, 'prometheus'];

interface Declared {
  readonly by: string;
  readonly provider: Provider;
}

const DECLARED = new WeakMap<IConstruct, Map<string, Declared>>();

/** Makes a provider known to the app, and opens the way to its server to the proxies that are meant. */
export function declareProvider(site: Site, scope: IConstruct, provider: Provider, by: ProxyCall['by']): void {
  const graph = MeshGraph.of(scope);
  const { root, path } = scope.node;
  const declared = DECLARED.get(root) ?? new Map<string, Declared>();
  DECLARED.set(root, declared);
  if (OF_EVERY_INSTALLATION.includes(provider.name)) {
    site.in('provider').fail('DuplicateName', 'must not be one that every installation has', provider.name, 'Give it a name of its own: provider: \'otlp-collector\'.');
  }
  // Istio compares the names without regard to case: pilot/pkg/model/telemetry.go, fetchProvider
  const other = declared.get(provider.name);
  const text = ({ manifest }: Provider) => JSON.stringify(manifest(graph.settings));
  if (other && text(other.provider) !== text(provider)) {
    site.in('provider').fail('DuplicateName', `must be unique: ${other.by} has another provider of the name`, provider.name, 'Give one of them a name of its own: provider: \'otlp-audit\'.');
  }
  if (!other) {
    declared.set(provider.name, { by: path, provider });
  }
  if (provider.call) {
    graph.addProxyCall({ ...provider.call, by });
  }
}

/** Those of the whole app, by name. */
export function declaredProviders(scope: IConstruct): ExtensionProviderManifest[] {
  const { settings } = MeshGraph.of(scope);
  const all = [...DECLARED.get(scope.node.root) ?? []].sort(([a], [b]) => compare(a, b));
  return all.map(([name, { provider }]) => ({ name, ...provider.manifest(settings) }));
}

/** What is spoken to a server. */
export interface Speaks {
  /** As the receiver of a collector names it. */
  readonly id: string;
  readonly grpc: boolean;
  /** What to write instead of a port that speaks something else. */
  readonly fix: string;
  /** Whether the program that sends may speak TLS itself. */
  readonly tls?: boolean;
  /** What is sent. */
  readonly signal?: string;
}

/** The server of a provider and its port. */
export function serverOf(
  site: Site, scope: IConstruct, server: MeshDestination, port: string | undefined, { id, grpc, fix, tls, signal }: Speaks,
): { server: MeshDestination['_destination']; port: MeshPort } {
  MeshGraph.of(scope).checkMember(site, server, 'Describe it in this app, as an ExistingWorkload if something else runs it.');
  const destination = server._destination;
  const { telemetry } = destination;
  if (telemetry && port === undefined && telemetry.ports[id] === undefined) {
    site.in('port').fail('UnknownPort', `must be one of ${destination.path} for ${id}, and it receives none`, Object.keys(telemetry.ports), 'Add the receiver to the collector: CollectorReceiver.otlp() or CollectorReceiver.zipkin().');
  }
  if (telemetry && signal !== undefined && !telemetry.signals.includes(signal)) {
    site.fail('IneffectiveTelemetry', `must be a collector that passes on ${signal}`, telemetry.signals, `Give ${destination.path} an exporter for them.`);
  }
  const found = portOf(site, destination, port ?? telemetry?.ports[id]);
  if (destination.wildcard) {
    site.fail('WildcardHost', 'must be one host', server.node.path, 'Name the host to which the spans and lines go.');
  }
  const spoken = found._isHttp && found._protocol !== 'grpc-web' && found._isGrpc === grpc;
  if (!spoken && !(tls && found._protocol === 'tls')) {
    site.in('port').fail('InvalidPort', `must be one of ${grpc ? 'gRPC' : 'HTTP'}`, found.name, fix);
  }
  return { server: destination, port: found };
}

/** As the installation names a server: with its namespace, since two could have a ServiceEntry for one host. */
export function addressOf({ server, port }: ProxyCall, settings: MeshSettings): { service: string; port: number } {
  return { service: server.scopeHosts(settings).slice(-1)[0], port: port.port };
}
