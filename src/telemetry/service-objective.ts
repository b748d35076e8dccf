import { Duration } from 'cdk8s';
import { highestBurn } from './burn-rates';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

const DEFAULT_WINDOW_DAYS = 30;

/**
 * Options for `ServiceObjective.availability`.
 */
export interface AvailabilityOptions {
  /**
   * The time over which the objective holds: whole days, from 28 to 90.
   *
   * @default - 30 days
   */
  readonly window?: Duration;
}

/**
 * What share of its requests a service has to answer. The rest is its error budget, and alerts tell how fast it is used up.
 *
 * @see https://sre.google/workbook/implementing-slos/
 */
@checked
export class ServiceObjective {
  /**
   * The share of requests that do not fail, in percent, as the clients' proxies count them. A request failed that had no answer or one of
   * 500 and above, and over gRPC one of the codes of a server's failure (2, 4, 13, 14, 15). An answer of 404 or 403 has not failed.
   *
   * @param percent below 100, and more than what leaves a budget that a complete outage could not use up fast: with a window of 30 days
   * more than 93.06.
   *
   * @example
   * ServiceObjective.availability(99.9);
   */
  public static availability(percent: number, options: AvailabilityOptions = {}): ServiceObjective {
    return new ServiceObjective(percent, options.window);
  }

  private constructor(private readonly percent: number, private readonly window?: Duration) {}

  /** @internal */
  public _resolve(site: Site): Objective {
    const { percent } = this;
    const days = checkInteger(site.in('window'), this.window?.toDays({ integral: false }) ?? DEFAULT_WINDOW_DAYS, 28, 90, 'InvalidDuration',
      'Write whole days, as Duration.days(30): the rates at which alerts fire are made for a month and more.');
    const at = site.in('percent');
    if (!(percent > 0 && percent < 100)) {
      at.fail('InvalidPercent', 'must be below 100', percent, 'Write the share in percent that has to succeed: 99.9 lets one request of a thousand fail.');
    }
    if (percent <= 1) {
      at.fail('InvalidPercent', 'must be in percent, not a share of 1', percent, `Write ${rounded(percent * 100)}.`);
    }
    const least = 100 - 100 / highestBurn(days);
    if (percent <= least) {
      at.fail('InvalidPercent', `must be more than ${Math.round(least * 100) / 100} with a window of ${days} days`, percent,
        'Promise more: of so large a budget not even a complete outage would be told in an hour.');
    }
    return { percent, days, budget: (100 - percent) / 100 };
  }
}

/** An objective that was checked. */
export interface Objective {
  readonly percent: number;
  readonly days: number;
  /** The share of requests that may fail. */
  readonly budget: number;
}

/** Without what binary fractions leave: 100 - 99.9 is no 0.1 to them. */
export function rounded(value: number): number {
  return Number(value.toPrecision(10));
}
