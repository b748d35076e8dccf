import { RouteMirror } from './route-mirror';
import { Site } from '../diagnostics/site';
import { MeshPort } from '../graph/mesh-port';
import { MirrorTarget, RouteContribution, Target, WeightedTarget } from '../routing/virtual-service';

/** A version that gets copies, and of how many requests, in percent. */
export interface VersionMirror {
  readonly subset: string;
  readonly percent: number;
  /** Its place in what the user wrote. */
  readonly index: number;
}

/** Another service that gets them. */
export interface ServiceMirror {
  readonly percent: number;
  /** At synth: its versions may come later. The one with a weight gets the copies. */
  readonly targets: () => WeightedTarget[];
  readonly portOf: (port: MeshPort) => MeshPort;
}

type Mirrors = Pick<RouteContribution, 'mirror' | 'mirrors'>;

/** What a user wrote, checked. @param versions those that get the requests themselves, if that is said. */
export function versionMirrors(site: Site, mirrors: RouteMirror[], versions?: WeightedTarget[]): VersionMirror[] {
  if (mirrors.length === 0) {
    site.fail('EmptyList', 'must not be empty', mirrors, 'Leave it out, or add a RouteMirror.');
  }
  const resolved = mirrors.flatMap((mirror, index) => (
    mirror._version === undefined ? [] : [{ subset: mirror._version, percent: mirror._percent(site.at(index)), index }]));
  resolved.forEach(({ subset, index }, place) => {
    if (resolved.findIndex(other => other.subset === subset) < place) {
      site.at(index).fail('IneffectiveMirror', 'must name each version once', subset, 'Copy a greater share to it.');
    }
    if (versions && getsAll(versions, { subset })) {
      site.at(index).fail('IneffectiveMirror', 'must not be the version that gets all of these requests', subset, 'Leave it out, or copy to another: each request would happen twice there.');
    }
  });
  return resolved;
}

/** Whether one target has all that is shared out. */
export function getsAll(split: WeightedTarget[], { subset, host }: Target): boolean {
  const given = split.filter(({ weight }) => weight > 0);
  return given.length > 0 && given.every(target => target.subset === subset && target.host === host);
}

/** With those that are there already: Istio takes one of the two fields, and of the list all (istio/istio pkg/config/validation/virtualservice.go). */
export function withMirrors(own: MirrorTarget[], { mirror, mirrors = mirror ? [mirror] : [] }: Mirrors = {}): Mirrors {
  const all = [...mirrors, ...own];
  return all.length > 1 ? { mirror: undefined, mirrors: all } : { mirror: all[0], mirrors: undefined };
}

/**
 * Where requests go that no route takes, as the one target that a copy has, of weight 100: the service's own version, until another one has all.
 *
 * @param tried whether a version is one that a release tries: these are there at every stage, so that a stage changes numbers and no line more.
 */
export function standing(split: WeightedTarget[] = [], own: Target, tried: (version?: string) => boolean): WeightedTarget[] {
  const isOwn = ({ subset, host }: Target) => subset === own.subset && host === own.host;
  const most = Math.max(...split.map(({ weight }) => weight));
  const chosen = split.find(target => isOwn(target) && target.weight > 0) ?? split.find(({ weight }) => weight === most);
  const all = split.filter(target => target === chosen || (split.some(({ subset }) => tried(subset)) && (isOwn(target) || tried(target.subset))));
  return chosen ? all.map(target => ({ subset: target.subset, host: target.host, weight: target === chosen ? 100 : 0 })) : [{ weight: 100 }];
}
