import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Chart } from 'cdk8s';
import { AppContract, ExistingWorkload, ImportedApp, MeshPort, MeshService, ZeroTrustNamespace } from '../../../src';
import { connect, ConnectedCluster } from '../../cluster/remote';
import { synthesizeApp } from '../support/objects';

let cluster: ConnectedCluster;
let folder: string;

beforeAll(async () => {
  cluster = await connect();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'contracts-'));
});

afterAll(async () => {
  fs.rmSync(folder, { recursive: true });
  await cluster.disconnect();
});

/** An app of one service, which offers its paths of one beginning to the other app, and asks the same of it. */
function half(name: string, other: string, options: { imports: boolean }) {
  return synthesizeApp((app: App) => {
    const chart = new Chart(app, name, { namespace: name });
    new ZeroTrustNamespace(chart, 'namespace');
    const service = new MeshService(chart, name, { image: `registry.example/${name}:1.0.0`, ports: [MeshPort.http(80, { targetPort: 8080 })], replicas: 1 });
    new ExistingWorkload(app, `their-${other}`, {
      namespace: other, serviceAccount: other, podLabels: { app: other },
    }).calls(service, { methods: ['GET'], paths: ['/shared/*'] });
    new AppContract(app, 'contract', { name, file: path.join(folder, `${name}.json`) });
    if (options.imports) {
      const theirs = new ImportedApp(app, other, { file: path.join(folder, `${other}.json`), version: 1 });
      service.calls(theirs.service(other), { methods: ['GET'], paths: ['/shared/things'] });
    }
  });
}

test('two apps that import each other\'s contract reach each other as they have declared, and not otherwise', async () => {
  await cluster.reset();
  // Each offers first, then each asks
  half('shop', 'billing', { imports: false });
  half('billing', 'shop', { imports: false });
  const objects = [...half('shop', 'billing', { imports: true }), ...half('billing', 'shop', { imports: true })];
  expect((await cluster.apply(objects)).filter(({ ok, warnings }) => !ok || warnings.length > 0)).toEqual([]);
  expect(await cluster.analyze(objects)).toEqual([]);
  await cluster.podsReady();
  await cluster.settled();
  const ask = async (from: string, to: string, asked: string, method = 'GET') => (
    await cluster.send(`${from}/${from}`, [{ url: `http://${to}.${to}${asked}`, method, timeoutMs: 10_000, newConnection: true }]))[0].status;

  for (const [from, to] of [['shop', 'billing'], ['billing', 'shop']]) {
    expect(await ask(from, to, '/shared/things')).toBe(200);
    expect(await ask(from, to, '/shared/things', 'POST')).toBe(403);
    expect(await ask(from, to, '/admin')).toBe(403);
  }
});
