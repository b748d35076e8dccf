import { KeptByCookie } from './kept-by-cookie';
import { compare } from '../graph/call';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { RouteContribution, WeightedTarget } from '../routing/virtual-service';

/** A version that is tried: its share comes from commits. */
export interface Candidate {
  readonly version: string;
  /** In percent. */
  readonly weight: number;
  /** Whether anything is sent to it: its pods may not be there yet, or not to be trusted any more. */
  readonly open: boolean;
  readonly match?: HttpMatchManifest[];
  /** In percent. */
  readonly mirror?: number;
  /** By which those are known who were given it. */
  readonly kept?: KeptByCookie;
}

/** The versions that are tried beside a service's own, and the routes that follow. */
export class Candidates {
  private readonly unsorted: Candidate[] = [];

  constructor(private readonly own: string) {}

  public get count(): number {
    return this.unsorted.length;
  }

  public add(candidate: Candidate): void {
    this.unsorted.push(candidate);
  }

  public get shares(): WeightedTarget[] {
    return this.sorted.map(({ version, weight, kept }) => ({ subset: version, weight, ...(kept && { setCookie: kept.setCookie }) }));
  }

  /** Where requests for a version go; `undefined` for one that is not tried. */
  public splitOf(version: string): WeightedTarget[] | undefined {
    const candidate = this.unsorted.find(other => other.version === version);
    // Both versions at every stage, so that a stage changes numbers and no line more
    return candidate && [{ subset: this.own, weight: candidate.open ? 0 : 100 }, { subset: version, weight: candidate.open ? 100 : 0 }];
  }

  /** @param split what is for nobody's testers. */
  public routes(split: WeightedTarget[]): RouteContribution[] {
    const mirrors = this.sorted.filter(({ mirror }) => mirror !== undefined)
      // A share of 0 copies nothing (istio/istio pilot/pkg/networking/core/route/route.go, MirrorPercent and MirrorPercentByPolicy)
      .map(({ version, mirror, open }) => ({ subset: version, percent: open ? mirror! : 0 }));
    return [
      ...this.sorted.flatMap(({ version, match }) => match ? [{ name: this.nameOf('canary-match', version), match, split: this.splitOf(version)! }] : []),
      ...this.sorted.flatMap(({ version, kept, open, weight }) => kept ? [{
        name: this.nameOf('canary-kept', version),
        match: [kept.match],
        // All versions at every stage, so that a stage changes numbers and no line more
        split: split.map(target => open && weight > 0 ? { ...target, weight: target.subset === version ? 100 : 0 } : target),
      }] : []),
      { name: 'canary', split, ...(mirrors.length > 1 ? { mirrors } : { mirror: mirrors[0] }) },
    ];
  }

  private nameOf(route: string, version: string): string {
    return this.count === 1 ? route : `${route}-${version}`;
  }

  /** Whichever was described first. */
  private get sorted(): Candidate[] {
    return [...this.unsorted].sort((a, b) => compare(a.version, b.version));
  }
}
