import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { ClusterObject, emit, Head } from './emit';

const RBAC = 'rbac.authorization.k8s.io/v1';

/** The kinds that cdk8s-plus has not, and those whose spec is derived from the call graph at synth. */

export interface LabelSelectorManifest {
  matchLabels?: { [key: string]: string };
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/ */
export interface PodDisruptionBudgetSpec {
  maxUnavailable: number;
  selector: LabelSelectorManifest;
  unhealthyPodEvictionPolicy: string;
}

export function podDisruptionBudget(scope: Construct, id: string, head: Head, spec: PodDisruptionBudgetSpec): ApiObject {
  return emit(scope, id, 'policy/v1', 'PodDisruptionBudget', head, spec);
}

export interface NetworkPolicyPeerManifest {
  namespaceSelector?: LabelSelectorManifest;
  podSelector?: LabelSelectorManifest;
  ipBlock?: { cidr: string; except?: string[] };
}

export interface NetworkPolicyPortManifest {
  port: number;
  protocol: string;
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ */
export interface NetworkPolicySpec {
  podSelector: LabelSelectorManifest;
  policyTypes: string[];
  ingress?: { from?: NetworkPolicyPeerManifest[]; ports: NetworkPolicyPortManifest[] }[];
  egress?: { to: NetworkPolicyPeerManifest[]; ports: NetworkPolicyPortManifest[] }[];
}

export function networkPolicy(scope: Construct, id: string, head: Head, spec: NetworkPolicySpec | (() => NetworkPolicySpec)): ApiObject {
  return emit(scope, id, 'networking.k8s.io/v1', 'NetworkPolicy', head, spec);
}

export interface LimitRangeItemManifest {
  type: string;
  min: { [resource: string]: string };
  max: { [resource: string]: string };
  default: { [resource: string]: string };
  defaultRequest: { [resource: string]: string };
}

/** @see https://kubernetes.io/docs/concepts/policy/limit-range/ */
export function limitRange(scope: Construct, id: string, head: Head, limits: LimitRangeItemManifest[]): ApiObject {
  return emit(scope, id, 'v1', 'LimitRange', head, { limits });
}

/** @see https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
export function resourceQuota(scope: Construct, id: string, head: Head, hard: () => { [resource: string]: string }): ApiObject {
  return emit(scope, id, 'v1', 'ResourceQuota', head, () => ({ hard: hard() }));
}

/** The labels that depend on the whole app join those of the head. */
export function namespace(scope: Construct, id: string, head: Head, derivedLabels: () => { [key: string]: string } = () => ({})): ApiObject {
  return new ClusterObject(scope, id, { apiVersion: 'v1', kind: 'Namespace', metadata: head }, derivedLabels);
}

/** @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export function role(scope: Construct, id: string, head: Head, rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[]): ApiObject {
  return new ApiObject(scope, id, { apiVersion: RBAC, kind: 'Role', metadata: head, rules });
}

/** The Role of the same name, for one ServiceAccount. */
export function roleBinding(scope: Construct, id: string, head: Head, account: { name: string; namespace: string }): ApiObject {
  return new ApiObject(scope, id, {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: head,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: head.name },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/ */
export interface ServiceSpec {
  type: string;
  externalName?: string;
  selector?: { [key: string]: string };
  ports: { name: string; port: number; targetPort: number; protocol: string }[];
  externalTrafficPolicy?: string;
}

export function service(scope: Construct, id: string, head: Head, spec: ServiceSpec | (() => ServiceSpec)): ApiObject {
  return emit(scope, id, 'v1', 'Service', head, spec);
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-claim-v1/ */
export interface VolumeClaimManifest {
  metadata: { name: string };
  spec: { accessModes: string[]; storageClassName?: string; resources: { requests: { storage: string } } };
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/ */
export interface ConfigMapManifest {
  immutable?: boolean;
  data: { [key: string]: string };
}

export function configMap(scope: Construct, id: string, head: Head, { immutable, data }: ConfigMapManifest): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', metadata: head, immutable, data });
}
