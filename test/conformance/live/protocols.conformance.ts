import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { IpFamilies, MeshPort, MeshService, ZeroTrustNamespace } from '../../../src';
import { EchoRequest } from '../../cluster/programs/echo';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { neighbours, PLAIN } from '../support/bystanders';
import { synthesizeApp } from '../support/objects';
import { service } from '../support/stage';

let cluster: ConnectedCluster;

/** One StringValue of "hi", in one frame, as a browser sends it. */
const GRPC_WEB = {
  method: 'POST',
  headers: { 'content-type': 'application/grpc-web-text', 'accept': 'application/grpc-web-text' },
  body: Buffer.from([0, 0, 0, 0, 4, 0x0a, 2, 0x68, 0x69]).toString('base64'),
};

/** Every protocol that a port can have, and a request in it. */
const PROTOCOLS: { port: MeshPort; request: Partial<EchoRequest> & { url: string }; spoken: string }[] = [
  { port: MeshPort.http(8080, { appProtocol: 'kubernetes.io/ws' }), request: { url: 'http://server.stage:8080/' }, spoken: 'http' },
  { port: MeshPort.http2(8083, { appProtocol: 'kubernetes.io/h2c' }), request: { protocol: 'http2', url: 'http://server.stage:8083/' }, spoken: 'http2' },
  { port: MeshPort.grpc(8082), request: { protocol: 'grpc', url: 'server.stage:8082' }, spoken: 'grpc' },
  { port: MeshPort.grpcWeb(8081), request: { url: 'http://server.stage:8081/echo.Echo/Echo', ...GRPC_WEB }, spoken: 'grpc' },
  { port: MeshPort.tcp(9092), request: { protocol: 'tcp', url: 'server.stage:9092', body: 'x' }, spoken: 'tcp' },
  { port: MeshPort.mongo(27017), request: { protocol: 'tcp', url: 'server.stage:27017', body: 'a document' }, spoken: 'tcp' },
  { port: MeshPort.mysql(3306), request: { protocol: 'tcp', url: 'server.stage:3306', body: 'x' }, spoken: 'tcp' },
  { port: MeshPort.redis(6379), request: { protocol: 'tcp', url: 'server.stage:6379', body: 'x' }, spoken: 'tcp' },
  { port: MeshPort.tls(8443), request: { protocol: 'https', url: 'https://server.stage:8443/' }, spoken: 'https' },
  { port: MeshPort.udp(8125, { name: 'udp-statsd' }), request: { protocol: 'udp', url: 'server.stage:8125', body: 'x' }, spoken: 'udp' },
];

const ask = async (from: string, request: EchoRequest) => (await cluster.send(from, [{ timeoutMs: 10_000, newConnection: true, ...request }]))[0];

beforeAll(async () => {
  cluster = await connect();
  await cluster.reset();
  const objects = synthesizeApp((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    new ZeroTrustNamespace(chart, 'namespace');
    const server = service(chart, 'server', { ports: PROTOCOLS.map(({ port }) => port), ipFamilies: IpFamilies.preferDualStack() });
    PROTOCOLS.forEach(({ port }, index) => {
      service(chart, `client-${index}`).calls(server, { port: port.name });
    });
    const crowd = service(chart, 'crowd', { ports: [MeshPort.http(8080), MeshPort.tcp(9090)], headless: true, replicas: 2 });
    service(chart, 'picker').calls(crowd, { port: 'http', paths: ['/mine'] });
    const members = new MeshService(chart, 'members', {
      image: 'registry.example/members:1.0.0',
      peers: [MeshPort.tcp(7946, { name: 'tcp-gossip' }), MeshPort.udp(7946, { name: 'udp-gossip' })],
      replicas: 2,
      readiness: kplus.Probe.fromTcpSocket({ port: 7946 }),
    });
    members.calls(crowd, { port: 'tcp' });
  });
  const applied = await cluster.apply([...objects, ...neighbours()]);
  expect(applied.filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  expect(await cluster.analyze(objects)).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
});

afterAll(() => cluster.disconnect());

describe.each(PROTOCOLS.map((each, index) => ({ ...each, index, name: each.port.name })))('on a port of $name', ({ request, spoken, index, port }) => {
  test('the caller that is declared is answered', async () => {
    const { status, error, echo, body } = await ask(`stage/client-${index}`, request);

    // What a browser gets is the same in base64
    const answer = port._protocol === 'grpc-web' ? Buffer.from(body ?? '', 'base64').toString() : JSON.stringify(echo);
    expect({ status, error, answer }).toMatchObject({ status: 200, error: undefined, answer: expect.stringContaining(`"protocol":"${spoken}"`) });
  });

  test.each([['a caller of another port', `stage/client-${(index + 1) % PROTOCOLS.length}`], ['who declares nothing', 'stage/picker'], ['who has no proxy', PLAIN]])('%s is not', async (_, from) => {
    const { status, grpcStatus } = await ask(from, request);

    expect(status === 200 && (grpcStatus ?? 0) === 0).toBe(false);
  });
});

test('the Service says what the protocols are', async () => {
  const { spec } = (await cluster.get('v1', 'Service', 'server', 'stage'))!;

  expect(spec.ports.filter((port: any) => port.appProtocol).map((port: any) => [port.name, port.appProtocol])).toEqual([['http', 'kubernetes.io/ws'], ['http2', 'kubernetes.io/h2c']]);
  expect(spec.ports.filter((port: any) => port.protocol === 'UDP').map((port: any) => port.name)).toEqual(['udp-statsd']);
  expect(spec).toMatchObject({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4'] });
});

describe('a headless service', () => {
  const members = async (workload: string) => (await cluster.pods('stage')).filter(({ labels }) => labels.app === workload);

  test('answers by the pod that its client picks, each time', async () => {
    for (const { ip, name } of await members('crowd')) {
      const answers = await cluster.send('stage/picker', [{ url: `http://${ip}:8080/mine`, headers: { host: 'crowd.stage:8080' }, count: 10 }]);
      expect(answers.map(({ status, echo }) => `${status} ${echo?.pod}`)).toEqual(Array(10).fill(`200 ${name}`));
    }
  });

  test('is found by its name', async () => {
    expect((await ask('stage/picker', { url: 'http://crowd.stage:8080/mine' })).status).toBe(200);
    const [{ name }] = await members('members');
    expect((await ask(`stage/${name}`, { protocol: 'tcp', url: 'crowd.stage:9090', body: 'x' })).status).toBe(200);
  });

  test('refuses what is not declared', async () => {
    const [{ ip }] = await members('crowd');
    expect((await ask('stage/picker', { url: 'http://crowd.stage:8080/other' })).status).toBe(403);
    expect((await ask('stage/client-0', { url: `http://${ip}:8080/mine`, headers: { host: 'crowd.stage:8080' } })).status).not.toBe(200);
    expect((await ask('stage/picker', { protocol: 'tcp', url: `${ip}:9090`, body: 'x' })).status).not.toBe(200);
  });
});

test('peers gossip over TCP and UDP, and nobody else reaches them', async () => {
  const members = (await cluster.pods('stage')).filter(({ labels }) => labels.app === 'members');
  const gossip = (protocol: 'tcp' | 'udp', ip: string) => ({ protocol, url: `${ip}:7946`, body: 'x' });
  for (const protocol of ['tcp', 'udp'] as const) {
    const [one, other] = members;
    expect((await ask(`stage/${one.name}`, gossip(protocol, other.ip))).echo?.pod).toBe(other.name);
    expect((await ask(`stage/${other.name}`, gossip(protocol, one.ip))).echo?.pod).toBe(one.name);
    for (const from of ['stage/picker', PLAIN]) {
      expect((await ask(from, gossip(protocol, one.ip))).status).not.toBe(200);
    }
  }
});
