import * as http from 'node:http';
import * as net from 'node:net';
import { Manifest } from '../api/client';

/**
 * A probe as the kubelet does it, from the node, through whatever NetworkPolicies and proxies are in between. `exec`
 * probes pass (there is no image to run anything in), and so does what the injector left as gRPC when the port answers.
 */
export function probe(address: string, spec: Manifest, definition: Manifest | undefined): Promise<boolean> {
  const timeoutMs = (definition?.timeoutSeconds ?? 1) * 1000;
  if (definition?.httpGet) return httpProbe(address, portNumber(spec, definition.httpGet.port), definition.httpGet, timeoutMs);
  if (definition?.tcpSocket) return tcpProbe(address, portNumber(spec, definition.tcpSocket.port), timeoutMs);
  if (definition?.grpc) return tcpProbe(address, definition.grpc.port, timeoutMs);
  return Promise.resolve(true);
}

function httpProbe(address: string, port: number, action: Manifest, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = Object.fromEntries((action.httpHeaders ?? []).map((header: Manifest) => [header.name, header.value]));
    const request = http.get({ host: address, port, path: action.path ?? '/', headers, timeout, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode! >= 200 && response.statusCode! < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}

function tcpProbe(address: string, port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port, timeout });
    const end = (ok: boolean) => { socket.destroy(); resolve(ok); };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}

function portNumber(spec: Manifest, port: number | string): number {
  if (typeof port === 'number') return port;
  return (spec.ports ?? []).find((candidate: Manifest) => candidate.name === port)?.containerPort ?? Number(port);
}
