import { checked } from '../diagnostics/checked';

interface IpFamiliesManifest {
  readonly ipFamilyPolicy: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
  readonly ipFamilies?: ('IPv4' | 'IPv6')[];
}

/**
 * The families of the addresses that a service has.
 *
 * Kubernetes: `Service.spec.ipFamilyPolicy` and `ipFamilies`. The first family of a Service cannot be changed afterwards.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/dual-stack/
 */
@checked
export class IpFamilies {
  /**
   * An address of IPv4 alone, in a cluster that may have both.
   *
   * @example
   * IpFamilies.ipv4();
   */
  public static ipv4(): IpFamilies {
    return new IpFamilies({ ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] });
  }

  /**
   * An address of IPv6 alone.
   *
   * @example
   * IpFamilies.ipv6();
   */
  public static ipv6(): IpFamilies {
    return new IpFamilies({ ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] });
  }

  /**
   * One of each where the cluster has both, and one where it does not. The proxies use the second one in a mesh that has
   * `ISTIO_DUAL_STACK` switched on.
   *
   * @see https://istio.io/latest/docs/setup/additional-setup/dual-stack/
   *
   * @example
   * IpFamilies.preferDualStack();
   */
  public static preferDualStack(): IpFamilies {
    return new IpFamilies({ ipFamilyPolicy: 'PreferDualStack' });
  }

  /**
   * One of each. A cluster of one family refuses the Service.
   *
   * @example
   * IpFamilies.requireDualStack();
   */
  public static requireDualStack(): IpFamilies {
    return new IpFamilies({ ipFamilyPolicy: 'RequireDualStack' });
  }

  private constructor(private readonly manifest: IpFamiliesManifest) {}

  /** @internal */
  public _toManifest(): IpFamiliesManifest {
    return { ...this.manifest };
  }
}
