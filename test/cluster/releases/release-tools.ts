import { RequestCounter, COUNTER } from './request-counter';
import { REQUEST_LOG } from './request-metrics';
import { Platform, SYSTEM_NAMESPACE, SystemPod } from './system-pod';
import { Api } from '../api/client';
import { Daemon, JsonObject, until } from '../machine/process';
import { RunningPod } from '../pods/pod';

const PROMETHEUS_PORT = 9090;
const FLAGGER_PORT = 8080;
const ROLLOUTS_PORT = 8080;

/** How often the requests are read, and Flagger looks whether a Canary has changed. */
const PERIOD = '1s';

/** One series of an answer. */
export interface Sample {
  readonly labels: Record<string, string>;
  readonly value: number;
}

/** What an engine of releases needs and nobody else pays for: started when it is asked for, ended by the reset. */
export class ReleaseTools {
  private counter?: RequestCounter;
  private metrics?: SystemPod;
  private controller?: SystemPod;
  private rollouts?: SystemPod;

  constructor(private readonly platform: Platform, private readonly pods: () => RunningPod[]) {}

  public get daemons(): Daemon[] { return [this.metrics, this.controller, this.rollouts].flatMap((pod) => pod?.daemon ?? []); }

  /** Istio's request metrics, and a Prometheus that reads them every second. */
  public async prometheus(): Promise<SystemPod> {
    if (this.metrics) return this.metrics;
    this.counter = await RequestCounter.start(this.pods);
    await this.platform.api.apply(REQUEST_LOG);
    this.metrics = await SystemPod.start(this.platform, {
      name: 'prometheus',
      port: PROMETHEUS_PORT,
      command: (container) => {
        container.write('prometheus.yml', JSON.stringify({
          global: { scrape_interval: PERIOD, scrape_timeout: PERIOD },
          scrape_configs: [{ job_name: 'proxies', static_configs: [{ targets: [`${COUNTER.address}:${COUNTER.port}`] }] }],
        }));
        return ['prometheus', `--config.file=${container.folder}/prometheus.yml`, `--storage.tsdb.path=${container.folder}/data`, '--log.level=warn'];
      },
    });
    await this.ready(this.metrics, PROMETHEUS_PORT, '/-/ready');
    return this.metrics;
  }

  /** Flagger's controller for Istio. Its kinds must be there. */
  public async flagger(flags: string[]): Promise<void> {
    const { address } = await this.prometheus();
    if (this.controller) throw new Error('Flagger runs already: its flags are those of the first call until the next reset');
    this.controller = await SystemPod.start(this.platform, {
      name: 'flagger',
      port: FLAGGER_PORT,
      command: () => ['flagger', '-kubeconfig', this.platform.kubeconfig, '-mesh-provider', 'istio',
        '-metrics-server', `http://${address}:${PROMETHEUS_PORT}`, '-control-loop-interval', PERIOD, ...flags],
    });
    await this.ready(this.controller, FLAGGER_PORT, '/healthz');
  }

  /** The controller of Argo Rollouts. Its kinds must be there. */
  public async argoRollouts(): Promise<void> {
    await this.prometheus();
    if (this.rollouts) return;
    this.rollouts = await SystemPod.start(this.platform, {
      name: 'rollouts-controller',
      port: ROLLOUTS_PORT,
      command: () => ['rollouts-controller', '--kubeconfig', this.platform.kubeconfig, '--namespace', SYSTEM_NAMESPACE, '--leader-elect=false',
        '--healthzPort', String(ROLLOUTS_PORT), '--qps', '200', '--burst', '400', '--istio-api-version', 'v1'],
    });
    await this.ready(this.rollouts, ROLLOUTS_PORT, '/healthz');
  }

  /** What Prometheus answers now. */
  public async query(expression: string): Promise<Sample[]> {
    if (!this.metrics) throw new Error('Prometheus does not run: a suite that asks it calls prometheus() or flagger() first');
    const answer = await fetch(`http://${this.metrics.address}:${PROMETHEUS_PORT}/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { data, error } = await answer.json() as JsonObject;
    if (error) throw new Error(`${expression}: ${error}`);
    if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }];
    return data.result.map(({ metric, value }: JsonObject) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** Before the objects go, so that nobody makes them anew. */
  public async stop(): Promise<void> {
    await this.controller?.stop();
    if (this.controller) await letGo(this.platform.api);
    await this.rollouts?.stop();
    await this.metrics?.stop();
    if (this.counter) {
      this.counter.stop();
      await this.platform.api.delete(await this.platform.api.path(REQUEST_LOG));
    }
    this.rollouts = this.controller = this.metrics = this.counter = undefined;
  }

  private async ready(pod: SystemPod, port: number, path: string): Promise<void> {
    await until(`${pod.daemon.name} in ${SYSTEM_NAMESPACE}`, 180_000, async () => {
      pod.daemon.check();
      return (await fetch(`http://${pod.address}:${port}${path}`)).ok;
    });
  }
}

/** A Canary with `revertOnDeletion` waits for its controller before it goes, which then puts back what is to go as well. */
async function letGo(api: Api): Promise<void> {
  const kind = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary' };
  for (const { metadata } of await api.list(await api.collection(kind.apiVersion, kind.kind))) {
    if (metadata.finalizers) await api.mergePatch(await api.path({ ...kind, metadata }), { metadata: { finalizers: null } });
  }
}
