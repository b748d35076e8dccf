import * as fs from 'node:fs';
import * as path from 'node:path';
import { ApiObject, Chart } from 'cdk8s';
import { CanaryRelease, ExistingGateway, GatewayServer, MeshGateway, MeshPort, ServerCertificate, TlsVersion } from '../../../src';
import { EchoRequest, EchoResult } from '../../cluster/programs/echo';
import { analysisOf, OF_GATEWAYS } from '../support/acceptance';
import { namespace, neighbours, PLAIN } from '../support/bystanders';
import { Certificate, secretOf, selfSigned } from '../support/certificates';
import { service, Stage } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let stage: Stage;

const VAULT = 'vault.example.com';
const LEDGER = 'ledger.example.com';
const MQTT = 'mqtt.example.com';
const SHOP = 'shop.example.com';

/** Who signs the certificates that the services show themselves. */
const SERVICES = fs.readFileSync(path.join(__dirname, '../../cluster/programs/go/echo/authority.pem'), 'utf8');
const [broker, known, unknown] = [MQTT, 'known.example.com', 'unknown.example.com'].map(selfSigned);
const pem = ({ certificate, key }: Certificate) => certificate + key;

function secret(chart: Chart): void {
  new ApiObject(chart, 'mqtt-tls', secretOf(broker, { name: 'mqtt-tls' }, known));
}

/** As Istio's chart for gateways would have it, by hand: what another team runs. */
function platform() {
  const metadata = { name: 'ingress', namespace: 'platform' };
  const labels = { istio: 'ingress' };
  return [namespace('platform', true), { apiVersion: 'v1', kind: 'ServiceAccount', metadata }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: labels, ports: [{ name: 'http2', port: 80, targetPort: 8080 }, { name: 'tcp', port: 5432, targetPort: 5432 }, { name: 'alt', port: 81, targetPort: 8081 }] },
  }, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'true' }, annotations: { 'inject.istio.io/templates': 'gateway' } },
        spec: { serviceAccountName: 'ingress', containers: [{ name: 'istio-proxy', image: 'auto', ports: [{ containerPort: 8080 }] }] },
      },
    },
  }, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'theirs', namespace: 'platform' },
    spec: { selector: labels, servers: [{ port: { number: 81, name: 'http-81', protocol: 'HTTP' }, hosts: ['stage/*.example.com'] }] },
  }];
}

/** Two services that speak TLS themselves, one that is released over plain TCP, and one behind TLS that ends. */
function at(index: number): Promise<void> {
  return stage.show((chart) => {
    secret(chart);
    const edge = new MeshGateway(chart, 'gate', {
      servers: [
        GatewayServer.tlsPassthrough(['*.example.com']),
        GatewayServer.tls([MQTT], { certificate: ServerCertificate.fromSecret('mqtt-tls'), mutual: true, minimumVersion: TlsVersion.V1_3 }),
        GatewayServer.tcp(5432),
      ],
      replicas: 1,
    });
    edge.exposes(service(chart, 'vault', { ports: [MeshPort.tls(8443)] }), { hosts: [VAULT] });
    edge.exposes(service(chart, 'ledger', { ports: [MeshPort.http(8080), MeshPort.tls(8443)] }), { port: 'tls', hosts: [LEDGER] });
    edge.exposes(service(chart, 'broker', { ports: [MeshPort.tcp(1883)] }), { hosts: [MQTT] });
    const database = service(chart, 'database', { ports: [MeshPort.tcp(15432)] });
    edge.exposes(database, {});
    const pods = { namespace: 'platform', serviceAccount: 'ingress', podLabels: { istio: 'ingress' } };
    const ingress = new ExistingGateway(chart, 'public', { ...pods, servers: [GatewayServer.http([SHOP]), GatewayServer.tcp(5432)] });
    const orders = service(chart, 'orders');
    ingress.exposes(orders, { hosts: [SHOP], methods: ['GET'], paths: ['/orders/*'] });
    ingress.exposes(database, {});
    const theirs = new ExistingGateway(chart, 'theirs', { ...pods, gateway: 'platform/theirs', servers: [GatewayServer.http(['*.example.com'], { port: 81 })] });
    theirs.exposes(orders, { hosts: [SHOP], paths: ['/theirs'] });
    new CanaryRelease(chart, 'release', { service: database, image: 'registry.example/database:2.0.0', stages: [0, 20, 100], stage: index });
  });
}

beforeAll(async () => {
  stage = await Stage.open();
  await stage.clear();
  await stage.cluster.apply([...neighbours(), ...platform()]);
  await at(0);
});

afterAll(() => stage.cluster.disconnect());

const addressOf = async (name: string, where: string) => (await stage.cluster.get('v1', 'Service', name, where))!.spec.clusterIP;

/** From a pod outside of the mesh, as somebody outside of the cluster would. */
async function ask(request: EchoRequest, where: [string, string] = ['gate', 'stage'], port = 443): Promise<EchoResult[]> {
  const address = `${await addressOf(...where)}:${port}`;
  return stage.cluster.send(PLAIN, [{ timeoutMs: 10_000, newConnection: true, ...request, address, url: request.protocol === 'tcp' ? address : request.url }]);
}

const named = (host: string, more: Partial<EchoRequest> = {}) => ask({ protocol: 'https', url: `https://${host}/`, ...more });
const lines = (more: Partial<EchoRequest> = {}) => ask({ protocol: 'tls', url: `${MQTT}:443`, body: 'x', ...more });

test('TLS goes through to the service that its name means, and shows the service\'s own certificate', async () => {
  const answers = await Promise.all([VAULT, LEDGER].map(host => named(host, { authority: SERVICES })));

  expect(answers.map(([{ echo }]) => [echo?.workload, echo?.serverName])).toEqual([['vault', VAULT], ['ledger', LEDGER]]);
  expect((await named(VAULT, { authority: unknown.certificate }))[0].status).toBe(0);
});

test('TLS for another name is refused', async () => {
  expect((await named('other.example.com'))[0].status).toBe(0);
});

test('TLS that ends goes on as TCP, for clients that can say who they are', async () => {
  const [answer] = await lines({ authority: broker.certificate, identity: pem(known) });
  expect(answer).toMatchObject({ status: 200, echo: { workload: 'broker' } });

  for (const wrong of [{ identity: pem(unknown) }, {}, { authority: unknown.certificate, identity: pem(known) }]) {
    expect((await lines(wrong))[0].status).toBe(0);
  }
});

test('the services take no one but the gateway', async () => {
  const requests: EchoRequest[] = [
    { protocol: 'tcp', url: 'database.stage:15432', body: 'x', timeoutMs: 10_000 },
    { protocol: 'https', url: 'https://vault.stage:8443/', timeoutMs: 10_000 },
  ];

  expect((await stage.cluster.send(PLAIN, requests)).map(({ status }) => status)).toEqual([0, 0]);
  expect((await stage.cluster.send('stage/client', requests)).map(({ status }) => status)).toEqual([0, 0]);
});

test('a gateway that exists takes what is declared, by the Gateway that we write and by its own', async () => {
  const shop = async (asked: string, more: Partial<EchoRequest> = {}, port = 80) => (
    await ask({ url: `http://${SHOP}${asked}`, ...more }, ['ingress', 'platform'], port))[0];

  expect(await shop('/orders/7')).toMatchObject({ status: 200, echo: { workload: 'orders', path: '/orders/7' } });
  expect((await shop('/orders/7', { method: 'POST' })).status).toBe(404);
  expect((await shop('/theirs')).status).toBe(404);
  expect(await shop('/theirs', {}, 81)).toMatchObject({ status: 200, echo: { workload: 'orders', path: '/theirs' } });
  expect((await shop('/orders/7', {}, 81)).status).toBe(404);
});

test.each([[0, 0], [1, 20], [2, 100]])('stage %i of a release sends %i percent of the connections to the new version', async (index, percent) => {
  await at(index);
  for (const where of [['gate', 'stage'], ['ingress', 'platform']] as [string, string][]) {
    const results = await ask({ protocol: 'tcp', url: '', body: 'x', count: 300, concurrency: 6 }, where, 5432);
    expect(countBy(results, ({ status }) => String(status))).toEqual({ 200: 300 });
    const canary = results.filter(({ echo }) => echo?.version === 'v2').length;
    expect({ canary, isShare: isShare(canary, 300, percent) }).toEqual({ canary, isShare: true });
  }
});

test('istioctl analyze has nothing against it', async () => {
  expect(await analysisOf(stage.cluster, ['stage', 'platform'], OF_GATEWAYS)).toEqual([]);
});
