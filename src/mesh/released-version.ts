import { Construct } from 'constructs';
import { MeshService } from './mesh-service';
import { checked } from '../diagnostics/checked';

/**
 * A new version of a service that is tried while the service's own goes on.
 */
@checked
export abstract class ReleasedVersion extends Construct {
  /**
   * The service whose new version it is.
   */
  public abstract readonly service: MeshService;

  /**
   * The one label by which the new version's pods alone are known; `undefined` where there is none.
   *
   * @internal
   */
  public abstract readonly _tried?: { readonly key: string; readonly value: string };
}
