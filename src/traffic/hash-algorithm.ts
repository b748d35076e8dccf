import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { ConsistentHashManifest } from '../manifests/istio-networking';

/** The greatest table is smaller than this (istio/istio pkg/config/validation/validation.go, validateLoadBalancer). */
const TABLE_LIMIT = 5_000_011;

/** Envoy's own bound of a ring: max_ring_size. */
const RING_LIMIT = 8 * 1024 * 1024;

/**
 * How a hash finds its pod.
 *
 * Istio: `consistentHash.ringHash` or `consistentHash.maglev`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/load_balancers#ring-hash
 */
@checked
export class HashAlgorithm {
  /**
   * A ring of points, on which each pod has some: when one of n pods comes or goes, one hash in n has another pod. The smaller the ring, the more
   * uneven the load.
   *
   * @param minimumSize how many points there are at least, 1 to 8388608; each proxy keeps a ring for each version of each service. Istio: `ringHash.minimumRingSize`.
   *
   * @example
   * LoadBalancing.byHeader('x-user', { algorithm: HashAlgorithm.ring(4096) });
   */
  public static ring(minimumSize = 1024): HashAlgorithm {
    return new HashAlgorithm(site => ({
      ringHash: { minimumRingSize: checkInteger(site.in('minimumSize'), minimumSize, 1, RING_LIMIT, 'InvalidLoadBalancing', 'Leave it out for 1024.') },
    }));
  }

  /**
   * A table in which the pods have even shares: quicker than a ring, and evener; when a pod comes or goes some more hashes have another one.
   *
   * @param tableSize a prime number below 5000011, at least a hundred times the number of pods. Istio: `maglev.tableSize`.
   *
   * @example
   * LoadBalancing.byCookie('session', { algorithm: HashAlgorithm.maglev() });
   */
  public static maglev(tableSize = 65537): HashAlgorithm {
    return new HashAlgorithm((site) => {
      const at = site.in('tableSize');
      checkInteger(at, tableSize, 2, TABLE_LIMIT - 1, 'InvalidLoadBalancing', 'Leave it out for 65537.');
      if (!isPrime(tableSize)) {
        at.fail('InvalidLoadBalancing', 'must be a prime number', tableSize, 'Leave it out for 65537, or use 2039, 16381, 131071 or 655373.');
      }
      return { maglev: { tableSize } };
    });
  }

  private constructor(private readonly render: (site: Site) => ConsistentHashManifest) {}

  /** @internal */
  public _toManifest(site: Site): ConsistentHashManifest {
    return this.render(site);
  }
}

function isPrime(value: number): boolean {
  for (let factor = 2; factor * factor <= value; factor++) {
    if (value % factor === 0) {
      return false;
    }
  }
  return true;
}
