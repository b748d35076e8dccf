import { ApiObject, Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { CanaryRelease, GatewayServer, MeshGateway, MeshPort, RouteMatch, ServerCertificate, StringMatch } from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysisOf, OF_GATEWAYS } from '../support/acceptance';
import { neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { secretOf, selfSigned } from '../support/certificates';
import { eventually } from '../support/eventually';
import { lost, underLoad } from '../support/load';
import { service, Stage } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;
let gateway: string;

const SHOP = 'shop.example.com';
const PARTNERS = 'partners.example.com';
const STAGES = [0, 0, 10, 100];

const server = selfSigned(SHOP);
const known = selfSigned('known.example.com');
const unknown = selfSigned('unknown.example.com');

/** The gateway in front of two services of one host, one of which is under release. */
function at(index: number): Promise<void> {
  return stage.show((chart) => {
    new ApiObject(chart, 'tls', secretOf(server, { name: 'shop-tls' }));
    new ApiObject(chart, 'partners-tls', secretOf(server, { name: 'partners-tls' }, known));
    const orders = service(chart, 'orders', { ports: [MeshPort.http(80, { targetPort: 8080 })] });
    const frontend = service(chart, 'frontend');
    const guarded = service(chart, 'guarded');
    const edge = new MeshGateway(chart, 'entrance', {
      servers: [
        GatewayServer.https([SHOP], { certificate: ServerCertificate.fromSecret('shop-tls') }),
        GatewayServer.https([PARTNERS], { certificate: ServerCertificate.fromSecret('partners-tls'), mutual: true }),
        GatewayServer.http([SHOP], { redirectToHttps: true }),
      ],
      replicas: 1,
    });
    edge.exposes(orders, { hosts: [SHOP, PARTNERS], methods: ['GET'], paths: ['/orders/*'], timeout: Duration.seconds(3) });
    edge.exposes(frontend, { hosts: [SHOP] });
    const anyone = new MeshGateway(chart, 'anyone', {
      servers: [GatewayServer.http(['*']), GatewayServer.https(['*'], { certificate: ServerCertificate.fromSecret('shop-tls') })],
      replicas: 1,
      serviceType: kplus.ServiceType.CLUSTER_IP,
    });
    anyone.exposes(service(chart, 'status'), { hosts: ['*'], paths: ['/status', '/status/*'] });
    anyone.exposes(guarded, { hosts: ['*'], paths: ['/books/*'], fromCidrs: ['203.0.113.0/24'] });
    anyone.exposes(frontend, { hosts: [SHOP] });
    new CanaryRelease(chart, 'release', {
      service: orders,
      image: 'registry.example/orders:2.0.0',
      stages: STAGES,
      stage: index,
      match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))],
    });
  });
}

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.cluster.apply(neighbours());
  await at(0);
});

afterAll(() => stage.cluster.disconnect());

async function ask(url: string, request: Partial<EchoRequest> = {}): Promise<EchoResult> {
  const [answer] = await askAll(url, request);
  return answer;
}

/** From a pod outside of the mesh, as somebody outside of the cluster would. */
async function askAll(url: string, request: Partial<EchoRequest> = {}): Promise<EchoResult[]> {
  gateway = (await stage.cluster.get('v1', 'Service', 'entrance', 'stage'))!.spec.clusterIP;
  const secure = url.startsWith('https:');
  return stage.cluster.send(PLAIN, [{ url, protocol: secure ? 'https' : 'http', address: `${gateway}:${secure ? 443 : 80}`, timeoutMs: 10_000, ...request }]);
}

test('what is exposed is answered by its service, over HTTPS', async () => {
  const { status, echo } = await ask(`https://${SHOP}/orders/7`);

  expect(status).toBe(200);
  expect(echo).toMatchObject({ workload: 'orders', version: 'v1', host: SHOP, path: '/orders/7' });
});

test('another service has the rest of the host', async () => {
  expect((await ask(`https://${SHOP}/`)).echo).toMatchObject({ workload: 'frontend' });
  expect((await ask(`https://${SHOP}/orders/7`, { method: 'POST' })).echo).toMatchObject({ workload: 'frontend' });
});

test('plain text is sent to HTTPS', async () => {
  const { status, headers } = await ask(`http://${SHOP}/orders/7?a=b`);

  expect(status).toBe(301);
  expect(headers).toMatchObject({ location: `https://${SHOP}/orders/7?a=b` });
});

test('what nobody exposes has no answer', async () => {
  const identity = known.certificate + known.key;
  expect((await ask(`https://${PARTNERS}/other`, { identity })).status).toBe(404);
  expect((await ask(`https://${PARTNERS}/orders/7`, { identity, method: 'POST' })).status).toBe(404);
  expect((await ask(`https://${SHOP}/orders/7`, { headers: { host: 'else.example.com' } })).status).toBe(404);
  expect((await ask('http://else.example.com/orders/7')).status).toBe(404);
});

test('a server for whatever clients ask for takes what is exposed under no name of its own', async () => {
  const { spec: { clusterIP } } = (await stage.cluster.get('v1', 'Service', 'anyone', 'stage'))!;
  const asked = async (host: string, pathname: string) => (await stage.cluster.send(PLAIN, [
    { url: `http://${host}${pathname}`, protocol: 'http', address: `${clusterIP}:80`, timeoutMs: 10_000 },
  ]))[0];

  for (const host of ['localhost', clusterIP, 'other.example.com', `${SHOP}.other.example.com`]) {
    expect((await asked(host, '/status/1')).echo).toMatchObject({ workload: 'status', path: '/status/1' });
    expect((await asked(host, '/books/1')).status).toBe(403); // not from there
    expect((await asked(host, '/')).status).toBe(404);
  }
  const [nameless] = await stage.cluster.send(PLAIN, [{ url: `https://${clusterIP}/status/1`, protocol: 'https', address: `${clusterIP}:443` }]);
  expect(nameless.echo).toMatchObject({ workload: 'status' }); // whose TLS names no host
  expect((await asked(SHOP, '/status/1')).echo).toMatchObject({ workload: 'frontend' });
  expect((await asked(`${SHOP}:80`, '/books/1')).echo).toMatchObject({ workload: 'frontend' });
});

test('an exposure\'s timeout holds', async () => {
  expect((await ask(`https://${SHOP}/orders/7`, { headers: { 'x-echo-delay': '6s' } })).status).toBe(504);
});

test('a server shows its own certificate, and a client that trusts another one turns away', async () => {
  expect((await ask(`https://${SHOP}/orders/7`, { authority: server.certificate })).status).toBe(200);
  expect((await ask(`https://${SHOP}/orders/7`, { authority: unknown.certificate })).status).toBe(0);
});

test('a server that asks clients who they are takes those that its authority has signed', async () => {
  expect((await ask(`https://${PARTNERS}/orders/7`, { identity: known.certificate + known.key })).status).toBe(200);
  expect((await ask(`https://${PARTNERS}/orders/7`, { identity: unknown.certificate + unknown.key })).status).toBe(0);
  expect((await ask(`https://${PARTNERS}/orders/7`)).status).toBe(0);
});

test('the services take no one but the gateway', async () => {
  const direct = { url: 'http://orders.stage/orders/7', timeoutMs: 10_000 };
  const [client] = await stage.cluster.send('stage/client', [direct]);
  const [stranger] = await stage.cluster.send(STRANGER, [direct]);
  const [plain] = await stage.cluster.send(PLAIN, [direct]);

  expect([client, stranger, plain].map(({ echo }) => echo)).toEqual([undefined, undefined, undefined]);
});

test.each(STAGES.map((percent, index) => [index, percent]))('stage %i of a release sends %i percent of the gateway\'s requests to the new version, and testers after the first', async (index, percent) => {
  await at(index);
  const results = await askAll(`https://${SHOP}/orders/split`, { count: 600, concurrency: 6 });
  expect(countBy(results, ({ status }) => String(status))).toEqual({ 200: 600 });
  const canary = results.filter(({ echo }) => echo?.version === 'v2').length;
  expect({ canary, isShare: isShare(canary, 600, percent) }).toEqual({ canary, isShare: true });

  const testers = await askAll(`https://${SHOP}/orders/split`, { headers: { 'x-user': 'qa' }, count: 30 });
  expect(countBy(testers, ({ echo }) => echo?.version)).toEqual(index === 0 ? { v1: 30 } : { v2: 30 });
});

test('a request that is under way when its pod is told to go is answered, and those that come meanwhile', async () => {
  const deployment = (await stage.cluster.get('apps/v1', 'Deployment', 'entrance', 'stage'))!;
  const { metadata: { name, namespace }, spec: { template: { metadata: { annotations, ...metadata }, ...template }, ...spec } } = deployment;
  const replaced = async (stamp: string) => {
    await stage.cluster.podsReady();
    await stage.cluster.settled();
    const long = ask(`https://${SHOP}/`, { headers: { 'x-echo-delay': '16s' }, timeoutMs: 60_000 });
    let isOver = false;
    void long.then(() => { isOver = true; });
    const [before] = (await stage.cluster.pods('stage')).filter(({ labels }) => labels.app === 'entrance');
    const restarted = { ...spec, template: { ...template, metadata: { ...metadata, annotations: { ...annotations, restarted: stamp } } } };
    const load = { url: `https://${SHOP}/`, protocol: 'https', address: `${gateway}:443`, newConnection: true, timeoutMs: 15_000 } as const;
    const results = await underLoad(stage.cluster, PLAIN, load, async () => {
      await stage.cluster.apply([{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: restarted }]);
      await eventually(async () => (await stage.cluster.list('v1', 'Pod', 'stage')).find(pod => pod.metadata.name === before.name), pod => pod?.metadata.deletionTimestamp !== undefined);
    });
    const wasUnderWay = !isOver;
    return { wasUnderWay, lost: lost(results), status: (await long).status };
  };
  let seen = await replaced('1');
  // Where the new pod took longer than the answer there was nothing to see
  for (let again = 2; again <= 3 && !seen.wasUnderWay; again++) {
    expect(seen).toMatchObject({ lost: [], status: 200 });
    seen = await replaced(String(again));
  }

  expect(seen).toEqual({ wasUnderWay: true, lost: [], status: 200 });
});

test('istioctl analyze has nothing against it', async () => {
  expect(await analysisOf(stage.cluster, ['stage'], OF_GATEWAYS)).toEqual([]);
});
