import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { overlaps } from '../traffic/gateway-servers';

/** The names in the TLS to one port of a service. */
interface Named {
  readonly path: string;
  readonly host: () => string;
  readonly site: Site;
  readonly names: string[];
  /** The port of the same service on which the proxies see requests, if there is one. */
  readonly http?: string;
}

/**
 * The names by which TLS to services of the app is told apart. They are hosts of the service's VirtualService, which Istio takes for all that
 * they say: for the requests to them, and for whatever else has one of the names.
 *
 * Upstream: istio/istio pilot/pkg/networking/core/tls.go, getConfigsForHost; route/route.go, separateVSHostsAndServices.
 */
export class SniNames {
  private readonly named: Named[] = [];
  private readonly outside = new Map<string, string>();

  public add(named: Named): void {
    this.named.push(named);
  }

  public addOutside(host: string, path: string): void {
    this.outside.set(host, path);
  }

  /** @param serviceOf who becomes the Service of a namespace and a name. */
  public problems(clusterDomain: string, serviceOf: (namespace: string, name: string) => string | undefined): MeshProblem[] {
    return this.named.flatMap((each, index) => each.names.flatMap((name, at) => {
      const site = each.site.at(at);
      return name === each.host() ? [] : [
        ...overlaps(name, `*.svc.${clusterDomain}`) || isOthersShort(name, each.host(), serviceOf) ? [site.problem('InvalidHost', 'must be no name of the cluster\'s own, but that of the service: its routes would be those of other services, too', name,
          `Name what is outside of ${clusterDomain}; ${each.host()} is one of them anyway.`)] : [],
        ...each.http === undefined ? [] : [site.problem('InvalidHost', `must be the service's own host beside port ${each.http}: Istio would lead plain requests for the name there`, name,
          'Give the port of TLS a service of its own.')],
        ...this.sharing(each, index, name).map(other => site.problem('AmbiguousHost', `must be one service's: ${other} has it`, name, 'Give each names of its own: Istio takes a name for one of the two.')),
      ];
    }));
  }

  /** Those that have a name, too: something outside, and services that were described before. */
  private sharing({ path }: Named, index: number, name: string): string[] {
    const outside = [...this.outside].filter(([host]) => overlaps(host, name)).map(([, owner]) => owner);
    const before = this.named.slice(0, index).filter(other => other.path !== path && other.names.some(each => overlaps(each, name)));
    return [...new Set([...outside, ...before.map(other => other.path)])];
  }
}

/** A name of the cluster without its domain, or without `svc` either, that is not the service's own. */
function isOthersShort(name: string, host: string, serviceOf: (namespace: string, name: string) => string | undefined): boolean {
  const [service, namespace, svc, ...rest] = name.split('.');
  if (rest.length === 0 && svc === 'svc' || svc === undefined && namespace === 'svc') {
    return !host.startsWith(`${name}.`);
  }
  return svc === undefined && !host.startsWith(`${name}.`) && serviceOf(namespace, service) !== undefined;
}
