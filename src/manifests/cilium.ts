import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

/** A name, or by `matchPattern` the names that a pattern means. */
export interface FqdnManifest {
  matchName?: string;
  matchPattern?: string;
}

/** Ports are texts. */
export interface CiliumPortRuleManifest {
  ports: { port: string; protocol: string }[];
  rules?: { dns: FqdnManifest[] };
}

/** A rule has one kind of peers: names go with no other, and pods not with addresses. */
export interface CiliumEgressRuleManifest {
  toFQDNs?: FqdnManifest[];
  toEndpoints?: { matchLabels: { [key: string]: string } }[];
  toCIDR?: string[];
  toPorts: CiliumPortRuleManifest[];
}

/** @see https://docs.cilium.io/en/stable/security/policy/layer3/#dns-based */
export interface CiliumNetworkPolicySpec {
  endpointSelector: { matchLabels: { [key: string]: string } };
  egress: CiliumEgressRuleManifest[];
}

export function ciliumNetworkPolicy(scope: Construct, id: string, head: Head, spec: () => CiliumNetworkPolicySpec): ApiObject {
  return emit(scope, id, 'cilium.io/v2', 'CiliumNetworkPolicy', head, spec);
}
