import * as fs from 'node:fs';
import * as net from 'node:net';
import type { Cluster } from './cluster';

/** A cluster as another process sees it: the same methods. */
export type ConnectedCluster = Omit<Cluster, 'stop'> & {
  /** Ends the cluster itself, where it was started to be served (`npm run cluster -- up`). */
  shutdown(): Promise<void>;
  disconnect(): void;
};

/** Where `connect` looks when it is not told: set for everything that runs inside of a sandbox. */
export const SOCKET_VARIABLE = 'CDK8S_MESH_CLUSTER';

interface Call { readonly id: number; readonly method: string; readonly args: unknown[] }
interface Answer { readonly id: number; readonly result?: unknown; readonly error?: string }

/** Lets other processes use the cluster, through a socket that only this user can open. Calls wait until it has started. */
export async function serve(socket: string, cluster: Promise<Cluster>, onShutdown: () => void): Promise<void> {
  const server = net.createServer((connection) => {
    connection.on('error', () => undefined);
    onLine(connection, (line) => {
      const call = JSON.parse(line) as Call;
      const reply = (answer: Omit<Answer, 'id'>) => connection.write(`${JSON.stringify({ id: call.id, ...answer })}\n`);
      if (call.method === 'shutdown') {
        reply({});
        onShutdown();
        return;
      }
      cluster
        .then((started) => (started as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[call.method](...call.args))
        .then((result) => reply({ result }), (error: Error) => reply({ error: error.message }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(socket, resolve);
  });
  fs.chmodSync(socket, 0o600);
}

/** Connects to a running cluster. The connection does not keep the process alive. */
export async function connect(socket = process.env[SOCKET_VARIABLE]): Promise<ConnectedCluster> {
  if (!socket) throw new Error('no cluster: run this through "npm run conformance" or "npm run cluster"');
  const connection = net.connect(socket);
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', resolve);
    connection.once('error', reject);
  });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let next = 0;
  onLine(connection, (line) => {
    const answer = JSON.parse(line) as Answer;
    const call = open.get(answer.id);
    open.delete(answer.id);
    if (open.size === 0) connection.unref();
    if (answer.error === undefined) call?.resolve(answer.result);
    else call?.reject(new Error(answer.error));
  });
  const fail = () => {
    for (const call of open.values()) call.reject(new Error('the cluster has ended'));
    open.clear();
  };
  connection.on('error', fail);
  connection.on('close', fail);
  connection.unref();
  return new Proxy({}, {
    get: (_, method) => {
      if (typeof method !== 'string' || method === 'then') return undefined; // it is no promise
      if (method === 'disconnect') return () => connection.destroy();
      return (...args: unknown[]) => {
        // Where the error is thrown says nothing: where the call was made does.
        const here = new Error();
        return new Promise((resolve, reject) => {
          const id = ++next;
          connection.ref();
          open.set(id, { resolve, reject: (error) => { here.message = `${method}: ${error.message}`; reject(here); } });
          connection.write(`${JSON.stringify({ id, method, args })}\n`);
        });
      };
    },
  }) as ConnectedCluster;
}

function onLine(connection: net.Socket, handle: (line: string) => void): void {
  let parts: string[] = []; // an answer may be megabytes, in many pieces
  connection.setEncoding('utf8');
  connection.on('data', (chunk: string) => {
    const lines = chunk.split('\n');
    for (const [index, line] of lines.entries()) {
      parts.push(line);
      if (index === lines.length - 1) break;
      const whole = parts.join('');
      parts = [];
      if (whole) handle(whole);
    }
  });
}
