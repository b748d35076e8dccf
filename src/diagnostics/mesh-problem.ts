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
