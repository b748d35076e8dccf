import * as kplus from 'cdk8s-plus-28';
import { cpuMillis, mebibytes, withDefaultResources } from './resources';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** A percentage of what the program's container requests: one that its limit never lets it reach would add no pod. */
export function checkUtilization(site: Site, resource: 'cpu' | 'memory', percent: number, resources?: kplus.ContainerResources): void {
  checkInteger(site, percent, 1, 1000, 'InvalidScaling', 'Write whole percents of what is requested: 70.');
  const { cpu, memory } = withDefaultResources(resources);
  const most = 100 * (resource === 'cpu' ? cpuMillis(cpu.limit) / cpuMillis(cpu.request) : mebibytes(memory.limit) / mebibytes(memory.request));
  if (percent >= most) {
    site.fail('InvalidScaling', `must be less than the container's limit, which is ${Math.floor(most)} percent of its request`, percent,
      `Write less, or raise resources.${resource}.limit: what may not be used is never seen used.`);
  }
}
