import { Call, Client } from './call';
import { Destination, Rewritten } from './destination';
import { MeshPort } from './mesh-port';
import { Site } from '../diagnostics/site';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { accepts, UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';
import { METHODS } from '../traffic/methods';
import { PathPattern } from '../traffic/path-pattern';

/** Copies of a route's requests, which go to another service. */
export interface RouteCopies {
  /** Where they are asked for. */
  readonly site: Site;
  /** Which of the requests to the one service: any of these. */
  readonly match: HttpMatchManifest[];
  /** The paths of the copies, where the route rewrites them. */
  readonly rewritten?: Rewritten;
  /** Everything that is declared of the one service. */
  readonly calls: () => Call[];
  readonly to: Destination;
  /** That of the copies. */
  readonly portOf: (port: MeshPort) => MeshPort;
}

/** A call that a client's proxy makes by itself, and the one of which it is a copy. */
export interface CopiedCall {
  readonly site: Site;
  readonly call: Call;
  readonly of: Call;
}

/**
 * What proxies copy to other services. Whoever asks for the requests sends the copies too, under its own identity: each is a call that follows from another one.
 *
 * Upstream: envoyproxy/envoy source/common/router/router.cc, maybeDoShadowing, and shadow_writer_impl.cc: it looks for a cluster and for no route, so that
 * no copy is copied again; and it takes the headers as the route has changed them.
 */
export class CopiedCalls {
  private readonly copies: RouteCopies[] = [];
  private known?: CopiedCall[];

  public add(copies: RouteCopies): void {
    this.copies.push(copies);
    this.changed();
  }

  /** To be told when a call is declared. */
  public changed(): void {
    this.known = undefined;
  }

  /** Those that a client's proxy sends. */
  public by(client: Client): Call[] {
    return this.all.map(({ call }) => call).filter(call => call.client === client);
  }

  /** Those that a service gets. */
  public to(path: string): CopiedCall[] {
    return this.all.filter(({ call }) => call.server.path === path);
  }

  private get all(): CopiedCall[] {
    this.known ??= this.copies.flatMap(copies => copies.calls().filter(isCopied).flatMap(of => (
      copiesOf(copies, of).map(call => ({ site: copies.site, call, of })))));
    return this.known;
  }
}

/** Of a proxy elsewhere of which it is said that it goes by no routes of the mesh, nothing is. */
function isCopied({ client, port }: Call): boolean {
  return port._isHttp && (client.gateway === true || client.keepsRoutes !== false);
}

/** One for each set of methods. */
function copiesOf({ match, rewritten, to, portOf }: RouteCopies, { client, server, port, methods, paths, asked }: Call): Call[] {
  if (!server.ports.includes(port)) {
    return []; // Of what the pods say to each other
  }
  const byMethods = new Map<string, { methods?: string[]; paths: (PathPattern | undefined)[] }>();
  for (const one of match) {
    const taken = methodsOf(one, methods);
    const met = taken?.length === 0 ? [] : (paths ?? [undefined]).flatMap(path => pathsOf(one, path));
    if (met.length > 0) {
      const key = taken?.join(' ') ?? '';
      byMethods.set(key, { methods: taken, paths: [...byMethods.get(key)?.paths ?? [], ...rewritten?.paths ?? asked ?? met] });
    }
  }
  return [...byMethods.values()].map(({ methods: taken, paths: all }) => (
    { client, server: to, port: portOf(port), methods: taken, paths: onceEach(all) }));
}

/** `undefined` for all. */
function methodsOf({ method }: HttpMatchManifest, declared?: string[]): string[] | undefined {
  return method ? (declared ?? [...METHODS].sort()).filter(each => accepts(method, each)) : declared;
}

/** What a match and a path have in common; where that cannot be said as a path, the path itself. `[undefined]` is for all. */
function pathsOf({ uri, ignoreUriCase }: HttpMatchManifest, path?: PathPattern): (PathPattern | undefined)[] {
  const met = meeting({ uri, ignoreUriCase }, { uri: path?.toUriMatch() });
  if (met === undefined) {
    return [];
  }
  const { uri: both, ignoreUriCase: any } = met === UNKNOWN ? {} as HttpMatchManifest : met;
  const text = any ? undefined : both?.exact ?? (both?.prefix === undefined ? undefined : `${both.prefix}*`);
  // The one text that a path begins with and a pattern must not
  return [text === undefined || text.includes('/.*') ? path : PathPattern.parse(Site.named('', ''), text)];
}

function onceEach(paths: (PathPattern | undefined)[]): PathPattern[] | undefined {
  if (paths.includes(undefined)) {
    return undefined;
  }
  const all = paths as PathPattern[];
  return all.filter(({ text }, index) => all.findIndex(other => other.text === text) === index).sort((a, b) => a.rank < b.rank ? -1 : 1);
}
