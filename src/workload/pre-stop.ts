import * as kplus from 'cdk8s-plus-28';
import { Site } from '../diagnostics/site';

/**
 * Kubernetes runs one hook for a container: a program's own and the drain have to be one.
 *
 * @param drainSeconds 0 without a drain.
 */
export function checkPreStop(site: Site, hook: kplus.Handler | undefined, drainSeconds: number): void {
  if (!hook) {
    return;
  }
  // What a handler asks is only told to a container
  const { exec, httpGet } = (hook as any)._toKube({});
  if (!exec && !httpGet) {
    site.fail('InvalidHook', 'must be a command or an HTTP request', 'a connection', 'The kubelet opens no connection as a hook: use kplus.Handler.fromCommand() or fromHttpGet().');
  }
  if (exec && !(exec.command?.length > 0)) {
    site.fail('InvalidHook', 'must name a program', exec.command, 'Write kplus.Handler.fromCommand([\'/app/stop\']).');
  }
  if (httpGet && !String(httpGet.path ?? '').startsWith('/')) {
    site.fail('InvalidHook', 'must have a path that starts with \'/\'', httpGet.path, 'Write kplus.Handler.fromHttpGet(\'/stop\').');
  }
  if (httpGet && drainSeconds > 0) {
    site.fail('InvalidHook', 'cannot be an HTTP request beside a drain', httpGet.path,
      'Kubernetes has one hook for a container, and nothing would wait before it asks. Use a command, or drain: Duration.seconds(0) for a program that goes on serving by itself.');
  }
}

/** The drain, and the program's own hook after it: `exec` gives the shell's place to the command. */
export function drained(hook: any, drainSeconds: number): any {
  if (!hook) {
    return { sleep: { seconds: drainSeconds } };
  }
  return { exec: { command: ['/bin/sh', '-c', `sleep ${drainSeconds}; exec "$@"`, 'sh', ...hook.exec.command] } };
}
