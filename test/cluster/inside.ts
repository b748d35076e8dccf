import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { Cluster } from './cluster';
import { run } from './machine/process';
import { serve, SOCKET_VARIABLE } from './remote';

/**
 * The first program within the sandbox (sandbox.ts): starts a cluster, and then either runs a command that uses it and
 * ends with it, or serves it on a socket until it is told to end.
 *
 *   inside.ts PROGRAMS exec COMMAND...
 *   inside.ts PROGRAMS serve SOCKET
 */
const WORK = '/run/cdk8s-mesh';

async function main(): Promise<number> {
  const [programs, mode, ...rest] = process.argv.slice(2);
  const start = async () => {
    const began = Date.now();
    // All that is written is written to memory, seen from here only, and gone with the sandbox.
    await run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
    for (const folder of [`${WORK}/tmp`, '/run/secrets']) fs.mkdirSync(folder, { recursive: true });
    process.env.TMPDIR = `${WORK}/tmp`;
    const cluster = await Cluster.start(JSON.parse(programs), WORK);
    console.error(`cluster: started in ${((Date.now() - began) / 1000).toFixed(1)} s`);
    return cluster;
  };

  if (mode === 'serve') {
    // The socket lies outside: it is made before the folders of the machine are covered.
    let begin: () => void = () => undefined;
    const cluster = new Promise<void>((resolve) => { begin = resolve; }).then(start);
    const ended = new Promise<void>((resolve) => { void serve(rest[0], cluster, resolve).then(begin); });
    await cluster;
    await ended;
    return 0;
  }

  const temporary = process.env.TMPDIR;
  const socket = `${WORK}/control.sock`;
  const cluster = await start();
  await serve(socket, Promise.resolve(cluster), () => undefined);
  const env: NodeJS.ProcessEnv = { ...process.env, [SOCKET_VARIABLE]: socket };
  if (temporary === undefined) delete env.TMPDIR; else env.TMPDIR = temporary;
  const child = spawn(rest[0], rest.slice(1), { stdio: 'inherit', env });
  return new Promise((resolve) => {
    child.on('error', (error) => { console.error(error.message); resolve(127); });
    child.on('exit', (code, signal) => resolve(signal ? 128 : code ?? 1));
  });
}

main().then((code) => process.exit(code), (error) => {
  console.error(`cluster: ${(error as Error).message}`);
  process.exit(1);
});
