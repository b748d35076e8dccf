import * as fs from 'node:fs';
import { Manifest } from './api';
import { APPLICATION_UID, requestLogOf } from './application';
import { Container } from './container';
import { RunningPod } from './pod';

/** A request, as `echo send` reads it. */
export interface EchoRequest {
  readonly id?: string;
  /** @default - http */
  readonly protocol?: 'http' | 'http2' | 'https' | 'grpc' | 'tcp';
  /** A URL (https:// for https, whose certificate is not verified), or host:port for gRPC and TCP. */
  readonly url: string;
  /** gRPC: /package.Service/Method */
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** @default - 1 */
  readonly count?: number;
  /** @default - 1 */
  readonly concurrency?: number;
  /** @default - 5000 */
  readonly timeoutMs?: number;
  readonly newConnection?: boolean;
}

/** What came of one request. */
export interface EchoResult {
  readonly id: string;
  readonly n: number;
  /** 0 where no answer came at all. */
  readonly status: number;
  readonly grpcStatus?: number;
  readonly error?: string;
  readonly durationMs: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** What the echo server said of itself and of the request; absent when a proxy answered. */
  readonly echo?: Manifest;
}

/** Sends requests from within a pod, as its application would. */
export async function sendFrom(pod: RunningPod, requests: EchoRequest[], options: { parallel?: number } = {}): Promise<EchoResult[]> {
  const input = requests.map((request, index) => ({ id: String(index), protocol: 'http', timeoutMs: 5000, ...request }));
  const done = await pod.container.exec(['echo', 'send', '--parallel', String(options.parallel ?? 1)], { uid: APPLICATION_UID, input: JSON.stringify(input) });
  if (done.code !== 0) throw new Error(`echo send in ${pod.manifest.metadata.name}: ${done.stderr.trim()}`);
  return jsonLines(done.stdout) as unknown as EchoResult[];
}

/** A page of Envoy's admin interface, which listens on the pod's loopback device only. */
export function envoyAdmin(pod: RunningPod, page: string): Promise<string> {
  return localPage(pod.container, `http://127.0.0.1:15000${page}`);
}

/** What a server within a network namespace answers to a client there. */
export async function localPage(container: Container, url: string): Promise<string> {
  const request = [{ id: 'page', protocol: 'http', url, timeoutMs: 10_000 }];
  const done = await container.exec(['echo', 'send'], { uid: APPLICATION_UID, input: JSON.stringify(request) });
  const answer = done.code === 0 ? JSON.parse(done.stdout) : { error: done.stderr };
  if (answer.status !== 200) throw new Error(`${url}: ${answer.error ?? answer.status}`);
  return answer.body;
}

/** The proxy's access log: the JSON lines of its output that are no log lines of the agent. */
export function accessLogOf(pod: RunningPod): Manifest[] {
  return jsonLines(readLog(pod.container.logFile('istio-proxy'))).filter((line) => 'response_code' in line || 'response_flags' in line);
}

/** The requests that reached the application. */
export function requestsOf(pod: RunningPod): Manifest[] {
  return jsonLines(readLog(requestLogOf(pod.container)));
}

/** The output of a container. */
export function logOf(pod: RunningPod, container: string): string {
  return readLog(pod.container.logFile(container));
}

export function readLog(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

export function jsonLines(text: string): Manifest[] {
  const objects: Manifest[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue;
    try { objects.push(JSON.parse(line)); } catch { /* a line that is still being written */ }
  }
  return objects;
}
