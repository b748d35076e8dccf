import { reloadByRequest } from './reload-by-request';
import { reloadBySignal } from './reload-by-signal';
import { ReloadRequestOptions, ReloadSignalOptions } from './reload-options';
import { ReloadedProgram, ReloadWay } from './reload-way';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';

/**
 * How a program is told that its files have changed: by a watcher beside it, which sees the same files. Prefer a request: it needs no
 * exception, and its answer says whether the program has read them.
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
    return new Reload(reloadByRequest(method, path, options));
  }

  /**
   * By a signal, which a watcher beside the program sends: a native sidecar that looks every 5 seconds whether the kubelet has replaced the
   * files. It is sent once for each change, and nobody hears whether the program has read them: look for it in the program's log.
   *
   * It has a price, which the program has to name: `PodException.sharedProcesses()`. The watcher runs as the program's user, because only the
   * same user may send a signal without a capability. So a program that starts as root and steps down to another user altogether cannot be told,
   * while one whose master stays can. A program that takes no notice of the signal is ended by it, also one that has just begun and does not yet.
   *
   * Throws `InvalidConfiguration`, `InvalidException` and the errors of images, when a construct is given it.
   *
   * @see https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/
   *
   * @param signal HUP, USR1 or USR2.
   *
   * @example
   * new MeshService(chart, 'pages', {
   *   image: 'ghcr.io/acme/pages:1.27.0',
   *   ports: [MeshPort.http(8080)],
   *   exceptions: [PodException.sharedProcesses()],
   *   configuration: [
   *     Configuration.files('/etc/nginx/conf.d', { 'redirects.conf': 'rewrite ^/old$ /new permanent;' }, {
   *       updates: ConfigurationUpdates.LIVE,
   *       reload: Reload.signal('HUP', { program: 'nginx' }),
   *     }),
   *   ],
   * });
   */
  public static signal(signal: string, options: ReloadSignalOptions): Reload {
    return new Reload(reloadBySignal(signal, options));
  }

  private constructor(private readonly way: ReloadWay) {}

  /** @internal */
  public _check(site: Site): void {
    this.way.check(site);
  }

  /**
   * What the program has to bring along.
   *
   * @internal
   */
  public _checkProgram(site: Site, program: ReloadedProgram): void {
    this.way.checkProgram(site, program);
  }

  /**
   * The watcher, as a container that sees the files.
   *
   * @internal
   */
  public _watcher(index: number, mount: { name: string; mountPath: string }, container: any): any {
    return this.way.watcher(index, mount, container);
  }
}
