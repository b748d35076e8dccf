import { checked } from '../diagnostics/checked';

/**
 * Where the requests that lead to each other begin and end, for the proof of budgets (`Budgets`). Unless something else is said, whoever calls a
 * service waits for all calls that the service makes itself: that is what its timeout is compared with, and what its retries multiply.
 *
 * It becomes no field of any object: the proxies do not know which requests belong together.
 */
@checked
export class CallChain {
  /**
   * The call answers nobody: it is made on a schedule, at the start, or after the answer. Nobody who calls the client waits for it.
   *
   * @example
   * orders.calls(ledger, { timeout: Duration.seconds(30), chain: CallChain.starts() });
   */
  public static starts(): CallChain {
    return new CallChain(true, false);
  }

  /**
   * The server answers these requests by itself: none of the calls that it declares is made for them.
   *
   * @example
   * frontend.calls(orders, { paths: ['/healthz'], timeout: Duration.millis(200), chain: CallChain.ends() });
   */
  public static ends(): CallChain {
    return new CallChain(false, true);
  }

  /**
   * Both: nobody waits for the call, and it leads to no other.
   *
   * @example
   * orders.calls(ledger, { timeout: Duration.seconds(30), chain: CallChain.alone() });
   */
  public static alone(): CallChain {
    return new CallChain(true, true);
  }

  private constructor(
    /** @internal */
    public readonly _starts: boolean,
    /** @internal */
    public readonly _ends: boolean,
  ) {}
}
