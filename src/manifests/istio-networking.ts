import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { emit, Head } from './emit';
import { RoutedObject } from './routed-object';

const API_VERSION = 'networking.istio.io/v1';

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch */
export interface StringMatchManifest {
  exact?: string;
  prefix?: string;
  regex?: string;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest */
export interface HttpMatchManifest {
  uri?: StringMatchManifest;
  ignoreUriCase?: boolean;
  scheme?: StringMatchManifest;
  method?: StringMatchManifest;
  authority?: StringMatchManifest;
  headers?: { [name: string]: StringMatchManifest };
  withoutHeaders?: { [name: string]: StringMatchManifest };
  queryParams?: { [name: string]: StringMatchManifest };
  port?: number;
  sourceLabels?: { [key: string]: string };
  sourceNamespace?: string;
}

export interface DestinationManifest {
  host: string;
  subset?: string;
  port?: { number: number };
}

export interface RouteDestinationManifest {
  destination: DestinationManifest;
  weight?: number;
  headers?: HeadersManifest;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry */
export interface RetryManifest {
  attempts: number;
  perTryTimeout?: string;
  retryOn?: string;
  backoff?: string;
  retryIgnorePreviousHosts?: boolean;
  retryRemoteLocalities?: boolean;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite */
export interface RewriteManifest {
  uriRegexRewrite?: { match: string; rewrite: string };
  authority?: string;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect */
export interface RedirectManifest {
  uri?: string;
  authority?: string;
  scheme?: string;
  port?: number;
  redirectCode?: number;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPDirectResponse */
export interface DirectResponseManifest {
  status: number;
  body?: { string: string };
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy */
export interface CorsPolicyManifest {
  allowOrigins: StringMatchManifest[];
  allowMethods: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  maxAge?: string;
  allowCredentials?: boolean;
  unmatchedPreflights: string;
}

export interface HeaderOperationsManifest {
  set?: { [name: string]: string };
  add?: { [name: string]: string };
  remove?: string[];
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Headers */
export interface HeadersManifest {
  request?: HeaderOperationsManifest;
  response?: HeaderOperationsManifest;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Delegate */
export interface DelegateManifest {
  name: string;
  namespace: string;
}

export interface DelayManifest {
  percentage: { value: number };
  fixedDelay: string;
}

export interface AbortManifest {
  percentage: { value: number };
  httpStatus?: number;
  grpcStatus?: string;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection */
export interface FaultManifest {
  delay?: DelayManifest;
  abort?: AbortManifest;
}

/** What becomes of a request, and of its answer, on the way. */
export interface TreatmentManifest {
  rewrite?: RewriteManifest;
  corsPolicy?: CorsPolicyManifest;
  headers?: HeadersManifest;
}

export interface HttpRouteManifest extends TreatmentManifest {
  name: string;
  match?: HttpMatchManifest[];
  fault?: FaultManifest;
  route?: RouteDestinationManifest[];
  /** In the place of a route: another VirtualService says where to. */
  delegate?: DelegateManifest;
  redirect?: RedirectManifest;
  directResponse?: DirectResponseManifest;
  timeout?: string;
  retries?: RetryManifest;
  mirror?: DestinationManifest;
  mirrorPercentage?: { value: number };
  mirrors?: { destination: DestinationManifest; percentage: { value: number } }[];
}

/** What a proxy says by itself. */
export type RouteAnswerManifest = Pick<HttpRouteManifest, 'redirect' | 'directResponse'>;

/** Whose proxy it is for: Istio looks at it when it writes the proxy's configuration, and never at a gateway's. */
export interface ConnectionSourceManifest {
  sourceLabels?: { [key: string]: string };
  sourceNamespace?: string;
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#TCPRoute */
export interface TcpRouteManifest {
  match?: ({ port: number } & ConnectionSourceManifest)[];
  route: RouteDestinationManifest[];
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSRoute */
export interface TlsRouteManifest {
  match: ({ port: number; sniHosts: string[] } & ConnectionSourceManifest)[];
  route: RouteDestinationManifest[];
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
export interface VirtualServiceSpec {
  exportTo?: string[];
  hosts: string[];
  /** Without it, the mesh's own proxies. */
  gateways?: string[];
  http?: HttpRouteManifest[];
  tls?: TlsRouteManifest[];
  tcp?: TcpRouteManifest[];
}

export function virtualService(scope: Construct, id: string, head: Head, spec: () => VirtualServiceSpec): ApiObject {
  return new RoutedObject(scope, id, API_VERSION, 'VirtualService', head, spec);
}

export interface GatewayServerManifest {
  port: { number: number; name: string; protocol: string };
  hosts: string[];
  tls?: { httpsRedirect?: boolean; mode?: string; credentialName?: string; minProtocolVersion?: string };
}

/** @see https://istio.io/latest/docs/reference/config/networking/gateway/ */
export interface GatewaySpec {
  selector: { [key: string]: string };
  servers: GatewayServerManifest[];
}

export function gateway(scope: Construct, id: string, head: Head, spec: () => GatewaySpec): ApiObject {
  return emit(scope, id, API_VERSION, 'Gateway', head, spec);
}

export interface OutlierDetectionManifest {
  consecutive5xxErrors?: number;
  consecutiveGatewayErrors?: number;
  splitExternalLocalOriginErrors?: boolean;
  consecutiveLocalOriginFailures?: number;
  interval?: string;
  baseEjectionTime?: string;
  maxEjectionPercent?: number;
  minHealthPercent?: number;
}

export interface ConnectionPoolManifest {
  tcp?: {
    maxConnections?: number;
    connectTimeout?: string;
    tcpKeepalive?: { time?: string; interval?: string; probes?: number };
    maxConnectionDuration?: string;
    idleTimeout?: string;
  };
  http?: {
    http1MaxPendingRequests?: number;
    http2MaxRequests?: number;
    maxRequestsPerConnection?: number;
    maxRetries?: number;
    maxConcurrentStreams?: number;
    http2KeepAlive?: { interval: string; timeout: string };
    h2UpgradePolicy?: string;
    useClientProtocol?: boolean;
  };
}

export interface RetryBudgetManifest {
  percent: number;
  minRetryConcurrency?: number;
  budgetInterval?: string;
}

export interface LoadBalancerManifest {
  simple?: string;
  consistentHash?: ConsistentHashManifest;
  warmup?: WarmUpManifest;
  localityLbSetting?: LocalityManifest;
}

export interface ConsistentHashManifest {
  httpHeaderName?: string;
  httpCookie?: { name: string; path?: string; ttl?: string; attributes?: { name: string; value?: string }[] };
  useSourceIp?: boolean;
  httpQueryParameterName?: string;
  ringHash?: { minimumRingSize: number };
  maglev?: { tableSize: number };
}

export interface WarmUpManifest {
  duration: string;
  minimumPercent?: number;
  aggression?: number;
}

export interface LocalityManifest {
  enabled: boolean;
  distribute?: { from: string; to: { [locality: string]: number } }[];
  failover?: { from: string; to: string }[];
  failoverPriority?: string[];
}

/** @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings */
export interface ClientTlsManifest {
  mode: string;
  clientCertificate?: string;
  privateKey?: string;
  caCertificates?: string;
  sni?: string;
  subjectAltNames?: string[];
}

/** What one port can have of its own. */
export interface PolicyManifest {
  tls?: ClientTlsManifest;
  connectionPool?: ConnectionPoolManifest;
  loadBalancer?: LoadBalancerManifest;
  outlierDetection?: OutlierDetectionManifest;
}

export interface PortPolicyManifest extends PolicyManifest {
  port: { number: number };
}

export interface TrafficPolicyManifest extends PolicyManifest {
  retryBudget?: RetryBudgetManifest;
  portLevelSettings?: PortPolicyManifest[];
}

/** @see https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
export interface DestinationRuleSpec {
  exportTo?: string[];
  host: string;
  trafficPolicy: TrafficPolicyManifest;
  subsets?: { name: string; labels?: { [key: string]: string }; trafficPolicy?: TrafficPolicyManifest }[];
}

export function destinationRule(scope: Construct, id: string, head: Head, spec: () => DestinationRuleSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'DestinationRule', head, spec);
}

/** @see https://istio.io/latest/docs/reference/config/networking/sidecar/ */
export interface SidecarSpec {
  workloadSelector: { labels: { [key: string]: string } };
  egress: { hosts: string[] }[];
  outboundTrafficPolicy: { mode: string };
}

export function sidecar(scope: Construct, id: string, head: Head, spec: () => SidecarSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'Sidecar', head, spec);
}

/** @see https://istio.io/latest/docs/reference/config/networking/workload-entry/ */
export interface EndpointManifest {
  address: string;
  weight?: number;
  labels?: { [key: string]: string };
  locality?: string;
}

export interface WorkloadEntrySpec extends EndpointManifest {
  serviceAccount: string;
}

export function workloadEntry(scope: Construct, id: string, head: Head, spec: WorkloadEntrySpec): ApiObject {
  return emit(scope, id, API_VERSION, 'WorkloadEntry', head, spec);
}

/** @see https://istio.io/latest/docs/reference/config/networking/workload-group/ */
export interface WorkloadGroupSpec {
  metadata: { labels: { [key: string]: string } };
  template: { serviceAccount: string };
}

export function workloadGroup(scope: Construct, id: string, head: Head, spec: WorkloadGroupSpec): ApiObject {
  return emit(scope, id, API_VERSION, 'WorkloadGroup', head, spec);
}

/** @see https://istio.io/latest/docs/reference/config/networking/service-entry/ */
export interface ServiceEntrySpec {
  hosts: string[];
  addresses?: string[];
  location: string;
  resolution: string;
  ports: { number: number; name: string; protocol: string; targetPort?: number }[];
  endpoints?: EndpointManifest[];
  exportTo: string[];
}

export function serviceEntry(scope: Construct, id: string, head: Head, spec: () => ServiceEntrySpec): ApiObject {
  return emit(scope, id, API_VERSION, 'ServiceEntry', head, spec);
}
