import { RunningPod } from './pod';
import { RunningContainer } from './running-container';
import { Manifest } from '../api/client';
import { ADDRESSES } from '../network/pod-network';

/** The status of a pod as the kubelet reports it. `since` keeps when each condition changed last. */
export function statusOf(pod: RunningPod, since: Map<string, { status: string; at: string }>): Manifest {
  const now = new Date().toISOString();
  const unready = pod.manifest.spec.containers.map((spec: Manifest) => spec.name).filter((name: string) => !pod.running(name)?.ready);
  const condition = (type: string, ok: boolean) => {
    const status = ok ? 'True' : 'False';
    if (since.get(type)?.status !== status) since.set(type, { status, at: now });
    const why = ok || type === 'Initialized' ? { reason: null, message: null } : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
    return { type, status, lastTransitionTime: since.get(type)!.at, ...why };
  };
  return {
    phase: phaseOf(pod),
    hostIP: ADDRESSES.node,
    podIP: pod.address,
    podIPs: [{ ip: pod.address }],
    startTime: pod.startTime,
    conditions: [
      condition('PodScheduled', true), condition('Initialized', pod.initialized), condition('ContainersReady', pod.ready), condition('Ready', pod.ready),
    ],
    containerStatuses: pod.manifest.spec.containers.map((spec: Manifest) => containerStatus(spec, pod.running(spec.name))),
    initContainerStatuses: (pod.manifest.spec.initContainers ?? []).map((spec: Manifest) => spec.restartPolicy === 'Always'
      ? containerStatus(spec, pod.running(spec.name))
      : initStatus(spec, pod)),
  };
}

/** Running from the moment on when every container has been started. */
function phaseOf(pod: RunningPod): string {
  const containers: (RunningContainer | undefined)[] = pod.manifest.spec.containers.map((spec: Manifest) => pod.running(spec.name));
  if (containers.every((container) => container?.ended)) return containers.every((container) => container!.ended!.exitCode === 0) ? 'Succeeded' : 'Failed';
  return containers.every((container) => container?.startedAt) ? 'Running' : 'Pending';
}

function containerStatus(spec: Manifest, container: RunningContainer | undefined): Manifest {
  const terminated = (end: RunningContainer['ended']) => end && { exitCode: end.exitCode, reason: end.reason, message: end.message, startedAt: end.startedAt, finishedAt: end.finishedAt };
  return {
    name: spec.name,
    image: spec.image ?? '',
    imageID: '',
    restartCount: container?.restartCount ?? 0,
    ready: container?.ready ?? false,
    started: container?.started ?? false,
    state: container?.ended ? { terminated: terminated(container.ended) }
      : !container || container.waiting ? { waiting: container?.waiting ?? { reason: 'PodInitializing' } }
        : { running: { startedAt: container.startedAt } },
    ...container?.lastEnd && !container.ended ? { lastState: { terminated: terminated(container.lastEnd) } } : {},
  };
}

/** An init container is an image's own business, and succeeds. */
function initStatus(spec: Manifest, pod: RunningPod): Manifest {
  return {
    name: spec.name,
    image: spec.image ?? '',
    imageID: '',
    restartCount: 0,
    ready: pod.initialized,
    started: false,
    state: pod.initialized ? { terminated: { exitCode: 0, reason: 'Completed', startedAt: pod.startTime, finishedAt: pod.startTime } } : { waiting: { reason: 'PodInitializing' } },
  };
}
