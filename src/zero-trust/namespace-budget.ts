import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ContainerLimits, NamespaceQuota } from './namespace-limits';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { Entrance } from '../graph/mesh-graph';
import { LimitRangeItemManifest } from '../manifests/kubernetes';
import { cpuMillis, DEFAULT_LIMITS, DEFAULT_REQUESTS, mebibytes, PROXY_LIMITS, ResourceAmounts } from '../workload/resources';

export function limitsOf(limits: ContainerLimits = {}): { items: LimitRangeItemManifest[]; max: ResourceAmounts['limits'] } {
  const maxCpu = limits.maxCpu ?? kplus.Cpu.units(4);
  const maxMemory = limits.maxMemory ?? Size.gibibytes(8);
  return {
    items: [{
      type: 'Container',
      min: { cpu: '1m', memory: '1Mi' },
      max: { cpu: maxCpu.amount, memory: maxMemory.asString() },
      default: DEFAULT_LIMITS,
      defaultRequest: DEFAULT_REQUESTS,
    }],
    max: { cpu: cpuMillis(maxCpu), memory: mebibytes(maxMemory) },
  };
}

/** Proxies that the limits for one container refuse: those of the app's pods, or Istio's own in a namespace without any. */
export function proxyMisfits(at: (property: keyof ContainerLimits) => Site, proxies: ResourceAmounts['limits'][], max: ResourceAmounts['limits']): MeshProblem[] {
  const largest = (resource: 'cpu' | 'memory') => Math.max(...(proxies.length > 0 ? proxies : [PROXY_LIMITS]).map(proxy => proxy[resource]));
  const fix = (limit: string) => `A proxy's limit is ${limit}: with less, its pod is not admitted. Raise it, or lower the proxy's by proxy: { resources } of its service.`;
  return [
    ...(max.cpu < largest('cpu') ? [at('maxCpu').problem('LimitTooLow', 'must let the mesh proxy in', `${max.cpu}m`, fix(`${largest('cpu') / 1000} CPUs`))] : []),
    ...(max.memory < largest('memory') ? [at('maxMemory').problem('LimitTooLow', 'must let the mesh proxy in', `${max.memory}Mi`, fix(`${largest('memory')}Mi`))] : []),
  ];
}

/** In milli-CPUs and mebibytes, to be compared with what the workloads ask for. */
export interface QuotaAmounts {
  readonly requestsCpu: number;
  readonly requestsMemory: number;
  readonly limitsCpu: number;
  readonly limitsMemory: number;
  readonly pods: number;
}

/** Of a pod that is a proxy itself. */
export const NO_PROXY: ResourceAmounts = { requests: { cpu: 0, memory: 0 }, limits: { cpu: 0, memory: 0 } };

/**
 * The Services that are reached from outside: the app's own gateways and no other. One behind a load balancer has ports of the nodes too.
 *
 * Upstream: kubernetes/kubernetes pkg/quota/v1/evaluator/core/services.go, Usage.
 */
export function entrancesIn(namespace: string, entrances: Entrance[]): { [resource: string]: string } {
  const here = entrances.filter(entrance => entrance.namespace === namespace);
  return {
    'services.loadbalancers': String(here.filter(({ type }) => type === 'LoadBalancer').length),
    'services.nodeports': String(here.reduce((sum, { ports }) => sum + ports, 0)),
  };
}

export function quotaOf(quota: NamespaceQuota = {}): { hard: { [resource: string]: string }; amounts: QuotaAmounts } {
  const requestsCpu = quota.requestsCpu ?? kplus.Cpu.units(64);
  const requestsMemory = quota.requestsMemory ?? Size.gibibytes(128);
  const limitsCpu = quota.limitsCpu ?? kplus.Cpu.units(512);
  const limitsMemory = quota.limitsMemory ?? Size.gibibytes(512);
  const pods = quota.pods ?? 500;
  return {
    hard: {
      'requests.cpu': requestsCpu.amount,
      'requests.memory': requestsMemory.asString(),
      'limits.cpu': limitsCpu.amount,
      'limits.memory': limitsMemory.asString(),
      'pods': String(pods),
    },
    amounts: {
      requestsCpu: cpuMillis(requestsCpu),
      requestsMemory: mebibytes(requestsMemory),
      limitsCpu: cpuMillis(limitsCpu),
      limitsMemory: mebibytes(limitsMemory),
      pods,
    },
  };
}
