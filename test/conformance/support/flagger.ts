import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';

const API = 'flagger.app/v1beta1';

/** Two intervals that Flagger takes as they are: what is shorter than ten seconds counts as ten (flagger: canary.go, GetAnalysisInterval). */
const INTERVALS = ['10s', '11s'];

/** How long a release stays at a step: requests must be sent, counted and read. */
const STEP_MS = 2500;

export async function canary(cluster: ConnectedCluster, namespace: string, name: string): Promise<Manifest> {
  const found = await cluster.get(API, 'Canary', name, namespace);
  if (!found) {
    throw new Error(`there is no Canary ${namespace}/${name}`);
  }
  return found;
}

/** Lets Flagger look at a Canary now: it does so when the interval has changed (flagger: pkg/controller/scheduler.go, scheduleCanaries). */
export async function advance(cluster: ConnectedCluster, namespace: string, name: string): Promise<void> {
  const { spec } = await canary(cluster, namespace, name);
  const interval = INTERVALS.find(other => other !== spec.analysis.interval);
  const change = { apiVersion: API, kind: 'Canary', metadata: { name, namespace }, spec: { analysis: { interval } } };
  const [{ ok, error }] = await cluster.apply([change], { fieldManager: 'clock' });
  if (!ok) {
    throw new Error(error);
  }
}

/** What is looked at in the midst of a release, which stays at this step meanwhile: as long as an interval of Flagger's own. */
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
  for (let stepAt = 0, end = Date.now() + 120_000; Date.now() < end;) {
    const { status = {} } = await canary(cluster, namespace, name);
    const now = `${status.phase} ${status.canaryWeight ?? 0}`;
    if (seen[seen.length - 1] !== now) {
      seen.push(now);
    }
    if (!looked && midway!.at(status)) {
      looked = true;
      await cluster.settled();
      await midway!.look();
    }
    if (status.phase === phase) {
      if (!looked) {
        break;
      }
      return seen;
    }
    if (Date.now() >= stepAt) {
      stepAt = Date.now() + stepMs;
      await advance(cluster, namespace, name);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  const said = (await cluster.logs('flagger')).split('\n').slice(-15).join('\n');
  const wanted = looked ? phase : `${phase} by way of what was to be looked at`;
  throw new Error(`Canary ${namespace}/${name} did not get ${wanted}: ${seen.join(', ')}. Flagger says:\n${said}`);
}
