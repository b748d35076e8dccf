import * as fs from 'node:fs';
import { echoPortsOf, startApplication } from './application';
import { postStart, preStop } from './lifecycle';
import { intercept, startProxy } from './proxy';
import { RunningContainer } from './running-container';
import { Api, Manifest } from '../api/client';
import { Container } from '../machine/container';
import { attempt, Daemon, sleep } from '../machine/process';
import { PodNetwork } from '../network/pod-network';

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

let count = 0;

/** One pod: its network namespace and its containers as processes. */
export class RunningPod {
  public readonly address: string;
  public readonly container: Container;
  public readonly startTime = new Date().toISOString();
  /** Whether the sidecars have started, and all init containers are through. */
  public initialized = false;
  /** What its start waits for. */
  public stage = 'its network';
  private readonly sidecars: RunningContainer[] = [];
  private readonly applications: RunningContainer[] = [];
  private ended = false;
  private over = false;
  private connected?: Promise<void>;

  constructor(public readonly manifest: Manifest, private readonly context: PodContext, private readonly changed: (pod: RunningPod) => void) {
    const name = `p${++count}`;
    this.address = context.network.podAddress();
    // Not by its own name: another pod of a StatefulSet may bear it before this one is gone
    this.container = new Container(name, `${context.folder}/${name}`);
    this.container.write('etc/resolv.conf', context.resolvConf(manifest.metadata.namespace));
    this.container.write('etc/hosts', `127.0.0.1 localhost\n${this.address} ${manifest.metadata.name}\n`);
  }

  public get hasProxy(): boolean {
    const { initContainers = [], containers } = this.manifest.spec;
    return [...initContainers, ...containers].some((spec: Manifest) => spec.name === 'istio-proxy');
  }

  /** All containers run and pass their readiness probes. */
  public get ready(): boolean {
    const allThere = this.applications.length === this.manifest.spec.containers.length;
    return !this.going && allThere && this.containers().every((container) => container.ready);
  }

  /** It has been told to go, or its containers are all done. */
  public get going(): boolean { return this.ended || this.over; }

  /** What has been started, by name: sidecars and containers. */
  public running(name: string): RunningContainer | undefined { return this.containers().find((container) => container.name === name); }

  public containers(): RunningContainer[] { return [...this.sidecars, ...this.applications]; }

  /** Starts the containers in the kubelet's order: a sidecar holds up what follows until its startup probe passes. */
  public async start(): Promise<void> {
    this.connected = this.context.network.add(this.container.netns, this.address);
    await this.connected;
    await this.setSysctls();
    for (const spec of this.manifest.spec.initContainers ?? []) {
      if (this.ended) return;
      this.stage = `init container ${spec.name}`;
      if (spec.name === 'istio-validation' || spec.name === 'istio-init') await intercept(this.manifest, spec, this.container);
      else if (spec.restartPolicy === 'Always') await this.startContainer(spec, this.sidecars).then((sidecar) => sidecar.whenStarted());
      // Any other init container is an image's own business: it succeeds.
    }
    this.initialized = true;
    for (const spec of this.manifest.spec.containers) {
      if (this.ended) return;
      this.stage = `container ${spec.name}`;
      await this.startContainer(spec, this.applications);
      await postStart(spec, this.container);
    }
  }

  /**
   * Ends the pod as the kubelet does: preStop hooks, SIGTERM to the applications, then to the sidecars, SIGKILL when the
   * grace period is over.
   */
  public async stop(graceSeconds: number): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    const containers = this.containers();
    containers.forEach((container) => container.abandon());
    const end = Date.now() + graceSeconds * 1000;
    const left = () => Math.max(0, end - Date.now());
    const stop = (of: RunningContainer[]) => Promise.all(of.map((container) => container.daemon?.stop(left())));
    if (graceSeconds > 0) {
      await Promise.race([sleep(left()), Promise.all(containers.map((container) => preStop(container.spec, this.container)))]);
      await stop(this.applications);
      await stop(this.sidecars);
    }
    await Promise.all(this.containers().map((container) => container.daemon?.stop()));
    await this.connected?.catch(() => undefined);
    await this.killRemaining();
    await this.context.network.remove(this.container.netns);
    fs.rmSync(this.container.folder, { recursive: true, force: true });
  }

  /** A pod whose containers are all done is over, with the sidecars that were there for them. */
  private endSidecars(): void {
    const { containers } = this.manifest.spec;
    if (this.ended || this.over || this.applications.length < containers.length || !this.applications.every((container) => container.ended)) return;
    this.over = true;
    this.sidecars.forEach((sidecar) => {
      sidecar.abandon();
      void sidecar.daemon?.stop(1000 * (this.manifest.spec.terminationGracePeriodSeconds ?? 30));
    });
  }

  /**
   * The kernel's settings for the pod's network. Low ports are root's unless the pod says otherwise: containerd 2 and Docker open them to
   * everybody, CRI-O does not.
   */
  private async setSysctls(): Promise<void> {
    const lowPorts = { name: 'net.ipv4.ip_unprivileged_port_start', value: '1024' };
    for (const { name, value } of [lowPorts, ...this.manifest.spec.securityContext?.sysctls ?? []]) {
      const done = await this.container.exec(['sh', '-c', `echo '${value}' > '/proc/sys/${name.replaceAll('.', '/')}'`]);
      if (done.code !== 0) throw new Error(`sysctl ${name} failed: ${done.stderr.trim()}`);
    }
  }

  private async startContainer(spec: Manifest, list: RunningContainer[]): Promise<RunningContainer> {
    const isProxy = spec.name === 'istio-proxy';
    const ports = () => isProxy ? [] : echoPortsOf(this.manifest, spec, this.context.services());
    const launch = async (): Promise<Daemon> => isProxy
      ? startProxy(this.context.api, this.manifest, spec, this.container, this.address, this.context.istio)
      : startApplication(this.context.api, this.manifest, spec, this.container, this.address, ports());
    const running = new RunningContainer({
      spec,
      address: this.address,
      launch,
      ports: ports().filter((port) => port.protocol !== 'udp').map((port) => port.number),
      restart: spec.restartPolicy ?? this.manifest.spec.restartPolicy ?? 'Always',
      graceSeconds: this.manifest.spec.terminationGracePeriodSeconds ?? 30,
      preStop: () => preStop(spec, this.container),
      changed: () => {
        this.endSidecars();
        this.changed(this);
      },
    });
    list.push(running);
    if (this.ended) running.abandon();
    await running.start();
    return running;
  }

  /** Whatever is left in the network namespace: a process that left its group. */
  private async killRemaining(): Promise<void> {
    const pids = (await attempt(['ip', 'netns', 'pids', this.container.netns])).stdout.split('\n').filter(Boolean).map(Number);
    for (const pid of pids) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* ended meanwhile */ }
    }
  }
}
