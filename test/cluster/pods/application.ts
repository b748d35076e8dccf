import * as fs from 'node:fs';
import { Manifest } from '../api/client';
import { selects } from '../api/store';
import { Daemon } from '../machine/process';
import { EchoPort, protocolOf } from '../programs/echo';

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
