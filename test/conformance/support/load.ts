import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { ConnectedCluster } from '../../cluster/remote';

/** Requests without a pause from before some work begins until after it has ended, and what came of all of them. */
export async function underLoad(cluster: ConnectedCluster, from: string, request: EchoRequest, work: () => Promise<unknown>): Promise<EchoResult[]> {
  let working = true;
  const results: EchoResult[] = [];
  const send = async () => {
    do {
      results.push(...await cluster.send(from, [{ count: 60, concurrency: 3, timeoutMs: 15_000, ...request }]));
    } while (working);
  };
  const load = send();
  try {
    await work();
  } finally {
    working = false;
    await load;
  }
  return results;
}

/** The requests that did not get the answer 200: none is lost, and none refused. */
export function lost(results: EchoResult[]): string[] {
  return results.filter(({ status }) => status !== 200).map(({ status, error, body }) => `${status} ${error ?? body ?? ''}`);
}
