import { filteredPort } from './filtered-service';
import { checked } from '../diagnostics/checked';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { TrafficSelectorManifest } from '../manifests/istio-filters';
import { MeshWorkload } from '../mesh/mesh-workload';

/** Which requests are meant, and what the whole app may show to be wrong with it. */
interface BoundMatch {
  readonly manifest: TrafficSelectorManifest;
  readonly problems: () => MeshProblem[];
}

/**
 * Which requests of a workload go through an extension.
 *
 * Istio: `TrafficSelector`.
 */
@checked
export class TrafficMatch {
  /**
   * Those that come in, on one port.
   *
   * @param port its name; without it the workload's only port of HTTP or gRPC is meant.
   *
   * @example
   * TrafficMatch.incoming();
   */
  public static incoming(port?: string): TrafficMatch {
    return new TrafficMatch((site, workload) => ({
      manifest: { mode: 'SERVER', ports: [{ number: filteredPort(site, workload, port).targetPort }] },
      problems: () => [],
    }));
  }

  /**
   * Those that the workload makes itself, to all that it calls or to what has this port.
   *
   * @param port the number of the called services' port; Istio tells them by nothing else.
   *
   * @example
   * TrafficMatch.outgoing(8080);
   */
  public static outgoing(port?: number): TrafficMatch {
    return new TrafficMatch((site, workload) => ({
      manifest: { mode: 'CLIENT', ...(port !== undefined && { ports: [{ number: port }] }) },
      problems: () => workload._member.outgoing.all.some(call => call.port._isHttp && (port === undefined || call.port.port === port)) ? [] : [
        site.problem('UndeclaredCall', 'must be requests that the workload makes', port ?? 'outgoing()', 'Declare the call, on a port of HTTP or gRPC, or leave this out.'),
      ],
    }));
  }

  private constructor(private readonly bind: (site: Site, workload: MeshWorkload) => BoundMatch) {}

  /** @internal */
  public _bind(site: Site, workload: MeshWorkload): BoundMatch {
    return this.bind(site, workload);
  }
}
