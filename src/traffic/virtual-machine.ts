import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { EndpointManifest } from '../manifests/istio-networking';

/**
 * Options for `VirtualMachine`.
 */
export interface VirtualMachineOptions {
  /**
   * Its share beside the others', 1 to 1000000: of two with 1 and 3 the second gets three quarters of the requests.
   *
   * Istio: `WorkloadEntry.weight`.
   *
   * @default - 1
   */
  readonly weight?: number;

  /**
   * Where it is: region, zone and part of the zone with slashes between them, from the left as far as it is known: `eu-1/eu-1a`. Clients go by it
   * with `Locality.failover()`; without that it is in metrics and traces alone.
   *
   * Istio: `WorkloadEntry.locality`.
   *
   * @default - not known
   */
  readonly locality?: string;

  /**
   * The version of the program on it: a DNS label. Versions are told apart by routes and weights as those of pods are.
   *
   * Istio: `WorkloadEntry.labels`, `version` and `service.istio.io/canonical-revision`.
   *
   * @default - none: it is of no version that a route could name
   */
  readonly version?: string;
}

/**
 * A machine outside of the cluster that runs Istio's agent: its proxy and its identity.
 *
 * Istio: `WorkloadEntry`.
 *
 * @see https://istio.io/latest/docs/reference/config/networking/workload-entry/
 */
@checked
export class VirtualMachine {
  /**
   * The machine at an address.
   *
   * @param address IPv4 or IPv6: the one to which the pods connect and from which their network sees the machine come, without a translation between.
   *
   * @example
   * VirtualMachine.at('10.8.0.7', { locality: 'eu-1/eu-1a', weight: 2, version: 'v1' });
   */
  public static at(address: string, options: VirtualMachineOptions = {}): VirtualMachine {
    return new VirtualMachine(address, options);
  }

  private constructor(
    /** @internal */
    public readonly _address: string,
    private readonly options: VirtualMachineOptions,
  ) {}

  /** @internal */
  public get _version(): string | undefined {
    return this.options.version;
  }

  /** @internal */
  public get _locality(): string | undefined {
    return this.options.locality;
  }

  /** @internal */
  public _toManifest(site: Site): EndpointManifest {
    const { weight, locality, version } = this.options;
    if (version !== undefined) {
      checkDnsLabel(site.in('version'), version);
    }
    return {
      address: this._address,
      weight: weight === undefined ? undefined : checkInteger(site.in('weight'), weight, 1, 1_000_000, 'InvalidWeight', 'Leave a machine out that is to get nothing.'),
      locality: locality === undefined ? undefined : checkLocality(site.in('locality'), locality),
    };
  }
}

/** Istio takes any text, and compares what stands between the slashes with what the clients' nodes say. */
function checkLocality(site: Site, locality: string): string {
  const parts = locality.split('/');
  if (parts.length > 3 || !parts.every(part => /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(part))) {
    site.fail('InvalidLocality', 'must be region/zone/subzone', locality, 'Write them as the labels topology.kubernetes.io/region and /zone of the nodes do: eu-1/eu-1a.');
  }
  return locality;
}
