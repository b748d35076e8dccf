import { checkImage } from './check-image';
import { ReloadRequestOptions } from './reload-options';
import { ReloadWay, WATCHER_RESOURCES } from './reload-way';
import { checkInteger } from '../diagnostics/checks';

/** The last release when this was written. It takes no part in the traffic of the mesh: it asks its own pod. */
const IMAGE = 'ghcr.io/jimmidyson/configmap-reload:v0.14.0';

/** Where the watcher of the first configuration tells its metrics, within the pod alone; the next one takes the next port. */
const METRICS_PORT = 9533;

export function reloadByRequest(method: string, path: string, options: ReloadRequestOptions): ReloadWay {
  const { status = 200, image = IMAGE } = options;
  return {
    check: (site) => {
      if (!['POST', 'PUT', 'GET'].includes(method)) {
        site.in('method').fail('InvalidMethod', 'must be POST, PUT or GET', method, 'Write it in capitals: POST.');
      }
      if (!/^\/[^\s#]*$/.test(path)) {
        site.in('path').fail('InvalidPath', 'must start with \'/\'', path, 'Write the path as it stands in the request: /-/reload.');
      }
      checkInteger(site.in('port'), options.port ?? 1, 1, 65535, 'InvalidPort', 'Write the port on which the program listens.');
      checkInteger(site.in('status'), status, 200, 299, 'InvalidConfiguration', 'Write the status of success: 204.');
      checkImage(site.in('image'), image);
    },
    // Where a program is asked has to be known: by the port of the service, or by that of the options
    checkProgram: (site, { servicePort }) => {
      if (options.port === undefined && servicePort === undefined) {
        site.in('port').fail('InvalidConfiguration', 'must be given where the first port of the service speaks no plain HTTP', undefined, 'Write it: Reload.request(\'POST\', \'/-/reload\', { port: 9090 }).');
      }
    },
    watcher: (index, mount, container) => ({
      name: `reload-${index}`,
      image,
      args: [
        `--volume-dir=${mount.mountPath}`,
        `--webhook-url=http://127.0.0.1:${options.port ?? container.ports?.[0]?.containerPort}${path}`,
        `--webhook-method=${method}`,
        `--webhook-status-code=${status}`,
        '--webhook-retries=10',
        `--web.listen-address=127.0.0.1:${METRICS_PORT + index}`,
      ],
      resources: WATCHER_RESOURCES,
      volumeMounts: [{ ...mount, readOnly: true }],
    }),
  };
}
