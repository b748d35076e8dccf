import { Duration } from 'cdk8s';
import { highestBurn } from './burn-rates';
import { checkShare } from './check-share';
import { LatencyObjective } from './latency-objective';
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
 * Options for `ServiceObjective.of`.
 */
export interface ServiceObjectiveOptions extends AvailabilityOptions {
  /**
   * The share of requests that do not fail, in percent, as in `ServiceObjective.availability`.
   */
  readonly availability: number;

  /**
   * How fast the others are answered.
   *
   * @default - it does not matter
   */
  readonly latency?: LatencyObjective;
}

/**
 * What share of its requests a service has to answer, and how fast. The rest is its error budget, and alerts tell how fast it is used up.
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
    return new ServiceObjective('percent', percent, options.window);
  }

  /**
   * The share of requests that do not fail, and how fast these are answered.
   *
   * @example
   * ServiceObjective.of({
   *   availability: 99.9,
   *   latency: LatencyObjective.of({ percent: 95, within: Duration.millis(250) }),
   *   window: Duration.days(28),
   * });
   */
  public static of(options: ServiceObjectiveOptions): ServiceObjective {
    return new ServiceObjective('availability', options.availability, options.window, options.latency);
  }

  private constructor(
    private readonly property: string, private readonly percent: number, private readonly window?: Duration,
    private readonly latency?: LatencyObjective,
  ) {}

  /** @internal */
  public _resolve(site: Site): Objective {
    const days = checkInteger(site.in('window'), this.window?.toDays({ integral: false }) ?? DEFAULT_WINDOW_DAYS, 28, 90, 'InvalidDuration',
      'Write whole days, as Duration.days(30): the rates at which alerts fire are made for a month and more.');
    const share = checkShare(site.in(this.property), this.percent, days, highestBurn(days));
    return { ...share, latency: this.latency?._resolve(site.in('latency'), days) };
  }
}

/** A share of requests that was checked. */
export interface Share {
  readonly percent: number;
  readonly days: number;
  /** The share of requests that may fail it. */
  readonly budget: number;
}

/** An objective that was checked. */
export interface Objective extends Share {
  readonly latency?: Share & { readonly milliseconds: number };
}
