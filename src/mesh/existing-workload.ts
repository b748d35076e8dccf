import { Construct } from 'constructs';
import { MeshService } from './mesh-service';
import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkDnsName, checkLabels } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { AccessOptions } from '../graph/call-options';
import { MeshGraph } from '../graph/mesh-graph';
import { OutgoingCalls } from '../graph/outgoing-calls';

/**
 * Properties of `ExistingWorkload`.
 */
export interface ExistingWorkloadProps {
  /**
   * The namespace of its pods.
   */
  readonly namespace: string;

  /**
   * Its ServiceAccount: the identity in its certificate.
   */
  readonly serviceAccount: string;

  /**
   * Labels that all of its pods carry, at least one.
   */
  readonly podLabels: { [key: string]: string };
}

/**
 * A workload of the mesh that this app does not describe but that calls its services: an ingress gateway, a service of
 * another team. It becomes no object of its own. A gateway keeps its own routes: a release's weights and a call's timeout
 * do not reach them.
 *
 * Throws `InvalidName` and `InvalidLabels`.
 *
 * @example
 * const ingress = new ExistingWorkload(app, 'ingress', {
 *   namespace: 'istio-ingress', serviceAccount: 'istio-ingress', podLabels: { istio: 'ingress' },
 * });
 * ingress.calls(frontend);
 */
@checked
export class ExistingWorkload extends Construct {
  private readonly outgoing: OutgoingCalls;

  constructor(scope: Construct, id: string, props: ExistingWorkloadProps) {
    super(scope, id);
    this.outgoing = new OutgoingCalls(MeshGraph.of(this), {
      name: id,
      namespace: checkDnsLabel(Site.of(this, 'namespace'), props.namespace),
      serviceAccount: checkDnsName(Site.of(this, 'serviceAccount'), props.serviceAccount),
      podLabels: { ...checkLabels(Site.of(this, 'podLabels'), props.podLabels) },
    });
  }

  /**
   * Declares that it calls a service: the service allows it, and so does the network on the service's side.
   *
   * Throws `OtherApp`, `UnknownPort`, `AmbiguousPort`, `NotHttp`, `EmptyList`, `InvalidMethod`, `InvalidPath` and `DuplicateCall`.
   *
   * @param server what is called.
   * @param options what may be asked of it.
   */
  public calls(server: MeshService, options: AccessOptions = {}): void {
    this.outgoing.declare(Site.of(this, `calls(${server.node.id})`), server, options);
  }
}
