import { Call } from './call';
import { MeshSettings } from './mesh-settings';

/**
 * Whether the network lets a call through by its server's name, and not by addresses: where nothing else is known of it, and the mesh has a
 * network that knows names. Each call is one or the other, and is written in one of two policies.
 */
export function isHeldByName({ server, answer }: Call, settings: MeshSettings): boolean {
  return !answer && holdsByNames(settings) && server.knownByNameAlone === true;
}

/** Whether a network of the cluster knows names at all. */
export function holdsByNames({ externalEgress }: MeshSettings): boolean {
  return externalEgress === 'ciliumFqdns';
}
