import { spawn, SpawnOptions, ChildProcess } from 'node:child_process';
import * as path from 'node:path';

/**
 * A command that ends, with everything that it started, when the calling process ends, however it ends: the kernel kills
 * `unshare` with its parent, then the first process of its PID namespace with it, then every other one in there.
 */
export function leashed(command: string[], flags: string[] = []): string[] {
  return ['setpriv', '--pdeathsig', 'KILL', ...unleashed(command, flags)];
}

/** The same, but it outlives the caller. */
export function unleashed(command: string[], flags: string[] = []): string[] {
  return ['unshare', '--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--propagation', 'private', ...flags, ...command];
}

/**
 * Starts a TypeScript file within network, mount and PID namespaces of its own. The shell is their first process:
 * it collects the orphans (Envoys whose agent was killed), which Node would leave as zombies.
 */
export function startInside(file: string, args: string[], options: { outlive?: boolean; spawn?: SpawnOptions } = {}): ChildProcess {
  const inner = ['sh', '-c', '"$@"; exit $?', 'sh', ...typescript(file), ...args];
  const command = (options.outlive ? unleashed : leashed)(inner, ['--net', '--uts', '--ipc']);
  return spawn(command[0], command.slice(1), { stdio: 'inherit', ...options.spawn });
}

/** The command that runs a TypeScript file, without type checks. */
export function typescript(file: string): string[] {
  const project = path.join(__dirname, '../..', 'tsconfig.json');
  return [process.execPath, require.resolve('ts-node/dist/bin.js'), '--transpile-only', '--project', project, path.resolve(file)];
}
