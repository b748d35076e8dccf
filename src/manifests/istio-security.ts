import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

const API_VERSION = 'security.istio.io/v1';

export interface SourceManifest {
  principals?: string[];
  namespaces?: string[];
}

export interface AuthorizationRuleManifest {
  from?: { source: SourceManifest }[];
  to: { operation: { hosts?: string[]; ports: string[]; methods?: string[]; paths?: string[] } }[];
  when?: { key: string; values: string[] }[];
}

/** @see https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export interface AuthorizationPolicySpec {
  selector?: { matchLabels: { [key: string]: string } };
  action?: string;
  rules?: AuthorizationRuleManifest[];
}

export function authorizationPolicy(
  scope: Construct, id: string, head: Head, spec: AuthorizationPolicySpec | (() => AuthorizationPolicySpec),
): ApiObject {
  return emit(scope, id, API_VERSION, 'AuthorizationPolicy', head, spec);
}

/** @see https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
export interface PeerAuthenticationSpec {
  mtls: { mode: string };
}

export function peerAuthentication(scope: Construct, id: string, head: Head, spec: PeerAuthenticationSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'PeerAuthentication', head, spec);
}
