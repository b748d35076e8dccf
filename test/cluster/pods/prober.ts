import { ProbeOutcome } from './probes';
import { Manifest } from '../api/client';
import { sleep } from '../machine/process';

/** How soon after a failure a probe that has never succeeded is asked again, at first. */
const EAGER_MS = 50;

/**
 * One probe of one running container, in the kubelet's time (kubernetes: pkg/kubelet/prober/worker.go): `verdict` is told
 * of as many successes or failures in a row as the thresholds say. An eager probe is asked more often than its period
 * until it succeeds for the first time, so that tests need not wait; those failures do not count.
 */
export async function keepProbing(definition: Manifest, options: {
  ask: () => Promise<ProbeOutcome>;
  /** When the container was started, in milliseconds. */
  since: number;
  eager: boolean;
  alive: () => boolean;
  verdict: (ok: boolean, text: string) => void;
  /** Of each answer. */
  heard?: (outcome: ProbeOutcome) => void;
}): Promise<void> {
  const period = (definition.periodSeconds ?? 10) * 1000;
  const successThreshold: number = definition.successThreshold ?? 1;
  const failureThreshold: number = definition.failureThreshold ?? 3;
  let tick = options.since + (definition.initialDelaySeconds ?? 0) * 1000;
  let everWell = !options.eager;
  let successes = 0;
  let failures = 0;
  await sleepUntil(tick);
  while (options.alive()) {
    const counts = Date.now() >= tick;
    if (counts) tick = Math.max(tick + period, Date.now());
    const outcome = await options.ask();
    if (!options.alive()) return;
    options.heard?.(outcome);
    if (outcome.ok) {
      if (!everWell) tick = Date.now() + period;
      everWell = true;
      failures = 0;
      successes++;
      if (successes >= successThreshold) options.verdict(true, outcome.text);
    } else if (counts) {
      successes = 0;
      failures++;
      if (failures >= failureThreshold) options.verdict(false, outcome.text);
    }
    if (everWell) await sleepUntil(tick);
    else await sleepUntil(Math.min(tick, Date.now() + Math.max(EAGER_MS, (Date.now() - options.since) / 20)));
  }
}

async function sleepUntil(moment: number): Promise<void> {
  const left = moment - Date.now();
  if (left > 0) await sleep(left);
}
