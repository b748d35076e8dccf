import { MeshPort } from '../graph/mesh-port';
import { HostTrafficProps } from '../traffic/traffic-policy-props';
import { VirtualMachine } from '../traffic/virtual-machine';

/**
 * Properties of `VirtualMachineService`.
 */
export interface VirtualMachineServiceProps extends HostTrafficProps {
  /**
   * The machines, at least one, each with an address of its own and in one service only: a machine has one proxy and one identity.
   *
   * Istio: a `WorkloadEntry` for each.
   */
  readonly machines: VirtualMachine[];

  /**
   * The ports to which the clients connect. The program on the machines listens on their `targetPort`, 1 to 65535 without 22 and the proxy's own.
   *
   * Kubernetes: `Service.spec.ports`.
   *
   * @default - none: the machines call and are not called
   */
  readonly ports?: MeshPort[];

  /**
   * The name of the ServiceAccount that is made for the machines: their identity, for which their agents hold a token.
   *
   * Istio: `WorkloadEntry.serviceAccount`, `WorkloadGroup.template.serviceAccount`.
   *
   * @default - the construct's id
   */
  readonly serviceAccount?: string;

  /**
   * The share of each version of the requests that no route of `addRoute` takes, in whole percents; those of all versions make 100. Then every
   * machine has a version.
   *
   * Istio: `VirtualService.http.route.weight`.
   *
   * @default - none of the versions has one: each machine gets its share by its weight, whatever its version
   */
  readonly versionWeights?: { [version: string]: number };
}
