import { explain } from './explain';
import { Manifest } from '../../cluster/api/client';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { ConnectedCluster } from '../../cluster/remote';

/** A request of a kind that a server takes, before anybody is asked whether it may be sent. */
export interface Probe {
  readonly server: string;
  readonly port: string;
  readonly method?: string;
  readonly path?: string;
  readonly request: EchoRequest;
}

/** How long an answer or a refusal may take, and an answer that did not come in that time. */
const FIRST_MS = 3000;
const AGAIN_MS = 15_000;

/** The proxies are asked about the first ones: the others mostly come from the same. */
const EXPLAINED = 3;

/** What the application's program says, in the test's own words: never read from the YAML that is under test. */
export type Declared = (from: string, probe: Probe) => boolean;

export function answered(result: EchoResult): boolean {
  return result.status === 200 && (result.grpcStatus ?? 0) === 0;
}

/**
 * Sends every probe from every client, and lists where what came is not what was declared.
 *
 * @param refusal what a refusal must look like besides not being answered.
 */
export async function violations(
  cluster: ConnectedCluster, clients: string[], probes: Probe[], declared: Declared,
  refusal: (from: string, result: EchoResult) => boolean = () => true,
): Promise<{ sent: number; allowed: number; wrong: string[] }> {
  const outcomes = await Promise.all(clients.map(async (from) => {
    const others = probes.filter(probe => from !== probe.server);
    const requests = others.map((probe, index) => ({ ...probe.request, id: String(index), newConnection: true, timeoutMs: FIRST_MS }));
    const results = await cluster.send(from, requests, { parallel: 8 });
    return others.map((probe, index) => ({ from, probe, result: results.find(({ id }) => id === String(index))!, expected: declared(from, probe) }));
  }));
  const judged = outcomes.flat();
  // So many at once may be too many for a busy machine: what is declared and had no answer in time is asked once more, alone, until one has none again
  for (const outcome of judged.filter(({ expected, result }) => expected && isLate(result))) {
    [outcome.result] = await cluster.send(outcome.from, [{ ...outcome.probe.request, newConnection: true, timeoutMs: AGAIN_MS }]);
    if (!answered(outcome.result)) {
      break;
    }
  }
  const wrong = judged.filter(({ from, result, expected }) => answered(result) !== expected || (!expected && !refusal(from, result)));
  return {
    sent: judged.length,
    allowed: judged.filter(({ expected }) => expected).length,
    wrong: await Promise.all(wrong.map(({ from, probe, result, expected }, index) => (index < EXPLAINED
      ? explain(cluster, from, probe.request, result, expected ? 'an answer' : 'a refusal')
      : `from ${from}: ${probe.method ?? ''} ${probe.request.url} ${probe.path ?? ''}: status ${result.status}, ${expected ? 'an answer' : 'a refusal'} was expected`))),
  };
}

/** A client that has given up: any other failure is somebody's word. */
function isLate({ status, error }: EchoResult): boolean {
  return status === 0 && error !== undefined && error.startsWith('timeout after ');
}

/** Two identical pods may be reached under several names; a probe goes to the Service, as a client's would. */
export function httpProbe(server: string, port: { name: string; number: number }, method: string, path: string): Probe {
  const [namespace, name] = server.split('/');
  return { server, port: port.name, method, path, request: { url: `http://${name}.${namespace}:${port.number}${path}`, method } };
}

export function grpcProbe(server: string, port: { name: string; number: number }, path: string): Probe {
  const [namespace, name] = server.split('/');
  return { server, port: port.name, path, request: { protocol: 'grpc', url: `${name}.${namespace}:${port.number}`, path } };
}

export function tcpProbe(server: string, port: { name: string; number: number }): Probe {
  const [namespace, name] = server.split('/');
  return { server, port: port.name, request: { protocol: 'tcp', url: `${name}.${namespace}:${port.number}`, body: 'ping' } };
}

export function describeObject(object: Manifest): string {
  return `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
