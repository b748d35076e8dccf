import { registerEnums } from '../diagnostics/type-fit';

/**
 * How a service that runs is given to an engine, and taken back: a commit of its own before the first release, and after the last. Meanwhile the routes lead to all pods of the
 * service, and nothing is released.
 */
export enum Handover {
  /**
   * The commit before the engine leads the requests: it takes the pods over, and gets ready. Go on when it is.
   */
  BEGIN = 'begin',

  /**
   * The commit after which the release can be removed: the requests go back to the service's own pods, and the engine lets go of its own. Go on when these are gone.
   */
  END = 'end',
}
registerEnums({ Handover });
