import { Duration } from 'cdk8s';
import { checkImage } from './check-image';
import { checkPaths } from './check-paths';
import { checkUser } from './check-user';
import { checkConfiguration } from './configure';
import { DEFAULT_DRAIN, DEFAULT_GRACE_PERIOD, DEFAULT_REPLICAS, DEFAULT_USER } from './defaults';
import { checkEnvFrom } from './env-from';
import { checkPulled } from './image-pull';
import { checkExceptions } from './pod-exception';
import { checkPodMetadata } from './pod-metadata';
import { checkPreStop } from './pre-stop';
import { checkProxy } from './proxy';
import { ReplicaBounds } from './replica-bounds';
import { checkResources } from './resources';
import { checkScheduled } from './scheduling';
import { ProgramProps, WorkloadProps } from './workload-props';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The wrong values that a pod can be described with, found before any of it is built. */
export function checkWorkload(at: (property: string) => Site, props: WorkloadProps): void {
  checkProgram(at, props, props.drain ?? DEFAULT_DRAIN);
  checkReplicas(at, props);
  checkDrain(at, props);
  checkReadiness(at, props);
}

/**
 * Those of any pod, of one that ends too.
 *
 * @param drain that of a pod which ends is none: nobody calls it.
 */
export function checkProgram(at: (property: string) => Site, props: ProgramProps, drain = Duration.seconds(0)): void {
  checkImage(at('image'), props.image);
  checkInteger(at('terminationGracePeriod'), seconds(props.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD), 1, 3600, 'InvalidDuration', 'Kubernetes counts in whole seconds.');
  checkUser(at('user'), props.user ?? DEFAULT_USER);
  checkResources(at('resources'), props.resources);
  checkPaths(at, props);
  checkConfiguration(at('configuration'), props);
  checkEnvFrom(at('envFrom'), props.envFrom);
  checkPulled(at, props);
  checkPodMetadata(at, props);
  checkScheduled(at, props);
  checkExceptions(at, props);
  checkProxy(at('proxy'), props.proxy);
  checkPreStop(at('preStop'), props.preStop, seconds(drain));
}

/** What nobody calls has nothing to be asked, balanced or left out. */
export function checkWorker(at: (property: string) => Site, props: { [property: string]: any }): void {
  for (const property of ['readinessPath', 'loadBalancing', 'connectionPool', 'circuitBreaker', 'retryBudget', 'headless', 'ipFamilies']) {
    if (props[property] !== undefined && props[property] !== false) {
      at(property).fail('NotCallable', 'has no meaning without ports', typeof props[property] === 'object' ? `a ${props[property].constructor.name}` : props[property],
        'Leave it out, or give the service ports. A worker is asked by kplus.Probe.fromCommand().');
    }
  }
}

/** The number of pods that are there at least and at most. */
export function replicasOf({ replicas, autoscaling }: Pick<WorkloadProps, 'replicas' | 'autoscaling'>): ReplicaBounds {
  return autoscaling?._bounds ?? { min: replicas ?? DEFAULT_REPLICAS, max: replicas ?? DEFAULT_REPLICAS };
}

/** How many pods another version has at first, and at most. What nobody scales begins with all that the service may have. */
export function releasedReplicas(props: Pick<WorkloadProps, 'replicas' | 'autoscaling'>): ReplicaBounds {
  const { min, max } = replicasOf(props);
  return { min: props.autoscaling && !props.autoscaling._follows ? max : min, max };
}

function checkReplicas(at: (property: string) => Site, { replicas, autoscaling, resources }: WorkloadProps): void {
  if (autoscaling) {
    if (replicas !== undefined) {
      at('replicas').fail('InvalidReplicas', 'must not be given beside autoscaling', replicas, 'Leave it out: the autoscaler says how many pods run.');
    }
    autoscaling._check(at('autoscaling'), resources);
  } else {
    checkInteger(at('replicas'), replicas ?? DEFAULT_REPLICAS, 1, 1000, 'InvalidReplicas', 'Leave it out for three replicas.');
  }
}

function checkDrain(at: (property: string) => Site, { drain = DEFAULT_DRAIN, terminationGracePeriod = DEFAULT_GRACE_PERIOD }: WorkloadProps): void {
  checkInteger(at('drain'), seconds(drain), 0, seconds(terminationGracePeriod) - 1, 'InvalidDuration',
    'It is part of terminationGracePeriod, which has to leave time for the program: shorten the one or lengthen the other.');
}

function seconds(duration: Duration): number {
  return duration.toSeconds({ integral: false });
}

function checkReadiness(at: (property: string) => Site, { readinessPath, readiness }: WorkloadProps): void {
  if (readinessPath === undefined) {
    return;
  }
  if (readiness) {
    at('readinessPath').fail('InvalidProbe', 'must not be given beside readiness', readinessPath, 'Keep the one that asks for what you mean.');
  }
  if (!/^\/[^\s]*$/.test(readinessPath)) {
    at('readinessPath').fail('InvalidPath', 'must start with \'/\'', readinessPath, 'Write the path as it stands in the request: /readyz.');
  }
}
