import { filteredPort } from './filtered-service';
import { checked } from '../diagnostics/checked';
import { MeshProblem } from '../diagnostics/mesh-problem';
import { Site } from '../diagnostics/site';
import { TrafficSelectorManifest } from '../manifests/istio-filters';
import { MeshWorkload } from '../mesh/mesh-workload';
import { GatewayServer } from '../traffic/gateway-server';
import { GatewayServers } from '../traffic/gateway-servers';

/** Which requests are meant, and what the whole app may show to be wrong with it. */
export interface BoundMatch {
  readonly manifest: TrafficSelectorManifest;
  readonly problems: () => MeshProblem[];
}

/**
 * Which requests of a workload, or of a gateway, go through an extension.
 *
 * Istio: `TrafficSelector`.
 */
@checked
export class TrafficMatch {
  /**
   * Those that come in: of a workload on one port, of a gateway on every port that takes requests.
   *
   * @param port its name; without it the workload's only port of HTTP or gRPC is meant. Not for a gateway: there it is `gatewayPort()`.
   *
   * @example
   * TrafficMatch.incoming();
   */
  public static incoming(port?: string): TrafficMatch {
    return new TrafficMatch((site, workload) => ({
      manifest: { mode: 'SERVER', ports: [{ number: filteredPort(site, workload, port).targetPort }] },
      problems: () => [],
    }), (site, servers) => {
      takingRequests(site, servers);
      return port === undefined ? { mode: CAME_IN } : site.in('port').fail('InvalidPort', 'is the name of a service\'s port', port, 'Use TrafficMatch.gatewayPort(443) for a gateway.');
    });
  }

  /**
   * Those that come in through a gateway on one of its ports.
   *
   * @param port to which clients connect.
   *
   * @example
   * TrafficMatch.gatewayPort(443);
   */
  public static gatewayPort(port: number): TrafficMatch {
    return new TrafficMatch(
      site => site.in('gatewayPort').fail('InvalidPort', 'is that of a gateway', port, 'Use TrafficMatch.incoming() with the name of the service\'s port.'),
      (site, servers) => {
        const taking = takingRequests(site, servers);
        const server = taking.find(({ _port }) => _port === port) ?? site.in('gatewayPort').fail('UnknownPort', 'must be one on which the gateway takes requests', port,
          `Use ${[...new Set(taking.map(({ _port }) => _port))].join(', ')}, or TrafficMatch.incoming() for all.`);
        return { mode: CAME_IN, ports: [{ number: server._targetPort }] };
      },
    );
  }

  /**
   * Those that a workload makes itself, to all that it calls or to what has this port.
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
    }), site => site.fail('InvalidExtension', 'is for a workload: what a gateway asks of services is what has come in', port ?? 'outgoing()', 'Use TrafficMatch.incoming().'));
  }

  private constructor(
    private readonly bind: (site: Site, workload: MeshWorkload) => BoundMatch,
    private readonly bindGateway: (site: Site, servers: GatewayServers) => TrafficSelectorManifest,
  ) {}

  /** @internal */
  public _bind(site: Site, workload: MeshWorkload): BoundMatch {
    return this.bind(site, workload);
  }

  /** @internal */
  public _bindGateway(site: Site, servers: GatewayServers): BoundMatch {
    const manifest = this.bindGateway(site, servers);
    return { manifest, problems: () => [] };
  }
}

/** What comes in to a gateway Istio has on its client's side: istio/istio pilot/pkg/model/extensions.go, workloadModeForListenerClass. */
const CAME_IN = 'CLIENT';

function takingRequests(site: Site, { all }: GatewayServers): GatewayServer[] {
  const taking = all.filter(({ _routed }) => _routed === 'http');
  return taking.length > 0 ? taking : site.fail('NotHttp', 'must be requests, and the gateway takes connections alone', all.map(({ _portName }) => _portName),
    'Add GatewayServer.http() or GatewayServer.https(), or extend the service.');
}
