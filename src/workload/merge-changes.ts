import * as kplus from 'cdk8s-plus-28';
import { AddedContainer } from './added-container';
import { Configuration } from './configuration';
import { PodException } from './pod-exception';
import { WorkloadChanges } from './workload-changes';
import { WorkloadProps } from './workload-props';
import { writablePathsOf } from './writable-volumes';

type Merge<T> = (own: T | undefined, given: NonNullable<T>, workload: WorkloadProps) => T;

const replaced = <T>(_own: T | undefined, given: NonNullable<T>): T => given;
const overlaid = <T extends object>(own: T | undefined, given: T): T => ({ ...own, ...given });

/**
 * What has a key takes the place of what has the same: a service that takes over a change has it as its release does. Two that are given with one key
 * both stay, and are refused.
 */
const keyed = <T>(keyOf: (value: T) => string) => (own: T[] | undefined, given: T[]): T[] => {
  const placed = new Set<T>();
  const merged = (own ?? []).map((each) => {
    const next = given.find(value => keyOf(value) === keyOf(each)) ?? each;
    placed.add(next);
    return next;
  });
  return [...merged, ...given.filter(value => !placed.has(value))];
};

/** How each change goes with what the service has. */
const MERGES: { readonly [P in keyof Required<WorkloadChanges>]: Merge<WorkloadProps[P]> } = {
  image: replaced,
  command: replaced,
  args: replaced,
  env: overlaid,
  envFrom: keyed(source => JSON.stringify((source as any)._toKube())),
  configuration: replaced, // by directory and by variable: configurationOf()
  resources: resourcesOf,
  terminationGracePeriod: replaced,
  volumeMounts: keyed(({ path }: kplus.VolumeMount) => path),
  writablePaths: (own, given, { volumeMounts = [] }) => (
    keyed((path: string) => path)(writablePathsOf(own, volumeMounts.map(({ path }) => path)), given)),
  user: replaced,
  imagePullSecrets: keyed((name: string) => name),
  imagePullPolicy: replaced,
  podAnnotations: overlaid,
  priorityClassName: replaced,
  scheduling: replaced,
  preStop: replaced,
  addedContainers: keyed(({ _name }: AddedContainer) => _name),
  exceptions: keyed(({ _effect }: PodException) => _effect.subject),
  readinessPath: replaced,
  readiness: replaced,
  liveness: replaced,
  startup: replaced,
};

/** Lists that say something when they are empty: nothing in the place of what the service has. */
const TELLING_WHEN_EMPTY = ['command', 'args'];

/** What is changed among the properties of a release, or of anything else that can. */
export function changesOf(props: WorkloadChanges): WorkloadChanges {
  const given = (Object.keys(MERGES) as (keyof WorkloadChanges)[]).filter(property => !saysNothing(property, props[property]));
  return Object.fromEntries(given.map(property => [property, props[property]]));
}

/** The service's properties with the changes. */
export function mergeChanges<T extends WorkloadProps>(workload: T, changes: WorkloadChanges): T {
  const { readiness, readinessPath, env = {}, configuration = [] } = changes;
  const names = [...Object.keys(env), ...configuration.flatMap(({ _variableNames }) => _variableNames)];
  const own = {
    ...workload,
    // One of the two: the other one was in the place of this
    ...(readiness === undefined ? {} : { readinessPath: undefined }),
    ...(readinessPath === undefined ? {} : { readiness: undefined }),
    ...(names.length === 0 ? {} : { env: without(workload.env, configuration.flatMap(({ _variableNames }) => _variableNames)) }),
  };
  const merged = (Object.keys(changes) as (keyof WorkloadChanges)[]).map((property) => {
    const merge: Merge<any> = MERGES[property];
    return [property, merge(own[property], changes[property], own)];
  });
  return Object.assign({}, own, Object.fromEntries(merged), { configuration: configurationOf(workload.configuration, configuration, names) });
}

function saysNothing(property: string, value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && !TELLING_WHEN_EMPTY.includes(property)
    && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) && Object.values(value).every(each => each === undefined));
}

function without<T>(own: { [name: string]: T } | undefined, names: string[]): { [name: string]: T } | undefined {
  return own && Object.fromEntries(Object.entries(own).filter(([name]) => !names.includes(name)));
}

/** In the place of what they replace, because the volumes are numbered. */
function configurationOf(own: Configuration[] | undefined, given: Configuration[], names: string[]): Configuration[] | undefined {
  if (own === undefined && given.length === 0) {
    return undefined;
  }
  const paths = given.flatMap(({ _mountPath }) => _mountPath ?? []);
  const placed = new Set<Configuration>();
  const merged = (own ?? []).flatMap((each) => {
    const next = given.find(({ _mountPath }) => _mountPath !== undefined && _mountPath === each._mountPath);
    const inPlace = next && !placed.has(next) ? [next] : [];
    inPlace.forEach(value => placed.add(value));
    return [...inPlace, ...each._without(names, paths)];
  });
  return [...merged, ...given.filter(value => !placed.has(value))];
}

function resourcesOf(own: kplus.ContainerResources | undefined, given: kplus.ContainerResources): kplus.ContainerResources {
  const kinds = ['cpu', 'memory', 'ephemeralStorage'] as const;
  return Object.fromEntries(kinds.map(kind => [kind, { ...own?.[kind], ...said(given[kind]) }]));
}

function said(given: object = {}): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
