import * as fs from 'node:fs';
import * as net from 'node:net';
import { Names } from './names';
import { PodNetwork } from './pod-network';
import { Manifest } from '../api/client';
import { coalesce, Store } from '../api/store';
import { Container } from '../machine/container';
import { Daemon } from '../machine/process';
import { EchoPort, protocolOf, startEcho } from '../programs/echo';

interface Host {
  readonly container: Container;
  readonly address: string;
  daemon: Daemon;
  ports: string;
}

/**
 * What is outside of the mesh: every host of a ServiceEntry gets a network namespace, an address out of 203.0.113.0/24
 * (or its endpoint's own), a name, and an echo server, so that calls to the outside go somewhere.
 */
export class ExternalHosts {
  public static start(folder: string, network: PodNetwork, names: Names, serviceEntries: Store): ExternalHosts {
    const hosts = new ExternalHosts(folder, network, names, serviceEntries);
    serviceEntries.onChange(() => { hosts.changes++; hosts.refresh(); });
    return hosts;
  }

  private changes = 0;
  private done = 0;
  private readonly hosts = new Map<string, Host>();
  private readonly refresh: () => void;
  private count = 0;

  private constructor(private readonly folder: string, private readonly network: PodNetwork,
    private readonly names: Names, private readonly store: Store) {
    this.refresh = coalesce(20, () => this.reconcile());
  }

  /** The container of a host, for its request log. */
  public container(host: string): Container | undefined { return this.hosts.get(host)?.container; }

  /** Whether a change is not carried out yet. */
  public get pending(): boolean { return this.done < this.changes; }

  private async reconcile(): Promise<void> {
    const changes = this.changes;
    const wanted = new Map<string, EchoPort[]>();
    for (const entry of this.store.list()) {
      for (const host of standIns(entry)) {
        const ports = [...wanted.get(host) ?? [], ...portsOf(entry)];
        wanted.set(host, ports.filter((port, i) => ports.findIndex((other) => other.number === port.number) === i));
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
        this.hosts.set(host, await this.add(host, ports));
      } else if (known.ports !== JSON.stringify(ports)) {
        await known.daemon.stop();
        known.daemon = this.serve(known.container, host, ports);
        known.ports = JSON.stringify(ports);
      }
    }
    this.names.setOutside(Object.fromEntries([...this.hosts].filter(([host]) => !net.isIP(host)).map(([host, { address }]) => [host, address])));
    this.done = changes;
  }

  private async add(host: string, ports: EchoPort[]): Promise<Host> {
    const name = `outside${++this.count}`;
    const address = net.isIP(host) ? host : this.network.outsideAddress();
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

/** Beyond a mesh's own rule: whoever calls a host outside on a port of TLS brings the TLS, so the host must speak it. */
function portsOf(entry: Manifest): EchoPort[] {
  return (entry.spec.ports ?? []).map((port: Manifest) => ({
    name: port.name, number: port.targetPort ?? port.number, protocol: /^(tls|https)$/i.test(port.protocol) ? 'https' : protocolOf(port.protocol) ?? 'tcp',
  }));
}
