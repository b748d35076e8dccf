import { Construct } from 'constructs';
import { CanaryAnalysis } from './analysis/canary-analysis';
import { CanaryEngine } from './canary-engine';
import { CanaryRelease } from './canary-release';
import { checked } from '../diagnostics/checked';
import { Site } from '../diagnostics/site';
import { MeshService } from '../mesh/mesh-service';
import { RouteMatch } from '../traffic/route-match';
import { WorkloadChanges } from '../workload/workload-changes';

/**
 * A service of a `ReleaseGroup`, and what is changed of it.
 */
export interface GroupedRelease extends WorkloadChanges {
  /**
   * The service whose new version is released.
   */
  readonly service: MeshService;

  /**
   * How many pods of the new version run, 1 to 1000.
   *
   * @default - as in `CanaryRelease`: as many as of the service's own
   */
  readonly replicas?: number;
}

/**
 * Properties of `ReleaseGroup`.
 */
export interface ReleaseGroupProps {
  /**
   * The services that are released together, each once. They belong to this chart's namespace.
   */
  readonly releases: GroupedRelease[];

  /**
   * The share of every new version at each stage, as in `CanaryRelease`.
   *
   * Istio: `VirtualService.http.route.weight`.
   */
  readonly stages: number[];

  /**
   * The stage in force, of all: an index into `stages`.
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
   * Whether every service's own version gets everything again, whatever the stage.
   *
   * @default - false
   */
  readonly aborted?: boolean;

  /**
   * The label `version` of the new pods of every service.
   *
   * @default - v2
   */
  readonly version?: string;

  /**
   * Requests that get the new version of every service: any of these. The programs have to pass on what is matched, to whatever they call.
   *
   * Istio: `VirtualService.http.match`.
   *
   * @default - none
   */
  readonly match?: RouteMatch[];

  /**
   * How each of the releases is judged, by the requests to its own new version: alerts say when to go back.
   *
   * @default - nothing is measured
   */
  readonly analysis?: CanaryAnalysis;
}

/**
 * Releases several services together: one stage for all, and the same testers. It makes a `CanaryRelease` by commits for each.
 *
 * A tester who meets the new version of one service meets that of the others, as long as every program on the way passes on the header that is
 * matched. A share is drawn anew for each request of each service: at 10 percent a new frontend meets the old orders nine times of ten. So the versions
 * have to understand each other in all combinations, or the release goes from the testers to everybody: `stages: [0, 0, 100]`.
 *
 * Nothing is copied: what a copy makes the new version of one service ask of the others would happen.
 *
 * Throws `EmptyList`, `DuplicateRelease` and what `CanaryRelease` throws.
 *
 * @see https://istio.io/latest/docs/concepts/traffic-management/#routing-rules
 *
 * @example
 * new ReleaseGroup(chart, 'checkout-2', {
 *   releases: [
 *     { service: frontend, image: 'ghcr.io/acme/frontend:2.1.0' },
 *     { service: orders, image: 'ghcr.io/acme/orders:1.5.0' },
 *   ],
 *   stages: [0, 0, 10, 50, 100],
 *   stageNames: ['pods', 'testers', 'tenth', 'half', 'all'],
 *   stageName: 'testers',
 *   match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
 * });
 */
@checked
export class ReleaseGroup extends Construct {
  /**
   * The release of each service, in the order of `releases`.
   */
  public readonly releases: CanaryRelease[];

  constructor(scope: Construct, id: string, props: ReleaseGroupProps) {
    super(scope, id);
    const at = Site.of(this, 'releases');
    const { releases, ...common } = props;
    if (releases.length === 0) {
      at.fail('EmptyList', 'must not be empty', releases, 'List the services that are released together.');
    }
    releases.forEach(({ service }, index) => {
      if (releases.findIndex(other => other.service === service) < index) {
        at.at(index).in('service').fail('DuplicateRelease', 'must be released once by the group', service.node.path, 'List each service once. Another version of it has a CanaryRelease of its own.');
      }
    });
    // A controller would move each by itself, and stop each by itself
    this.releases = releases.map(release => new CanaryRelease(this, release.service.name, { ...common, ...release, engine: CanaryEngine.static() }));
  }
}
