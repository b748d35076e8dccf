import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/**
 * Options for `Budgets.proven`.
 */
export interface BudgetOptions {
  /**
   * How often one request may arrive at the end of any path of calls at most, its retries on the way multiplied: 1 to 1000. What a server has not begun to
   * process comes back to nobody, so that retries of it alone are not counted.
   *
   * @default - 16: two services of a path may send four times each. Three of them that do make 64
   */
  readonly maxTries?: number;

  /**
   * Whether every declared call and exposure over HTTP has to have a `timeout`. Without one nothing can be said of it. What another app routes has
   * none to give.
   *
   * @default - false: what has no timeout may take as long as it takes
   */
  readonly requiresTimeouts?: boolean;
}

/**
 * What is proven at synth of the timeouts and retries along every path of declared calls: that nobody gives up before those that he waits for,
 * and that retries do not multiply beyond a limit. A path has each service once: what comes back to one is not followed.
 *
 * @see https://sre.google/sre-book/addressing-cascading-failures/
 */
@checked
export class Budgets {
  /**
   * What holds without a word: a timeout that is too short, or retries that multiply, are errors that name the whole path (`TimeoutTooShort`, `RetriesMultiply`).
   *
   * @example
   * new Mesh(app, 'mesh', { budgets: Budgets.proven({ maxTries: 9, requiresTimeouts: true }) });
   */
  public static proven(options: BudgetOptions = {}): Budgets {
    return new Budgets({ ...options });
  }

  /**
   * Nothing is proven.
   *
   * @example
   * new Mesh(app, 'mesh', { budgets: Budgets.unproven() });
   */
  public static unproven(): Budgets {
    return new Budgets();
  }

  private constructor(private readonly options?: BudgetOptions) {}

  /** @internal */
  public _toSettings(site: Site): BudgetSettings | undefined {
    if (!this.options) {
      return undefined;
    }
    const { maxTries = PROVEN.maxTries, requiresTimeouts = false } = this.options;
    checkInteger(site.in('maxTries'), maxTries, 1, 1000, 'InvalidRetries', 'Write how many requests one may become: 16. Budgets.unproven() asks for nothing.');
    return { maxTries, requiresTimeouts };
  }
}

/**
 * What is asked of every path.
 */
export interface BudgetSettings {
  readonly maxTries: number;
  readonly requiresTimeouts: boolean;
}

export const PROVEN: BudgetSettings = { maxTries: 16, requiresTimeouts: false };
