import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Membership } from './membership';
import { addPeers } from './peers';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { variablesOf } from '../graph/server-addresses';
import { replicasOf } from '../workload/check-workload';
import { DEFAULT_GRACE_PERIOD } from '../workload/defaults';
import { HardenedPods } from '../workload/hardened-pods';
import { injectionOf } from '../workload/injection';
import { podProblems } from '../workload/pod-checks';
import { versionDeployment } from '../workload/version-deployment';
import { WorkloadKind } from '../workload/workload-kind';
import { WorkloadProps } from '../workload/workload-props';

export interface ServicePodsProps {
  readonly service: string;
  readonly namespace: string;
  readonly version: string;
  readonly ports: MeshPort[];
  readonly peers: MeshPort[];
  readonly serviceAccount: kplus.IServiceAccount;
  readonly workload: WorkloadProps;
  readonly kind: WorkloadKind;
  readonly member: Membership;
}

/** The pods of a service: its own, and those of other versions, which follow them in all that is not theirs. */
export class ServicePods {
  public readonly own: HardenedPods;
  public readonly kind: WorkloadKind;

  constructor(scope: Construct, private readonly graph: MeshGraph, private readonly props: ServicePodsProps) {
    const { workload, ports, peers, kind, member } = props;
    const at = (property: string) => Site.of(scope, property);
    this.kind = kind;
    if (workload.readinessPath !== undefined && ports.length > 0 && (!ports[0]._isHttp || ports[0]._isGrpc)) {
      at('readinessPath').fail('NotHttp', `cannot be asked on port ${ports[0].name}`, workload.readinessPath, 'Use readiness: GrpcProbe.of() for gRPC, or a kplus.Probe that names another port.');
    }
    const replicas = replicasOf(workload);
    kind._check(at, { replicas: replicas.max, replicasGiven: workload.replicas !== undefined, autoscaled: workload.autoscaled !== undefined });
    const stable = kind._name === 'StatefulSet';
    if (stable && ports.length + peers.length === 0) {
      at('ports').fail('MissingPorts', 'must list at least one port, here or in peers', ports, 'The pods of a StatefulSet bear names of a headless Service, which has a port.');
    }
    const gracePeriod = (workload.terminationGracePeriod ?? DEFAULT_GRACE_PERIOD).toSeconds();
    this.own = kind._build(scope, {
      pods: {
        ...props,
        ports: [...ports, ...peers].map(({ name, targetPort }) => ({ name, number: targetPort })),
        injection: () => injectionOf(graph.settings, gracePeriod, member.proxyNeeds),
        variables: () => variablesOf(member.outgoing.all, graph.settings),
      },
      replicas: workload.autoscaled ? undefined : replicas.max,
      headless: stable || peers.length > 0 ? addPeers(scope, graph, props) : undefined,
    });
    graph.check(() => podProblems(this.own.template, {
      path: scope.node.path,
      name: props.service,
      version: props.version,
      proxyNeeds: member.proxyNeeds,
      ports: ports.map(port => ({ name: port.name, number: port.targetPort, speaks: port._isGrpc ? 'grpc' : port._isHttp ? 'http' : 'tcp' })),
    }));
    this.register(scope.node.path, replicas.max);
  }

  /** @returns the Deployment of another version, in the scope of the construct that brings it. */
  public addVersion(scope: Construct, name: string, version: string, image: string, replicas?: number): ApiObject {
    const { service, workload } = this.props;
    const number = replicas ?? replicasOf(workload).max;
    this.register(scope.node.path, number);
    return versionDeployment(scope, 'deployment', this.own, { name, service, version, insteadOf: this.props.version, image, replicas: number });
  }

  private register(path: string, replicas: number): void {
    const { namespace, kind } = this.props;
    this.graph.addWorkload({ namespace, path, pods: kind._podsAtOnce(replicas), pod: () => this.own.template.spec });
  }
}
