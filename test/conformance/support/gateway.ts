import { PLAIN } from './bystanders';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { ConnectedCluster } from '../../cluster/remote';

/** Asks a gateway from a pod outside of the mesh, as somebody outside of the cluster would, at the port of the URL; the answers in the order of the requests. */
export async function throughGateway(cluster: ConnectedCluster, gateway: string, requests: EchoRequest[]): Promise<EchoResult[]> {
  const [namespace, name] = gateway.split('/');
  const { clusterIP } = (await cluster.get('v1', 'Service', name, namespace))!.spec;
  const addressed = requests.map((request) => {
    const { port } = new URL(request.url);
    return { timeoutMs: 10_000, ...request, address: `${clusterIP}:${port || 80}` };
  });
  return cluster.send(PLAIN, addressed);
}
