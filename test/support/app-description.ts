/**
 * An application as plain data, which prints well when a property fails. Parts refer to each other by their keys:
 * `namespace/name` for a service, `outside/id` for something outside.
 */
export interface RandomApp {
  /** Absent: no Mesh. `first`: whether it stands before everything else, or after. */
  readonly mesh?: { readonly first: boolean; readonly trustDomain: string; readonly externalEgress?: 'addresses' | 'ciliumFqdns'; readonly written?: boolean };
  readonly namespaces: NamespaceDescription[];
  readonly services: ServiceDescription[];
  readonly externals: ExternalDescription[];
  /** Whether there is an existing workload `ingress`. */
  readonly ingress: boolean;
  readonly calls: CallDescription[];
  /** The services that call what another app offers in its contract. */
  readonly importers: string[];
  readonly routes: RouteDescription[];
  readonly connections: ConnectionRouteDescription[];
  readonly releases: ReleaseDescription[];
  readonly roles: RoleDescription[];
  readonly drills: DrillDescription[];
  readonly gateways: GatewayDescription[];
  readonly limits: LimitsDescription[];
  readonly extensions: ExtensionDescription[];
}

/** A way in, over plain HTTP. */
export interface GatewayDescription {
  readonly name: string;
  readonly namespace: string;
  readonly servers: { readonly port: number; readonly hosts: string[] }[];
  readonly exposures: ExposureDescription[];
}

/** Without paths and methods: whatever of the hosts no other exposure is for. */
export interface ExposureDescription {
  readonly service: string;
  readonly port: string;
  readonly hosts: string[];
  readonly methods?: string[];
  readonly paths?: string[];
  readonly timeoutMillis?: number;
  readonly attempts?: number;
}

export interface NamespaceDescription {
  readonly name: string;
  readonly zeroTrust: boolean;
}

export interface PortDescription {
  readonly name: string;
  readonly protocol: 'http' | 'http2' | 'grpc' | 'tcp' | 'redis' | 'tls' | 'udp';
  readonly number: number;
  readonly target: number;
  /** Of TLS: whether it says the names in it, and whether there are others than the service's own host. */
  readonly named?: 'own' | 'more';
  /** Of something outside: whether the caller's proxy speaks TLS. */
  readonly encrypted?: boolean;
}

export interface BreakerDescription {
  readonly gateway: boolean;
  readonly count: number;
  readonly maxEjection: number;
}

/** What runs the pods, or what the service is: workers and jobs have no ports, and machines are no pods. */
export type WorkloadType = 'deployment' | 'worker' | 'stateful' | 'quorum' | 'daemon' | 'existing' | 'machines' | 'job' | 'cron';

export interface ServiceDescription {
  readonly key: string;
  readonly type: WorkloadType;
  readonly name: string;
  readonly namespace: string;
  readonly ports: PortDescription[];
  /** The addresses of machines. */
  readonly machines?: string[];
  readonly replicas?: number;
  readonly headless?: boolean;
  /** Versions that stay, and whether each has an identity of its own. */
  readonly versions?: { readonly name: string; readonly own: boolean; readonly weight: number }[];
  readonly loadBalancing?: 'roundRobin' | 'leastRequest' | 'random' | 'byHeader' | 'byCookie' | 'byQueryParameter' | 'bySourceAddress' | 'distributed';
  /** Bounds of the service's connections, and settings of its first port alone. */
  readonly bounds?: ('pool' | 'port' | 'budget')[];
  readonly circuitBreaker?: BreakerDescription;
  readonly autoscaling?: 'horizontal' | 'keda';
  readonly configuration?: ('files' | 'live' | 'variables' | 'secret')[];
}

export interface ExternalDescription {
  readonly key: string;
  readonly id: string;
  readonly namespace: string;
  readonly host: string;
  readonly ports: PortDescription[];
  readonly cidrs?: string[];
  readonly addresses?: string[];
  readonly endpoints?: string[];
  readonly servedBy?: string;
  readonly alias?: string;
}

export interface RetriesDescription {
  /** 0: switched off. */
  readonly attempts: number;
  readonly on?: string[];
  readonly perTryMillis?: number;
  readonly codes?: number[];
  readonly backoffMillis?: number;
  readonly ignorePreviousHosts?: boolean;
}

export interface CallDescription {
  /** A service, or `ingress`. */
  readonly client: string;
  /** A service, or something outside. */
  readonly server: string;
  readonly port: string;
  readonly methods?: string[];
  readonly paths?: string[];
  readonly timeoutMillis?: number;
  readonly retries?: RetriesDescription;
  readonly faults?: FaultDescription[];
  /** Whether the client's own proxy answers. */
  readonly stub?: boolean;
}

/** Of all requests, or of those with a header. */
export interface FaultDescription {
  readonly delays: boolean;
  readonly percent: number;
  readonly header?: string;
}

/** All of its conditions at once. */
export interface MatchDescription {
  readonly header?: { readonly name: string; readonly kind: 'exactly' | 'prefix' | 'regex' | 'present' };
  readonly path?: { readonly kind: 'exactly' | 'prefix'; readonly text: string; readonly ignoreCase?: boolean };
  readonly method?: string;
  readonly query?: { readonly name: string; readonly value?: string };
  readonly authority?: string;
  /** A header that is not there, or not with this value. */
  readonly without?: { readonly name: string; readonly value?: string };
}

export type RouteAction = 'answer' | 'redirect' | 'authority' | 'path' | 'prefix' | 'pattern' | 'headers' | 'cors' | 'shares' | 'copies' | 'sends';

export interface RouteDescription {
  readonly service: string;
  readonly name: string;
  readonly match: MatchDescription[];
  /** Absent where the proxy answers, and where the requests go where all others go. */
  readonly version?: string;
  readonly action?: RouteAction;
  /** For shares and copies. */
  readonly other?: string;
  /** The service that gets copies. */
  readonly to?: string;
  /** What takes the path's place, and what the server is asked for then, as the paths of a call are written. */
  readonly rewritten?: { readonly to: string; readonly asked: string };
}

/** Those of one port. */
export interface LimitsDescription {
  readonly service: string;
  readonly port: string;
  /** Of each pod, or of all together by what another team's service counts. */
  readonly counted: boolean;
  readonly limits: LimitDescription[];
  readonly dryRun: boolean;
  readonly told: boolean;
}

/** How many requests, and of whom. */
export interface LimitDescription {
  readonly requests: number;
  readonly burst?: number;
  readonly per?: 'caller' | 'header';
  /** One who calls on that port: a service, or `ingress`. */
  readonly from?: string;
  readonly match?: MatchDescription[];
}

/** What the proxies of a workload run, for what comes in on a port or for all that goes out. */
export interface ExtensionDescription {
  readonly name: string;
  readonly workload: string;
  readonly module: boolean;
  readonly port?: string;
  readonly phase?: 'BEFORE_AUTHENTICATION' | 'BEFORE_AUTHORIZATION' | 'BEFORE_STATISTICS';
  readonly priority?: number;
}

/** Where some connections go: those of clients, by their names, or both. */
export interface ConnectionRouteDescription {
  readonly service: string;
  readonly port: string;
  readonly name: string;
  readonly clients?: string[];
  /** The places of its names among `namesOf`. */
  readonly names?: number[];
  readonly versions: { readonly [version: string]: number };
}

export interface ReleaseDescription {
  readonly service: string;
  readonly version: string;
  readonly stages: number[];
  readonly stage: number;
  readonly match?: MatchDescription[];
  readonly mirror?: number;
  readonly replicas?: number;
}

export interface RoleDescription {
  readonly name: string;
  readonly workload: string;
  readonly verbs: string[];
  readonly secrets: boolean;
}

export interface DrillDescription {
  readonly name: string;
  /** Absent: pods that no service of the app describes. */
  readonly target?: string;
  readonly fault: 'podDelete' | 'podCpuHog' | 'podNetworkLoss';
  readonly podsAffected?: number;
  readonly destination?: string;
  readonly observed?: { readonly service: string; readonly atLeast: number };
}

/** The names of TLS to a service: its own host, two more, and one that is below the second of these. */
export function namesOf({ name, namespace }: Pick<ServiceDescription, 'name' | 'namespace'>): string[] {
  const more = `${name}.${namespace}.example.net`;
  return [`${name}.${namespace}.svc.cluster.local`, more, `*.${more}`, `a.${more}`];
}
