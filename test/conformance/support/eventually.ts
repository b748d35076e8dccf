import { ConnectedCluster } from '../../cluster/remote';

/** Reads until the value is the wanted one, and gives the last one if it never is. */
export async function eventually<T>(read: () => Promise<T>, wanted: (value: T) => boolean, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ;) {
    const value = await read();
    if (wanted(value) || Date.now() > end) {
      return value;
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

/** What the cluster says of a pod that does not get ready, as soon as it says what is expected. */
export async function complaint(cluster: ConnectedCluster, expected: RegExp, seconds = 60): Promise<string> {
  const problems = async () => (await cluster.problems()).map(({ what, reason }) => `${what}: ${reason}`).join('\n');
  return eventually(problems, text => expected.test(text), seconds);
}
