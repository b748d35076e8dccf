import * as fs from 'node:fs';
import { Container } from '../machine/container';
import { Daemon, jsonLines } from '../machine/process';

/** What an echo server does on a port. */
export interface EchoPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: 'http' | 'http2' | 'https' | 'grpc' | 'tcp' | 'tls' | 'udp';
}

export interface EchoIdentity {
  readonly pod: string;
  readonly namespace: string;
  readonly workload: string;
  readonly version: string;
  readonly image?: string;
}

/** Who the application and a request sent from its pod run as: anyone but the proxy, whose traffic is not intercepted. */
export const APPLICATION_UID = 10001;

/** Starts the echo server that stands for an image. */
export function startEcho(container: Container, name: string, identity: EchoIdentity, ports: EchoPort[],
  options: { uid?: number; env?: Record<string, string> } = {}): Daemon {
  const requestLog = requestLogOf(container);
  fs.closeSync(fs.openSync(requestLog, 'a'));
  fs.chmodSync(requestLog, 0o666); // several containers of a pod may write, each as its own user
  const config = `${container.folder}/${name}.json`;
  fs.writeFileSync(config, JSON.stringify({ ...identity, requestLog, ports }));
  return container.start(name, ['echo', 'serve', '--config', config], { uid: options.uid ?? APPLICATION_UID, env: options.env });
}

export function requestLogOf(container: Container): string { return `${container.folder}/logs/requests.jsonl`; }

/** Istio's rule: `appProtocol`, or the port's name up to its first hyphen. */
export function protocolOf(text?: string): EchoPort['protocol'] | undefined {
  switch (text?.toLowerCase().replace(/^kubernetes\.io\//, '').split('-')[0]) {
    case 'http': return 'http';
    case 'http2': case 'h2c': return 'http2';
    case 'grpc': return 'grpc';
    case 'tcp': case 'mongo': case 'mysql': case 'redis': return 'tcp';
    case 'tls': case 'https': return 'https';
    default: return undefined;
  }
}

/** A request, as `echo send` reads it. */
export interface EchoRequest {
  readonly id?: string;
  /** @default - http */
  readonly protocol?: 'http' | 'http2' | 'https' | 'grpc' | 'tcp' | 'tls' | 'udp' | 'websocket';
  /** A URL (https:// for https, ws:// and wss:// for websocket), or host:port for gRPC, TCP, UDP and TLS, whose host is the name that the client asks for. */
  readonly url: string;
  /** gRPC: /package.Service/Method */
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Where HTTP, TLS and a WebSocket connect, host:port, whatever the name in the URL. */
  readonly address?: string;
  /** A certificate and its key, in PEM, by which an https or tls client says who it is. */
  readonly identity?: string;
  /**
   * The certificate, in PEM, of whoever has to have signed that of an https or tls server, whatever name stands in it.
   *
   * @default - any certificate will do
   */
  readonly authority?: string;
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
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly echo?: Record<string, any>;
}

/** Sends requests from within a network namespace. */
export async function sendRequests(
  container: Container, requests: EchoRequest[], options: { parallel?: number; uid?: number } = {},
): Promise<EchoResult[]> {
  const input = requests.map((request, index) => ({ id: String(index), protocol: 'http', timeoutMs: 5000, ...request }));
  const done = await container.exec(['echo', 'send', '--parallel', String(options.parallel ?? 1)], {
    uid: options.uid ?? APPLICATION_UID, input: JSON.stringify(input),
  });
  if (done.code !== 0) throw new Error(`echo send: ${done.stderr.trim()}`);
  return jsonLines(done.stdout) as unknown as EchoResult[];
}

/** What a server within a network namespace answers to a client there. */
export async function localPage(container: Container, url: string): Promise<string> {
  const request = [{ id: 'page', protocol: 'http', url, timeoutMs: 10_000 }];
  const done = await container.exec(['echo', 'send'], { uid: APPLICATION_UID, input: JSON.stringify(request) });
  const answer = done.code === 0 ? JSON.parse(done.stdout) : { error: done.stderr };
  if (answer.status !== 200) throw new Error(`${url}: ${answer.error ?? answer.status}`);
  return answer.body;
}
