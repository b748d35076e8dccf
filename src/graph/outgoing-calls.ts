import { Call, Client } from './call';
import { CallOptions } from './call-options';
import { checkOneOfAddress, checkOneOfHost } from './host-conflicts';
import { MeshDestination } from './mesh-destination';
import { MeshGraph } from './mesh-graph';
import { checkNotDeclared, checkVariable, resolveCall } from './resolve-call';
import { Site } from '../diagnostics/site';

/** What one client has declared, in the order of its statements. */
export class OutgoingCalls {
  private readonly declared: Call[] = [];

  constructor(private readonly graph: MeshGraph, private readonly client: Client) {}

  public get all(): Call[] {
    return [...this.declared];
  }

  /** Checks a call and tells both sides of it. */
  public declare(site: Site, server: MeshDestination, options: CallOptions): void {
    this.graph.checkMember(site, server, 'Describe both in one app, or the other side as an ExistingWorkload or ExternalService.');
    const call = resolveCall(site, this.client, server._destination, options);
    checkNotDeclared(site, call, this.declared);
    checkOneOfHost(site, call, this.declared);
    checkOneOfAddress(site, call, this.declared);
    checkVariable(site, call, this.declared);
    server._accept(call);
    this.add(call);
  }

  public add(call: Call): void {
    this.declared.push(call);
    this.graph.changed();
  }
}
