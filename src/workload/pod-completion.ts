import { Size } from 'cdk8s';
import { PodMetadata } from './injection';

/** What cdk8s-plus has no property for. */
export interface PodCompletion {
  readonly injection: PodMetadata;
  readonly selector: { [key: string]: string };
  readonly firstPort: { readonly name: string; readonly number: number };
  readonly ephemeralStorage: { readonly request: Size; readonly limit: Size };
  readonly drainSeconds: number;
  readonly tokenMounted: boolean;
}

/** Completes the rendered template of a service's pods. The user's own metadata goes before ours. */
export function completePod(template: any, pod: PodCompletion): void {
  const { metadata, spec } = template;
  metadata.labels = { ...pod.injection.labels, ...metadata.labels };
  metadata.annotations = { ...pod.injection.annotations, ...metadata.annotations };
  spec.automountServiceAccountToken = pod.tokenMounted;
  spec.enableServiceLinks = false;
  // On the pod, so that it holds for the injected proxy too: it has no profile of its own
  spec.securityContext.seccompProfile = { type: 'RuntimeDefault' };
  spec.topologySpreadConstraints = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map(topologyKey => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { ...pod.selector } },
    // An update's new pods are spread among themselves
    matchLabelKeys: ['pod-template-hash'],
  }));
  const [container] = spec.containers;
  container.ports.find(({ containerPort }: { containerPort: number }) => containerPort === pod.firstPort.number).name = pod.firstPort.name;
  if (pod.drainSeconds > 0) {
    container.lifecycle = { preStop: { sleep: { seconds: pod.drainSeconds } } };
  }
  // cdk8s-plus writes ephemeral storage in whole gibibytes only
  container.resources.requests['ephemeral-storage'] = pod.ephemeralStorage.request.asString();
  container.resources.limits['ephemeral-storage'] = pod.ephemeralStorage.limit.asString();
  [...spec.containers, ...spec.initContainers ?? []].forEach(harden);
}

/** A container that the user has added gets what Pod Security `restricted` asks for, unless he says otherwise. */
function harden(container: any): void {
  container.securityContext = {
    allowPrivilegeEscalation: false,
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    ...container.securityContext,
    capabilities: { drop: ['ALL'], ...container.securityContext?.capabilities },
  };
}
