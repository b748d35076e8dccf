import { ConnectedCluster } from '../../cluster/remote';

/**
 * Waits until the controllers have made every pod of every Deployment, and those of StatefulSets that do not wait for each other, and says what is wrong with them: refused by Pod
 * Security or a quota, or made without a proxy.
 */
export async function admissionProblems(cluster: ConnectedCluster, namespaces: string[], timeoutMs = 60_000): Promise<string[]> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const lists = namespaces.flatMap(namespace => ['Deployment', 'StatefulSet'].map(kind => cluster.list('apps/v1', kind, namespace)));
    const deployments = (await Promise.all(lists)).flat();
    const problems: string[] = [];
    for (const { metadata, spec, status = {} } of deployments) {
      const failure = (status.conditions ?? []).find((condition: { type: string; status: string }) => condition.type === 'ReplicaFailure' && condition.status === 'True');
      if (failure) {
        return [`${metadata.namespace}/${metadata.name}: ${failure.message}`];
      }
      const wanted = spec.podManagementPolicy === 'OrderedReady' ? 1 : spec.replicas;
      if (status.replicas !== wanted) {
        problems.push(`${metadata.namespace}/${metadata.name}: ${status.replicas ?? 0} of ${wanted} pods`);
      }
    }
    if (problems.length === 0) {
      const pods = (await Promise.all(namespaces.map(namespace => cluster.pods(namespace)))).flat();
      return pods.filter(pod => !pod.hasProxy).map(pod => `${pod.namespace}/${pod.name} has no proxy`);
    }
    if (Date.now() > end) {
      return problems;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
