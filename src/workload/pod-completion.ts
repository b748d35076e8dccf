import { Size } from 'cdk8s';
import { PodMetadata } from './injection';
import { POD_PARTS } from './pod-parts';
import { ProgramProps } from './workload-props';

/** What cdk8s-plus has no property for. */
export interface PodCompletion {
  readonly injection: PodMetadata;
  /** Variables of the program's environment that are known when the whole is. */
  readonly variables: { readonly [name: string]: string };
  /** The labels of the pods that are to be kept apart; not of those that end. */
  readonly spread?: { [key: string]: string };
  /** Not of a worker. */
  readonly firstPort?: { readonly name: string; readonly number: number };
  readonly ephemeralStorage: { readonly request: Size; readonly limit: Size };
  readonly drainSeconds: number;
  readonly tokenMounted: boolean;
  readonly program: ProgramProps;
}

/** The template of the pods within the manifest of a controller, of whatever kind. */
export function templateOf(controller: any): any {
  return (controller.spec.jobTemplate ?? controller).spec.template;
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
  const { spread } = pod;
  spec.topologySpreadConstraints = spread && ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map(topologyKey => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { ...spread } },
    // An update's new pods are spread among themselves
    matchLabelKeys: ['pod-template-hash'],
  }));
  const [container] = spec.containers;
  const { firstPort } = pod;
  if (firstPort) {
    container.ports.find(({ containerPort }: { containerPort: number }) => containerPort === firstPort.number).name = firstPort.name;
  }
  const variables = Object.entries(pod.variables).map(([name, value]) => ({ name, value }));
  if (variables.length > 0) {
    container.env = [...container.env ?? [], ...variables];
  }
  if (pod.drainSeconds > 0) {
    // An added container serves the program, or requests of its own: it goes on as long
    spec.containers.forEach((each: any) => {
      each.lifecycle = { ...each.lifecycle, preStop: each.lifecycle?.preStop ?? { sleep: { seconds: pod.drainSeconds } } };
    });
  }
  // cdk8s-plus writes ephemeral storage in whole gibibytes only
  container.resources.requests['ephemeral-storage'] = pod.ephemeralStorage.request.asString();
  container.resources.limits['ephemeral-storage'] = pod.ephemeralStorage.limit.asString();
  POD_PARTS.forEach(part => part(template, pod.program));
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
