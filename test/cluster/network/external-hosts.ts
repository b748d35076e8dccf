import * as fs from 'node:fs';
import * as net from 'node:net';
import { Names } from './names';
import { PodNetwork } from './pod-network';
import { Manifest } from '../api/client';
import { coalesce, Store } from '../api/store';
import { Container } from '../machine/container';
import { Daemon } from '../machine/process';
import { EchoPort, protocolOf, startEcho } from '../programs/echo';

export interface OutsideStores {
  readonly serviceEntries: Store;
  /** DestinationRules: by them the proxies speak TLS to a host. */
  readonly rules: Store;
}

interface Host {
  readonly container: Container;
  readonly address: string;
  daemon: Daemon;
  ports: string;
}

/**
 * What is outside of the mesh: every host of a ServiceEntry gets a network namespace, an address out of 203.0.113.0/24
 * (or its endpoint's own, or the first that the entry names), a name, and an echo server, so that calls to the outside go somewhere.
 */
export class ExternalHosts {
  public static start(folder: string, network: PodNetwork, names: Names, stores: OutsideStores): ExternalHosts {
    const hosts = new ExternalHosts(folder, network, names, stores);
    for (const store of [stores.serviceEntries, stores.rules]) store.onChange(() => { hosts.changes++; hosts.refresh(); });
    return hosts;
  }

  private changes = 0;
  private done = 0;
  private readonly hosts = new Map<string, Host>();
  private readonly refresh: () => void;
  private count = 0;

  private constructor(private readonly folder: string, private readonly network: PodNetwork,
    private readonly names: Names, private readonly stores: OutsideStores) {
    this.refresh = coalesce(20, () => this.reconcile());
  }

  /** The container of a host, for its request log. */
  public container(host: string): Container | undefined { return this.hosts.get(host)?.container; }

  /** Whether a change is not carried out yet. */
  public get pending(): boolean { return this.done < this.changes; }

  private async reconcile(): Promise<void> {
    const changes = this.changes;
    const wanted = new Map<string, EchoPort[]>();
    const served: Record<string, string> = {};
    const addresses = new Map<string, string | undefined>();
    for (const entry of this.stores.serviceEntries.list()) {
      for (const [host, one] of servedBy(entry)) served[host] = one;
      for (const host of standIns(entry)) {
        const ports = [...wanted.get(host) ?? [], ...portsOf(entry, this.stores.rules.list())];
        wanted.set(host, ports.filter((port, i) => ports.findIndex((other) => other.number === port.number) === i));
        addresses.set(host, net.isIP(host) ? host : ownAddress(entry));
      }
    }
    for (const [host, running] of [...this.hosts]) {
      if (wanted.has(host)) continue;
      this.hosts.delete(host);
      await running.daemon.stop();
      await this.network.remove(running.container.netns);
      fs.rmSync(running.container.folder, { recursive: true, force: true });
    }
    for (const [host, ports] of wanted) {
      const known = this.hosts.get(host);
      if (!known) {
        this.hosts.set(host, await this.add(host, ports, addresses.get(host)));
      } else if (known.ports !== JSON.stringify(ports)) {
        await known.daemon.stop();
        known.daemon = this.serve(known.container, host, ports);
        known.ports = JSON.stringify(ports);
      }
    }
    const names = Object.fromEntries([...this.hosts].filter(([host]) => !net.isIP(host)).map(([host, { address }]) => [host, address]));
    for (const [host, one] of Object.entries(served)) names[host] = names[one];
    this.names.setOutside(names);
    this.done = changes;
  }

  private async add(host: string, ports: EchoPort[], own?: string): Promise<Host> {
    const name = `outside${++this.count}`;
    const taken = [...this.hosts.values()].some(({ address }) => address === own);
    const address = own === undefined || taken ? this.network.outsideAddress() : own;
    await this.network.add(name, address);
    const container = new Container(name, `${this.folder}/${name}`);
    return { container, address, daemon: this.serve(container, host, ports), ports: JSON.stringify(ports) };
  }

  private serve(container: Container, host: string, ports: EchoPort[]): Daemon {
    return startEcho(container, 'echo', { pod: host, namespace: '', workload: host, version: '' }, ports);
  }
}

/** The endpoints that an entry names, or else its hosts; nothing for what is within the cluster. */
function standIns(entry: Manifest): string[] {
  if (entry.spec.workloadSelector) return [];
  const endpoints: string[] = (entry.spec.endpoints ?? []).map((endpoint: Manifest) => endpoint.address)
    .filter((address: string | undefined) => address && !address.startsWith('unix:'));
  const names: string[] = endpoints.length > 0 ? endpoints : entry.spec.hosts ?? [];
  return names.filter((name) => !name.endsWith('.svc.cluster.local') && !name.startsWith('10.244.') && !name.startsWith('127.') && net.isIP(name) !== 6);
}

/** Hosts of which another name is looked up: programs find them there, too. */
function servedBy(entry: Manifest): [string, string][] {
  const [endpoint] = entry.spec.resolution === 'DNS' ? entry.spec.endpoints ?? [] : [];
  return endpoint && !net.isIP(endpoint.address) ? entry.spec.hosts.map((host: string) => [host, endpoint.address]) : [];
}

/** An address that a program would find the host at: the first that the entry names, or the second of a block, whose first is no host's. */
function ownAddress(entry: Manifest): string | undefined {
  const [first, mask] = String(entry.spec.addresses?.[0] ?? '').split('/');
  if (net.isIP(first) !== 4) return undefined;
  return mask === undefined ? first : first.replace(/\d+$/, (last) => String(Number(last) + 1));
}

/** Beyond a mesh's own rule: whoever calls a host outside on a port of TLS brings the TLS, so the host must speak it; or his proxy does. */
function portsOf(entry: Manifest, rules: Manifest[]): EchoPort[] {
  const policies: Manifest[] = rules.filter(({ spec }) => entry.spec.hosts.includes(spec.host))
    .flatMap(({ spec }) => spec.trafficPolicy?.portLevelSettings ?? []);
  return (entry.spec.ports ?? []).map((port: Manifest) => {
    const encrypted = policies.some((policy) => policy.port.number === port.number && /^(SIMPLE|MUTUAL)$/.test(policy.tls?.mode));
    const spoken = protocolOf(port.protocol) ?? 'tcp';
    return {
      name: port.name,
      number: port.targetPort ?? port.number,
      protocol: /^(tls|https)$/i.test(port.protocol) ? 'https' : !encrypted ? spoken : spoken === 'tcp' ? 'tls' : 'https',
    };
  });
}
