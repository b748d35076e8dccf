import { checkImage } from './check-image';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';

/** The last release when this was written. It takes no part in the traffic of the mesh: it asks its own pod. */
const IMAGE = 'ghcr.io/jimmidyson/configmap-reload:v0.14.0';

/** Where the watcher of the first configuration tells its metrics, within the pod alone; the next one takes the next port. */
const METRICS_PORT = 9533;

/**
 * Options for `Reload.request`.
 */
export interface ReloadRequestOptions {
  /**
   * The port on which the program takes the request, on 127.0.0.1: 1 to 65535.
   *
   * @default - the first port of the service, which has to speak HTTP
   */
  readonly port?: number;

  /**
   * The status that says that the program has read its files, 200 to 299.
   *
   * @default - 200
   */
  readonly status?: number;

  /**
   * The image of the watcher, by tag or digest: a copy in a registry of your own. It has to be one of configmap-reload.
   *
   * @default - ghcr.io/jimmidyson/configmap-reload:v0.14.0
   */
  readonly image?: string;
}

/**
 * How a program is told that its files have changed.
 *
 * There is no form by a signal: for one the containers of the pod would have to share their processes, and so see each
 * other's environment and files. A program that reloads at SIGHUP watches the files itself, or rolls.
 */
@checked
export class Reload {
  /**
   * By a request from within the pod, which a watcher beside the program sends: a native sidecar that sees the same files. It
   * is repeated, ten times at most and 10 seconds apart, until it is answered by `status`.
   *
   * The request does not pass the proxy, because it comes from the pod itself: no call has to be declared for it.
   *
   * Throws `InvalidMethod`, `InvalidPath`, `InvalidPort`, `InvalidConfiguration` and the errors of images, when a construct is given it.
   *
   * Upstream: the flags of configmap-reload, `webhook-url`, `webhook-method`, `webhook-status-code` and `webhook-retries`.
   *
   * @see https://github.com/jimmidyson/configmap-reload
   *
   * @param method POST, PUT or GET.
   * @param path begins with a slash.
   *
   * @example
   * Reload.request('POST', '/-/reload', { port: 9090 });
   */
  public static request(method: string, path: string, options: ReloadRequestOptions = {}): Reload {
    return new Reload(method, path, options);
  }

  private constructor(private readonly method: string, private readonly path: string, private readonly options: ReloadRequestOptions) {}

  /** @internal */
  public _check(site: Site): void {
    const { port = 1, status = 200, image = IMAGE } = this.options;
    if (!['POST', 'PUT', 'GET'].includes(this.method)) {
      site.in('method').fail('InvalidMethod', 'must be POST, PUT or GET', this.method, 'Write it in capitals: POST.');
    }
    if (!/^\/[^\s#]*$/.test(this.path)) {
      site.in('path').fail('InvalidPath', 'must start with \'/\'', this.path, 'Write the path as it stands in the request: /-/reload.');
    }
    checkInteger(site.in('port'), port, 1, 65535, 'InvalidPort', 'Write the port on which the program listens.');
    checkInteger(site.in('status'), status, 200, 299, 'InvalidConfiguration', 'Write the status of success: 204.');
    checkImage(site.in('image'), image);
  }

  /**
   * Where a program is asked has to be known: by the port of the service, or by that of the options.
   *
   * @internal
   */
  public _checkPort(site: Site, servicePort: number | undefined): void {
    if (this.options.port === undefined && servicePort === undefined) {
      site.in('port').fail('InvalidConfiguration', 'must be given where the first port of the service speaks no plain HTTP', undefined, 'Write it: Reload.request(\'POST\', \'/-/reload\', { port: 9090 }).');
    }
  }

  /**
   * The watcher, as a container that sees the files.
   *
   * @internal
   */
  public _container(index: number, mount: { name: string; mountPath: string }, servicePort: number | undefined): any {
    const { port = servicePort, status = 200, image = IMAGE } = this.options;
    return {
      name: `reload-${index}`,
      image,
      args: [
        `--volume-dir=${mount.mountPath}`,
        `--webhook-url=http://127.0.0.1:${port}${this.path}`,
        `--webhook-method=${this.method}`,
        `--webhook-status-code=${status}`,
        '--webhook-retries=10',
        `--web.listen-address=127.0.0.1:${METRICS_PORT + index}`,
      ],
      resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { cpu: '100m', memory: '64Mi' } },
      volumeMounts: [{ ...mount, readOnly: true }],
    };
  }
}
