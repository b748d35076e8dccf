import * as fs from 'node:fs';
import * as path from 'node:path';
import { attempt, Daemon, Finished } from './process';

/** A folder that a process sees in place of another. */
export interface Mount {
  readonly from: string;
  readonly to: string;
}

export interface ProcessOptions {
  readonly uid?: number;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly mounts?: Mount[];
}

/** What every process of the sandbox sees in place of /usr/local/bin: the built programs. */
export const BIN = '/run/cdk8s-mesh/bin';

/**
 * What stands for a pod's sandbox: a network namespace, and folders of its own where a program writes or reads what
 * belongs to the pod (/etc, /var/lib, /run/secrets, /tmp). The rest of the file system is the machine's.
 */
export class Container {
  constructor(public readonly netns: string, public readonly folder: string) {
    for (const sub of ['etc', 'lib', 'secrets', 'tmp', 'logs', 'volumes']) fs.mkdirSync(path.join(folder, sub), { recursive: true });
    fs.chmodSync(path.join(folder, 'tmp'), 0o1777);
    this.write('etc/passwd', 'root:x:0:0:root:/:/bin/sh\nistio-proxy:x:1337:1337:istio-proxy:/:/bin/false\n');
    this.write('etc/group', 'root:x:0:\nistio-proxy:x:1337:\n');
    this.write('etc/nsswitch.conf', 'hosts: files dns\n');
    this.write('etc/hosts', '127.0.0.1 localhost\n');
    this.write('etc/resolv.conf', '');
    fs.mkdirSync(path.join(folder, 'etc/ssl'));
  }

  public write(file: string, content: string): void {
    const target = path.join(this.folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, content);
  }

  public logFile(name: string): string { return path.join(this.folder, 'logs', `${name}.log`); }

  /** Starts a program that keeps running. */
  public start(name: string, args: string[], options: ProcessOptions = {}): Daemon {
    return Daemon.start(name, this.command(args, options), {
      logFile: this.logFile(name), uid: options.uid, env: environment(options), cwd: '/',
    });
  }

  /** Runs a program to its end. */
  public exec(args: string[], options: ProcessOptions & { input?: string; timeoutMs?: number } = {}): Promise<Finished> {
    return attempt(this.command(args, options), {
      env: environment(options), cwd: '/', input: options.input, timeoutMs: options.timeoutMs,
    });
  }

  private command(args: string[], options: ProcessOptions): string[] {
    const mounts: Mount[] = [
      ...fs.existsSync('/etc/ssl') ? [{ from: '/etc/ssl', to: `${this.folder}/etc/ssl` }] : [],
      { from: `${this.folder}/etc`, to: '/etc' },
      { from: `${this.folder}/lib`, to: '/var/lib' },
      { from: `${this.folder}/secrets`, to: '/run/secrets' },
      { from: BIN, to: '/usr/local/bin' },
      ...options.mounts ?? [],
      { from: `${this.folder}/tmp`, to: '/tmp' },
    ];
    const script = [
      ...mounts.map((mount) => `mount --rbind '${mount.from}' '${mount.to}'`),
      `cd '${options.cwd ?? '/'}'`,
      options.uid ? `exec setpriv --reuid ${options.uid} --regid ${options.uid} --clear-groups --no-new-privs "$@"` : 'exec "$@"',
    ].join('\n');
    return ['nsenter', `--net=/run/netns/${this.netns}`, 'unshare', '--mount', '--propagation', 'private', 'sh', '-e', '-c', script, 'sh', ...args];
  }
}

function environment(options: ProcessOptions): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', ...options.env };
}
