import { Call } from './call';
import { MeshSettings } from './mesh-settings';

/**
 * Whether the network lets a call through by its server's name, and not by addresses: where nothing else is known of it, and the mesh has a
 * network that knows names. Each call is one or the other, and is written in one of two policies.
 */
export function isHeldByName({ server, answer }: Call, { externalEgress }: MeshSettings): boolean {
  return !answer && externalEgress === 'ciliumFqdns' && server.knownByNameAlone === true;
}
