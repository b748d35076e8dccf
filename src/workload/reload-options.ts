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
 * Options for `Reload.signal`.
 */
export interface ReloadSignalOptions {
  /**
   * The name of the process that gets the signal, as `cat /proc/<pid>/comm` tells it: that of its file without the directory, 15 characters at
   * most, because Linux keeps no more. Of several processes of that name the oldest gets it, which is the master of nginx and HAProxy.
   */
  readonly program: string;

  /**
   * The image of the watcher, by tag or digest: a copy in a registry of your own. It has to have `sh`, `sleep`, `readlink` and `pgrep`, as
   * those of BusyBox and Alpine have.
   *
   * @default - docker.io/library/busybox:1.37.0-musl
   */
  readonly image?: string;
}
