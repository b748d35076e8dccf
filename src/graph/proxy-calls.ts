import { Call, Member } from './call';
import { Destination } from './destination';
import { MeshPort } from './mesh-port';
import { PathPattern } from '../traffic/path-pattern';

/** What the proxies of all members call by themselves. */
export interface ProxyCall {
  readonly server: Destination;
  readonly port: MeshPort;
  /** Whose proxies; without it those of all. */
  readonly by?: (member: Member) => boolean;
  /** Who of the pod makes it; without it Envoy. */
  readonly made?: Maker;
  /** Which requests, if not all. */
  readonly methods?: string[];
  readonly paths?: PathPattern[];
}

/**
 * The program makes its calls through Envoy, by routes. What the agent beside Envoy fetches goes around it: its user's connections are left as they are, and so
 * are its questions for names. So the network has to let it, and nothing in Envoy has to know of it.
 *
 * Upstream: istio/istio tools/istio-iptables/pkg/capture/run.go (RETURN for ProxyUID; SetupDNSRedir); pkg/wasm/httpfetcher.go and imagefetcher.go.
 */
type Maker = 'program' | 'agent';

/** What is called without being declared by who calls: by the proxies of members, or by what stands beside them. */
export class ProxyCalls {
  private readonly all: ProxyCall[] = [];

  constructor(private readonly members: Member[]) {}

  public add(call: ProxyCall): void {
    this.all.push(call);
  }

  /** What goes out through Envoy of a member's pods, each once. */
  public of(member: Member): Call[] {
    return once(this.all.filter(call => call.made !== 'agent' && isBy(call, member)).map(call => callBy(member, call)));
  }

  /** What goes out around it. */
  public aroundEnvoy(member: Member): Call[] {
    return once(this.all.filter(call => call.made === 'agent' && isBy(call, member)).map(call => callBy(member, call)));
  }

  /** What the program of a member calls without a declaration of its own: telemetry. */
  public ofProgram(member: Member): Call[] {
    return this.all.filter(call => call.made === 'program' && call.by?.(member)).map(call => callBy(member, call));
  }

  /** Those of all programs, or of those of a namespace, to one server. */
  public ofProgramsTo(path: string, namespace?: string): Call[] {
    // Of most servers nobody's do: so the members are not looked through for each
    const asked = this.all.some(({ made, server }) => made === 'program' && server.path === path);
    return !asked ? [] : this.members.filter(member => namespace === undefined || member.namespace === namespace)
      .flatMap(member => this.ofProgram(member).filter(({ server }) => server.path === path));
  }

  /** What comes to a server through Envoy, and not by routes. */
  public to(path: string): (Call & { readonly client: Member })[] {
    const asked = ({ made, server }: ProxyCall) => made !== 'agent' && server.path === path;
    return !this.all.some(asked) ? [] : this.members.flatMap(client => (
      this.of(client).filter(({ server }) => server.path === path).map(call => ({ ...call, client }))));
  }

  /** Whether somebody goes there for whom there are no routes. */
  public anyTo(path: string): boolean {
    return this.to(path).length > 0 || this.all.some(({ made, server, by }) => (
      made === 'agent' && server.path === path && this.members.some(member => by?.(member) ?? true)));
  }
}

function isBy({ by }: ProxyCall, member: Member): boolean {
  return by === undefined || by(member);
}

function callBy(client: Member, { server, port, methods, paths }: ProxyCall): Call {
  return { client, server, port, methods, paths };
}

/** Of two calls of one port that which asks for everything, and each other one once. */
function once(calls: Call[]): Call[] {
  const key = ({ methods, paths }: Call) => JSON.stringify([methods, paths?.map(({ text }) => text)]);
  return calls.length < 2 ? calls : calls.filter((call, index) => {
    const alike = calls.filter(({ server, port }) => server.path === call.server.path && port === call.port);
    const wide = alike.find(({ methods, paths }) => !methods && !paths);
    return wide ? wide === call : calls.findIndex(other => alike.includes(other) && key(other) === key(call)) === index;
  });
}
