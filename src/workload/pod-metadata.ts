import { checkAnnotation, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** Labels and annotations of the user's own. */
export interface OwnMetadata {
  readonly podLabels?: { [key: string]: string };
  readonly podAnnotations?: { [key: string]: string };
}

/** By these selectors, policies, controllers and dashboards find the pods: a user's value would be another service's. */
const OWN_LABELS = ['app', 'version', 'app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/version', 'app.kubernetes.io/managed-by',
  'pod-template-hash', 'controller-revision-hash', 'job-name', 'controller-uid'];

/** The prefixes that the mesh and Kubernetes keep for themselves. */
const RESERVED = /(^|\.)(istio\.io|kubernetes\.io|k8s\.io)\//;

/** Under those prefixes, but no part of the pod's membership. */
const HARMLESS = ['app.kubernetes.io/component', 'app.kubernetes.io/part-of', 'kubectl.kubernetes.io/default-container', 'kubectl.kubernetes.io/default-logs-container',
  'kubectl.kubernetes.io/restartedAt', 'cluster-autoscaler.kubernetes.io/safe-to-evict', 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes',
  'controller.kubernetes.io/pod-deletion-cost', 'kubernetes.io/ingress-bandwidth', 'kubernetes.io/egress-bandwidth', 'prometheus.istio.io/merge-metrics',
  'sidecar.istio.io/statsHistogramBuckets', 'sidecar.istio.io/extraStatTags', 'sidecar.istio.io/agentLogLevel', 'sidecar.istio.io/componentLogLevel'];

export function checkPodMetadata(at: (property: string) => Site, { podLabels, podAnnotations }: OwnMetadata): void {
  if (podLabels) {
    checkLabels(at('podLabels'), podLabels);
  }
  for (const key of Object.keys(podLabels ?? {})) {
    if (OWN_LABELS.includes(key) || isReserved(key)) {
      at('podLabels').in(key).fail('ReservedMetadata', 'must not be given: the mesh goes by it', podLabels![key], 'Choose another key, such as acme.example/team.');
    }
  }
  for (const [key, value] of Object.entries(podAnnotations ?? {})) {
    const site = at('podAnnotations').in(key);
    checkAnnotation(site, key);
    if (isReserved(key)) {
      site.fail('ReservedMetadata', 'must not be given: the mesh goes by it', value, 'Use proxy for what the proxy does; a property of the service says everything else.');
    }
  }
}

function isReserved(key: string): boolean {
  return RESERVED.test(key) && !HARMLESS.includes(key);
}

export function ownMetadata({ metadata }: any, { podLabels, podAnnotations }: OwnMetadata): void {
  Object.assign(metadata.labels, podLabels);
  Object.assign(metadata.annotations, podAnnotations);
}
