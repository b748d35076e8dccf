import { isBound, listening } from './listening';
import { keepProbing } from './prober';
import { ProbeOutcome, probe } from './probes';
import { Manifest } from '../api/client';
import { Daemon, sleep, until } from '../machine/process';

/** What a container is, and how it is started. */
export interface ContainerSetup {
  readonly spec: Manifest;
  /** The pod's address, which the probes ask. */
  readonly address: string;
  /** Starts its process; called again for each restart. */
  readonly launch: () => Promise<Daemon>;
  /** The ports that it should listen on. */
  readonly ports: number[];
  readonly restart: 'Always' | 'OnFailure' | 'Never';
  readonly graceSeconds: number;
  readonly preStop: () => Promise<void>;
  readonly changed: () => void;
}

export interface Ended {
  readonly exitCode: number;
  /** `Error` or `Completed`. */
  readonly reason: string;
  readonly message: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

type ProbeKind = 'startup' | 'readiness';

/** The kubelet waits 10 s before the second restart, twice as long before the next, 5 minutes at most: a tenth of that. */
const BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 30_000;
/** After so long a run the back-off begins anew. */
const FORGIVEN_MS = 60_000;

/**
 * How long a program may take to listen before it is asked for the first time. A kubelet does not wait; here it spares a
 * container without probes the time in which its stand-in comes up.
 */
const BINDING_MS = 2000;
const EARLY_MS = 20;
const EARLY_LOOKS = 20;

/** A container of a pod: its process, started again when it ends, and its probes. */
export class RunningContainer {
  public daemon?: Daemon;
  /** Past its startup probe. */
  public started = false;
  public ready = false;
  public restartCount = 0;
  public startedAt?: string;
  /** Why it does not run. */
  public waiting?: { readonly reason: string; readonly message: string } = { reason: 'ContainerCreating', message: '' };
  /** How it ended, when it is not started again. */
  public ended?: Ended;
  /** How its last process ended. */
  public lastEnd?: Ended;
  /** What the probe that it is waiting for has heard last. */
  public heard?: { readonly kind: ProbeKind; readonly outcome: ProbeOutcome };
  private stopping = false;
  private killedFor?: string;

  constructor(private readonly setup: ContainerSetup) {}

  public get spec(): Manifest { return this.setup.spec; }

  public get name(): string { return this.setup.spec.name; }

  public get ports(): number[] { return this.setup.ports; }

  /** Starts it for the first time; throws when there is nothing to start. From then on it looks after itself. */
  public async start(): Promise<void> {
    const daemon = await this.setup.launch();
    void this.keepRunning(daemon).catch((error: Error) => {
      this.waiting = { reason: 'RunContainerError', message: error.message };
      this.setup.changed();
    });
  }

  /** Waits until its startup probe has passed; forever, as the kubelet does, unless the pod goes. */
  public async whenStarted(): Promise<void> {
    await until(this.name, Number.MAX_SAFE_INTEGER, () => this.started || this.stopping, 20);
  }

  /** From now on it is neither probed nor restarted. */
  public abandon(): void {
    this.stopping = true;
    this.ready = false;
  }

  private async keepRunning(first: Daemon): Promise<void> {
    let daemon = first;
    for (let backOff = 0; ;) {
      const began = Date.now();
      this.daemon = daemon;
      if (this.stopping) return; // it was started while the pod was going: the pod ends it
      this.startedAt = new Date(began).toISOString();
      this.waiting = undefined;
      this.setup.changed();
      void this.supervise(daemon, began);
      await daemon.end;
      if (this.stopping) return;
      this.noteEnd(daemon, began);
      const again = this.setup.restart === 'Always' || (this.setup.restart === 'OnFailure' && this.lastEnd!.exitCode !== 0);
      if (!again) {
        this.ended = this.lastEnd;
        this.setup.changed();
        return;
      }
      if (Date.now() - began > FORGIVEN_MS) backOff = 0;
      this.waiting = { reason: backOff > 0 ? 'CrashLoopBackOff' : 'ContainerCreating', message: this.lastEnd!.message };
      this.setup.changed();
      await sleep(backOff);
      backOff = Math.min(LONGEST_BACK_OFF_MS, backOff === 0 ? BACK_OFF_MS : backOff * 2);
      if (this.stopping) return;
      daemon = await this.setup.launch();
      this.restartCount++;
    }
  }

  private noteEnd(daemon: Daemon, began: number): void {
    const { code, signal } = daemon.exit!;
    const exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143);
    const lastLine = daemon.lastLines(1).trim();
    this.lastEnd = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      message: this.killedFor ?? `ended with code ${exitCode}${lastLine && exitCode !== 0 ? `: ${lastLine}` : ''}`,
      startedAt: new Date(began).toISOString(),
      finishedAt: new Date().toISOString(),
    };
    this.killedFor = undefined;
    this.started = false;
    this.ready = false;
    this.heard = undefined;
  }

  /** The probes of one process: the startup probe holds back the others. */
  private async supervise(daemon: Daemon, since: number): Promise<void> {
    const alive = () => !this.stopping && this.daemon === daemon && daemon.running;
    const { startupProbe, livenessProbe, readinessProbe } = this.spec;
    const ask = (definition: Manifest) => () => probe(this.setup.address, this.spec, definition);
    const hear = (kind: ProbeKind) => (outcome: ProbeOutcome) => { this.heard = { kind, outcome }; };
    // By the clock, and by some looks: a program has nothing of the time in which the machine stands still
    const early = (looks: number) => Date.now() - since < BINDING_MS || looks < EARLY_LOOKS;
    for (let looks = 0; alive() && early(looks) && !isBound(listening(daemon), this.ports); looks++) await sleep(EARLY_MS);
    if (startupProbe) {
      await keepProbing(startupProbe, {
        ask: ask(startupProbe),
        since,
        eager: true,
        alive: () => alive() && !this.started,
        heard: hear('startup'),
        verdict: (ok, text) => {
          if (ok) this.started = true;
          else void this.kill(daemon, startupProbe, `startup probe: ${text}`);
        },
      });
    }
    if (!alive()) return;
    this.started = true;
    if (!readinessProbe) this.ready = true;
    this.setup.changed();
    if (readinessProbe) {
      void keepProbing(readinessProbe, {
        ask: ask(readinessProbe),
        since,
        eager: true,
        alive,
        heard: hear('readiness'),
        verdict: (ok) => {
          if (this.ready !== ok) { this.ready = ok; this.setup.changed(); }
        },
      });
    }
    if (livenessProbe) {
      void keepProbing(livenessProbe, {
        ask: ask(livenessProbe),
        since,
        eager: false,
        alive,
        verdict: (ok, text) => { if (!ok) void this.kill(daemon, livenessProbe, `liveness probe: ${text}`); },
      });
    }
  }

  private async kill(daemon: Daemon, definition: Manifest, why: string): Promise<void> {
    if (this.killedFor !== undefined) return;
    this.killedFor = `killed by its ${why}`;
    const graceMs = (definition.terminationGracePeriodSeconds ?? this.setup.graceSeconds) * 1000;
    const end = Date.now() + graceMs;
    await Promise.race([sleep(graceMs), daemon.end, this.setup.preStop()]);
    await daemon.stop(Math.max(0, end - Date.now()));
  }
}
