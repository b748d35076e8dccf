import { Construct } from 'constructs';
import { Call } from './call';
import { Destination } from './destination';
import { checked } from '../diagnostics/checked';

/**
 * Something that a service of the mesh can call: a `MeshService` or an `ExternalService`. Not for subclassing.
 */
@checked
export abstract class MeshDestination extends Construct {
  /** @internal */
  public abstract readonly _destination: Destination;

  /**
   * @param client the construct that calls.
   *
   * @internal
   */
  public abstract _accept(call: Call, client: Construct): void;
}
