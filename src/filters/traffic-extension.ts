import { Construct } from 'constructs';
import { Extended, extendedOf } from './extended';
import { ExtensionFilter, ExtensionManifest } from './extension-filter';
import { TrafficMatch } from './traffic-match';
import { checked } from '../diagnostics/checked';
import { checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { registerEnums } from '../diagnostics/type-fit';
import { MeshGraph } from '../graph/mesh-graph';
import { portOf } from '../graph/resolve-call';
import { TrafficSelectorManifest, trafficExtension } from '../manifests/istio-filters';
import { ExternalService } from '../mesh/external-service';
import { IngressGateway } from '../mesh/ingress-gateway';
import { MeshWorkload } from '../mesh/mesh-workload';
import { objectLabels } from '../workload/labels';

/**
 * Where in the chain of a proxy an extension stands.
 *
 * Istio: `TrafficExtension.ExecutionPhase`.
 */
export enum ExtensionPhase {
  /** Before tokens are verified. */
  BEFORE_AUTHENTICATION = 'AUTHN',
  /** After tokens are verified, and before it is decided who may. */
  BEFORE_AUTHORIZATION = 'AUTHZ',
  /** After it is decided who may, and before requests are counted. */
  BEFORE_STATISTICS = 'STATS',
}

registerEnums({ ExtensionPhase });

/**
 * Properties of `TrafficExtension`.
 */
export interface TrafficExtensionProps {
  /**
   * The workload whose proxies run it, of the chart's namespace.
   *
   * @default - none: there is a gateway
   */
  readonly service?: MeshWorkload;

  /**
   * The gateway whose proxies run it, before any service is asked: a `MeshGateway` of the chart's namespace.
   *
   * @default - none: there is a service
   */
  readonly gateway?: IngressGateway;

  /**
   * What they run.
   */
  readonly filter: ExtensionFilter;

  /**
   * Where it stands. Of those before it, it sees what they have made of the request.
   *
   * Istio: `phase`.
   *
   * @default - at the end, just before the router
   */
  readonly phase?: ExtensionPhase;

  /**
   * Its rank among extensions of the same phase: the higher comes first. From -2147483648 to 2147483647.
   *
   * Istio: `priority`.
   *
   * @default - 0; of several the oldest comes first
   */
  readonly priority?: number;

  /**
   * Which requests go through it: any of these.
   *
   * Istio: `match`.
   *
   * @default - [TrafficMatch.incoming()]
   */
  readonly match?: TrafficMatch[];
}

/**
 * Lets the proxies of a workload, or of a gateway, run a script or a module for its requests. It becomes a TrafficExtension of the construct's id, which meshes have from Istio 1.30 on.
 *
 * Throws `InvalidName`, `MissingProperty`, `MissingNamespace`, `OtherApp`, `OtherNamespace`, `NotOurs`, `NotCallable`, `NotHttp`, `UnknownPort`, `AmbiguousPort`, `DuplicateName`, `EmptyList`,
 * `InvalidExtension`, `InvalidPort`, `InvalidUrl`, `UnpinnedImage`, `InvalidVariable`, and at synth `UndeclaredCall`.
 *
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/traffic_extension/
 *
 * @example
 * new TrafficExtension(chart, 'orders-headers', {
 *   service: orders,
 *   filter: ExtensionFilter.lua('function envoy_on_response(handle) handle:headers():remove("x-internal-cost") end'),
 *   phase: ExtensionPhase.BEFORE_STATISTICS,
 * });
 */
@checked
export class TrafficExtension extends Construct {
  constructor(scope: Construct, id: string, props: TrafficExtensionProps) {
    super(scope, id);
    const at = (property: string) => Site.of(this, property);
    const { phase } = props;
    const graph = MeshGraph.of(this);
    const extended = extendedOf(this, props);
    const { name, namespace } = extended;
    if (props.match?.length === 0) {
      at('match').fail('EmptyList', 'must not be empty', [], 'Leave it out for what comes in.');
    }
    const bound = (props.match ?? [TrafficMatch.incoming()]).map((match, index) => extended.bind(props.match ? at('match').at(index) : at(props.gateway ? 'gateway' : ''), match));
    checkOnce(at('match'), bound.map(({ manifest }) => manifest));
    const extension = props.filter._toManifest(at('filter'));
    const priority = props.priority === undefined ? undefined
      : checkInteger(at('priority'), props.priority, -2147483648, 2147483647, 'InvalidExtension', 'Write a whole number: the higher comes first.');
    graph.claim(at('id'), ['TrafficExtension'], namespace, name, this.node.path);
    graph.check(() => bound.flatMap(({ problems }) => problems()));
    this.openWayTo(at('filter').in('fetchedFrom'), extension, extended);
    const { fetchedFrom, ...filter } = extension;
    trafficExtension(this, 'traffic-extension', { name, labels: objectLabels(name) }, () => ({
      selector: { matchLabels: extended.labels() },
      ...(phase && { phase }),
      ...(priority !== undefined && { priority }),
      match: bound.map(({ manifest }) => manifest),
      ...filter,
    }));
  }

  /** The proxy's agent fetches the module by itself, around Envoy: the network has to let it, and nothing else has to know. */
  private openWayTo(site: Site, { fetchedFrom }: ExtensionManifest, { includes }: Extended): void {
    const graph = MeshGraph.of(this);
    fetchedFrom.forEach((server, index) => {
      graph.checkMember(site.at(index), server, 'Describe it in this app, as an ExternalService.');
      const port = portOf(site.at(index), server._destination);
      if (server instanceof ExternalService && (port._tls || port.targetPort !== port.port)) {
        site.at(index).fail('InvalidExtension', `must be reached on ${port.port} itself: the proxy's agent asks, and no Envoy that would lead it on`, `${server.host}:${port.port}`,
          'Describe what serves modules as it is reached from the pod, without targetPort and tls: MeshPort.tls(443).');
      }
      graph.addProxyCall({ server: server._destination, port, made: 'agent', by: includes });
    });
  }
}

/** Fails for requests that another match is for, whatever their port or just as it. */
function checkOnce(site: Site, matches: TrafficSelectorManifest[]): void {
  matches.forEach((match, index) => {
    const other = matches.findIndex(({ mode, ports }, place) => place !== index && mode === match.mode
      && (ports === undefined ? match.ports !== undefined || place < index : place < index && JSON.stringify(ports) === JSON.stringify(match.ports)));
    if (other >= 0) {
      site.at(index).fail('InvalidExtension', `must be for other requests than [${other}], which is for these too`, match, 'Leave one of the two out.');
    }
  });
}
