import * as fs from 'node:fs';
import { Api } from '../api/client';
import { Container } from '../machine/container';
import { Daemon } from '../machine/process';
import { resolvConf } from '../network/names';
import { registerStaticPod } from '../network/node';
import { PodNetwork } from '../network/pod-network';

/** What a program of the platform needs from its surroundings. */
export interface Platform {
  readonly api: Api;
  readonly network: PodNetwork;
  /** Folder of all such programs. */
  readonly folder: string;
  /** Where they find the API server. */
  readonly kubeconfig: string;
}

export interface SystemProgram {
  readonly name: string;
  readonly port: number;
  /** @param container whose folder is the program's own */
  readonly command: (container: Container) => string[];
}

export const SYSTEM_NAMESPACE = 'istio-system';

/**
 * A program that the platform runs beside Istio: a pod without a proxy in istio-system, with a Service of its name. It asks for
 * names, passes the firewall and reaches the Services as every pod does, so policies that are to let it in must name it.
 */
export class SystemPod {
  public static async start({ api, network, folder }: Platform, { name, port, command }: SystemProgram): Promise<SystemPod> {
    const own = `${folder}/${name}`;
    fs.rmSync(own, { recursive: true, force: true }); // what it knew and said before the last reset
    const container = new Container(name, own);
    const address = network.podAddress();
    await network.add(name, address);
    container.write('etc/resolv.conf', resolvConf(SYSTEM_NAMESPACE));
    const labels = { 'app': name, 'app.kubernetes.io/name': name, 'sidecar.istio.io/inject': 'false' };
    const pod = new SystemPod(address, container.start(name, command(container)), api, network, name);
    await registerStaticPod(api, { namespace: SYSTEM_NAMESPACE, name: `${name}-0`, labels, address, ports: [{ name: 'http', number: port }] });
    await api.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: SYSTEM_NAMESPACE },
      spec: { selector: { app: name }, ports: [{ name: 'http', port }] },
    });
    return pod;
  }

  private constructor(
    public readonly address: string, public readonly daemon: Daemon,
    private readonly api: Api, private readonly network: PodNetwork, private readonly name: string,
  ) {}

  public async stop(): Promise<void> {
    await this.daemon.stop();
    await this.network.remove(this.name);
    await this.api.delete(`/api/v1/namespaces/${SYSTEM_NAMESPACE}/services/${this.name}`);
    await this.api.delete(`/api/v1/namespaces/${SYSTEM_NAMESPACE}/pods/${this.name}-0`, { graceSeconds: 0 });
  }
}
