import { ErrorCode } from './error-codes';

/**
 * One thing that is wrong with what was described, and how to put it right.
 */
export interface MeshProblem {
  /**
   * A stable identifier of the kind of problem, fit for a search or a test: `InvalidPort`.
   */
  readonly code: string;

  /**
   * The path of the construct that received the value: `shop/orders`.
   */
  readonly path: string;

  /**
   * The property, with its place in a list: `ports[1].name`.
   */
  readonly property: string;

  /**
   * The value that was received, as JSON.
   */
  readonly received: string;

  /**
   * What to write instead.
   */
  readonly fix: string;

  /**
   * All of the above in one line, as it stands in the error's message.
   */
  readonly message: string;
}

/**
 * The one error that this library throws.
 *
 * jsii has no exception classes, so it stays out of the assembly; `MeshErrors` reads it in every language.
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

/**
 * Reads the errors that this library throws.
 */
export class MeshErrors {
  /**
   * The problems behind an error, in the order in which they were found.
   *
   * @param caught what a `catch` has got.
   * @returns an empty list when the error is not one of this library's.
   *
   * @example
   * const problem = MeshErrors.problemsOf(caught)[0];
   * const hint = `${problem.path} ${problem.property}: ${problem.fix}`;
   */
  public static problemsOf(caught: any): MeshProblem[] {
    return caught instanceof MeshError ? [...caught.problems] : [];
  }

  private constructor() {}
}
