import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

/**
 * A share of requests or pods.
 */
@checked
export class Percent {
  /**
   * @param value from 0 to 100, in steps of 0.0001: Envoy counts in millionths.
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
    // Of what is finer nothing is left: istio/istio pilot/pkg/networking/core/route/route.go, translatePercentToFractionalPercent
    if (Math.abs(this.value * 10_000 - Math.round(this.value * 10_000)) > 1e-6) {
      site.fail('InvalidPercent', 'must be in steps of 0.0001', this.value, `Round it: Percent.of(${Math.round(this.value * 10_000) / 10_000}). Envoy counts in millionths, and drops the rest.`);
    }
    return this.value;
  }
}
