import { checked } from './checked';
import { MeshError } from './mesh-error';
import { MeshProblem } from './mesh-problem';

/**
 * Reads the errors that this library throws, in JavaScript and TypeScript. Other languages get the message, which has
 * all the parts.
 */
@checked
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
    return caught instanceof MeshError ? caught.problems : [];
  }

  private constructor() {}
}
