import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { writeConfiguration } from './configuration-maps';
import { crowdedClaims } from './crowded-claims';
import { Membership } from './membership';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { MeshPort } from '../graph/mesh-port';
import { checkAddedContainers } from '../workload/added-container';
import { changed, Difference } from '../workload/changed-program';
import { checkImage } from '../workload/check-image';
import { checkWorkload } from '../workload/check-workload';
import { checkConfiguration } from '../workload/configure';
import { HardenedPods } from '../workload/hardened-pods';
import { mergeChanges } from '../workload/merge-changes';
import { templateOf } from '../workload/pod-completion';
import { WorkloadChanges } from '../workload/workload-changes';
import { WorkloadKind } from '../workload/workload-kind';
import { WorkloadProps } from '../workload/workload-props';

/** The pods of a service with the changes of a release: checked, and nothing of them written. */
export interface ChangedPods {
  /** Whether anything is changed at all. */
  readonly any: boolean;
  readonly changes: WorkloadChanges;
  /** The service's properties with the changes. */
  readonly workload: WorkloadProps;
  /**
   * The rendered controller of the service with the changes: another object.
   *
   * @param member whose calls the pods make, if those of somebody else than the service.
   */
  readonly edit: (controller: any, member?: Membership) => any;
  /** Writes the ConfigMaps that are not there, when all else is known to be right. */
  readonly write: () => void;
}

/** What is changed, and how its pods are made. */
export interface Changing {
  readonly name: string;
  readonly namespace: string;
  readonly ports: MeshPort[];
  readonly workload: WorkloadProps;
  readonly kind: WorkloadKind;
  readonly changes: WorkloadChanges;
  /** @default - as many as of the service's own */
  readonly replicas?: number;
  /** The names of the ConfigMaps that are there. */
  readonly written: Set<string>;
  readonly variables: () => { [name: string]: string };
  readonly build: (scope: Construct, workload: WorkloadProps, member?: Membership) => HardenedPods;
}

/** @param scope the construct that brings the changes. */
export function changedPods(scope: Construct, graph: MeshGraph, changing: Changing): ChangedPods {
  const { name, namespace, ports, kind, changes, written } = changing;
  const at = (property: string) => Site.of(scope, property);
  const own = changing.workload;
  const { configuration = [] } = changes;
  checkConfiguration(at('configuration'), { image: '', writablePaths: [], configuration, env: changes.env });
  configuration.forEach(({ _live, _mountPath }, index) => {
    if (_live) {
      at('configuration').at(index).fail('InvalidConfiguration', 'must not be changed in place: its ConfigMap has one name, and pods of both versions would read it', _mountPath,
        'Leave updates out: the new version has files of its own. Or change the files of the service, without a release.');
    }
  });
  const workload = mergeChanges(own, changes);
  // What most releases change: all else has been looked at, and the pods need not be made twice to find the difference
  const imageAlone = Object.keys(changes).every(property => property === 'image');
  if (imageAlone && changing.replicas === undefined) {
    checkImage(at('image'), workload.image);
  } else {
    checkWorkload(at, { ...workload, ...(changing.replicas === undefined ? {} : { replicas: changing.replicas, autoscaling: undefined }) });
    checkShape(at, workload, ports, kind);
    if (changing.replicas === undefined && changes.resources) {
      workload.autoscaling?._checkProgram(at('resources'), { callable: ports.length > 0, http: ports.some(port => port._isHttp) }, workload.resources);
    }
  }
  const left = (workload.configuration ?? []).filter(each => !own.configuration?.includes(each) && !configuration.includes(each));
  const build = (props: WorkloadProps, member?: Membership) => changing.build(new Chart(new App(), 'changes', { namespace }), props, member);
  const difference = (member?: Membership): () => Difference | undefined => {
    if (imageAlone) {
      return () => undefined;
    }
    const [before, after] = [build(own, member), build(workload, member)];
    return () => ({ before: before.unfinished, after: after.unfinished });
  };
  const ofService = difference();
  return {
    any: Object.keys(changes).length > 0,
    changes,
    workload,
    edit: (controller, member) => changed(controller, name, changes, (member ? difference(member) : ofService)()),
    write: () => {
      writeConfiguration(scope, graph, { program: { ...workload, configuration: [...configuration, ...left] }, ...changing }, written);
      if (changes.volumeMounts) {
        graph.check(() => {
          const { before, after } = ofService()!;
          const names = ((templateOf(before).spec.volumes ?? []) as { name: string }[]).map(volume => volume.name);
          const volumes = (templateOf(after).spec.volumes ?? []).filter((volume: { name: string }) => !names.includes(volume.name));
          return crowdedClaims(scope, namespace, { volumes }, {
            property: 'volumeMounts', received: volumes.map((volume: { name: string }) => volume.name), fix: 'Claim ReadWriteMany: a release runs several pods, on several nodes.',
          });
        });
      }
    },
  };
}

/** What depends on the ports of the service. */
export function checkShape(at: (property: string) => Site, workload: WorkloadProps, ports: MeshPort[], kind: WorkloadKind): void {
  const [probed = ports[0]] = ports.filter(port => !port._isUdp);
  if (workload.readinessPath !== undefined && probed && (!probed._isHttp || probed._isGrpc)) {
    at('readinessPath').fail('NotHttp', `cannot be asked on port ${probed.name}`, workload.readinessPath, 'Use readiness: GrpcProbe.of() for gRPC, or a kplus.Probe that names another port.');
  }
  checkAddedContainers(at, workload, kind._claimedPaths, false);
}
