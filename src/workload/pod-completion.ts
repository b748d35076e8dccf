import { PodMetadata } from './injection';
import { POD_PARTS } from './pod-parts';
import { drained } from './pre-stop';
import { spreadOver } from './scheduling';
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
  readonly ephemeralStorage: { readonly requests: any; readonly limits: any };
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
  metadata.labels = Object.assign({}, pod.injection.labels, metadata.labels);
  metadata.annotations = Object.assign({}, pod.injection.annotations, metadata.annotations);
  spec.automountServiceAccountToken = pod.tokenMounted;
  spec.enableServiceLinks = false;
  // On the pod, so that it holds for the injected proxy too: it has no profile of its own
  spec.securityContext.seccompProfile = { type: 'RuntimeDefault' };
  const { spread } = pod;
  spec.topologySpreadConstraints = spread && spreadOver(spread);
  const [container] = spec.containers;
  const { firstPort } = pod;
  if (firstPort) {
    container.ports.find(({ containerPort, protocol }: any) => containerPort === firstPort.number && protocol !== 'UDP').name = firstPort.name;
  }
  const variables = Object.entries(pod.variables).map(([name, value]) => ({ name, value }));
  if (variables.length > 0) {
    // Before the user's own, which may be made of them: $(ORDERS_ADDR)
    container.env = [...variables, ...container.env ?? []];
  }
  if (pod.drainSeconds > 0) {
    // An added container serves the program, or requests of its own: it goes on as long
    spec.containers.forEach((each: any) => {
      const hook = each.lifecycle?.preStop;
      const ownDrain = hook && (each !== container || !pod.program.preStop);
      each.lifecycle = { ...each.lifecycle, preStop: ownDrain ? hook : drained(hook, pod.drainSeconds) };
    });
  }
  Object.assign(container.resources.requests, pod.ephemeralStorage.requests);
  Object.assign(container.resources.limits, pod.ephemeralStorage.limits);
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
