import { checked } from '../diagnostics/checked';
import { checkInteger, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { EndpointManifest } from '../manifests/istio-networking';

/**
 * Options for `Endpoint`.
 */
export interface EndpointOptions {
  /**
   * Its share beside the others', 1 to 1000000: of two with 1 and 3 the second gets three quarters of the connections, or requests over HTTP.
   *
   * Istio: `WorkloadEntry.weight`.
   *
   * @default - 1
   */
  readonly weight?: number;

  /**
   * Labels of it, by which telemetry and subsets tell it from others.
   *
   * Istio: `WorkloadEntry.labels`.
   *
   * @default - none
   */
  readonly labels?: { [key: string]: string };
}

/**
 * An address at which something outside the mesh is found.
 *
 * Istio: `ServiceEntry.endpoints`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/workload-entry/
 */
@checked
export class Endpoint {
  /**
   * An address.
   *
   * @param address IPv4 or IPv6.
   *
   * @example
   * Endpoint.of('10.8.0.7', { weight: 3, labels: { zone: 'eu-1a' } });
   */
  public static of(address: string, options: EndpointOptions = {}): Endpoint {
    return new Endpoint(address, options);
  }

  private constructor(
    /** @internal */
    public readonly _address: string,
    private readonly options: EndpointOptions,
  ) {}

  /** @internal */
  public _toManifest(site: Site): EndpointManifest {
    const { weight, labels } = this.options;
    return {
      address: this._address,
      weight: weight === undefined ? undefined : checkInteger(site.in('weight'), weight, 1, 1_000_000, 'InvalidWeight', 'Leave an endpoint out that is to get nothing.'),
      labels: labels && { ...checkLabels(site.in('labels'), labels) },
    };
  }
}
