import { eventually } from './eventually';
import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';

const API = 'argoproj.io/v1alpha1';

export async function rollout(cluster: ConnectedCluster, namespace: string, name: string): Promise<Manifest> {
  const found = await cluster.get(API, 'Rollout', name, namespace);
  if (!found) {
    throw new Error(`there is no Rollout ${namespace}/${name}`);
  }
  return found;
}

/** Waits for a Rollout to be in a phase after it has seen what was applied; gives the weights that it has been through. */
export async function untilRollout(
  cluster: ConnectedCluster, namespace: string, name: string, phase: string, seconds = 300,
): Promise<string[]> {
  const seen: string[] = [];
  const read = async () => {
    const { status = {}, metadata, spec } = await rollout(cluster, namespace, name);
    const now = `${status.phase} ${status.canary?.weights?.canary?.weight ?? 0}`;
    if (seen[seen.length - 1] !== now) {
      seen.push(now);
    }
    const current = String(metadata.generation) === status.observedGeneration;
    const there = current && status.phase === phase && isSwitched({ spec, status });
    return { there, message: status.message };
  };
  const last = await eventually(read, ({ there }) => there, seconds);
  if (!last.there) {
    const runs = await cluster.list(API, 'AnalysisRun', namespace);
    const measured = JSON.stringify(runs.filter(({ metadata }) => metadata.name.startsWith(`${name}-`)).map(({ status }) => status?.metricResults));
    const said = (await cluster.logs('rollouts-controller')).split('\n').filter(line => line.includes(name)).slice(-15).join('\n');
    throw new Error(`Rollout ${namespace}/${name} did not get ${phase}: ${seen.join(', ')}; ${last.message}; measured ${measured}. Argo Rollouts says:\n${said}`);
  }
  return seen;
}

/**
 * The phase is written at the end of a reconciliation, Services and weights are by the next one where it promotes, or aborts because an analysis
 * says so (argo-rollouts: rollout/canary.go, rolloutCanary).
 */
function isSwitched({ spec, status: { phase, abort: aborted, canary, currentPodHash } }: Manifest): boolean {
  if (!spec.strategy.canary?.trafficRouting || !(phase === 'Healthy' || aborted)) {
    return true;
  }
  const { canary: fresh, stable } = canary?.weights ?? {};
  return fresh !== undefined && (fresh.weight ?? 0) === 0 && (phase !== 'Healthy' || stable.podTemplateHash === currentPodHash);
}

/** As `kubectl argo rollouts promote` does: on from where it is paused (argo-rollouts: pkg/kubectl-argo-rollouts/cmd/promote/promote.go). */
export async function promote(cluster: ConnectedCluster, namespace: string, name: string): Promise<void> {
  const { status } = await rollout(cluster, namespace, name);
  if (!status?.pauseConditions) {
    throw new Error(`Rollout ${namespace}/${name} is in no pause that a promotion ends: ${status?.phase} at step ${status?.currentStepIndex}`);
  }
  await change(cluster, namespace, name, { pauseConditions: null });
}

async function change(cluster: ConnectedCluster, namespace: string, name: string, status: Manifest): Promise<void> {
  await cluster.patch({ apiVersion: API, kind: 'Rollout', metadata: { namespace, name } }, { status }, 'status');
}
