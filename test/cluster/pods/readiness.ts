import { whyNotReady } from './diagnosis';
import { RunningPod } from './pod';
import { PodRunner } from './pod-runner';
import { Api, Manifest } from '../api/client';
import { selects, Store } from '../api/store';
import { STATIC_POD } from '../network/node';

/** Something that is not as it should be. */
export interface Problem {
  /** `namespace/name` of the pod or workload. */
  readonly what: string;
  readonly reason: string;
  /** How long it has been so, as far as that is known. */
  readonly seconds?: number;
  /** Whether it cannot mend itself. */
  readonly hopeless?: boolean;
}

/** One line for each. */
export function problemText({ what, reason, seconds }: Problem): string {
  return seconds === undefined ? `${what}: ${reason}` : `${what}: not ready after ${seconds} s: ${reason}`;
}

/** A refusal that comes from what is not there yet, or not yet answering. */
const PASSING = /error looking up service account|failed calling webhook|connection refused|context deadline|has been modified/;

interface Sources {
  readonly api: Api;
  readonly runner: PodRunner;
  readonly stores: { readonly pods: Store; readonly endpointSlices: Store; readonly services: Store; readonly namespaces: Store };
}

/** What is missing until every workload has all of its pods, they are ready, none is still going, and the Services know them. */
export class Readiness {
  constructor(private readonly sources: Sources) {}

  /** Cheap enough to be asked all the time; of the pods that are not ready it does not say why. */
  public async missing(namespace?: string): Promise<Problem[]> {
    const workloads = (await Promise.all(['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => this.workloads(kind, namespace)))).flat();
    const pods = this.sources.stores.pods.list()
      .filter((pod) => !pod.metadata.annotations?.[STATIC_POD] && (!namespace || pod.metadata.namespace === namespace));
    const late = pods.filter((pod) => !this.running(pod)?.ready && !isOver(pod)).map((pod): Problem => ({
      what: nameOf(pod),
      reason: 'is not ready',
      // It is not tried again; one that goes is followed by another
      hopeless: this.sources.runner.errorOf(pod) !== undefined && !pod.metadata.deletionTimestamp,
      seconds: Math.round((Date.now() - Date.parse(pod.metadata.creationTimestamp)) / 1000),
    }));
    const known = new Set(this.sources.stores.endpointSlices.list().flatMap((slice) => (slice.endpoints ?? [])
      .filter((endpoint: Manifest) => endpoint.conditions?.ready).map((endpoint: Manifest) => endpoint.targetRef?.uid)));
    const unknown = pods.filter((pod) => this.running(pod)?.ready && this.isServed(pod) && !known.has(pod.metadata.uid))
      .map((pod): Problem => ({ what: nameOf(pod), reason: 'its Services do not have its endpoint yet' }));
    return [...workloads, ...late, ...unknown];
  }

  /** The same with the reasons: programs are asked, so it takes a second. A workload whose pods are named is left out. */
  public async problems(namespace?: string): Promise<Problem[]> {
    const missing = await this.missing(namespace);
    const pods = this.sources.stores.pods.list();
    const explained = await Promise.all(missing.map(async (problem): Promise<Problem> => {
      const pod = pods.find((candidate) => nameOf(candidate) === problem.what);
      return pod && problem.seconds !== undefined ? { ...problem, reason: await this.why(pod) } : problem;
    }));
    return explained.filter((problem) => problem.hopeless || problem.seconds !== undefined
      || !explained.some((other) => other.seconds !== undefined && other.what.startsWith(`${problem.what}-`)));
  }

  private async why(pod: Manifest): Promise<string> {
    const running = this.running(pod);
    const error = this.sources.runner.errorOf(pod);
    if (pod.metadata.deletionTimestamp) return 'it is on its way out';
    if (error) return error;
    if (!running) return 'it has not been started yet';
    const why = await whyNotReady(running);
    return this.lacksProxy(pod) ? `no proxy, although its namespace asks for injection; ${why}` : why;
  }

  private async workloads(kind: string, namespace?: string): Promise<Problem[]> {
    const { api } = this.sources;
    const workloads = await api.list(await api.collection('apps/v1', kind, namespace));
    return (await Promise.all(workloads.map((workload) => this.workload(kind, workload)))).filter((problem) => problem !== undefined) as Problem[];
  }

  private async workload(kind: string, workload: Manifest): Promise<Problem | undefined> {
    const { metadata, spec, status = {} } = workload;
    const replicas: number = kind === 'DaemonSet' ? status.desiredNumberScheduled ?? 1 : spec.replicas ?? 1;
    const failed = (status.conditions ?? []).find((condition: Manifest) => condition.type === 'ReplicaFailure' && condition.status === 'True');
    if (failed) return { what: nameOf(workload), reason: failed.message, hopeless: !PASSING.test(failed.message) };
    const { observedGeneration, updatedReplicas = status.updatedNumberScheduled ?? 0, readyReplicas = status.numberReady ?? 0 } = status;
    // The one that is ready may still be that of before, while the status lags behind the pods
    const leftOver = kind === 'Deployment' && (status.replicas ?? 0) > replicas;
    if (observedGeneration === metadata.generation && updatedReplicas === replicas && readyReplicas === replicas && !leftOver) return undefined;
    const refusal = kind === 'StatefulSet' && (status.replicas ?? 0) < replicas ? await this.refusal(workload) : undefined; // has no such condition
    return { what: nameOf(workload), reason: refusal ?? `has ${readyReplicas} of ${replicas} pods ready, and ${updatedReplicas} up to date` };
  }

  private async refusal({ metadata }: Manifest): Promise<string | undefined> {
    const selector = `involvedObject.name=${metadata.name},type=Warning,reason=FailedCreate`;
    const events = await this.sources.api.list(`/api/v1/namespaces/${metadata.namespace}/events?fieldSelector=${encodeURIComponent(selector)}`);
    return events.pop()?.message;
  }

  private running(pod: Manifest): RunningPod | undefined {
    return this.sources.runner.list().find((running) => running.manifest.metadata.uid === pod.metadata.uid);
  }

  private isServed({ metadata }: Manifest): boolean {
    return this.sources.stores.services.list().some((service) => service.metadata.namespace === metadata.namespace
      && selects(service.spec.selector, metadata.labels));
  }

  private lacksProxy(pod: Manifest): boolean {
    const namespace = this.sources.stores.namespaces.list().find(({ metadata }) => metadata.name === pod.metadata.namespace);
    const own = pod.metadata.labels?.['sidecar.istio.io/inject'];
    const wanted = own === undefined ? namespace?.metadata.labels?.['istio-injection'] === 'enabled' : own === 'true';
    return wanted && !this.running(pod)?.hasProxy;
  }
}

/** Done, or failed and followed by another pod of its Job. */
function isOver({ metadata, status }: Manifest): boolean {
  return status?.phase === 'Succeeded' || (status?.phase === 'Failed' && metadata.ownerReferences?.some((owner: Manifest) => owner.kind === 'Job'));
}

function nameOf({ metadata }: Manifest): string { return `${metadata.namespace}/${metadata.name}`; }
