import * as fs from 'node:fs';
import { echoPortsOf, listens } from './application';
import { probe } from './probes';
import { intercept, PROXY_UID, startProxy } from './proxy';
import { Api, Manifest } from '../api/client';
import { Container } from '../machine/container';
import { attempt, Daemon, sleep, until } from '../machine/process';
import { PodNetwork } from '../network/pod-network';
import { APPLICATION_UID, EchoPort, startEcho } from '../programs/echo';

/** What a pod needs from its surroundings. */
export interface PodContext {
  readonly api: Api;
  readonly network: PodNetwork;
  /** Folder of all pods. */
  readonly folder: string;
  /** Folder of the Istio module. */
  readonly istio: string;
  readonly resolvConf: (namespace: string) => string;
  readonly services: () => Manifest[];
}

interface Running {
  readonly spec: Manifest;
  readonly daemon: Daemon;
  readonly ports: EchoPort[];
}

let count = 0;

/** One pod: its network namespace and its containers as processes. */
export class RunningPod {
  public readonly address: string;
  public readonly container: Container;
  public ready = false;
  private readonly sidecars: Running[] = [];
  private readonly applications: Running[] = [];
  private ended = false;
  private failures = 0;
  private connected?: Promise<void>;

  constructor(public readonly manifest: Manifest, private readonly context: PodContext) {
    const name = `p${++count}`;
    this.address = context.network.podAddress();
    this.container = new Container(name, `${context.folder}/${manifest.metadata.namespace}_${manifest.metadata.name}`);
    this.container.write('etc/resolv.conf', context.resolvConf(manifest.metadata.namespace));
    this.container.write('etc/hosts', `127.0.0.1 localhost\n${this.address} ${manifest.metadata.name}\n`);
  }

  public get hasProxy(): boolean { return this.containers().some((spec) => spec.name === 'istio-proxy'); }

  /** The processes of the containers that run, by name. */
  public daemons(): Daemon[] { return [...this.sidecars, ...this.applications].map((running) => running.daemon); }

  /** Starts the containers in the kubelet's order: a sidecar holds up what follows until its startup probe passes. */
  public async start(): Promise<void> {
    this.connected = this.context.network.add(this.container.netns, this.address);
    await this.connected;
    for (const spec of this.manifest.spec.initContainers ?? []) {
      if (this.ended) return;
      if (spec.name === 'istio-validation' || spec.name === 'istio-init') await intercept(spec, this.container);
      else if (spec.restartPolicy === 'Always') await this.startSidecar(spec);
      // Any other init container is an image's own business: it succeeds.
    }
    for (const spec of this.manifest.spec.containers) {
      if (this.ended) return;
      if (spec.name === 'istio-proxy') await this.startSidecar(spec);
      else this.startApplication(spec, this.applications);
    }
    await until(`${this.manifest.metadata.name} to be ready`, 60_000, async () => {
      this.check();
      return this.ended || await this.isReady();
    });
  }

  /** All containers run, listen, and pass their readiness probes. */
  public async isReady(): Promise<boolean> {
    for (const { spec, daemon, ports } of [...this.sidecars, ...this.applications]) {
      if (!daemon.running || !listens(daemon, ports)) return false;
      if (!await probe(this.address, spec, spec.readinessProbe)) return false;
    }
    return !this.ended;
  }

  /** Looks again: three failures in a row make a ready pod unready. Says whether that changed anything. */
  public async review(): Promise<boolean> {
    const was = this.ready;
    this.failures = await this.isReady() ? 0 : this.failures + 1;
    if (this.failures === 0) this.ready = true;
    if (this.failures >= 3) this.ready = false;
    return this.ready !== was;
  }

  /**
   * Ends the pod as the kubelet does: preStop hooks, SIGTERM to the applications, then to the sidecars, SIGKILL when the
   * grace period is over.
   */
  public async stop(graceSeconds: number): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.ready = false;
    const end = Date.now() + graceSeconds * 1000;
    const left = () => Math.max(0, end - Date.now());
    if (graceSeconds > 0) {
      await Promise.race([sleep(left()), Promise.all([...this.applications, ...this.sidecars].map((running) => this.preStop(running)))]);
      await Promise.all(this.applications.map((running) => running.daemon.stop(left())));
      await Promise.all(this.sidecars.map((running) => running.daemon.stop(left())));
    }
    await Promise.all(this.daemons().map((daemon) => daemon.stop()));
    await this.connected?.catch(() => undefined);
    await this.killRemaining();
    await this.context.network.remove(this.container.netns);
    fs.rmSync(this.container.folder, { recursive: true, force: true });
  }

  private containers(): Manifest[] {
    return [...this.manifest.spec.initContainers ?? [], ...this.manifest.spec.containers];
  }

  private check(): void {
    for (const daemon of this.daemons()) if (!this.ended) daemon.check();
  }

  private async startSidecar(spec: Manifest): Promise<void> {
    if (spec.name !== 'istio-proxy') {
      this.startApplication(spec, this.sidecars);
      return;
    }
    const daemon = await startProxy(this.context.api, this.manifest, spec, this.container, this.address, this.context.istio);
    this.sidecars.push({ spec, daemon, ports: [] });
    await until(`the proxy of ${this.manifest.metadata.name}`, 60_000, () => {
      this.check();
      return this.ended || probe(this.address, spec, spec.startupProbe ?? spec.readinessProbe);
    }, 100);
  }

  private startApplication(spec: Manifest, list: Running[]): void {
    const { metadata } = this.manifest;
    const ports = echoPortsOf(this.manifest, spec, this.context.services());
    const uid = spec.securityContext?.runAsUser ?? this.manifest.spec.securityContext?.runAsUser;
    const daemon = startEcho(this.container, spec.name, {
      pod: metadata.name,
      namespace: metadata.namespace,
      workload: workloadOf(this.manifest),
      version: versionOf(this.manifest),
    }, ports, [undefined, 0, PROXY_UID].includes(uid) ? APPLICATION_UID : uid);
    list.push({ spec, daemon, ports });
  }

  private async preStop({ spec }: Running): Promise<void> {
    const hook = spec.lifecycle?.preStop;
    if (hook?.sleep) await sleep(hook.sleep.seconds * 1000);
    const command: string[] = hook?.exec?.command ?? [];
    if (command[0] === 'pilot-agent') await this.container.exec(command, { uid: PROXY_UID });
    // The usual way to wait for the endpoints to be updated; nothing else could be run without an image.
    const seconds = /(?:^|[\s/])sleep (\d+)/.exec(command.join(' '))?.[1];
    if (seconds) await sleep(Number(seconds) * 1000);
  }

  /** Whatever is left in the network namespace: a process that left its group. */
  private async killRemaining(): Promise<void> {
    const pids = (await attempt(['ip', 'netns', 'pids', this.container.netns])).stdout.split('\n').filter(Boolean).map(Number);
    for (const pid of pids) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* ended meanwhile */ }
    }
  }
}

/** The Deployment's name: that of the ReplicaSet without the hash of the template. */
export function workloadOf(pod: Manifest): string {
  const owner = pod.metadata.ownerReferences?.find((reference: Manifest) => reference.controller);
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (!owner) return pod.metadata.name;
  return hash && owner.name.endsWith(`-${hash}`) ? owner.name.slice(0, -hash.length - 1) : owner.name;
}

export function versionOf(pod: Manifest): string {
  const labels = pod.metadata.labels ?? {};
  return labels.version ?? labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? '';
}
