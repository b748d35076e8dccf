import { join } from 'node:path';
import { App, Chart, Cron, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  FaultDescription, namesOf, PortDescription, RandomApp, RetriesDescription, RouteDescription, ServiceDescription,
} from './app-description';
import { addFilters } from './build-filters';
import { matchOf } from './build-matches';
import {
  Autoscaling, CallChain, CanaryRelease, ChaosExperiment, ChaosNamespace, ChaosTarget, CircuitBreaker, Configuration, ConfigurationUpdates,
  ConnectionPool, CorsPolicy, DirectResponse, Endpoint, ExistingService, ExistingWorkload, ExternalEgress, ExternalService, Fault,
  FaultInjection, GatewayServer, HashAlgorithm, HeaderChanges, HostTrafficProps, ImportedApp, KedaTrigger, LoadBalancing, Locality, Mesh,
  MeshCronJob, MeshGateway, MeshJob, MeshPort, MeshPortOptions, MeshService, MeshServiceProps, MeshWorkload, Percent, Permission, ProxyInjection,
  Redirect, Reload, Retries, RetryBudget, RetryOn, Rewrite, RoutedService, RouteMatch, RouteMirror, RouteOptions, ScalingMetric, ServiceVersion,
  SteadyState, StringMatch, TlsOrigination, VirtualMachine, VirtualMachineService, VolumeClaim, WarmUp, WorkloadKind,
  WorkloadRole, ZeroTrustNamespace,
} from '../../src';

export const CHAOS_NAMESPACE = 'drills';

/** The identity and the pods of the existing workload `ingress`. */
export const INGRESS = { namespace: 'istio-ingress', serviceAccount: 'istio-ingress', podLabels: { istio: 'ingress' }, keepsRoutes: false };

/** What another app offers, and where its pods are. */
const CONTRACT = join(__dirname, 'books-contract.json');
export const CATALOG = { namespace: 'books', podLabels: { 'service.istio.io/canonical-name': 'catalog' }, host: 'catalog.books.svc.cluster.local', target: 9090 };

/** Pods that no service describes. */
export const OTHER_PODS = { namespace: 'default', labelKey: 'run', labelValue: 'my-app' };

/** Calls the constructs for a description: one chart for each namespace, and one for the drills. */
export function build(app: App, description: RandomApp): void {
  const mesh = () => description.mesh && new Mesh(app, 'mesh', {
    trustDomain: description.mesh.trustDomain,
    externalEgress: description.mesh.externalEgress && ExternalEgress[description.mesh.externalEgress](),
    proxyInjection: description.mesh.written ? ProxyInjection.written({ image: 'docker.io/istio/proxyv2:1.31.0' }) : undefined,
  });
  if (description.mesh?.first) {
    mesh();
  }
  const charts = new Map(description.namespaces.map(({ name }) => [name, new Chart(app, name, { namespace: name })]));
  const chartOf = ({ namespace }: { namespace: string }) => charts.get(namespace)!;
  description.namespaces.filter(({ zeroTrust }) => zeroTrust).forEach(({ name }) => new ZeroTrustNamespace(charts.get(name)!, 'namespace'));

  const workloads = new Map(description.services.map(service => [service.key, workloadOf(chartOf(service), service)]));
  const services = new Map([...workloads].filter((entry): entry is [string, MeshService] => entry[1] instanceof MeshService));
  const externals = new Map(description.externals.map(({ key, id, namespace, ports, endpoints, host, cidrs, addresses, servedBy, alias }) => [
    key, new ExternalService(chartOf({ namespace }), id, {
      host, cidrs, addresses, servedBy, alias, ports: ports.map(port => portOf(port)), endpoints: endpoints?.map(address => Endpoint.of(address)),
    }),
  ]));
  const ingress = description.ingress ? new ExistingWorkload(app, 'ingress', INGRESS) : undefined;

  for (const { client, server, port, methods, paths, timeoutMillis, retries, faults, stub } of description.calls) {
    if (client === 'ingress') {
      ingress!.calls(workloads.get(server)!, { port, methods, paths });
    } else {
      workloads.get(client)!.calls(workloads.get(server) ?? externals.get(server)!, {
        port,
        methods,
        paths,
        timeout: timeoutMillis === undefined ? undefined : Duration.millis(timeoutMillis),
        retries: retries && retriesOf(retries),
        faults: faults?.map(faultOf),
        directResponse: stub ? DirectResponse.of(503, { body: 'away' }) : undefined, // Of gRPC, too
        chain: timeoutMillis !== undefined || retries ? CallChain.alone() : undefined, // Drawn at random, they would rarely fit together
      });
    }
  }
  for (const { name, namespace, servers, exposures } of description.gateways) {
    const gateway = new MeshGateway(chartOf({ namespace }), name, { servers: servers.map(({ port, hosts }) => GatewayServer.http(hosts, { port })) });
    exposures.forEach(({ service, timeoutMillis, attempts, ...options }) => gateway.exposes(workloads.get(service) as RoutedService, {
      ...options,
      timeout: timeoutMillis === undefined ? undefined : Duration.millis(timeoutMillis),
      retries: attempts === undefined ? undefined : retriesOf({ attempts }),
      chain: timeoutMillis !== undefined || attempts !== undefined ? CallChain.ends() : undefined,
    }));
  }
  if (description.importers.length > 0) {
    const books = new ImportedApp(app, 'books', { file: CONTRACT, version: 1 });
    description.importers.forEach(key => workloads.get(key)!.calls(books.service('catalog'), { methods: ['GET'], paths: ['/books/*'] }));
  }
  for (const { service, name, match, ...said } of description.routes) {
    services.get(service)!.addRoute(name, { match: match.map(matchOf), ...actionsOf(said, key => workloads.get(key)!) });
  }
  for (const { service, name, port, clients, names, versions } of description.connections) {
    const server = services.get(service)!;
    server.addConnectionRoute(name, {
      port, versions, clients: clients?.map(key => workloads.get(key)!), sniHosts: names?.map(each => namesOf(server)[each]),
    });
  }
  for (const { service: key, match, mirror, ...props } of description.releases) {
    const service = services.get(key)!;
    new CanaryRelease(chartOf(service), `${service.name}-release`, {
      ...props,
      service,
      image: `ghcr.io/acme/${service.name}:2.0.0`,
      match: match?.map(matchOf),
      mirror: mirror === undefined ? undefined : Percent.of(mirror),
    });
  }
  for (const { name, workload: key, verbs, secrets } of description.roles) {
    const workload = workloads.get(key)!;
    const resource = secrets ? kplus.ApiResource.SECRETS : kplus.ApiResource.CONFIG_MAPS;
    new WorkloadRole(chartOf(workload), name, { workload, permissions: [Permission.of(verbs, resource)] });
  }
  addFilters(app, description, workloads);
  if (description.drills.length > 0) {
    addDrills(new Chart(app, CHAOS_NAMESPACE, { namespace: CHAOS_NAMESPACE }), description, services);
  }
  if (description.mesh && !description.mesh.first) {
    mesh();
  }
}

function addDrills(chart: Chart, { drills }: RandomApp, services: Map<string, MeshService>): void {
  new ChaosNamespace(chart, 'namespace');
  for (const { name, target, fault, podsAffected, destination, observed } of drills) {
    const options = { podsAffected: podsAffected === undefined ? undefined : Percent.of(podsAffected) };
    new ChaosExperiment(chart, name, {
      target: target === undefined ? ChaosTarget.pods(OTHER_PODS) : ChaosTarget.service(services.get(target)!),
      fault: fault === 'podNetworkLoss'
        ? Fault.podNetworkLoss({ ...options, destinations: destination === undefined ? undefined : [services.get(destination)!] })
        : Fault[fault](options),
      hypothesis: observed && [SteadyState.successRate({ atLeast: observed.atLeast, of: services.get(observed.service) })],
    });
  }
}

const AUTOSCALING = {
  horizontal: Autoscaling.horizontal({ min: 2, max: 5, metrics: [ScalingMetric.cpu(70)], scaleDown: { pods: 1, period: Duration.minutes(1) } }),
  keda: Autoscaling.keda({ min: 1, max: 4, triggers: [KedaTrigger.cpu(70), KedaTrigger.prometheus({ query: 'sum(waiting)', threshold: 5 })] }),
};

const CONFIGURATION = {
  files: Configuration.files('/etc/app', { 'app.yaml': 'currency: EUR\n' }),
  live: Configuration.files('/etc/flags', { express: 'off' }, { updates: ConfigurationUpdates.LIVE, reload: Reload.request('POST', '/-/reload', { port: 9999 }) }),
  variables: Configuration.variables({ CURRENCY: 'EUR' }),
  secret: Configuration.secret('db', { mountPath: '/etc/db', variables: { DB_USER: 'username' } }),
};

/** The account and the labels by which the pods of an existing service are known. */
export const existingPods = (name: string) => ({ serviceAccount: `${name}-sa`, podLabels: { instance: name } });

function workloadOf(chart: Chart, description: ServiceDescription): MeshWorkload {
  const { name, type } = description;
  const program = { image: `ghcr.io/acme/${name}:1.0.0`, configuration: description.configuration?.map(each => CONFIGURATION[each]) };
  switch (type) {
    case 'job': return new MeshJob(chart, name, program);
    case 'cron': return new MeshCronJob(chart, name, { ...program, schedule: Cron.daily() });
    case 'machines': return new VirtualMachineService(chart, name, {
      machines: description.machines!.map(address => VirtualMachine.at(address)), ports: portsOf(description), ...trafficOf(description),
    });
    case 'existing': return new ExistingService(chart, name, { ...existingPods(name), ports: portsOf(description), ...trafficOf(description) });
    default: return serviceOf(chart, description, program);
  }
}

const KINDS: { [type: string]: WorkloadKind } = {
  stateful: WorkloadKind.statefulSet({ claims: [VolumeClaim.of('data', '/var/lib/data', Size.gibibytes(1))] }),
  quorum: WorkloadKind.statefulSet({ podManagement: kplus.PodManagementPolicy.PARALLEL }),
  daemon: WorkloadKind.daemonSet({ nodes: 3 }),
};

/** On which the members of a quorum talk to each other. */
export const PEER_PORT = 7000;

function serviceOf(chart: Chart, description: ServiceDescription, program: Pick<MeshServiceProps, 'image' | 'configuration'>): MeshService {
  const { name, type, replicas, autoscaling, headless, versions = [] } = description;
  const service = new MeshService(chart, name, {
    headless,
    ...program,
    ports: type === 'worker' ? undefined : portsOf(description),
    kind: KINDS[type],
    peers: type === 'quorum' ? [MeshPort.tcp(PEER_PORT, { name: 'tcp-raft' })] : undefined,
    replicas,
    autoscaling: autoscaling && AUTOSCALING[autoscaling],
    ...trafficOf(description),
  });
  versions.forEach(({ name: version, own, weight }) => new ServiceVersion(chart, `${name}-${version}`, {
    service, version, weight, ownIdentity: own, env: { MARKET: kplus.EnvValue.fromValue(version) },
  }));
  return service;
}

const BALANCES: { [name in NonNullable<ServiceDescription['loadBalancing']>]: LoadBalancing } = {
  roundRobin: LoadBalancing.roundRobin({ warmUp: WarmUp.over(Duration.minutes(1), { aggression: 0.5 }) }),
  leastRequest: LoadBalancing.leastRequest(),
  random: LoadBalancing.random(),
  byHeader: LoadBalancing.byHeader('x-user'),
  byCookie: LoadBalancing.byCookie('session', { ttl: Duration.hours(1), path: '/', attributes: { SameSite: 'Lax' } }),
  byQueryParameter: LoadBalancing.byQueryParameter('user', { algorithm: HashAlgorithm.maglev() }),
  bySourceAddress: LoadBalancing.bySourceAddress({ algorithm: HashAlgorithm.ring(2048) }),
  distributed: LoadBalancing.leastRequest({ locality: Locality.distribution([{ from: 'eu-1/*', to: { 'eu-1/eu-1a': 80, 'eu-1/eu-1b': 20 } }]) }),
};

function trafficOf({ loadBalancing, circuitBreaker, bounds }: ServiceDescription): HostTrafficProps {
  return {
    loadBalancing: loadBalancing && BALANCES[loadBalancing],
    connectionPool: bounds?.includes('pool') ? ConnectionPool.of({ maxConnections: 100, connectTimeout: Duration.seconds(1), idleTimeout: Duration.minutes(5) }) : undefined,
    retryBudget: bounds?.includes('budget') ? RetryBudget.of(Percent.of(20)) : undefined,
    circuitBreaker: circuitBreaker && CircuitBreaker[circuitBreaker.gateway ? 'consecutiveGatewayErrors' : 'consecutiveErrors'](
      circuitBreaker.count, { maxEjection: Percent.of(circuitBreaker.maxEjection) }),
  };
}

function portOf({ name, protocol, number, target, encrypted }: PortDescription, traffic: MeshPortOptions = {}): MeshPort {
  const tls = encrypted ? TlsOrigination.simple() : undefined;
  return MeshPort[protocol](number, { name, tls, targetPort: target === number ? undefined : target, ...traffic });
}

function portsOf({ ports, bounds, ...service }: ServiceDescription): MeshPort[] {
  const named = { own: namesOf(service).slice(0, 1), more: namesOf(service).slice(1, 3) };
  const own = {
    connectionPool: ConnectionPool.of({ maxConnections: 7 }),
    circuitBreaker: CircuitBreaker.consecutiveLocalOriginErrors(3, { maxEjection: Percent.of(100) }),
  };
  return ports.map((port, index) => portOf(port, {
    ...(index === 0 && bounds?.includes('port') ? own : {}), ...(port.named ? { sniHosts: named[port.named] } : {}),
  }));
}

function retriesOf({ attempts, on, perTryMillis, codes, backoffMillis, ignorePreviousHosts }: RetriesDescription): Retries {
  return attempts === 0 ? Retries.none() : Retries.upTo(attempts, {
    on: on as RetryOn[] | undefined,
    perTryTimeout: perTryMillis === undefined ? undefined : Duration.millis(perTryMillis),
    codes,
    backoff: backoffMillis === undefined ? undefined : Duration.millis(backoffMillis),
    ignorePreviousHosts,
  });
}

function faultOf({ delays, percent, header }: FaultDescription): FaultInjection {
  const options = { share: Percent.of(percent), match: header === undefined ? undefined : [RouteMatch.headerPresent(header)] };
  return delays ? FaultInjection.delay(Duration.millis(100), options) : FaultInjection.abort(503, options);
}

function actionsOf(
  { version, action, other, to, rewritten }: Omit<RouteDescription, 'service' | 'name' | 'match'>, workload: (key: string) => MeshWorkload,
): Omit<RouteOptions, 'match'> {
  switch (action) {
    case undefined: return { version };
    case 'answer': return { directResponse: DirectResponse.of(410, { body: 'gone' }), headers: HeaderChanges.of({ response: { set: { 'x-gone': '1' } } }) };
    case 'redirect': return { redirect: Redirect.to({ host: 'new.example.com' }) };
    case 'authority': return { version, rewrite: Rewrite.authority('orders.internal') };
    case 'path': return { version, rewrite: Rewrite.path(rewritten!.to) };
    case 'prefix': return { version, rewrite: Rewrite.prefix(rewritten!.to) };
    case 'pattern': return { version, rewrite: Rewrite.regex('^/.*$', rewritten!.to, [rewritten!.asked]) };
    case 'headers': return { version, headers: HeaderChanges.of({ request: { set: { 'x-a': '1' } }, response: { remove: ['server-timing'] } }) };
    case 'cors': return { version, cors: CorsPolicy.allow({ origins: [StringMatch.exactly('https://shop.example.com')], credentials: true }) };
    case 'shares': return { versions: version === other ? { v1: 40, [other!]: 60 } : { [version!]: 40, [other!]: 60 } };
    case 'sends': return { version, mirrors: [RouteMirror.to(workload(to!), { share: Percent.of(33.3333) })] };
    case 'copies': return { version, mirrors: [RouteMirror.toVersion(other!, { share: Percent.of(20) })] };
  }
}
