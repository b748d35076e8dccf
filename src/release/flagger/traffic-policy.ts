import { FLAGGER } from './strategy';
import { Site } from '../../diagnostics/site';
import { DestinationRuleSpec } from '../../manifests/istio-networking';
import { refuse } from '../checked-release';

/**
 * What Flagger's definition keeps of a traffic policy, and drops all else without a word.
 *
 * Upstream: fluxcd/flagger artifacts/flagger/crd.yaml, spec.service.trafficPolicy.
 */
export const KEPT: readonly string[] = [
  'connectionPool.http.h2UpgradePolicy', 'connectionPool.http.http1MaxPendingRequests', 'connectionPool.http.http2MaxRequests', 'connectionPool.http.idleTimeout',
  'connectionPool.http.maxRequestsPerConnection', 'connectionPool.http.maxRetries',
  'loadBalancer.simple',
  'loadBalancer.consistentHash.httpCookie.name', 'loadBalancer.consistentHash.httpCookie.path', 'loadBalancer.consistentHash.httpCookie.ttl',
  'loadBalancer.consistentHash.httpHeaderName', 'loadBalancer.consistentHash.httpQueryParameterName', 'loadBalancer.consistentHash.minimumRingSize',
  'loadBalancer.consistentHash.useSourceIp',
  'loadBalancer.localityLbSetting.distribute', 'loadBalancer.localityLbSetting.enabled', 'loadBalancer.localityLbSetting.failover',
  'loadBalancer.warmupDurationSecs',
  'outlierDetection.baseEjectionTime', 'outlierDetection.consecutive5xxErrors', 'outlierDetection.consecutiveErrors', 'outlierDetection.consecutiveGatewayErrors',
  'outlierDetection.interval', 'outlierDetection.maxEjectionPercent', 'outlierDetection.minHealthPercent',
  'tls.caCertificates', 'tls.clientCertificate', 'tls.mode', 'tls.privateKey', 'tls.sni', 'tls.subjectAltNames',
];

/** A service's policy as Flagger takes it, for the DestinationRules that it writes. */
export function flaggerTrafficPolicy(site: Site, { loadBalancer, ...policy }: DestinationRuleSpec['trafficPolicy']): object {
  const { localityLbSetting, ...balancing } = loadBalancer ?? {};
  const asKept = {
    ...policy,
    loadBalancer: {
      // It asks for one of them; this one is Istio's own default
      ...(balancing.simple ?? balancing.consistentHash ? balancing : { simple: 'LEAST_REQUEST' }),
      localityLbSetting: localityOf(localityLbSetting, policy.outlierDetection !== undefined),
    },
  };
  const lost = fieldsOf(asKept).find(field => !KEPT.includes(field));
  if (lost !== undefined) {
    refuse(FLAGGER, site, `its definition has no trafficPolicy.${lost}, and it would be dropped`, lost, 'Leave out what it comes from, or release by CanaryEngine.static().');
  }
  return JSON.parse(JSON.stringify(asKept));
}

/**
 * That no zone is preferred: Flagger forgets `enabled: false` (pkg/apis/istio/v1alpha3/destination_rule.go, LocalityLbSetting), and beside outlier detection
 * Istio then prefers the client's own. What is distributed has no order (istio/istio pilot/pkg/networking/core/loadbalancer, ApplyLocalityLoadBalancer).
 */
function localityOf(setting: { enabled: boolean } | undefined, breaker: boolean): object | undefined {
  if (setting?.enabled !== false) {
    return setting;
  }
  return breaker ? { distribute: [{ from: '*', to: { '*': 100 } }] } : undefined;
}

/** Lists count as one field: what is in them is the definition's to say. */
function fieldsOf(value: object, path = ''): string[] {
  return Object.entries(value).filter(([, member]) => member !== undefined).flatMap(([name, member]) => (
    typeof member === 'object' && !Array.isArray(member) ? fieldsOf(member, `${path}${name}.`) : [`${path}${name}`]));
}
