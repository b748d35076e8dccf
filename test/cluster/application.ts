import * as fs from 'node:fs';
import { Manifest } from './api';
import { Container } from './container';
import { Daemon } from './process';
import { selects } from './store';

/** What an echo server does on a port. */
export interface EchoPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: 'http' | 'http2' | 'https' | 'grpc' | 'tcp';
}

export interface EchoIdentity {
  readonly pod: string;
  readonly namespace: string;
  readonly workload: string;
  readonly version: string;
}

/** Who the application and a request sent from its pod run as: anyone but the proxy, whose traffic is not intercepted. */
export const APPLICATION_UID = 10001;

/** Starts the echo server that stands for an image. */
export function startEcho(container: Container, name: string, identity: EchoIdentity, ports: EchoPort[], uid = APPLICATION_UID): Daemon {
  const requestLog = requestLogOf(container);
  fs.closeSync(fs.openSync(requestLog, 'a'));
  fs.chmodSync(requestLog, 0o666); // several containers of a pod may write, each as its own user
  const config = `${container.folder}/${name}.json`;
  fs.writeFileSync(config, JSON.stringify({ ...identity, requestLog, ports }));
  return container.start(name, ['echo', 'serve', '--config', config], { uid });
}

export function requestLogOf(container: Container): string { return `${container.folder}/logs/requests.jsonl`; }

/** The TCP ports of a container, each with the protocol that its Service, or else its own name, says. */
export function echoPortsOf(pod: Manifest, spec: Manifest, services: Manifest[]): EchoPort[] {
  const serving = services.filter((service) => service.metadata.namespace === pod.metadata.namespace
    && selects(service.spec.selector, pod.metadata.labels));
  return (spec.ports ?? []).filter((port: Manifest) => (port.protocol ?? 'TCP') === 'TCP').map((port: Manifest) => {
    const targeting = serving.flatMap((service) => service.spec.ports ?? [])
      .find((candidate: Manifest) => [port.name, port.containerPort].includes(candidate.targetPort ?? candidate.port));
    return {
      name: port.name ?? '',
      number: port.containerPort,
      protocol: protocolOf(targeting?.appProtocol) ?? protocolOf(targeting?.name) ?? protocolOf(port.name) ?? 'http',
    };
  });
}

/** Istio's rule: `appProtocol`, or the port's name up to its first hyphen. */
export function protocolOf(text?: string): EchoPort['protocol'] | undefined {
  switch (text?.toLowerCase().replace(/^kubernetes\.io\//, '').split('-')[0]) {
    case 'http': return 'http';
    case 'http2': case 'h2c': return 'http2';
    case 'grpc': return 'grpc';
    case 'tcp': case 'tls': case 'https': case 'mongo': case 'mysql': case 'redis': return 'tcp';
    default: return undefined;
  }
}

/** Whether the ports are bound: what a connection would not tell, because the proxy accepts it for the application. */
export function listens(daemon: Daemon, ports: EchoPort[]): boolean {
  const bound = new Set<number>();
  for (const table of ['tcp', 'tcp6']) {
    const file = `/proc/${daemon.pid}/net/${table}`;
    if (!fs.existsSync(file)) continue;
    for (const line of fs.readFileSync(file, 'utf8').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      if (columns[3] === '0A') bound.add(parseInt(columns[1].split(':')[1], 16));
    }
  }
  return ports.every((port) => bound.has(port.number));
}
