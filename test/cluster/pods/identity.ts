import { Manifest } from '../api/client';

/** The Deployment's or Rollout's name: that of the ReplicaSet without the hash of the template. */
export function workloadOf(pod: Manifest): string {
  const owner = pod.metadata.ownerReferences?.find((reference: Manifest) => reference.controller);
  const hash = pod.metadata.labels?.['pod-template-hash'] ?? pod.metadata.labels?.['rollouts-pod-template-hash'];
  if (!owner) return pod.metadata.name;
  return hash && owner.name.endsWith(`-${hash}`) ? owner.name.slice(0, -hash.length - 1) : owner.name;
}

export function versionOf(pod: Manifest): string {
  const labels = pod.metadata.labels ?? {};
  return labels.version ?? labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? '';
}
