import * as https from 'node:https';
import type * as k8s from '@kubernetes/client-node' with { 'resolution-mode': 'import' };

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

/** An answer other than 2xx. */
export class ApiError extends Error {
  constructor(public readonly status: number, message: string, public readonly warnings: string[] = []) {
    super(message);
  }
}

/** The few calls of the Kubernetes API that the cluster needs, in the words of kubectl. */
export class Api {
  private connection?: Promise<Connection>;

  constructor(public readonly server: string, public readonly token: string) {}

  /** A request; throws an `ApiError` for any answer other than 2xx. */
  public async request(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<ApiResponse> {
    return (await this.connect()).client.send(method, path, body, contentType);
  }

  public get(path: string): Promise<ApiResponse> { return this.request('GET', path); }

  /** The object, or undefined when there is none. */
  public async find(path: string): Promise<Manifest | undefined> {
    return (await this.get(path).catch(unlessMissing))?.body;
  }

  public async list(path: string): Promise<Manifest[]> {
    return (await this.get(path)).body.items;
  }

  /** `kubectl apply --server-side --validate=strict --force-conflicts`. */
  public async apply(object: Manifest, options: { dryRun?: boolean; fieldManager?: string } = {}): Promise<ApiResponse> {
    const { library, client } = await this.connect();
    const query = new URLSearchParams({
      fieldManager: options.fieldManager ?? 'cdk8s-mesh', force: 'true', fieldValidation: 'Strict', ...(options.dryRun ? { dryRun: 'All' } : {}),
    });
    return client.send('PATCH', `${await this.path(object)}?${query}`, object, library.PatchStrategy.ServerSideApply);
  }

  public async mergePatch(path: string, patch: unknown): Promise<ApiResponse> {
    return this.request('PATCH', path, patch, (await this.connect()).library.PatchStrategy.MergePatch);
  }

  /** Deletes; an object that is not there is fine. */
  public async delete(path: string, options: { graceSeconds?: number; propagation?: string } = {}): Promise<void> {
    await this.request('DELETE', path, {
      kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: options.propagation ?? 'Background', gracePeriodSeconds: options.graceSeconds,
    }).catch(unlessMissing);
  }

  /** The path of the object itself. */
  public async path(object: Manifest): Promise<string> {
    const collection = await this.collection(object.apiVersion, object.kind, object.metadata?.namespace ?? 'default');
    return `${collection}/${encodeURIComponent(object.metadata?.name ?? '')}`;
  }

  /** The path of all objects of a kind; the namespace is ignored when the kind has none. */
  public async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    return (await this.connect()).client.collection(apiVersion, kind, namespace);
  }

  /** Every kind that lives in namespaces and can be deleted as a whole. */
  public async namespacedCollections(): Promise<{ group: string; plural: string }[]> {
    const groups: Manifest[] = (await this.get('/apis')).body.groups;
    const paths = ['/api/v1', ...groups.map((group) => `/apis/${group.preferredVersion.groupVersion}`)];
    const lists = await Promise.all(paths.map(async (group) => ({ group, body: (await this.get(group)).body })));
    return lists.flatMap(({ group, body }) => (body.resources as Manifest[])
      .filter((resource) => resource.namespaced && resource.verbs.includes('deletecollection') && resource.verbs.includes('list'))
      .map((resource) => ({ group, plural: resource.name })));
  }

  /** The objects of a collection, listed and then watched from its `start` on. */
  public async informer(path: string): Promise<k8s.Informer<k8s.KubernetesObject> & k8s.ObjectCache<k8s.KubernetesObject>> {
    const { library, config } = await this.connect();
    return library.makeInformer(config, path, async () => (await this.get(path)).body);
  }

  private connect(): Promise<Connection> {
    return this.connection ??= connect(this.server, this.token);
  }
}

interface Connection {
  readonly library: Library;
  readonly config: k8s.KubeConfig;
  readonly client: Client;
}

interface Client {
  send(method: string, path: string, body: unknown, contentType: string): Promise<ApiResponse>;
  collection(apiVersion: string, kind: string, namespace?: string): Promise<string>;
}

type Library = typeof k8s;

/**
 * Loads the official client. It is an ES module, which jest cannot load here: only the cluster's own process comes to
 * this place.
 */
async function connect(server: string, token: string): Promise<Connection> {
  const library = await import('@kubernetes/client-node');
  const config = new library.KubeConfig();
  // The certificate is the API server's own, made at its start within the private network.
  config.loadFromClusterAndUser({ name: 'cluster', server, skipTLSVerify: true }, { name: 'admin', token });
  // `KubeConfig` would give each request an agent, and so a connection and a TLS handshake, of its own.
  const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 32 });
  const configuration = library.createConfiguration({
    baseServer: new library.ServerConfiguration(server, {}),
    authMethods: {
      default: {
        getName: () => 'token',
        applySecurityAuthentication: (request: k8s.RequestContext) => {
          request.setHeaderParam('Authorization', `Bearer ${token}`);
          request.setAgent(agent);
        },
      },
    },
  });
  return { library, config, client: new (clientClass(library))(configuration) };
}

/**
 * The library's client for objects of any kind, of which we use the discovery and the way that requests take. Its `patch`,
 * `read` and `list` pass objects through the library's models, both ways (object.js, gen/models/ObjectSerializer.js), and a
 * model leaves out the fields that it does not have, before strict field validation can see them, and `from` of a
 * NetworkPolicy, which it calls `_from`. They also hide the answers' headers. Here objects come and go as they are.
 */
function clientClass(library: Library): new (configuration: k8s.Configuration) => Client {
  return class extends library.KubernetesObjectApi implements Client {
    public async send(method: string, path: string, body: unknown, contentType: string): Promise<ApiResponse> {
      const request = this.configuration.baseServer.makeRequestContext(path, method as k8s.HttpMethod);
      request.setHeaderParam('Accept', 'application/json');
      if (body !== undefined) {
        request.setHeaderParam('Content-Type', contentType);
        request.setBody(JSON.stringify(body));
      }
      return this.requestPromise<k8s.KubernetesObject & ApiResponse>(request);
    }

    public async collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
      const resource = await this.resource(apiVersion, kind).catch(unlessMissing);
      if (!resource) throw new ApiError(404, `no kind ${kind} in ${apiVersion}: its CRD is not installed`);
      return `${this.apiVersionPath(apiVersion)}${resource.namespaced && namespace ? `/namespaces/${namespace}` : ''}/${resource.name}`;
    }

    /** The last step of every request. Only discovery names a type; `send` gets the answer with the warnings of its headers. */
    protected override async processResponse<T extends k8s.KubernetesObject>(response: k8s.ResponseContext, type?: string): Promise<T> {
      const { httpStatusCode: status, headers } = response;
      if (status < 300 && type !== undefined) return super.processResponse<T>(response, type);
      const text = await response.body.text();
      const body = headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text; // /readyz is plain text
      const warnings = warningsOf(headers.warning);
      if (status >= 300) throw new ApiError(status, body.message ?? text, warnings);
      const answer: ApiResponse = { status, body, warnings };
      return answer as unknown as T;
    }
  };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

/** RFC 7234: `299 - "text"`, of several warnings one after the other. */
function warningsOf(header = ''): string[] {
  const warnings = [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1].replace(/\\(.)/g, '$1'));
  return header && warnings.length === 0 ? [header] : warnings;
}
