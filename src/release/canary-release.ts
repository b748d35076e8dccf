import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { CanaryAnalysis } from './analysis/canary-analysis';
import { AnalysedService, UNANALYSED, undeclaredClients } from './analysis/measurement';
import { undeclaredTesters } from './analysis/release-hook';
import { CanaryEngine } from './canary-engine';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { unkeptShares } from '../graph/unkept-shares';
import { MeshService } from '../mesh/mesh-service';
import { Reach } from '../mesh/reach';
import { ReleasedVersion } from '../mesh/released-version';
import { Percent } from '../traffic/percent';
import { RouteMatch } from '../traffic/route-match';
import { AffinityCookie, SessionAffinity } from '../traffic/session-affinity';
import { releasedReplicas } from '../workload/check-workload';
import { changesOf } from '../workload/merge-changes';
import { WorkloadChanges } from '../workload/workload-changes';

/**
 * Properties of `CanaryRelease`.
 */
export interface CanaryReleaseProps extends WorkloadChanges {
  /**
   * The service whose new version is released. It belongs to the same app and namespace. By commits several versions of it may be tried at
   * once, each by a release of its own; a controller moves one alone.
   */
  readonly service: MeshService;

  /**
   * The new version's share of the requests at each stage, in whole percents: they begin with 0, rise and end at 100. At the
   * first stage the new pods start, and nothing at all is sent to them: no share, no request of `match` or `addRoute`, no
   * copy. A second 0 is the stage of those alone: `[0, 0, 5, 25, 50, 100]`.
   *
   * Istio: `VirtualService.http.route.weight`.
   */
  readonly stages: number[];

  /**
   * The stage in force: an index into `stages`. To go on, raise it by one and commit; to go back, revert the commit.
   *
   * @default - 0, the first stage, or the one of `stageName`
   */
  readonly stage?: number;

  /**
   * What the stages are called, in their order: DNS labels, one for each, each another.
   *
   * @default - they have numbers alone
   */
  readonly stageNames?: string[];

  /**
   * The stage in force by its name in `stageNames`, in the place of `stage`.
   *
   * @default - the one of `stage`
   */
  readonly stageName?: string;

  /**
   * Whether the service's own version gets everything again, whatever the stage: no share, no request of `match` or `addRoute` and no copy
   * is sent to the new version. Its pods stay, to be looked at. Without it the release goes on at its stage.
   *
   * For Flagger the pods become those of the service again, of another revision by an annotation: at its next interval it gives everything back, and promotes that one.
   * Argo Rollouts is told by `kubectl argo rollouts abort`.
   *
   * @default - false
   */
  readonly aborted?: boolean;

  /**
   * The label `version` of the new version's pods.
   *
   * Istio: `DestinationRule.subsets.name`.
   *
   * @default - v2
   */
  readonly version?: string;

  /**
   * How many pods of the new version run, 1 to 1000.
   *
   * @default - as many as of the service's own. Of one that has an autoscaler, an autoscaler of its own says how many: the least number until
   * requests come. Of one that is scaled by others, the greatest number
   */
  readonly replicas?: number;

  /**
   * Requests that get the new version at every stage but the first: any of these.
   *
   * Istio: `VirtualService.http.match`.
   *
   * @default - none
   */
  readonly match?: RouteMatch[];

  /**
   * The share of the split requests that the new version also receives as a copy, whose answers are thrown away. A copy
   * of a POST happens: mirror only what may happen twice. Requests of `match`, and of an `addRoute` that leads to versions,
   * are not copied, and nothing is at the first stage.
   *
   * Istio: `VirtualService.http.mirrorPercentage`.
   *
   * @default - nothing is copied
   */
  readonly mirror?: Percent;

  /**
   * That a user who was given the new version keeps it while its share grows. Then more requests than its share reach it: the share is of users who
   * have no version yet. Testers of `match` are not meant, and requests of those who are kept are not copied.
   *
   * @default - each request is drawn anew
   */
  readonly sessionAffinity?: SessionAffinity;

  /**
   * How the release is judged while it goes on.
   *
   * @default - nothing is measured; an engine that moves the release on by itself goes to the next stage every minute
   */
  readonly analysis?: CanaryAnalysis;

  /**
   * Who moves the release on.
   *
   * @default - CanaryEngine.static(): a commit
   */
  readonly engine?: CanaryEngine;
}

/**
 * Runs a new version beside a service's own and gives it a growing share of the requests, stage by stage.
 *
 * What is changed is the image, or any other property of `WorkloadChanges`: variables, files, resources, containers. A static release that changes nothing is refused.
 *
 * It becomes a Deployment named service-version, with an autoscaler where the service has one, and contributes the version's subset and routes to the service's
 * DestinationRule and VirtualService. A stage is a commit: nothing is analysed and nothing rolls back on its own.
 * The release ends in three commits: at 100 percent give the service the new image; send the requests back to it
 * (`stage: 0`); then remove the release. The Service's own address has the pods of both versions
 * behind it: a gateway that routes by itself must name the subsets and weights itself; a `MeshGateway` keeps them. So an
 * `ExistingWorkload` that calls the service has to say whether it keeps them (`keepsRoutes`).
 *
 * Throws `OtherApp`, `OtherNamespace`, `NotCallable`, `NotReleasable`, `UnkeptStages`, `InvalidStages`, `InvalidStage`, `InvalidWeights`, `DuplicateVersion`, `DuplicateRelease`,
 * `DuplicateName`, `EmptyList`, `IneffectiveAffinity`, `NothingReleased`, `IneffectiveMirror`, `InvalidCircuitBreaker`, `NotHttp`, `InvalidPercent`, `NameTooLong` and the errors of the values it is given.
 *
 * @example
 * new CanaryRelease(chart, 'orders-1-5', {
 *   service: orders,
 *   image: 'ghcr.io/acme/orders:1.5.0',
 *   stages: [0, 5, 25, 50, 100],
 *   stage: 0,
 *   match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
 * });
 */
@checked
export class CanaryRelease extends ReleasedVersion {
  /**
   * The service whose new version is released.
   */
  public readonly service: MeshService;

  /**
   * The new version's share of the requests at the stage in force, in percent; `undefined` where a controller moves it.
   */
  public readonly weight?: number;

  /**
   * The name of the stage in force; `undefined` without `stageNames`.
   */
  public readonly stageName?: string;

  /**
   * The label `version` of the new version's pods.
   */
  public readonly version: string;

  /**
   * The Deployment of the new version: the service's own, with all that was done to it, but for what the release changes.
   * A JSON patch here is for the new version alone.
   */
  public readonly deployment: ApiObject;

  /** @internal */
  public readonly _tried?: { readonly key: string; readonly value: string };

  constructor(scope: Construct, id: string, props: CanaryReleaseProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { service } = props;
    this.service = service;
    const graph = MeshGraph.of(this);
    graph.checkMember(at('service'), service, 'Describe the release in the app that describes the service.');
    if (Chart.of(this).namespace !== service.namespace) {
      at('service').fail('OtherNamespace', `must be in this chart's namespace ${Chart.of(this).namespace}`, `${service.namespace}/${service.name}`, `Put the release into a chart with namespace: '${service.namespace}'.`);
    }
    const reach = service._reach(at('service'));
    const refusal = service._pods.kind._refusesRelease;
    if (refusal !== undefined) {
      at('service').fail('NotReleasable', `must run pods of two versions beside each other: ${refusal}`, service.node.path, 'Update it in place, by its image.');
    }
    const changed = service._pods.changed(this, changesOf(props), props.replicas);
    const stages = checkStages(at('stages'), props.stages);
    const mirror = props.mirror?._toNumber(at('mirror'));
    if (mirror === 0) {
      at('mirror').fail('InvalidPercent', 'must be more than 0', mirror, 'Leave mirror out to copy nothing.');
    }
    if (mirror !== undefined) {
      reach.checkHttp(at('mirror'));
    }
    reach.traffic.checkOpens(props.replicas ?? releasedReplicas(service._workload).min, property => at('replicas').in(property));
    const analysis = props.analysis?._resolve(at('analysis'), analysed(service, reach), stages) ?? UNANALYSED;
    graph.check(() => [
      ...unkeptShares(at('service'), service._member.incoming, graph, service.node.path),
      ...undeclaredClients(analysis, service._member.incoming, service.node.path),
      ...undeclaredTesters(analysis.tests, service._member.incoming, service.node.path),
    ]);
    const { weight, stageName, version, deployment, tried } = (props.engine ?? CanaryEngine.static())._release({
      scope: this,
      at,
      graph,
      service,
      reach,
      changed,
      replicas: props.replicas,
      version: props.version,
      stages,
      stage: props.stage,
      stageName: props.stageName,
      stageNames: props.stageNames,
      aborted: props.aborted,
      match: props.match && reach.matches(at('match'), props.match),
      mirror,
      sessionAffinity: props.sessionAffinity && checkAffinity(at('sessionAffinity'), props.sessionAffinity, reach, stages),
      analysed: props.analysis !== undefined,
      analysis,
    });
    this.weight = weight;
    this.stageName = stageName;
    this.version = version;
    this.deployment = deployment;
    this._tried = tried;
  }
}

function checkAffinity(site: Site, affinity: SessionAffinity, reach: Reach, stages: number[]): AffinityCookie {
  if (!stages.some(stage => stage > 0 && stage < 100)) {
    site.fail('IneffectiveAffinity', 'must be for a release with shares', stages, 'Add a stage between 0 and 100, or leave it out: here all users have one version.');
  }
  return reach.cookieOf(site, affinity);
}

function analysed(service: MeshService, { traffic: { breaks } }: Reach): AnalysedService {
  const { ports = [] } = service._workload;
  const graph = MeshGraph.of(service);
  return { graph, breaks, http: ports.some(port => port._isHttp), ports: ports.map(({ name }) => name) };
}

function checkStages(site: Site, stages: number[]): number[] {
  stages.forEach((stage, index) => checkInteger(site.at(index), stage, 0, 100, 'InvalidStages', 'A stage is the new version\'s share in whole percents.'));
  const repeats = stages[0] === 0 && stages[1] === 0 ? 1 : 0;
  const rise = stages.slice(repeats).every((stage, index, rising) => index === 0 || stage > rising[index - 1]);
  if (stages[0] !== 0 || stages.at(-1) !== 100 || !rise) {
    site.fail('InvalidStages', 'must begin with 0, rise and end at 100', stages,
      `At 0 the new pods start, and get nothing until they are there. Sort the stages and name each once: [${[...new Set([0, ...stages, 100])].sort((a, b) => a - b).join(', ')}].`);
  }
  return [...stages];
}
