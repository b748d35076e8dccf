import { MeshErrors, MeshProblem } from '../../src';

/** The problems that the library reports; fails when nothing, or something else, was thrown. */
export function thrownBy(run: () => unknown): MeshProblem[] {
  const error = errorOf(run);
  const problems = MeshErrors.problemsOf(error);
  if (problems.length === 0) {
    throw new Error(error === undefined ? 'Nothing was thrown' : `Not an error of this library was thrown: ${(error as Error).stack ?? error}`);
  }
  return problems;
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error ?? new Error(`${error} was thrown`);
  }
}
