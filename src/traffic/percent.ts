import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

/**
 * A share of requests or pods.
 */
@checked
export class Percent {
  /**
   * @param value from 0 to 100. Istio distinguishes steps of 0.0001.
   *
   * @example
   * Percent.of(5);
   */
  public static of(value: number): Percent {
    return new Percent(value);
  }

  private constructor(private readonly value: number) {}

  /** @internal */
  public _toNumber(site: Site): number {
    if (typeof this.value !== 'number' || !(this.value === 0 || (this.value >= 0.0001 && this.value <= 100))) {
      site.fail('InvalidPercent', 'must be 0, or from 0.0001 to 100', this.value, 'Write the share in percent: Percent.of(5) is one request in twenty.');
    }
    return this.value;
  }
}
