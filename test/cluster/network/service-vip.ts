import { Manifest } from '../api/client';
import { coalesce, Store } from '../api/store';
import { run } from '../machine/process';

/**
 * In place of kube-proxy: the cluster IPs of the Services, as destination NAT to a random ready endpoint. A pod's proxy
 * does not need it (it takes a connection by its original destination), every other client does.
 */
export function startServiceAddresses(stores: { services: Store; endpointSlices: Store }): void {
  let loaded = '';
  const load = coalesce(20, async () => {
    const script = renderServiceAddresses(stores.services.list(), stores.endpointSlices.list());
    if (script === loaded) return;
    await run(['nft', '-f', '-'], { input: script });
    loaded = script;
  });
  stores.services.onChange(load);
  stores.endpointSlices.onChange(load);
}

export function renderServiceAddresses(services: Manifest[], slices: Manifest[]): string {
  const rules: string[] = [];
  const refusals: string[] = [];
  for (const service of services) {
    const address = service.spec.clusterIP;
    if (!address || address === 'None') continue;
    for (const port of service.spec.ports ?? []) {
      const protocol = (port.protocol ?? 'TCP').toLowerCase();
      const match = `ip daddr ${address} ${protocol} dport ${port.port}`;
      const targets = endpointsOf(service, port, slices);
      if (targets.length === 0) {
        refusals.push(`${match} reject${protocol === 'tcp' ? ' with tcp reset' : ''}`);
      } else if (targets.length === 1) {
        rules.push(`${match} dnat to ${targets[0].replace(' . ', ':')}`);
      } else {
        rules.push(`${match} dnat to numgen random mod ${targets.length} map { ${targets.map((target, i) => `${i} : ${target}`).join(', ')} }`);
      }
    }
  }
  // Both hooks of each: `prerouting` and `forward` for the pods, `output` for the node itself.
  const chain = (name: string, hook: string, lines: string[]) => `  chain ${name} {\n    ${[hook, ...lines].join('\n    ')}\n  }`;
  return [
    'table ip cdk8s_mesh_services',
    'delete table ip cdk8s_mesh_services',
    'table ip cdk8s_mesh_services {',
    chain('pods', 'type nat hook prerouting priority dstnat; policy accept;', rules),
    chain('node', 'type nat hook output priority -100; policy accept;', rules),
    chain('nobody_forward', 'type filter hook forward priority filter; policy accept;', refusals),
    chain('nobody_output', 'type filter hook output priority filter; policy accept;', refusals),
    '}',
    '',
  ].join('\n');
}

function endpointsOf(service: Manifest, port: Manifest, slices: Manifest[]): string[] {
  return slices
    .filter((slice) => slice.metadata.namespace === service.metadata.namespace
      && slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    .flatMap((slice) => {
      const target = (slice.ports ?? []).find((candidate: Manifest) => (candidate.name ?? '') === (port.name ?? ''));
      if (!target?.port) return [];
      return (slice.endpoints ?? [])
        .filter((endpoint: Manifest) => endpoint.conditions?.ready !== false)
        .map((endpoint: Manifest) => `${endpoint.addresses[0]} . ${target.port}`);
    })
    .sort();
}
