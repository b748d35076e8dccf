import { NetworkPolicy, renderNetworkPolicies } from './network-policy';
import { Manifest } from '../api/client';
import { coalesce, Store } from '../api/store';
import { run } from '../machine/process';

/** Keeps the node's firewall as the NetworkPolicies, pods and namespaces are now. */
export class NetworkPolicyController {
  public static start(stores: { policies: Store; pods: Store; namespaces: Store }): NetworkPolicyController {
    const controller = new NetworkPolicyController(stores);
    for (const store of Object.values(stores)) store.onChange(() => { controller.changes++; controller.refresh(); });
    return controller;
  }

  private changes = 0;
  private done = 0;
  private loaded = '';
  private readonly refresh: () => void;

  private constructor(private readonly stores: { policies: Store; pods: Store; namespaces: Store }) {
    this.refresh = coalesce(20, () => this.load());
  }

  /** Whether something has changed that is not in the firewall yet. */
  public get pending(): boolean { return this.done < this.changes; }

  private async load(): Promise<void> {
    const changes = this.changes;
    const script = renderNetworkPolicies({
      policies: this.stores.policies.list() as NetworkPolicy[],
      pods: this.stores.pods.list().filter(isOnNetwork).map((pod) => ({
        namespace: pod.metadata.namespace,
        name: pod.metadata.name,
        labels: pod.metadata.labels ?? {},
        ip: pod.status.podIP,
        ports: portsOf(pod),
      })),
      namespaces: this.stores.namespaces.list().map((namespace) => ({ name: namespace.metadata.name, labels: namespace.metadata.labels ?? {} })),
    });
    if (script !== this.loaded) await run(['nft', '-f', '-'], { input: script });
    this.loaded = script;
    this.done = changes;
  }
}

function isOnNetwork(pod: Manifest): boolean {
  return Boolean(pod.status?.podIP) && !['Succeeded', 'Failed'].includes(pod.status.phase) && !pod.spec.hostNetwork;
}

/** Native sidecars are init containers, and have ports as well. */
function portsOf(pod: Manifest): { name: string; number: number; protocol: string }[] {
  return [...pod.spec.containers, ...pod.spec.initContainers ?? []].flatMap((container: Manifest) => (container.ports ?? [])
    .map((port: Manifest) => ({ name: port.name ?? '', number: port.containerPort, protocol: port.protocol ?? 'TCP' })));
}
