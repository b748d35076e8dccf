import * as fs from 'node:fs';
import * as http from 'node:http';
import { RequestMetrics, REQUESTS_FILE } from './request-metrics';
import { Manifest } from '../api/client';
import { jsonLines } from '../machine/process';
import { ADDRESSES } from '../network/pod-network';
import { RunningPod } from '../pods/pod';

/** Where Prometheus reads what has been counted: at the node, as an exporter of a DaemonSet in the node's network would be. */
export const COUNTER = { address: ADDRESSES.node, port: 15020 };

interface Followed {
  readonly pod: RunningPod;
  /** Stays open when the pod has gone, so its last lines are counted too. */
  readonly file: number;
  /** The line that is not whole yet. */
  rest: string;
}

/** Counts what the proxies have written since it was asked last, each time that it is asked. */
export class RequestCounter {
  public static async start(pods: () => RunningPod[]): Promise<RequestCounter> {
    const counter = new RequestCounter(pods);
    await new Promise<void>((resolve, reject) => {
      counter.server.on('error', reject);
      counter.server.listen(COUNTER.port, COUNTER.address, resolve);
    });
    return counter;
  }

  private readonly metrics = new RequestMetrics();
  private readonly followed = new Map<RunningPod, Followed>();
  /** Also of pods that have gone: the other side may write of them later. */
  private readonly byAddress = new Map<string, Manifest>();
  private readonly server = http.createServer((_, answer) => { answer.end(this.page()); });

  private constructor(private readonly pods: () => RunningPod[]) {}

  public stop(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.followed.forEach(({ file }) => fs.closeSync(file));
  }

  private page(): string {
    const running = this.pods();
    for (const pod of running) {
      this.byAddress.set(pod.address, pod.manifest);
      const name = pod.container.folder + REQUESTS_FILE;
      if (!this.followed.has(pod) && fs.existsSync(name)) this.followed.set(pod, { pod, file: fs.openSync(name, 'r'), rest: '' });
    }
    for (const followed of this.followed.values()) {
      this.read(followed);
      if (running.includes(followed.pod)) continue;
      fs.closeSync(followed.file);
      this.followed.delete(followed.pod);
    }
    return this.metrics.text();
  }

  private read(followed: Followed): void {
    const text = followed.rest + fs.readFileSync(followed.file, 'utf8'); // from where it was read to the last time
    const end = text.lastIndexOf('\n') + 1;
    followed.rest = text.slice(end);
    for (const line of jsonLines(text.slice(0, end))) this.metrics.add(line, followed.pod.manifest, (address) => this.byAddress.get(address));
  }
}
