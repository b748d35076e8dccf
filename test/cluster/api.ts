import * as http from 'node:http';
import * as https from 'node:https';

/** Any Kubernetes object. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Manifest = Record<string, any>;

export interface ApiResponse {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  /** What the API server and the admission webhooks said in `Warning` headers. */
  readonly warnings: string[];
}

interface Kind {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** An answer other than 2xx. */
export class ApiError extends Error {
  constructor(public readonly status: number, message: string, public readonly warnings: string[] = []) {
    super(message);
  }
}

/**
 * The few calls of the Kubernetes API that the cluster needs, in the words of kubectl: server-side apply with strict
 * field validation, list, watch, delete. Plain HTTPS, because the answers' `Warning` headers are half of what we are
 * after and the official client (an ES module, which jest cannot load here) hides them.
 */
export class Api {
  private readonly agent: https.Agent;
  private readonly kinds = new Map<string, Promise<Map<string, Kind>>>();

  constructor(public readonly server: string, public readonly token: string) {
    // The certificate is the API server's own, made at its start within the private network.
    this.agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 32 });
  }

  /** A request; throws an `ApiError` for any answer other than 2xx. */
  public async request(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<ApiResponse> {
    const answer = await this.attempt(method, path, body, contentType);
    if (answer.status >= 300) {
      const message = answer.body?.message ?? JSON.stringify(answer.body);
      throw new ApiError(answer.status, message, answer.warnings);
    }
    return answer;
  }

  public get(path: string): Promise<ApiResponse> { return this.request('GET', path); }

  /** The object, or undefined when there is none. */
  public async find(path: string): Promise<Manifest | undefined> {
    const answer = await this.attempt('GET', path);
    if (answer.status === 404) return undefined;
    if (answer.status >= 300) throw new ApiError(answer.status, answer.body?.message);
    return answer.body;
  }

  public async list(path: string): Promise<Manifest[]> {
    return (await this.get(path)).body.items;
  }

  /** `kubectl apply --server-side --validate=strict --force-conflicts`. */
  public async apply(object: Manifest, options: { dryRun?: boolean; fieldManager?: string } = {}): Promise<ApiResponse> {
    const query = new URLSearchParams({
      fieldManager: options.fieldManager ?? 'cdk8s-mesh', force: 'true', fieldValidation: 'Strict',
    });
    if (options.dryRun) query.set('dryRun', 'All');
    return this.request('PATCH', `${await this.path(object)}?${query}`, object, 'application/apply-patch+yaml');
  }

  public mergePatch(path: string, patch: unknown): Promise<ApiResponse> {
    return this.request('PATCH', path, patch, 'application/merge-patch+json');
  }

  /** Deletes; an object that is not there is fine. */
  public async delete(path: string, options: { graceSeconds?: number; propagation?: string } = {}): Promise<void> {
    const body: Manifest = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: options.propagation ?? 'Background' };
    if (options.graceSeconds !== undefined) body.gracePeriodSeconds = options.graceSeconds;
    const answer = await this.attempt('DELETE', path, body);
    if (answer.status >= 300 && answer.status !== 404) throw new ApiError(answer.status, answer.body?.message);
  }

  /** The path of the object itself. */
  public async path(object: Manifest): Promise<string> {
    const kind = (await this.discover(object.apiVersion, object.kind));
    const namespace = kind.namespaced ? `/namespaces/${object.metadata?.namespace ?? 'default'}` : '';
    return `${groupPath(object.apiVersion)}${namespace}/${kind.plural}/${encodeURIComponent(object.metadata?.name ?? '')}`;
  }

  /** The path of all objects of a kind. */
  public async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    const known = await this.discover(apiVersion, kind);
    return `${groupPath(apiVersion)}${namespace ? `/namespaces/${namespace}` : ''}/${known.plural}`;
  }

  /** Every kind that lives in namespaces and can be deleted as a whole. */
  public async namespacedCollections(): Promise<{ group: string; plural: string }[]> {
    const groups: Manifest[] = (await this.get('/apis')).body.groups;
    const versions = ['v1', ...groups.map((group) => group.preferredVersion.groupVersion as string)];
    const lists = await Promise.all(versions.map(groupPath).map(async (group) => ({ group, body: (await this.get(group)).body })));
    return lists.flatMap(({ group, body }) => (body.resources as Manifest[])
      .filter((resource) => resource.namespaced && resource.verbs.includes('deletecollection') && resource.verbs.includes('list'))
      .map((resource) => ({ group, plural: resource.name })));
  }

  /** Follows a collection from a resource version on; returns when the server ends the stream. */
  public watch(
    path: string, resourceVersion: string, onEvent: (type: string, object: Manifest) => void,
  ): { done: Promise<void>; stop: () => void } {
    let request: http.ClientRequest | undefined;
    const done = new Promise<void>((resolve) => {
      const url = `${this.server}${path}?watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
      request = https.request(url, { rejectUnauthorized: false, agent: false, headers: { authorization: `Bearer ${this.token}` } }, (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop()!;
          for (const line of lines) {
            if (!line) continue;
            const event = JSON.parse(line);
            onEvent(event.type, event.object);
          }
        });
        response.on('close', () => resolve());
      });
      request.on('error', () => resolve());
      request.end();
    });
    return { done, stop: () => request?.destroy() };
  }

  private async discover(apiVersion: string, kind: string): Promise<Kind> {
    for (let attempt = 0; ; attempt++) {
      if (!this.kinds.has(apiVersion)) this.kinds.set(apiVersion, this.discoverGroup(apiVersion));
      const found = (await this.kinds.get(apiVersion)!).get(kind);
      if (found) return found;
      this.kinds.delete(apiVersion); // a CRD may have been added since
      if (attempt > 0) throw new ApiError(404, `no kind ${kind} in ${apiVersion}: its CRD is not installed`);
    }
  }

  private async discoverGroup(apiVersion: string): Promise<Map<string, Kind>> {
    const answer = await this.attempt('GET', groupPath(apiVersion));
    const resources: Manifest[] = answer.status === 200 ? answer.body.resources : [];
    return new Map(resources.filter((r) => !r.name.includes('/'))
      .map((r) => [r.kind as string, { plural: r.name as string, namespaced: r.namespaced as boolean }]));
  }

  private attempt(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<ApiResponse> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = https.request(this.server + path, {
        method,
        agent: this.agent,
        headers: {
          'authorization': `Bearer ${this.token}`,
          'accept': 'application/json',
          'content-type': contentType,
          ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
        },
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          let parsed: unknown = text;
          try { parsed = JSON.parse(text); } catch { /* /readyz answers in plain text */ }
          resolve({ status: response.statusCode!, body: parsed, warnings: warningsOf(response.rawHeaders) });
        });
      });
      request.on('error', reject);
      request.end(payload);
    });
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** RFC 7234: `299 - "text"`, one header per warning. */
function warningsOf(rawHeaders: string[]): string[] {
  const warnings: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].toLowerCase() !== 'warning') continue;
    const text = /^\d+ \S+ "((?:[^"\\]|\\.)*)"/.exec(rawHeaders[i + 1]);
    warnings.push(text ? text[1].replace(/\\(.)/g, '$1') : rawHeaders[i + 1]);
  }
  return warnings;
}
