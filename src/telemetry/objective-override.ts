import { ServiceObjective } from './service-objective';
import { MeshDestination } from '../graph/mesh-destination';
import { MeshWorkload } from '../mesh/mesh-workload';

/**
 * Another objective for one service, or for one call.
 */
export interface ObjectiveOverride {
  /**
   * What is called: a service of the app, or something outside of it.
   */
  readonly server: MeshDestination;

  /**
   * Whose calls are meant.
   *
   * @default - those of every client that has no override of its own, and the service itself
   */
  readonly client?: MeshWorkload;

  /**
   * What it has to hold.
   */
  readonly objective: ServiceObjective;
}
