import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as net from 'node:net';
import { Manifest } from '../api/client';
import { later } from '../machine/process';

/** What came of asking once. */
export interface ProbeOutcome {
  readonly ok: boolean;
  /** What was asked and what came, such as `GET :8080/readyz answered 404`. */
  readonly text: string;
}

const GRPC_CODES = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED',
];

/**
 * A probe as the kubelet does it, from the node, through whatever NetworkPolicies and proxies are in between. `exec`
 * probes pass: there is no image to run anything in.
 */
export async function probe(address: string, spec: Manifest, definition: Manifest | undefined): Promise<ProbeOutcome> {
  const what = probeText(spec, definition);
  const timeoutMs = (definition?.timeoutSeconds ?? 1) * 1000;
  const port = probePort(spec, definition);
  let failure: string | undefined;
  if (definition?.httpGet) failure = await askHttp(address, port!, definition.httpGet, timeoutMs);
  if (definition?.tcpSocket) failure = await askTcp(address, port!, timeoutMs);
  if (definition?.grpc) failure = await askGrpc(address, port!, definition.grpc.service ?? '', timeoutMs);
  return { ok: failure === undefined, text: `${what} ${failure ?? 'passed'}` };
}

/** What a probe asks, in a few words. */
export function probeText(spec: Manifest, definition: Manifest | undefined): string {
  const port = probePort(spec, definition);
  if (definition?.httpGet) return `GET :${port}${definition.httpGet.path ?? '/'}`;
  if (definition?.tcpSocket) return `connection to :${port}`;
  if (definition?.grpc) return `gRPC health check :${port}${definition.grpc.service ? ` of ${definition.grpc.service}` : ''}`;
  return 'exec';
}

export function probePort(spec: Manifest, definition: Manifest | undefined): number | undefined {
  const port: number | string | undefined = (definition?.httpGet ?? definition?.tcpSocket ?? definition?.grpc)?.port;
  if (port === undefined || typeof port === 'number') return port;
  return (spec.ports ?? []).find((candidate: Manifest) => candidate.name === port)?.containerPort ?? Number(port);
}

export function grpcCodeText(code: number): string {
  const name = GRPC_CODES[code] ?? String(code);
  return name === 'UNIMPLEMENTED' ? 'answered UNIMPLEMENTED: it has no health service' : `answered ${name}`;
}

export function silence(timeoutMs: number): string { return `had no answer within ${timeoutMs / 1000} s`; }

/** Nothing when the answer is good; redirects count as such. */
function askHttp(address: string, port: number, action: Manifest, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = Object.fromEntries((action.httpHeaders ?? []).map((header: Manifest) => [header.name, header.value]));
    const options = { host: address, port, path: action.path ?? '/', headers, agent: false, rejectUnauthorized: false };
    const request = (action.scheme === 'HTTPS' ? https : http).get(options, (response) => {
      response.resume();
      const code = response.statusCode!;
      resolve(code >= 200 && code < 400 ? undefined : `answered ${code}`);
    });
    // The whole answer, not each of its pieces
    const callOff = later(timeoutMs, () => { resolve(silence(timeoutMs)); request.destroy(); });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(`failed: ${error.code ?? error.message}`));
    request.on('close', () => { callOff(); resolve('was cut off'); });
  });
}

function askTcp(address: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const callOff = later(timeoutMs, () => end(silence(timeoutMs)));
    const end = (failure?: string) => { callOff(); socket.destroy(); resolve(failure); };
    socket.on('connect', () => end());
    socket.on('error', (error: NodeJS.ErrnoException) => end(`failed: ${error.code ?? error.message}`));
  });
}

/** grpc.health.v1.Health/Check: one message there and one back, each a byte, a length and the fields. */
function askGrpc(address: string, port: number, service: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const session = http2.connect(`http://${address}:${port}`);
    const callOff = later(timeoutMs, () => end(silence(timeoutMs)));
    const end = (failure?: string) => { callOff(); session.destroy(); resolve(failure); };
    session.on('error', (error: NodeJS.ErrnoException) => end(`failed: ${error.code ?? error.message}`));
    const stream = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', 'te': 'trailers' });
    const name = Buffer.from(service);
    const message = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0);
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
    const body: Buffer[] = [];
    let code: number | undefined;
    const note = (headers: http2.IncomingHttpHeaders) => { if (headers['grpc-status'] !== undefined) code = Number(headers['grpc-status']); };
    stream.on('response', note); // an answer without a message has its status here
    stream.on('trailers', note);
    stream.on('data', (chunk) => body.push(chunk));
    stream.on('error', (error) => end(`failed: ${error.message}`));
    stream.on('end', () => setImmediate(() => {
      const serving = Buffer.concat(body).subarray(5).equals(Buffer.from([0x08, 1]));
      if (code === 0 && serving) end();
      else end(code === 0 ? 'answered NOT_SERVING' : code === undefined ? 'was no gRPC' : grpcCodeText(code));
    }));
  });
}
