import { Candidate, Candidates } from './candidates';
import { KeptByCookie, keptByCookie } from './kept-by-cookie';
import { RouteActions } from './route-actions';
import { getsAll, standing, VersionMirror, withMirrors } from './route-mirrors';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { compare } from '../graph/call';
import { HttpMatchManifest } from '../manifests/istio-networking';
import { contradictions, rewrittenBefore, UnreachableMatch, unreachableMatches, unresolvedOverlaps } from '../routing/route-checks';
import { MirrorTarget, reachedBy, RouteContribution, RouteTable, Target, WeightedTarget } from '../routing/virtual-service';
import { UNKNOWN } from '../traffic/match-intersection';
import { meeting } from '../traffic/match-meeting';
import { AffinityCookie } from '../traffic/session-affinity';
import { once } from '../workload/rendering-once';

/** The names of the routes that a release contributes, and of the one for all that is left. */
const RESERVED_ROUTES = ['canary', 'canary-kept', 'canary-match', 'default'];

/** A route of the user's: what becomes of some requests. */
export interface UserRoute extends Omit<RouteActions, 'rewritten'> {
  readonly name: string;
  readonly match: HttpMatchManifest[];
  /** The property that names its versions, if it does. */
  readonly said: 'version' | 'versions';
}

/** One that a release's engine may not have room for. */
export interface LedRoute {
  readonly name: string;
  /** Whether all its versions are versions of the service. */
  readonly known: boolean;
}

/** What a release contributes to the routes. */
export interface Release {
  /** The construct that brings it. */
  readonly path: string;
  /** Where requests for a version go while it runs; `undefined` for one that it has nothing to do with. */
  readonly splitOf: (version: string) => WeightedTarget[] | undefined;
  readonly routes: RouteContribution[];
  /** The host of the pods that stay, where the release's own routes do not say it. */
  readonly standing?: () => string;
  /** What is wrong with a route to what is none of the versions: its controller's new pods are none that has a name. */
  readonly unknownVersion?: (site: Site, version: string, known: string[]) => MeshProblem[];
}

/** The versions of a service and the routes between them, from its user and from a release. */
export class ServiceRoutes {
  private readonly known: string[];
  private readonly userRoutes: UserRoute[] = [];
  private readonly shares = new Map<string, number>();
  private readonly kept = new Map<string, KeptByCookie>();
  private readonly candidates: Candidates;
  private release?: Release;

  /**
   * @param versions those that are there without a release; a release takes from the first.
   * @param weights their shares of the requests that no route takes; without them each pod gets the same.
   */
  constructor(versions: string[], private readonly weights?: WeightedTarget[]) {
    this.known = [...versions];
    this.candidates = new Candidates(versions[0]);
  }

  public get versions(): string[] {
    return [...this.known];
  }

  /** In the order in which they are tried. */
  public get all(): RouteContribution[] {
    return once(this, () => [...this.userRoutes.flatMap(route => this.contributions(route)), ...this.rest]);
  }

  /** The versions that share the requests of a route, of each in which some do. */
  public get splits(): (string | undefined)[][] {
    return this.all.map(reachedBy).filter(versions => versions.length > 1);
  }

  /** For what no route of the user's takes. */
  private get rest(): RouteContribution[] {
    return this.release?.routes ?? this.shared();
  }

  /** Where the copies of another service's requests go; without a host, to this one. */
  public get standing(): WeightedTarget[] {
    if (this.release?.standing) {
      return [{ host: this.release.standing(), weight: 100 }];
    }
    const { split } = this.rest.find(route => !route.match) ?? {};
    return standing(split, this.targetOf({ subset: this.known[0] }), version => this.candidates.splitOf(version!) !== undefined);
  }

  /**
   * A version that stays: it gets its share of what no route takes, and the service's own gets the rest.
   *
   * @param at its properties.
   * @param cookie by which users are kept, on it and on the service's own.
   */
  public addVersion(at: (property: string) => Site, version: string, weight: number, cookie?: AffinityCookie): void {
    if (this.known.includes(version)) {
      at('version').fail('DuplicateVersion', 'must be another than those that are there', version, `There are ${this.known.join(', ')}.`);
    }
    this.known.push(version);
    this.shares.set(version, weight);
    if (this.given > 100) {
      at('weight').fail('InvalidWeights', 'must leave the service\'s own version 0 percent or more', weight, `The versions have ${this.given} together.`);
    }
    if (cookie) {
      this.keep(at('sessionAffinity'), version, weight, cookie);
    }
  }

  private get given(): number {
    return [...this.staying, ...this.candidates.shares].reduce((sum, { weight }) => sum + weight, 0);
  }

  private get staying(): WeightedTarget[] {
    return [...this.shares].map(([subset, weight]) => this.target(subset, weight));
  }

  /** Where what no route takes goes. */
  private shared(): RouteContribution[] {
    const own = this.target(this.known[0], 100 - this.given);
    if (this.candidates.count > 0) {
      const staying = this.staying.some(({ weight }) => weight > 0) ? this.staying : [];
      const all = [own, ...staying, ...this.candidates.shares];
      return [...this.keeping(all), ...this.candidates.routes(all)];
    }
    const split = this.weights ?? (this.shares.size > 0 ? [own, ...this.staying] : undefined);
    return split ? [...this.keeping(split), { name: 'default', split }] : [];
  }

  /** Whoever has been given one of the versions that stay, or the service's own beside them, has it for as long as it has a share. */
  private keeping(split: WeightedTarget[]): RouteContribution[] {
    return split.flatMap(({ subset, weight }) => {
      const kept = this.kept.get(subset!);
      return kept ? [{
        name: `kept-${subset}`,
        match: [kept.match],
        split: split.map(target => weight > 0 ? { ...target, weight: target.subset === subset ? 100 : 0 } : target),
      }] : [];
    });
  }

  private target(subset: string, weight: number): WeightedTarget {
    const kept = this.kept.get(subset);
    return { subset, weight, ...(kept && { setCookie: kept.setCookie }) };
  }

  private keep(site: Site, version: string, weight: number, cookie: AffinityCookie): void {
    const [own] = this.known;
    const other = this.kept.get(own)?.name ?? cookie.name;
    if (other !== cookie.name) {
      site.in('name').fail('IneffectiveAffinity', `must be ${other}, the cookie of the other versions`, cookie.name, 'Give all versions of a service the same: a user has one of them.');
    }
    if (weight === 0) {
      site.fail('IneffectiveAffinity', 'must be for a version with a share', weight, 'Give it weight, or leave this out: routes tell by themselves who gets it.');
    }
    if (weight === 100) {
      site.fail('IneffectiveAffinity', 'must be for a version beside which another has a share', weight, 'Leave it out: all users get this version.');
    }
    [own, version].forEach(each => this.kept.set(each, keptByCookie(cookie, each)));
  }

  /** The user's own that lead to versions. */
  public get leading(): LedRoute[] {
    return this.userRoutes.flatMap(({ name, versions }) => (
      versions ? [{ name, known: versions.every(({ subset }) => this.known.includes(subset!)) }] : []));
  }

  /** The user's own that copy. */
  public get copying(): LedRoute[] {
    return this.userRoutes.flatMap(({ name, copied = [], copiedTo = [] }) => (
      copied.length + copiedTo.length > 0 ? [{ name, known: copied.every(({ subset }) => this.known.includes(subset)) }] : []));
  }

  /** Whether a user's route, or its copies, are for a version. */
  public leadTo(version: string): boolean {
    return this.userRoutes.some(({ versions, copied }) => (
      [...(versions ?? []).filter(({ weight }) => weight > 0), ...copied ?? []].some(({ subset }) => subset === version)));
  }

  public add(site: Site, route: UserRoute): void {
    if (RESERVED_ROUTES.includes(route.name) || this.userRoutes.some(other => other.name === route.name)) {
      site.fail('DuplicateRoute', `must be unique within the service, and none of ${RESERVED_ROUTES.join(', ')}`, route.name,
        'List several matches in one route, or choose another name.');
    }
    this.userRoutes.push(route);
  }

  /** Routes that a controller moves: there is room for nobody else's. */
  public addRelease(site: Site, service: string, release: Release): void {
    this.checkAlone(site, service);
    if (this.candidates.count > 0) {
      site.fail('DuplicateRelease', `must have no other release: ${this.candidates.shares.map(({ subset }) => subset).join(', ')} are there`, service, 'End those first: give the service its image and remove them.');
    }
    this.release = release;
  }

  /** @param site where the share is said. */
  public addCandidate(site: { readonly service: Site; readonly version: Site; readonly weight: Site }, service: string, candidate: Candidate): void {
    const { version, weight } = candidate;
    this.checkAlone(site.service, service);
    if (this.known.includes(version)) {
      site.version.fail('DuplicateVersion', 'must be another than those that are there', version, `There are ${this.known.join(', ')}.`);
    }
    const free = 100 - this.given;
    if (weight > free) {
      const others = [...this.staying, ...this.candidates.shares].map(other => `${other.subset} ${other.weight}`).join(', ');
      site.weight.fail('InvalidWeights', 'must leave the service\'s own version 0 percent or more', weight, `Of the others ${others} percent is taken: stay at a stage of ${free} at most, or take theirs back first.`);
    }
    this.candidates.add(candidate);
    const after = this.known.findIndex(other => this.candidates.splitOf(other) && compare(other, version) > 0);
    this.known.splice(after < 0 ? this.known.length : after, 0, version);
  }

  private checkAlone(site: Site, service: string): void {
    if (this.release) {
      site.fail('DuplicateRelease', `must have no other release: ${this.release.path} is one`, service, 'End it first: give the service its image and remove it.');
    }
  }

  /** Says what is wrong with what a route calls a version, if it is none. */
  public unknownVersion(site: Site, version: string): MeshProblem[] {
    if (this.known.includes(version)) {
      return [];
    }
    return this.release?.unknownVersion?.(site, version, this.known) ?? [site.problem('UnknownVersion', 'must be a version of the service', version,
      `Use one of ${this.known.join(', ')}, or add the version with a CanaryRelease or a ServiceVersion.`)];
  }

  /** What only the whole app shows to be wrong. */
  public problems(at: (property: string) => Site, table: RouteTable): MeshProblem[] {
    const named = this.userRoutes.flatMap(({ name, said, versions = [], copied = [] }) => [
      ...versions.map(({ subset }) => ({ name, version: subset!, property: said })),
      ...copied.map(({ subset, index }) => ({ name, version: subset, property: `mirrors[${index}]` })),
    ]);
    const sharing = this.release && this.given > 0 ? [this.release] : [];
    const names = table.routes.map(({ name }) => name);
    const repeated = this.userRoutes.filter(({ name }) => names.indexOf(name) !== names.lastIndexOf(name));
    return [
      ...sharing.map(({ path }) => at('release').problem('NotReleasable', 'must be the only one that shares requests with the service\'s own version', path,
        'Give the other versions weight: 0 while it runs, or end it first.')),
      ...repeated.map(({ name }) => at(`addRoute(${name})`).in('name').problem('DuplicateRoute', 'must be none that a release, or a sessionAffinity, has given to a route', name, 'Choose another name.')),
      ...named.flatMap(({ name, version, property }) => this.unknownVersion(at(`addRoute(${name}).${property}`), version)),
      ...this.unreachable(table).map(({ route, match, takenBy }) => at(`route ${route}`).problem(
        'UnreachableRoute', `must match requests that no earlier route takes: ${takenBy} takes all of these`, match,
        'Add the narrower route first, or leave this match out.')),
      ...this.untold(at),
      ...this.copiedTwice(at),
      ...contradictions(table).map(({ route, client, what }) => at(`route ${route}`).problem(
        'TreatedTwice', `must not change what ${client}'s call changes of the same requests`, what, 'Say it in one of the two places.')),
      ...rewrittenBefore(table).map(({ route, client, uri }) => at(`route ${route}`).problem(
        'UnresolvedOverlap', `must not match the path that ${client}'s call rewrites: it would compare the one before`, uri, 'Match the route by a header, or rewrite the path in the route.')),
      ...unresolvedOverlaps(table).map(({ route, client, patterns, ofFault }) => at(`route ${route}`).problem(
        'UnresolvedOverlap', `must not match ${ofFault ? 'requests' : 'paths'} by a pattern that overlaps with a pattern of ${client}'s call${ofFault ? ' or a fault' : ''}`, patterns,
        ofFault ? 'Write one of the two as exact values, or match the fault by another header.' : 'Write one of the two as exact paths, or match the route by a header.')),
    ];
  }

  /** Those that leave open where their requests go. */
  private get open(): UserRoute[] {
    return this.userRoutes.filter(({ answer, versions }) => !answer && !versions);
  }

  /**
   * What a route takes that leaves open where it goes is shared out there as it would be without the route: nothing of a release is lost to it, nor to its part for
   * testers what is left of it.
   */
  private unreachable(table: RouteTable): UnreachableMatch[] {
    const unreachable = unreachableMatches(table.routes);
    if (unreachable.length === 0) {
      return unreachable;
    }
    const [open, rest] = [this.open, this.rest].map(routes => routes.map(({ name }) => name));
    return unreachable.filter(({ route, takenBy }) => {
      const [taker] = takenBy.split('+');
      return !open.includes(taker) || !(rest.includes(route) || route.split('+')[0] === taker);
    });
  }

  /** A route that leaves open where its requests go, and testers or others of a release among them. */
  private untold(at: (property: string) => Site): MeshProblem[] {
    const { open } = this;
    if (open.length === 0) {
      return [];
    }
    const tried = this.rest.flatMap(route => (route.match ?? []).map(other => ({ route: route.name, other })));
    const unknown = (one: HttpMatchManifest) => tried.filter(({ other }) => meeting(one, other) === UNKNOWN);
    return open.flatMap(({ name, match }) => match.flatMap(one => unknown(one).map(({ route, other }) => (
      at(`addRoute(${name}).match`).problem('UnresolvedOverlap', `must not overlap with ${route} in a way that no one match says`, [one, other],
        'Write one of the two as exact values, or give the route a version.')))));
  }

  /** Copies that happen where the request does, or where a release copies it: what only the whole app shows. */
  private copiedTwice(at: (property: string) => Site): MeshProblem[] {
    const open = this.open.filter(({ copied }) => copied);
    if (open.length === 0) {
      return [];
    }
    const rest = this.rest.find(route => !route.match);
    if (rest?.delegate) {
      return []; // Its engine takes no copies of ours
    }
    const ofRelease = rest?.mirrors ?? (rest?.mirror ? [rest.mirror] : []);
    const all = rest && rest.split.length > 0 ? rest.split : [this.target(this.known[0], 100)];
    // The share of a version that is tried comes and goes
    const stays = this.candidates.count === 0;
    return open.flatMap(({ name, copied = [] }) => copied.flatMap((each) => {
      const twice = ofRelease.some(({ subset }) => subset === each.subset) || (stays && getsAll(all, this.targetOf(each)));
      return twice ? [at(`addRoute(${name}).mirrors[${each.index}]`).problem('IneffectiveMirror', 'must not be a version that gets all of these requests, or their copies, anyway', each.subset,
        'Leave it out, or give the route a version: each request would happen twice there.')] : [];
    }));
  }

  /** Where a version's copies go, while a release is there. */
  private targetOf({ subset }: Pick<VersionMirror, 'subset'>): Target {
    const [target]: Target[] = this.release?.splitOf(subset) ?? [{ subset }];
    return { subset: target.subset, host: target.host };
  }

  /** A share of 0 copies nothing: where the version may have no pods yet, and where it gets all of the requests at this stage. */
  private copies(split: WeightedTarget[], { copied = [], copiedTo = [] }: Pick<UserRoute, 'copied' | 'copiedTo'>): MirrorTarget[] {
    return [...copied.map((each) => {
      const target = this.targetOf(each);
      const closed = this.candidates.splitOf(each.subset)?.some(({ subset, weight }) => subset === each.subset && weight === 0);
      return { ...target, percent: closed || getsAll(split, target) ? 0 : each.percent };
    }), ...copiedTo.flatMap(({ targets, percent, portOf }) => targets().map(({ weight, subset, host }) => (
      { subset, host, percent: weight > 0 ? percent : 0, portOf })))];
  }

  private contributions({ name, match, said: _, versions, copied, copiedTo, ...actions }: UserRoute): RouteContribution[] {
    if (actions.answer || versions) {
      const split = this.resolved(versions ?? []);
      return [{ name, match, ...actions, split, ...withMirrors(this.copies(split, { copied, copiedTo })) }];
    }
    const rest = this.rest.some(route => !route.match) ? this.rest : [...this.rest, { name: 'default', split: [] }];
    return rest.map(route => ({
      ...route, ...actions, ...withMirrors(this.copies(route.split, { copied, copiedTo }), route), name: route.match ? `${name}+${route.name}` : name, match: route.match ? this.both(match, route.match) : match,
    })).filter(route => route.match.length > 0);
  }

  private both(a: HttpMatchManifest[], b: HttpMatchManifest[]): HttpMatchManifest[] {
    return a.flatMap(one => b.map(other => meeting(one, other))).filter(met => met !== undefined && met !== UNKNOWN);
  }

  /** Where the shares of versions go, while a release is there. */
  public resolved(versions: WeightedTarget[]): WeightedTarget[] {
    return joined(versions.flatMap(target => this.splitOf(target)));
  }

  private splitOf({ subset, weight }: WeightedTarget): WeightedTarget[] {
    const split = this.release?.splitOf(subset!) ?? this.candidates.splitOf(subset!) ?? [{ subset, weight: 100 }];
    return split.map(target => ({ ...target, weight: target.weight * weight / 100 }));
  }
}

/** One for each that gets something, in the order of the first. */
function joined(split: WeightedTarget[]): WeightedTarget[] {
  const same = (a: WeightedTarget, b: WeightedTarget) => a.subset === b.subset && a.host === b.host;
  return split.filter((target, index) => split.findIndex(other => same(other, target)) === index)
    .map(target => ({ ...target, weight: split.filter(other => same(other, target)).reduce((sum, { weight }) => sum + weight, 0) }));
}
