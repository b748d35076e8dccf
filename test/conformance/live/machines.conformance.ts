import { App, Chart, Duration } from 'cdk8s';
import { ExistingWorkload, GatewayServer, MeshGateway, MeshPort, Retries, RouteMatch, StringMatch, VirtualMachine, VirtualMachineService, ZeroTrustNamespace } from '../../../src';
import { ConnectedCluster } from '../../cluster/remote';
import { bystander, namespace, neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { eventually } from '../support/eventually';
import { throughGateway } from '../support/gateway';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

/**
 * Pods stand for the machines, in a namespace of their own that no policy of Kubernetes guards. `istio.io/test-vm` is how Istio's own tests do it: istiod
 * takes the labels that the proxy tells of itself, and finds its ports by the WorkloadEntry of its address (istio/istio pilot/pkg/model/context.go, SetWorkloadLabels;
 * pilot/pkg/serviceregistry/kube/controller/controller.go, GetProxyServiceTargets). Of the labels that the Service selects they lack one, so that it selects
 * the entries alone.
 *
 * What this does not prove: the files that istioctl writes for an agent, its token outside of a pod, the capture of a machine's traffic, a network between the machine
 * and the pods, and a DNS of the machine's own.
 */
const MACHINE = { 'istio.io/test-vm': 'true', 'service.istio.io/canonical-name': 'billing' };

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = (await Stage.open()).cluster;
});

beforeEach(() => cluster.reset());

afterAll(() => cluster.disconnect());

/** The machines are there first, as they are: with addresses that the app has to be told. */
async function applied(
  names: string[], build: (machines: VirtualMachine[], charts: { machines: Chart; stage: Chart }, app: App) => void, serviceAccount = 'billing',
): Promise<void> {
  const pod = (name: string) => bystander('machines', name, { serviceAccount, labels: { ...MACHINE, version: name } });
  const there = [namespace('machines', true), ...names.flatMap(pod)];
  await cluster.apply([...there, ...neighbours()]);
  await cluster.podsReady();
  const pods = await cluster.pods('machines');
  const addressOf = (name: string) => pods.find(({ labels }) => labels.app === name)!.ip;
  const machines = names.map(name => VirtualMachine.at(addressOf(name), names.length > 1 ? { version: name } : {}));
  const objects = synthesizeApp((app) => {
    const stage = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(stage, 'namespace');
    build(machines, { machines: new Chart(app, 'machines', { namespace: 'machines' }), stage }, app);
  });
  expect((await cluster.apply(objects)).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  expect(await cluster.analyze([...objects, ...there, ...neighbours()])).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
}

async function statusOf(from: string, url: string, method = 'GET'): Promise<number> {
  return (await cluster.send(from, [{ url, method, timeoutMs: 10_000, newConnection: true }]))[0].status;
}

/** Who has answered, and whose certificate its proxy has seen: without mutual TLS there is none. */
async function callerSeen(from: string, url: string): Promise<{ pod?: string; caller?: string }> {
  const [{ echo }] = await cluster.send(from, [{ url, timeoutMs: 10_000, newConnection: true }]);
  return { pod: echo?.pod, caller: /URI=([^;]*)$/.exec(echo?.headers['x-forwarded-client-cert'] ?? '')?.[1] };
}

test('machines are reached by whom they are declared to, reach what they declare, and nobody else does either', async () => {
  await applied(['vm-1'], (machines, charts, app) => {
    const billing = new VirtualMachineService(charts.machines, 'billing', { ports: [MeshPort.http(80, { targetPort: 8080 })], machines });
    const ledger = service(charts.stage, 'ledger');
    const client = service(charts.stage, 'client');
    service(charts.stage, 'other');
    client.calls(billing, { methods: ['GET'], paths: ['/invoices/*'] });
    billing.calls(ledger, { paths: ['/entries'] });
    const edge = new MeshGateway(charts.stage, 'edge', { servers: [GatewayServer.http(['shop.example.com'])], replicas: 1 });
    edge.exposes(billing, { hosts: ['shop.example.com'], methods: ['GET'], paths: ['/invoices/*'] });
    // Of the mesh, and no declared caller of this
    new ExistingWorkload(app, 'stranger', { namespace: 'elsewhere', serviceAccount: 'frontend' }).calls(client);
  });
  const url = 'http://billing.machines/invoices/1';

  expect(await callerSeen('stage/client', url)).toEqual({ pod: expect.stringContaining('vm-1'), caller: 'spiffe://cluster.local/ns/stage/sa/client' });

  expect(await statusOf('stage/client', 'http://billing.machines/refunds/1')).toBe(403);
  expect(await statusOf('stage/client', url, 'POST')).toBe(403);
  // Nothing but the machine's own proxy stands in their way
  expect(await statusOf(STRANGER, url)).toBe(403);
  const { ip } = (await cluster.pods('machines'))[0];
  expect(await statusOf(PLAIN, `http://${ip}:8080/invoices/1`)).toBe(403);
  // And of one of this app, its own proxy and the network
  expect(await statusOf('stage/other', url)).not.toBe(200);
  expect(await statusOf('stage/other', `http://${ip}:8080/invoices/1`)).not.toBe(200);

  const outside = await throughGateway(cluster, 'stage/edge', [
    { url: 'http://shop.example.com/invoices/1' }, { url: 'http://shop.example.com/refunds/1' }, { url: 'http://shop.example.com/invoices/1', method: 'POST' },
  ]);
  expect(outside.map(({ status }) => status)).toEqual([200, 404, 404]);
  expect(outside[0].echo?.headers['x-forwarded-client-cert']).toContain('spiffe://cluster.local/ns/stage/sa/edge');

  expect(await callerSeen('machines/vm-1', 'http://ledger.stage:8080/entries')).toEqual({
    pod: expect.stringContaining('ledger'), caller: 'spiffe://cluster.local/ns/machines/sa/billing',
  });
  expect(await statusOf('machines/vm-1', 'http://ledger.stage:8080/secrets')).toBe(403);
  expect(await statusOf('machines/vm-1', 'http://client.stage:8080/')).not.toBe(200);
});

test('a machine that has the address and another identity is not taken for one of the service', async () => {
  await applied(['vm-1'], (machines, charts) => {
    service(charts.stage, 'client').calls(new VirtualMachineService(charts.machines, 'billing', { ports: [MeshPort.http(80, { targetPort: 8080 })], machines }));
  }, 'impostor');

  expect(await statusOf('stage/client', 'http://billing.machines/')).toBe(503);
  const reasons = async () => (await cluster.accessLog('stage/client')).map(line => line.upstream_transport_failure_reason).join();
  expect(await eventually(reasons, found => found.includes('CERTIFICATE_VERIFY_FAILED'))).toContain('CERTIFICATE_VERIFY_FAILED');
});

test('a timeout for a machine\'s calls finds it by the labels of its proxy', async () => {
  await applied(['vm-1'], (machines, charts) => {
    const ledger = service(charts.stage, 'ledger');
    new VirtualMachineService(charts.machines, 'billing', { machines }).calls(ledger, { timeout: Duration.millis(300), retries: Retries.none() });
    service(charts.stage, 'client').calls(ledger);
  });
  const slow = { url: 'http://ledger.stage:8080/', headers: { 'x-echo-delay': '1s' }, timeoutMs: 10_000 };

  expect((await cluster.send('machines/vm-1', [slow]))[0].status).toBe(504);
  expect((await cluster.send('stage/client', [slow]))[0].status).toBe(200);
});

test('a machine of TCP is told from others by the address of its Service', async () => {
  await applied(['vm-1'], (machines, charts) => {
    const billing = new VirtualMachineService(charts.machines, 'billing', { ports: [MeshPort.tcp(5432, { targetPort: 8080 })], machines });
    service(charts.stage, 'client').calls(billing);
    service(charts.stage, 'other');
  });
  const ask = async (from: string) => (await cluster.send(from, [{ protocol: 'tcp', url: 'billing.machines:5432', body: 'GET / HTTP/1.0\r\n\r\n', timeoutMs: 10_000 }]))[0];

  expect((await ask('stage/client')).error).toBeUndefined();
  expect((await ask('stage/other')).error).toBeDefined();
});

test('the versions of machines get their shares, and testers theirs', async () => {
  await applied(['vm-1', 'vm-2'], (machines, charts) => {
    const billing = new VirtualMachineService(charts.machines, 'billing', {
      ports: [MeshPort.http(80, { targetPort: 8080 })], machines, versionWeights: { 'vm-1': 80, 'vm-2': 20 },
    });
    billing.addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'vm-2' });
    service(charts.stage, 'client').calls(billing);
  });
  const everybody = await cluster.send('stage/client', [{ url: 'http://billing.machines/', count: 1000, concurrency: 4 }]);
  const testers = await cluster.send('stage/client', [{ url: 'http://billing.machines/', headers: { 'x-user': 'qa' }, count: 30 }]);

  const second = everybody.filter(({ echo }) => echo?.version === 'vm-2').length;
  expect({ second, isShare: isShare(second, 1000, 20) }).toEqual({ second, isShare: true });
  expect(countBy(testers, ({ echo }) => echo?.version)).toEqual({ 'vm-2': 30 });
});
