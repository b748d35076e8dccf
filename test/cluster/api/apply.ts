import { Api, ApiError, Manifest } from './client';
import { sleep } from '../machine/process';

/** What the API server said of one object. */
export interface Applied {
  /** Kind, namespace and name. */
  readonly object: string;
  readonly ok: boolean;
  /** Why it was refused. */
  readonly error?: string;
  /** What the API server, its CRDs' schemas and the admission webhooks warned of. */
  readonly warnings: string[];
}

/** What others need first; every other kind comes after these, workloads last. */
const FIRST = [
  'Namespace', 'CustomResourceDefinition', 'PriorityClass', 'ServiceAccount', 'ClusterRole', 'Role', 'ClusterRoleBinding',
  'RoleBinding', 'ConfigMap', 'Secret', 'PersistentVolumeClaim', 'Service',
];
const LAST = ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Rollout'];

export function inOrder(objects: Manifest[]): Manifest[] {
  const rank = (object: Manifest) => {
    if (FIRST.includes(object.kind)) return FIRST.indexOf(object.kind);
    return LAST.includes(object.kind) ? 200 + LAST.indexOf(object.kind) : 100;
  };
  return objects.map((object, index) => ({ object, index }))
    .sort((a, b) => rank(a.object) - rank(b.object) || a.index - b.index)
    .map((entry) => entry.object);
}

export interface ApplyOptions {
  readonly dryRun?: boolean;
  /** One after the other as they stand, as `kubectl apply -f` does. */
  readonly asTheyStand?: boolean;
  /** Whose the fields are, for one who adds to an object of another. */
  readonly fieldManager?: string;
}

/** Applies in an order that works, several at a time within a rank; never throws for a refusal. */
export async function applyAll(api: Api, objects: Manifest[], options: ApplyOptions = {}): Promise<Applied[]> {
  const results: Applied[] = [];
  if (options.asTheyStand) {
    for (const object of objects) results.push(await applyOne(api, object, options));
    return results;
  }
  const ordered = inOrder(objects);
  for (let at = 0; at < ordered.length;) {
    let end = at + 1;
    while (end < ordered.length && end < at + 16 && ordered[end].kind === ordered[at].kind) end++;
    results.push(...await Promise.all(ordered.slice(at, end).map((object) => applyOne(api, object, options))));
    at = end;
  }
  return results;
}

async function applyOne(api: Api, object: Manifest, options: ApplyOptions): Promise<Applied> {
  const namespace = object.metadata?.namespace;
  const name = `${object.kind} ${namespace ? `${namespace}/` : ''}${object.metadata?.name}`;
  for (let attempt = 1; ; attempt++) {
    try {
      return { object: name, ok: true, warnings: (await api.apply(object, options)).warnings };
    } catch (error) {
      // A Pod is refused until the ServiceAccount controller has made the namespace's default account: at the start of a
      // cluster, as long as the controller itself takes to start.
      if (attempt < 300 && object.kind === 'Pod' && /error looking up service account/.test((error as Error).message)) {
        await sleep(100);
        continue;
      }
      return { object: name, ok: false, error: (error as Error).message, warnings: error instanceof ApiError ? error.warnings : [] };
    }
  }
}

/** Throws when one of the objects was refused. */
export function expectApplied(results: Applied[]): Applied[] {
  const refused = results.filter((result) => !result.ok);
  if (refused.length > 0) throw new Error(refused.map((result) => `${result.object}: ${result.error}`).join('\n'));
  return results;
}
