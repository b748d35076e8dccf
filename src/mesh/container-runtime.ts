import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { ContainerRuntimeSettings } from '../graph/mesh-settings';

/**
 * What runs the containers on the nodes, and where it is asked: the faults that act within a pod (`Fault.podCpuHog`,
 * `Fault.podNetworkLoss`) go through its socket.
 *
 * Litmus: `CONTAINER_RUNTIME` and `SOCKET_PATH`.
 *
 * @see https://litmuschaos.github.io/litmus/experiments/categories/pods/pod-network-loss/#container-runtime-and-socket-path
 */
@checked
export class ContainerRuntime {
  /**
   * containerd, as in most clusters.
   *
   * Throws `InvalidPath`, when the Mesh is made.
   *
   * @param socketPath the socket on the node; by default /run/containerd/containerd.sock. K3s has
   *   /run/k3s/containerd/containerd.sock, MicroK8s /var/snap/microk8s/common/run/containerd.sock.
   *
   * @example
   * new Mesh(app, 'mesh', { containerRuntime: ContainerRuntime.containerd('/run/k3s/containerd/containerd.sock') });
   */
  public static containerd(socketPath?: string): ContainerRuntime {
    return new ContainerRuntime('containerd', socketPath ?? '/run/containerd/containerd.sock');
  }

  /**
   * CRI-O, as in OpenShift.
   *
   * @param socketPath the socket on the node; by default /run/crio/crio.sock.
   *
   * @example
   * ContainerRuntime.crio();
   */
  public static crio(socketPath?: string): ContainerRuntime {
    return new ContainerRuntime('crio', socketPath ?? '/run/crio/crio.sock');
  }

  /**
   * Docker, by way of cri-dockerd.
   *
   * @param socketPath the socket on the node; by default /run/docker.sock.
   *
   * @example
   * ContainerRuntime.docker();
   */
  public static docker(socketPath?: string): ContainerRuntime {
    return new ContainerRuntime('docker', socketPath ?? '/run/docker.sock');
  }

  private constructor(private readonly name: string, private readonly socketPath: string) {}

  /** @internal */
  public _toSettings(site: Site): ContainerRuntimeSettings {
    if (!/^(\/[^/\s:]+)+$/.test(this.socketPath)) {
      site.in('socketPath').fail('InvalidPath', 'must be an absolute path', this.socketPath, 'Write the file alone, without a scheme: /run/containerd/containerd.sock.');
    }
    return { name: this.name, socketPath: this.socketPath };
  }
}
