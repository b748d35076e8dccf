import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { CheckedAnalysis } from './analysis/measurement';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { MeshGraph } from '../graph/mesh-graph';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { MeshService } from '../mesh/mesh-service';
import { Reach } from '../mesh/reach';

/** What a release asks for, checked as far as it is the same on every engine: what an engine gets. */
export interface CheckedRelease {
  /** The release itself, in whose scope the engine's objects stand. */
  readonly scope: Construct;
  readonly at: (property: string) => Site;
  readonly graph: MeshGraph;
  readonly service: MeshService;
  readonly reach: Reach;
  /** Without it, the service's own. */
  readonly image?: string;
  readonly replicas?: number;
  /** The label of the new version's pods, if it was said. */
  readonly version?: string;
  /** Percents that begin with 0 and end with 100; after the first 0 there may be a second one, of testers and copies alone. */
  readonly stages: number[];
  /** The index of the one in force, if it was said. */
  readonly stage?: number;
  readonly match?: HttpMatchManifest[];
  /** In percent. */
  readonly mirror?: number;
  /** Whether it was said; otherwise the stages follow each other by the minute, and nothing is measured. */
  readonly analysed: boolean;
  readonly analysis: CheckedAnalysis;
}

/** A release with its engine's objects. */
export interface Released {
  /** The new version's share, where the engine knows it. */
  readonly weight?: number;
  readonly version: string;
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

/** The controller of a service with another image for its program. */
export function imageChanged(service: string, image: string): (controller: any) => any {
  return (controller) => {
    const changed = structuredClone(controller);
    const { containers } = changed.spec.template.spec;
    (containers.find(({ name }: { name: string }) => name === service) ?? containers[0]).image = image;
    return changed;
  };
}
