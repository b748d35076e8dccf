import * as fc from 'fast-check';
import { GatewayDescription, ExposureDescription, PortDescription, RandomApp, ServiceDescription } from './app-description';
import { isNamed, matchesPath } from './gateway-model';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** The namespace of a gateway that stands apart from what it exposes. */
export const GATES = 'gates';

/** No two share a host on one port, so that any of them go together. */
const SERVERS = [
  { port: 80, hosts: ['shop.example.com', '*.example.org'] },
  { port: 9000, hosts: ['shop.example.com'] },
  { port: 8081, hosts: ['api.example.net', '*.example.org'] },
];
/** It goes with no other: a server of a name would take what is exposed for every host. */
const ANY = [{ port: 8090, hosts: ['*'] }];
const HOSTS = ['shop.example.com', '*.example.org', 'a.example.org', 'api.example.net', '*'];
const PATHS = ['/', '/orders', '/orders/*', '/orders/new', '/cart', '/cart/*', '/items/{*}', '/items/{*}/parts'];

/** What stands for each of them on a port of gRPC alone. */
const GRPC_PATHS = ['/orders.v1.Orders/Get', '/orders.v1.Orders/Put', '/orders.v1.Orders/*', '/cart.v1.Cart/Get', '/cart.v1.Cart/*', '/items.v1.*'];

export const drawnGateways = fc.uniqueArray(fc.record({
  name: fc.constantFrom('edge', 'door'),
  namespace: fc.nat(2),
  servers: fc.oneof({ weight: 3, arbitrary: fc.subarray(SERVERS, { minLength: 1 }) }, { weight: 1, arbitrary: fc.constant(ANY) }),
  exposures: fc.array(fc.record({
    service: fc.nat(5),
    port: fc.nat(2),
    hosts: fc.subarray(HOSTS, { minLength: 1 }),
    rest: fc.nat(3).map(drawn => drawn === 0),
    methods: optional(fc.subarray(['GET', 'HEAD', 'POST', 'DELETE'], { minLength: 1 })),
    paths: fc.subarray([...PATHS.keys()], { minLength: 1, maxLength: 3 }),
    timeoutMillis: optional(fc.integer({ min: 21, max: 60000 })),
    attempts: optional(fc.integer({ min: 0, max: 3 })),
  }), { minLength: 1, maxLength: 6 }),
}), { selector: ({ name }) => name, maxLength: 2 });

export type DrawnGateway = typeof drawnGateways extends fc.Arbitrary<(infer T)[]> ? T : never;

const isHttp = ({ protocol }: PortDescription) => ['http', 'http2', 'grpc'].includes(protocol);

/** Gateways in front of the services that there are: what two exposures of one host would both take is left to the first. */
export function gatewaysOf(drawn: DrawnGateway[], app: Pick<RandomApp, 'mesh' | 'namespaces' | 'services' | 'routes' | 'releases'>): GatewayDescription[] {
  const exposable = app.services.filter(({ ports, headless }) => ports.some(isHttp) && !headless);
  if (app.mesh?.written || exposable.length === 0) {
    return []; // Only the injector has a gateway's proxy
  }
  const namespaces = [...app.namespaces.map(({ name }) => name), GATES];
  return drawn.map(({ name, namespace, servers, exposures }) => ({
    name,
    namespace: namespaces[namespace % namespaces.length],
    servers,
    exposures: exposures.reduce<ExposureDescription[]>((taken, each) => [...taken, ...exposureOf(each, servers, exposable, taken, app)], []),
  }));
}

function exposureOf(
  drawn: DrawnGateway['exposures'][number], servers: DrawnGateway['servers'], services: ServiceDescription[], others: ExposureDescription[],
  { routes, releases }: Pick<RandomApp, 'routes' | 'releases'>,
): ExposureDescription[] {
  const { key, ports: all } = services[drawn.service % services.length];
  const ports = all.filter(isHttp);
  const port = ports[drawn.port % ports.length];
  const served = drawn.hosts.filter(host => servers.some(server => server.hosts.some(name => host === name || isNamed(name, host))));
  // Istio takes no two hosts of one object of which one is the other's wildcard; and a service has one set of them
  const apart = served.filter(host => !served.some(other => other !== host && isNamed(other, host)));
  const own = others.filter(({ service }) => service === key);
  const hosts = own[0]?.hosts ?? apart;
  const rivals = others.filter(other => other.hosts.some(host => hosts.includes(host)));
  const matched = routes.some(({ service }) => service === key) || releases.some(({ service, match }) => service === key && match);
  if (hosts.length === 0) {
    return [];
  }
  const common = { service: key, port: port.name, hosts, timeoutMillis: drawn.timeoutMillis };
  if (drawn.rest) {
    return matched || own.length > 0 || rivals.some(({ paths }) => !paths) ? [] : [common];
  }
  if (own.some(({ paths }) => !paths)) {
    return [];
  }
  const methods = port.protocol === 'grpc' ? drawn.methods && ['POST'] : drawn.methods;
  const drawnPaths = drawn.paths.map(index => port.protocol === 'grpc' ? GRPC_PATHS[index % GRPC_PATHS.length] : PATHS[index]);
  // A pattern is in nobody's way who has whole paths, and a prefix might be
  const free = (path: string, index: number) => !(matched && path.includes('{'))
    && !rivals.some(other => other.paths?.some(taken => mayMeet(path, taken))
      && (!methods || !other.methods || methods.some(method => other.methods!.includes(method))))
    && !drawnPaths.slice(0, index).some(earlier => mayMeet(path, earlier));
  const paths = drawnPaths.filter(free);
  return paths.length === 0 ? [] : [{ ...common, methods, paths, attempts: drawn.attempts }];
}

/** Whether some request could be meant by both, on the safe side where both have an open part. */
function mayMeet(a: string, b: string): boolean {
  const [open, other] = /[*{]/.test(a) ? [a, b] : [b, a];
  if (!/[*{]/.test(other)) {
    return matchesPath(open, other);
  }
  return open.includes('{') || other.includes('{') || open.startsWith(other.slice(0, -1)) || other.startsWith(open.slice(0, -1));
}
