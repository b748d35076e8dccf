import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { replicasOf } from '../workload/check-workload';
import { DEFAULT_GRACE_PERIOD } from '../workload/defaults';
import { describedDemand, renderedDemand } from '../workload/demand';
import { HardenedDeployment } from '../workload/hardened-deployment';
import { injectionOf } from '../workload/injection';
import { versionDeployment } from '../workload/version-deployment';
import { WorkloadProps } from '../workload/workload-props';

export interface ServicePodsProps {
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  readonly ports: MeshPort[];
  readonly serviceAccount: kplus.ServiceAccount;
  readonly workload: WorkloadProps;
}

/** The pods of a service: its own, and those of other versions, which follow them in all that is not theirs. */
export class ServicePods {
  public readonly deployment: HardenedDeployment;

  constructor(scope: Construct, private readonly graph: MeshGraph, private readonly props: ServicePodsProps) {
    const { workload, ports: [first] } = props;
    if (workload.readinessPath !== undefined && (!first._isHttp || first._isGrpc)) {
      Site.of(scope, 'readinessPath').fail('NotHttp', `cannot be asked on port ${first.name}`, workload.readinessPath, 'Use readiness: GrpcProbe.of() for gRPC, or a kplus.Probe that names another port.');
    }
    const gracePeriod = (workload.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD).toSeconds();
    this.deployment = new HardenedDeployment(scope, 'deployment', {
      ...props,
      ports: props.ports.map(({ name, targetPort }) => ({ name, number: targetPort })),
      injection: () => injectionOf(graph.settings, gracePeriod),
    });
    this.register(scope.node.path, replicasOf(workload).max);
  }

  /** @returns the Deployment of another version, in the scope of the construct that brings it. */
  public addVersion(scope: Construct, name: string, version: string, image: string, replicas?: number): ApiObject {
    const { service, workload } = this.props;
    const number = replicas ?? replicasOf(workload).max;
    this.register(scope.node.path, number);
    return versionDeployment(scope, 'deployment', this.deployment, { name, service, version, insteadOf: this.props.version, image, replicas: number });
  }

  private register(path: string, replicas: number): void {
    const rendered = () => ApiObject.of(this.deployment).toJson().spec.template.spec;
    this.graph.addWorkload({
      namespace: this.props.namespace,
      path,
      // An update makes a new pod for each old one, and an old one counts until it is gone
      pods: 2 * replicas,
      demand: () => this.deployment.isExtended ? renderedDemand(rendered()) : describedDemand(this.props.workload.resources),
      changedPod: () => this.deployment.isExtended ? rendered() : undefined,
    });
  }
}
