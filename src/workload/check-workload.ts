import { Duration } from 'cdk8s';
import { checkImage } from './check-image';
import { checkConfiguration } from './configure';
import { DEFAULT_DRAIN, DEFAULT_GRACE_PERIOD, DEFAULT_REPLICAS, DEFAULT_USER } from './defaults';
import { ReplicaBounds } from './replica-bounds';
import { checkResources } from './resources';
import { ProgramProps, WorkloadProps } from './workload-props';
import { checkInteger, checkUnique } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

const SYSTEM_PATHS = ['/bin', '/dev', '/etc', '/lib', '/lib64', '/proc', '/sbin', '/sys', '/usr', '/usr/bin', '/usr/lib', '/usr/local', '/usr/local/bin'];

/** The wrong values that a pod can be described with, found before any of it is built. */
export function checkWorkload(at: (property: string) => Site, props: WorkloadProps): void {
  checkProgram(at, props);
  checkReplicas(at, props);
  checkDrain(at, props);
  checkReadiness(at, props);
}

/** Those of any pod, of one that ends too. */
export function checkProgram(at: (property: string) => Site, props: ProgramProps): void {
  checkImage(at('image'), props.image);
  checkInteger(at('terminationGracePeriod'), seconds(props.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD), 1, 3600, 'InvalidDuration', 'Kubernetes counts in whole seconds.');
  checkUser(at('user'), props.user ?? DEFAULT_USER);
  checkResources(at('resources'), props.resources);
  props.writablePaths?.forEach((path, index) => {
    if (SYSTEM_PATHS.includes(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must not be a directory of the system', path, 'An empty volume would hide what the image has there: name the directory below it that the program writes to.');
    }
    if (!/^(\/[A-Za-z0-9._-]+)+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must be an absolute directory', path, 'Write it from the root, without a trailing slash: /var/cache/app.');
    }
  });
  const mounted = props.volumeMounts?.map(mount => mount.path) ?? [];
  mounted.forEach((path, index) => {
    if (!/^(\/[^/:]+)+$/.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
      at('volumeMounts').at(index).in('path').fail('InvalidPath', 'must be an absolute directory below the root', path, 'Write it from the root, without a trailing slash: /var/lib/app.');
    }
  });
  checkUnique(at('volumeMounts'), mounted, 'InvalidPath', 'Mount one volume at each path.');
  props.writablePaths?.forEach((path, index) => {
    if (mounted.includes(path)) {
      at('writablePaths').at(index).fail('InvalidPath', 'must not be mounted from a volume too', path, 'Leave it out here, or in volumeMounts.');
    }
  });
  checkUnique(at('writablePaths'), props.writablePaths ?? [], 'InvalidPath', 'Name each directory once.');
  checkConfiguration(at('configuration'), props);
}

/** What nobody calls has nothing to be asked, balanced or left out. */
export function checkWorker(at: (property: string) => Site, props: { [property: string]: any }): void {
  for (const property of ['readinessPath', 'loadBalancing', 'circuitBreaker']) {
    if (props[property] !== undefined) {
      at(property).fail('NotCallable', 'has no meaning without ports', property === 'readinessPath' ? props[property] : `a ${props[property].constructor.name}`,
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

function checkUser(site: Site, user: number): void {
  checkInteger(site, user, 1, 65535, 'InvalidUser', 'Containers never run as root (0).');
  if (user === 1337) {
    site.fail('InvalidUser', 'must not be the mesh proxy\'s user', user, 'Traffic of user 1337 bypasses the proxy (IST0144): use another number.');
  }
}
