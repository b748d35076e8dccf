import * as kplus from 'cdk8s-plus-28';
import { checked } from '../diagnostics/checked';

/**
 * Options for `GrpcProbe.of`.
 */
export interface GrpcProbeOptions extends kplus.ProbeOptions {
  /**
   * The port on which the container answers.
   *
   * @default - the container's first port
   */
  readonly port?: number;

  /**
   * The name of the service whose health is asked for: `orders.v1.Orders`.
   *
   * @default - that of the server as a whole
   */
  readonly service?: string;
}

/**
 * A probe that asks the standard health service of gRPC, which a server has to register. For readiness, liveness and
 * start-up alike, of a service's own container and of those that are added.
 *
 * Kubernetes: `Probe.grpc`, which cdk8s-plus has no factory for.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-grpc-liveness-probe
 */
@checked
export class GrpcProbe {
  /**
   * @example
   * new MeshService(chart, 'orders', {
   *   image: 'ghcr.io/acme/orders:1.4.2',
   *   ports: [MeshPort.grpc(50051)],
   *   readiness: GrpcProbe.of(),
   * });
   */
  public static of(options: GrpcProbeOptions = {}): kplus.Probe {
    const probe: any = kplus.Probe.fromTcpSocket(options);
    const connect = probe._toKube.bind(probe);
    probe._toKube = (container: kplus.Container) => ({
      ...connect(container), tcpSocket: undefined, grpc: { port: options.port ?? container.portNumber, service: options.service },
    });
    return probe;
  }

  private constructor() {}
}
