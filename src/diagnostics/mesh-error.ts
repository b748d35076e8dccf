import { ErrorCode } from './error-codes';
import { MeshProblem } from './mesh-problem';

/**
 * The one error that this library throws.
 *
 * jsii has no exception classes, so it stays out of the assembly; `MeshErrors` reads it.
 *
 * @internal
 */
export class MeshError extends Error {
  /** Throws nothing for no problems, and one error for all of them otherwise. */
  public static throwIfAny(problems: MeshProblem[]): void {
    if (problems.length > 0) {
      throw new MeshError(problems);
    }
  }

  public readonly code: ErrorCode;
  public readonly path: string;
  public readonly property: string;
  public readonly received: string;
  public readonly fix: string;

  constructor(public readonly problems: MeshProblem[]) {
    super(problems.map(problem => problem.message).join('\n'));
    this.name = 'MeshError';
    const [first] = problems;
    this.code = first.code as ErrorCode;
    this.path = first.path;
    this.property = first.property;
    this.received = first.received;
    this.fix = first.fix;
  }
}
