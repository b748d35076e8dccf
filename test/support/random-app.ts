import * as fc from 'fast-check';
import {
  BreakerDescription, CallDescription, DrillDescription, ExternalDescription, MatchDescription, NamespaceDescription, PortDescription,
  RandomApp, ReleaseDescription, RetriesDescription, RoleDescription, RouteAction, RouteDescription, ServiceDescription,
  WorkloadType,
} from './app-description';
import { connectionRoutesOf, drawnConnections } from './random-connections';
import { drawnExtensions, drawnLimits, extensionsOf, limitsOf } from './random-filters';
import { DrawnGateway, drawnGateways, GATES, gatewaysOf } from './random-gateways';
import { drawnMatches, grpcPath, isHttp, sayable } from './random-matches';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

/**
 * Whole applications that the library takes: every description that comes out is valid.
 *
 * What one part refers to is drawn as a number and looked up in what is there, so that the parts shrink on their own:
 * a failure is shown with the fewest services, ports and calls that still fail. What would contradict another
 * part (a timeout on TCP, a call declared twice) is left out.
 */
export function randomApps(): fc.Arbitrary<RandomApp> {
  return fc.record({
    mesh: optional(fc.record({
      first: fc.boolean(),
      trustDomain: fc.constantFrom('cluster.local', 'acme.example'),
      externalEgress: optional(fc.constantFrom('addresses' as const, 'ciliumFqdns' as const)),
      written: fc.nat(3).map(each => each === 0),
    })),
    namespaces: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('shop', 'web'), zeroTrust: fc.boolean() }), { selector: ({ name }) => name, minLength: 1, maxLength: 2 }),
    services: fc.array(drawnServices, { minLength: 1, maxLength: 6 }),
    externals: fc.uniqueArray(drawnExternals, { selector: ({ id }) => id, maxLength: 2 }),
    ingress: fc.boolean(),
    calls: fc.array(drawnCalls, { maxLength: 10 }),
    importers: fc.array(fc.nat(5), { maxLength: 2 }),
    routes: fc.array(drawnRoutes, { maxLength: 3 }),
    connections: fc.array(drawnConnections, { maxLength: 3 }),
    releases: fc.array(drawnReleases, { maxLength: 2 }),
    roles: fc.array(fc.record({ workload: fc.nat(5), verbs: fc.subarray(['get', 'list', 'watch'], { minLength: 1 }), secrets: fc.boolean() }), { maxLength: 1 }),
    drills: fc.array(drawnDrills, { maxLength: 2 }),
    gateways: drawnGateways,
    limits: drawnLimits,
    extensions: drawnExtensions,
  }).map(drawn => withGateways(resolve(drawn), drawn.gateways));
}

/** Names that go wrong when derived names are glued together carelessly. */
const SERVICE_NAMES = ['orders', 'frontend', 'orders-1', 'match', 'testers-orders', 'payments'];

const PATHS = ['/', '/orders', '/orders/*', '/orders/{*}', '/orders/{*}/items', '/orders/{**}', '/{*}/items', '/orders.v1.Orders/Get', '*.html', '*'];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];
const CONDITIONS = ['connect-failure', 'gateway-error', '5xx', 'reset', 'unavailable'];
const TAKES_UP_TIMEOUTS = ['gateway-error', '5xx', 'reset'];

const drawnPorts = fc.record({
  protocol: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('http' as const, 'grpc' as const, 'http2' as const, 'tcp' as const) },
    { weight: 1, arbitrary: fc.constantFrom('redis' as const, 'tls' as const, 'udp' as const) },
  ),
  target: fc.integer({ min: 8000, max: 8020 }),
  low: fc.boolean(),
  named: fc.boolean(),
});

const breakers: fc.Arbitrary<BreakerDescription> = fc.record({
  gateway: fc.boolean(), count: fc.integer({ min: 1, max: 1000 }), maxEjection: fc.integer({ min: 1, max: 100 }),
});

const types: fc.Arbitrary<WorkloadType> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('deployment' as const) },
  { weight: 6, arbitrary: fc.constantFrom('worker' as const, 'stateful' as const, 'quorum' as const, 'daemon' as const, 'existing' as const, 'machines' as const, 'job' as const, 'cron' as const) },
);

const drawnServices = fc.record({
  type: types,
  name: fc.constantFrom(...SERVICE_NAMES),
  namespace: fc.nat(1),
  ports: fc.uniqueArray(drawnPorts, { selector: ({ target }) => target, minLength: 1, maxLength: 3 }),
  replicas: optional(fc.integer({ min: 1, max: 4 })),
  headless: fc.nat(5).map(drawn => drawn === 0),
  versions: fc.uniqueArray(fc.record({ name: fc.constantFrom('eu', 'beta'), own: fc.boolean(), weight: fc.integer({ min: 0, max: 50 }) }), {
    selector: ({ name }) => name, maxLength: 2,
  }),
  loadBalancing: optional(fc.constantFrom(
    'roundRobin' as const, 'leastRequest' as const, 'random' as const, 'byHeader' as const, 'byCookie' as const, 'byQueryParameter' as const,
    'bySourceAddress' as const, 'distributed' as const)),
  bounds: optional(fc.subarray(['pool' as const, 'port' as const, 'budget' as const])),
  circuitBreaker: optional(breakers),
  autoscaling: optional(fc.constantFrom('horizontal' as const, 'keda' as const)),
  configuration: optional(fc.subarray(['files' as const, 'live' as const, 'variables' as const, 'secret' as const])),
});

const drawnExternals = fc.record({
  id: fc.constantFrom('pay', 'mail'),
  namespace: fc.nat(1),
  protocols: fc.subarray(['tls' as const, 'http' as const, 'tcp' as const], { minLength: 1 }),
  encrypted: fc.boolean(),
  foundBy: fc.constantFrom('name' as const, 'address' as const, 'block' as const, 'endpoint' as const, 'both' as const),
  cidrs: optional(fc.subarray(['203.0.113.0/24', '2001:db8::/32'], { minLength: 1 })),
  names: optional(fc.constantFrom('many' as const, 'alias' as const)),
});

const GRPC_CODES = ['cancelled', 'deadline-exceeded', 'resource-exhausted', 'unavailable'];

const retries: fc.Arbitrary<RetriesDescription> = fc.record({
  attempts: fc.integer({ min: 0, max: 10 }),
  on: optional(fc.subarray(CONDITIONS, { minLength: 1 })),
  perTryMillis: optional(fc.integer({ min: 1, max: 5000 })),
  codes: optional(fc.subarray([408, 418, 429, 431], { minLength: 1 })),
  backoffMillis: optional(fc.integer({ min: 1, max: 2000 })),
  ignorePreviousHosts: optional(fc.boolean()),
});

const drawnFault = fc.record({ delays: fc.boolean(), percent: fc.constantFrom(0.0001, 10, 100), header: optional(fc.constantFrom('x-user', 'x-chaos')) });
const drawnFaults = fc.uniqueArray(drawnFault, { selector: ({ delays }) => delays, minLength: 1, maxLength: 2 });

const drawnCalls = fc.record({
  client: fc.nat(6),
  server: fc.nat(7),
  port: fc.nat(2),
  methods: optional(fc.subarray(METHODS, { minLength: 1 })),
  paths: optional(fc.subarray(PATHS, { minLength: 1, maxLength: 3 })),
  timeoutMillis: optional(fc.integer({ min: 21, max: 60000 })), // More than a GlobalRateLimit waits
  retries: optional(retries),
  faults: seldom(drawnFaults),
  stub: fc.nat(7).map(each => each === 0),
});

const drawnRoutes = fc.record({
  service: fc.nat(5),
  name: fc.constantFrom('testers', 'canary-orders', 'beta'),
  match: fc.array(drawnMatches, { minLength: 1, maxLength: 2 }),
  newVersion: fc.boolean(),
  action: optional(fc.constantFrom<RouteAction>('answer', 'redirect', 'authority', 'path', 'prefix', 'pattern', 'headers', 'cors', 'shares', 'copies', 'sends')),
  open: fc.boolean(),
  to: fc.nat(5),
});

const drawnReleases = fc.record({
  service: fc.nat(5),
  version: fc.constantFrom('v2', 'next'),
  stages: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 }),
  stage: fc.nat(4),
  match: optional(fc.array(drawnMatches, { minLength: 1, maxLength: 2 })),
  mirror: optional(fc.constantFrom(0.0001, 5, 33.3, 100)),
  replicas: optional(fc.integer({ min: 1, max: 3 })),
});

const drawnDrills = fc.record({
  target: fc.nat(6),
  fault: fc.constantFrom('podDelete' as const, 'podCpuHog' as const, 'podNetworkLoss' as const),
  podsAffected: optional(fc.integer({ min: 1, max: 100 })),
  destination: optional(fc.nat(5)),
  atLeast: optional(fc.integer({ min: 2, max: 100 })),
});

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;

interface DrawnApp {
  mesh: RandomApp['mesh'];
  namespaces: NamespaceDescription[];
  services: Drawn<typeof drawnServices>[];
  externals: Drawn<typeof drawnExternals>[];
  ingress: boolean;
  calls: Drawn<typeof drawnCalls>[];
  importers: number[];
  routes: Drawn<typeof drawnRoutes>[];
  connections: Drawn<typeof drawnConnections>[];
  releases: Drawn<typeof drawnReleases>[];
  roles: { workload: number; verbs: string[]; secrets: boolean }[];
  drills: Drawn<typeof drawnDrills>[];
  limits: Drawn<typeof drawnLimits>;
  extensions: Drawn<typeof drawnExtensions>;
}

function resolve(drawn: DrawnApp): RandomApp {
  const namespaceOf = (index: number) => drawn.namespaces[index % drawn.namespaces.length].name;
  const services = firstOf(drawn.services.map((service, index): ServiceDescription => ({
    ...fitting(service),
    machines: service.type === 'machines' ? [`10.20.${index}.7`, `2001:db8:20:${index + 1}::8`] : undefined,
    key: `${namespaceOf(service.namespace)}/${service.name}`,
    namespace: namespaceOf(service.namespace),
  })), ({ key }) => key);
  const externals = drawn.externals.map(({ id, namespace, protocols, encrypted, foundBy, cidrs, names }, index): ExternalDescription => ({
    key: `outside/${id}`,
    id,
    namespace: namespaceOf(namespace),
    ...namesOf(id, names, foundBy, protocols, encrypted),
    ports: protocols.map((protocol) => {
      const number = { tls: 443, http: 80, tcp: 5432 }[protocol];
      return encrypted && protocol !== 'tls' ? { name: protocol, protocol, number, target: number === 80 ? 443 : number, encrypted } : { name: protocol, protocol, number, target: number };
    }),
    // The network has a way to each endpoint
    cidrs: ['endpoint', 'both'].includes(foundBy) ? cidrs && [...cidrs, '10.10.0.0/16'] : cidrs,
    ...(['address', 'both'].includes(foundBy) ? { addresses: [`10.8.${index}.7`] } : {}),
    ...(foundBy === 'block' ? { addresses: [`10.8.${index}.0/24`, `10.9.${index}.7`] } : {}),
    ...(['endpoint', 'both'].includes(foundBy) ? { endpoints: [`10.10.${index}.7`, `10.10.${index}.8`] } : {}),
  }));
  const service = (index: number) => services[index % services.length];
  const released = firstOf(drawn.releases.map(release => ({ release, of: service(release.service) })), ({ of }) => of.key)
    .filter(({ of }) => isSplit(of) && !of.versions?.some(({ weight }) => weight > 0));
  const parts = { mesh: drawn.mesh, namespaces: drawn.namespaces, services, externals, ingress: drawn.ingress };
  const calls = callsOf(drawn, parts);
  return reachable({
    ...parts,
    gateways: [],
    calls,
    limits: limitsOf(drawn.limits, services, calls),
    extensions: extensionsOf(drawn.extensions, services, calls),
    // The other app's network knows pods
    importers: firstOf(drawn.importers.map(service), ({ key }) => key).filter(({ type }) => type !== 'machines').map(({ key }) => key),
    releases: released.map(({ release, of }): ReleaseDescription => {
      const stages = [0, ...release.stages.sort((a, b) => a - b), 100];
      const http = of.ports.some(isHttp);
      return {
        ...release,
        service: of.key,
        stages,
        stage: release.stage % stages.length,
        match: http ? release.match?.map(match => sayable(match, of, calls)) : undefined,
        mirror: http && stages[release.stage % stages.length] < 100 ? release.mirror : undefined,
      };
    }),
    routes: firstOf(drawn.routes.map(route => ({ route, of: service(route.service) })), ({ route, of }) => `${of.key} ${route.name}`)
      .filter(({ of }) => of.ports.some(isHttp) && !runElsewhere(of) && !of.headless)
      .map(({ route, of }): RouteDescription => {
        const match = route.match.map(each => sayable(route.action === 'sends' ? withoutPath(each) : each, of, calls));
        const to = fits(of, service(route.to), calls) ? service(route.to).key : undefined;
        const release = released.find(other => other.of === of)?.release;
        return { service: of.key, name: route.name, match, ...actionOf({ ...route, match }, of, to, release) };
      }),
    connections: connectionRoutesOf(drawn.connections, services, calls, key => released.find(({ of }) => of.key === key)?.release.version),
    // A machine has no token
    roles: drawn.roles.filter(role => service(role.workload).type !== 'machines')
      .map((role, index): RoleDescription => ({ ...role, name: `role-${index}`, workload: service(role.workload).key })),
    drills: drawn.drills.map((drill, index): DrillDescription => ({
      name: `drill-${index}`,
      target: drill.target === services.length || !isDrillable(service(drill.target)) ? undefined : service(drill.target).key,
      fault: drill.fault,
      podsAffected: drill.podsAffected,
      destination: drill.fault === 'podNetworkLoss' && drill.destination !== undefined && isDrillable(service(drill.destination))
        ? service(drill.destination).key : undefined,
      observed: drill.atLeast === undefined || !service(drill.target).ports.some(isHttp) || !isDrillable(service(drill.target))
        ? undefined : { service: service(drill.target).key, atLeast: drill.atLeast },
    })),
  });
}

/** What a route does, where the service and its release let it. */
function actionOf(
  { action: drawn, open, newVersion, match }: Drawn<typeof drawnRoutes>, of: ServiceDescription, to?: string, release?: Drawn<typeof drawnReleases>,
): Pick<RouteDescription, 'version' | 'action' | 'other' | 'to' | 'rewritten'> {
  const version = newVersion ? release?.version ?? 'v1' : 'v1';
  const grpc = of.ports.filter(isHttp).every(({ protocol }) => protocol === 'grpc');
  const other = of.versions?.[0]?.name;
  // Browsers ask by another method, and without headers
  const unasked = drawn === 'cors' && (grpc || match.some(({ header, method }) => header ?? method));
  const action = unasked ? 'headers' : drawn === 'redirect' && grpc ? 'answer' : (drawn === 'shares' || drawn === 'copies') && !other ? undefined : drawn === 'sends' && !to ? undefined : drawn;
  if (action === 'answer' || action === 'redirect') {
    return { action };
  }
  // Beside testers by patterns that nobody can compare, or with nothing else to do, it names its version
  const leftOpen = open && action !== undefined && action !== 'shares' && !release?.match;
  return { action, version: leftOpen ? undefined : version, other, to: action === 'sends' ? to : undefined, ...rewriting(action, match, grpc) };
}

/** Whether a service can get the copies of another one's requests: on each port what is spoken there, and nobody his own. */
function fits(of: ServiceDescription, to: ServiceDescription, calls: CallDescription[]): boolean {
  const http = to.ports.filter(isHttp);
  const isSpoken = of.ports.filter(isHttp).every((port) => {
    const taken = portOfCopies(port, to);
    return taken && (taken.protocol === 'grpc') === (port.protocol === 'grpc');
  });
  return of !== to && !to.headless && http.length > 0 && isSpoken && !calls.some(({ client, server }) => client === to.key && server === of.key);
}

/** The one of its name, or the only one with requests. */
function portOfCopies({ name }: PortDescription, { ports }: ServiceDescription): PortDescription | undefined {
  const http = ports.filter(isHttp);
  return http.find(port => port.name === name) ?? (http.length === 1 ? http[0] : undefined);
}

/** What follows from the calls and exposures of an app: whoever sends requests sends the copies. */
export function copiesOf({ services, routes }: RandomApp, declared: CallDescription[]): CallDescription[] {
  const serviceOf = (key: string) => services.find(each => each.key === key)!;
  const portOf = ({ server, port }: CallDescription) => serviceOf(server).ports.find(({ name }) => name === port)!;
  const copies = routes.filter(({ action }) => action === 'sends').flatMap(({ service, to }) => {
    const copied = declared.filter(call => call.server === service && call.client !== 'ingress' && !call.stub && isHttp(portOf(call)));
    return copied.map(call => ({ ...call, server: to!, port: portOfCopies(portOf(call), serviceOf(to!))!.name }));
  });
  const key = ({ client, server, port, methods, paths }: CallDescription) => [client, server, port, [...methods ?? ['any']].sort(), [...paths ?? ['any']].sort()].join(' ');
  return firstOf([...declared.filter(({ stub }) => !stub), ...copies], key).slice(declared.filter(({ stub }) => !stub).length);
}

/** Every request of any path and method may meet it. */
function withoutPath({ path, method, ...match }: MatchDescription): MatchDescription {
  return Object.values(match).some(condition => condition !== undefined) ? match : { header: { name: 'x-user', kind: 'present' } };
}

/** A prefix takes the place of one that is known, and of gRPC's paths nobody knows where their beginnings end. */
function rewriting(action: RouteAction | undefined, match: MatchDescription[], grpc: boolean): Pick<RouteDescription, 'action' | 'rewritten'> {
  const path = grpc ? '/moved.v1.Orders/Get' : '/moved';
  switch (action) {
    case 'prefix': {
      const segments = match.every(each => each.path?.kind === 'prefix' && each.path.text === '/orders/' && !each.path.ignoreCase);
      return grpc || !(segments || match.every(each => !each.path)) ? { action: 'path', rewritten: { to: path, asked: path } }
        : { action, rewritten: { to: '/moved/', asked: '/moved/*' } };
    }
    case 'pattern': return { action, rewritten: { to: path, asked: path } };
    case 'path': return { action, rewritten: { to: path, asked: path } };
    default: return {};
  }
}

/** What gateways expose by methods has its policies for browsers there. */
function asExposed(app: RandomApp): RandomApp {
  const byMethods = app.gateways.flatMap(({ exposures }) => exposures).filter(({ methods }) => methods).map(({ service }) => service);
  return { ...app, routes: app.routes.map(route => route.action === 'cors' && byMethods.includes(route.service) ? { ...route, action: 'headers' } : route) };
}

/** In namespaces of the app, or one of their own. */
function withGateways(app: RandomApp, drawn: DrawnGateway[]): RandomApp {
  const gateways = gatewaysOf(drawn, app);
  const apart = gateways.some(({ namespace }) => namespace === GATES) ? [{ name: GATES, zeroTrust: drawn[0].exposures.length % 2 === 0 }] : [];
  return asExposed({ ...app, namespaces: [...app.namespaces, ...apart], gateways });
}

/** What makes no sense for a type of workload is left out. */
function fitting(service: Drawn<typeof drawnServices>): Omit<ServiceDescription, 'key' | 'namespace'> {
  const { type } = service;
  const ends = type === 'job' || type === 'cron';
  const proxied = (port: Drawn<typeof drawnPorts>) => port.protocol === 'udp' ? { ...port, protocol: 'redis' as const } : port;
  const ported = !ends && type !== 'worker';
  const headless = service.headless && ported && !runElsewhere(service);
  const ports = ported ? portsOf(type === 'machines' ? service.ports.map(proxied) : service.ports, headless) : [];
  const passed = headless || ports.every(({ protocol }) => protocol === 'udp');
  const autoscaling = ends || type === 'daemon' || runElsewhere(service) ? undefined : service.autoscaling;
  return {
    ...service,
    ports: headless ? ports.map(port => ({ ...port, number: port.target })) : ports,
    headless,
    versions: isSplit({ type, ports, headless }) ? service.versions : undefined,
    autoscaling,
    replicas: autoscaling || ends || type === 'daemon' || runElsewhere(service) ? undefined : service.replicas,
    configuration: runElsewhere(service) ? undefined : service.configuration,
    loadBalancing: passed ? undefined : fittingBalance(service.loadBalancing, ports, type === 'machines'),
    bounds: passed ? undefined : service.bounds?.filter(bound => (
      bound === 'port' ? ports[0].protocol !== 'udp' : bound === 'pool' || (ports.some(isHttp) && !service.bounds!.includes('port')))),
    circuitBreaker: passed || !service.circuitBreaker ? undefined : opening(service.circuitBreaker),
  };
}

/** Requests have headers, and machines of which nothing is said no place. */
function fittingBalance(balance: ServiceDescription['loadBalancing'], ports: PortDescription[], machines: boolean): ServiceDescription['loadBalancing'] {
  const http = ports.filter(isHttp);
  const hasQueries = http.some(({ protocol }) => protocol !== 'grpc');
  const unfit = (balance === 'byHeader' && http.length === 0) || (['byCookie', 'byQueryParameter'].includes(balance ?? '') && !hasQueries) || (balance === 'distributed' && machines);
  return unfit ? 'random' : balance;
}

/** Whether the proxies choose between versions of its pods. */
function isSplit({ type, ports, headless }: Pick<ServiceDescription, 'type' | 'ports' | 'headless'>): boolean {
  return type === 'deployment' && !headless && ports.every(({ protocol, named }) => named || !['tls', 'udp', 'redis'].includes(protocol));
}

/** Drills know services that this app runs. */
function isDrillable({ type }: ServiceDescription): boolean {
  return !['existing', 'machines', 'job', 'cron'].includes(type);
}

/** What this app describes and something else sets up. */
function runElsewhere({ type }: { type: WorkloadType }): boolean {
  return type === 'existing' || type === 'machines';
}

/** Without matches whose requests an earlier route of the service takes, and limits of services some of whose requests no server gets. */
function reachable(app: RandomApp): RandomApp {
  const earlier = new Map<string, MatchDescription[]>();
  const left = (service: string, match: MatchDescription[]) => {
    const taken = earlier.get(service) ?? [];
    const kept = match.filter((candidate, index) => ![...taken, ...match.slice(0, index)].some(wider => takes(wider, candidate)));
    earlier.set(service, [...taken, ...kept]);
    return kept;
  };
  const routes = app.routes.map(route => ({ ...route, match: left(route.service, route.match) })).filter(({ match }) => match.length > 0);
  const releases = app.releases.map((release) => {
    const match = release.match && left(release.service, release.match);
    return { ...release, match: match?.length === 0 ? undefined : match };
  });
  const answering = routes.filter(({ action }) => action === 'answer' || action === 'redirect').map(({ service }) => service);
  return { ...app, routes, releases, limits: app.limits.filter(({ service }) => !answering.includes(service)) };
}

function takes(wider: MatchDescription, match: MatchDescription): boolean {
  const header = !wider.header || (match.header?.name === wider.header.name && (wider.header.kind === 'present' || wider.header.kind === match.header.kind
    || (['prefix', 'regex'].includes(wider.header.kind) && match.header.kind === 'exactly')));
  const folded = ({ path }: MatchDescription) => wider.path?.ignoreCase ? path?.text.toLowerCase() : path?.text;
  const sameLetters = wider.path?.ignoreCase || !match.path?.ignoreCase;
  const path = !wider.path || (match.path !== undefined && sameLetters && (wider.path.kind === 'prefix'
    ? folded(match)!.startsWith(folded(wider)!) : match.path.kind === 'exactly' && folded(match) === folded(wider)));
  const query = !wider.query || (match.query?.name === wider.query.name && (wider.query.value ?? match.query.value) === match.query.value);
  const authority = !wider.authority || match.authority === wider.authority;
  // What is not there has no value either
  const lacks = ({ name, value }: NonNullable<MatchDescription['without']>) => name === wider.without?.name && (value ?? wider.without.value) === wider.without.value;
  const without = !wider.without || (match.without !== undefined && lacks(match.without));
  return header && path && query && authority && without && (!wider.method || wider.method === match.method);
}

/** A share that lets it leave out one pod of however few there are, or of the default number. */
function opening(breaker: BreakerDescription): BreakerDescription {
  return { ...breaker, maxEjection: 100 };
}

/** A port without a name of its own bears its protocol's. */
function portsOf(drawn: Drawn<typeof drawnPorts>[], headless: boolean): PortDescription[] {
  const http = drawn.some(isHttp);
  return drawn.map(({ protocol, target, low, named }, index) => ({
    ...(protocol === 'tls' && named && !headless ? { named: http ? 'own' as const : 'more' as const } : {}),
    name: drawn.findIndex(port => port.protocol === protocol) === index ? protocol : `${protocol}-${index}`,
    protocol,
    number: low ? 80 + index : target,
    target,
  }));
}

function callsOf(drawn: DrawnApp, app: Pick<RandomApp, 'services' | 'externals' | 'ingress'>): CallDescription[] {
  const servers = [...app.services, ...app.externals];
  const existing = new Set(app.services.filter(runElsewhere).map(({ key }) => key));
  const asked = new Set<string>();
  return drawn.calls.flatMap((call): CallDescription[] => {
    const ofIngress = app.ingress && call.client === app.services.length;
    const client = ofIngress ? 'ingress' : app.services[call.client % app.services.length].key;
    const server = ofIngress ? app.services[call.server % app.services.length] : servers[call.server % servers.length];
    if (server.ports.length === 0 || (existing.has(client) && needsDnsCapture(server))) {
      return [];
    }
    const port = server.ports[call.port % server.ports.length];
    const http = isHttp(port);
    const methods = http && call.methods ? (port.protocol === 'grpc' ? ['POST'] : call.methods) : undefined;
    const paths = http ? port.protocol === 'grpc' ? call.paths?.map(grpcPath) : call.paths : undefined;
    const requests = (paths ?? ['*']).flatMap(path => (methods ?? ['*']).map(method => [client, server.key, port.name, method, path].join(' ')));
    if (server.key === client || requests.some(request => asked.has(request))) {
      return [];
    }
    requests.forEach(request => asked.add(request));
    const stub = http && !ofIngress && call.stub;
    return [{
      client,
      server: server.key,
      port: port.name,
      methods,
      paths,
      stub: stub || undefined,
      timeoutMillis: http && !ofIngress && !stub ? call.timeoutMillis : undefined,
      retries: http && !ofIngress && !stub && call.retries ? effective(call.retries, port, methods, call.timeoutMillis, 'headless' in server && server.headless) : undefined,
      faults: http && !ofIngress && !stub ? call.faults : undefined,
    }];
  });
}

/** A wildcard needs names in what is spoken and none in certificates of the proxies', and an alias requests. */
function namesOf(
  id: string, names: Drawn<typeof drawnExternals>['names'], foundBy: string, protocols: string[], encrypted: boolean,
): Pick<ExternalDescription, 'host' | 'servedBy' | 'alias'> {
  const host = `api.${id}.example.com`;
  if (names === 'many' && foundBy === 'name' && !protocols.includes('tcp') && !(encrypted && protocols.includes('http'))) {
    return { host: `*.${id}.example.com`, servedBy: host };
  }
  return { host, alias: names === 'alias' && protocols.every(protocol => protocol === 'http') && !['endpoint', 'both'].includes(foundBy) ? `${id}-alias` : undefined };
}

/** Found by its name alone: only a proxy that answers DNS tells it from others, and pods of somebody else's have none. */
function needsDnsCapture(server: ServiceDescription | ExternalDescription): boolean {
  return 'host' in server && !server.addresses && (server.endpoints !== undefined || server.ports.some(({ protocol }) => protocol === 'tcp'));
}

/**
 * Without a limit for one try where a try that runs out of time is never repeated, or all of them have no more time; without codes where none is answered, and
 * without another pod where the client picks it.
 */
function effective(
  drawn: RetriesDescription, port: PortDescription, methods?: string[], timeoutMillis = Infinity, headless = false,
): RetriesDescription {
  const on = port.protocol === 'grpc' || drawn.on?.some(condition => !GRPC_CODES.includes(condition)) ? drawn.on : undefined;
  const safe = !methods || methods.some(method => ['GET', 'HEAD', 'OPTIONS'].includes(method));
  const repeated = on ? on.some(condition => TAKES_UP_TIMEOUTS.includes(condition)) : port.protocol !== 'grpc' && safe;
  return {
    ...drawn,
    on,
    perTryMillis: repeated && (drawn.perTryMillis ?? 0) < timeoutMillis ? drawn.perTryMillis : undefined,
    ignorePreviousHosts: headless ? undefined : drawn.ignorePreviousHosts,
    codes: port.protocol !== 'grpc' && (on || safe) ? drawn.codes : undefined,
    backoffMillis: (drawn.backoffMillis ?? 0) < timeoutMillis ? drawn.backoffMillis : undefined,
  };
}

function firstOf<T>(list: T[], keyOf: (element: T) => string): T[] {
  return list.filter((element, index) => list.findIndex(other => keyOf(other) === keyOf(element)) === index);
}
