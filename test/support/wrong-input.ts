import { World } from './world';
import { ErrorCode } from '../../src/diagnostics/error-codes';

/** A mistake of a user and what he is told about it. */
export interface WrongInput {
  readonly mistake: string;
  readonly make: (world: World) => unknown;
  readonly code: ErrorCode;
  readonly path: string;
  readonly property: string;
  /** As JSON, or undefined and NaN as words. */
  readonly received: string;
  /** Key words of the fix, in any order. */
  readonly fix: string[];
}
