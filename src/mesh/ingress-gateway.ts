import { Construct } from 'constructs';
import { GatewayExposures } from './gateway-exposures';
import { checked } from '../diagnostics/checked';

/**
 * A way into the mesh: a `MeshGateway` of the app's own, or an `ExistingGateway`. Not for subclassing.
 */
@checked
export abstract class IngressGateway extends Construct {
  /**
   * What comes in through it.
   *
   * @internal
   */
  public abstract readonly _exposures: GatewayExposures;
}
