import { AdoptedObjects } from './adopted-objects';
import { MeshPort } from '../graph/mesh-port';
import { IpFamilies } from '../traffic/ip-families';
import { HostTrafficProps } from '../traffic/traffic-policy-props';
import { WorkloadKind } from '../workload/workload-kind';
import { WorkloadProps } from '../workload/workload-props';

/**
 * Properties of `MeshService`.
 */
export interface MeshServiceProps extends WorkloadProps, HostTrafficProps {
  /**
   * The ports of the service, each with a name of its own.
   *
   * @default - none: it is a worker, which calls and is not called
   */
  readonly ports?: MeshPort[];

  /**
   * What runs the pods.
   *
   * @default - WorkloadKind.deployment()
   */
  readonly kind?: WorkloadKind;

  /**
   * The ports on which the pods of the service talk to each other, one by one: the members of a quorum, of a cluster that
   * gossips. Each is `MeshPort.tcp()`, whatever is spoken on it: the mesh encrypts and identifies, and routes nothing; or `MeshPort.udp()`. The pods
   * find each other by the headless Service `<service>-headless`.
   *
   * Kubernetes: a Service with `clusterIP: None`; Istio: a rule of the AuthorizationPolicy for the service's own identity.
   *
   * @default - they do not
   */
  readonly peers?: MeshPort[];

  /**
   * The name of everything that the service becomes: its Deployment, Service, ServiceAccount and policies. It starts
   * with a letter and has at most 63 lower case letters, digits and dashes.
   *
   * @default - the construct's id
   */
  readonly name?: string;

  /**
   * What a service that runs already keeps, when it is taken over in place.
   *
   * @default - everything is named and found as this library does
   */
  readonly adopts?: AdoptedObjects;

  /**
   * The label `version` of the pods, by which a release tells them from the new ones: a name such as `v1`, not the
   * image's tag. It is part of the Deployment's selector, which Kubernetes does not let you change: a release ends
   * by changing `image`, not this.
   *
   * Istio: `DestinationRule.subsets.name`.
   *
   * @default - v1
   */
  readonly version?: string;

  /**
   * Whether the service has no address of its own: its name leads to the addresses of all ready pods, and the program that calls picks one,
   * as clients of gRPC, of Cassandra or of memcached do that balance by themselves. The proxies still encrypt, identify and
   * refuse, and pass the connection on to the pod that was picked: what lets them pick is refused beside it.
   *
   * Kubernetes: `Service.spec.clusterIP: None`. It cannot be changed of a Service that is there.
   *
   * @see https://kubernetes.io/docs/concepts/services-networking/service/#headless-services
   *
   * @default - false
   */
  readonly headless?: boolean;

  /**
   * The families of its addresses.
   *
   * @default - the cluster's first one
   */
  readonly ipFamilies?: IpFamilies;
}
