import { EndpointManifest, WorkloadEntrySpec, WorkloadGroupSpec } from '../manifests/istio-networking';
import { machineLabels } from '../workload/labels';

/** A machine of a service. */
export interface Machine {
  readonly version?: string;
  readonly endpoint: EndpointManifest;
}

/** Who the machines are: what all of them have in common. */
export interface Machines {
  readonly service: string;
  readonly serviceAccount: string;
}

/**
 * The account says that a proxy is there which takes mutual TLS, and whose certificate the callers look for: whoever else has the
 * address is not spoken to.
 *
 * Upstream: istio/istio pilot/pkg/serviceregistry/serviceentry/conversion.go, getTLSModeFromWorkloadEntry and
 * convertWorkloadEntryToWorkloadInstance.
 */
export function workloadEntrySpec({ service, serviceAccount }: Machines, { endpoint, version }: Machine): WorkloadEntrySpec {
  return { ...endpoint, labels: machineLabels(service, version), serviceAccount };
}

/**
 * What `istioctl x workload entry configure` writes into the files of a machine's agent: the account for which it makes the token, and
 * the labels that the proxy tells istiod. No policy would find the proxy without these: of a machine that a Kubernetes Service selects istiod
 * takes the proxy's own word. `ports` is left out: then the agent captures all of them, and not only those of a list.
 *
 * Upstream: istio/istio istioctl/pkg/workload/workload.go, createMeshConfig and createClusterEnv; pilot/pkg/model/context.go,
 * SetWorkloadLabels.
 */
export function workloadGroupSpec({ service, serviceAccount }: Machines, version?: string): WorkloadGroupSpec {
  return { metadata: { labels: machineLabels(service, version) }, template: { serviceAccount } };
}

/** Machines of one version, or of none, are set up alike. */
export function groupName(service: string, version?: string): string {
  return version === undefined ? service : `${service}-${version}`;
}

/**
 * As istiod calls what it makes of a machine that registers itself with the group: it takes the one that is there, and does not delete
 * it when the machine goes.
 *
 * Upstream: istio/istio pilot/pkg/autoregistration/controller.go, autoregisteredWorkloadEntryName and isAutoRegisteredWorkloadEntry.
 */
export function entryName(service: string, { version, endpoint }: Machine): string {
  return `${groupName(service, version)}-${endpoint.address.replaceAll(':', '-')}`.replace(/-$/, '-0');
}
