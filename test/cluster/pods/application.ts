import { environmentOf } from './environment';
import { versionOf, workloadOf } from './identity';
import { PROXY_UID } from './proxy';
import { provideVolumes } from './volumes';
import { Api, Manifest } from '../api/client';
import { selects } from '../api/store';
import { Container } from '../machine/container';
import { Daemon } from '../machine/process';
import { APPLICATION_UID, EchoPort, protocolOf, startEcho } from '../programs/echo';

/** The ports of a container, each with the protocol that its Service, or else its own name, says. */
export function echoPortsOf(pod: Manifest, spec: Manifest, services: Manifest[]): EchoPort[] {
  const serving = services.filter((service) => service.metadata.namespace === pod.metadata.namespace
    && selects(service.spec.selector, pod.metadata.labels));
  const transport = ({ protocol = 'TCP' }: Manifest): string => protocol;
  return (spec.ports ?? []).map((port: Manifest): EchoPort => {
    if (transport(port) === 'UDP') return { name: port.name ?? '', number: port.containerPort, protocol: 'udp' };
    const targeting = serving.flatMap((service) => service.spec.ports ?? [])
      .find((candidate: Manifest) => transport(candidate) === transport(port)
        && [port.name, port.containerPort].includes(candidate.targetPort ?? candidate.port));
    return {
      name: port.name ?? '',
      number: port.containerPort,
      protocol: protocolOf(targeting?.appProtocol) ?? protocolOf(targeting?.name) ?? protocolOf(port.name) ?? 'http',
    };
  });
}

/** The images for which nothing else stands: their program itself runs, with its arguments, files and variables. */
const REAL = [{ image: /^(docker\.io\/)?otel\/opentelemetry-collector/, program: 'otelcol' }];

/** Starts what stands for the image of a container; the words of its environment that begin with ECHO_ say how it is to be. */
export async function startApplication(
  api: Api, pod: Manifest, spec: Manifest, container: Container, address: string, ports: EchoPort[],
): Promise<Daemon> {
  const { metadata } = pod;
  const given = spec.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const uid = [undefined, 0, PROXY_UID].includes(given) ? APPLICATION_UID : given;
  const real = REAL.find(({ image }) => image.test(spec.image));
  if (real) {
    const mounts = await provideVolumes(api, pod, spec, container, uid);
    return container.start(spec.name, [real.program, ...spec.args ?? []], { uid, mounts, env: await environmentOf(api, pod, spec, address) });
  }
  // The program of a Job is done at once, unless it says otherwise
  const job = metadata.ownerReferences?.some((owner: Manifest) => owner.kind === 'Job') ? { ECHO_END_AFTER: '0s' } : {};
  const env = Object.entries({ ...job, ...await environmentOf(api, pod, spec, address) }).filter(([name]) => name.startsWith('ECHO_'));
  return startEcho(container, spec.name, {
    pod: metadata.name, namespace: metadata.namespace, workload: workloadOf(pod), version: versionOf(pod), image: spec.image,
  }, ports, { uid, env: Object.fromEntries(env) });
}
