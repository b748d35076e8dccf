import { Member } from './call';
import { Destination } from './destination';
import { MeshPort } from './mesh-port';

/** What the programs of a scope are told of telemetry. */
export interface ProgramSettings {
  /** Where they send it; absent where they know. */
  readonly to?: { readonly server: Destination; readonly port: MeshPort; readonly protocol: 'grpc' | 'http/protobuf' };
  /** Which of traces, metrics and logs they send. */
  readonly signals: string[];
  /** The share of the traces that begin with them, from 0 to 1. */
  readonly ratio?: number;
  /** Attributes of the resource, beside those that follow from the pod. */
  readonly attributes: { readonly [name: string]: string };
}

/** For whom settings hold. */
export interface ProgramScope {
  readonly holds: (member: Member) => boolean;
  /** The narrower, the greater. It may follow from a Mesh that comes later. */
  readonly rank: () => number;
  /** Absent where the programs are told nothing. */
  readonly settings?: ProgramSettings;
}

/** What which programs are told: the narrowest scope wins, wholly. */
export class ProgramScopes {
  private readonly scopes: ProgramScope[] = [];

  public add(scope: ProgramScope): void {
    this.scopes.push(scope);
  }

  public get isEmpty(): boolean {
    return this.scopes.length === 0;
  }

  public scopeOf(member: Member): ProgramScope | undefined {
    return this.scopes.filter(({ holds }) => holds(member)).sort((a, b) => b.rank() - a.rank())[0];
  }
}
