import { App, Chart } from 'cdk8s';
import { ExistingService, ExistingWorkload, GatewayServer, MeshGateway, MeshPort, MeshService, PodSecurity, RouteMatch, StringMatch, ZeroTrustNamespace } from '../../../src';
import { Manifest } from '../../cluster/api/client';
import { ConnectedCluster } from '../../cluster/remote';
import { bystander, namespace, neighbours, PLAIN, STRANGER } from '../support/bystanders';
import { throughGateway } from '../support/gateway';
import { lost, underLoad } from '../support/load';
import { synthesizeApp } from '../support/objects';
import { service, Stage } from '../support/stage';
import { countBy, isShare } from '../support/statistics';

let cluster: ConnectedCluster;

beforeAll(async () => {
  cluster = (await Stage.open()).cluster;
});

beforeEach(() => cluster.reset());

afterAll(() => cluster.disconnect());

async function applied(build: (chart: Chart, app: App) => void, more: Manifest[], zeroTrust = true): Promise<void> {
  const objects = synthesizeApp((app) => {
    const chart = new Chart(app, 'stage', { namespace: 'stage' });
    if (zeroTrust) {
      // What a chart deploys is not hardened
      new ZeroTrustNamespace(chart, 'namespace', { podSecurity: PodSecurity.BASELINE });
    }
    build(chart, app);
  });
  const all = [...objects, ...more];
  expect((await cluster.apply(all)).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  expect(await cluster.analyze(all)).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
}

async function statusOf(from: string, url: string, method = 'GET'): Promise<number> {
  return (await cluster.send(from, [{ url, method, timeoutMs: 10_000, newConnection: true }]))[0].status;
}

function kubernetesService(where: string, name: string, selector: { [key: string]: string }): Manifest {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: where }, spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } };
}

test('a service of a chart is reached by its callers, reaches what it calls, and nobody else does either', async () => {
  await applied((chart) => {
    const reports = new ExistingService(chart, 'reports', {
      serviceAccount: 'reports', podLabels: { instance: 'reports' }, service: 'reports-web', ports: [MeshPort.http(80, { targetPort: 8080 })],
    });
    const orders = service(chart, 'orders');
    const client = service(chart, 'client');
    service(chart, 'other');
    client.calls(reports, { methods: ['GET'] });
    reports.calls(orders);
  }, [
    ...bystander('stage', 'reports', { labels: { instance: 'reports' } }), kubernetesService('stage', 'reports-web', { instance: 'reports' }), ...neighbours(),
  ]);

  expect(await statusOf('stage/client', 'http://reports-web/')).toBe(200);
  expect(await statusOf('stage/client', 'http://reports-web/', 'POST')).toBe(403);
  expect(await statusOf('stage/reports', 'http://orders:8080/')).toBe(200);
  for (const [from, url] of [['stage/other', 'http://reports-web/'], ['stage/reports', 'http://client:8080/'], [STRANGER, 'http://reports-web.stage/'], [PLAIN, 'http://reports-web.stage/']]) {
    expect({ from, url, answered: (await statusOf(from, url)) === 200 }).toEqual({ from, url, answered: false });
  }
});

test('a service that runs already is taken over in place, with its Deployment, under load, and loses no request', async () => {
  const labels = { app: 'orders-api', tier: 'backend' };
  const [account, before] = bystander('stage', 'orders-deployment', { serviceAccount: 'backend' });
  before.spec.selector.matchLabels = labels;
  before.spec.template.metadata.labels = labels;
  before.spec.template.spec.containers[0].lifecycle = { preStop: { sleep: { seconds: 5 } } };
  // As it was before: in the mesh, open to all
  await cluster.apply([
    namespace('stage', true), account, before, kubernetesService('stage', 'orders', labels), ...bystander('stage', 'client'),
  ]);
  await cluster.podsReady();
  await cluster.settled();
  const [pod] = (await cluster.pods('stage')).filter(({ labels: carried }) => carried.app === 'orders-api');
  const results = await underLoad(cluster, 'stage/client', { url: 'http://orders/' }, async () => {
    const adopted = (chart: Chart, app: App) => {
      const orders = new MeshService(chart, 'orders', {
        image: 'registry.example/orders:1.0.0',
        ports: [MeshPort.http(80, { targetPort: 8080 })],
        replicas: 1,
        adopts: { workload: 'orders-deployment', selector: labels, serviceAccount: 'backend' },
      });
      new ExistingWorkload(app, 'client', { namespace: 'stage', serviceAccount: 'client', podLabels: { app: 'client' } }).calls(orders);
    };
    // Without a zero-trust namespace, which would refuse the pods that carry no label of ours yet: that is the next step
    await applied(adopted, [namespace('stage', true)], false);
  });

  expect(lost(results)).toEqual([]);
  const pods = (await cluster.pods('stage')).filter(({ labels: carried }) => carried.app === 'orders-api');
  expect(pods.map(({ name }) => name)).not.toContain(pod.name);
  expect(pods).toHaveLength(1);
});

test('the versions of a chart get their shares, and testers theirs, from the mesh and through a gateway', async () => {
  const deployment = (track: string) => {
    const [account, { spec, metadata, ...rest }] = bystander('stage', `reports-${track}`, { serviceAccount: 'reports', labels: { instance: 'reports', track, version: track } });
    return [account, { ...rest, metadata, spec }];
  };
  await applied((chart) => {
    const reports = new ExistingService(chart, 'reports', {
      serviceAccount: 'reports',
      podLabels: { instance: 'reports' },
      ports: [MeshPort.http(80, { targetPort: 8080 })],
      versions: [{ name: 'stable', labels: { track: 'stable' }, weight: 80 }, { name: 'next', labels: { track: 'next' }, weight: 20 }],
    });
    reports.addRoute('qa', { match: [RouteMatch.header('x-user', StringMatch.exactly('qa'))], version: 'next' });
    service(chart, 'client').calls(reports);
    const edge = new MeshGateway(chart, 'edge', { servers: [GatewayServer.http(['shop.example.com'])], replicas: 1 });
    edge.exposes(reports, { hosts: ['shop.example.com'], paths: ['/reports/*'] });
  }, [...deployment('stable'), ...deployment('next'), kubernetesService('stage', 'reports', { instance: 'reports' }), ...neighbours()]);
  const everybody = await cluster.send('stage/client', [{ url: 'http://reports/', count: 1000, concurrency: 4 }]);
  const testers = await cluster.send('stage/client', [{ url: 'http://reports/', headers: { 'x-user': 'qa' }, count: 30 }]);

  const next = everybody.filter(({ echo }) => echo?.version === 'next').length;
  expect({ next, isShare: isShare(next, 1000, 20) }).toEqual({ next, isShare: true });
  expect(countBy(testers, ({ echo }) => echo?.version)).toEqual({ next: 30 });

  const [outside, outsideTesters, undeclared] = await Promise.all([
    throughGateway(cluster, 'stage/edge', [{ url: 'http://shop.example.com/reports/1', count: 600, concurrency: 4 }]),
    throughGateway(cluster, 'stage/edge', [{ url: 'http://shop.example.com/reports/1', headers: { 'x-user': 'qa' }, count: 30 }]),
    throughGateway(cluster, 'stage/edge', [{ url: 'http://shop.example.com/' }]),
  ]);
  const outsideNext = outside.filter(({ echo }) => echo?.version === 'next').length;
  expect(countBy(outside, ({ status }) => String(status))).toEqual({ 200: 600 });
  expect({ outsideNext, isShare: isShare(outsideNext, 600, 20) }).toEqual({ outsideNext, isShare: true });
  expect(countBy(outsideTesters, ({ echo }) => echo?.version)).toEqual({ next: 30 });
  expect(undeclared[0].status).toBe(404);
});

test('another team\'s program without a proxy is asked what was declared, in plain text, by its callers alone', async () => {
  await applied((chart, app) => {
    const search = new ExistingWorkload(app, 'search', {
      namespace: 'plain', podLabels: { app: 'plain' }, service: 'search', ports: [MeshPort.http(80, { targetPort: 8080 })], inMesh: false,
    });
    service(chart, 'client').calls(search, { methods: ['GET'], paths: ['/orders/*'] });
    service(chart, 'other');
  }, [...neighbours(), kubernetesService('plain', 'search', { app: 'plain' })]);

  expect(await statusOf('stage/client', 'http://search.plain/orders/1')).toBe(200);
  expect(await statusOf('stage/client', 'http://search.plain/carts/1')).toBe(403);
  expect(await statusOf('stage/client', 'http://search.plain/orders/1', 'DELETE')).toBe(403);
  expect(await statusOf('stage/other', 'http://search.plain/orders/1')).not.toBe(200);
});

test('another team\'s service in the mesh is reached by its callers alone', async () => {
  await applied((chart, app) => {
    const theirs = new ExistingWorkload(app, 'theirs', {
      namespace: 'elsewhere', serviceAccount: 'frontend', podLabels: { app: 'frontend' }, service: 'theirs', ports: [MeshPort.http(80, { targetPort: 8080 })],
    });
    service(chart, 'client').calls(theirs);
    service(chart, 'other');
  }, [...neighbours(), kubernetesService('elsewhere', 'theirs', { app: 'frontend' })]);

  expect(await statusOf('stage/client', 'http://theirs.elsewhere/')).toBe(200);
  expect(await statusOf('stage/other', 'http://theirs.elsewhere/')).not.toBe(200);
});

test.each([
  ['by its namespace', { namespace: 'elsewhere' }, ['elsewhere/frontend']],
  ['as anybody of the mesh', {}, ['elsewhere/frontend', 'third/frontend']],
])('a caller known %s is let in, and who has no identity is not', async (_, props, allowed) => {
  await applied((chart, app) => {
    new ExistingWorkload(app, 'caller', props).calls(service(chart, 'orders'), { paths: ['/metrics'] });
  }, [...neighbours(), namespace('third', true), ...bystander('third', 'frontend')]);

  for (const from of ['elsewhere/frontend', 'third/frontend', PLAIN]) {
    expect({ from, answered: (await statusOf(from, 'http://orders.stage:8080/metrics')) === 200 }).toEqual({ from, answered: allowed.includes(from) });
  }
  expect(await statusOf(allowed[0], 'http://orders.stage:8080/orders')).toBe(403);
});
