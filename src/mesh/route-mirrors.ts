import { Site } from '../diagnostics/site';
import { RouteContribution, Target, WeightedTarget } from '../routing/virtual-service';
import { RouteMirror } from '../traffic/route-mirror';

/** A version that gets copies, and of how many requests, in percent. */
export interface VersionMirror {
  readonly subset: string;
  readonly percent: number;
}

type Mirrors = Pick<RouteContribution, 'mirror' | 'mirrors'>;

/** What a user wrote, checked. @param versions those that get the requests themselves, if that is said. */
export function versionMirrors(site: Site, mirrors: RouteMirror[], versions?: WeightedTarget[]): VersionMirror[] {
  if (mirrors.length === 0) {
    site.fail('EmptyList', 'must not be empty', mirrors, 'Leave it out, or add a RouteMirror.');
  }
  const resolved = mirrors.map((mirror, index) => mirror._resolve(site.at(index)));
  resolved.forEach(({ subset }, index) => {
    if (resolved.findIndex(other => other.subset === subset) < index) {
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
export function withMirrors(own: (Target & { percent: number })[], { mirror, mirrors = mirror ? [mirror] : [] }: Mirrors = {}): Mirrors {
  const all = [...mirrors, ...own];
  return all.length > 1 ? { mirror: undefined, mirrors: all } : { mirror: all[0], mirrors: undefined };
}
