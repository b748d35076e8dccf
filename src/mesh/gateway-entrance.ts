import { Member } from '../graph/call';
import { GatewayServers } from '../traffic/gateway-servers';

/** A way in, as what is exposed there knows it. */
export interface GatewayEntrance {
  /** Its pods and their identity. */
  readonly client: Member;
  /** The Gateway: namespace/name. */
  readonly gateway: string;
  readonly servers: GatewayServers;
}
