import { ClientTlsManifest, DestinationRuleSpec } from '../manifests/istio-networking';
import { Locality } from '../traffic/locality';

/** How the clients of a host reach its pods, and the pods of each version. */
export interface HostPolicy {
  readonly host: string;
  readonly subsets: NonNullable<DestinationRuleSpec['subsets']>;
  readonly loadBalancer?: DestinationRuleSpec['trafficPolicy']['loadBalancer'];
  readonly outlierDetection?: DestinationRuleSpec['trafficPolicy']['outlierDetection'];
}

export function destinationRuleSpec({ host, subsets, loadBalancer, outlierDetection }: HostPolicy): DestinationRuleSpec {
  return {
    host,
    // Mutual TLS is said aloud, so that a pod that lost its proxy gets no plaintext
    trafficPolicy: {
      tls: { mode: 'ISTIO_MUTUAL' },
      // Without `simple` the mesh's default balancing stays in force
      loadBalancer: loadBalancer ?? { localityLbSetting: Locality.off()._toManifest() },
      outlierDetection,
    },
    subsets: subsets.length > 0 ? subsets : undefined,
  };
}

/** For the callers of one namespace: a program without a proxy speaks no mutual TLS. */
export function plainDestinationRuleSpec(host: string): DestinationRuleSpec {
  return {
    host,
    exportTo: ['.'],
    trafficPolicy: { tls: { mode: 'DISABLE' }, loadBalancer: { localityLbSetting: Locality.off()._toManifest() } },
  };
}

/** Of something outside: the TLS that its callers' proxies speak on some of its ports. */
export function tlsOriginationSpec(host: string, ports: { number: number; tls: ClientTlsManifest }[]): DestinationRuleSpec {
  return { host, trafficPolicy: { portLevelSettings: ports.map(({ number, tls }) => ({ port: { number }, tls })) } };
}
