import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';

/** The result of a program that ran to its end. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** @default - no limit */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and returns whatever it did, also when it failed. */
export function attempt(command: string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.stdin.on('error', () => undefined); // the program may end before it has read everything
    child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: error.message }));
    child.on('close', (code, signal) => resolve({
      code: code ?? 128,
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString() + (signal ? `\nkilled by ${signal}` : ''),
    }));
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program to its end and returns what it printed; throws when it fails. */
export async function run(command: string[], options: RunOptions = {}): Promise<string> {
  const done = await attempt(command, options);
  if (done.code !== 0) {
    throw new Error(`${command.join(' ').slice(0, 400)} ended with ${done.code}: ${done.stderr.trim().slice(-2000)}`);
  }
  return done.stdout;
}

/** A shell script that stops at its first failing line. */
export function shell(script: string): Promise<string> {
  return run(['sh', '-e', '-c', script]);
}

/** A program that keeps running, with its output in a file. */
export class Daemon {
  public static start(name: string, command: string[], options: {
    logFile: string; uid?: number; cwd?: string; env?: NodeJS.ProcessEnv; ipc?: boolean;
  }): Daemon {
    const log = fs.openSync(options.logFile, 'a');
    // The program may open /dev/stdout again under its own UID, as Envoy does for its access log.
    if (options.uid !== undefined) fs.fchownSync(log, options.uid, options.uid);
    // A process group of its own: the proxy's agent starts Envoy, and both must end together.
    const child = spawn(command[0], command.slice(1), {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
      detached: true,
    });
    fs.closeSync(log);
    return new Daemon(name, options.logFile, child);
  }

  /** How many messages it sent to us. */
  public heard = 0;
  /** How it ended. */
  public exit?: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  /** Resolves when it has ended. */
  public readonly end: Promise<void>;
  private ended?: string;

  private constructor(public readonly name: string, public readonly logFile: string, private readonly child: ChildProcess) {
    child.on('message', () => { this.heard++; });
    this.end = new Promise((resolve) => {
      child.on('error', (error) => { this.exit ??= { code: 127, signal: null }; this.ended = error.message; resolve(); });
      child.on('exit', (code, signal) => { this.exit = { code, signal }; this.ended = signal ?? `code ${code}`; resolve(); });
    });
  }

  public get pid(): number | undefined { return this.child.pid; }

  public get running(): boolean { return this.ended === undefined; }

  public send(message: object): void { if (this.running) this.child.send(message); }

  /** Throws, with the end of the log, when the program is no longer there. */
  public check(): void {
    if (this.ended === undefined) return;
    throw new Fatal(`${this.name} ended (${this.ended}). End of its log:\n${this.lastLines(25)}`);
  }

  /** The end of its log. */
  public lastLines(count: number): string { return readLog(this.logFile).trimEnd().split('\n').slice(-count).join('\n'); }

  public signal(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined) return;
    try { process.kill(-this.child.pid, signal); } catch { /* the group is gone already */ }
  }

  /**
   * Asks the program to end, and ends it with all that it started when it does not within the time given. Like a container's, its
   * first process alone is asked: the proxy's agent decides when Envoy goes.
   */
  public async stop(graceMs = 0): Promise<void> {
    if (graceMs > 0 && this.running) {
      this.child.kill('SIGTERM');
      await Promise.race([this.end, sleep(graceMs)]);
    }
    this.signal('SIGKILL');
    await this.end;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Does something later, unless it is called off by what this returns. The time goes by in slices, of which a machine that stands still takes one at most,
 * and between which what has arrived is read: Node looks at its timers first.
 */
export function later(ms: number, act: () => void, slices = 10): () => void {
  let timer: NodeJS.Timeout;
  const slice = (left: number) => { timer = setTimeout(() => left > 1 ? slice(left - 1) : act(), ms / slices); };
  slice(slices);
  return () => clearTimeout(timer);
}

/** Polls until the check returns something; says what was waited for when it never does. */
export async function until<T>(
  what: string, timeoutMs: number, check: () => Promise<T | undefined | false> | T | undefined | false, everyMs = 50,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      if (error instanceof Fatal) throw error;
      last = ` (${(error as Error).message})`;
    }
    if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1000} s for ${what}${last}`);
    await sleep(everyMs);
  }
}

/** An error that ends a wait at once. */
export class Fatal extends Error {}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type JsonObject = Record<string, any>;

export function readLog(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

export function jsonLines(text: string): JsonObject[] {
  const objects: JsonObject[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    try { objects.push(JSON.parse(line)); } catch { /* a line that is still being written */ }
  }
  return objects;
}
