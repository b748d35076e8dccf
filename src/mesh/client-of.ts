import { ExistingWorkload } from './existing-workload';
import { MeshWorkload } from './mesh-workload';
import { Client } from '../graph/call';
import { MeshDestination } from '../graph/mesh-destination';

/** Who a destination is where it calls; `undefined` for what calls nobody. */
export function clientOf(destination: MeshDestination): Client | undefined {
  return destination instanceof MeshWorkload ? destination._member.client : destination instanceof ExistingWorkload ? destination._client : undefined;
}
