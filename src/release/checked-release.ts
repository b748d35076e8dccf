import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CheckedAnalysis } from './analysis/measurement';
import { Handover } from './handover';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { ChangedPods } from '../mesh/changed-pods';
import { MeshService } from '../mesh/mesh-service';
import { Reach } from '../mesh/reach';
import { AffinityCookie } from '../traffic/session-affinity';

/** What a release asks for, checked as far as it is the same on every engine: what an engine gets. */
export interface CheckedRelease {
  /** The release itself, in whose scope the engine's objects stand. */
  readonly scope: Construct;
  readonly at: (property: string) => Site;
  readonly graph: MeshGraph;
  readonly service: MeshService;
  readonly reach: Reach;
  /** What the new version has in the place of the service's own: an engine that watches the service's pods has them become it, `service._pods.become(changed)`. */
  readonly changed: ChangedPods;
  readonly replicas?: number;
  /** The label of the new version's pods, if it was said. */
  readonly version?: string;
  /** Percents that begin with 0 and end with 100; after the first 0 there may be a second one, of testers and copies alone. */
  readonly stages: number[];
  /** The index of the one in force, if it was said. */
  readonly stage?: number;
  /** The same by its name. */
  readonly stageName?: string;
  /** One for each stage. */
  readonly stageNames?: string[];
  /** Whether everything goes back to the service's own version. */
  readonly aborted?: boolean;
  readonly match?: HttpMatchManifest[];
  /** In percent. */
  readonly mirror?: number;
  readonly sessionAffinity?: AffinityCookie;
  /** Whether it was said; otherwise the stages follow each other by the minute, and nothing is measured. */
  readonly analysed: boolean;
  readonly analysis: CheckedAnalysis;
}

/** A release with its engine's objects. */
export interface Released {
  /** The new version's share, where the engine knows it. */
  readonly weight?: number;
  /** The stage in force, where it has a name. */
  readonly stageName?: string;
  readonly version: string;
  /** The label of the new version's pods alone, where there are some. */
  readonly tried?: { readonly key: string; readonly value: string };
  /** What runs the new version. */
  readonly deployment: ApiObject;
}

/** Refuses what an engine cannot do. */
export function refuse(engine: string, site: Site, requirement: string, received: unknown, fix: string): never {
  return site.fail('UnsupportedByEngine', said(engine, requirement), received, fix);
}

/** The same of what only the whole app shows. */
export function unsupported(engine: string, site: Site, requirement: string, received: unknown, fix: string): MeshProblem {
  return site.problem('UnsupportedByEngine', said(engine, requirement), received, fix);
}

function said(engine: string, requirement: string): string {
  return `cannot be done by ${engine}: ${requirement}`;
}

/** A controller goes through the second 0 by the clock, whether anybody tries the new version or not. */
export function refuseUntried({ at, stages, match, mirror }: CheckedRelease): void {
  if (stages[1] === 0 && !match && mirror === undefined) {
    at('stages').fail('InvalidStages', 'must have something to try at the second 0', stages, 'Leave one 0 out, or add match or mirror.');
  }
}

/** Refuses an alert that asks somebody to go back. */
export function refusePrometheus(engine: string, site: Site): never {
  return refuse(engine, site, 'it goes back itself, and tells of it', 'prometheus', 'Leave it out: ReleaseAlert.slack() tells people. MeshAlerts watches the service.');
}

/** Meanwhile requests go to the pods of every version, and without the release what is changed here would be undone. */
export function refuseInHandover(engine: string, { at, changed }: CheckedRelease, handover: Handover | undefined): void {
  if (handover !== undefined && changed.any) {
    refuse(engine, at('engine').in('handover'), 'nothing is released while a service is handed over: requests go to the pods of every version', handover, handover === Handover.BEGIN
      ? 'Release nothing in this commit: leave out the image, and all else that the release changes.'
      : 'Give the service itself what was promoted, its image and all else, and leave it out here.');
  }
}

/** Refuses what a commit alone says. @param ways how the controller is told the same. */
export function refuseCommits(
  engine: string, { at, stage, stageName, stageNames, aborted, version, replicas }: CheckedRelease,
  ways: { readonly stage: string; readonly aborted?: string; readonly version: string },
): void {
  for (const [property, value] of Object.entries({ stage, stageName, stageNames })) {
    if (value !== undefined) {
      refuse(engine, at(property), 'it goes from stage to stage by itself', value, ways.stage);
    }
  }
  if (aborted && ways.aborted !== undefined) {
    refuse(engine, at('aborted'), 'it would go on by itself', aborted, ways.aborted);
  }
  if (version !== undefined) {
    refuse(engine, at('version'), 'the new pods are those of the service, whose label is in their selector', version, `Leave it out: ${ways.version}`);
  }
  if (replicas !== undefined) {
    refuse(engine, at('replicas'), 'the number of pods is no part of a release', replicas, 'Say it of the service.');
  }
}
