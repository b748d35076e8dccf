import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';

const API = 'flagger.app/v1beta1';

/** Two intervals that Flagger takes as they are: what is shorter than ten seconds counts as ten (flagger: canary.go, GetAnalysisInterval). */
const INTERVALS = ['10s', '11s'];

/** How long a release stays at a step that has been seen, until Flagger is to look again: requests must be sent, counted and read. */
const STEP_MS = 2000;

/** When nothing has been seen of a look for so long, it is taken for lost; less than an interval, after which Flagger looks by itself. */
const LOST_MS = 8000;

const UNTIL_MS = 300_000;

export async function canary(cluster: ConnectedCluster, namespace: string, name: string): Promise<Manifest> {
  const found = await cluster.get(API, 'Canary', name, namespace);
  if (!found) {
    throw new Error(`there is no Canary ${namespace}/${name}`);
  }
  return found;
}

/** @param fieldManager whose these fields are: each change is all that it says. */
async function change(cluster: ConnectedCluster, namespace: string, name: string, spec: Manifest, fieldManager: string): Promise<void> {
  const [{ ok, error }] = await cluster.apply([{ apiVersion: API, kind: 'Canary', metadata: { name, namespace }, spec }], { fieldManager });
  if (!ok) {
    throw new Error(error);
  }
}

/** Lets Flagger look at a Canary now: it does so when the interval has changed (flagger: pkg/controller/scheduler.go, scheduleCanaries). */
async function advance(cluster: ConnectedCluster, namespace: string, name: string): Promise<void> {
  const { spec } = await canary(cluster, namespace, name);
  const interval = INTERVALS.find(other => other !== spec.analysis.interval);
  await change(cluster, namespace, name, { analysis: { interval } }, 'clock');
}

/** Does something while a Canary stays as it is: Flagger leaves a suspended one alone, however often it looks (flagger: pkg/controller/scheduler.go, advanceCanary). */
async function whileSuspended(cluster: ConnectedCluster, namespace: string, name: string, work: () => Promise<void>): Promise<void> {
  await change(cluster, namespace, name, { suspend: true }, 'midway');
  try {
    await work();
  } finally {
    await change(cluster, namespace, name, { suspend: false }, 'midway');
  }
}

/**
 * Lets Flagger look at a Canary, and again when what came of it has been there for a while. A look that follows on the heels of one that was
 * late would leave a step behind that nobody has seen.
 */
export class Clock {
  private seen?: string;
  /** Since when it has been so, or when Flagger was to look last. */
  private since = 0;
  /** How many looks that changed nothing there had been when Flagger was to look, if nothing has come of that yet. */
  private vainBefore?: number;
  private quietUntil = 0;

  constructor(
    private readonly cluster: ConnectedCluster, private readonly namespace: string, private readonly name: string, private readonly stepMs = STEP_MS,
  ) {}

  /** To be called now and then. */
  public async tick({ phase, canaryWeight, iterations, failedChecks }: Manifest): Promise<void> {
    const state = [phase, canaryWeight, iterations, failedChecks].join(' ');
    if (state !== this.seen) {
      this.since = this.seen === undefined ? 0 : Date.now();
      this.seen = state;
      this.vainBefore = undefined;
    }
    const passed = Date.now() - this.since;
    if (passed < this.stepMs || Date.now() < this.quietUntil) {
      return;
    }
    this.quietUntil = Date.now() + 500;
    const vain = await this.vain();
    if (this.vainBefore !== undefined && vain === this.vainBefore && passed < LOST_MS) {
      return;
    }
    this.vainBefore = vain;
    await advance(this.cluster, this.namespace, this.name);
    this.since = Date.now();
  }

  /** Of looks that change no status Flagger's log tells: they find pods that are not ready, or begin to copy (flagger: pkg/canary/deployment_ready.go; scheduler.go, runCanary). */
  private async vain(): Promise<number> {
    const lines = (await this.cluster.logs('flagger')).split('\n');
    return lines.filter(line => line.includes(`"canary":"${this.name}.${this.namespace}"`) && /not ready|query error|canary weight 0"/.test(line)).length;
  }
}

/** What is looked at in the midst of a release, which stays at this step meanwhile. */
export interface Midway {
  readonly at: (status: Manifest) => boolean;
  readonly look: () => Promise<void>;
}

export interface Pace {
  readonly stepMs?: number;
  readonly midway?: Midway;
}

/** Goes on, a step every few seconds, until a Canary is in a phase; gives the phases and weights that it has been through. */
export async function untilPhase(
  cluster: ConnectedCluster, namespace: string, name: string, phase: string, { stepMs = STEP_MS, midway }: Pace = {},
): Promise<string[]> {
  const seen: string[] = [];
  let looked = midway === undefined;
  const clock = new Clock(cluster, namespace, name, stepMs);
  for (let end = Date.now() + UNTIL_MS; Date.now() < end;) {
    const { status = {} } = await canary(cluster, namespace, name);
    const now = `${status.phase} ${status.canaryWeight ?? 0}`;
    if (seen[seen.length - 1] !== now) {
      seen.push(now);
    }
    if (!looked && midway!.at(status)) {
      await whileSuspended(cluster, namespace, name, async () => {
        // It may have gone on before it was suspended
        looked = midway!.at((await canary(cluster, namespace, name)).status);
        if (looked) {
          await cluster.settled();
          await midway!.look();
        }
      });
      end = Date.now() + UNTIL_MS;
    }
    if (status.phase === phase) {
      if (!looked) {
        break;
      }
      return seen;
    }
    await clock.tick(status);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  const said = (await cluster.logs('flagger')).split('\n').slice(-15).join('\n');
  const wanted = looked ? phase : `${phase} by way of what was to be looked at`;
  throw new Error(`Canary ${namespace}/${name} did not get ${wanted}: ${seen.join(', ')}. Flagger says:\n${said}`);
}
