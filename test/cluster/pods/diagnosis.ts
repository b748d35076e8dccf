import { listening } from './listening';
import { RunningPod } from './pod';
import { grpcCodeText, probePort, probeText, silence } from './probes';
import { PROXY_UID } from './proxy';
import { RunningContainer } from './running-container';
import { Manifest } from '../api/client';
import { EchoRequest, sendRequests } from '../programs/echo';

/** Ports of the proxy and its agent, which listen in the same namespace. */
const PROXY_PORTS = { from: 15000, to: 15099 };

/** Why a pod is not ready, container by container, in words; nothing for one that is. */
export async function whyNotReady(pod: RunningPod): Promise<string> {
  const unready = pod.containers().filter((container) => !container.ready);
  const reasons = await Promise.all(unready.map(async (container) => `container ${container.name}: ${await whyContainer(pod, container)}`));
  if (reasons.length === 0) return pod.ready ? '' : `it is starting: ${pod.stage}`;
  return reasons.join('; ');
}

async function whyContainer(pod: RunningPod, container: RunningContainer): Promise<string> {
  const { restartCount, lastEnd, waiting, ended } = container;
  const restarts = restartCount > 0 ? `, restarted ${restartCount === 1 ? 'once' : `${restartCount} times`}` : '';
  if (ended) return `it has ended: ${ended.message}`;
  if (waiting) return `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}${restarts}`;
  const now = container.heard ? await whyProbe(pod, container, container.heard) : 'no probe has had an answer yet';
  return restarts ? `${now}${restarts} (${lastEnd?.message})` : now;
}

async function whyProbe(pod: RunningPod, container: RunningContainer, { kind, outcome }: NonNullable<RunningContainer['heard']>): Promise<string> {
  const given: Manifest = container.spec[`${kind}Probe`];
  const definition = rewritten(pod, given) ?? given;
  const port = probePort(container.spec, definition);
  if (outcome.ok || port === undefined) return `${kind} ${outcome.text}`;
  const silent = whyNoListener(pod, container, port);
  if (silent) return silent;
  if (definition === given) return `${kind} ${outcome.text}`;
  // The proxy's agent asks the program, and tells the kubelet no more than 500
  const direct = await askDirectly(pod, container, definition);
  return direct ? `${kind} ${probeText(container.spec, definition)} ${direct}` : `${kind} ${outcome.text}, where the proxy's agent asks ${probeText(container.spec, definition)}`;
}

/** Whether the program listens on another port than it is asked on. */
function whyNoListener(pod: RunningPod, container: RunningContainer, port: number): string | undefined {
  if (!container.daemon) return undefined;
  const found = listening(container.daemon).filter((one) => one.port < PROXY_PORTS.from || one.port > PROXY_PORTS.to);
  const here = found.filter((one) => one.port === port);
  if (here.some((one) => !one.loopback)) return undefined;
  if (here.length > 0) return `listens on 127.0.0.1:${port} only, where neither a probe nor another pod can reach it`;
  if (container.name === 'istio-proxy') return undefined;
  const others = new Set(pod.containers().filter((other) => other !== container).flatMap((other) => other.ports));
  const own = [...new Set(found.map((one) => one.port))].filter((one) => !others.has(one));
  return `does not listen on ${port} (${own.length > 0 ? `it listens on ${own.join(', ')}` : 'nor on any other port'})`;
}

/** The probe as it was before the injector sent it to the proxy's agent. */
function rewritten(pod: RunningPod, definition: Manifest): Manifest | undefined {
  const probers = pod.running('istio-proxy')?.spec.env?.find((variable: Manifest) => variable.name === 'ISTIO_KUBE_APP_PROBERS')?.value;
  return probers && definition.httpGet ? JSON.parse(probers)[definition.httpGet.path] : undefined;
}

/** Asks as the agent does, who is not intercepted; nothing when the answer is good. */
async function askDirectly(pod: RunningPod, container: RunningContainer, definition: Manifest): Promise<string | undefined> {
  const timeoutMs = (definition.timeoutSeconds ?? 1) * 1000;
  // By the pod's address it would meet its own proxy, where mutual TLS is asked for; the agent comes from an address of its own
  const target = `127.0.0.1:${probePort(container.spec, definition)}`;
  let request: EchoRequest;
  if (definition.httpGet) {
    const headers = Object.fromEntries((definition.httpGet.httpHeaders ?? []).map((header: Manifest) => [header.name, header.value]));
    const secure = definition.httpGet.scheme === 'HTTPS';
    request = { protocol: secure ? 'https' : 'http', url: `${secure ? 'https' : 'http'}://${target}${definition.httpGet.path ?? '/'}`, headers, timeoutMs };
  } else if (definition.grpc) {
    request = { protocol: 'grpc', url: target, path: '/grpc.health.v1.Health/Check', timeoutMs };
  } else {
    return undefined;
  }
  const [result] = await sendRequests(pod.container, [request], { uid: PROXY_UID });
  if (result.status === 0) return /deadline|timeout/i.test(result.error ?? '') ? silence(timeoutMs) : `failed: ${result.error}`;
  if (result.grpcStatus !== undefined) return result.grpcStatus === 0 ? undefined : grpcCodeText(result.grpcStatus);
  return result.status >= 200 && result.status < 400 ? undefined : `answered ${result.status}`;
}
