import { inOrder } from './apply';
import { Api, Manifest } from './client';
import { until } from '../machine/process';

const SYSTEM = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'istio-system'];

/** Deletes every namespace that is not the system's, with all that is in it, and what was applied outside of them. */
export async function resetObjects(api: Api, applied: Manifest[], timeoutMs: number): Promise<void> {
  const namespaces = (await api.list('/api/v1/namespaces')).map((namespace) => namespace.metadata.name as string)
    .filter((name) => !SYSTEM.includes(name));
  const definitions = applied.filter((object) => object.kind === 'CustomResourceDefinition');
  for (const object of inOrder(applied).reverse()) {
    if (object.kind === 'Namespace' || definitions.includes(object) || namespaces.includes(object.metadata?.namespace)) continue;
    // A kind that the API server does not know was refused when it was applied.
    const path = await api.path(object).catch(() => undefined);
    if (path) await api.delete(path, { graceSeconds: 0 });
  }
  await deleteNamespaces(api, namespaces, timeoutMs);
  // Last, because a kind that is gone can neither be listed nor be deleted. The API server has an object of it until it has
  // seen to it that nothing of the kind is left, and what is applied to that object meanwhile would go with it.
  for (const object of definitions) await api.delete(await api.path(object));
  for (const object of definitions) {
    const path = await api.path(object);
    await until(`${object.metadata.name} to be gone`, timeoutMs, async () => !await api.find(path), 20);
  }
}

/**
 * Returns when they are gone, with all that was in them. Kubernetes' namespace controller does not run in the cluster: it
 * begins five seconds after the deletion, empties by the name, and so would take from a namespace of the same name that has
 * been made meanwhile (kubernetes: pkg/controller/namespace/deletion/namespaced_resources_deleter.go, deleteAllContent).
 */
export async function deleteNamespaces(api: Api, namespaces: string[], timeoutMs: number): Promise<void> {
  if (namespaces.length === 0) return;
  // From here on nothing new is made in them.
  await Promise.all(namespaces.map((namespace) => api.delete(`/api/v1/namespaces/${namespace}`)));
  const collections = await api.namespacedCollections();
  await until('the namespaces to be empty', timeoutMs, async () => {
    const left = await Promise.all(collections.map((collection) => empty(api, collection, namespaces)));
    return !left.includes(false);
  }, 20);
  await Promise.all(namespaces.map((namespace) => finalize(api, namespace)));
}

/** Deletes what there is of a kind, and says whether there was nothing. */
async function empty(api: Api, collection: { group: string; plural: string }, namespaces: string[]): Promise<boolean> {
  const objects = await api.list(`${collection.group}/${collection.plural}`);
  const concerned = namespaces.filter((namespace) => objects.some((object) => object.metadata.namespace === namespace));
  await Promise.all(concerned.map((namespace) => api.delete(`${collection.group}/namespaces/${namespace}/${collection.plural}`, { graceSeconds: 0 })));
  return concerned.length === 0;
}

async function finalize(api: Api, name: string): Promise<void> {
  const namespace = await api.find(`/api/v1/namespaces/${name}`);
  if (!namespace) return;
  await api.request('PUT', `/api/v1/namespaces/${name}/finalize`, { ...namespace, spec: { finalizers: [] } });
}
