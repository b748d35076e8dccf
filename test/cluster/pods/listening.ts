import * as fs from 'node:fs';
import { Daemon } from '../machine/process';

/** A port that somebody listens on in a network namespace. */
export interface Listening {
  readonly port: number;
  /** On the loopback device alone: out of reach for a probe and for the proxy, which come to the pod's address. */
  readonly loopback: boolean;
}

const LOOPBACK = ['0100007F', '00000000000000000000000001000000'];

/** What is listened on where a process runs: what a connection would not tell, because the proxy accepts it for the application. */
export function listening(daemon: Daemon): Listening[] {
  const found: Listening[] = [];
  for (const table of ['tcp', 'tcp6']) {
    const file = `/proc/${daemon.pid}/net/${table}`;
    let text = '';
    try { text = fs.readFileSync(file, 'utf8'); } catch { continue; } // it has ended
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] !== '0A') continue;
      const [address, port] = columns[1].split(':');
      found.push({ port: parseInt(port, 16), loopback: LOOPBACK.includes(address) });
    }
  }
  return found;
}

export function isBound(found: Listening[], ports: number[]): boolean {
  return ports.every((port) => found.some((one) => one.port === port));
}
