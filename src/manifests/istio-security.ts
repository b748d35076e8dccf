import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';

const API_VERSION = 'security.istio.io/v1';

export interface SourceManifest {
  principals?: string[];
  namespaces?: string[];
  requestPrincipals?: string[];
  notRequestPrincipals?: string[];
  notRemoteIpBlocks?: string[];
}

export interface OperationManifest {
  hosts?: string[];
  notHosts?: string[];
  ports?: string[];
  methods?: string[];
  notMethods?: string[];
  paths?: string[];
  notPaths?: string[];
}

export interface ConditionManifest {
  key: string;
  values?: string[];
  notValues?: string[];
}

export interface AuthorizationRuleManifest {
  from?: { source: SourceManifest }[];
  to: { operation: OperationManifest }[];
  when?: ConditionManifest[];
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

/** @see https://istio.io/latest/docs/reference/config/security/jwt/ */
export interface JwtRuleManifest {
  issuer: string;
  audiences?: string[];
  jwksUri?: string;
  jwks?: string;
  fromHeaders?: { name: string; prefix?: string }[];
  fromCookies?: string[];
  fromParams?: string[];
  forwardOriginalToken?: boolean;
  outputClaimToHeaders?: { header: string; claim: string }[];
}

/** @see https://istio.io/latest/docs/reference/config/security/request_authentication/ */
export interface RequestAuthenticationSpec {
  selector: { matchLabels: { [key: string]: string } };
  jwtRules: JwtRuleManifest[];
}

export function requestAuthentication(scope: Construct, id: string, head: Head, spec: () => RequestAuthenticationSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'RequestAuthentication', head, spec);
}
