import { PodContext, RunningPod } from './pod';
import { statusOf } from './status';
import { ApiError, Manifest } from '../api/client';
import { Store } from '../api/store';
import { sleep } from '../machine/process';
import { NODE_NAME, STATIC_POD } from '../network/node';

/** How many pods start at the same time: a proxy's start is all computing. */
const STARTS_AT_ONCE = 6;
/** How long a pod may hold up others. */
const START_MS = 30_000;
/** How soon a change is reported: at once when it is of the pod's readiness, else together with what follows. */
const REPORT_MS = 250;

/** In place of the scheduler and the kubelet: runs every pod there is, and removes those that are to go. */
export class PodRunner {
  public static start(context: PodContext, pods: Store): PodRunner {
    const runner = new PodRunner(context, pods);
    pods.onChange((pod, gone) => runner.onChange(pod, gone));
    return runner;
  }

  /** When false, pods are admitted and stay pending: for checks of admission alone. */
  private enabled = true;
  private readonly running = new Map<string, RunningPod>();
  private readonly errors = new Map<string, string>();
  /** Every pod that was ever started or is to be, by UID. */
  private readonly taken = new Set<string>();
  private readonly reports = new Map<RunningPod, Report>();
  private readonly waiting: Manifest[] = [];
  private starting = 0;
  private stopped = false;

  private constructor(private readonly context: PodContext, private readonly store: Store) {}

  public list(): RunningPod[] { return [...this.running.values()]; }

  /** Why the pod could not start. */
  public errorOf(pod: Manifest): string | undefined { return this.errors.get(pod.metadata.uid); }

  public enable(enabled: boolean): void {
    this.enabled = enabled;
    if (enabled) this.store.list().forEach((pod) => this.onChange(pod, false));
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.list().map((pod) => pod.stop(0)));
  }

  private onChange(pod: Manifest, gone: boolean): void {
    const uid: string = pod.metadata.uid;
    if (pod.metadata.annotations?.[STATIC_POD]) return;
    if (gone) {
      void this.remove(uid, 0);
    } else if (pod.metadata.deletionTimestamp) {
      void this.terminate(pod);
    } else if (this.enabled && !this.stopped && !this.taken.has(uid)) {
      this.taken.add(uid);
      this.waiting.push(pod);
      this.startNext();
    }
  }

  private startNext(): void {
    while (this.starting < STARTS_AT_ONCE && this.waiting.length > 0) {
      const pod = this.waiting.shift()!;
      // It may have gone while it was waiting.
      const current = this.store.get(pod.metadata.namespace, pod.metadata.name);
      if (current?.metadata.uid !== pod.metadata.uid || current!.metadata.deletionTimestamp) {
        this.taken.delete(pod.metadata.uid);
        continue;
      }
      this.starting++;
      void Promise.race([this.startPod(pod), sleep(START_MS)]).finally(() => { this.starting--; this.startNext(); });
    }
  }

  private async startPod(pod: Manifest): Promise<void> {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    try {
      if (!pod.spec.nodeName) {
        await this.context.api.request('POST', `${path}/binding`, {
          apiVersion: 'v1', kind: 'Binding', metadata: { name: pod.metadata.name, uid: pod.metadata.uid }, target: { apiVersion: 'v1', kind: 'Node', name: NODE_NAME },
        });
      }
      const running = new RunningPod(pod, this.context, (changed) => this.scheduleReport(changed));
      this.reports.set(running, { said: '', saidReady: false, since: new Map(), last: Promise.resolve() });
      this.running.set(pod.metadata.uid, running);
      // Istiod and the firewall must know the address before the first packet.
      await this.report(running);
      await running.start();
      this.scheduleReport(running);
    } catch (error) {
      const gone = error instanceof ApiError && error.status === 404;
      const current = this.store.get(pod.metadata.namespace, pod.metadata.name);
      if (gone || current?.metadata.uid !== pod.metadata.uid || current!.metadata.deletionTimestamp) return;
      const message = (error as Error).message;
      this.errors.set(pod.metadata.uid, message);
      console.error(`cluster: pod ${pod.metadata.namespace}/${pod.metadata.name}: ${message}`);
    }
  }

  private async terminate(pod: Manifest): Promise<void> {
    await this.remove(pod.metadata.uid, pod.metadata.deletionGracePeriodSeconds ?? 0);
    await this.context.api.delete(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`, { graceSeconds: 0 }).catch(() => undefined);
  }

  private async remove(uid: string, graceSeconds: number): Promise<void> {
    const running = this.running.get(uid);
    this.errors.delete(uid);
    if (!running) return;
    await running.stop(graceSeconds);
    this.running.delete(uid);
    this.reports.delete(running);
  }

  private scheduleReport(pod: RunningPod): void {
    const report = this.reports.get(pod);
    if (!report || this.stopped) return;
    const soon = pod.ready !== report.saidReady;
    if (report.timer && !soon) return;
    clearTimeout(report.timer);
    report.timer = setTimeout(() => {
      report.timer = undefined;
      report.last = report.last.then(() => this.report(pod)).catch((error) => {
        if (!(error instanceof ApiError && error.status === 404)) setTimeout(() => this.scheduleReport(pod), REPORT_MS);
      });
    }, soon ? 0 : REPORT_MS);
  }

  /** Tells the API server how the pod is, if that is news. */
  private async report(pod: RunningPod): Promise<void> {
    const report = this.reports.get(pod);
    if (!report) return;
    const { namespace, name, uid } = pod.manifest.metadata;
    const status = statusOf(pod, report.since);
    const text = JSON.stringify(status);
    if (text === report.said) return;
    report.saidReady = pod.ready;
    await this.context.api.mergePatch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { metadata: { uid }, status });
    report.said = text;
  }
}

/** What has been reported of a pod. */
interface Report {
  said: string;
  saidReady: boolean;
  /** When each condition changed last. */
  readonly since: Map<string, { status: string; at: string }>;
  /** One report after the other. */
  last: Promise<void>;
  timer?: NodeJS.Timeout;
}
