import { Chains } from './inbound-filter';
import { LimitedRequests } from './limited-requests';
import { ResolvedLimit } from './rate-limit';
import { Call, Member } from '../graph/call';

/** Where limits hold: in the proxies of a service's pods, or of a gateway's. */
export interface LimitPlace extends LimitedRequests {
  /** Of what is written for it. */
  readonly name: string;
  readonly namespace: string;
  /** Whether gRPC is answered in its own words. */
  readonly isGrpc: boolean;
  readonly chains: Chains;
  /** Whether somebody's proxy is one of them. */
  readonly includes: (member: Member) => boolean;
  /** The calls whose requests come there. */
  readonly incoming: () => Call[];
  /** Fails for another construct of the kind that has limits for the same port. */
  readonly claim: (kind: string) => void;
  /** What the whole app shows to be wrong with the limits. */
  readonly check: (limits: ResolvedLimit[]) => void;
}
