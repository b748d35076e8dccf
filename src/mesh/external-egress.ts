import { checked } from '../diagnostics/checked';
import { MeshSettings } from '../graph/mesh-settings';

/**
 * How the network knows what a workload calls outside of the cluster: an `ExternalService` of which nothing but the name is said. Where one has
 * `cidrs`, `endpoints` or `addresses`, these are what the NetworkPolicy opens, in either way.
 *
 * @see https://docs.cilium.io/en/stable/security/policy/layer3/#dns-based
 */
@checked
export class ExternalEgress {
  /**
   * By addresses, as every network that holds NetworkPolicies can: a host that is known by its name alone opens every public IPv4
   * address, on its port.
   *
   * @example
   * new Mesh(app, 'mesh', { externalEgress: ExternalEgress.addresses() });
   */
  public static addresses(): ExternalEgress {
    return new ExternalEgress('addresses');
  }

  /**
   * By name, in a cluster whose network is Cilium's: a host that is known by its name alone opens the addresses that its name was looked up to,
   * on its port. They may be private ones or IPv6.
   *
   * Each workload that calls such a host gets a CiliumNetworkPolicy of its name beside its NetworkPolicy, which then opens no public address for
   * it. Cilium learns the addresses from DNS: the pod's lookups go through the proxy of its agent, which has to be on (`l7Proxy`, the
   * default). What a pod had looked up before it was first selected by such a policy is closed to it until it looks it up again.
   *
   * A wildcard, `*.s3.amazonaws.com`, becomes `**.s3.amazonaws.com`, which takes Cilium 1.19. An older one lets through names with one more
   * label, and closes `a.b.s3.amazonaws.com`.
   *
   * What holds, and what does not: it is addresses that are let through, whatever they were looked up for. A host that shares them with others,
   * as behind a content delivery network, opens these too. A name whose addresses are those of pods or nodes of the cluster stays closed. A
   * workload that was given a role reaches `apiServerCidrs`, by default any address on port 443, besides. In a cluster without Cilium
   * the API server refuses the CiliumNetworkPolicies, and the hosts stay closed.
   *
   * Cilium: `CiliumNetworkPolicy.spec.egress.toFQDNs`.
   *
   * @example
   * new Mesh(app, 'mesh', { externalEgress: ExternalEgress.ciliumFqdns() });
   */
  public static ciliumFqdns(): ExternalEgress {
    return new ExternalEgress('ciliumFqdns');
  }

  private constructor(private readonly knownBy: MeshSettings['externalEgress']) {}

  /** @internal */
  public _toSettings(): MeshSettings['externalEgress'] {
    return this.knownBy;
  }
}
