import { checked } from '../diagnostics/checked';
import { checkDnsLabel, checkInteger } from '../diagnostics/checks';
import { Site } from '../diagnostics/site';
import { TlsOrigination } from '../traffic/tls-origination';
import { TrafficPolicyProps } from '../traffic/traffic-policy-props';

/**
 * Options for a port. How its clients pick a pod, how many connections they open and when they leave a pod out is said here where it differs from
 * what is said of the service.
 */
export interface MeshPortOptions extends TrafficPolicyProps {
  /**
   * The name of the port: the protocol, or the protocol, a dash and a word: `http-admin`. Istio reads the protocol
   * from it. At most 15 characters.
   *
   * Kubernetes: `Service.spec.ports.name`.
   *
   * @default - the protocol
   */
  readonly name?: string;

  /**
   * The port on which the container listens, 1024 to 65535: a program that is not root cannot open a lower one, unless
   * `PodException.lowPorts()` lets it. Of an `ExternalService` the port to which the caller's proxy connects, 1 to 65535.
   *
   * Kubernetes: `Service.spec.ports.targetPort`; Istio: `ServiceEntry.ports.targetPort`.
   *
   * @default - the port itself; of port 80 with `tls` 443
   */
  readonly targetPort?: number;

  /**
   * What gateways and load balancers outside of the mesh are told of the protocol. Istio believes it before the port's name, so it has to mean
   * the same. Of HTTP `http` or `kubernetes.io/ws`, of HTTP/2 `http2` or `kubernetes.io/h2c`, of TLS `tls`, `https` or
   * `kubernetes.io/wss`; of the other protocols their name, and of UDP nothing. Of a service whose Kubernetes Service this app writes alone.
   *
   * Kubernetes: `Service.spec.ports.appProtocol`.
   *
   * @see https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol
   *
   * @default - none: Istio reads the port's name
   */
  readonly appProtocol?: string;

  /**
   * The TLS that the caller's proxy speaks for a program that speaks none. Of an `ExternalService` alone: within the mesh the proxies
   * encrypt between themselves.
   *
   * Istio: `DestinationRule.trafficPolicy.portLevelSettings.tls`.
   *
   * @default - none: what the program says goes out as it is
   */
  readonly tls?: TlsOrigination;

  /**
   * The names that clients give in the TLS of a `MeshPort.tls` (SNI), beside the service's own host: `pay.example.com`, or `*.example.com` for all below it. With them the
   * clients' proxies tell its connections apart, so that versions can have shares and routes; a connection for another name, or without one, they close: so they do where a client
   * writes a short name of the service, which its TLS says as it stands (`vault.shop` may be one of these, `vault` may not). Each name is one service's, and no other one's of
   * the cluster. Of a service with a port of HTTP only its own host: Istio would lead plain requests for the others there, too.
   *
   * Istio: `VirtualService.tls.match.sniHosts`, and `VirtualService.hosts`.
   *
   * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSMatchAttributes
   *
   * @default - whatever they name: nothing tells the connections apart
   */
  readonly sniHosts?: string[];
}

/** How much of a connection the proxies see: its requests, its bytes, its name alone, or nothing. */
type Layer = 'http' | 'tcp' | 'tls' | 'udp';

type Protocol = 'http' | 'http2' | 'grpc' | 'grpc-web' | 'tcp' | 'mongo' | 'mysql' | 'redis' | 'tls' | 'udp';

/**
 * The protocols by the names that Istio has for them, and what else means the same to it.
 *
 * Upstream: istio/istio pkg/config/kube/conversion.go, ConvertProtocol; pkg/config/protocol/instance.go.
 */
const PROTOCOLS: { [name in Protocol]: { layer: Layer; grpc?: boolean; application?: string[]; whole?: string } } = {
  'http': { layer: 'http', application: ['kubernetes.io/ws'] },
  'http2': { layer: 'http', application: ['kubernetes.io/h2c'] },
  'grpc': { layer: 'http', grpc: true },
  'grpc-web': { layer: 'http', grpc: true },
  'tcp': { layer: 'tcp' },
  'mongo': { layer: 'tcp' },
  'mysql': { layer: 'tcp' },
  'redis': { layer: 'tcp', whole: 'the filter of Redis, where there is one, knows no shares' },
  'tls': { layer: 'tls', application: ['https', 'kubernetes.io/wss'], whole: 'Istio routes TLS by its name alone' },
  'udp': { layer: 'udp', whole: 'UDP passes no proxy' },
};

/** The ports of the proxy itself (https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio). */
const PROXY_PORTS = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];

/**
 * A port of a service and the protocol that is spoken on it.
 *
 * @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
 */
@checked
export class MeshPort {
  /**
   * HTTP/1.1.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.http(80, { targetPort: 8080 });
   */
  public static http(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('http', port, options);
  }

  /**
   * HTTP/2 without gRPC.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.http2(8080);
   */
  public static http2(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('http2', port, options);
  }

  /**
   * gRPC.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.grpc(50051);
   */
  public static grpc(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('grpc', port, options);
  }

  /**
   * gRPC-Web: what browsers speak, or a gateway for them. The proxies turn it into gRPC, which is what the program gets. A browser asks by OPTIONS
   * first, which a call has to declare beside POST if it names methods at all, and the program or a gateway to answer.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/grpc_web_filter
   *
   * @example
   * MeshPort.grpcWeb(8081);
   */
  public static grpcWeb(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('grpc-web', port, options);
  }

  /**
   * Anything else over TCP: a database, a queue. The mesh still encrypts and identifies, to a service of its own.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.tcp(9092, { name: 'tcp-kafka' });
   */
  public static tcp(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('tcp', port, options);
  }

  /**
   * MongoDB: TCP.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.mongo(27017);
   */
  public static mongo(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('mongo', port, options);
  }

  /**
   * MySQL: TCP, where the server speaks first. Its statements are counted in a mesh whose istiod has `PILOT_ENABLE_MYSQL_FILTER`.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.mysql(3306);
   */
  public static mysql(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('mysql', port, options);
  }

  /**
   * Redis: TCP, or Redis itself in a mesh whose istiod has `PILOT_ENABLE_REDIS_FILTER`. Such a port cannot be split between versions, because that filter
   * knows no shares: a release takes `MeshPort.tcp()`.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.redis(6379);
   */
  public static redis(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('redis', port, options);
  }

  /**
   * TLS that the program itself speaks. Within the mesh it goes through the proxies' own, so that callers have their identity; their
   * requests stay unseen. Such a port can be split between versions where it says its `sniHosts`; otherwise a release takes `MeshPort.tcp()`, which carries TLS as well.
   *
   * @param port what the clients connect to, 1 to 65535.
   *
   * @example
   * MeshPort.tls(8443, { sniHosts: ['pay.example.com', '*.pay.example.com'] });
   */
  public static tls(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('tls', port, options);
  }

  /**
   * UDP: statistics, logs, gossip. It passes no proxy: the network alone lets the declared callers through, by their pods'
   * labels; nothing is encrypted, and no identity is checked. Such a port cannot be split between versions.
   *
   * @param port what the clients send to, 1 to 65535.
   *
   * @example
   * MeshPort.udp(8125, { name: 'udp-statsd' });
   */
  public static udp(port: number, options: MeshPortOptions = {}): MeshPort {
    return new MeshPort('udp', port, options);
  }

  /**
   * One as a contract describes it; `undefined` where no such protocol is known.
   *
   * @internal
   */
  public static _of(protocol: string, port: number, options: MeshPortOptions): MeshPort | undefined {
    return Object.hasOwn(PROTOCOLS, protocol) ? new MeshPort(protocol as Protocol, port, options) : undefined;
  }

  /**
   * The port's name.
   */
  public readonly name: string;

  /**
   * The port on which the container listens, or what is outside.
   */
  public readonly targetPort: number;

  /** @internal */
  public readonly _tls?: TlsOrigination;

  /** @internal */
  public readonly _appProtocol?: string;

  /**
   * The names in its TLS, if they are known.
   *
   * @internal
   */
  public readonly _sniHosts?: string[];

  /**
   * What is said of the connections to this port alone.
   *
   * @internal
   */
  public readonly _traffic: TrafficPolicyProps;

  private constructor(
    /** @internal */
    public readonly _protocol: Protocol,
    /**
     * The port to which the clients connect.
     */
    public readonly port: number,
    options: MeshPortOptions,
  ) {
    this.name = options.name ?? _protocol;
    this._tls = options.tls;
    this._appProtocol = options.appProtocol;
    this._sniHosts = options.sniHosts && [...options.sniHosts];
    const { loadBalancing, connectionPool, circuitBreaker } = options;
    this._traffic = { loadBalancing, connectionPool, circuitBreaker };
    this.targetPort = options.targetPort ?? (options.tls && port === 80 ? 443 : port);
  }

  /** @internal */
  public get _layer(): Layer {
    return PROTOCOLS[this._protocol].layer;
  }

  /**
   * Whether requests can be told apart: by path, method and header.
   *
   * @internal
   */
  public get _isHttp(): boolean {
    return this._layer === 'http';
  }

  /**
   * Whether requests go out over HTTP/2.
   *
   * Upstream: istio/istio pkg/config/protocol/instance.go, IsHTTP2.
   *
   * @internal
   */
  public get _isHttp2(): boolean {
    return this._isHttp && this._protocol !== 'http';
  }

  /** @internal */
  public get _isGrpc(): boolean {
    return PROTOCOLS[this._protocol].grpc ?? false;
  }

  /**
   * Whether connections to it bear no name by which their host could be told.
   *
   * @internal
   */
  public get _isTcp(): boolean {
    return this._layer === 'tcp';
  }

  /**
   * Whether it goes past the proxies.
   *
   * @internal
   */
  public get _isUdp(): boolean {
    return this._layer === 'udp';
  }

  /**
   * Why its requests cannot be split between versions; `undefined` where they can.
   *
   * Upstream: istio/istio pilot/pkg/networking/core/tls.go, and networkfilter.go, buildOutboundNetworkFiltersStack.
   *
   * @internal
   */
  public get _whole(): string | undefined {
    return this._sniHosts ? undefined : PROTOCOLS[this._protocol].whole;
  }

  /** @internal */
  public get _transport(): 'TCP' | 'UDP' {
    return this._isUdp ? 'UDP' : 'TCP';
  }

  /** @internal */
  public _check(site: Site): void {
    checkInteger(site.in('port'), this.port, 1, 65535, 'InvalidPort', 'Use the port to which the clients connect.');
    if (PROXY_PORTS.includes(this.port)) {
      site.in('port').fail('InvalidPort', 'must not be a port of the mesh proxy', this.port, `Choose one other than ${PROXY_PORTS.join(', ')}.`);
    }
    checkDnsLabel(site.in('name'), this.name, { max: 15 });
    if (this.name.includes('--')) { // a container's port is a service name of IANA's
      site.in('name').fail('InvalidName', 'must have single dashes', this.name, 'Write one dash between two words.');
    }
    if (this.name !== this._protocol && !this.name.startsWith(`${this._protocol}-`)) {
      site.in('name').fail('InvalidPortName', 'must begin with the protocol', this.name, `Call it ${this._protocol} or ${this._protocol}-${this.name}: Istio reads the protocol from the name.`);
    }
    if (this._protocol === 'grpc' && this.name.startsWith('grpc-web')) {
      site.in('name').fail('InvalidPortName', 'means gRPC-Web to Istio', this.name, 'Use MeshPort.grpcWeb() if that is what it speaks, or another word.');
    }
  }

  /**
   * @param lowest the lowest port that the program may open.
   *
   * @internal
   */
  public _checkTarget(site: Site, lowest: number): void {
    checkInteger(site.in('targetPort'), this.targetPort, lowest, 65535, 'InvalidPort',
      `A program that is not root cannot open a port below 1024: MeshPort.${this._factory}(${this.port}, { targetPort: 8080 }), or exceptions: [PodException.lowPorts()].`);
    if (PROXY_PORTS.includes(this.targetPort)) {
      site.in('targetPort').fail('InvalidPort', 'must not be a port of the mesh proxy', this.targetPort, `Choose one other than ${PROXY_PORTS.join(', ')}.`);
    }
  }

  /**
   * What the Service says of it; of one that is not ours, nothing can be said.
   *
   * @internal
   */
  public _checkAppProtocol(site: Site, ours: boolean): void {
    if (this._appProtocol === undefined) {
      return;
    }
    const at = site.in('appProtocol');
    if (!ours) {
      at.fail('InvalidPort', 'is for the Service to say, which this app does not write', this._appProtocol, 'Leave it out.');
    }
    if (this._isUdp) {
      at.fail('InvalidPort', 'has no meaning over UDP, which no proxy reads', this._appProtocol, 'Leave it out.');
    }
    const known = [this._protocol, ...PROTOCOLS[this._protocol].application ?? []];
    if (!known.includes(this._appProtocol)) {
      at.fail('InvalidPort', `must mean ${this._protocol} to Istio, which believes it before the port's name`, this._appProtocol, `Use ${known.join(' or ')}, or leave it out.`);
    }
  }

  /**
   * How it is written.
   *
   * @internal
   */
  public get _factory(): string {
    return this._protocol === 'grpc-web' ? 'grpcWeb' : this._protocol;
  }
}
