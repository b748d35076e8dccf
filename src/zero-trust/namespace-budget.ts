import { Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ContainerLimits, NamespaceQuota } from './namespace-limits';
import { Site } from '../diagnostics/site';
import { LimitRangeItemManifest } from '../manifests/kubernetes';
import { cpuMillis, DEFAULT_LIMITS, DEFAULT_REQUESTS, mebibytes, PROXY_LIMITS, ResourceAmounts } from '../workload/resources';

export function limitsOf(site: Site, limits: ContainerLimits = {}): { items: LimitRangeItemManifest[]; max: ResourceAmounts['limits'] } {
  const maxCpu = limits.maxCpu ?? kplus.Cpu.units(4);
  const maxMemory = limits.maxMemory ?? Size.gibibytes(8);
  if (cpuMillis(maxCpu) < PROXY_LIMITS.cpu) {
    site.in('maxCpu').fail('LimitTooLow', 'must let the mesh proxy in', maxCpu.amount, 'The proxy\'s limit is 2 CPUs: with less, no pod of the namespace is admitted.');
  }
  if (mebibytes(maxMemory) < PROXY_LIMITS.memory) {
    site.in('maxMemory').fail('LimitTooLow', 'must let the mesh proxy in', maxMemory.asString(), 'The proxy\'s limit is 1Gi: with less, no pod of the namespace is admitted.');
  }
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

/** In milli-CPUs and mebibytes, to be compared with what the workloads ask for. */
export interface QuotaAmounts {
  readonly requestsCpu: number;
  readonly requestsMemory: number;
  readonly limitsCpu: number;
  readonly limitsMemory: number;
  readonly pods: number;
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
      // The way in is an ingress gateway: no Service of the namespace opens another
      'services.loadbalancers': '0',
      'services.nodeports': '0',
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
