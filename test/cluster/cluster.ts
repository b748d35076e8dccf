import * as fs from 'node:fs';
import * as path from 'node:path';
import { Applied, applyAll, ApplyOptions, inOrder } from './api/apply';
import { Api, Manifest } from './api/client';
import { deleteNamespaces, resetObjects } from './api/reset';
import { Store } from './api/store';
import { analyze, AnalysisMessage } from './checks/analyze';
import { ControlPlane, startControlPlane } from './control-plane/control-plane';
import { istiodMetrics, istiodPage, renderInstallation, startIstio } from './control-plane/istio';
import { installOperatorKinds } from './kinds/modules';
import { BIN } from './machine/container';
import { Daemon, jsonLines, readLog, run, sleep, until } from './machine/process';
import { ExternalHosts } from './network/external-hosts';
import { Names, resolvConf } from './network/names';
import { NetworkPolicyController } from './network/network-policy-controller';
import { STATIC_POD } from './network/node';
import { PodNetwork } from './network/pod-network';
import { startServiceAddresses } from './network/service-vip';
import { versionOf, workloadOf } from './pods/identity';
import { accessLogOf, envoyAdmin, logOf, requestsOf, sendFrom } from './pods/inspect';
import { RunningPod } from './pods/pod';
import { PodRunner } from './pods/pod-runner';
import { Problem, problemText, Readiness } from './pods/readiness';
import { settle } from './pods/settle';
import { EchoRequest, EchoResult, requestLogOf } from './programs/echo';
import { Programs } from './programs/programs';
import { ReleaseTools, Sample } from './releases/release-tools';

/** When `podsReady` begins to say what it waits for. */
const REPORT_AFTER_MS = 10_000;

export interface PodInfo {
  readonly namespace: string;
  readonly name: string;
  readonly workload: string;
  readonly version: string;
  readonly ip: string;
  readonly ready: boolean;
  /** Of all its containers. */
  readonly restarts: number;
  readonly hasProxy: boolean;
  readonly labels: Record<string, string>;
  /** Why it could not start. */
  readonly error?: string;
}

/** Everything that a test or the command line does with a cluster; all of it can be called from another process. */
export class Cluster {
  /** Starts everything. The calling process must be alone in its namespaces (inside.ts). */
  public static async start(programs: Programs, work: string): Promise<Cluster> {
    const installation = renderInstallation(programs);
    fs.mkdirSync(BIN, { recursive: true });
    for (const [name, file] of Object.entries(programs)) {
      if (name === 'istio') continue;
      // The cache may be in a home directory that the proxy's user cannot enter: a mount has no such path.
      fs.writeFileSync(`${BIN}/${name}`, '');
      await run(['mount', '--bind', file, `${BIN}/${name}`]);
    }
    const network = new PodNetwork();
    await network.prepare();
    const control = await startControlPlane(work, network);
    const { api } = control;
    const open = (apiVersion: string, kind: string) => Store.open(api, apiVersion, kind);
    const [services, endpointSlices, pods, namespaces, policies] = await Promise.all([
      open('v1', 'Service'), open('discovery.k8s.io/v1', 'EndpointSlice'), open('v1', 'Pod'), open('v1', 'Namespace'),
      open('networking.k8s.io/v1', 'NetworkPolicy'),
    ]);
    startServiceAddresses({ services, endpointSlices });
    const policyController = NetworkPolicyController.start({ policies, pods, namespaces });
    const [names, istiod] = await Promise.all([
      Names.start(api, network, work, { services, endpointSlices }),
      installation.then((manifests) => startIstio(control, manifests)),
    ]);
    const outside = ExternalHosts.start(path.join(work, 'outside'), network, names, {
      serviceEntries: await open('networking.istio.io/v1', 'ServiceEntry'), rules: await open('networking.istio.io/v1', 'DestinationRule'),
    });
    const runner = PodRunner.start({
      api, network, folder: path.join(work, 'pods'), istio: programs.istio, resolvConf, services: () => services.list(),
    }, pods);
    const releases = new ReleaseTools({ api, network, folder: path.join(work, 'releases'), kubeconfig: control.kubeconfig }, () => runner.list());
    const daemons = [...control.daemons, istiod, names.server];
    return new Cluster(programs, control, daemons, runner, outside, policyController, { pods, endpointSlices, services, namespaces }, releases);
  }

  private readonly applied: Manifest[] = [];
  private readonly readiness: Readiness;

  private constructor(
    private readonly programs: Programs, private readonly control: ControlPlane, private readonly daemons: Daemon[],
    private readonly runner: PodRunner, private readonly outside: ExternalHosts, private readonly policyController: NetworkPolicyController,
    private readonly stores: { pods: Store; endpointSlices: Store; services: Store; namespaces: Store }, private readonly releases: ReleaseTools,
  ) {
    this.readiness = new Readiness({ api: control.api, runner, stores });
  }

  private get api(): Api { return this.control.api; }

  /** Server-side apply with strict validation, in an order that works. Refusals are in the result. */
  public async apply(objects: Manifest[], options: ApplyOptions = {}): Promise<Applied[]> {
    if (!options.dryRun) this.applied.push(...objects);
    return applyAll(this.api, objects, options);
  }

  /** Of a namespace, with all that is in it: it is gone when this returns. */
  public async delete(objects: Manifest[], timeoutMs = 60_000): Promise<void> {
    const namespaces = objects.filter((object) => object.kind === 'Namespace');
    for (const object of inOrder(objects).reverse()) {
      if (!namespaces.includes(object)) await this.api.delete(await this.api.path(object));
    }
    await deleteNamespaces(this.api, namespaces.map(({ metadata }) => metadata.name), timeoutMs);
  }

  /** Any object, or undefined. */
  public async get(apiVersion: string, kind: string, name: string, namespace?: string): Promise<Manifest | undefined> {
    return this.api.find(await this.api.path({ apiVersion, kind, metadata: { name, namespace } }));
  }

  public async list(apiVersion: string, kind: string, namespace?: string): Promise<Manifest[]> {
    return this.api.list(await this.api.collection(apiVersion, kind, namespace));
  }

  public async pods(namespace?: string): Promise<PodInfo[]> {
    const running = new Map(this.runner.list().map((pod) => [pod.manifest.metadata.uid, pod]));
    return this.stores.pods.list()
      .filter((pod) => !pod.metadata.annotations?.[STATIC_POD] && (!namespace || pod.metadata.namespace === namespace))
      .map((pod) => ({
        namespace: pod.metadata.namespace,
        name: pod.metadata.name,
        workload: workloadOf(pod),
        version: versionOf(pod),
        ip: pod.status?.podIP ?? '',
        ready: running.get(pod.metadata.uid)?.ready ?? false,
        restarts: (running.get(pod.metadata.uid)?.containers() ?? []).reduce((sum, container) => sum + container.restartCount, 0),
        hasProxy: [...pod.spec.initContainers ?? [], ...pod.spec.containers].some((container: Manifest) => container.name === 'istio-proxy'),
        labels: pod.metadata.labels ?? {},
        error: this.runner.errorOf(pod),
      }))
      .sort((a, b) => `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1);
  }

  /** When false, new pods are created, injected and admitted, and stay pending. */
  public async runPods(enabled: boolean): Promise<void> { this.runner.enable(enabled); }

  /**
   * Waits until every workload has all of its pods, they are ready, none is still going, and the Services know them. What
   * keeps them is said on the error output after ten seconds, and in the error: at once for what cannot mend itself.
   */
  public async podsReady(namespace?: string, timeoutMs = 120_000): Promise<PodInfo[]> {
    const began = Date.now();
    const said = new Set<string>();
    for (let nextReport = began + REPORT_AFTER_MS; ;) {
      [...this.daemons, ...this.releases.daemons].forEach((daemon) => daemon.check());
      const missing = await this.readiness.missing(namespace);
      if (missing.length === 0) return this.pods(namespace);
      const late = Date.now() > began + timeoutMs;
      if (late || missing.some((problem) => problem.hopeless)) {
        const problems = await this.readiness.problems(namespace);
        if (problems.length === 0) continue; // ready after all
        throw new Error(`${late ? `waited ${timeoutMs / 1000} s for the pods` : 'the pods cannot get ready'}:\n${problems.map((problem) => `  ${problemText(problem)}`).join('\n')}`);
      }
      if (Date.now() > nextReport) {
        nextReport = Date.now() + REPORT_AFTER_MS;
        for (const problem of await this.readiness.problems(namespace)) {
          const key = `${problem.what} ${problem.reason}`;
          if (!said.has(key)) console.error(`cluster: ${problemText(problem)}`);
          said.add(key);
        }
      }
      await sleep(100);
    }
  }

  /** What keeps the pods from being ready, with the reasons; nothing when all are. */
  public async problems(namespace?: string): Promise<Problem[]> { return this.readiness.problems(namespace); }

  /** Waits until all that was applied is in every proxy, in the firewall and in the names. */
  public async settled(timeoutMs = 60_000): Promise<void> {
    await settle(this.control, this.runner.list().filter((pod) => pod.ready && pod.hasProxy), timeoutMs);
    await until('the firewall and the hosts outside', timeoutMs, () => !this.policyController.pending && !this.outside.pending);
    await sleep(50); // the names
  }

  /** Sends requests from within a pod: `namespace/pod`, or `namespace/workload` for the first ready pod of it; one after the other, or several at once. */
  public async send(from: string, requests: EchoRequest[], options: { parallel?: number } = {}): Promise<EchoResult[]> {
    return sendFrom(this.find(from), requests, options);
  }

  /** The proxy's access log, as objects. */
  public async accessLog(pod: string): Promise<Manifest[]> {
    await sleep(200); // Envoy writes it ten times a second (istio.ts)
    return accessLogOf(this.find(pod));
  }

  /** The requests that the application of a pod, or a host outside, has seen. */
  public async requests(podOrHost: string): Promise<Manifest[]> {
    const host = this.outside.container(podOrHost);
    return host ? jsonLines(readLog(requestLogOf(host))) : requestsOf(this.find(podOrHost));
  }

  /** The output of a container, or of a program of the cluster (`istiod`, `kube-apiserver`, ...). */
  public async logs(pod: string, container?: string): Promise<string> {
    const program = [...this.daemons, ...this.releases.daemons].find((daemon) => daemon.name === pod);
    if (program) return readLog(program.logFile);
    const found = this.find(pod);
    return logOf(found, container ?? found.manifest.spec.containers[0].name);
  }

  /** Envoy's whole configuration, with the endpoints. */
  public async configDump(pod: string): Promise<Manifest> { return JSON.parse(await this.admin(pod, '/config_dump?include_eds')); }

  /** A page of Envoy's admin interface. */
  public async admin(pod: string, page: string): Promise<string> { return envoyAdmin(this.find(pod), page); }

  /** A page of istiod's debug interface, such as /debug/syncz. */
  public async istiod(page: string): Promise<string> { return istiodPage(this.control, page); }

  /** Istiod's own metrics, in Prometheus' words. */
  public async istiodMetrics(): Promise<string> { return istiodMetrics(this.control); }

  /** `istioctl analyze` at Warning or above. */
  public async analyze(objects: Manifest[]): Promise<AnalysisMessage[]> {
    return analyze(this.programs.istioctl, objects, readLog(`${this.control.container.folder}/istiod/mesh.yaml`));
  }

  /** What the firewall enforces, in the words of nft. */
  public async firewall(): Promise<string> { return run(['nft', 'list', 'ruleset']); }

  /** Starts Prometheus at http://prometheus.istio-system:9090, which knows Istio's metrics of all requests from now on; until the next reset. */
  public async prometheus(): Promise<void> { await this.releases.prometheus(); }

  /** What Prometheus answers now. */
  public async query(expression: string): Promise<Sample[]> { return this.releases.query(expression); }

  /** Starts Flagger, with its kinds and Prometheus, as the pod istio-system/flagger-0; until the next reset. */
  public async flagger(flags: string[] = []): Promise<void> {
    await installOperatorKinds(this, 'flagger');
    await this.releases.flagger(flags);
  }

  /** Starts Argo Rollouts, with its kinds and Prometheus, as the pod istio-system/rollouts-controller-0; until the next reset. */
  public async argoRollouts(): Promise<void> {
    await installOperatorKinds(this, 'argo-rollouts');
    await this.releases.argoRollouts();
  }

  /** Merges a change into an object, or into its status. */
  public async patch(object: Manifest, change: Manifest, subresource?: 'status'): Promise<void> {
    const where = await this.api.path(object);
    const { status, body } = await this.api.mergePatch(subresource ? `${where}/${subresource}` : where, change);
    if (status !== 200) throw new Error(`${where}: ${status} ${JSON.stringify(body)}`);
  }

  /** Removes all that was applied, and every namespace but the system's. */
  public async reset(timeoutMs = 60_000): Promise<void> {
    await this.releases.stop();
    await resetObjects(this.api, this.applied.splice(0), timeoutMs);
    await until('the pods to go', timeoutMs, () => this.runner.list().length === 0);
    this.runner.enable(true);
  }

  public async stop(): Promise<void> {
    await this.releases.stop();
    await this.runner.stop();
    await Promise.all(this.daemons.map((daemon) => daemon.stop()));
  }

  private find(name: string): RunningPod {
    const matching = this.runner.list().filter(({ manifest }) => `${manifest.metadata.namespace}/${manifest.metadata.name}` === name
      || `${manifest.metadata.namespace}/${workloadOf(manifest)}` === name);
    const pod = matching.find((candidate) => candidate.ready) ?? matching[0];
    if (!pod) throw new Error(`no pod or workload ${name}: there are ${this.runner.list().map((other) => `${other.manifest.metadata.namespace}/${other.manifest.metadata.name}`).join(', ') || 'none'}`);
    return pod;
  }
}
