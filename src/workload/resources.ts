import { Size, SizeRoundingBehavior } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Site } from '../diagnostics/site';

/** What a container asks for and may use, in milli-CPUs and mebibytes. */
export interface ResourceAmounts {
  readonly requests: { cpu: number; memory: number };
  readonly limits: { cpu: number; memory: number };
}

/**
 * Istio's own (istio/istio manifests/charts/istio-control/istio-discovery/values.yaml, global.proxy.resources).
 */
export const PROXY_REQUESTS = { cpu: 100, memory: 128 };
export const PROXY_LIMITS = { cpu: 2000, memory: 1024 };

/** Of a container that says nothing, in a zero-trust namespace: its LimitRange. */
export const DEFAULT_LIMITS = { cpu: '500m', memory: '256Mi' };
export const DEFAULT_REQUESTS = { cpu: '50m', memory: '64Mi' };

/** All that a container says, or what it is given where it says nothing. */
export interface FullResources {
  readonly cpu: { readonly request: kplus.Cpu; readonly limit: kplus.Cpu };
  readonly memory: { readonly request: Size; readonly limit: Size };
  readonly ephemeralStorage: { readonly request: Size; readonly limit: Size };
}

const EPHEMERAL_STORAGE = { request: Size.mebibytes(64), limit: Size.mebibytes(256) };

/** Of a program. */
const PROGRAM_RESOURCES: FullResources = {
  cpu: { request: kplus.Cpu.millis(100), limit: kplus.Cpu.units(1) },
  memory: { request: Size.mebibytes(128), limit: Size.mebibytes(256) },
  ephemeralStorage: EPHEMERAL_STORAGE,
};

/** Of a container beside a program: what a zero-trust namespace gives to one that says nothing. */
export const ADDED_RESOURCES: FullResources = {
  cpu: { request: kplus.Cpu.millis(50), limit: kplus.Cpu.millis(500) },
  memory: { request: Size.mebibytes(64), limit: Size.mebibytes(256) },
  ephemeralStorage: EPHEMERAL_STORAGE,
};

/** Of the mesh's proxy: Istio's own. */
export const PROXY_RESOURCES: FullResources = {
  cpu: { request: kplus.Cpu.millis(PROXY_REQUESTS.cpu), limit: kplus.Cpu.millis(PROXY_LIMITS.cpu) },
  memory: { request: Size.mebibytes(PROXY_REQUESTS.memory), limit: Size.mebibytes(PROXY_LIMITS.memory) },
  ephemeralStorage: EPHEMERAL_STORAGE,
};

export function withDefaultResources(resources: kplus.ContainerResources = {}, defaults = PROGRAM_RESOURCES): FullResources {
  return {
    cpu: filled(resources.cpu, defaults.cpu),
    memory: filled(resources.memory, defaults.memory),
    ephemeralStorage: filled(resources.ephemeralStorage, defaults.ephemeralStorage),
  };
}

/** cdk8s-plus writes ephemeral storage in whole gibibytes only. */
export function ephemeralStorage({ ephemeralStorage: { request, limit } }: FullResources) {
  return { requests: { 'ephemeral-storage': request.asString() }, limits: { 'ephemeral-storage': limit.asString() } };
}

/** An explicit `undefined` leaves the default in force. */
function filled<T>(given: { request?: T; limit?: T } | undefined, defaults: { request: T; limit: T }): { request: T; limit: T } {
  return { request: given?.request ?? defaults.request, limit: given?.limit ?? defaults.limit };
}

/** The API server refuses a request above its limit; a default may be the one that the user's value passes. */
export function checkResources(site: Site, resources?: kplus.ContainerResources, defaults = PROGRAM_RESOURCES): void {
  if (!resources) {
    return;
  }
  const { cpu, memory, ephemeralStorage: storage } = withDefaultResources(resources, defaults);
  for (const kind of ['request', 'limit'] as const) {
    if (!/^[1-9]\d*m?$/.test(cpu[kind].amount)) {
      site.in('cpu').in(kind).fail('InvalidResources', 'must be a whole number of CPUs or of milli-CPUs, from 1', cpu[kind].amount, 'Write kplus.Cpu.millis(250) or kplus.Cpu.units(1), and look where the number comes from if it is not set.');
    }
    for (const [property, size] of [['memory', memory[kind]], ['ephemeralStorage', storage[kind]]] as const) {
      if (!/^[1-9]\d*(Mi|Gi|Ti|Pi)$/.test(size.asString())) {
        site.in(property).in(kind).fail('InvalidResources', 'must be a whole number of mebibytes or more', size.asString(), 'Write Size.mebibytes(256), and look where the number comes from if it is not set.');
      }
    }
  }
  if (cpuMillis(cpu.request) > cpuMillis(cpu.limit)) {
    site.in('cpu').fail('RequestAboveLimit', 'must not request more than its limit', `${cpu.request.amount} > ${cpu.limit.amount}`, 'Set both: the one that you leave out keeps its default.');
  }
  for (const [property, { request, limit }] of [['memory', memory], ['ephemeralStorage', storage]] as const) {
    if (mebibytes(request) > mebibytes(limit)) {
      site.in(property).fail('RequestAboveLimit', 'must not request more than its limit', `${request.asString()} > ${limit.asString()}`, 'Set both: the one that you leave out keeps its default.');
    }
  }
}

export function cpuMillis(cpu: kplus.Cpu): number {
  return cpu.amount.endsWith('m') ? Number(cpu.amount.slice(0, -1)) : Number(cpu.amount) * 1000;
}

export function mebibytes(size: Size): number {
  return size.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}
