import * as fs from 'node:fs';
import * as path from 'node:path';
import { Chart, Duration } from 'cdk8s';
import { Measured, pageOf, plotOf } from './efficiency-page';
import { expectApplied } from '../cluster/api/apply';
import { Manifest } from '../cluster/api/client';
import { connect, ConnectedCluster } from '../cluster/remote';
import { synthesizeApp, withReplicas } from '../conformance/support/objects';
import { CircuitBreaker, MeshPort, MeshService, Retries } from 'cdk8s-mesh';

/**
 * What one proxy gets and istiod works for it, in meshes of growing size, with and without the Sidecar that follows from the
 * declared calls: the real API server and istiod, and the real proxy of one service. The other services have no processes; their
 * EndpointSlices say where they would be. Writes docs/efficiency.md and its plot.
 *
 *   npm run bench -- efficiency [SIZE...]
 */
const SIZES = [50, 200, 500];
const CALLS = 3;
const PER_NAMESPACE = 25;
const ENDPOINTS = 2;
const PUSHES = 15;
const PROBE = 'team-0/service-0';
/** What a cluster has beside; istiod reads none of it. */
const UNREAD = ['NetworkPolicy', 'HorizontalPodAutoscaler', 'PodDisruptionBudget'];

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

function meshOf(size: number): Manifest[] {
  const objects = synthesizeApp((app) => {
    const charts = Array.from({ length: Math.ceil(size / PER_NAMESPACE) }, (_, team) => new Chart(app, `team-${team}`, { namespace: `team-${team}` }));
    const services = Array.from({ length: size }, (_, index) => new MeshService(charts[Math.floor(index / PER_NAMESPACE)], `service-${index}`, {
      image: `ghcr.io/acme/service-${index}:1.0.0`, ports: [MeshPort.http(8080)], circuitBreaker: CircuitBreaker.consecutiveErrors(5),
    }));
    services.forEach((service, index) => Array.from({ length: CALLS }, (_, call) => service.calls(
      services[(index + 1 + call * (PER_NAMESPACE - 1)) % size], { timeout: Duration.seconds(2), retries: Retries.upTo(2) })));
  });
  const namespaces = [...new Set(objects.map(({ metadata }) => metadata.namespace))].filter(Boolean)
    .map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'istio-injection': 'enabled' } } }));
  const kept = objects.filter(({ kind, metadata }) => !UNREAD.includes(kind) && (kind !== 'Deployment' || `${metadata.namespace}/${metadata.name}` === PROBE));
  return [...namespaces, ...withReplicas(kept, 1), ...objects.filter(({ kind }) => kind === 'Service').map(endpointsOf)];
}

function endpointsOf({ metadata: { name, namespace }, spec }: Manifest): Manifest {
  const index = Number(name.split('-')[1]);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-bench`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: spec.ports.map((port: Manifest) => ({ name: port.name, port: 8080, protocol: 'TCP' })),
    endpoints: Array.from({ length: ENDPOINTS }, (_, endpoint) => ({
      addresses: [`10.${200 + endpoint}.${Math.floor(index / 250)}.${index % 250 + 1}`], conditions: { ready: true },
    })),
  };
}

/** The sums of istiod's own histograms and counters, over all types of resources. */
async function counters(cluster: ConnectedCluster) {
  const lines = (await cluster.istiodMetrics()).split('\n');
  const total = (metric: string) => sum(lines.filter(line => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `)).map(line => Number(line.split(' ').at(-1))));
  return { bytes: total('pilot_xds_config_size_bytes_sum'), seconds: total('pilot_xds_push_time_sum'), pushes: total('pilot_xds_pushes') };
}

/** What istiod does from now until it has been quiet for a while. */
async function during(cluster: ConnectedCluster, act: () => Promise<unknown>) {
  const before = await counters(cluster);
  await act();
  let last = before;
  for (let quiet = 0; quiet < 2;) {
    await sleep(300); // istiod waits 100 ms for further changes
    const now = await counters(cluster);
    quiet = now.pushes === last.pushes ? quiet + 1 : 0;
    last = now;
  }
  return { bytes: last.bytes - before.bytes, seconds: last.seconds - before.seconds, pushes: last.pushes - before.pushes };
}

async function measure(cluster: ConnectedCluster, services: number, scoped: boolean): Promise<Measured> {
  // A proxy that has just started: one that has forgotten resources has not given their memory back
  for (const pod of await cluster.list('v1', 'Pod', 'team-0')) {
    await cluster.delete([{ ...pod, apiVersion: 'v1', kind: 'Pod' }]);
  }
  await cluster.podsReady();
  await cluster.settled();
  const pushes: { bytes: number; seconds: number }[] = [];
  for (let push = 0; push < PUSHES; push++) {
    pushes.push(await during(cluster, () => cluster.istiod('/debug/adsz?push=true')));
  }
  const dump = (await cluster.configDump(PROBE)).configs as Manifest[];
  const part = (name: string) => dump.filter(config => String(config['@type']).endsWith(`.${name}ConfigDump`));
  const count = (name: string, key: string) => sum(part(name).map(config => (config[key] ?? []).length));
  // Another service of another team, which the probe does not call, changes its routes
  const far = services - PER_NAMESPACE + 10;
  const virtualService = (await cluster.get('networking.istio.io/v1', 'VirtualService', `service-${far}`, `team-${Math.floor(far / PER_NAMESPACE)}`))!;
  const { name, namespace } = virtualService.metadata;
  virtualService.spec.http[0].timeout = scoped ? '7s' : '8s';
  const elsewhere = await during(cluster, async () => expectApplied(await cluster.apply([
    { apiVersion: virtualService.apiVersion, kind: virtualService.kind, metadata: { name, namespace }, spec: virtualService.spec },
  ])));
  return {
    services,
    scoped,
    clusters: count('Clusters', 'dynamic_active_clusters'),
    listeners: count('Listeners', 'dynamic_listeners'),
    virtualHosts: sum(part('Routes').flatMap(config => (config.dynamic_route_configs ?? []).map(({ route_config: route }: Manifest) => (route.virtual_hosts ?? []).length))),
    endpoints: sum(part('Endpoints').flatMap(config => (config.dynamic_endpoint_configs ?? []).map(({ endpoint_config: { endpoints = [] } }: Manifest) => (
      sum(endpoints.map((locality: Manifest) => (locality.lb_endpoints ?? []).length)))))),
    bytes: median(pushes.map(push => push.bytes)),
    pushMilliseconds: median(pushes.map(push => push.seconds * 1000)),
    memory: Number(JSON.parse(await cluster.admin(PROBE, '/memory')).allocated),
    pushesElsewhere: elsewhere.pushes,
  };
}

async function main(): Promise<void> {
  const cluster = await connect();
  const sizes = process.argv.slice(2).map(Number);
  const results: Measured[] = [];
  const began = Date.now();
  const say = (what: string) => console.error(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${what}`);
  for (const size of sizes.length > 0 ? sizes : SIZES) {
    await cluster.reset(300_000);
    const objects = meshOf(size);
    expectApplied(await cluster.apply(objects));
    say(`${size} services: ${objects.length} objects applied`);
    results.push(await measure(cluster, size, true));
    say(JSON.stringify(results.at(-1)));
    await cluster.delete(objects.filter(({ kind }) => kind === 'Sidecar'));
    results.push(await measure(cluster, size, false));
    say(JSON.stringify(results.at(-1)));
  }
  if (sizes.length > 0) {
    return; // A try: the page is about all sizes
  }
  const docs = path.join(__dirname, '../../docs');
  fs.writeFileSync(path.join(docs, 'efficiency.md'), pageOf(results, PUSHES));
  fs.writeFileSync(path.join(docs, 'efficiency.svg'), plotOf(results));
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
