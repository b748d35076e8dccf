import { MeshProblem } from './mesh-problem';

/**
 * The one error that this library throws.
 *
 * jsii has no exception classes, so it stays out of the assembly; `MeshErrors` reads it.
 *
 * @internal
 */
export class MeshError extends Error {
  /** The problems that a check returns, or throws: one does not hide those of the next. */
  public static collect(check: () => MeshProblem[]): MeshProblem[] {
    try {
      return check();
    } catch (error) {
      if (error instanceof MeshError) {
        return error.problems;
      }
      throw error;
    }
  }

  /** Throws nothing for no problems, and one error for all of them otherwise. What several checks find is told once. */
  public static throwIfAny(problems: MeshProblem[]): void {
    if (problems.length > 0) {
      throw new MeshError([...new Map(problems.map(problem => [problem.message, problem])).values()]);
    }
  }

  /** Read by `MeshErrors`. Private, so that an uncaught error is printed as its message and nothing below it. */
  readonly #problems: MeshProblem[];

  constructor(problems: MeshProblem[]) {
    super(problems.map(problem => problem.message).join('\n'));
    // On the prototype the name would stand in the stack as Error's
    Object.defineProperty(this, 'name', { value: 'MeshError', configurable: true, writable: true });
    this.#problems = problems;
  }

  public get problems(): MeshProblem[] {
    return [...this.#problems];
  }
}
