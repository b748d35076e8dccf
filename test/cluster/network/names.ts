import * as fs from 'node:fs';
import * as path from 'node:path';
import { registerStaticPod } from './node';
import { ADDRESSES, PodNetwork } from './pod-network';
import { Api, Manifest } from '../api/client';
import { coalesce, Store } from '../api/store';
import { Daemon, until } from '../machine/process';
import { typescript } from '../machine/sandbox';

/** What a pod's /etc/resolv.conf says, as the kubelet writes it. */
export function resolvConf(namespace: string): string {
  return [
    `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local`,
    `nameserver ${ADDRESSES.dnsService}`,
    'options ndots:5',
    '',
  ].join('\n');
}

/** The names of the Services, and of the hosts outside, answered by a name server behind the Service kube-dns. */
export class Names {
  public static async start(api: Api, network: PodNetwork, work: string, stores: { services: Store; endpointSlices: Store }): Promise<Names> {
    await network.add('kube-dns', ADDRESSES.dns);
    const labels = { 'k8s-app': 'kube-dns' };
    await api.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
      spec: {
        clusterIP: ADDRESSES.dnsService,
        selector: labels,
        ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
      },
    });
    await registerStaticPod(api, {
      namespace: 'kube-system', name: 'coredns-0', labels, address: ADDRESSES.dns, ports: [{ name: 'dns', number: 53, protocol: 'UDP' }],
    });
    fs.mkdirSync(path.join(work, 'dns'), { recursive: true });
    const server = Daemon.start('dns', ['nsenter', '--net=/run/netns/kube-dns', ...typescript(path.join(__dirname, 'dns-server.ts'))], {
      logFile: path.join(work, 'dns/dns.log'), ipc: true,
    });
    const names = new Names(server, stores);
    await until('the name server', 180_000, () => { server.check(); return server.heard > 0; });
    stores.services.onChange(names.refresh);
    stores.endpointSlices.onChange(names.refresh);
    return names;
  }

  public readonly refresh: () => void;
  private outside: Record<string, string> = {};

  private constructor(public readonly server: Daemon, private readonly stores: { services: Store; endpointSlices: Store }) {
    this.refresh = coalesce(20, async () => server.send(this.records()));
  }

  /** Hosts of ServiceEntries and the addresses that stand for them. */
  public setOutside(hosts: Record<string, string>): void {
    this.outside = hosts;
    this.refresh();
  }

  private records(): Record<string, string[]> {
    const records: Record<string, string[]> = {};
    for (const [host, address] of Object.entries(this.outside)) records[host.toLowerCase()] = [address];
    for (const service of this.stores.services.list()) {
      const name = `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`;
      const address = service.spec.externalName ? this.outside[service.spec.externalName] : service.spec.clusterIP;
      if (address && address !== 'None') {
        records[name] = [address];
        continue;
      }
      const endpoints = this.endpoints(service);
      records[name] = endpoints.flatMap((endpoint) => endpoint.addresses);
      // The pods of a StatefulSet have names of their own
      endpoints.filter(({ hostname }) => hostname).forEach(({ hostname, addresses }) => { records[`${hostname}.${name}`] = addresses; });
    }
    return records;
  }

  private endpoints(service: Manifest): Manifest[] {
    return this.stores.endpointSlices.list()
      .filter((slice) => slice.metadata.namespace === service.metadata.namespace
        && slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
      .flatMap((slice) => (slice.endpoints ?? []).filter((endpoint: Manifest) => endpoint.conditions?.ready !== false));
  }
}
