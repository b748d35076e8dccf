import { Construct } from 'constructs';
import { answeredCall } from './answered-call';
import { Call, Client, Member } from './call';
import { CallOptions } from './call-options';
import { checkOneOfAddress, checkOneOfHost } from './host-conflicts';
import { MeshDestination } from './mesh-destination';
import { MeshGraph } from './mesh-graph';
import { checkNotDeclared, checkVariable, resolveCall } from './resolve-call';
import { treatedCall } from './treated-call';
import { Site } from '../diagnostics/site';

/** What one client has declared, in the order of its statements. */
export class OutgoingCalls {
  private readonly declared: Call[] = [];

  /**
   * @param scope the construct that calls.
   * @param reached the path of the one by which it is called.
   */
  constructor(
    private readonly graph: MeshGraph, private readonly client: Client, private readonly scope: Construct, private readonly reached = scope.node.path,
  ) {}

  public get all(): Call[] {
    return [...this.declared];
  }

  /** Those that only the proxy can make, and the port to which each connects: it speaks TLS, or alone knows the address or the way. */
  public get byProxy(): { server: string; port: number }[] {
    const told = this.client.elsewhere ? [] : this.graph.proxyCalls.ofProgram(this.client as Member);
    const needsProxy = ({ server }: Call) => server.takesMutualTls || server.needsDnsCapture || server.through !== undefined;
    return [...this.declared, ...told].filter(call => !call.port._isUdp && (needsProxy(call) || call.port._tls !== undefined))
      .map(({ server, port }) => ({ server: server.path, port: port.port }));
  }

  /** Checks a call and tells both sides of it. */
  public declare(site: Site, server: MeshDestination, options: CallOptions): void {
    this.graph.checkMember(site, server, 'Describe both in one app, or the other side as an ExistingWorkload or ExternalService.');
    const { rewrite, headers, redirect, directResponse, ...asked } = options;
    const { through } = server._destination;
    if (rewrite && through) {
      site.in('rewrite').fail('InvalidRewrite', 'must leave what is asked as it is: the gateway on the way goes by it', through.gateway.name, 'Leave it out, or have the program ask so.');
    }
    const call = answeredCall(site, treatedCall(site, resolveCall(site, this.client, server._destination, asked), { rewrite, headers }), options);
    checkNotDeclared(site, call, this.declared);
    checkOneOfHost(site, call, this.declared);
    checkOneOfAddress(site, call, this.declared);
    checkVariable(site, call, this.declared);
    server._accept(call, this.scope);
    if (!call.answer) { // or nobody waits
      this.graph.chains.add(site, this.reached, call);
    }
    this.add(call);
  }

  public add(call: Call): void {
    this.declared.push(call);
    this.graph.changed();
  }
}
