import * as fs from 'node:fs';
import * as path from 'node:path';
import { Api, Manifest } from '../api/client';
import { Container, Mount } from '../machine/container';
import { until } from '../machine/process';

/**
 * Makes a container's volumes as the kubelet would (emptyDir, configMap, secret, downwardAPI, projected) and says where
 * each is to be seen. `uid` is who writes and reads them.
 */
export async function provideVolumes(api: Api, pod: Manifest, spec: Manifest, container: Container, uid: number): Promise<Mount[]> {
  const mounts: Mount[] = [];
  // A mount within another (/run/secrets/istio, /run/secrets/istio/crl) comes after it.
  const wanted = [...spec.volumeMounts ?? []].sort((a: Manifest, b: Manifest) => a.mountPath.length - b.mountPath.length);
  for (const mount of wanted) {
    const to = path.posix.normalize(mount.mountPath).replace(/\/$/, '').replace(/^\/var\/run\//, '/run/');
    const own = ownFolder(container, to);
    if (!own) continue; // elsewhere in the file system: nothing here reads it
    const volume = pod.spec.volumes.find((candidate: Manifest) => candidate.name === mount.name);
    const from = path.join(container.folder, 'volumes', mount.name);
    if (!fs.existsSync(from)) {
      fs.mkdirSync(from, { recursive: true });
      for (const [file, content] of Object.entries(await filesOf(api, pod, volume))) {
        fs.mkdirSync(path.dirname(path.join(from, file)), { recursive: true });
        fs.writeFileSync(path.join(from, file), content);
        fs.chownSync(path.join(from, file), uid, uid);
      }
      fs.chownSync(from, uid, uid);
    }
    const parent = mounts.find((other) => to.startsWith(`${other.to}/`));
    fs.mkdirSync(parent ? path.join(parent.from, to.slice(parent.to.length)) : own, { recursive: true });
    mounts.push({ from, to });
  }
  return mounts;
}

/** Where the target of a mount is in the pod's own folders. */
function ownFolder(container: Container, to: string): string | undefined {
  const roots: Record<string, string> = { '/etc': 'etc', '/var/lib': 'lib', '/run/secrets': 'secrets', '/tmp': 'tmp' };
  for (const [root, folder] of Object.entries(roots)) {
    if (to.startsWith(`${root}/`)) return path.join(container.folder, folder, to.slice(root.length));
  }
  return undefined;
}

async function filesOf(api: Api, pod: Manifest, volume: Manifest): Promise<Record<string, string>> {
  if (volume.downwardAPI) return downward(pod, volume.downwardAPI.items ?? []);
  if (volume.configMap) return keys(api, pod, 'configmaps', volume.configMap.name, volume.configMap);
  if (volume.secret) return keys(api, pod, 'secrets', volume.secret.secretName, volume.secret);
  const files: Record<string, string> = {};
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken) {
      files[source.serviceAccountToken.path] = await token(api, pod, source.serviceAccountToken.audience);
    }
    if (source.downwardAPI) Object.assign(files, downward(pod, source.downwardAPI.items ?? []));
    if (source.configMap) Object.assign(files, await keys(api, pod, 'configmaps', source.configMap.name, source.configMap));
    if (source.secret) Object.assign(files, await keys(api, pod, 'secrets', source.secret.name, source.secret));
  }
  return files;
}

async function keys(api: Api, pod: Manifest, plural: string, name: string, source: Manifest): Promise<Record<string, string>> {
  const data = await dataOf(api, pod, plural, name, source);
  const items: Manifest[] = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  return Object.fromEntries(items.filter((item) => item.key in data).map((item) => [item.path, data[item.key]]));
}

/** What a ConfigMap or a Secret of the pod's namespace holds. */
export async function dataOf(api: Api, pod: Manifest, plural: string, name: string, source: Manifest): Promise<Record<string, string>> {
  const find = () => api.find(`/api/v1/namespaces/${pod.metadata.namespace}/${plural}/${name}`);
  // As the kubelet does: istiod gives a new namespace its root certificate in its own time
  const object = source.optional ? await find() : await until(`${plural} ${pod.metadata.namespace}/${name}`, 90_000, find, 100);
  const data: Record<string, string> = object?.data ?? {};
  const decode = (value: string) => plural === 'secrets' ? Buffer.from(value, 'base64').toString() : value;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]));
}

async function token(api: Api, pod: Manifest, audience?: string): Promise<string> {
  const answer = await api.request('POST', `/api/v1/namespaces/${pod.metadata.namespace}/serviceaccounts/${pod.spec.serviceAccountName}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience ? [audience] : undefined,
      expirationSeconds: 43200,
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod.metadata.name, uid: pod.metadata.uid },
    },
  });
  return answer.body.status.token;
}

/** Labels and annotations in the downward API's format: `key="value"`, quoted as Go does. */
function downward(pod: Manifest, items: Manifest[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const item of items) {
    if (!item.fieldRef) continue;
    const value = field(pod, item.fieldRef.fieldPath);
    files[item.path] = typeof value === 'object' && value !== null
      ? Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, text]) => `${key}=${JSON.stringify(text)}`).join('\n')
      : String(value ?? '');
  }
  return files;
}

/** The value of a `fieldRef`, with the subscript form `metadata.labels['app']`. */
export function field(pod: Manifest, fieldPath: string): unknown {
  const subscript = /^(.*)\['(.*)'\]$/.exec(fieldPath);
  const value = (subscript ? subscript[1] : fieldPath).split('.').reduce<Manifest | undefined>((at, key) => at?.[key], pod);
  return subscript ? value?.[subscript[2]] : value;
}
