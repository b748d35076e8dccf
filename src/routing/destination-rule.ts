import { HostPolicyManifest, HostTraffic, unbalanced } from '../graph/host-traffic';
import { ClientTlsManifest, DestinationRuleSpec, TrafficPolicyManifest } from '../manifests/istio-networking';

/** How the clients of a host reach its pods, and the pods of each version. */
export interface HostPolicy {
  readonly host: string;
  readonly subsets: NonNullable<DestinationRuleSpec['subsets']>;
  readonly traffic?: HostTraffic;
}

/** Said aloud, so that a pod that lost its proxy gets no plaintext. */
const MUTUAL: ClientTlsManifest = { mode: 'ISTIO_MUTUAL' };

export function destinationRuleSpec({ host, subsets, traffic }: HostPolicy): DestinationRuleSpec {
  return {
    host,
    trafficPolicy: { tls: MUTUAL, ...policyOf(traffic?.policy ?? { loadBalancer: unbalanced(), ports: [] }) },
    subsets: subsets.length > 0 ? subsets.map((subset) => {
      const own = traffic?.policyOf(subset.name);
      return own ? { ...subset, trafficPolicy: policyOf(own) } : subset;
    }) : undefined,
  };
}

/** A port has nothing of what the host has, not even its TLS. */
function policyOf(
  { ports, ...whole }: HostPolicyManifest, tlsOf: (port: number) => ClientTlsManifest | undefined = () => MUTUAL,
): TrafficPolicyManifest {
  return {
    portLevelSettings: ports.length > 0 ? ports.map(({ number, ...settings }) => ({ port: { number }, tls: tlsOf(number), ...settings })) : undefined,
    ...whole,
  };
}

/** For the callers of one namespace: a program without a proxy speaks no mutual TLS. */
export function plainDestinationRuleSpec(host: string): DestinationRuleSpec {
  return {
    host,
    exportTo: ['.'],
    trafficPolicy: { tls: { mode: 'DISABLE' }, loadBalancer: unbalanced() },
  };
}

/** Of something outside: the TLS that its callers' proxies speak on some of its ports, and how they treat what goes there. */
export function outsideSpec(host: string, encrypted: { number: number; tls: ClientTlsManifest }[], traffic?: HostTraffic): DestinationRuleSpec {
  if (!traffic?.isSaid) {
    return { host, trafficPolicy: { portLevelSettings: encrypted.map(({ number, tls }) => ({ port: { number }, tls })) } };
  }
  const { ports, ...whole } = traffic.policy;
  if (!traffic.several) {
    return { host, trafficPolicy: { tls: encrypted[0]?.tls, ...whole } };
  }
  const { retryBudget, ...settings } = whole; // which is refused beside settings of ports
  const others = encrypted.filter(({ number }) => !ports.some(port => port.number === number)).map(({ number }) => ({ number, ...settings }));
  const all = [...others, ...ports];
  return { host, trafficPolicy: policyOf({ ...whole, ports: all }, number => encrypted.find(port => port.number === number)?.tls) };
}
