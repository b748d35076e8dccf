import { checkDnsName, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { CANONICAL_NAME, VERSION } from '../workload/labels';
import { WorkloadKind } from '../workload/workload-kind';

/**
 * What a service that runs already keeps when this library takes it over in place: what Kubernetes does not let be changed, and what others
 * know it by. Its pods roll as in any other update, and serve until the new ones do. Let them roll before a `ZeroTrustNamespace` is put around
 * them: it refuses pods that do not carry the labels of this library yet. Its pods need proxies before, or callers that speak mutual TLS do not
 * reach the old ones; and a release comes after it, because old pods have no version. A container of another name than the service's goes with `kubectl apply`; what Helm or
 * another field manager has applied stays beside the new one until it is taken away there.
 */
export interface AdoptedObjects {
  /**
   * The name of its Deployment or DaemonSet.
   *
   * @default - the service's name
   */
  readonly workload?: string;

  /**
   * The labels by which that Deployment finds its pods, all of them: they cannot be changed. The new pods carry them beside the mesh's
   * own, and the Service and the network of callers and callees go by them, so that the pods that are there go on until those that follow do.
   *
   * Kubernetes: `Deployment.spec.selector.matchLabels`.
   *
   * @default - `app` and `version`
   */
  readonly selector?: { [key: string]: string };

  /**
   * The name of its ServiceAccount: its identity in the mesh. No other workload may run as it.
   *
   * @default - the service's name
   */
  readonly serviceAccount?: string;
}

export function checkAdopted(site: Site, kind: WorkloadKind, version: string, adopted?: AdoptedObjects): AdoptedObjects | undefined {
  if (kind._name === 'StatefulSet' && (adopted?.workload !== undefined || adopted?.selector)) {
    site.in(adopted.selector ? 'selector' : 'workload').fail('InvalidLabels', 'cannot be kept of a StatefulSet', adopted.selector ?? adopted.workload,
      'Its headless Service and its claims cannot be changed either: leave it to what deploys it, as an ExistingService.');
  }
  for (const property of ['workload', 'serviceAccount'] as const) {
    if (adopted?.[property] !== undefined) {
      checkDnsName(site.in(property), adopted[property]);
    }
  }
  if (adopted?.serviceAccount === 'default') {
    site.in('serviceAccount').fail('InvalidName', 'must not be default', 'default', 'Pods without an account of their own run as it, and would be taken for this service: leave it out.');
  }
  const { selector } = adopted ?? {};
  if (selector) {
    checkLabels(site.in('selector'), selector);
    if (selector[VERSION] !== undefined && selector[VERSION] !== version) {
      site.in('selector').in(VERSION).fail('InvalidLabels', 'must be the version of the service', selector[VERSION], `Write version: '${selector[VERSION]}'.`);
    }
    if (Object.keys(selector).every(key => key === VERSION)) {
      site.in('selector').fail('InvalidLabels', 'must have another label than the version', selector, 'The Service and the network of others go by the rest: write the whole selector.');
    }
    if (selector['pod-template-hash'] !== undefined) {
      site.in('selector').in('pod-template-hash').fail('InvalidLabels', 'must be left to Kubernetes', selector['pod-template-hash'], 'Take the selector of the Deployment, not that of its ReplicaSet.');
    }
    if (selector[CANONICAL_NAME] !== undefined) {
      site.in('selector').in(CANONICAL_NAME).fail('InvalidLabels', 'must be left to the mesh', selector[CANONICAL_NAME], 'Policies find the pods by it, with the name of the service: give the service that name.');
    }
  }
  return adopted;
}
