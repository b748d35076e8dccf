import { App, Chart } from 'cdk8s';
import { MeshAlerts, MeshPort, MeshService, ProxyMonitor, ZeroTrustNamespace } from '../../../src';
import { BUCKETS } from '../../../src/telemetry/latency-objective';
import { Manifest } from '../../cluster/api/client';
import { installOperatorKinds } from '../../cluster/kinds/modules';
import { eventually } from '../support/eventually';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';

/**
 * This cluster's Envoy has no `istio.stats` filter. What the filter makes its labels of is here: the proxy's own name and namespace, the
 * metadata of the cluster that a request is for, the caller's certificate, the codes (istio/proxy istio_stats.cc, populatePeerInfo).
 */
let stage: Stage;
let rules: Manifest[];

/** `stranger` calls what `client` calls, declared or not. */
function shop(declared: boolean): Manifest[] {
  return synthesizeApp((app: App) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const orders = service(chart, 'orders');
    const grpc = service(chart, 'grpc', { ports: [MeshPort.grpc(50051)] });
    service(chart, 'hidden', { ports: [MeshPort.http(8080), MeshPort.tcp(9999)] });
    const [client, stranger] = ['client', 'stranger'].map(name => service(chart, name, { ports: undefined }));
    const call = (from: MeshService) => [orders, grpc].forEach(server => from.calls(server));
    call(client);
    if (declared) {
      call(stranger);
    }
    new MeshAlerts(chart, 'alerts');
    new ProxyMonitor(chart, 'proxies');
  });
}

/** The network and the stranger's own proxy let it through: the servers' policies alone refuse it. */
beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await installOperatorKinds(stage.cluster);
  rules = shop(false).filter(({ kind }) => kind === 'PrometheusRule').flatMap(({ spec }) => spec.groups).flatMap((group: Manifest) => group.rules);
  const applied = [
    ...await stage.cluster.apply(shop(true)),
    ...await stage.cluster.apply(shop(false).filter(({ kind }) => kind === 'AuthorizationPolicy')),
  ];
  expect(applied.filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  await stage.cluster.podsReady();
  await stage.cluster.settled();
});

afterAll(() => stage.cluster.disconnect());

const SERVERS = [
  ['orders', 'orders.stage.svc.cluster.local', { url: 'http://orders:8080/orders' }],
  ['grpc', 'grpc.stage.svc.cluster.local', { protocol: 'grpc', url: 'grpc:50051', path: '/orders.v1.Orders/Get' }],
] as const;

/** The values that the rules of one alert, or one record, ask of a label. */
function asked(label: string, which: (rule: Manifest) => boolean): string[] {
  return [...new Set(rules.filter(which).flatMap(({ expr }) => [...expr.matchAll(new RegExp(`[{,]${label}[!=]=?~?"([^"]*)"`, 'g'))].map(([, value]) => value)))];
}

async function clusterOf(pod: string, name: string): Promise<Manifest | undefined> {
  const { configs } = await stage.cluster.configDump(pod);
  const dump = configs.find((config: Manifest) => String(config['@type']).includes('ClustersConfigDump'));
  return dump.dynamic_active_clusters.map(({ cluster }: Manifest) => cluster).find((cluster: Manifest) => cluster.name === name);
}

/** One request, and the line that a proxy logs of it. */
async function logged(from: string, at: string, request: Parameters<Stage['cluster']['send']>[1][number]): Promise<Manifest> {
  const before = (await stage.cluster.accessLog(`stage/${at}`)).length;
  await stage.cluster.send(`stage/${from}`, [{ timeoutMs: 10_000, ...request }]);
  await new Promise(resolve => setTimeout(resolve, 500));
  const lines = await eventually(async () => (await stage.cluster.accessLog(`stage/${at}`)).slice(before), found => found.length > 0);
  expect(lines).toHaveLength(1);
  return lines[0];
}

test.each(SERVERS)('what the client\'s proxy sends to %s bears the host by which the rules find it', async (_, host, request) => {
  const { upstream_cluster: cluster } = await logged('client', 'client', request);

  expect((await clusterOf('stage/client', cluster))!.metadata.filter_metadata.istio.services[0].host).toBe(host);
  expect(asked('destination_service', rule => rule.record?.startsWith('mesh_call:') && rule.labels.server === host && rule.expr.includes('istio_'))).toEqual([host]);
});

test('the client\'s proxy knows itself by the name and namespace by which the rules find its calls', async () => {
  const { configs } = await stage.cluster.configDump('stage/client');
  const { metadata } = configs.find((config: Manifest) => String(config['@type']).includes('BootstrapConfigDump')).bootstrap.node;
  const ofClient = (rule: Manifest) => rule.record?.startsWith('mesh_call:') && rule.labels.client === 'client';

  expect(asked('source_canonical_service', ofClient)).toEqual([metadata.LABELS['service.istio.io/canonical-name']]);
  expect(asked('source_workload_namespace', ofClient)).toEqual([metadata.NAMESPACE]);
});

test('a server\'s proxy knows its version by the name by which a dashboard sets versions side by side', async () => {
  const { configs } = await stage.cluster.configDump('stage/orders');
  const { metadata } = configs.find((config: Manifest) => String(config['@type']).includes('BootstrapConfigDump')).bootstrap.node;

  expect(metadata.LABELS['service.istio.io/canonical-revision']).toBe('v1');
});

test('what fails is seen by its code', async () => {
  const [[, , http], [, , grpc]] = SERVERS;

  expect((await logged('client', 'client', { ...http, headers: { 'x-echo-status': '503' } })).response_code).toBe(503);
  expect((await logged('client', 'client', { ...grpc, headers: { 'x-echo-status': '14' } })).response_code).toBe(200);
});

test.each(SERVERS)('who asks %s undeclared is refused at a cluster that bears the host, by an identity that the rules do not exempt', async (name, host, request) => {
  const line = await logged('stranger', name, request);
  const [exempt] = asked('source_principal', rule => rule.alert === 'MeshUndeclaredCaller' && rule.labels.server === host);

  expect(line.response_code_details).toContain('rbac_access_denied');
  // The metric of a request without a cluster would bear whatever host the caller names
  expect((await clusterOf(`stage/${name}`, line.upstream_cluster))?.metadata.filter_metadata.istio.services[0].host).toBe(host);
  expect('spiffe://cluster.local/ns/stage/sa/stranger').not.toMatch(new RegExp(`^(${exempt})$`));
  expect('spiffe://cluster.local/ns/stage/sa/client').toMatch(new RegExp(`^(${exempt})$`));
});

test('what is sent to whom no call declares goes to the black hole, requests and connections', async () => {
  const request = await logged('client', 'client', { url: 'http://hidden:8080/' });
  const connection = await logged('client', 'client', { protocol: 'tcp', url: 'hidden:9999', body: 'PING' });

  // The filter names either so: by the route's name, or the cluster's
  expect(request.route_name ?? request.upstream_cluster).toMatch(/^(block_all|BlackHoleCluster)$/);
  expect(connection.upstream_cluster).toBe('BlackHoleCluster');
  expect(asked('destination_service_name', ({ alert }) => alert === 'MeshUndeclaredCall')).toEqual(['BlackHoleCluster']);
});

test('the port that the monitor names is one of the proxy\'s', async () => {
  const pods = await stage.cluster.list('v1', 'Pod', 'stage');
  const found = pods.map(({ spec, metadata }) => ({
    ports: [...spec.initContainers ?? [], ...spec.containers].flatMap((container: Manifest) => container.ports ?? [])
      .filter(({ name }: Manifest) => name === 'http-envoy-prom').map(({ containerPort }: Manifest) => containerPort),
    labelled: metadata.labels['service.istio.io/canonical-name'] !== undefined,
  }));

  expect(found).toEqual(pods.map(() => ({ ports: [15090], labelled: true })));
});

test('the proxy counts how long requests took by the bounds that an objective may have', async () => {
  const lines = (await stage.cluster.admin('stage/client', '/stats/prometheus')).split('\n');
  const [histogram] = lines.filter(line => /_bucket[{]/.test(line)).map(line => line.slice(0, line.indexOf('le=')));
  const bounds = lines.filter(line => line.startsWith(`${histogram}le=`)).map(line => /le="([^"]+)"/.exec(line)![1]);

  expect(bounds).toEqual([...BUCKETS.map(String), '+Inf']);
});
