import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Runs in each network namespace: listens on ports, answering whatever comes
 * in, and tries connections. One JSON line in, one JSON line out.
 */
const AGENT = `
const net = require('net'), dgram = require('dgram');
const kept = [];
const attempts = {
  listen: async ({ TCP, UDP }) => {
    await Promise.all(TCP.map(port => new Promise((done, fail) =>
      net.createServer(s => s.on('error', () => {}).pipe(s)).on('error', fail).listen(port, '0.0.0.0', done))));
    await Promise.all(UDP.map(port => new Promise((done, fail) => {
      const socket = dgram.createSocket('udp4').on('error', fail);
      socket.on('message', (text, from) => socket.send(text, from.port, from.address)).bind(port, '0.0.0.0', done);
    })));
    return true;
  },
  TCP: ({ from, ip, port, keep, timeoutMs }) => new Promise(done => {
    const socket = net.connect({ host: ip, port, localAddress: from }, () => socket.write('ping'));
    socket.setTimeout(timeoutMs, () => socket.destroy(Error('timeout')));
    socket.on('data', () => { if (keep) { socket.setTimeout(0); kept.push(socket); } else socket.destroy(); done('open'); });
    socket.on('error', error => done(error.code || error.message));
  }),
  UDP: ({ from, ip, port, timeoutMs }) => new Promise(done => {
    const socket = dgram.createSocket('udp4');
    const end = result => { clearTimeout(timer); try { socket.close(); } catch {} done(result); };
    const timer = setTimeout(() => end('timeout'), timeoutMs);
    socket.on('error', error => end(error.code)).on('message', () => end('open'));
    socket.bind(0, from, () => socket.connect(port, ip, error => error ? end(error.code) : socket.send('ping')));
  }),
  kept: () => new Promise(done => {
    const socket = kept.at(-1), timer = setTimeout(() => done('timeout'), 10_000);
    const end = result => { clearTimeout(timer); done(result); };
    socket.removeAllListeners().on('data', () => end('open')).on('error', error => end(error.code)).write('again');
  }),
};
require('readline').createInterface({ input: process.stdin }).on('line', async line => {
  const { id, what, ...args } = JSON.parse(line);
  const result = await Promise.resolve(attempts[what](args)).catch(error => 'error: ' + error);
  console.log(JSON.stringify({ id, result }));
});
`;

/** A host of the testbed: a network namespace that lives as long as its agent. */
export class Host {
  private readonly agent: ChildProcess;
  private readonly waiting = new Map<number, (result: unknown) => void>();
  private last = 0;

  constructor(readonly ip: string, isolated: boolean) {
    const command = [process.execPath, '-e', AGENT];
    // unshare becomes the agent, so the namespace is that of the agent's pid
    // and needs no name that could be left behind.
    this.agent = isolated
      ? spawn('unshare', ['-n', ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
      : spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.agent.stdout! }).on('line', line => {
      const { id, result } = JSON.parse(line);
      this.waiting.get(id)?.(result);
      this.waiting.delete(id);
    });
  }

  ask(what: string, args: object = {}): Promise<unknown> {
    const id = ++this.last;
    this.agent.stdin!.write(JSON.stringify({ id, what, ...args }) + '\n');
    return new Promise(resolve => this.waiting.set(id, resolve));
  }

  /** An answer comes at once, and so does a refusal: `timeoutMs` is for who expects neither. */
  connect(protocol: string, to: { ip: string }, port: number, { keep = false, timeoutMs = 10_000 } = {}): Promise<unknown> {
    return this.ask(protocol, { from: this.ip, ip: to.ip, port, keep, timeoutMs });
  }

  /** A veth pair with a /32 route, as the pods of the cluster have. */
  attach(device: string): void {
    const inside = ['nsenter', '-t', String(this.agent.pid), '-n'];
    run('ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.agent.pid));
    run('ip', 'addr', 'add', '169.254.1.1/32', 'dev', device);
    run('ip', 'link', 'set', device, 'up');
    run('ip', 'route', 'add', `${this.ip}/32`, 'dev', device);
    run(...inside, 'ip', 'link', 'set', 'lo', 'up');
    run(...inside, 'ip', 'addr', 'add', `${this.ip}/32`, 'dev', 'eth0');
    run(...inside, 'ip', 'link', 'set', 'eth0', 'up');
    run(...inside, 'ip', 'route', 'add', '169.254.1.1', 'dev', 'eth0', 'scope', 'link');
    run(...inside, 'ip', 'route', 'add', 'default', 'via', '169.254.1.1');
  }

  end(): Promise<void> {
    return new Promise(resolve => this.agent.once('exit', () => resolve()).kill('SIGKILL'));
  }
}

/** Hosts by name behind this namespace, which routes between them and is the `node`. */
export async function startTestbed(
  addresses: Record<string, string>, listened: Record<string, number[]>,
): Promise<Record<string, Host>> {
  run('ip', 'link', 'set', 'lo', 'up');
  run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const hosts: Record<string, Host> = { node: new Host('169.254.1.1', false) };
  for (const [name, ip] of Object.entries(addresses)) hosts[name] = new Host(ip, true);
  for (const [index, name] of Object.keys(addresses).entries()) {
    // The first answer shows that the namespace is there.
    await hosts[name].ask('listen', listened);
    hosts[name].attach(`host${index}`);
  }
  return hosts;
}

export function loadRules(script: string): void {
  execFileSync('nft', ['-f', '-'], { input: script, stdio: ['pipe', 'inherit', 'inherit'] });
}

/** The rules as the kernel has them, with their counters. */
export function listRules(): string {
  return execFileSync('nft', ['list', 'table', 'inet', 'cdk8s_mesh_policy'], { encoding: 'utf8' });
}

function run(...[command, ...args]: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
