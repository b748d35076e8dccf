import { Duration } from 'cdk8s';
import { checked } from '../diagnostics/checked';
import { checkDuration } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { Percent } from '../traffic/percent';

/**
 * Which traces a collector keeps, when it has seen them. One that any of several rules takes is kept.
 *
 * OpenTelemetry: `tail_sampling.policies` of the collector's contrib distribution.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/tailsamplingprocessor
 */
@checked
export class TailSampling {
  /**
   * Those with a span that failed.
   *
   * @example
   * TailSampling.errors();
   */
  public static errors(): TailSampling {
    return new TailSampling('errors', () => ({ type: 'status_code', status_code: { status_codes: ['ERROR'] } }));
  }

  /**
   * Those that took longer, from the first span's begin to the last one's end; at least 1 ms.
   *
   * @example
   * TailSampling.slowerThan(Duration.seconds(1));
   */
  public static slowerThan(duration: Duration): TailSampling {
    return new TailSampling('slow', (site) => {
      checkDuration(site, duration);
      return { type: 'latency', latency: { threshold_ms: duration.toMilliseconds() } };
    });
  }

  /**
   * A share of all, by chance: more than 0, at most 100 percent.
   *
   * @example
   * TailSampling.share(Percent.of(5));
   */
  public static share(share: Percent): TailSampling {
    return new TailSampling('share', (site) => {
      const percent = share._toNumber(site);
      if (percent === 0) {
        site.fail('InvalidPercent', 'must be more than 0', percent, 'Leave it out, and none is kept by chance.');
      }
      return { type: 'probabilistic', probabilistic: { sampling_percentage: percent } };
    });
  }

  private constructor(
    /** @internal */
    public readonly _name: string,
    private readonly policy: (site: Site) => object,
  ) {}

  /** @internal */
  public _toConfig(site: Site): object {
    return { name: this._name, ...this.policy(site) };
  }
}
