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
export async function untilRollout(cluster: ConnectedCluster, namespace: string, name: string, phase: string, seconds = 120): Promise<string[]> {
  const seen: string[] = [];
  const read = async () => {
    const { status = {}, metadata } = await rollout(cluster, namespace, name);
    const now = `${status.phase} ${status.canary?.weights?.canary?.weight ?? 0}`;
    if (seen[seen.length - 1] !== now) {
      seen.push(now);
    }
    return { phase: status.phase, current: String(metadata.generation) === status.observedGeneration, message: status.message };
  };
  const last = await eventually(read, ({ phase: is, current }) => current && is === phase, seconds);
  if (last.phase !== phase) {
    const runs = await cluster.list(API, 'AnalysisRun', namespace);
    const measured = JSON.stringify(runs.filter(({ metadata }) => metadata.name.startsWith(`${name}-`)).map(({ status }) => status?.metricResults));
    const said = (await cluster.logs('rollouts-controller')).split('\n').filter(line => line.includes(name)).slice(-15).join('\n');
    throw new Error(`Rollout ${namespace}/${name} did not get ${phase}: ${seen.join(', ')}; ${last.message}; measured ${measured}. Argo Rollouts says:\n${said}`);
  }
  return seen;
}

/** As `kubectl argo rollouts promote` does: on from where it is paused (pkg/kubectl-argo-rollouts/cmd/promote). */
export async function promote(cluster: ConnectedCluster, namespace: string, name: string): Promise<void> {
  await cluster.patch({ apiVersion: API, kind: 'Rollout', metadata: { namespace, name } }, { status: { pauseConditions: null } }, 'status');
}
